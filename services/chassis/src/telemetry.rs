//! Traces, metrics and logs of a process: begun once, handed back, flushed at the end.
//!
//! Spans always get a trace id, so that every log line and every act can name its trace; they leave the
//! process only when there is a collector. Logs are JSON lines on the standard error stream. No signal
//! carries personal data: what is put on a span is a code, a count or an identifier.

use std::time::Duration;

use opentelemetry::{KeyValue, global, trace::TracerProvider as _};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::{
    ExporterBuildError, LogExporter, MetricExporter, SpanExporter, WithExportConfig as _,
};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    logs::SdkLoggerProvider,
    metrics::{PeriodicReader, SdkMeterProvider},
    propagation::TraceContextPropagator,
    trace::{Sampler, SdkTracerProvider},
};
use tracing_subscriber::{
    EnvFilter, Layer as _,
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    util::{SubscriberInitExt as _, TryInitError},
};

use crate::{config::TelemetrySettings, random};

pub(crate) mod carrier;
mod line;
mod red;
mod semconv;

pub(crate) use red::{CallMetrics, InFlight, PlaceInUse, code_name};

/// Longest wait of an exporter for the collector.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);
/// What the exporters are made of must not be exported: it would feed itself.
const OWN_TRANSPORT: [&str; 7] = [
    "h2",
    "hyper",
    "hyper_util",
    "tonic",
    "tower",
    "opentelemetry",
    "opentelemetry_sdk",
];

/// Why telemetry cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The collector's URL or the exporter is wrong.
    #[error("an exporter cannot be built: {0}")]
    Exporter(#[from] ExporterBuildError),
    /// The filter of the logs is wrong.
    #[error("the log filter is wrong: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Telemetry was begun before in this process.
    #[error("telemetry has begun already: {0}")]
    Twice(#[from] TryInitError),
}

/// The signals of this process. [`Telemetry::shutdown`] flushes them.
#[derive(Debug)]
pub struct Telemetry {
    tracer: SdkTracerProvider,
    meter: Option<SdkMeterProvider>,
    logger: Option<SdkLoggerProvider>,
}

/// Begins telemetry for the process. Must run inside a Tokio runtime, once.
pub fn init(service: &'static str, settings: &TelemetrySettings) -> Result<Telemetry, TelemetryError> {
    let telemetry = Telemetry::build(service, settings)?;
    global::set_text_map_propagator(TraceContextPropagator::new());
    global::set_tracer_provider(telemetry.tracer.clone());
    if let Some(meter) = &telemetry.meter {
        global::set_meter_provider(meter.clone());
    }
    let spans = tracing_opentelemetry::layer()
        .with_tracer(telemetry.tracer.tracer(service))
        .with_location(false)
        .with_threads(false)
        .with_filter(LevelFilter::INFO);
    let bridge = telemetry
        .logger
        .as_ref()
        .map(|logger| OpenTelemetryTracingBridge::new(logger).with_filter(without_own_transport()));
    let lines = tracing_subscriber::fmt::layer()
        .event_format(line::JsonLine::new(service))
        .fmt_fields(line::NoFields)
        .with_writer(std::io::stderr)
        .with_filter(EnvFilter::try_new(&settings.log)?);
    tracing_subscriber::registry()
        .with(spans)
        .with(bridge)
        .with(lines)
        .try_init()?;
    Ok(telemetry)
}

impl Telemetry {
    fn build(service: &'static str, settings: &TelemetrySettings) -> Result<Self, TelemetryError> {
        let resource = Resource::builder()
            .with_service_name(service)
            .with_attributes([
                KeyValue::new("service.namespace", "xinqiao"),
                KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
                KeyValue::new("service.instance.id", random::new_id().to_string()),
            ])
            .build();
        // Whoever called decides about his trace; the ratio is for traces that begin here.
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(settings.trace_ratio)));
        let tracer = SdkTracerProvider::builder()
            .with_resource(resource.clone())
            .with_sampler(sampler);
        let Some(endpoint) = &settings.endpoint else {
            return Ok(Self {
                tracer: tracer.build(),
                meter: None,
                logger: None,
            });
        };
        let spans = SpanExporter::builder()
            .with_tonic()
            .with_endpoint(endpoint)
            .with_timeout(EXPORT_TIMEOUT)
            .build()?;
        let metrics = MetricExporter::builder()
            .with_tonic()
            .with_endpoint(endpoint)
            .with_timeout(EXPORT_TIMEOUT)
            .build()?;
        let logs = LogExporter::builder()
            .with_tonic()
            .with_endpoint(endpoint)
            .with_timeout(EXPORT_TIMEOUT)
            .build()?;
        let reader = PeriodicReader::builder(metrics)
            .with_interval(settings.metrics_every)
            .build();
        Ok(Self {
            tracer: tracer.with_batch_exporter(spans).build(),
            meter: Some(
                SdkMeterProvider::builder()
                    .with_resource(resource.clone())
                    .with_reader(reader)
                    .build(),
            ),
            logger: Some(
                SdkLoggerProvider::builder()
                    .with_resource(resource)
                    .with_batch_exporter(logs)
                    .build(),
            ),
        })
    }

    /// Sends what is left, for at most `patience` per signal. The SDK blocks its thread, so it gets one.
    pub async fn shutdown(self, patience: Duration) {
        let flushed = tokio::task::spawn_blocking(move || {
            report("traces", self.tracer.shutdown_with_timeout(patience));
            if let Some(meter) = self.meter {
                report("metrics", meter.shutdown_with_timeout(patience));
            }
            if let Some(logger) = self.logger {
                report("logs", logger.shutdown_with_timeout(patience));
            }
        });
        if let Err(error) = flushed.await {
            tracing::warn!(%error, "telemetry was not flushed");
        }
    }
}

fn report(signal: &str, result: OTelSdkResult) {
    if let Err(error) = result {
        tracing::warn!(signal, %error, "telemetry was not flushed");
    }
}

fn without_own_transport() -> Targets {
    Targets::new()
        .with_default(LevelFilter::INFO)
        .with_targets(OWN_TRANSPORT.map(|target| (target, LevelFilter::OFF)))
}

//! What is measured of the checkpoints.

use opentelemetry::global;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};

use super::*;

/// The last value of a gauge of the home district.
fn gauge(all: &[ResourceMetrics], name: &str) -> Option<f64> {
    let metric = all
        .iter()
        .rev()
        .flat_map(ResourceMetrics::scope_metrics)
        .flat_map(opentelemetry_sdk::metrics::data::ScopeMetrics::metrics)
        .find(|metric| metric.name() == name)?;
    match metric.data() {
        #[expect(clippy::cast_precision_loss, reason = "a test counts to ten")]
        AggregatedMetrics::I64(MetricData::Gauge(gauge)) => {
            gauge.data_points().next().map(|point| point.value() as f64)
        }
        AggregatedMetrics::F64(MetricData::Gauge(gauge)) => gauge
            .data_points()
            .next()
            .map(opentelemetry_sdk::metrics::data::GaugeDataPoint::value),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_row_of_the_last_checkpoint_and_its_age_while_rows_wait_are_measured() {
    let exporter = InMemoryMetricExporter::default();
    let meters = SdkMeterProvider::builder()
        .with_periodic_exporter(exporter.clone())
        .build();
    global::set_meter_provider(meters.clone());
    let watched = Watched::start().await;
    let sealer = watched.sealer(
        0,
        Pace {
            rows: 100,
            time: Duration::from_hours(1),
        },
    );
    let measured = async || {
        watched.look(&sealer).await;
        meters.force_flush().unwrap();
        let all = exporter.get_finished_metrics().unwrap();
        (
            gauge(&all, "xinqiao.audit.checkpoint.seq").unwrap(),
            gauge(&all, "xinqiao.audit.checkpoint.age").unwrap(),
        )
    };
    watched.write("a").await;
    assert_eq!(measured().await, (2.0, 0.0));
    watched.bench.pass(time::Duration::minutes(10));
    assert_eq!(measured().await, (2.0, 0.0), "nothing waits");
    watched.write("b").await;
    assert_eq!(measured().await, (2.0, 600.0));
    watched.bench.pass(time::Duration::minutes(50));
    assert_eq!(measured().await, (4.0, 0.0));
    watched.bench.finish().await;
}

//! The trace of a call: it goes on where the caller's began, and he decides whether it is recorded.

use opentelemetry::{Value, trace::TracerProvider as _};
use opentelemetry_sdk::trace::{InMemorySpanExporter, Sampler, SdkTracerProvider, SpanData};
use tonic::Request;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _};
use xinqiao_proto::intake::RegisterVisitRequest;

use super::Edge;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

fn under(flags: &str) -> Request<RegisterVisitRequest> {
    let mut request = Request::new(RegisterVisitRequest::default());
    let parent = format!("00-{TRACE}-{PARENT}-{flags}");
    request
        .metadata_mut()
        .insert("traceparent", parent.parse().unwrap());
    request
}

fn attribute(span: &SpanData, name: &str) -> Option<Value> {
    span.attributes
        .iter()
        .find(|pair| pair.key.as_str() == name)
        .map(|pair| pair.value.clone())
}

// One thread, so that the subscriber of this test is the one of the server's tasks as well.
#[tokio::test(flavor = "current_thread")]
async fn a_call_goes_on_in_the_callers_trace_and_a_probe_makes_none() {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOff)))
        .with_simple_exporter(exporter.clone())
        .build();
    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    let _guard = tracing_subscriber::registry()
        .with(spans.with_filter(LevelFilter::INFO))
        .set_default();
    let edge = Edge::start().await;

    edge.clerk().register_visit(under("01")).await.unwrap();
    edge.clerk().register_visit(under("03")).await.unwrap();
    edge.clerk().register_visit(under("00")).await.unwrap();
    edge.clerk()
        .register_visit(RegisterVisitRequest::default())
        .await
        .unwrap();
    edge.client("nonsense")
        .register_visit(under("01"))
        .await
        .unwrap_err();
    HealthClient::new(edge.channel())
        .check(HealthCheckRequest::default())
        .await
        .unwrap();

    let spans = exporter.get_finished_spans().unwrap();
    assert_eq!(spans.len(), 3, "{spans:#?}");
    for span in &spans {
        assert_eq!(span.name, "xinqiao.intake.v1.RegistrationService/RegisterVisit");
        assert_eq!(span.span_context.trace_id().to_string(), TRACE);
        assert_eq!(span.parent_span_id.to_string(), PARENT);
        assert_eq!(attribute(span, "rpc.system.name"), Some("grpc".into()));
    }
    assert_eq!(attribute(&spans[0], "rpc.status_code"), Some("OK".into()));
    assert_eq!(attribute(&spans[0], "xinqiao.district"), Some("220502".into()));
    assert_eq!(attribute(&spans[2], "error.type"), Some("UNAUTHENTICATED".into()));
}

//! Carries the trace context across wires: gRPC metadata, NATS headers, a column of the outbox.
//!
//! Only `traceparent` and `tracestate` are carried; baggage is dropped at the edge.

use opentelemetry::{
    Context,
    propagation::{Extractor, Injector, TextMapPropagator as _},
    trace::TraceContextExt as _,
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Name of the header with the trace context.
pub const TRACEPARENT: &str = "traceparent";

struct HttpExtractor<'h>(&'h http::HeaderMap);

impl Extractor for HttpExtractor<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

struct HttpInjector<'h>(&'h mut http::HeaderMap);

impl Injector for HttpInjector<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(name), Ok(value)) = (
            http::HeaderName::try_from(key),
            http::HeaderValue::try_from(value),
        ) {
            self.0.insert(name, value);
        }
    }
}

struct NatsExtractor<'h>(&'h async_nats::HeaderMap);

impl Extractor for NatsExtractor<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(async_nats::HeaderValue::as_str)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| name.as_ref()).collect()
    }
}

struct NatsInjector<'h>(&'h mut async_nats::HeaderMap);

impl Injector for NatsInjector<'_> {
    fn set(&mut self, key: &str, value: String) {
        // A header without a value would be refused by the server.
        if !value.is_empty() {
            self.0.insert(key, value);
        }
    }
}

struct ParentOnly<'t>(&'t str);

impl Extractor for ParentOnly<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == TRACEPARENT).then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT]
    }
}

#[derive(Default)]
struct Parent(Option<String>);

impl Injector for Parent {
    fn set(&mut self, key: &str, value: String) {
        if key == TRACEPARENT {
            self.0 = Some(value);
        }
    }
}

/// The caller's context from HTTP headers; use it as the parent before the span is first entered.
pub fn from_http(headers: &http::HeaderMap) -> Context {
    TraceContextPropagator::new().extract_with_context(&Context::new(), &HttpExtractor(headers))
}

/// Puts the context of a span into HTTP headers.
pub fn into_http(span: &Span, headers: &mut http::HeaderMap) {
    TraceContextPropagator::new().inject_context(&span.context(), &mut HttpInjector(headers));
}

/// The publisher's context from NATS headers.
pub fn from_nats(headers: &async_nats::HeaderMap) -> Context {
    TraceContextPropagator::new().extract_with_context(&Context::new(), &NatsExtractor(headers))
}

/// Puts the context of a span into NATS headers.
pub fn into_nats(span: &Span, headers: &mut async_nats::HeaderMap) {
    TraceContextPropagator::new().inject_context(&span.context(), &mut NatsInjector(headers));
}

/// The context of a span as the text that is stored with an outbox row; `None` when there is no trace.
pub fn traceparent(span: &Span) -> Option<String> {
    let context = span.context();
    let mut parent = Parent::default();
    if context.span().span_context().is_valid() {
        TraceContextPropagator::new().inject_context(&context, &mut parent);
    }
    parent.0
}

/// The context behind a stored text. Text that is not a trace context gives an empty one.
pub fn from_traceparent(text: &str) -> Context {
    TraceContextPropagator::new().extract_with_context(&Context::new(), &ParentOnly(text))
}

/// Trace id of a span in hexadecimal; `None` when there is no trace.
pub fn trace_id(span: &Span) -> Option<String> {
    let context = span.context();
    let span_context = context.span().span_context().clone();
    span_context
        .is_valid()
        .then(|| span_context.trace_id().to_string())
}

/// Trace id inside a stored text.
pub fn trace_id_of(traceparent: &str) -> Option<String> {
    let context = from_traceparent(traceparent);
    let span_context = context.span().span_context().clone();
    span_context
        .is_valid()
        .then(|| span_context.trace_id().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03";

    #[test]
    fn a_stored_context_survives_the_random_bit() {
        assert_eq!(
            trace_id_of(TEXT).as_deref(),
            Some("0af7651916cd43dd8448eb211c80319c")
        );
        assert!(from_traceparent(TEXT).span().span_context().is_sampled());
    }

    #[test]
    fn every_carrier_brings_the_same_context() {
        let mut http = http::HeaderMap::new();
        http.insert(TRACEPARENT, TEXT.parse().unwrap());
        http.insert("baggage", "name=someone".parse().unwrap());
        let mut nats = async_nats::HeaderMap::new();
        nats.insert(TRACEPARENT, TEXT);
        for context in [from_http(&http), from_nats(&nats), from_traceparent(TEXT)] {
            assert_eq!(
                context.span().span_context().span_id().to_string(),
                "b7ad6b7169203331"
            );
        }
    }

    #[test]
    fn nonsense_is_no_context() {
        assert!(!from_traceparent("nonsense").span().span_context().is_valid());
        assert_eq!(traceparent(&Span::none()), None);
    }
}

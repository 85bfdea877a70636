//! The caller's trace context out of the headers of a call. What travels with events is in [`crate::trace`].
//!
//! Only `traceparent` and `tracestate` are read; baggage is dropped at the edge.

use opentelemetry::{
    Context,
    propagation::{Extractor, TextMapPropagator as _},
};
use opentelemetry_sdk::propagation::TraceContextPropagator;

struct Headers<'h>(&'h http::HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

/// The caller's context; use it as the parent before the span is first entered.
pub(crate) fn from_http(headers: &http::HeaderMap) -> Context {
    TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(headers))
}

#[cfg(test)]
mod tests {
    use opentelemetry::{baggage::BaggageExt as _, trace::TraceContextExt as _};

    use super::*;

    #[test]
    fn the_trace_is_taken_and_baggage_is_not() {
        let mut headers = http::HeaderMap::new();
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03";
        headers.insert("traceparent", parent.parse().unwrap());
        headers.insert("baggage", "name=someone".parse().unwrap());
        let context = from_http(&headers);
        assert_eq!(
            context.span().span_context().span_id().to_string(),
            "b7ad6b7169203331"
        );
        assert!(context.span().span_context().is_sampled());
        assert!(context.baggage().is_empty());
    }

    #[test]
    fn nonsense_is_no_context() {
        let mut headers = http::HeaderMap::new();
        headers.insert("traceparent", "nonsense".parse().unwrap());
        assert!(!from_http(&headers).span().span_context().is_valid());
    }
}

//! Trace context across the journal: made when the event is created, carried unchanged, continued when it is
//! processed (OpenTelemetry messaging conventions; W3C `traceparent`).

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use tracing::{Span, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use uuid::Uuid;

/// Makes the `create` PRODUCER span of an event and returns its `traceparent`; `None` when nothing records traces.
/// In a trace that is not recorded it makes none: what travels then is the context of the act.
pub(crate) fn create_span(service: &str, kind: &str, event_id: Uuid, entity: Uuid) -> Option<String> {
    let current = Span::current();
    if is_unrecorded(&current) {
        return trace_parent(&current);
    }
    let span = info_span!(
        "create",
        otel.name = format!("create xq.{{district}}.{service}.{kind}"),
        otel.kind = "producer",
        messaging.system = "nats",
        messaging.operation.name = "create",
        messaging.operation.type = "create",
        messaging.destination.template = format!("xq.{{district}}.{service}.{kind}"),
        messaging.message.id = %event_id,
        messaging.message.conversation_id = %entity,
    );
    span.in_scope(|| trace_parent(&span))
}

fn is_unrecorded(span: &Span) -> bool {
    let context = span.context();
    let span = context.span();
    let found = span.span_context();
    found.is_valid() && !found.is_sampled()
}

/// The `traceparent` of a span, when it belongs to a trace.
pub fn trace_parent(span: &Span) -> Option<String> {
    let context = span.context();
    let span = context.span();
    let found = span.span_context();
    found.is_valid().then(|| {
        format!(
            "00-{}-{}-{:02x}",
            found.trace_id(),
            found.span_id(),
            found.trace_flags().to_u8()
        )
    })
}

/// The trace id of the current span as 32 hexadecimal digits.
pub fn current_trace_id() -> Option<String> {
    let context = Span::current().context();
    let span = context.span();
    let found = span.span_context();
    found.is_valid().then(|| found.trace_id().to_string())
}

/// Reads a stored `traceparent`. Flags are a bit field: only the sampled bit is looked at.
pub(crate) fn parse(trace_parent: &str) -> Option<SpanContext> {
    let mut parts = trace_parent.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if version.len() != 2 || trace.len() != 32 || span.len() != 16 || flags.len() != 2 {
        return None;
    }
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?);
    let context = SpanContext::new(
        TraceId::from_hex(trace).ok()?,
        SpanId::from_hex(span).ok()?,
        flags,
        true,
        TraceState::default(),
    );
    context.is_valid().then_some(context)
}

/// Makes `span` a child of the creation context and links to it. Before the span is first entered.
pub(crate) fn continue_from(span: &Span, trace_parent: Option<&str>) {
    let Some(creation) = trace_parent.and_then(parse) else {
        return;
    };
    // Both: viewers that know links show the exact relation, viewers that do not still show one trace.
    let parent = Context::new().with_remote_span_context(creation.clone());
    if let Err(error) = span.set_parent(parent)
        && !span.is_disabled()
    {
        tracing::debug!(%error, "trace is not continued");
    }
    span.add_link(creation);
}

/// Links a batch span to the creation context of one of its events.
pub(crate) fn link(span: &Span, trace_parent: Option<&str>) {
    if let Some(creation) = trace_parent.and_then(parse) {
        span.add_link(creation);
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_context_with_the_random_bit_is_read() {
        let context = parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03").expect("valid");
        assert!(context.is_sampled());
        assert_eq!(context.trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
    }

    #[test]
    fn what_is_not_a_context_is_ignored() {
        for text in [
            "",
            "00",
            "00-zz-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-0000000000000000-01",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}

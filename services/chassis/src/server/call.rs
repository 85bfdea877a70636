//! One call from its arrival to the end of its answer: the span, the metrics, the place it takes.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tonic::{Code, Status, body::Body};
use tracing::{Span, field::Empty, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use xinqiao_kernel::DistrictCode;

use super::gate::{CallPlace, Place};
use crate::telemetry::{InFlight, carrier, code_name};

/// A call being worked on. Dropped without an end, it was cut off by the caller.
#[derive(Debug)]
pub(super) struct Call {
    span: Span,
    in_flight: Option<InFlight>,
    place: Option<CallPlace>,
}

impl Call {
    /// Begins the span under the caller's trace. The parent is set before the span is ever entered:
    /// afterwards it would be ignored.
    pub(super) fn begin(method: &str, headers: &HeaderMap) -> Self {
        let span = info_span!(
            "rpc",
            otel.name = method,
            otel.kind = "server",
            otel.status_code = Empty,
            rpc.system.name = "grpc",
            rpc.method = method,
            rpc.status_code = Empty,
            error.r#type = Empty,
            xinqiao.district = Empty,
        );
        // Fails only where no spans are recorded at all.
        let _ = span.set_parent(carrier::from_http(headers));
        Self {
            span,
            in_flight: Some(InFlight::begin(method.to_owned())),
            place: None,
        }
    }

    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    pub(super) fn of_district(&mut self, district: DistrictCode) {
        self.span.record("xinqiao.district", district.as_str());
        if let Some(in_flight) = &mut self.in_flight {
            in_flight.of_district(district);
        }
    }

    /// The call has its place until its answer has gone, or its handler gives it back.
    pub(super) fn takes(&mut self, place: Place) {
        self.place = Some(CallPlace::new(place));
    }

    pub(super) fn place(&self) -> Option<CallPlace> {
        self.place.clone()
    }

    fn end(&mut self, code: Code) {
        if let Some(place) = self.place.take() {
            place.give_back();
        }
        let Some(in_flight) = self.in_flight.take() else {
            return;
        };
        self.span.record("rpc.status_code", code_name(code));
        if code != Code::Ok {
            self.span.record("error.type", code_name(code));
            self.span.record("otel.status_code", "ERROR");
            // Expected refusals are the caller's business: a line for the curious, no alarm.
            self.span
                .in_scope(|| tracing::debug!(status = code_name(code), "call refused"));
        }
        in_flight.end(code);
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.end(Code::Cancelled);
    }
}

/// The body of an answer; ends its call when it ends.
#[derive(Debug)]
pub(super) struct Answer {
    body: Body,
    call: Option<Call>,
}

impl Answer {
    /// An answer of a call. A refusal is all in the headers and ends the call at once.
    pub(super) fn of(mut call: Call, response: http::Response<Body>) -> http::Response<Self> {
        let refused = status_in(response.headers());
        response.map(|body| match refused {
            Some(code) => {
                call.end(code);
                Self { body, call: None }
            }
            None => Self {
                body,
                call: Some(call),
            },
        })
    }

    /// An answer that nobody measures: health, reflection, unknown paths.
    pub(super) fn unmeasured(response: http::Response<Body>) -> http::Response<Self> {
        response.map(|body| Self { body, call: None })
    }

    fn end(&mut self, code: Code) {
        if let Some(mut call) = self.call.take() {
            call.end(code);
        }
    }
}

fn status_in(headers: &HeaderMap) -> Option<Code> {
    headers
        .get(Status::GRPC_STATUS)
        .map(|value| Code::from_bytes(value.as_bytes()))
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    self.end(status_in(trailers).unwrap_or(Code::Unknown));
                }
            }
            Poll::Ready(Some(Err(status))) => {
                let code = status.code();
                self.end(code);
            }
            Poll::Ready(None) => self.end(Code::Ok),
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

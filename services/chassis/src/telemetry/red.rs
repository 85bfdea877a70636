//! Rate, errors and duration of every RPC, and what its limits did.

use std::{sync::LazyLock, time::Instant};

use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Histogram, UpDownCounter},
};
use tonic::Code;
use xinqiao_kernel::DistrictCode;

use super::semconv;

/// Touched first after telemetry has begun, so that it belongs to the real meter.
static METRICS: LazyLock<CallMetrics> = LazyLock::new(CallMetrics::new);

/// Instruments of the server.
#[derive(Debug)]
pub(crate) struct CallMetrics {
    duration: Histogram<f64>,
    active: UpDownCounter<i64>,
    calls_refused: Counter<u64>,
    places: UpDownCounter<i64>,
    tokens_refused: Counter<u64>,
}

impl CallMetrics {
    fn new() -> Self {
        let meter = global::meter("xinqiao");
        Self {
            duration: meter
                .f64_histogram(semconv::RPC_SERVER_CALL_DURATION)
                .with_unit("s")
                .with_description("Duration of calls")
                .with_boundaries(semconv::DURATION_BUCKETS.to_vec())
                .build(),
            active: meter
                .i64_up_down_counter(semconv::RPC_SERVER_CALLS_ACTIVE)
                .with_unit("{call}")
                .with_description("Calls being worked on")
                .build(),
            calls_refused: meter
                .u64_counter(semconv::RPC_SERVER_CALLS_REFUSED)
                .with_unit("{call}")
                .with_description("Calls that a limit refused")
                .build(),
            places: meter
                .i64_up_down_counter(semconv::RPC_SERVER_PLACES_USED)
                .with_unit("{place}")
                .with_description("Places that calls of a district have")
                .build(),
            tokens_refused: meter
                .u64_counter(semconv::TOKENS_REFUSED)
                .with_unit("{token}")
                .with_description("Calls whose token was refused")
                .build(),
        }
    }

    /// Counts a call that a limit refused.
    pub(crate) fn call_refused(reason: &'static str, district: Option<DistrictCode>) {
        let mut attributes = vec![KeyValue::new(semconv::ERROR_TYPE, reason)];
        attributes.extend(of(district));
        METRICS.calls_refused.add(1, &attributes);
    }

    /// Counts a refused token by its cause.
    pub(crate) fn token_refused(cause: &'static str) {
        METRICS
            .tokens_refused
            .add(1, &[KeyValue::new(semconv::ERROR_TYPE, cause)]);
    }
}

/// The label of the tenant; calls without a token have none.
fn of(district: Option<DistrictCode>) -> Option<KeyValue> {
    district.map(|district| KeyValue::new(semconv::DISTRICT, district.to_string()))
}

/// A place that a district has, counted until it is dropped.
#[derive(Debug)]
pub(crate) struct PlaceInUse(Option<DistrictCode>);

impl PlaceInUse {
    /// A district has one more.
    pub(crate) fn begin(district: Option<DistrictCode>) -> Self {
        Self::count(district, 1);
        Self(district)
    }

    fn count(district: Option<DistrictCode>, change: i64) {
        METRICS.places.add(change, of(district).as_slice());
    }
}

impl Drop for PlaceInUse {
    fn drop(&mut self) {
        Self::count(self.0, -1);
    }
}

/// One call from its arrival to its end, counted as active in between.
#[derive(Debug)]
pub(crate) struct InFlight {
    method: String,
    district: Option<DistrictCode>,
    since: Instant,
}

impl InFlight {
    /// A call has arrived; `method` is `pkg.Service/Method` of a known RPC.
    pub(crate) fn begin(method: String) -> Self {
        METRICS.active.add(1, &[]);
        Self {
            method,
            district: None,
            since: Instant::now(),
        }
    }

    /// The caller is known.
    pub(crate) fn of_district(&mut self, district: DistrictCode) {
        self.district = Some(district);
    }

    /// The call has ended.
    pub(crate) fn end(self, code: Code) {
        let mut attributes = vec![
            KeyValue::new(semconv::RPC_SYSTEM_NAME, "grpc"),
            KeyValue::new(semconv::RPC_METHOD, self.method.clone()),
            KeyValue::new(semconv::RPC_STATUS_CODE, code_name(code)),
        ];
        if code != Code::Ok {
            attributes.push(KeyValue::new(semconv::ERROR_TYPE, code_name(code)));
        }
        if let Some(district) = self.district {
            attributes.push(KeyValue::new(semconv::DISTRICT, district.to_string()));
        }
        METRICS
            .duration
            .record(self.since.elapsed().as_secs_f64(), &attributes);
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        METRICS.active.add(-1, &[]);
    }
}

/// The name of a status as the conventions write it.
pub(crate) const fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

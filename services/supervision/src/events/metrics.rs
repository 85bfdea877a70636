//! Instruments of the clocks.

use std::sync::LazyLock;

use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Gauge},
};
use xinqiao_kernel::{ClockCode, DistrictCode};

use crate::domain::clocks::Level;

struct Instruments {
    oldest_due: Gauge<f64>,
    fired: Counter<u64>,
    differed: Counter<u64>,
}

static INSTRUMENTS: LazyLock<Instruments> = LazyLock::new(|| {
    let meter = global::meter("xinqiao_supervision");
    Instruments {
        oldest_due: meter
            .f64_gauge("xinqiao.clock.oldest_due.age")
            .with_unit("s")
            .with_description("Legal age of the oldest due level not yet acted on; 0 when there is none")
            .build(),
        fired: meter
            .u64_counter("xinqiao.clock.fired")
            .with_unit("{level}")
            .with_description("Levels of clocks acted on")
            .build(),
        differed: meter
            .u64_counter("xinqiao.clock.differed")
            .with_unit("{clock}")
            .with_description("Clocks whose publisher had other dates than the derivation")
            .build(),
    }
});

fn of(district: DistrictCode) -> KeyValue {
    KeyValue::new("district", district.to_string())
}

/// The age of the oldest due level of a district, in seconds.
pub(crate) fn oldest_due(district: DistrictCode, seconds: f64) {
    INSTRUMENTS.oldest_due.record(seconds, &[of(district)]);
}

/// A level was acted on.
pub(super) fn fired(district: DistrictCode, level: Level) {
    INSTRUMENTS
        .fired
        .add(1, &[of(district), KeyValue::new("level", level.code())]);
}

/// A publisher had other dates.
pub(super) fn differed(district: DistrictCode, clock: ClockCode) {
    INSTRUMENTS
        .differed
        .add(1, &[of(district), KeyValue::new("clock", clock.code())]);
}

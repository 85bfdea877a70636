//! Instruments of the writer.

use std::sync::LazyLock;
use std::time::Duration;

use opentelemetry::metrics::{Counter, Histogram};
use opentelemetry::{KeyValue, global};
use xinqiao_kernel::DistrictCode;

struct Instruments {
    batch_size: Histogram<u64>,
    flush_duration: Histogram<f64>,
    moved: Counter<u64>,
}

static INSTRUMENTS: LazyLock<Instruments> = LazyLock::new(|| {
    let meter = global::meter("xinqiao_intake");
    Instruments {
        batch_size: meter
            .u64_histogram("xinqiao.registration.batch.size")
            .with_unit("{registration}")
            .with_description("Registrations of one transaction")
            .with_boundaries(vec![1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0])
            .build(),
        flush_duration: meter
            .f64_histogram("xinqiao.registration.flush.duration")
            .with_unit("s")
            .with_description("Time from taking what waits to its commit")
            .with_boundaries(vec![0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0])
            .build(),
        moved: meter
            .u64_counter("xinqiao.registration.moved")
            .with_unit("{batch}")
            .with_description(
                "Batches done again: counter, chain or a request id was not as remembered, or the connection was lost",
            )
            .build(),
    }
});

fn of(district: DistrictCode) -> [KeyValue; 1] {
    [KeyValue::new("district", district.to_string())]
}

/// What waited was written.
pub(super) fn flushed(district: DistrictCode, count: usize, took: Duration) {
    INSTRUMENTS.batch_size.record(count as u64, &of(district));
    INSTRUMENTS
        .flush_duration
        .record(took.as_secs_f64(), &of(district));
}

/// A batch was not as remembered and goes the careful way.
pub(super) fn moved(district: DistrictCode) {
    INSTRUMENTS.moved.add(1, &of(district));
}

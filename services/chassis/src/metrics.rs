//! Instruments of journal, inbox, permissions, audit chain and keys. First touched after telemetry is set up.

use std::sync::LazyLock;

use opentelemetry::metrics::{Counter, Gauge, Histogram};
use opentelemetry::{KeyValue, global};
use xinqiao_kernel::DistrictCode;

use crate::permission::Right;

/// What journal, inbox, permissions, audit chain and keys measure.
pub(crate) struct Instruments {
    outbox_depth: Gauge<i64>,
    outbox_age: Gauge<f64>,
    published: Counter<u64>,
    batch_size: Histogram<u64>,
    inbox_waiting: Gauge<i64>,
    inbox_parked: Gauge<i64>,
    applied: Counter<u64>,
    stream_fit: Gauge<i64>,
    decisions: Counter<u64>,
    checkpoint_seq: Gauge<i64>,
    checkpoint_age: Gauge<f64>,
    book_refused: Counter<u64>,
    old_values: Gauge<i64>,
}

static INSTRUMENTS: LazyLock<Instruments> = LazyLock::new(|| {
    let meter = global::meter("xinqiao_chassis");
    Instruments {
        outbox_depth: meter
            .i64_gauge("xinqiao.outbox.depth")
            .with_unit("{event}")
            .with_description("Events of the journal that the bus does not have")
            .build(),
        outbox_age: meter
            .f64_gauge("xinqiao.outbox.age")
            .with_unit("s")
            .with_description("Legal age of the oldest unpublished event")
            .build(),
        published: meter
            .u64_counter("xinqiao.outbox.published")
            .with_unit("{event}")
            .with_description("Events acknowledged by their stream")
            .build(),
        batch_size: meter
            .u64_histogram("xinqiao.outbox.batch.size")
            .with_unit("{event}")
            .with_description("Events of one atomic batch")
            .with_boundaries(vec![1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0])
            .build(),
        inbox_waiting: meter
            .i64_gauge("xinqiao.inbox.waiting")
            .with_unit("{event}")
            .with_description("Foreign events stored and not yet applied")
            .build(),
        inbox_parked: meter
            .i64_gauge("xinqiao.inbox.parked")
            .with_unit("{event}")
            .with_description("Foreign events that failed too often")
            .build(),
        applied: meter
            .u64_counter("xinqiao.inbox.applied")
            .with_unit("{event}")
            .with_description("Foreign events applied")
            .build(),
        stream_fit: meter
            .i64_gauge("xinqiao.stream.fit")
            .with_unit("1")
            .with_description("1 when the settings of the own stream are right, 0 when they are not")
            .build(),
        decisions: meter
            .u64_counter("xinqiao.permission.decisions")
            .with_unit("{decision}")
            .with_description("Decisions about what a caller may do, by right and outcome")
            .build(),
        checkpoint_seq: meter
            .i64_gauge("xinqiao.audit.checkpoint.seq")
            .with_unit("{row}")
            .with_description("Row of the audit chain that the last checkpoint signed, 0 before the first")
            .build(),
        checkpoint_age: meter
            .f64_gauge("xinqiao.audit.checkpoint.age")
            .with_unit("s")
            .with_description("Legal age of the last checkpoint while rows wait for the next, otherwise 0")
            .build(),
        book_refused: meter
            .u64_counter("xinqiao.keys.book.refused")
            .with_unit("{book}")
            .with_description("Readings of the key book that were refused; the keys in use stayed")
            .build(),
        old_values: meter
            .i64_gauge("xinqiao.keys.values.old")
            .with_unit("{value}")
            .with_description("Values of a column that are still under an old key")
            .build(),
    }
});

fn of(district: DistrictCode) -> [KeyValue; 1] {
    [KeyValue::new("district", district.to_string())]
}

pub(crate) fn outbox(district: DistrictCode, depth: i64, age_seconds: f64) {
    INSTRUMENTS.outbox_depth.record(depth, &of(district));
    INSTRUMENTS.outbox_age.record(age_seconds, &of(district));
}

pub(crate) fn published(district: DistrictCode, count: usize) {
    INSTRUMENTS.published.add(count as u64, &of(district));
    INSTRUMENTS.batch_size.record(count as u64, &of(district));
}

pub(crate) fn inbox(district: DistrictCode, waiting: i64, parked: i64) {
    INSTRUMENTS.inbox_waiting.record(waiting, &of(district));
    INSTRUMENTS.inbox_parked.record(parked, &of(district));
}

pub(crate) fn applied(district: DistrictCode, publisher: &str) {
    let attributes = [
        of(district)[0].clone(),
        KeyValue::new("publisher", publisher.to_owned()),
    ];
    INSTRUMENTS.applied.add(1, &attributes);
}

pub(crate) fn audit_checkpoint(district: DistrictCode, seq: i64, age_seconds: f64) {
    INSTRUMENTS.checkpoint_seq.record(seq, &of(district));
    INSTRUMENTS.checkpoint_age.record(age_seconds, &of(district));
}

pub(crate) fn key_book_refused() {
    INSTRUMENTS.book_refused.add(1, &[]);
}

pub(crate) fn old_values(district: DistrictCode, table: &'static str, column: &'static str, left: i64) {
    let attributes = [
        of(district)[0].clone(),
        KeyValue::new("table", table),
        KeyValue::new("column", column),
    ];
    INSTRUMENTS.old_values.record(left, &attributes);
}

pub(crate) fn stream_fit(fit: bool) {
    INSTRUMENTS.stream_fit.record(i64::from(fit), &[]);
}

pub(crate) fn decided(right: Right, allowed: bool) {
    let outcome = if allowed { "allowed" } else { "refused" };
    let labels = [
        KeyValue::new("right", right.name()),
        KeyValue::new("outcome", outcome),
    ];
    INSTRUMENTS.decisions.add(1, &labels);
}

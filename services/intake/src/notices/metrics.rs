//! What becomes of notices.

use std::sync::LazyLock;

use opentelemetry::metrics::Counter;
use opentelemetry::{KeyValue, global};
use xinqiao_kernel::DistrictCode;

static NOTICES: LazyLock<Counter<u64>> = LazyLock::new(|| {
    global::meter("xinqiao_intake")
        .u64_counter("xinqiao.notices")
        .with_unit("{notice}")
        .with_description("Attempts to tell petitioners, by channel and by what became of them")
        .build()
});

/// What became of an attempt: `sent`, `retried`, `failed` or `by_hand`.
pub(super) fn became(district: DistrictCode, channel: &'static str, outcome: &'static str) {
    let attributes = [
        KeyValue::new("district", district.to_string()),
        KeyValue::new("channel", channel),
        KeyValue::new("outcome", outcome),
    ];
    NOTICES.add(1, &attributes);
}

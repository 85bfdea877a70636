//! Instruments of the index.

use std::sync::LazyLock;

use opentelemetry::metrics::Counter;
use opentelemetry::{KeyValue, global};
use xinqiao_kernel::DistrictCode;

static PASSED_OVER: LazyLock<Counter<u64>> = LazyLock::new(|| {
    global::meter("xinqiao_intake")
        .u64_counter("xinqiao.search.passed_over")
        .with_unit("{text}")
        .with_description("Texts that do not open and are not in the index")
        .build()
});

/// A text did not open.
pub(super) fn passed_over(district: DistrictCode) {
    PASSED_OVER.add(1, &[KeyValue::new("district", district.to_string())]);
}

//! How many rows leave the platform.

use std::sync::LazyLock;

use opentelemetry::metrics::Counter;
use opentelemetry::{KeyValue, global};
use xinqiao_kernel::DistrictCode;

static ROWS: LazyLock<Counter<u64>> = LazyLock::new(|| {
    global::meter("xinqiao_intake")
        .u64_counter("xinqiao.export.rows")
        .with_unit("{row}")
        .with_description("Rows of the register that were sent as an export")
        .build()
});

/// So many were sent.
pub(super) fn sent(district: DistrictCode, rows: u32) {
    let district = KeyValue::new("district", district.to_string());
    ROWS.add(rows.into(), &[district]);
}

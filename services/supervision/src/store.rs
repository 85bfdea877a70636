//! The statements of supervision: the only place that names sqlx.
//!
//! Every function takes the connection of an act's transaction and its district. Legal time is an argument.

pub(crate) mod calendar;
pub(crate) mod case_digest;
pub(crate) mod cases;
pub(crate) mod clocks;
pub(crate) mod delegations;
pub(crate) mod desk;
pub(crate) mod digest;
pub(crate) mod documents;
pub(crate) mod opinions;
pub(crate) mod previews;
pub(crate) mod reviews;
pub(crate) mod services;
pub(crate) mod signatories;

use time::OffsetDateTime;
use xinqiao_kernel::DistrictCode;

/// Who writes a row, when and for which district: what every table keeps of it.
#[derive(Debug, Clone)]
pub(crate) struct Stamp {
    /// The tenant.
    pub(crate) district: DistrictCode,
    /// Legal time.
    pub(crate) at: OffsetDateTime,
    /// `person:<id>` or `service:<name>`.
    pub(crate) by: String,
}

/// A row that does not read back: somebody wrote what the domain cannot hold.
#[derive(Debug, thiserror::Error)]
#[error("column {column} of {table} holds {value:?}")]
pub(crate) struct Unreadable {
    /// The table.
    pub(crate) table: &'static str,
    /// The column.
    pub(crate) column: &'static str,
    /// What it holds: a code, never personal data.
    pub(crate) value: String,
}

impl From<Unreadable> for sqlx::Error {
    fn from(unreadable: Unreadable) -> Self {
        Self::Decode(Box::new(unreadable))
    }
}

/// A count of a column, which is never negative.
pub(crate) fn count(value: i32) -> u32 {
    value.unsigned_abs()
}

/// A count for a column; far below the limit in practice.
pub(crate) fn column(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

/// A version for its column, which holds what has been counted up one by one.
pub(crate) fn version_column(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

//! The tables of this service: the only place that names sqlx.

use time::OffsetDateTime;
use xinqiao_chassis::desk::Act;
use xinqiao_kernel::DistrictCode;

pub(crate) mod cases;
pub(crate) mod desks;
pub(crate) mod digest;
pub(crate) mod masters;
pub(crate) mod papers;
pub(crate) mod unit_proposals;
pub(crate) mod units;

/// Migrations of this service; the chassis' own run before them.
pub(crate) static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// Whose row it is, who writes it, and when (legal time).
struct Stamp {
    district: DistrictCode,
    by: String,
    at: OffsetDateTime,
}

impl Stamp {
    fn of(act: &Act) -> Self {
        Self {
            district: act.district(),
            by: act.actor_ref().to_owned(),
            at: act.now(),
        }
    }
}

/// A stored value that this program cannot have written.
fn corrupt(what: &'static str) -> sqlx::Error {
    sqlx::Error::Decode(format!("stored {what} is not one of ours").into())
}

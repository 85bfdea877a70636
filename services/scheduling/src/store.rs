//! The only place that names sqlx. Every function works in the transaction of an [`Act`], so that row-level
//! security and the district of the caller bound what it sees.

use time::OffsetDateTime;
use xinqiao_chassis::desk::Act;

pub(crate) mod appointments;
pub(crate) mod calendar;
pub(crate) mod calendar_proposals;
pub(crate) mod days;
pub(crate) mod delegations;
pub(crate) mod digest;
pub(crate) mod known;
pub(crate) mod leaders;
pub(crate) mod queue;
pub(crate) mod receptions;
pub(crate) mod schedule;
pub(crate) mod slots;

/// Who changes a row, when, in which district: the common columns.
#[derive(Debug, Clone)]
struct Stamp {
    district: String,
    now: OffsetDateTime,
    actor: String,
}

impl Stamp {
    fn of(act: &Act) -> Self {
        Self {
            district: act.district().to_string(),
            now: act.now(),
            actor: act.actor_ref().to_owned(),
        }
    }
}

/// True when an insert failed because of this constraint.
pub(crate) fn violates(error: &sqlx::Error, constraint: &str) -> bool {
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::constraint)
        == Some(constraint)
}

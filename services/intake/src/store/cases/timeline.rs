//! What happened to a case, in the order it became known here.

use sqlx::{FromRow, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_kernel::{CaseState, DistrictCode};

/// One entry.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct Entry {
    pub(crate) event_id: Uuid,
    pub(crate) kind: String,
    pub(crate) at: OffsetDateTime,
    pub(crate) state: String,
    pub(crate) actor: String,
    pub(crate) service: String,
    pub(crate) trace_id: Option<String>,
}

/// An entry to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewEntry<'a> {
    pub(crate) event_id: Uuid,
    pub(crate) kind: &'a str,
    pub(crate) at: OffsetDateTime,
    /// Overall state after it.
    pub(crate) state: CaseState,
    pub(crate) actor: &'a str,
    pub(crate) service: &'a str,
    pub(crate) trace_id: Option<&'a str>,
}

/// Appends an entry; the caller has taken the case.
pub(crate) async fn append(
    connection: &mut PgConnection,
    district: DistrictCode,
    case: Uuid,
    entry: NewEntry<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO timeline (district_code, case_id, position, event_id, kind, at, state, actor, service, trace_id)
         SELECT $1, $2, COALESCE(max(position), 0) + 1, $3, $4, $5, $6, $7, $8, $9
         FROM timeline WHERE district_code = $1 AND case_id = $2",
    )
    .bind(district.as_str())
    .bind(case)
    .bind(entry.event_id)
    .bind(entry.kind)
    .bind(entry.at)
    .bind(entry.state.code())
    .bind(entry.actor)
    .bind(entry.service)
    .bind(entry.trace_id)
    .execute(connection)
    .await?;
    Ok(())
}

/// Every entry after the registration, oldest first.
pub(crate) async fn read(
    connection: &mut PgConnection,
    district: DistrictCode,
    case: Uuid,
) -> Result<Vec<Entry>, sqlx::Error> {
    sqlx::query_as(
        "SELECT event_id, kind, at, state, actor, service, trace_id FROM timeline
         WHERE district_code = $1 AND case_id = $2 ORDER BY position",
    )
    .bind(district.as_str())
    .bind(case)
    .fetch_all(connection)
    .await
}

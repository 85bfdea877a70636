//! The statements of the relay.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;

use crate::envelope::Outgoing;

/// Namespace of the advisory locks of relays.
const LOCK_SPACE: i32 = 0x5851_0001;

/// Takes the district for this transaction; false when another replica has it.
pub(super) async fn lock(connection: &mut PgConnection, district: DistrictCode) -> Result<bool, sqlx::Error> {
    let number: i32 = district.as_str().parse().expect("a district code is six digits");
    sqlx::query_scalar("SELECT pg_try_advisory_xact_lock($1, $2)")
        .bind(LOCK_SPACE)
        .bind(number)
        .fetch_one(connection)
        .await
}

/// The oldest unpublished rows in the order of their commits, without entities that wait. OFFSET 0 keeps the planner
/// from reading the whole journal while it has no statistics of it.
pub(super) async fn unpublished(
    connection: &mut PgConnection,
    district: DistrictCode,
    stalled: &[Uuid],
    limit: i64,
) -> Result<Vec<Outgoing>, sqlx::Error> {
    sqlx::query_as(
        "SELECT o.position, o.event_id, o.kind, o.entity_kind, o.entity_id, o.case_no, o.sequence, o.subject, o.body,
                o.trace_parent, o.causation_id, o.actor_ref, o.occurred_at
         FROM unpublished u CROSS JOIN LATERAL (
             SELECT * FROM outbox WHERE district_code = u.district_code AND event_id = u.event_id OFFSET 0) o
         WHERE u.district_code = $1 AND o.entity_id <> ALL ($2)
         ORDER BY u.position LIMIT $3",
    )
    .bind(district.as_str())
    .bind(stalled)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Takes note that the bus has these events.
pub(super) async fn published(
    connection: &mut PgConnection,
    district: DistrictCode,
    positions: &[i64],
) -> Result<(), sqlx::Error> {
    if positions.is_empty() {
        return Ok(());
    }
    sqlx::query("DELETE FROM unpublished WHERE district_code = $1 AND position = ANY ($2)")
        .bind(district.as_str())
        .bind(positions)
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes down why a row was refused.
pub(super) async fn refused(
    connection: &mut PgConnection,
    district: DistrictCode,
    position: i64,
    refusal: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE unpublished SET attempts = attempts + 1, last_error = $3 WHERE district_code = $1 AND position = $2",
    )
    .bind(district.as_str())
    .bind(position)
    .bind(refusal)
    .execute(connection)
    .await?;
    Ok(())
}

/// How many rows are unpublished, and the legal time of the oldest.
pub(super) async fn depth(
    connection: &mut PgConnection,
    district: DistrictCode,
) -> Result<(i64, Option<OffsetDateTime>), sqlx::Error> {
    sqlx::query_as(
        "SELECT count(*), min(o.occurred_at)
         FROM unpublished u JOIN outbox o ON o.district_code = u.district_code AND o.event_id = u.event_id
         WHERE u.district_code = $1",
    )
    .bind(district.as_str())
    .fetch_one(connection)
    .await
}

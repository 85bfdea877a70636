//! The statements of the relay.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;

use crate::envelope::Outgoing;

/// Namespace of the advisory locks of relays.
const LOCK_SPACE: i32 = 0x5851_0001;

/// Takes the district for this transaction; false when another replica has it. What the transaction crosses off need not
/// survive a crash of the database: it is published again under the same ids, and the flush of the disk is left to those
/// whom somebody waits for.
pub(super) async fn lock(connection: &mut PgConnection, district: DistrictCode) -> Result<bool, sqlx::Error> {
    let number: i32 = district.as_str().parse().expect("a district code is six digits");
    sqlx::query_scalar(
        "SELECT pg_try_advisory_xact_lock($1, $2) FROM set_config('synchronous_commit', 'off', true)",
    )
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
        "SELECT u.position AS listed_at, cardinality(u.event_ids) AS listed_with, o.event_id, o.kind, o.entity_kind, o.entity_id, o.case_no, o.sequence, o.subject, o.body,
                o.trace_parent, o.causation_id, o.actor_ref, o.occurred_at
         FROM unpublished u
         CROSS JOIN LATERAL unnest(u.event_ids) WITH ORDINALITY AS e (id, place)
         CROSS JOIN LATERAL (SELECT * FROM outbox WHERE district_code = $1 AND event_id = e.id OFFSET 0) o
         WHERE u.district_code = $1 AND o.entity_id <> ALL ($2)
         ORDER BY u.position, e.place LIMIT $3",
    )
    .bind(district.as_str())
    .bind(stalled)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Crosses off the rows of the list of whose events the bus now has every one: each by its place and by how many
/// events it named when it was read. A row that a republishing has added to since stays, and goes out again.
pub(super) async fn published(
    connection: &mut PgConnection,
    district: DistrictCode,
    listed_at: &[i64],
    listed_with: &[i32],
    event_ids: &[Uuid],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "WITH accepted AS (DELETE FROM refused WHERE district_code = $1 AND event_id = ANY ($4))
         DELETE FROM unpublished u USING unnest($2::bigint[], $3::integer[]) AS done (position, events)
         WHERE u.district_code = $1 AND u.position = done.position AND cardinality(u.event_ids) = done.events",
    )
    .bind(district.as_str())
    .bind(listed_at)
    .bind(listed_with)
    .bind(event_ids)
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes events that the bus has out of rows of the list that name others, too.
pub(super) async fn shorten(
    connection: &mut PgConnection,
    district: DistrictCode,
    listed_at: &[i64],
    event_ids: &[Uuid],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE unpublished SET event_ids = ARRAY(
             SELECT id FROM unnest(event_ids) WITH ORDINALITY AS e (id, place) WHERE id <> ALL ($3) ORDER BY place)
         WHERE district_code = $1 AND position = ANY ($2)",
    )
    .bind(district.as_str())
    .bind(listed_at)
    .bind(event_ids)
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes down why an event was refused.
pub(super) async fn refused(
    connection: &mut PgConnection,
    district: DistrictCode,
    event_id: Uuid,
    refusal: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO refused AS r (district_code, event_id, attempts, last_error) VALUES ($1, $2, 1, $3)
         ON CONFLICT (district_code, event_id) DO UPDATE
         SET attempts = r.attempts + 1, last_error = excluded.last_error",
    )
    .bind(district.as_str())
    .bind(event_id)
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
        "SELECT coalesce(sum(cardinality(event_ids)), 0)::bigint,
                (SELECT occurred_at FROM outbox WHERE district_code = $1 AND event_id = (
                     SELECT event_ids[1] FROM unpublished WHERE district_code = $1 ORDER BY position LIMIT 1))
         FROM unpublished WHERE district_code = $1",
    )
    .bind(district.as_str())
    .fetch_one(connection)
    .await
}

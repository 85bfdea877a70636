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

/// The oldest unpublished rows in the order of their commits, without entities that wait.
pub(super) async fn unpublished(
    connection: &mut PgConnection,
    district: DistrictCode,
    stalled: &[Uuid],
    limit: i64,
) -> Result<Vec<Outgoing>, sqlx::Error> {
    sqlx::query_as(
        "SELECT event_id, kind, entity_kind, entity_id, case_no, sequence, subject, body, trace_parent, causation_id,
                actor_ref, occurred_at
         FROM outbox WHERE district_code = $1 AND NOT published AND entity_id <> ALL ($2)
         ORDER BY position LIMIT $3",
    )
    .bind(district.as_str())
    .bind(stalled)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Marks rows as published, with their place in the stream.
pub(super) async fn mark(
    connection: &mut PgConnection,
    district: DistrictCode,
    published: &[(Uuid, i64)],
) -> Result<(), sqlx::Error> {
    if published.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE outbox o SET published = true, stream_sequence = p.sequence, last_error = NULL
         FROM unnest($2::uuid[], $3::bigint[]) AS p (event_id, sequence)
         WHERE o.district_code = $1 AND o.event_id = p.event_id",
    )
    .bind(district.as_str())
    .bind(published.iter().map(|(id, _)| *id).collect::<Vec<_>>())
    .bind(
        published
            .iter()
            .map(|(_, sequence)| *sequence)
            .collect::<Vec<_>>(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes down why a row was refused.
pub(super) async fn refused(
    connection: &mut PgConnection,
    district: DistrictCode,
    event_id: Uuid,
    refusal: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE outbox SET attempts = attempts + 1, last_error = $3 WHERE district_code = $1 AND event_id = $2",
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
    sqlx::query_as("SELECT count(*), min(occurred_at) FROM outbox WHERE district_code = $1 AND NOT published")
        .bind(district.as_str())
        .fetch_one(connection)
        .await
}

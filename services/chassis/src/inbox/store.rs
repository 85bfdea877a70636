//! The statements of the inbox.

use bytes::Bytes;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;

use super::Incoming;

/// Stores events; those already there stay as they are. Returns how many are new.
pub(super) async fn insert(
    connection: &mut PgConnection,
    district: DistrictCode,
    events: &[Incoming],
) -> Result<u64, sqlx::Error> {
    let case_numbers: Vec<_> = events
        .iter()
        .map(|event| event.case_no.map(|no| no.to_string()))
        .collect();
    let sequences: Vec<_> = events.iter().map(|event| event.sequence.cast_signed()).collect();
    let done = sqlx::query(
        "INSERT INTO inbox (district_code, event_id, publisher, kind, entity_kind, entity_id, case_no, sequence, body,
                            trace_parent, causation_id, actor_ref, occurred_at)
         SELECT $1, r.* FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::text[],
                                    $8::bigint[], $9::bytea[], $10::text[], $11::uuid[], $12::text[],
                                    $13::timestamptz[])
                        AS r (event_id, publisher, kind, entity_kind, entity_id, case_no, sequence, body,
                              trace_parent, causation_id, actor_ref, occurred_at)
         ON CONFLICT (district_code, event_id) DO NOTHING",
    )
    .bind(district.as_str())
    .bind(events.iter().map(|event| event.event_id).collect::<Vec<_>>())
    .bind(events.iter().map(|event| event.publisher.as_str()).collect::<Vec<_>>())
    .bind(events.iter().map(|event| event.kind.as_str()).collect::<Vec<_>>())
    .bind(events.iter().map(|event| event.entity_kind.as_str()).collect::<Vec<_>>())
    .bind(events.iter().map(|event| event.entity_id).collect::<Vec<_>>())
    .bind(case_numbers)
    .bind(sequences)
    .bind(events.iter().map(|event| event.body.as_ref()).collect::<Vec<_>>())
    .bind(events.iter().map(|event| event.trace_parent.as_deref()).collect::<Vec<_>>())
    .bind(events.iter().map(|event| event.causation_id).collect::<Vec<_>>())
    .bind(events.iter().map(|event| event.actor_ref.as_str()).collect::<Vec<_>>())
    .bind(events.iter().map(|event| event.occurred_at).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// Events whose turn it is: next in sequence for their publisher and entity, and caused by nothing that is
/// still to come. A causing event is here when we applied it, or when we published it ourselves.
pub(super) async fn ready(
    connection: &mut PgConnection,
    district: DistrictCode,
    not_now: &[Uuid],
    limit: i64,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT i.event_id FROM inbox i
         LEFT JOIN inbox_position p
           ON p.district_code = $1 AND p.publisher = i.publisher AND p.entity_id = i.entity_id
         WHERE i.district_code = $1 AND i.state = 'waiting' AND i.event_id <> ALL ($2)
           AND i.sequence = COALESCE(p.sequence, 0) + 1
           AND (i.causation_id IS NULL
                OR EXISTS (SELECT FROM inbox c WHERE c.district_code = $1 AND c.event_id = i.causation_id
                                                 AND c.state = 'applied')
                OR EXISTS (SELECT FROM outbox o WHERE o.district_code = $1 AND o.event_id = i.causation_id))
         ORDER BY i.arrival LIMIT $3",
    )
    .bind(district.as_str())
    .bind(not_now)
    .bind(limit)
    .fetch_all(connection)
    .await
}

#[derive(sqlx::FromRow)]
struct Row {
    event_id: Uuid,
    kind: String,
    publisher: String,
    entity_kind: String,
    entity_id: Uuid,
    case_no: Option<String>,
    sequence: i64,
    occurred_at: OffsetDateTime,
    causation_id: Option<Uuid>,
    actor_ref: String,
    trace_parent: Option<String>,
    body: Vec<u8>,
}

impl From<Row> for Incoming {
    fn from(row: Row) -> Self {
        Self {
            event_id: row.event_id,
            kind: row.kind,
            publisher: row.publisher,
            entity_kind: row.entity_kind,
            entity_id: row.entity_id,
            case_no: row.case_no.and_then(|text| text.parse().ok()),
            sequence: row.sequence.unsigned_abs(),
            occurred_at: row.occurred_at,
            causation_id: row.causation_id,
            actor_ref: row.actor_ref,
            trace_parent: row.trace_parent,
            body: Bytes::from(row.body),
        }
    }
}

/// Takes one waiting event for this transaction; `None` when another replica has it or was faster.
pub(super) async fn take(
    connection: &mut PgConnection,
    district: DistrictCode,
    event_id: Uuid,
) -> Result<Option<Incoming>, sqlx::Error> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT event_id, kind, publisher, entity_kind, entity_id, case_no, sequence, occurred_at, causation_id,
                actor_ref, trace_parent, body
         FROM inbox WHERE district_code = $1 AND event_id = $2 AND state = 'waiting'
         FOR UPDATE SKIP LOCKED",
    )
    .bind(district.as_str())
    .bind(event_id)
    .fetch_optional(connection)
    .await?;
    Ok(row.map(Incoming::from))
}

/// Marks an event as applied and moves its entity on. False when the position was not the one before: two
/// events claim one place, and the second must not be applied.
pub(super) async fn applied(
    connection: &mut PgConnection,
    district: DistrictCode,
    event: &Incoming,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let moved = sqlx::query(
        "WITH moved AS (
             INSERT INTO inbox_position AS p (district_code, publisher, entity_id, sequence)
             SELECT $1, $2, $3, $4
             WHERE $4 = 1 OR EXISTS (SELECT FROM inbox_position q WHERE q.district_code = $1 AND q.publisher = $2
                                                                    AND q.entity_id = $3)
             ON CONFLICT (district_code, publisher, entity_id) DO UPDATE SET sequence = excluded.sequence
             WHERE p.sequence = excluded.sequence - 1
             RETURNING 1),
         cause AS (
             INSERT INTO causation (district_code, entity_id, event_id) SELECT $1, $3, $5 FROM moved
             ON CONFLICT (district_code, entity_id) DO UPDATE SET event_id = excluded.event_id)
         UPDATE inbox SET state = 'applied', applied_at = $6, reason = NULL
         WHERE district_code = $1 AND event_id = $5 AND EXISTS (SELECT FROM moved)",
    )
    .bind(district.as_str())
    .bind(&event.publisher)
    .bind(event.entity_id)
    .bind(event.sequence.cast_signed())
    .bind(event.event_id)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// Counts one failed try; after `tries_max` of them the event is parked. Returns the number of tries and whether
/// it is parked now.
pub(super) async fn failed(
    connection: &mut PgConnection,
    district: DistrictCode,
    event_id: Uuid,
    reason: &str,
    tries_max: u32,
) -> Result<(u32, bool), sqlx::Error> {
    let (attempts, parked): (i32, bool) = sqlx::query_as(
        "UPDATE inbox SET attempts = attempts + 1, reason = $3,
                          state = CASE WHEN attempts + 1 >= $4 THEN 'parked' ELSE 'waiting' END
         WHERE district_code = $1 AND event_id = $2 AND state = 'waiting'
         RETURNING attempts, state = 'parked'",
    )
    .bind(district.as_str())
    .bind(event_id)
    .bind(reason)
    .bind(i64::from(tries_max))
    .fetch_one(connection)
    .await?;
    Ok((attempts.unsigned_abs(), parked))
}

/// How many events wait and how many are parked.
pub(super) async fn depth(
    connection: &mut PgConnection,
    district: DistrictCode,
) -> Result<(i64, i64), sqlx::Error> {
    sqlx::query_as(
        "SELECT (SELECT count(*) FROM inbox WHERE district_code = $1 AND state = 'waiting'),
                (SELECT count(*) FROM inbox WHERE district_code = $1 AND state = 'parked')",
    )
    .bind(district.as_str())
    .fetch_one(connection)
    .await
}

//! `parked list|replay`: events that do not get on by themselves, and how they go on.

use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;

/// One parked event, without its body.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct Parked {
    /// District.
    pub district_code: String,
    /// Identifier.
    pub event_id: Uuid,
    /// The service that published it.
    pub publisher: String,
    /// For example `case.registered`.
    pub kind: String,
    /// What it is about.
    pub entity_id: Uuid,
    /// The case number, when it is about a case.
    pub case_no: Option<String>,
    /// Place in the order.
    pub sequence: i64,
    /// Legal time of the act.
    #[serde(with = "time::serde::rfc3339")]
    pub occurred_at: OffsetDateTime,
    /// How often it was tried.
    pub attempts: i32,
    /// Why it failed the last time.
    pub reason: Option<String>,
}

/// The parked events of a district, in the order of their arrival.
pub async fn list(connection: &mut PgConnection, district: DistrictCode) -> Result<Vec<Parked>, sqlx::Error> {
    sqlx::query_as(
        "SELECT district_code, event_id, publisher, kind, entity_id, case_no, sequence, occurred_at, attempts, reason
         FROM inbox WHERE district_code = $1 AND state = 'parked' ORDER BY arrival",
    )
    .bind(district.as_str())
    .fetch_all(connection)
    .await
}

/// Own events that the bus refuses, in the order of the journal: each stops what comes after it for its entity.
pub async fn refused(
    connection: &mut PgConnection,
    district: DistrictCode,
    service: &str,
) -> Result<Vec<Parked>, sqlx::Error> {
    sqlx::query_as(
        "SELECT o.district_code, o.event_id, $2 AS publisher, o.kind, o.entity_id, o.case_no, o.sequence, o.occurred_at,
                r.attempts, r.last_error AS reason
         FROM refused r JOIN outbox o ON o.district_code = r.district_code AND o.event_id = r.event_id
         WHERE r.district_code = $1 ORDER BY o.position",
    )
    .bind(district.as_str())
    .bind(service)
    .fetch_all(connection)
    .await
}

/// Lets parked events wait for their turn again, one or all of the district; returns how many.
pub async fn replay(
    connection: &mut PgConnection,
    district: DistrictCode,
    event_id: Option<Uuid>,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE inbox SET state = 'waiting', attempts = 0, reason = NULL
         WHERE district_code = $1 AND state = 'parked' AND ($2::uuid IS NULL OR event_id = $2)",
    )
    .bind(district.as_str())
    .bind(event_id)
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

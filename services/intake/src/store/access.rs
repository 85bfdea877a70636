//! How a petitioner comes to his case, and who looked at it.

use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;
use xinqiao_chassis::desk::Capacity;
use xinqiao_chassis::seal::KeyRing;
use xinqiao_kernel::{CaseNumber, DistrictCode};

use crate::domain::query::{Attempts, LOCK};

/// Attempts that are long over and are swept with each new one.
const SWEEP: i64 = 50;

/// Finds a case by code and last four digits together.
pub(crate) fn query_key(keys: &KeyRing, district: DistrictCode, code: &str, last_four: &str) -> i64 {
    shortened(keys, district, "query-proof", &format!("{code}/{last_four}"))
}

fn shortened(keys: &KeyRing, district: DistrictCode, purpose: &str, text: &str) -> i64 {
    let hash = keys.keyed_hash(district, purpose, text.as_bytes());
    let (head, _) = hash.split_first_chunk().expect("invariant: a hash has 32 bytes");
    i64::from_be_bytes(*head)
}

/// Counts an attempt on a code before anybody looks whether it exists. Attempts on one code follow each other from
/// here to the commit.
pub(crate) async fn count_attempt(
    connection: &mut PgConnection,
    keys: &KeyRing,
    district: DistrictCode,
    code: &str,
    now: OffsetDateTime,
) -> Result<Attempts, sqlx::Error> {
    sqlx::query(
        "DELETE FROM query_attempt WHERE district_code = $1 AND code_key IN
             (SELECT code_key FROM query_attempt WHERE district_code = $1 AND last_at < $2 LIMIT $3
              FOR UPDATE SKIP LOCKED)",
    )
    .bind(district.as_str())
    .bind(now - LOCK)
    .bind(SWEEP)
    .execute(&mut *connection)
    .await?;
    let code_key = shortened(keys, district, "query-attempt", code);
    let (failures, last_at): (i16, OffsetDateTime) = sqlx::query_as(
        "INSERT INTO query_attempt AS q (district_code, code_key, failures, last_at) VALUES ($1, $2, 0, $3)
         ON CONFLICT (district_code, code_key) DO UPDATE SET failures = q.failures
         RETURNING q.failures, q.last_at",
    )
    .bind(district.as_str())
    .bind(code_key)
    .bind(now)
    .fetch_one(&mut *connection)
    .await?;
    let attempts = match failures {
        0 => Attempts::first(now),
        _ => Attempts { failures, last_at }.and_now(now),
    };
    sqlx::query(
        "UPDATE query_attempt SET failures = $3, last_at = $4 WHERE district_code = $1 AND code_key = $2",
    )
    .bind(district.as_str())
    .bind(code_key)
    .bind(attempts.failures)
    .bind(attempts.last_at)
    .execute(connection)
    .await?;
    Ok(attempts)
}

/// The audit object of attempts on a code: the same for all of them, and it tells nobody the code.
pub(crate) fn attempt_ref(keys: &KeyRing, district: DistrictCode, code: &str) -> String {
    format!("query:{:016x}", shortened(keys, district, "query-attempt", code))
}

/// Forgets the attempts on a code that was shown rightly.
pub(crate) async fn forgive(
    connection: &mut PgConnection,
    keys: &KeyRing,
    district: DistrictCode,
    code: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM query_attempt WHERE district_code = $1 AND code_key = $2")
        .bind(district.as_str())
        .bind(shortened(keys, district, "query-attempt", code))
        .execute(connection)
        .await?;
    Ok(())
}

/// The case of a code and the last four digits.
pub(crate) async fn by_telephone(
    connection: &mut PgConnection,
    district: DistrictCode,
    query_key: i64,
) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar("SELECT case_id FROM petitioner WHERE district_code = $1 AND query_key = $2 LIMIT 1")
        .bind(district.as_str())
        .bind(query_key)
        .fetch_optional(connection)
        .await
}

/// The case of a number, when nobody left a telephone number with it.
pub(crate) async fn by_number(
    connection: &mut PgConnection,
    number: CaseNumber,
) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT c.id FROM case_file c
         WHERE c.district_code = $1 AND c.year = $2 AND c.sequence = $3
           AND NOT EXISTS (SELECT FROM petitioner p WHERE p.district_code = c.district_code AND p.case_id = c.id
                           AND p.query_key IS NOT NULL)",
    )
    .bind(number.district().as_str())
    .bind(i16::try_from(number.year()).unwrap_or_default())
    .bind(i32::try_from(number.sequence()).unwrap_or_default())
    .fetch_optional(connection)
    .await
}

/// Somebody's look at a case, as its petitioner is shown it.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Access {
    pub(crate) day: Date,
    pub(crate) role: String,
    /// What his unit is called, when he looked for a unit.
    pub(crate) unit: Option<String>,
}

/// Notes that somebody looked at the case.
pub(crate) async fn note(
    connection: &mut PgConnection,
    district: DistrictCode,
    case_id: Uuid,
    day: Date,
    capacity: Capacity,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO case_access (district_code, case_id, day, role, unit_id) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING",
    )
    .bind(district.as_str())
    .bind(case_id)
    .bind(day)
    .bind(capacity.role.code())
    .bind(capacity.unit_id.unwrap_or_default())
    .execute(connection)
    .await?;
    Ok(())
}

/// Who looked at a case, newest first.
pub(crate) async fn noted(
    connection: &mut PgConnection,
    district: DistrictCode,
    case_id: Uuid,
    limit: i64,
) -> Result<Vec<Access>, sqlx::Error> {
    sqlx::query_as(
        "SELECT a.day, a.role, u.name AS unit FROM case_access a
         LEFT JOIN unit_place u ON u.district_code = a.district_code AND u.unit_id = a.unit_id
         WHERE a.district_code = $1 AND a.case_id = $2 ORDER BY a.day DESC, a.role, a.unit_id LIMIT $3",
    )
    .bind(district.as_str())
    .bind(case_id)
    .bind(limit)
    .fetch_all(connection)
    .await
}

//! Clocks that run on a case, as supervision tells of them, and the terms that another calendar has moved.

use prost::Message as _;
use sqlx::PgConnection;
use time::Date;
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;
use xinqiao_proto::common::LegalTerm;

/// Notes the dates that K1 has under another calendar.
pub(crate) async fn k1_recomputed(
    connection: &mut PgConnection,
    district: DistrictCode,
    id: Uuid,
    [raw, eff, safe]: [Date; 3],
    term: &LegalTerm,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE case_file
            SET k1_raw = $3, k1_eff = $4, k1_safe = $5, k1_calendar = $6, k1_provisional = $7, k1_recomputed = true
          WHERE district_code = $1 AND id = $2",
    )
    .bind(district.as_str())
    .bind(id)
    .bind(raw)
    .bind(eff)
    .bind(safe)
    .bind(&term.calendar_version)
    .bind(term.provisional)
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes the dates that K1b has under another calendar, while it runs.
pub(crate) async fn k1b_recomputed(
    connection: &mut PgConnection,
    district: DistrictCode,
    id: Uuid,
    term: &LegalTerm,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE case_file SET k1b = $3 WHERE district_code = $1 AND id = $2 AND k1b IS NOT NULL")
        .bind(district.as_str())
        .bind(id)
        .bind(term.encode_to_vec())
        .execute(connection)
        .await?;
    Ok(())
}

/// Notes until when a clock runs: it has started, or was computed anew.
pub(crate) async fn put(
    connection: &mut PgConnection,
    district: DistrictCode,
    case: Uuid,
    clock_id: Uuid,
    clock: &str,
    due_eff: Date,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO case_term (district_code, case_id, clock_id, clock, due_eff) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (district_code, case_id, clock_id) DO UPDATE SET due_eff = excluded.due_eff",
    )
    .bind(district.as_str())
    .bind(case)
    .bind(clock_id)
    .bind(clock)
    .bind(due_eff)
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets a clock that has stopped.
pub(crate) async fn stop(
    connection: &mut PgConnection,
    district: DistrictCode,
    case: Uuid,
    clock_id: Uuid,
) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM case_term WHERE district_code = $1 AND case_id = $2 AND clock_id = $3")
        .bind(district.as_str())
        .bind(case)
        .bind(clock_id)
        .execute(connection)
        .await?;
    Ok(())
}

/// The running clocks of a case by code, the soonest first.
pub(crate) async fn running(
    connection: &mut PgConnection,
    district: DistrictCode,
    case: Uuid,
) -> Result<Vec<(String, Date)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT clock, due_eff FROM case_term WHERE district_code = $1 AND case_id = $2 ORDER BY due_eff, clock",
    )
    .bind(district.as_str())
    .bind(case)
    .fetch_all(connection)
    .await
}

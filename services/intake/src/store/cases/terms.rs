//! Terms of a case as another calendar has moved them.

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

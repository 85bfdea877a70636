//! The leaders' reception days, as scheduling tells them.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_kernel::{CaseState, DistrictCode, Holder};

use super::cases::By;

/// Notes a day, and whether it is over: closed or cancelled.
pub(crate) async fn put(
    connection: &mut PgConnection,
    district: DistrictCode,
    day: Uuid,
    is_over: bool,
    at: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO reception_day (district_code, id, is_over, updated_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (district_code, id) DO UPDATE
         SET is_over = excluded.is_over, updated_at = excluded.updated_at",
    )
    .bind(district.as_str())
    .bind(day)
    .bind(is_over)
    .bind(at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether a day is over; nothing for one that nobody has told of.
pub(crate) async fn is_over(
    connection: &mut PgConnection,
    district: DistrictCode,
    day: Uuid,
) -> Result<Option<bool>, sqlx::Error> {
    sqlx::query_scalar("SELECT is_over FROM reception_day WHERE district_code = $1 AND id = $2")
        .bind(district.as_str())
        .bind(day)
        .fetch_optional(connection)
        .await
}

/// Takes a day that is over from the cases here that have no record of it, and says which. A record that was on its way
/// brings the day back. The version stays, as with every event of others.
pub(crate) async fn drop_from_cases(
    connection: &mut PgConnection,
    district: DistrictCode,
    day: Uuid,
    by: By<'_>,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar(
        "UPDATE case_file SET reception_day_id = NULL, updated_by = $5, updated_at = $6
         WHERE district_code = $1 AND reception_day_id = $2 AND reception_id IS NULL AND state = $3 AND holder = $4
         RETURNING id",
    )
    .bind(district.as_str())
    .bind(day)
    .bind(CaseState::Registered.code())
    .bind(Holder::Intake.service())
    .bind(by.actor)
    .bind(by.at)
    .fetch_all(connection)
    .await
}

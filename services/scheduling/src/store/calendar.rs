//! Which versions of the calendar the district was told of.

use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_chassis::desk::Act;

use super::Stamp;

/// Notes a version. False when the district has it already.
pub(crate) async fn insert(act: &mut Act, id: Uuid, version: &str) -> Result<bool, sqlx::Error> {
    let stamp = Stamp::of(act);
    let done = sqlx::query(
        "INSERT INTO calendar_edition (district_code, version, id, published_at, created_by)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (district_code, version) DO NOTHING",
    )
    .bind(stamp.district)
    .bind(version)
    .bind(id)
    .bind(stamp.now)
    .bind(stamp.actor)
    .execute(act.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// When the district was told of a version.
pub(crate) async fn published_at(
    act: &mut Act,
    version: &str,
) -> Result<Option<OffsetDateTime>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_scalar("SELECT published_at FROM calendar_edition WHERE district_code = $1 AND version = $2")
        .bind(district)
        .bind(version)
        .fetch_optional(act.conn())
        .await
}

//! Which versions of the calendar came into force in the district, one after the other.

use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_chassis::desk::Act;

use super::Stamp;

/// Notes the first version. False when the district has one already.
pub(crate) async fn insert_first(act: &mut Act, id: Uuid, version: &str) -> Result<bool, sqlx::Error> {
    let stamp = Stamp::of(act);
    let done = sqlx::query(
        "INSERT INTO calendar_edition (district_code, version, id, published_at, created_by)
         SELECT $1, $2, $3, $4, $5
          WHERE NOT EXISTS (SELECT FROM calendar_edition WHERE district_code = $1)
         ON CONFLICT (district_code, version) DO NOTHING",
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

/// Notes a version that comes after another. False when another one has come after that already.
pub(crate) async fn insert_after(
    act: &mut Act,
    id: Uuid,
    version: &str,
    follows: &str,
) -> Result<bool, sqlx::Error> {
    let stamp = Stamp::of(act);
    let done = sqlx::query(
        "INSERT INTO calendar_edition (district_code, version, id, published_at, created_by, follows)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
    )
    .bind(stamp.district)
    .bind(version)
    .bind(id)
    .bind(stamp.now)
    .bind(stamp.actor)
    .bind(follows)
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

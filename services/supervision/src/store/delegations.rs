//! Rows of `delegation`: who reviews and signs for whom.

use sqlx::PgConnection;
use time::Date;
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;

use super::Stamp;

/// One leader reviews and signs for another.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Delegation {
    /// Its identifier.
    pub(crate) id: Uuid,
    /// For whom.
    pub(crate) leader_id: Uuid,
    /// Who signs.
    pub(crate) delegate_id: Uuid,
    /// From when.
    pub(crate) first_day: Date,
    /// Until when.
    pub(crate) last_day: Date,
    /// It is for signing, and in force on its days.
    pub(crate) signs: bool,
}

/// Keeps the newest state of a delegation.
pub(crate) async fn upsert(
    connection: &mut PgConnection,
    stamp: &Stamp,
    delegation: &Delegation,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO delegation (district_code, id, leader_id, delegate_id, first_day, last_day, signs, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (district_code, id) DO UPDATE SET signs = excluded.signs, updated_at = excluded.updated_at",
    )
    .bind(stamp.district.as_str())
    .bind(delegation.id)
    .bind(delegation.leader_id)
    .bind(delegation.delegate_id)
    .bind(delegation.first_day)
    .bind(delegation.last_day)
    .bind(delegation.signs)
    .bind(stamp.at)
    .execute(connection)
    .await?;
    Ok(())
}

/// By which delegation somebody may sign for a leader on a day.
pub(crate) async fn signing_for(
    connection: &mut PgConnection,
    district: DistrictCode,
    leader_id: Uuid,
    delegate_id: Uuid,
    day: Date,
) -> Result<Option<Delegation>, sqlx::Error> {
    sqlx::query_as(
        "SELECT id, leader_id, delegate_id, first_day, last_day, signs FROM delegation
          WHERE district_code = $1 AND leader_id = $2 AND delegate_id = $3 AND signs
            AND $4 BETWEEN first_day AND last_day
          ORDER BY first_day, id LIMIT 1",
    )
    .bind(district.as_str())
    .bind(leader_id)
    .bind(delegate_id)
    .bind(day)
    .fetch_optional(connection)
    .await
}

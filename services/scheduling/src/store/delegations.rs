//! Delegations.

use time::{Date, OffsetDateTime};
use uuid::Uuid;
use xinqiao_chassis::desk::Act;

use super::Stamp;
use crate::domain::delegation::{Scope, State};

/// One leader acts for another.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Delegation {
    pub(crate) id: Uuid,
    pub(crate) leader_id: Uuid,
    pub(crate) delegate_id: Uuid,
    #[sqlx(try_from = "String")]
    pub(crate) scope: Scope,
    pub(crate) first_day: Date,
    pub(crate) last_day: Date,
    #[sqlx(try_from = "String")]
    pub(crate) state: State,
    pub(crate) approved_by: Option<String>,
    pub(crate) approved_at: Option<OffsetDateTime>,
    /// Who drafted or proposed it.
    pub(crate) created_by: String,
    pub(crate) version: i64,
}

/// Adds a delegation with version 1.
pub(crate) async fn insert(act: &mut Act, delegation: &Delegation) -> Result<(), sqlx::Error> {
    let stamp = Stamp::of(act);
    sqlx::query(
        "INSERT INTO delegation (district_code, id, leader_id, delegate_id, scope, first_day, last_day, state,
                                 created_at, created_by, updated_at, updated_by, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9, $10, 1)",
    )
    .bind(stamp.district)
    .bind(delegation.id)
    .bind(delegation.leader_id)
    .bind(delegation.delegate_id)
    .bind(delegation.scope.code())
    .bind(delegation.first_day)
    .bind(delegation.last_day)
    .bind(delegation.state.code())
    .bind(stamp.now)
    .bind(stamp.actor)
    .execute(act.conn())
    .await?;
    Ok(())
}

/// The delegation, locked until the end of the transaction, when the district has it.
pub(crate) async fn lock(act: &mut Act, id: Uuid) -> Result<Option<Delegation>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_as(
        "SELECT id, leader_id, delegate_id, scope, first_day, last_day, state, approved_by, approved_at, created_by,
                version
         FROM delegation WHERE district_code = $1 AND id = $2 FOR UPDATE",
    )
    .bind(district)
    .bind(id)
    .fetch_optional(act.conn())
    .await
}

/// Writes state and approval when `delegation.version` is still its version, and counts the version on. False when it is
/// not.
pub(crate) async fn change(act: &mut Act, delegation: &mut Delegation) -> Result<bool, sqlx::Error> {
    let stamp = Stamp::of(act);
    let done = sqlx::query(
        "UPDATE delegation SET state = $4, approved_by = $5, approved_at = $6, updated_at = $7, updated_by = $8,
                version = version + 1
         WHERE district_code = $1 AND id = $2 AND version = $3",
    )
    .bind(stamp.district)
    .bind(delegation.id)
    .bind(delegation.version)
    .bind(delegation.state.code())
    .bind(&delegation.approved_by)
    .bind(delegation.approved_at)
    .bind(stamp.now)
    .bind(stamp.actor)
    .execute(act.conn())
    .await?;
    delegation.version += 1;
    Ok(done.rows_affected() == 1)
}

/// One page, the latest first day first, after the key given; of a leader those he gave or took.
pub(crate) async fn page(
    act: &mut Act,
    leader_id: Option<Uuid>,
    after: Option<(Date, Uuid)>,
    limit: i64,
) -> Result<Vec<Delegation>, sqlx::Error> {
    let district = act.district().to_string();
    let (first_day, id) = after.unzip();
    sqlx::query_as(
        "SELECT id, leader_id, delegate_id, scope, first_day, last_day, state, approved_by, approved_at, created_by,
                version
         FROM delegation
         WHERE district_code = $1 AND ($2::uuid IS NULL OR $2 IN (leader_id, delegate_id))
           AND ($3::date IS NULL OR (first_day, id) < ($3, $4))
         ORDER BY first_day DESC, id DESC LIMIT $5",
    )
    .bind(district)
    .bind(leader_id)
    .bind(first_day)
    .bind(id)
    .bind(limit)
    .fetch_all(act.conn())
    .await
}

/// Who may receive for a leader on a day, each with the delegation.
pub(crate) async fn receiving_for(
    act: &mut Act,
    leader_id: Uuid,
    day: Date,
) -> Result<Vec<(Uuid, Uuid)>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_as(
        "SELECT delegate_id, id FROM delegation
         WHERE district_code = $1 AND leader_id = $2 AND state = 'APPROVED' AND scope IN ('RECEIVE', 'ALL')
           AND $3 BETWEEN first_day AND last_day
         ORDER BY approved_at, id",
    )
    .bind(district)
    .bind(leader_id)
    .bind(day)
    .fetch_all(act.conn())
    .await
}

//! Leaders and their leave.

use time::Date;
use uuid::Uuid;
use xinqiao_chassis::desk::Act;

use super::Stamp;
use crate::domain::schedule::OnDuty;

/// A member of the leadership team, or who only signs.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Leader {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) post: String,
    pub(crate) portfolio: Vec<String>,
    pub(crate) linked_towns: Vec<String>,
    pub(crate) person_id: String,
    pub(crate) certificate_pem: String,
    pub(crate) rota_order: i32,
    pub(crate) active: bool,
    pub(crate) signs_only: bool,
    pub(crate) version: i64,
}

/// A stretch in which a leader is away, both ends included.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub(crate) struct Leave {
    pub(crate) leader_id: Uuid,
    pub(crate) first_day: Date,
    pub(crate) last_day: Date,
}

/// The leader, when the district has him.
pub(crate) async fn find(act: &mut Act, id: Uuid) -> Result<Option<Leader>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_as(
        "SELECT id, name, post, portfolio, linked_towns, person_id, certificate_pem, rota_order, active, signs_only,
                version
         FROM leader WHERE district_code = $1 AND id = $2",
    )
    .bind(district)
    .bind(id)
    .fetch_optional(act.conn())
    .await
}

/// Leaders by the subjects of their tokens.
pub(crate) async fn persons(act: &mut Act) -> Result<Vec<(Uuid, String)>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_as("SELECT id, person_id FROM leader WHERE district_code = $1")
        .bind(district)
        .fetch_all(act.conn())
        .await
}

/// Post and fields of duty of some leaders.
pub(crate) async fn on_duty(act: &mut Act, ids: &[Uuid]) -> Result<Vec<OnDuty>, sqlx::Error> {
    let district = act.district().to_string();
    let rows: Vec<(Uuid, String, Vec<String>)> =
        sqlx::query_as("SELECT id, post, portfolio FROM leader WHERE district_code = $1 AND id = ANY ($2)")
            .bind(district)
            .bind(ids)
            .fetch_all(act.conn())
            .await?;
    let on_duty = |(leader_id, post, portfolio)| OnDuty {
        leader_id,
        post,
        portfolio,
    };
    Ok(rows.into_iter().map(on_duty).collect())
}

/// Everybody who takes turns, in rota order.
pub(crate) async fn team(act: &mut Act) -> Result<Vec<Leader>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_as(
        "SELECT id, name, post, portfolio, linked_towns, person_id, certificate_pem, rota_order, active, signs_only,
                version
         FROM leader WHERE district_code = $1 AND active AND NOT signs_only ORDER BY rota_order, id",
    )
    .bind(district)
    .fetch_all(act.conn())
    .await
}

/// One page in rota order, after the key given.
pub(crate) async fn page(
    act: &mut Act,
    after: Option<(i32, Uuid)>,
    limit: i64,
) -> Result<Vec<Leader>, sqlx::Error> {
    let district = act.district().to_string();
    let (order, id) = after.unwrap_or((0, Uuid::nil()));
    sqlx::query_as(
        "SELECT id, name, post, portfolio, linked_towns, person_id, certificate_pem, rota_order, active, signs_only,
                version
         FROM leader WHERE district_code = $1 AND (rota_order, id) > ($2, $3)
         ORDER BY rota_order, id LIMIT $4",
    )
    .bind(district)
    .bind(order)
    .bind(id)
    .bind(limit)
    .fetch_all(act.conn())
    .await
}

/// Adds a leader with version 1.
pub(crate) async fn insert(act: &mut Act, leader: &Leader) -> Result<(), sqlx::Error> {
    let stamp = Stamp::of(act);
    sqlx::query(
        "INSERT INTO leader (district_code, id, name, post, portfolio, linked_towns, person_id, certificate_pem,
                             rota_order, active, signs_only, created_at, created_by, updated_at, updated_by, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $12, $13, 1)",
    )
    .bind(stamp.district)
    .bind(leader.id)
    .bind(&leader.name)
    .bind(&leader.post)
    .bind(&leader.portfolio)
    .bind(&leader.linked_towns)
    .bind(&leader.person_id)
    .bind(&leader.certificate_pem)
    .bind(leader.rota_order)
    .bind(leader.active)
    .bind(leader.signs_only)
    .bind(stamp.now)
    .bind(stamp.actor)
    .execute(act.conn())
    .await?;
    Ok(())
}

/// Changes a leader when `leader.version` is still his version. False when it is not.
pub(crate) async fn update(act: &mut Act, leader: &Leader) -> Result<bool, sqlx::Error> {
    let stamp = Stamp::of(act);
    let done = sqlx::query(
        "UPDATE leader SET name = $4, post = $5, portfolio = $6, linked_towns = $7, person_id = $8,
                certificate_pem = $9, rota_order = $10, active = $11, signs_only = $12, updated_at = $13,
                updated_by = $14, version = version + 1
         WHERE district_code = $1 AND id = $2 AND version = $3",
    )
    .bind(stamp.district)
    .bind(leader.id)
    .bind(leader.version)
    .bind(&leader.name)
    .bind(&leader.post)
    .bind(&leader.portfolio)
    .bind(&leader.linked_towns)
    .bind(&leader.person_id)
    .bind(&leader.certificate_pem)
    .bind(leader.rota_order)
    .bind(leader.active)
    .bind(leader.signs_only)
    .bind(stamp.now)
    .bind(stamp.actor)
    .execute(act.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Adds a leave.
pub(crate) async fn insert_leave(act: &mut Act, id: Uuid, leave: &Leave) -> Result<(), sqlx::Error> {
    let stamp = Stamp::of(act);
    sqlx::query(
        "INSERT INTO leader_leave (district_code, id, leader_id, first_day, last_day, created_at, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(stamp.district)
    .bind(id)
    .bind(leave.leader_id)
    .bind(leave.first_day)
    .bind(leave.last_day)
    .bind(stamp.now)
    .bind(stamp.actor)
    .execute(act.conn())
    .await?;
    Ok(())
}

/// Every leave that touches the stretch from `first` to `last`.
pub(crate) async fn leave_between(act: &mut Act, first: Date, last: Date) -> Result<Vec<Leave>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_as(
        "SELECT leader_id, first_day, last_day FROM leader_leave
         WHERE district_code = $1 AND first_day <= $3 AND last_day >= $2 ORDER BY first_day, id",
    )
    .bind(district)
    .bind(first)
    .bind(last)
    .fetch_all(act.conn())
    .await
}

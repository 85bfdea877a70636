//! Reception days.

use time::{Date, OffsetDateTime, Time};
use uuid::Uuid;
use xinqiao_chassis::desk::Act;

use super::Stamp;
use crate::domain::reception_day::{Kind, State};

/// Largest number of visitor groups of one day: three digits of the reception number.
const GROUPS_MAX: i32 = 999;

/// A reception day.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct ReceptionDay {
    pub(crate) id: Uuid,
    pub(crate) day: Date,
    #[sqlx(try_from = "String")]
    pub(crate) kind: Kind,
    #[sqlx(try_from = "String")]
    pub(crate) state: State,
    pub(crate) leader_id: Uuid,
    pub(crate) backup_leader_id: Option<Uuid>,
    pub(crate) hall: String,
    pub(crate) open_from: Time,
    pub(crate) open_to: Time,
    pub(crate) provisional: bool,
    pub(crate) published_at: Option<OffsetDateTime>,
    pub(crate) cancel_reason: Option<String>,
    pub(crate) substitute_id: Option<Uuid>,
    /// Who receives with the leader.
    pub(crate) joint_leader_ids: Vec<Uuid>,
    /// Units on duty.
    pub(crate) duty_unit_ids: Vec<Uuid>,
    pub(crate) version: i64,
}

/// Which days a list shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filter {
    pub(crate) from: Date,
    pub(crate) to: Date,
    pub(crate) leader_id: Option<Uuid>,
    /// Leaves out what is only planned: the public sees what was approved.
    pub(crate) published_only: bool,
}

/// Adds a planned day with version 1. False when the date has a session already.
pub(crate) async fn insert(act: &mut Act, day: &ReceptionDay) -> Result<bool, sqlx::Error> {
    let stamp = Stamp::of(act);
    let done = sqlx::query(
        "INSERT INTO reception_day (district_code, id, day, kind, state, leader_id, backup_leader_id, hall, open_from,
                                    open_to, provisional, joint_leader_ids, duty_unit_ids, receptions, created_at,
                                    created_by, updated_at, updated_by, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, $14, $15, $14, $15, 1)
         ON CONFLICT (district_code, day) WHERE state <> 'CANCELLED' DO NOTHING",
    )
    .bind(stamp.district)
    .bind(day.id)
    .bind(day.day)
    .bind(day.kind.code())
    .bind(day.state.code())
    .bind(day.leader_id)
    .bind(day.backup_leader_id)
    .bind(&day.hall)
    .bind(day.open_from)
    .bind(day.open_to)
    .bind(day.provisional)
    .bind(&day.joint_leader_ids)
    .bind(&day.duty_unit_ids)
    .bind(stamp.now)
    .bind(stamp.actor)
    .execute(act.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The day, when the district has it.
pub(crate) async fn find(act: &mut Act, id: Uuid) -> Result<Option<ReceptionDay>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_as(
        "SELECT id, day, kind, state, leader_id, backup_leader_id, hall, open_from, open_to, provisional,
                published_at, cancel_reason, substitute_id, joint_leader_ids, duty_unit_ids, version
         FROM reception_day WHERE district_code = $1 AND id = $2",
    )
    .bind(district)
    .bind(id)
    .fetch_optional(act.conn())
    .await
}

/// The day, locked until the end of the transaction: records and appointments are not added meanwhile.
pub(crate) async fn lock(act: &mut Act, id: Uuid) -> Result<Option<ReceptionDay>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_as(
        "SELECT id, day, kind, state, leader_id, backup_leader_id, hall, open_from, open_to, provisional,
                published_at, cancel_reason, substitute_id, joint_leader_ids, duty_unit_ids, version
         FROM reception_day WHERE district_code = $1 AND id = $2 FOR UPDATE",
    )
    .bind(district)
    .bind(id)
    .fetch_optional(act.conn())
    .await
}

/// The session of a date that is not cancelled.
pub(crate) async fn on(act: &mut Act, day: Date) -> Result<Option<ReceptionDay>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_as(
        "SELECT id, day, kind, state, leader_id, backup_leader_id, hall, open_from, open_to, provisional,
                published_at, cancel_reason, substitute_id, joint_leader_ids, duty_unit_ids, version
         FROM reception_day WHERE district_code = $1 AND day = $2 AND state <> 'CANCELLED'",
    )
    .bind(district)
    .bind(day)
    .fetch_optional(act.conn())
    .await
}

/// The sessions from `first` to `last` that are not cancelled, by date.
pub(crate) async fn between(
    act: &mut Act,
    first: Date,
    last: Date,
) -> Result<Vec<ReceptionDay>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_as(
        "SELECT id, day, kind, state, leader_id, backup_leader_id, hall, open_from, open_to, provisional,
                published_at, cancel_reason, substitute_id, joint_leader_ids, duty_unit_ids, version
         FROM reception_day WHERE district_code = $1 AND day BETWEEN $2 AND $3 AND state <> 'CANCELLED'
         ORDER BY day",
    )
    .bind(district)
    .bind(first)
    .bind(last)
    .fetch_all(act.conn())
    .await
}

/// Every date from `first` to `last` that ever had a session: a cancelled one is not planned again by itself.
pub(crate) async fn dates(act: &mut Act, first: Date, last: Date) -> Result<Vec<Date>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_scalar(
        "SELECT DISTINCT day FROM reception_day WHERE district_code = $1 AND day BETWEEN $2 AND $3",
    )
    .bind(district)
    .bind(first)
    .bind(last)
    .fetch_all(act.conn())
    .await
}

/// The next days from `from` on that can be booked.
pub(crate) async fn next_bookable(act: &mut Act, from: Date, count: i64) -> Result<Vec<Date>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_scalar(
        "SELECT day FROM reception_day
         WHERE district_code = $1 AND day >= $2 AND state IN ('PUBLISHED', 'OPEN') ORDER BY day LIMIT $3",
    )
    .bind(district)
    .bind(from)
    .bind(count)
    .fetch_all(act.conn())
    .await
}

/// One page by date, cancelled days included, after the key given.
pub(crate) async fn page(
    act: &mut Act,
    filter: Filter,
    after: Option<(Date, Uuid)>,
    limit: i64,
) -> Result<Vec<ReceptionDay>, sqlx::Error> {
    let district = act.district().to_string();
    let (day, id) = after.unwrap_or((filter.from, Uuid::nil()));
    sqlx::query_as(
        "SELECT id, day, kind, state, leader_id, backup_leader_id, hall, open_from, open_to, provisional,
                published_at, cancel_reason, substitute_id, joint_leader_ids, duty_unit_ids, version
         FROM reception_day
         WHERE district_code = $1 AND day BETWEEN $2 AND $3 AND ($4::uuid IS NULL OR leader_id = $4 OR $4 = ANY (joint_leader_ids))
           AND (NOT $5 OR published_at IS NOT NULL) AND (day, id) > ($6, $7)
         ORDER BY day, id LIMIT $8",
    )
    .bind(district)
    .bind(filter.from)
    .bind(filter.to)
    .bind(filter.leader_id)
    .bind(filter.published_only)
    .bind(day)
    .bind(id)
    .bind(limit)
    .fetch_all(act.conn())
    .await
}

/// Writes leaders, hall, state, publication, cancellation and substitute of a day when `day.version` is still its version, and
/// counts the version on. False when it is not.
pub(crate) async fn change(act: &mut Act, day: &mut ReceptionDay) -> Result<bool, sqlx::Error> {
    let stamp = Stamp::of(act);
    let done = sqlx::query(
        "UPDATE reception_day SET state = $4, published_at = $5, cancel_reason = $6, substitute_id = $7,
                leader_id = $8, backup_leader_id = $9, hall = $10, joint_leader_ids = $11, duty_unit_ids = $12,
                updated_at = $13, updated_by = $14, version = version + 1
         WHERE district_code = $1 AND id = $2 AND version = $3",
    )
    .bind(stamp.district)
    .bind(day.id)
    .bind(day.version)
    .bind(day.state.code())
    .bind(day.published_at)
    .bind(&day.cancel_reason)
    .bind(day.substitute_id)
    .bind(day.leader_id)
    .bind(day.backup_leader_id)
    .bind(&day.hall)
    .bind(&day.joint_leader_ids)
    .bind(&day.duty_unit_ids)
    .bind(stamp.now)
    .bind(stamp.actor)
    .execute(act.conn())
    .await?;
    day.version += 1;
    Ok(done.rows_affected() == 1)
}

/// The next running number of a visitor group of an open day; nothing when the day is not open or its numbers are
/// used up. Holds the day's row, so that numbers have no gaps and the day is not closed meanwhile.
pub(crate) async fn next_group(act: &mut Act, id: Uuid) -> Result<Option<i32>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_scalar(
        "UPDATE reception_day SET receptions = receptions + 1
         WHERE district_code = $1 AND id = $2 AND state = 'OPEN' AND receptions < $3 RETURNING receptions",
    )
    .bind(district)
    .bind(id)
    .bind(GROUPS_MAX)
    .fetch_optional(act.conn())
    .await
}

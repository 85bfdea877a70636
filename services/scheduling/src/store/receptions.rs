//! Reception records.

pub(crate) use sqlx::types::Json;
use time::macros::date;
use time::{Date, OffsetDateTime};
use uuid::Uuid;
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::seal::Sealed;
use xinqiao_kernel::Due;

use super::Stamp;
use crate::domain::reception::{Branch, State};

/// Before every due date that Postgres will be asked for.
const BEFORE_ALL: Date = date!(1900 - 01 - 01);

/// A reception record; its texts are sealed in one piece.
#[derive(Debug, Clone, sqlx::FromRow)]
#[expect(clippy::struct_field_names, reason = "fields are called as the columns are")]
pub(crate) struct Reception {
    pub(crate) id: Uuid,
    pub(crate) reception_no: String,
    pub(crate) case_id: Uuid,
    pub(crate) reception_day_id: Uuid,
    pub(crate) leader_id: Uuid,
    /// By which delegation he received, when the session is another leader's.
    pub(crate) delegation_id: Option<Uuid>,
    pub(crate) appointment_id: Option<Uuid>,
    pub(crate) staff: Vec<String>,
    pub(crate) started_at: OffsetDateTime,
    pub(crate) ended_at: OffsetDateTime,
    pub(crate) record: Sealed,
    pub(crate) lead_unit_id: Option<Uuid>,
    pub(crate) assist_unit_ids: Vec<Uuid>,
    #[sqlx(try_from = "String")]
    pub(crate) branch: Branch,
    pub(crate) due_hint: Option<Date>,
    pub(crate) k0: Json<Due>,
    #[sqlx(try_from = "String")]
    pub(crate) state: State,
    pub(crate) finalised_at: Option<OffsetDateTime>,
    pub(crate) version: i64,
}

/// A line of the desk's list of open records.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct OpenRecord {
    pub(crate) id: Uuid,
    pub(crate) reception_no: String,
    pub(crate) case_id: Uuid,
    pub(crate) case_no: String,
    pub(crate) leader_id: Uuid,
    pub(crate) k0_due: Date,
    pub(crate) version: i64,
}

/// Adds a record with version 1.
pub(crate) async fn insert(act: &mut Act, reception: &Reception) -> Result<(), sqlx::Error> {
    let stamp = Stamp::of(act);
    sqlx::query(
        "INSERT INTO reception (district_code, id, reception_no, case_id, reception_day_id, leader_id, appointment_id,
                                staff, started_at, ended_at, record, lead_unit_id, assist_unit_ids, branch, due_hint,
                                k0, k0_due, state, created_at, created_by, updated_at, updated_by, version, delegation_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $19, $20,
                 1, $21)",
    )
    .bind(stamp.district)
    .bind(reception.id)
    .bind(&reception.reception_no)
    .bind(reception.case_id)
    .bind(reception.reception_day_id)
    .bind(reception.leader_id)
    .bind(reception.appointment_id)
    .bind(&reception.staff)
    .bind(reception.started_at)
    .bind(reception.ended_at)
    .bind(&reception.record)
    .bind(reception.lead_unit_id)
    .bind(&reception.assist_unit_ids)
    .bind(reception.branch.code())
    .bind(reception.due_hint)
    .bind(&reception.k0)
    .bind(reception.k0.eff)
    .bind(reception.state.code())
    .bind(stamp.now)
    .bind(stamp.actor)
    .bind(reception.delegation_id)
    .execute(act.conn())
    .await?;
    Ok(())
}

/// The record, when the district has it.
pub(crate) async fn find(act: &mut Act, id: Uuid) -> Result<Option<Reception>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_as(
        "SELECT id, reception_no, case_id, reception_day_id, leader_id, delegation_id, appointment_id, staff, started_at, ended_at,
                record, lead_unit_id, assist_unit_ids, branch, due_hint, k0, state, finalised_at, version
         FROM reception WHERE district_code = $1 AND id = $2",
    )
    .bind(district)
    .bind(id)
    .fetch_optional(act.conn())
    .await
}

/// Open → finalised when `seen.version` is still the version. False when it is not.
pub(crate) async fn finalise(act: &mut Act, seen: &Reception) -> Result<bool, sqlx::Error> {
    let stamp = Stamp::of(act);
    let done = sqlx::query(
        "UPDATE reception SET state = 'FINALISED', finalised_at = $4, updated_at = $4, updated_by = $5,
                version = version + 1
         WHERE district_code = $1 AND id = $2 AND version = $3 AND state = 'OPEN'",
    )
    .bind(stamp.district)
    .bind(seen.id)
    .bind(seen.version)
    .bind(stamp.now)
    .bind(stamp.actor)
    .execute(act.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Numbers of the records of a day that are not finalised.
pub(crate) async fn open_of_day(act: &mut Act, day_id: Uuid) -> Result<Vec<String>, sqlx::Error> {
    let district = act.district().to_string();
    sqlx::query_scalar(
        "SELECT reception_no FROM reception
         WHERE district_code = $1 AND reception_day_id = $2 AND state = 'OPEN' ORDER BY reception_no",
    )
    .bind(district)
    .bind(day_id)
    .fetch_all(act.conn())
    .await
}

/// One page of open records, the most urgent first, after the key given; of one leader when named.
pub(crate) async fn open_page(
    act: &mut Act,
    leader_id: Option<Uuid>,
    after: Option<(Date, String)>,
    limit: i64,
) -> Result<Vec<OpenRecord>, sqlx::Error> {
    let district = act.district().to_string();
    let (due, number) = after.unwrap_or((BEFORE_ALL, String::new()));
    sqlx::query_as(
        "SELECT r.id, r.reception_no, r.case_id, k.case_no, r.leader_id, r.k0_due, r.version
         FROM reception r JOIN known_case k ON k.district_code = r.district_code AND k.id = r.case_id
         WHERE r.district_code = $1 AND r.state = 'OPEN' AND NOT k.sealed AND ($2::uuid IS NULL OR r.leader_id = $2)
           AND (r.k0_due, r.reception_no) > ($3, $4)
         ORDER BY r.k0_due, r.reception_no LIMIT $5",
    )
    .bind(district)
    .bind(leader_id)
    .bind(due)
    .bind(number)
    .bind(limit)
    .fetch_all(act.conn())
    .await
}

/// Notes the dates that K0 of an open record has under another calendar; supervision keeps how they follow.
pub(crate) async fn k0_recomputed(act: &mut Act, case_id: Uuid, k0: &Due) -> Result<(), sqlx::Error> {
    let stamp = Stamp::of(act);
    sqlx::query(
        "UPDATE reception SET k0 = $4, k0_due = $5, k0_recomputed = true, updated_at = $6, updated_by = $7
          WHERE district_code = $1 AND case_id = $2 AND state = 'OPEN' AND k0 ->> 'start' = $3",
    )
    .bind(stamp.district)
    .bind(case_id)
    .bind(k0.start.to_string())
    .bind(Json(k0))
    .bind(k0.eff)
    .bind(stamp.now)
    .bind(stamp.actor)
    .execute(act.conn())
    .await?;
    Ok(())
}

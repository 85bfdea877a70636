//! Rows of `supervised_case`.

use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;
use xinqiao_kernel::{CaseState, DistrictCode, Holder, Remedy};

use super::{Stamp, Unreadable, column, count, version_column};
use crate::domain::case::Case;

#[derive(sqlx::FromRow)]
struct Row {
    case_id: Uuid,
    case_no: String,
    state: String,
    holder: String,
    legal_route: Option<String>,
    leader_received: bool,
    sealed: bool,
    registered_by: Option<String>,
    responsible_leader_id: Option<Uuid>,
    unit_ids: Vec<Uuid>,
    persons: i32,
    representatives: i32,
    objected: bool,
    acceptance_served: Option<bool>,
    investigated: bool,
    extended: bool,
    opinion_issued: bool,
    opinion_served: bool,
    ended_early: bool,
    outcome: Option<String>,
    returns: i32,
    opinion_pending_since: Option<Date>,
    noticed_on: Option<Date>,
    remedy: String,
    remedy_effective_on: Option<Date>,
    signed_at: Option<OffsetDateTime>,
    version: i64,
}

const HOLDERS: [Holder; 4] = [
    Holder::Intake,
    Holder::Assignment,
    Holder::Supervision,
    Holder::Archive,
];

impl TryFrom<Row> for Case {
    type Error = Unreadable;

    fn try_from(row: Row) -> Result<Self, Unreadable> {
        let unreadable = |column, value: &str| Unreadable {
            table: "supervised_case",
            column,
            value: value.to_owned(),
        };
        Ok(Self {
            id: row.case_id,
            number: row
                .case_no
                .parse()
                .map_err(|_| unreadable("case_no", &row.case_no))?,
            state: row
                .state
                .parse::<CaseState>()
                .map_err(|_| unreadable("state", &row.state))?,
            holder: HOLDERS
                .into_iter()
                .find(|holder| holder.service() == row.holder)
                .ok_or_else(|| unreadable("holder", &row.holder))?,
            legal_route: row.legal_route,
            leader_received: row.leader_received,
            sealed: row.sealed,
            registered_by: row.registered_by,
            responsible_leader_id: row.responsible_leader_id,
            unit_ids: row.unit_ids,
            persons: count(row.persons),
            representatives: count(row.representatives),
            objected: row.objected,
            acceptance_served: row.acceptance_served,
            investigated: row.investigated,
            extended: row.extended,
            opinion_issued: row.opinion_issued,
            opinion_served: row.opinion_served,
            ended_early: row.ended_early,
            outcome: row.outcome,
            returns: count(row.returns),
            opinion_pending_since: row.opinion_pending_since,
            noticed_on: row.noticed_on,
            remedy: row
                .remedy
                .parse::<Remedy>()
                .map_err(|_| unreadable("remedy", &row.remedy))?,
            remedy_effective_on: row.remedy_effective_on,
            signed_at: row.signed_at,
            version: row.version.unsigned_abs(),
        })
    }
}

/// Inserts a case just registered.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    stamp: &Stamp,
    case: &Case,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO supervised_case (district_code, case_id, case_no, state, holder, leader_received, sealed, persons,
                                      representatives, remedy, created_at, created_by, updated_at, updated_by, version,
                                      registered_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $11, $12, $13, $14)",
    )
    .bind(stamp.district.as_str())
    .bind(case.id)
    .bind(case.number.to_string())
    .bind(case.state.code())
    .bind(case.holder.service())
    .bind(case.leader_received)
    .bind(case.sealed)
    .bind(column(case.persons))
    .bind(column(case.representatives))
    .bind(case.remedy.code())
    .bind(stamp.at)
    .bind(&stamp.by)
    .bind(version_column(case.version))
    .bind(&case.registered_by)
    .execute(connection)
    .await?;
    Ok(())
}

const BY_ID: &str = "SELECT case_id, case_no, state, holder, legal_route, leader_received, sealed, responsible_leader_id,
        unit_ids, persons, representatives, objected, acceptance_served, investigated, extended, opinion_issued,
        opinion_served, ended_early, outcome, returns, opinion_pending_since, noticed_on, remedy, remedy_effective_on,
        signed_at, version, registered_by
   FROM supervised_case WHERE district_code = $1 AND case_id = $2";

/// Reads a case; `None` when the district has none with this identifier.
pub(crate) async fn load(
    connection: &mut PgConnection,
    district: DistrictCode,
    case_id: Uuid,
) -> Result<Option<Case>, sqlx::Error> {
    let row: Option<Row> = sqlx::query_as(BY_ID)
        .bind(district.as_str())
        .bind(case_id)
        .fetch_optional(connection)
        .await?;
    Ok(row.map(Case::try_from).transpose()?)
}

/// Takes the case for this transaction: commands, events and timers on one case follow each other.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    district: DistrictCode,
    case_id: Uuid,
) -> Result<bool, sqlx::Error> {
    let found: Option<i32> = sqlx::query_scalar(
        "SELECT 1 FROM supervised_case WHERE district_code = $1 AND case_id = $2 FOR UPDATE",
    )
    .bind(district.as_str())
    .bind(case_id)
    .fetch_optional(connection)
    .await?;
    Ok(found.is_some())
}

/// Writes what has changed of a case, and the earliest rung its clocks wait for.
pub(crate) async fn update(
    connection: &mut PgConnection,
    stamp: &Stamp,
    case: &Case,
    next_due_at: Option<OffsetDateTime>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE supervised_case
            SET state = $3, holder = $4, legal_route = $5, leader_received = $6, sealed = $7,
                responsible_leader_id = $8, investigated = $9, opinion_issued = $10, outcome = $11, returns = $12,
                opinion_pending_since = $13, noticed_on = $14, remedy = $15, remedy_effective_on = $16,
                signed_at = $17, next_due_at = $18, unit_ids = $19, updated_at = $20, updated_by = $21, version = $22,
                objected = $23, acceptance_served = $24, extended = $25, opinion_served = $26, ended_early = $27
          WHERE district_code = $1 AND case_id = $2",
    )
    .bind(stamp.district.as_str())
    .bind(case.id)
    .bind(case.state.code())
    .bind(case.holder.service())
    .bind(&case.legal_route)
    .bind(case.leader_received)
    .bind(case.sealed)
    .bind(case.responsible_leader_id)
    .bind(case.investigated)
    .bind(case.opinion_issued)
    .bind(&case.outcome)
    .bind(column(case.returns))
    .bind(case.opinion_pending_since)
    .bind(case.noticed_on)
    .bind(case.remedy.code())
    .bind(case.remedy_effective_on)
    .bind(case.signed_at)
    .bind(next_due_at)
    .bind(&case.unit_ids)
    .bind(stamp.at)
    .bind(&stamp.by)
    .bind(version_column(case.version))
    .bind(case.objected)
    .bind(case.acceptance_served)
    .bind(case.extended)
    .bind(case.opinion_served)
    .bind(case.ended_early)
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes up to `limit` cases with a rung that is due at `now`, oldest due first, and passes by those another worker
/// has taken: each rung is acted on by one worker.
pub(crate) async fn claim_due(
    connection: &mut PgConnection,
    district: DistrictCode,
    now: OffsetDateTime,
    limit: i64,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT case_id FROM supervised_case
          WHERE district_code = $1 AND next_due_at <= $2
          ORDER BY next_due_at, case_id LIMIT $3
            FOR UPDATE SKIP LOCKED",
    )
    .bind(district.as_str())
    .bind(now)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// The earliest rung not yet acted on in the district.
pub(crate) async fn oldest_due(
    connection: &mut PgConnection,
    district: DistrictCode,
) -> Result<Option<OffsetDateTime>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT min(next_due_at) FROM supervised_case WHERE district_code = $1 AND next_due_at IS NOT NULL",
    )
    .bind(district.as_str())
    .fetch_one(connection)
    .await
}

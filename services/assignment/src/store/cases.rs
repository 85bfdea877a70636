//! Rows of `case_file`.

use sqlx::{PgConnection, types::Json};
use time::{Date, OffsetDateTime};
use uuid::Uuid;
use xinqiao_chassis::desk::Act;
use xinqiao_kernel::DistrictCode;

use super::{Stamp, corrupt};
use crate::domain::{
    case::{Case, Hold, InvestigatorFact, OpinionFact, Outcome, Purpose, ReportFact, Triage},
    terms::Terms,
};

/// One row, without the stamps.
#[derive(sqlx::FromRow)]
pub(super) struct CaseRow {
    case_id: Uuid,
    case_no: String,
    hold: String,
    state: String,
    purpose: String,
    anonymous: bool,
    leader_received: bool,
    responsible_leader_id: Option<Uuid>,
    sixty_days: Option<bool>,
    field_code: Option<String>,
    town_code: Option<String>,
    reception_id: Option<Uuid>,
    complained_unit_ids: Option<Vec<Uuid>>,
    request_count: Option<i32>,
    round: i32,
    lead_unit_id: Option<Uuid>,
    assist_unit_ids: Vec<Uuid>,
    approved_unit_ids: Vec<Uuid>,
    objected: bool,
    terms: Json<Terms>,
    investigators: Json<Vec<InvestigatorFact>>,
    report_submitted_at: Option<OffsetDateTime>,
    report_read_at: Option<OffsetDateTime>,
    opinion_outcome: Option<String>,
    opinion_issued_on: Option<Date>,
    opinion_served_on: Option<Date>,
    opinion_exempt: bool,
    due_on: Option<Date>,
    version: i64,
}

impl CaseRow {
    pub(super) fn into_case(self) -> Result<Case, sqlx::Error> {
        let triage = self.triage()?;
        let report = self.report_submitted_at.map(|submitted_at| ReportFact {
            submitted_at,
            read_at: self.report_read_at,
        });
        let opinion = self.opinion()?;
        Ok(Case {
            id: self.case_id,
            number: self.case_no.parse().map_err(|_| corrupt("case number"))?,
            version: self.version,
            hold: Hold::from_code(&self.hold).ok_or_else(|| corrupt("hold"))?,
            state: self.state.parse().map_err(|_| corrupt("state"))?,
            purpose: Purpose::from_code(&self.purpose).ok_or_else(|| corrupt("purpose"))?,
            anonymous: self.anonymous,
            leader_received: self.leader_received,
            responsible_leader: self.responsible_leader_id,
            triage,
            round: u32::try_from(self.round).map_err(|_| corrupt("round"))?,
            lead_unit: self.lead_unit_id,
            assist_units: self.assist_unit_ids,
            approved_units: self.approved_unit_ids,
            objected: self.objected,
            terms: self.terms.0,
            investigators: self.investigators.0,
            report,
            opinion,
            due_on: self.due_on,
        })
    }

    fn triage(&self) -> Result<Option<Triage>, sqlx::Error> {
        let Some(sixty_days) = self.sixty_days else {
            return Ok(None);
        };
        let count = self.request_count.unwrap_or_default();
        Ok(Some(Triage {
            sixty_days,
            field_code: self.field_code.clone().unwrap_or_default(),
            town_code: self.town_code.clone().unwrap_or_default(),
            reception_id: self.reception_id,
            complained_units: self.complained_unit_ids.clone().unwrap_or_default(),
            request_count: u32::try_from(count).map_err(|_| corrupt("request count"))?,
        }))
    }

    fn opinion(&self) -> Result<Option<OpinionFact>, sqlx::Error> {
        let (Some(outcome), Some(issued_on)) = (&self.opinion_outcome, self.opinion_issued_on) else {
            return Ok(None);
        };
        Ok(Some(OpinionFact {
            outcome: Outcome::from_code(outcome).ok_or_else(|| corrupt("outcome"))?,
            issued_on,
            served_on: self.opinion_served_on,
            exempt: self.opinion_exempt,
        }))
    }
}

/// The case; none for an absent and for a foreign one.
pub(crate) async fn load(
    conn: &mut PgConnection,
    district: DistrictCode,
    case_id: Uuid,
) -> Result<Option<Case>, sqlx::Error> {
    let row: Option<CaseRow> =
        sqlx::query_as("SELECT * FROM case_file WHERE district_code = $1 AND case_id = $2")
            .bind(district.as_str())
            .bind(case_id)
            .fetch_optional(conn)
            .await?;
    row.map(CaseRow::into_case).transpose()
}

/// The case, locked until the transaction ends: acts on one case follow each other.
pub(crate) async fn lock(
    conn: &mut PgConnection,
    district: DistrictCode,
    case_id: Uuid,
) -> Result<Option<Case>, sqlx::Error> {
    let row: Option<CaseRow> =
        sqlx::query_as("SELECT * FROM case_file WHERE district_code = $1 AND case_id = $2 FOR UPDATE")
            .bind(district.as_str())
            .bind(case_id)
            .fetch_optional(conn)
            .await?;
    row.map(CaseRow::into_case).transpose()
}

/// Writes a case that is new or was locked before, and counts its version up.
pub(crate) async fn save(act: &mut Act, case: &mut Case) -> Result<(), sqlx::Error> {
    let stamp = Stamp::of(act);
    case.version += 1;
    let triage = case.triage.as_ref();
    let done = sqlx::query(
        "INSERT INTO case_file (
             district_code, case_id, case_no, hold, state, purpose, anonymous, leader_received,
             responsible_leader_id, sixty_days, field_code, town_code, reception_id, complained_unit_ids,
             request_count, round, lead_unit_id, assist_unit_ids, approved_unit_ids, objected, terms, investigators,
             report_submitted_at, report_read_at, opinion_outcome, opinion_issued_on, opinion_served_on,
             opinion_exempt, due_on, created_at, created_by, updated_at, updated_by, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
                 $23, $24, $25, $26, $27, $28, $29, $30, $31, $30, $31, $32)
         ON CONFLICT (district_code, case_id) DO UPDATE SET
             (hold, state, purpose, responsible_leader_id, sixty_days, field_code, town_code, reception_id,
              complained_unit_ids, request_count, round, lead_unit_id, assist_unit_ids, approved_unit_ids, objected,
              terms, investigators, report_submitted_at, report_read_at, opinion_outcome, opinion_issued_on,
              opinion_served_on, opinion_exempt, due_on, updated_at, updated_by, version)
             = (EXCLUDED.hold, EXCLUDED.state, EXCLUDED.purpose, EXCLUDED.responsible_leader_id, EXCLUDED.sixty_days,
                EXCLUDED.field_code, EXCLUDED.town_code, EXCLUDED.reception_id, EXCLUDED.complained_unit_ids,
                EXCLUDED.request_count, EXCLUDED.round, EXCLUDED.lead_unit_id, EXCLUDED.assist_unit_ids,
                EXCLUDED.approved_unit_ids, EXCLUDED.objected, EXCLUDED.terms, EXCLUDED.investigators,
                EXCLUDED.report_submitted_at, EXCLUDED.report_read_at, EXCLUDED.opinion_outcome,
                EXCLUDED.opinion_issued_on, EXCLUDED.opinion_served_on, EXCLUDED.opinion_exempt, EXCLUDED.due_on,
                EXCLUDED.updated_at, EXCLUDED.updated_by, EXCLUDED.version)
         WHERE case_file.version = EXCLUDED.version - 1",
    )
    .bind(stamp.district.as_str())
    .bind(case.id)
    .bind(case.number.to_string())
    .bind(case.hold.code())
    .bind(case.state.code())
    .bind(case.purpose.code())
    .bind(case.anonymous)
    .bind(case.leader_received)
    .bind(case.responsible_leader)
    .bind(triage.map(|triage| triage.sixty_days))
    .bind(triage.map(|triage| triage.field_code.as_str()))
    .bind(triage.map(|triage| triage.town_code.as_str()))
    .bind(triage.and_then(|triage| triage.reception_id))
    .bind(triage.map(|triage| triage.complained_units.as_slice()))
    .bind(triage.map(|triage| i32::try_from(triage.request_count).unwrap_or(i32::MAX)))
    .bind(i32::try_from(case.round).unwrap_or(i32::MAX))
    .bind(case.lead_unit)
    .bind(&case.assist_units)
    .bind(&case.approved_units)
    .bind(case.objected)
    .bind(Json(&case.terms))
    .bind(Json(&case.investigators))
    .bind(case.report.map(|report| report.submitted_at))
    .bind(case.report.and_then(|report| report.read_at))
    .bind(case.opinion.map(|opinion| opinion.outcome.code()))
    .bind(case.opinion.map(|opinion| opinion.issued_on))
    .bind(case.opinion.and_then(|opinion| opinion.served_on))
    .bind(case.opinion.is_some_and(|opinion| opinion.exempt))
    .bind(case.due_on)
    .bind(stamp.at)
    .bind(&stamp.by)
    .bind(case.version)
    .execute(act.conn())
    .await?;
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(sqlx::Error::RowNotFound)
    }
}

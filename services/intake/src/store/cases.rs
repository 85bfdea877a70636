//! Rows of cases: found by id or number, changed by acts, followed by events.

pub(crate) mod content;
pub(crate) mod terms;
pub(crate) mod timeline;

use sqlx::{FromRow, PgConnection};
use time::{Date, OffsetDateTime};
use uuid::Uuid;
use xinqiao_chassis::concern::MARK;
use xinqiao_chassis::permission::{CaseFacts, Resource};
use xinqiao_kernel::{CaseNumber, CaseState, ChannelDigit, DistrictCode, Holder, Remedy};

use crate::domain::case::{Case, Reception, Record};
use crate::domain::codes::{Channel, LegalRoute, Purpose};
use crate::domain::transition::Standing;
use crate::store::onlooker::Onlooker;

/// Columns of a case with what triage, void register and the sealed procedure add; every query of a case begins with it.
macro_rules! case_query {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, c.year, c.sequence, c.channel, c.state, c.holder, c.worked_in, c.remedy, c.version,
                    c.purpose, c.sealed, c.anonymous, c.received_at, c.registered_at, c.rule_version,
                    c.k1_raw, c.k1_eff, c.k1_safe, c.k1_calendar, c.k1_provisional, c.k1b,
                    c.reception_day_id, c.reception_id, c.reception_held, c.reception_finalised,
                    c.responsible_leader_id, c.unit_ids, c.trace_id, c.event_id, c.created_by,
                    t.legal_route, t.field_code, t.problem_town_code, t.complained_unit_ids, t.complained_person_marks,
                     v.proposed_by, a.marks AS accused_marks,
                    x.proposed_by AS transfer_proposed_by, x.confirmed_at IS NOT NULL AS transferred,
                    ARRAY(SELECT unnest(n.person_marks) FROM concern n
                          WHERE n.district_code = c.district_code AND n.case_id = c.id) AS recused
             FROM case_file c
             LEFT JOIN triage t ON t.district_code = c.district_code AND t.case_id = c.id
             LEFT JOIN void_register v ON v.district_code = c.district_code AND v.case_id = c.id
             LEFT JOIN accused a ON a.district_code = c.district_code AND a.case_id = c.id
             LEFT JOIN sealed_transfer x ON x.district_code = c.district_code AND x.case_id = c.id
             WHERE c.district_code = $1 AND ",
            $rest
        )
    };
}

// Below the query that it begins with.
pub(crate) mod selection;

/// A row of `case_file` with its route and void proposal.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct CaseRow {
    pub(crate) id: Uuid,
    pub(crate) year: i16,
    pub(crate) sequence: i32,
    pub(crate) channel: i16,
    state: String,
    holder: String,
    worked_in: String,
    remedy: String,
    pub(crate) version: i64,
    purpose: i16,
    pub(crate) sealed: bool,
    pub(crate) anonymous: bool,
    pub(crate) received_at: OffsetDateTime,
    pub(crate) registered_at: OffsetDateTime,
    pub(crate) rule_version: String,
    pub(crate) k1_raw: Date,
    pub(crate) k1_eff: Date,
    pub(crate) k1_safe: Date,
    pub(crate) k1_calendar: String,
    pub(crate) k1_provisional: bool,
    pub(crate) k1b: Option<Vec<u8>>,
    pub(crate) reception_day_id: Option<Uuid>,
    pub(crate) reception_id: Option<Uuid>,
    reception_held: bool,
    reception_finalised: bool,
    pub(crate) responsible_leader_id: Option<Uuid>,
    pub(crate) unit_ids: Vec<Uuid>,
    pub(crate) trace_id: Option<String>,
    pub(crate) event_id: Uuid,
    pub(crate) created_by: String,
    legal_route: Option<i16>,
    field_code: Option<String>,
    problem_town_code: Option<String>,
    complained_unit_ids: Option<Vec<Uuid>>,
    complained_person_marks: Option<Vec<Vec<u8>>>,
    /// Marks of those whom others exclude from it.
    recused: Vec<Vec<u8>>,
    proposed_by: Option<String>,
    accused_marks: Option<Vec<u8>>,
    transfer_proposed_by: Option<String>,
    pub(crate) transferred: bool,
}

impl CaseRow {
    /// Its number; parts come from the row, the check digit follows.
    pub(crate) fn number(&self, district: DistrictCode) -> CaseNumber {
        let digit = match Channel::of_number(self.channel) {
            Some(Channel::Letter | Channel::Fax) => ChannelDigit::Letter,
            Some(Channel::Visit) => ChannelDigit::Visit,
            Some(Channel::Online) => ChannelDigit::Online,
            Some(Channel::Phone) => ChannelDigit::Phone,
            Some(Channel::Outside) => ChannelDigit::Outside,
            Some(Channel::Forwarded) => ChannelDigit::Forwarded,
            None => ChannelDigit::Other,
        };
        CaseNumber::new(
            district,
            i32::from(self.year),
            digit,
            self.sequence.unsigned_abs(),
        )
        .expect("invariant: written from a number")
    }

    /// Where it stands.
    pub(crate) fn standing(&self) -> Standing {
        Standing {
            state: state(&self.state),
            holder: holder(&self.holder),
            worked_in: state(&self.worked_in),
        }
    }

    /// Remedy overlay.
    pub(crate) fn remedy(&self) -> Remedy {
        Remedy::ALL
            .into_iter()
            .find(|remedy| remedy.code() == self.remedy)
            .unwrap_or_default()
    }

    /// Purpose.
    pub(crate) fn purpose(&self) -> Purpose {
        Purpose::of_number(self.purpose).expect("invariant: written from a purpose")
    }

    /// Units that the triage sheet names as complained about.
    pub(crate) fn complained_units(&self) -> &[Uuid] {
        self.complained_unit_ids.as_deref().unwrap_or_default()
    }

    /// Marks of the staff that the triage sheet names as complained about.
    pub(crate) fn complained_persons(&self) -> &[Vec<u8>] {
        self.complained_person_marks.as_deref().unwrap_or_default()
    }

    /// What decides about whether somebody may see it and act on it. Before the assignment no unit is the lead unit's.
    pub(crate) fn resource(&self, onlooker: &Onlooker) -> Resource {
        Resource::Case(self.facts(onlooker))
    }

    /// The same, opened to those named in an opening that is in force.
    pub(crate) fn opened_to(&self, onlooker: &Onlooker, readers: Vec<String>) -> Resource {
        Resource::Case(CaseFacts {
            opened_to: readers,
            ..self.facts(onlooker)
        })
    }

    fn facts(&self, onlooker: &Onlooker) -> CaseFacts {
        let complained = self.complained_units();
        let marks = self.accused_marks.as_deref().unwrap_or_default();
        // Of units under one complained about, that of whoever looks is enough to decide about him.
        let his = onlooker.accused_unit(self.id, complained, marks);
        let persons = self.complained_persons().iter().chain(&self.recused);
        let persons = persons.map(Vec::as_slice).chain(marks.chunks(MARK));
        CaseFacts {
            sealed: self.sealed,
            field: self.field_code.clone(),
            town: self.problem_town_code.clone(),
            leader: self.responsible_leader_id,
            lead_unit: self.unit_ids.first().copied(),
            units: self.unit_ids.clone(),
            accused_units: complained.iter().copied().chain(his).collect(),
            concerned: onlooker.concerned(self.id, persons).into_iter().collect(),
            transferred: self.transferred,
            ..CaseFacts::new(onlooker.district, self.id, state(&self.state))
        }
    }

    /// What decides about acts.
    pub(crate) fn case(&self) -> Case {
        let record = self
            .reception_id
            .zip(self.responsible_leader_id)
            .filter(|_| self.reception_finalised)
            .map(|(id, leader)| Record { id, leader });
        Case {
            standing: self.standing(),
            version: self.version,
            purpose: self.purpose(),
            sealed: self.sealed,
            reception: self.reception_day_id.map(|day| Reception {
                day,
                held: self.reception_held,
                record,
            }),
            route: self.legal_route.and_then(LegalRoute::of_number),
            void_proposed_by: self.proposed_by.clone(),
            transfer_proposed_by: self.transfer_proposed_by.clone(),
        }
    }
}

fn state(code: &str) -> CaseState {
    code.parse().expect("invariant: written from a state")
}

fn holder(name: &str) -> Holder {
    [
        Holder::Intake,
        Holder::Assignment,
        Holder::Supervision,
        Holder::Archive,
    ]
    .into_iter()
    .find(|holder| holder.service() == name)
    .expect("invariant: written from a holder")
}

/// Finds a case by id.
pub(crate) async fn find(
    connection: &mut PgConnection,
    district: DistrictCode,
    id: Uuid,
) -> Result<Option<CaseRow>, sqlx::Error> {
    sqlx::query_as(case_query!("c.id = $2"))
        .bind(district.as_str())
        .bind(id)
        .fetch_optional(connection)
        .await
}

/// Finds a case by its number.
pub(crate) async fn find_by_number(
    connection: &mut PgConnection,
    number: CaseNumber,
) -> Result<Option<CaseRow>, sqlx::Error> {
    let district = number.district();
    let found: Option<CaseRow> = sqlx::query_as(case_query!("c.year = $2 AND c.sequence = $3"))
        .bind(district.as_str())
        .bind(i16::try_from(number.year()).expect("invariant: four digits"))
        .bind(i32::try_from(number.sequence()).expect("invariant: six digits"))
        .fetch_optional(connection)
        .await?;
    // The same sequence under another channel is another, mistyped number.
    Ok(found.filter(|row| row.number(district) == number))
}

/// Finds a case and keeps others from changing it until the transaction ends.
pub(crate) async fn take(
    connection: &mut PgConnection,
    district: DistrictCode,
    id: Uuid,
) -> Result<Option<CaseRow>, sqlx::Error> {
    sqlx::query_as(case_query!("c.id = $2 FOR UPDATE OF c"))
        .bind(district.as_str())
        .bind(id)
        .fetch_optional(connection)
        .await
}

/// Finds several cases.
pub(crate) async fn find_all(
    connection: &mut PgConnection,
    district: DistrictCode,
    ids: &[Uuid],
) -> Result<Vec<CaseRow>, sqlx::Error> {
    sqlx::query_as(case_query!("c.id = ANY ($2::uuid[])"))
        .bind(district.as_str())
        .bind(ids)
        .fetch_all(connection)
        .await
}

/// Where a page of the register goes on: year and sequence of the last row shown.
pub(crate) type RegisterKey = (i16, i32);

/// A page of the register, newest first. No states means all.
pub(crate) async fn register(
    connection: &mut PgConnection,
    district: DistrictCode,
    states: &[&str],
    held_here: bool,
    after: Option<RegisterKey>,
    limit: i64,
) -> Result<Vec<CaseRow>, sqlx::Error> {
    let (year, sequence) = after.unwrap_or((i16::MAX, i32::MAX));
    sqlx::query_as(case_query!(
        "(c.year, c.sequence) < ($2, $3) AND (cardinality($4::text[]) = 0 OR c.state = ANY ($4))
           AND (NOT $5 OR c.holder = 'intake')
         ORDER BY c.year DESC, c.sequence DESC LIMIT $6"
    ))
    .bind(district.as_str())
    .bind(year)
    .bind(sequence)
    .bind(states)
    .bind(held_here)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Who changes a row, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct By<'a> {
    /// `person:<id>` or `service:<name>`.
    pub(crate) actor: &'a str,
    /// Legal time.
    pub(crate) at: OffsetDateTime,
}

/// Writes what an act of intake has made of a case; its version goes up by one. Returns the new version.
pub(crate) async fn acted(
    connection: &mut PgConnection,
    district: DistrictCode,
    id: Uuid,
    standing: Standing,
    purpose: Purpose,
    by: By<'_>,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "UPDATE case_file SET state = $3, holder = $4, purpose = $5, updated_by = $6, updated_at = $7, version = version + 1
         WHERE district_code = $1 AND id = $2 RETURNING version",
    )
    .bind(district.as_str())
    .bind(id)
    .bind(standing.state.code())
    .bind(standing.holder.service())
    .bind(purpose.number())
    .bind(by.actor)
    .bind(by.at)
    .fetch_one(connection)
    .await
}

/// Writes where a case stands after a foreign event. The version stays: it counts the acts of intake.
pub(crate) async fn followed(
    connection: &mut PgConnection,
    district: DistrictCode,
    id: Uuid,
    standing: Standing,
    by: By<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE case_file SET state = $3, holder = $4, worked_in = $5, updated_by = $6, updated_at = $7
         WHERE district_code = $1 AND id = $2",
    )
    .bind(district.as_str())
    .bind(id)
    .bind(standing.state.code())
    .bind(standing.holder.service())
    .bind(standing.worked_in.code())
    .bind(by.actor)
    .bind(by.at)
    .execute(connection)
    .await?;
    Ok(())
}

/// What a reception tells of a case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReceptionSeen {
    /// Identifier of the record.
    pub(crate) reception: Uuid,
    /// The reception day.
    pub(crate) day: Option<Uuid>,
    /// The leader who received.
    pub(crate) leader: Option<Uuid>,
    /// The record is finalised: he is bound (DEC-07).
    pub(crate) finalised: bool,
}

/// Notes a reception. The day of the record wins over the one of the registration.
pub(crate) async fn received(
    connection: &mut PgConnection,
    district: DistrictCode,
    id: Uuid,
    seen: ReceptionSeen,
    by: By<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE case_file
         SET reception_held = true, reception_id = $3, reception_day_id = COALESCE($4, reception_day_id),
             reception_finalised = reception_finalised OR $5,
             responsible_leader_id = CASE WHEN $5 THEN $6 ELSE responsible_leader_id END,
             updated_by = $7, updated_at = $8
         WHERE district_code = $1 AND id = $2",
    )
    .bind(district.as_str())
    .bind(id)
    .bind(seen.reception)
    .bind(seen.day)
    .bind(seen.finalised)
    .bind(seen.leader)
    .bind(by.actor)
    .bind(by.at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes the units a case is assigned to.
pub(crate) async fn assigned(
    connection: &mut PgConnection,
    district: DistrictCode,
    id: Uuid,
    units: &[Uuid],
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE case_file SET unit_ids = $3, k1b = NULL WHERE district_code = $1 AND id = $2")
        .bind(district.as_str())
        .bind(id)
        .bind(units)
        .execute(connection)
        .await?;
    Ok(())
}

/// Notes that the hold came back after an upheld objection: the unit has nothing to do with it any more.
pub(crate) async fn given_back(
    connection: &mut PgConnection,
    district: DistrictCode,
    id: Uuid,
    k1b: Option<Vec<u8>>,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE case_file SET unit_ids = '{}', k1b = $3 WHERE district_code = $1 AND id = $2")
        .bind(district.as_str())
        .bind(id)
        .bind(k1b)
        .execute(connection)
        .await?;
    Ok(())
}

/// Notes the remedy overlay.
pub(crate) async fn remedy_changed(
    connection: &mut PgConnection,
    district: DistrictCode,
    id: Uuid,
    remedy: Remedy,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE case_file SET remedy = $3 WHERE district_code = $1 AND id = $2")
        .bind(district.as_str())
        .bind(id)
        .bind(remedy.code())
        .execute(connection)
        .await?;
    Ok(())
}

//! A leader received the visitors of a case.

use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_chassis::concern;
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::journal::Entity;
use xinqiao_chassis::random;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_kernel::{CaseNumber, ClockCode, Due, ReceptionNumber, Term, local, term};
use xinqiao_proto::event::ReceptionHeld;
use xinqiao_proto::scheduling as wire_v1;

use super::{K0, Present, Texts};
use crate::domain::appointment;
use crate::domain::reception::{self, Attendee, Draft, Integrations, Session, Setting, State};
use crate::rpc::appointment::end;
use crate::rpc::error::{Error, What};
use crate::rpc::wire;
use crate::store;
use crate::store::appointments::Appointment;
use crate::store::days::ReceptionDay;
use crate::store::known::KnownCase;
use crate::store::receptions::Reception;
use crate::store::violates;

/// What the record is about.
struct Subject {
    case: KnownCase,
    day: ReceptionDay,
    appointment: Option<Appointment>,
    /// Who may receive for the leader of the session, each by his delegation.
    delegates: Vec<(Uuid, Uuid)>,
}

impl Subject {
    /// By which delegation somebody received who is neither the leader of the session nor his stand-in.
    fn delegation_of(&self, leader_id: Uuid) -> Option<Uuid> {
        let of_the_session = leader_id == self.day.leader_id || Some(leader_id) == self.day.backup_leader_id;
        let mut delegations = self
            .delegates
            .iter()
            .filter(|(delegate, _)| *delegate == leader_id);
        delegations.next().map(|(_, id)| *id).filter(|_| !of_the_session)
    }
}

pub(super) async fn record(
    act: &mut Act,
    query: wire_v1::RecordReceptionRequest,
) -> Result<wire_v1::RecordReceptionResponse, Refusal> {
    let mut fields = Fields::new();
    let case_id = fields.uuid("case_id", &query.case_id);
    let day_id = fields.uuid("reception_day_id", &query.reception_day_id);
    let appointment_id = fields.optional_uuid("appointment_id", &query.appointment_id);
    let mut draft = read_draft(&mut fields, query);
    let own = own_leader(act, &mut fields, &draft);
    let subject = match (case_id, day_id) {
        (Some(case), Some(day)) if own => Some(find(act, case, day, appointment_id, draft.leader_id).await?),
        _ => None,
    };
    if let (Some(subject), true) = (&subject, draft.place.trim().is_empty()) {
        draft.place.clone_from(&subject.day.hall);
    }
    look(act, &mut fields, &draft, subject.as_ref()).await?;
    fields.finish()?;
    let Some(subject) = subject else {
        return Err(Refusal::internal(&"identifiers were checked"));
    };
    let reception = write(act, &subject, &draft).await?;
    if let Some(appointment) = &subject.appointment {
        end(act, appointment, appointment::Act::Complete, None).await?;
    }
    announce(act, &subject, &reception)?;
    Ok(wire_v1::RecordReceptionResponse {
        reception_id: reception.id.to_string(),
        reception_no: reception.reception_no,
        state: super::state(reception.state).into(),
        k0: Some(wire::legal_term(K0, &reception.k0)),
        version: reception.version.unsigned_abs(),
    })
}

/// Whoever works for one leader names no other. His token and his request tell it; no case is looked at for it.
fn own_leader(act: &Act, fields: &mut Fields, draft: &Draft) -> bool {
    let only = wire::only_leader(act);
    fields.require(
        "leader_id",
        only.is_none_or(|own| draft.leader_id.is_none_or(|named| named == own)),
        "NOT_YOUR_LEADER",
        "只能记录本人或所联络领导的接访",
        "you can record the receptions of your own leader only",
    )
}

/// What the record is about, when the caller may record what this leader received: before he learns anything of it.
async fn find(
    act: &mut Act,
    case: Uuid,
    day: Uuid,
    appointment: Option<Uuid>,
    leader: Option<Uuid>,
) -> Result<Subject, Refusal> {
    let case = store::known::case(act, case)
        .await?
        .ok_or(Error::NotFound(What::Case))?;
    let day = store::days::find(act, day)
        .await?
        .ok_or(Error::NotFound(What::ReceptionDay))?;
    let resource = store::known::received_by(act, &case, leader.unwrap_or(day.leader_id)).await?;
    act.authorise(&resource, || Error::NotFound(What::Case).into())?;
    let appointment = match appointment {
        None => None,
        Some(id) => {
            let found = store::appointments::find(act, id)
                .await?
                .filter(|found| found.reception_day_id == day.id);
            Some(found.ok_or(Error::NotFound(What::Appointment))?)
        }
    };
    let delegates = store::delegations::receiving_for(act, day.leader_id, day.day).await?;
    Ok(Subject {
        case,
        day,
        appointment,
        delegates,
    })
}

fn read_draft(fields: &mut Fields, query: wire_v1::RecordReceptionRequest) -> Draft {
    let leader_id = fields.optional_uuid("leader_id", &query.leader_id);
    let started_at = fields.instant("started_at", query.started_at.map(wire::stamp));
    let ended_at = fields.instant("ended_at", query.ended_at.map(wire::stamp));
    let due_hint = fields.optional_date("due_hint", &query.due_hint);
    let integrations = query.integrations.unwrap_or_default();
    let integrations = fields.within("integrations", |fields| read_integrations(fields, integrations));
    let attendee = |entry: wire_v1::Attendee| Attendee {
        part: wire::read_part(entry.part),
        name: entry.name,
    };
    Draft {
        leader_id,
        staff: query.staff,
        started_at,
        ended_at,
        place: query.place,
        attendees: query.attendees.into_iter().map(attendee).collect(),
        demands_own_words: query.demands_own_words,
        readback_ok: query.readback_ok,
        integrations,
        branch: wire::read_branch(query.branch),
        instruction: query.instruction,
        due_hint,
    }
}

fn read_integrations(fields: &mut Fields, entry: wire_v1::Integrations) -> Integrations {
    let lead_unit_id = fields.optional_uuid("lead_unit_id", &entry.lead_unit_id);
    let assist = entry.assist_unit_ids.iter().enumerate();
    let assist_unit_ids = assist
        .filter_map(|(index, id)| fields.uuid(&format!("assist_unit_ids[{index}]"), id))
        .collect();
    Integrations {
        solution: entry.solution,
        prevention: entry.prevention,
        measures: entry.measures,
        difficulty: entry.difficulty,
        policy_ideas: entry.policy_ideas,
        explanation: entry.explanation,
        legal_basis: entry.legal_basis,
        lead_unit_id,
        assist_unit_ids,
    }
}

/// Lets the rules look at the whole record.
async fn look(
    act: &mut Act,
    fields: &mut Fields,
    draft: &Draft,
    subject: Option<&Subject>,
) -> Result<(), Refusal> {
    let named: Vec<Uuid> = draft
        .integrations
        .lead_unit_id
        .iter()
        .chain(&draft.integrations.assist_unit_ids)
        .copied()
        .collect();
    let known: Vec<Uuid> = store::known::active_units(act, &named)
        .await?
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    let delegates: Vec<Uuid> = (subject.iter().flat_map(|subject| &subject.delegates))
        .map(|(delegate, _)| *delegate)
        .collect();
    let setting = Setting {
        delegates: &delegates,
        session: subject.map(|Subject { day, .. }| Session {
            day: day.day,
            leader_id: day.leader_id,
            backup_leader_id: day.backup_leader_id,
        }),
        now: act.now(),
        known_units: &known,
    };
    reception::check(fields, draft, &setting);
    if let Some(subject) = subject {
        delegate_not_recused(act, fields, draft, subject).await?;
    }
    Ok(())
}

/// A delegate whom the case concerns does not receive it `[R:28(3)]`, whoever writes it down.
async fn delegate_not_recused(
    act: &mut Act,
    fields: &mut Fields,
    draft: &Draft,
    subject: &Subject,
) -> Result<(), Refusal> {
    let delegate = (draft.leader_id).filter(|leader| subject.delegation_of(*leader).is_some());
    let Some(delegate) = delegate else {
        return Ok(());
    };
    let person = store::leaders::find(act, delegate)
        .await?
        .map(|leader| leader.person_id);
    let recused = concern::among(act, subject.case.id, person).await?;
    fields.require(
        "leader_id",
        recused.is_empty(),
        "RECUSED",
        "受托领导应当回避该信访事项",
        "the case concerns the delegate, or he is recused from it",
    );
    Ok(())
}

/// Numbers the group and writes the record.
async fn write(act: &mut Act, subject: &Subject, draft: &Draft) -> Result<Reception, Refusal> {
    let Subject {
        case,
        day,
        appointment,
        ..
    } = subject;
    let leader_id = draft.leader_id.unwrap_or(day.leader_id);
    let group = store::days::next_group(act, day.id)
        .await?
        .ok_or(Error::DayNotOpen)?;
    let ordinal = u16::try_from(group).map_err(|error| Refusal::internal(&error))?;
    let number =
        ReceptionNumber::new(act.district(), day.day, ordinal).map_err(|error| Refusal::internal(&error))?;
    let (Some(started_at), Some(ended_at), Some(branch)) = (draft.started_at, draft.ended_at, draft.branch)
    else {
        return Err(Refusal::internal(&"the record was checked"));
    };
    let id = random::new_id();
    let texts = serde_json::to_string(&texts(draft)).map_err(|error| Refusal::internal(&error))?;
    let reception = Reception {
        id,
        reception_no: number.to_string(),
        case_id: case.id,
        reception_day_id: day.id,
        leader_id,
        delegation_id: subject.delegation_of(leader_id),
        appointment_id: appointment.as_ref().map(|appointment| appointment.id),
        staff: draft
            .staff
            .iter()
            .map(|person| person.trim().to_owned())
            .collect(),
        started_at,
        ended_at,
        record: act.seal("reception", "record", id, &texts),
        lead_unit_id: draft.integrations.lead_unit_id,
        assist_unit_ids: draft.integrations.assist_unit_ids.clone(),
        branch,
        due_hint: draft.due_hint,
        k0: crate::store::receptions::Json(k0(act, ended_at)),
        state: State::Open,
        finalised_at: None,
        version: 1,
    };
    match store::receptions::insert(act, &reception).await {
        Err(error) if violates(&error, "reception_case_day") => Err(Error::AlreadyReceived.into()),
        done => Ok(done.map(|()| reception)?),
    }
}

/// K0: by the end of the next working day after the talk.
fn k0(act: &Act, ended_at: OffsetDateTime) -> Due {
    let length = act.rules().term(ClockCode::K0).unwrap_or(Term::WorkingDays(1));
    term::due(local::local_date(ended_at), length, act.calendar())
}

fn texts(draft: &Draft) -> Texts {
    let Integrations {
        solution,
        prevention,
        measures,
        difficulty,
        policy_ideas,
        explanation,
        legal_basis,
        ..
    } = draft.integrations.clone();
    Texts {
        place: draft.place.clone(),
        attendees: draft.attendees.iter().map(Present::from).collect(),
        demands_own_words: draft.demands_own_words.clone(),
        solution,
        prevention,
        measures,
        difficulty,
        policy_ideas,
        explanation,
        legal_basis,
        instruction: draft.instruction.clone(),
    }
}

fn announce(act: &mut Act, subject: &Subject, reception: &Reception) -> Result<(), Refusal> {
    let number: CaseNumber = subject
        .case
        .case_no
        .parse()
        .map_err(|error| Refusal::internal(&error))?;
    let body = ReceptionHeld {
        reception_id: reception.id.to_string(),
        reception_no: reception.reception_no.clone(),
        reception_day_id: reception.reception_day_id.to_string(),
        leader_id: reception.leader_id.to_string(),
        ended_at: Some(wire::timestamp(reception.ended_at)),
        k0: Some(wire::legal_term(K0, &reception.k0)),
        delegation_id: wire::text_or_empty(reception.delegation_id),
    };
    act.publish("reception.held", Entity::case(subject.case.id, number), &body);
    Ok(())
}

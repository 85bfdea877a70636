//! Reception records: writing down, finalising, reading.

use serde::{Deserialize, Serialize};
use tonic::{Request, Response, Status};
use xinqiao_chassis::desk::{Act, Desk, object_ref};
use xinqiao_chassis::refusal::{Fields, Page, Refusal};
use xinqiao_proto::scheduling as wire_v1;
use xinqiao_proto::scheduling::reception_service_server::ReceptionService;

use super::error::{Error, What};
use super::wire;
use crate::domain::reception::{Attendee, Part, State};
use crate::store;
use crate::store::known::KnownCase;
use crate::store::receptions::Reception;

mod finalise;
mod paper;
mod record;

/// The clock of a record.
const K0: &str = "K0";

/// The texts of a record, sealed in one piece.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Texts {
    place: String,
    attendees: Vec<Present>,
    demands_own_words: String,
    solution: String,
    prevention: String,
    measures: Vec<String>,
    difficulty: String,
    policy_ideas: String,
    explanation: String,
    legal_basis: String,
    instruction: String,
}

/// Somebody who was there, in the sealed texts.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Present {
    name: String,
    part: String,
}

impl Present {
    fn part(&self) -> Part {
        Part::from_code(&self.part).unwrap_or(Part::Petitioner)
    }
}

impl From<&Attendee> for Present {
    fn from(attendee: &Attendee) -> Self {
        let part = attendee.part.unwrap_or(Part::Petitioner);
        Self {
            name: attendee.name.trim().to_owned(),
            part: part.code().to_owned(),
        }
    }
}

/// Implements `ReceptionService`.
#[derive(Debug)]
pub(super) struct Receptions {
    desk: Desk,
}

impl Receptions {
    pub(super) const fn new(desk: Desk) -> Self {
        Self { desk }
    }
}

#[tonic::async_trait]
impl ReceptionService for Receptions {
    async fn record_reception(
        &self,
        request: Request<wire_v1::RecordReceptionRequest>,
    ) -> Result<Response<wire_v1::RecordReceptionResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(record::record(act, query)))
            .await
    }

    async fn finalise_reception(
        &self,
        request: Request<wire_v1::FinaliseReceptionRequest>,
    ) -> Result<Response<wire_v1::FinaliseReceptionResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(finalise::finalise(act, query)))
            .await
    }

    async fn get_reception(
        &self,
        request: Request<wire_v1::GetReceptionRequest>,
    ) -> Result<Response<wire_v1::GetReceptionResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(get(act, query)))
            .await
    }

    async fn list_open_records(
        &self,
        request: Request<wire_v1::ListOpenRecordsRequest>,
    ) -> Result<Response<wire_v1::ListOpenRecordsResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(list_open(act, query)))
            .await
    }
}

/// The record and its case, when the caller may know of them.
async fn find(act: &mut Act, id: &str) -> Result<(Reception, KnownCase), Refusal> {
    let id = wire::row_id("reception_id", id)?;
    let reception = store::receptions::find(act, id)
        .await?
        .ok_or(Error::NotFound(What::Reception))?;
    let case = store::known::case(act, reception.case_id)
        .await?
        .ok_or(Error::NotFound(What::Reception))?;
    let resource = store::known::received_by(act, &case, reception.leader_id).await?;
    act.authorise(&resource, || Error::NotFound(What::Reception).into())?;
    Ok((reception, case))
}

fn open_texts(act: &Act, reception: &Reception) -> Result<Texts, Refusal> {
    let json = act
        .open("reception", "record", reception.id, &reception.record)
        .map_err(|error| Refusal::internal(&error))?;
    serde_json::from_str(&json).map_err(|error| Refusal::internal(&error))
}

async fn get(
    act: &mut Act,
    query: wire_v1::GetReceptionRequest,
) -> Result<wire_v1::GetReceptionResponse, Refusal> {
    let (reception, case) = find(act, &query.reception_id).await?;
    let record = object_ref("reception", reception.id);
    act.audit(object_ref("case", case.id), &[&record], None);
    act.opened(case.id).await?;
    let texts = open_texts(act, &reception)?;
    Ok(wire_v1::GetReceptionResponse {
        reception: Some(shown(reception, case, texts)),
    })
}

fn shown(reception: Reception, case: KnownCase, texts: Texts) -> wire_v1::Reception {
    let attendees = texts.attendees.iter().map(|present| wire_v1::Attendee {
        name: present.name.clone(),
        part: wire::part(present.part()).into(),
    });
    wire_v1::Reception {
        reception_id: reception.id.to_string(),
        reception_no: reception.reception_no,
        state: state(reception.state).into(),
        version: reception.version.unsigned_abs(),
        case_id: case.id.to_string(),
        case_no: case.case_no,
        reception_day_id: reception.reception_day_id.to_string(),
        leader_id: reception.leader_id.to_string(),
        appointment_id: wire::text_or_empty(reception.appointment_id),
        staff: reception.staff,
        started_at: Some(wire::timestamp(reception.started_at)),
        ended_at: Some(wire::timestamp(reception.ended_at)),
        place: texts.place,
        attendees: attendees.collect(),
        demands_own_words: texts.demands_own_words,
        // A record that was not read back is never accepted.
        readback_ok: true,
        integrations: Some(wire_v1::Integrations {
            solution: texts.solution,
            prevention: texts.prevention,
            measures: texts.measures,
            difficulty: texts.difficulty,
            policy_ideas: texts.policy_ideas,
            explanation: texts.explanation,
            legal_basis: texts.legal_basis,
            lead_unit_id: wire::text_or_empty(reception.lead_unit_id),
            assist_unit_ids: wire::texts(&reception.assist_unit_ids),
        }),
        branch: wire::branch(reception.branch).into(),
        instruction: texts.instruction,
        due_hint: reception.due_hint.map(|due| due.to_string()).unwrap_or_default(),
        k0: Some(wire::legal_term(K0, &reception.k0)),
        finalised_at: reception.finalised_at.map(wire::timestamp),
        delegation_id: wire::text_or_empty(reception.delegation_id),
    }
}

fn state(state: State) -> wire_v1::ReceptionState {
    match state {
        State::Open => wire_v1::ReceptionState::Open,
        State::Finalised => wire_v1::ReceptionState::Finalised,
    }
}

async fn list_open(
    act: &mut Act,
    query: wire_v1::ListOpenRecordsRequest,
) -> Result<wire_v1::ListOpenRecordsResponse, Refusal> {
    wire::authorise_here(act)?;
    let mut fields = Fields::new();
    let page = Page::read(&mut fields, "page", query.page.as_ref());
    fields.finish()?;
    let leader = wire::only_leader(act);
    let mut rows = store::receptions::open_page(act, leader, page.after.clone(), page.limit()).await?;
    let next = page.cut(&mut rows, |row| (row.k0_due, row.reception_no.clone()));
    act.only_known(&mut rows, |row| {
        store::known::listed(act.district(), row.case_id, row.leader_id)
    });
    let today = act.today();
    let records = rows
        .into_iter()
        .map(|row| wire_v1::list_open_records_response::OpenRecord {
            reception_id: row.id.to_string(),
            reception_no: row.reception_no,
            case_id: row.case_id.to_string(),
            case_no: row.case_no,
            leader_id: row.leader_id.to_string(),
            due: row.k0_due.to_string(),
            overdue: today > row.k0_due,
            version: row.version.unsigned_abs(),
        });
    Ok(wire_v1::ListOpenRecordsResponse {
        records: records.collect(),
        page: Some(next),
    })
}

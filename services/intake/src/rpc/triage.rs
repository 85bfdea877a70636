//! Triage: decides where a registered case goes.

mod sheet;

use tonic::{Request, Response, Status};
use uuid::Uuid;
use xinqiao_chassis::concern::{self, Mark};
use xinqiao_chassis::desk::{Act, Desk};
use xinqiao_chassis::document::timestamp;
use xinqiao_chassis::journal::Entity;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_documents::document_number;
use xinqiao_documents::forms::triage::{DiversionNotice, TriageSheet};
use xinqiao_documents::part::{Issue, Official};
use xinqiao_kernel::ClockCode;
use xinqiao_proto::event::{CaseDiverted, CaseReleased, CaseVoided};
use xinqiao_proto::intake::triage_service_server::TriageService;
use xinqiao_proto::intake::{
    DivertCaseRequest, DivertCaseResponse, ProposeVoidRequest, ProposeVoidResponse, ReleaseCaseRequest,
    ReleaseCaseResponse, TriageCaseRequest, TriageCaseResponse, VoidCaseRequest, VoidCaseResponse,
};

use super::{seen, subject, take};
use crate::contract;
use crate::domain::codes::{LegalRoute, NoticeTemplate, PetitionerTold, VoidReason};
use crate::domain::transition::Standing;
use crate::legal;
use crate::notices;
use crate::store::cases::content::{self, Triage as Sheet};
use crate::store::cases::timeline::{self, NewEntry};
use crate::store::cases::{self as rows, By, CaseRow};
use crate::store::sealed;

/// The dispatcher's desk.
#[derive(Clone, Debug)]
pub(crate) struct Triage {
    pub(crate) desk: Desk,
}

#[tonic::async_trait]
impl TriageService for Triage {
    async fn triage_case(
        &self,
        request: Request<TriageCaseRequest>,
    ) -> Result<Response<TriageCaseResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(triage(act, query)))
            .await
    }

    async fn release_case(
        &self,
        request: Request<ReleaseCaseRequest>,
    ) -> Result<Response<ReleaseCaseResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(release(act, query)))
            .await
    }

    async fn divert_case(
        &self,
        request: Request<DivertCaseRequest>,
    ) -> Result<Response<DivertCaseResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(divert(act, query)))
            .await
    }

    async fn propose_void(
        &self,
        request: Request<ProposeVoidRequest>,
    ) -> Result<Response<ProposeVoidResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(propose_void(act, query)))
            .await
    }

    async fn void_case(
        &self,
        request: Request<VoidCaseRequest>,
    ) -> Result<Response<VoidCaseResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(void(act, query)))
            .await
    }
}

async fn triage(act: &mut Act, query: TriageCaseRequest) -> Result<TriageCaseResponse, Refusal> {
    let district = act.district();
    let units = sealed::known_units(act.conn(), district, &sheet::units(&query)).await?;
    let mark = |case, persons: &[String]| concern::marks(act, case, persons);
    let (id, purpose, sheet) = sheet::read(act.district_file(), &query, &units, mark)?;
    let row = take(act, id).await?;
    row.case().triage(seen(query.version), purpose)?;
    let (actor, at) = (act.actor_ref().to_owned(), act.now());
    let by = By { actor: &actor, at };
    let desk = act.desk().clone();
    content::put_triage(act.conn(), desk.keys(), district, id, &sheet, by).await?;
    // Nobody sends a complaint about himself on its way: asked again, with whom the sheet names.
    take(act, id).await?;
    let version = rows::acted(act.conn(), district, id, row.standing(), purpose, by).await?;
    Ok(TriageCaseResponse {
        state: contract::state(row.standing().state),
        version: version.unsigned_abs(),
    })
}

async fn release(act: &mut Act, query: ReleaseCaseRequest) -> Result<ReleaseCaseResponse, Refusal> {
    let row = subject(act, &query.case_id).await?;
    let standing = row.case().release(seen(query.version))?;
    let (desk, district) = (act.desk().clone(), act.district());
    let sheet = content::triage(act.conn(), desk.keys(), district, row.id).await?;
    let sheet = sheet.ok_or_else(|| Refusal::internal(&"a triaged case has no triage sheet"))?;
    let requests = content::submissions(act.conn(), district, row.id).await?;
    let requests = match requests.first() {
        Some(first) => first.text(None, desk.keys(), district)?.requests.len(),
        None => 0,
    };
    let version = commit_step(act, &row, standing).await?;
    let entity = Entity::case(row.id, row.number(district));
    let event = act.publish("case.released", entity, &released(&row, &sheet, requests));
    note(act, &row, "case.released", event, standing).await?;
    let paper = triage_paper(act, &row, &sheet);
    let document = act.file(entity, &paper);
    Ok(ReleaseCaseResponse {
        state: contract::state(standing.state),
        version,
        holder: contract::holder(standing.holder),
        released_at: Some(timestamp(act.now())),
        document: Some(document),
    })
}

fn released(row: &CaseRow, sheet: &Sheet, requests: usize) -> CaseReleased {
    let text = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    CaseReleased {
        purpose: row.purpose().number().into(),
        legal_route: sheet.legal_route.number().into(),
        content_code: sheet.content_code.clone(),
        problem_loc_code: sheet.problem_loc_code.clone(),
        problem_town_code: sheet.problem_town_code.clone(),
        field_code: sheet.field_code.clone(),
        leader_received: row.reception_day_id.is_some(),
        reception_id: text(row.reception_id),
        responsible_leader_id: text(row.responsible_leader_id),
        complained_unit_ids: sheet.complained_unit_ids.iter().map(Uuid::to_string).collect(),
        complained_person_marks: marks(&sheet.complained_person_marks),
        request_count: u32::try_from(requests).expect("invariant: requests are few"),
    }
}

fn marks(marks: &[Vec<u8>]) -> Vec<Mark> {
    marks.iter().cloned().map(Mark::from).collect()
}

fn triage_paper(act: &Act, row: &CaseRow, sheet: &Sheet) -> TriageSheet {
    TriageSheet {
        case_no: row.number(act.district()),
        purpose: row.purpose().zh().to_owned(),
        legal_route: sheet.legal_route.code().to_owned(),
        legal_route_name: sheet.legal_route.zh().to_owned(),
        content_code: sheet.content_code.clone(),
        problem_loc_code: sheet.problem_loc_code.clone(),
        problem_town_code: sheet.problem_town_code.clone(),
        field_code: sheet.field_code.clone(),
        cause_code: sheet.cause_code.clone(),
        summary: sheet.sheet.summary.clone(),
        complained: sheet.sheet.complained.clone(),
        responsible_leader: row.responsible_leader_id.map(|id| id.to_string()),
        released_at: act.now().into(),
        released_by: act.caller().name.clone(),
    }
}

/// Who issues a notice of the office, and when.
pub(super) fn issue(act: &Act, document_no: String) -> Issue {
    let caller = act.caller();
    Issue {
        document_no,
        issuer: act.district_file().office.name_zh.clone(),
        signed_by: Official {
            id: caller.person_id.clone(),
            name: caller.name.clone(),
            post: None,
        },
        issued_at: act.now().into(),
    }
}

async fn divert(act: &mut Act, query: DivertCaseRequest) -> Result<DivertCaseResponse, Refusal> {
    let mut fields = Fields::new();
    let id = fields.uuid("case_id", &query.case_id);
    let route = fields.choice::<LegalRoute>("legal_route", query.legal_route);
    fields.require(
        "legal_route",
        route.is_none_or(LegalRoute::diverts),
        "NOT_A_DIVERSION",
        "导入法定途径须选择第31条第1至5项或涉法涉诉",
        "a diversion takes routes 31-1 to 31-5 or litigation",
    );
    let addressee = fields.text("addressee", &query.addressee, 2..=100);
    let time_limit = fields.text("time_limit", &query.time_limit, 2..=200);
    let reasons = fields.text("reasons", &query.reasons, 5..=2_000);
    fields.finish()?;
    let (id, route) = id.zip(route).expect("invariant: nothing was wrong");

    let row = take(act, id).await?;
    let standing = row.case().divert(seen(query.version))?;
    let version = commit_step(act, &row, standing).await?;
    let district = act.district();
    let due = legal::due(act.rules(), act.calendar(), ClockCode::K23, act.today());
    let k23 = legal::legal_term(ClockCode::K23, &due);
    let entity = Entity::case(row.id, row.number(district));
    let body = CaseDiverted {
        legal_route: route.number().into(),
        k23: Some(k23.clone()),
        leader_received: row.reception_day_id.is_some(),
        responsible_leader_id: row
            .responsible_leader_id
            .map(|id| id.to_string())
            .unwrap_or_default(),
        complained_unit_ids: row.complained_units().iter().map(Uuid::to_string).collect(),
        complained_person_marks: marks(row.complained_persons()),
    };
    let event = act.publish("case.diverted", entity, &body);
    note(act, &row, "case.diverted", event, standing).await?;
    notices::tell(act, &row, NoticeTemplate::Diverted).await?;
    let notice = DiversionNotice {
        case_no: row.number(district),
        issue: issue(act, document_number::<DiversionNotice>(row.number(district), 1)),
        legal_route: route.code().to_owned(),
        legal_route_name: route.zh().to_owned(),
        addressee,
        time_limit,
        reasons,
    };
    let document = act.file(entity, &notice);
    Ok(DivertCaseResponse {
        state: contract::state(standing.state),
        version,
        k23: Some(k23),
        document: Some(document),
    })
}

async fn propose_void(act: &mut Act, query: ProposeVoidRequest) -> Result<ProposeVoidResponse, Refusal> {
    let mut fields = Fields::new();
    let id = fields.uuid("case_id", &query.case_id);
    let reason = fields.choice::<VoidReason>("reason", query.reason);
    let explanation = fields.text("explanation", &query.explanation, 5..=500);
    let told = fields.optional_choice::<PetitionerTold>("petitioner_told", query.petitioner_told);
    fields.finish()?;
    let (id, reason) = id.zip(reason).expect("invariant: nothing was wrong");
    let row = take(act, id).await?;
    row.case().propose_void(seen(query.version))?;
    let (desk, district) = (act.desk().clone(), act.district());
    let (actor, at) = (act.actor_ref().to_owned(), act.now());
    let by = By { actor: &actor, at };
    let why = (reason, told);
    content::propose_void(act.conn(), desk.keys(), district, id, why, &explanation, by).await?;
    let version = commit_step(act, &row, row.standing()).await?;
    Ok(ProposeVoidResponse {
        state: contract::state(row.standing().state),
        version,
    })
}

async fn void(act: &mut Act, query: VoidCaseRequest) -> Result<VoidCaseResponse, Refusal> {
    let row = subject(act, &query.case_id).await?;
    let (district, actor, at) = (act.district(), act.actor_ref().to_owned(), act.now());
    let standing = row.case().void(seen(query.version), &actor)?;
    let role = act.capacity().map_or("", |capacity| capacity.role.code());
    let by = By { actor: &actor, at };
    let reason = content::confirm_void(act.conn(), district, row.id, role, by).await?;
    let version = commit_step(act, &row, standing).await?;
    let entity = Entity::case(row.id, row.number(district));
    let event = act.publish(
        "case.voided",
        entity,
        &CaseVoided {
            reason_code: reason.code().to_owned(),
        },
    );
    note(act, &row, "case.voided", event, standing).await?;
    notices::tell(act, &row, NoticeTemplate::Voided).await?;
    Ok(VoidCaseResponse {
        state: contract::state(standing.state),
        version,
    })
}

/// Writes where the act has led; the new version.
pub(super) async fn commit_step(act: &mut Act, row: &CaseRow, standing: Standing) -> Result<u64, Refusal> {
    let (district, actor, at) = (act.district(), act.actor_ref().to_owned(), act.now());
    let by = By { actor: &actor, at };
    let version = rows::acted(act.conn(), district, row.id, standing, row.purpose(), by).await?;
    Ok(version.unsigned_abs())
}

/// Puts an own event on the time line.
pub(super) async fn note(
    act: &mut Act,
    row: &CaseRow,
    kind: &'static str,
    event_id: Uuid,
    standing: Standing,
) -> Result<(), Refusal> {
    let (district, at, trace_id) = (act.district(), act.now(), act.trace_id());
    let (actor, service) = (act.actor_ref().to_owned(), act.desk().service());
    let entry = NewEntry {
        event_id,
        kind,
        at,
        state: standing.state,
        actor: &actor,
        service,
        trace_id: trace_id.as_deref(),
    };
    timeline::append(act.conn(), district, row.id, entry).await?;
    Ok(())
}

//! People, what they bring, and what they are told.

use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::journal::{Entity, EntityKind};
use xinqiao_chassis::random::new_id;
use xinqiao_chassis::testing::{Bearer, Bench, Foreign, Person};
use xinqiao_proto::event::{LegalRoute, Purpose, ReceptionDayChanged};
use xinqiao_proto::intake::case_service_client::CaseServiceClient;
use xinqiao_proto::intake::registration_service_client::RegistrationServiceClient;
use xinqiao_proto::intake::triage_service_client::TriageServiceClient;
use xinqiao_proto::intake::{
    GetCaseRequest, GetCaseResponse, GetTimelineRequest, GetTimelineResponse, IdType, PetitionerInput,
    PetitionerKind, PreferredChannel, RegisterVisitRequest, Registered, SubmissionInput, TriageCaseRequest,
    get_case_request, get_timeline_request,
};

/// The channel of a person.
pub(crate) type As = InterceptedService<Channel, Bearer>;

pub(crate) fn clerk() -> Person {
    Person::new("li", "李登记").with(Role::Clk)
}

pub(crate) fn dispatcher() -> Person {
    Person::new("wang", "王分办").with(Role::Dsp)
}

pub(crate) fn second_dispatcher() -> Person {
    Person::new("fang", "方分办").with(Role::Dsp)
}

pub(crate) fn clerk_of_b() -> Person {
    Person::new("wu", "吴登记").with(Role::Clk).of("220503")
}

pub(crate) fn registration(bench: &Bench, person: &Person) -> RegistrationServiceClient<As> {
    RegistrationServiceClient::new(bench.channel(person))
}

pub(crate) fn triage(bench: &Bench, person: &Person) -> TriageServiceClient<As> {
    TriageServiceClient::new(bench.channel(person))
}

pub(crate) fn cases(bench: &Bench, person: &Person) -> CaseServiceClient<As> {
    CaseServiceClient::new(bench.channel(person))
}

/// A request id nobody has used.
pub(crate) fn fresh() -> String {
    new_id().to_string()
}

/// 测试甲 of the rule book.
pub(crate) fn petitioner() -> PetitionerInput {
    PetitionerInput {
        kind: PetitionerKind::Person.into(),
        name: "测试甲".to_owned(),
        id_type: IdType::ResidentId.into(),
        id_no: "11010519491231002X".to_owned(),
        mobile: "19900000001".to_owned(),
        addr_code: "220502100".to_owned(),
        addr_detail: "金厂镇测试小区3号楼2单元501室".to_owned(),
        preferred_channel: PreferredChannel::Person.into(),
        ..PetitionerInput::default()
    }
}

/// A dispute about the quality of a house.
pub(crate) fn submission() -> SubmissionInput {
    SubmissionInput {
        petitioners: vec![petitioner()],
        visit_count: 1,
        affected_count: 4,
        title: "新建住房楼板渗水问题".to_owned(),
        content: "楼板渗水半年,开发商与物业互相推诿,多次报修无人处理。".to_owned(),
        requests: vec!["查明渗水原因".to_owned(), "责成开发商维修".to_owned()],
        purpose: Purpose::Appeal.into(),
        oral: true,
        oral_readback: true,
        ..SubmissionInput::default()
    }
}

pub(crate) fn a_visit() -> RegisterVisitRequest {
    RegisterVisitRequest {
        request_id: fresh(),
        submission: Some(submission()),
        ..RegisterVisitRequest::default()
    }
}

/// Registers a visit.
pub(crate) async fn registered(bench: &Bench, visit: RegisterVisitRequest) -> Registered {
    registration(bench, &clerk())
        .register_visit(visit)
        .await
        .unwrap()
        .into_inner()
        .registered
        .unwrap()
}

/// A complete triage sheet.
pub(crate) fn a_sheet(case_id: &str, version: u64) -> TriageCaseRequest {
    TriageCaseRequest {
        request_id: fresh(),
        case_id: case_id.to_owned(),
        version,
        purpose: Purpose::Appeal.into(),
        legal_route: LegalRoute::LegalRoute316.into(),
        content_code: "030201".to_owned(),
        problem_loc_code: "220502".to_owned(),
        problem_town_code: "220502100".to_owned(),
        field_code: "03".to_owned(),
        cause_code: String::new(),
        summary: "业主反映楼板渗水无人维修".to_owned(),
        complained: Vec::new(),
    }
}

/// Scheduling tells of a reception day.
pub(crate) async fn day_told(bench: &Bench, kind: &'static str, day: Uuid) {
    let body = ReceptionDayChanged {
        reception_day_id: day.to_string(),
        ..ReceptionDayChanged::default()
    };
    let about = Entity::of(EntityKind::ReceptionDay, day);
    bench
        .arrives(Foreign::new("scheduling", kind, about, &body))
        .await;
}

/// A published reception day.
pub(crate) async fn reception_day(bench: &Bench) -> String {
    let day = new_id();
    day_told(bench, "reception_day.published", day).await;
    day.to_string()
}

/// The case as an event's entity.
pub(crate) fn entity(case: &Registered) -> Entity {
    Entity::case(
        Uuid::parse_str(&case.case_id).unwrap(),
        case.case_no.parse().unwrap(),
    )
}

pub(crate) fn by_id(case_id: &str) -> GetCaseRequest {
    GetCaseRequest {
        case: Some(get_case_request::Case::CaseId(case_id.to_owned())),
    }
}

pub(crate) fn by_number(case_no: &str) -> GetCaseRequest {
    GetCaseRequest {
        case: Some(get_case_request::Case::CaseNo(case_no.to_owned())),
    }
}

/// The time line as a person sees it.
pub(crate) async fn timeline(
    bench: &Bench,
    person: &Person,
    case_id: &str,
) -> Result<GetTimelineResponse, Status> {
    let ask = GetTimelineRequest {
        case: Some(get_timeline_request::Case::CaseId(case_id.to_owned())),
    };
    Ok(cases(bench, person).get_timeline(ask).await?.into_inner())
}

/// The case as the dispatcher sees it.
pub(crate) async fn seen(bench: &Bench, case_id: &str) -> GetCaseResponse {
    cases(bench, &dispatcher())
        .get_case(by_id(case_id))
        .await
        .unwrap()
        .into_inner()
}

/// Code and stable reason of a refusal.
pub(crate) fn why(status: &Status) -> (Code, String) {
    let reason = status
        .get_error_details()
        .error_info()
        .map(|info| info.reason.clone());
    (status.code(), reason.unwrap_or_default())
}

/// The wrong fields of a refusal.
pub(crate) fn wrong_fields(status: &Status) -> Vec<String> {
    let details = status.get_error_details();
    let violations = details
        .bad_request()
        .map(|wrong| wrong.field_violations.clone())
        .unwrap_or_default();
    violations.into_iter().map(|violation| violation.field).collect()
}

/// The wrong fields of a refusal with their reasons.
pub(crate) fn faults(status: &Status) -> Vec<String> {
    let details = status.get_error_details();
    let violations = details.bad_request().map(|wrong| wrong.field_violations.clone());
    let told = violations.unwrap_or_default().into_iter();
    told.map(|violation| format!("{} {}", violation.field, violation.reason))
        .collect()
}

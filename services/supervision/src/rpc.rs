//! The operations: decode → domain and store → encode. One file for each group.

mod cases;
mod clocks;
mod closure;
mod inspection;
mod opinion;
mod refuse;
mod review;
mod sheet;

use futures::FutureExt as _;
use tonic::{Request, Response, Status, service::Routes};
use xinqiao_chassis::{
    desk::{Act, Desk},
    identity::{Role, RoleTable},
    refusal::Refusal,
    server::MESSAGE_MAX_BYTES,
};
use xinqiao_documents::{Form, part::Official};
use xinqiao_proto::supervision::{
    CheckCompletenessRequest, CheckCompletenessResponse, FileCaseRequest, FileCaseResponse,
    GetCaseSupervisionRequest, GetCaseSupervisionResponse, GetSigningSheetRequest, GetSigningSheetResponse,
    ListClocksRequest, ListClocksResponse, ListDueRequest, ListDueResponse, RecordInspectionRequest,
    RecordInspectionResponse, RecordPetitionerOpinionRequest, RecordPetitionerOpinionResponse,
    ReturnIncompleteRequest, ReturnIncompleteResponse, SendBackRequest, SendBackResponse, SignReviewRequest,
    SignReviewResponse,
    case_service_server::{CaseService, CaseServiceServer},
    clock_service_server::{ClockService, ClockServiceServer},
    closure_service_server::{ClosureService, ClosureServiceServer},
    review_service_server::{ReviewService, ReviewServiceServer},
};

use crate::{
    domain::case::{Case, Misplaced},
    events::{casefile, casefile::CaseFile, wire},
    store,
};

/// Whoever may look at a case of his.
const READERS: &[Role] = &[
    Role::Clk,
    Role::Dsp,
    Role::Ldr,
    Role::Lda,
    Role::Unt,
    Role::Unh,
    Role::Twn,
    Role::Sup,
    Role::Arc,
];
/// Roles that see every case of the district.
const DISTRICT_WIDE: &[Role] = &[Role::Clk, Role::Dsp, Role::Sup, Role::Arc];
/// The responsible leader, and the head of the office in his place (DEC-16).
const REVIEWERS: &[Role] = &[Role::Ldr, Role::Dsp];

/// Who may call what (permission matrix of the rule book, §5.2).
pub(crate) const ROLES: RoleTable = &[
    ("/xinqiao.supervision.v1.ClockService/ListClocks", READERS),
    (
        "/xinqiao.supervision.v1.ClockService/ListDue",
        &[Role::Clk, Role::Dsp, Role::Ldr, Role::Sup],
    ),
    (
        "/xinqiao.supervision.v1.ClosureService/CheckCompleteness",
        &[Role::Clk],
    ),
    (
        "/xinqiao.supervision.v1.ClosureService/ReturnIncomplete",
        &[Role::Clk],
    ),
    (
        "/xinqiao.supervision.v1.ClosureService/RecordPetitionerOpinion",
        &[Role::Clk],
    ),
    (
        "/xinqiao.supervision.v1.ReviewService/RecordInspection",
        &[Role::Ldr],
    ),
    ("/xinqiao.supervision.v1.ReviewService/GetSigningSheet", REVIEWERS),
    ("/xinqiao.supervision.v1.ReviewService/SignReview", REVIEWERS),
    ("/xinqiao.supervision.v1.ReviewService/SendBack", REVIEWERS),
    ("/xinqiao.supervision.v1.CaseService/GetCaseSupervision", READERS),
    ("/xinqiao.supervision.v1.CaseService/FileCase", &[Role::Dsp]),
];

/// The gRPC services over a desk.
pub(crate) fn routes(desk: &Desk) -> Routes {
    let api = || Api { desk: desk.clone() };
    Routes::new(ClockServiceServer::new(api()).max_decoding_message_size(MESSAGE_MAX_BYTES))
        .add_service(ClosureServiceServer::new(api()).max_decoding_message_size(MESSAGE_MAX_BYTES))
        .add_service(ReviewServiceServer::new(api()).max_decoding_message_size(MESSAGE_MAX_BYTES))
        .add_service(CaseServiceServer::new(api()).max_decoding_message_size(MESSAGE_MAX_BYTES))
}

/// Answers every call at the desk.
struct Api {
    desk: Desk,
}

/// Writes the methods of a service: each is one act or one reading, done by a function of its group.
macro_rules! methods {
    ($service:ident { $($how:ident $method:ident = $group:ident($request:ident) -> $response:ident;)+ }) => {
        #[tonic::async_trait]
        impl $service for Api {
            $(async fn $method(&self, request: Request<$request>) -> Result<Response<$response>, Status> {
                self.desk.$how(request, |act, query| $group::$method(act, query).boxed()).await
            })+
        }
    };
}

methods! {
    ClockService {
        read list_clocks = clocks(ListClocksRequest) -> ListClocksResponse;
        read list_due = clocks(ListDueRequest) -> ListDueResponse;
    }
}

methods! {
    ClosureService {
        act check_completeness = closure(CheckCompletenessRequest) -> CheckCompletenessResponse;
        act return_incomplete = closure(ReturnIncompleteRequest) -> ReturnIncompleteResponse;
        act record_petitioner_opinion = opinion(RecordPetitionerOpinionRequest) -> RecordPetitionerOpinionResponse;
    }
}

methods! {
    ReviewService {
        act record_inspection = inspection(RecordInspectionRequest) -> RecordInspectionResponse;
        read get_signing_sheet = review(GetSigningSheetRequest) -> GetSigningSheetResponse;
        act sign_review = review(SignReviewRequest) -> SignReviewResponse;
        act send_back = review(SendBackRequest) -> SendBackResponse;
    }
}

methods! {
    CaseService {
        read get_case_supervision = cases(GetCaseSupervisionRequest) -> GetCaseSupervisionResponse;
        act file_case = cases(FileCaseRequest) -> FileCaseResponse;
    }
}

/// Takes the case of a command: known, placed where the act needs it, and as the caller saw it.
///
/// The case locks out events and timers until the act is done.
async fn take(
    act: &mut Act,
    case_id: uuid::Uuid,
    version: u64,
    placed: impl FnOnce(&Case) -> Result<(), Misplaced>,
) -> Result<CaseFile, Refusal> {
    let file = CaseFile::open(act, case_id)
        .await?
        .ok_or_else(refuse::unknown_case)?;
    placed(&file.case).map_err(refuse::misplaced)?;
    if file.case.version == version {
        Ok(file)
    } else {
        Err(Refusal::stale_version())
    }
}

/// Reads a case that the caller may see; any other is not found.
async fn visible(act: &mut Act, case_id: &str) -> Result<Case, Refusal> {
    let case_id = case_id.parse().map_err(|_| refuse::unknown_case())?;
    let district = act.district();
    let case = store::cases::load(act.conn(), district, case_id)
        .await?
        .ok_or_else(refuse::unknown_case)?;
    let caller = act.caller();
    let unit = caller.unit_id.is_some_and(|unit| case.unit_ids.contains(&unit));
    let of_unit = unit && caller.has_any(&[Role::Unt, Role::Unh, Role::Twn]);
    let own = caller.leader_id.is_some() && caller.leader_id == case.responsible_leader_id;
    let of_leader = own && caller.has_any(&[Role::Ldr, Role::Lda]);
    if caller.has_any(DISTRICT_WIDE) || of_unit || of_leader {
        Ok(case)
    } else {
        Err(refuse::unknown_case())
    }
}

/// Files a document of an own act, and counts it as seen.
async fn paper<D: Form>(act: &mut Act, file: &CaseFile, document: &D) -> Result<(), Refusal> {
    let reference = act.file(file.entity(), document);
    let seen = wire::seen_document(file.case.id, &reference)?;
    let stamp = casefile::stamp(act);
    store::documents::insert(act.conn(), &stamp, &seen).await?;
    Ok(())
}

/// The caller as documents name him.
fn official(act: &Act) -> Official {
    let caller = act.caller();
    Official {
        id: caller.person_id.clone(),
        name: caller.name.clone(),
        post: None,
    }
}

/// A term as documents tell it.
fn told_term(clock: &crate::domain::clocks::Clock) -> xinqiao_documents::part::Term {
    xinqiao_documents::part::Term {
        clock: clock.code.code().to_owned(),
        start: clock.due.start.into(),
        due_raw: clock.due.raw.into(),
        due_eff: clock.due.eff.into(),
        due_safe: clock.due.safe.into(),
    }
}

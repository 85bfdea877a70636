//! The operations: decode → domain and store → encode. One file for each group.

mod access;
mod cases;
mod clocks;
mod closure;
mod filing;
mod inspection;
mod opinion;
mod preview;
mod refuse;
mod review;
mod sheet;

use futures::FutureExt as _;
use tonic::{Request, Response, Status, service::Routes};
use xinqiao_chassis::{
    desk::{Act, Desk},
    permission::{Right, RightTable},
    refusal::Refusal,
    server::MESSAGE_MAX_BYTES,
};
use xinqiao_documents::{Form, part::Official};
use xinqiao_proto::{
    common::DocumentRef,
    supervision::{
        CheckCompletenessRequest, CheckCompletenessResponse, FileCaseRequest, FileCaseResponse,
        GetCaseSupervisionRequest, GetCaseSupervisionResponse, GetSigningSheetRequest,
        GetSigningSheetResponse, ListCalendarPreviewRequest, ListCalendarPreviewResponse, ListClocksRequest,
        ListClocksResponse, ListDueRequest, ListDueResponse, RecordInspectionRequest,
        RecordInspectionResponse, RecordPetitionerOpinionRequest, RecordPetitionerOpinionResponse,
        ReturnIncompleteRequest, ReturnIncompleteResponse, SendBackRequest, SendBackResponse,
        SignReviewRequest, SignReviewResponse,
        case_service_server::{CaseService, CaseServiceServer},
        clock_service_server::{ClockService, ClockServiceServer},
        closure_service_server::{ClosureService, ClosureServiceServer},
        review_service_server::{ReviewService, ReviewServiceServer},
    },
};

use crate::{
    domain::case::{Case, Misplaced},
    events::{casefile, casefile::CaseFile, wire},
    store,
};

/// The right each RPC needs (permission matrix of the rule book, §5.2).
pub(crate) const RIGHTS: RightTable = &[
    (
        "/xinqiao.supervision.v1.ClockService/ListClocks",
        Right::ReadClocks,
    ),
    ("/xinqiao.supervision.v1.ClockService/ListDue", Right::ReadDueList),
    (
        "/xinqiao.supervision.v1.ClockService/ListCalendarPreview",
        Right::ReadCalendarProposal,
    ),
    (
        "/xinqiao.supervision.v1.ClosureService/CheckCompleteness",
        Right::CheckClosure,
    ),
    (
        "/xinqiao.supervision.v1.ClosureService/ReturnIncomplete",
        Right::CheckClosure,
    ),
    (
        "/xinqiao.supervision.v1.ClosureService/RecordPetitionerOpinion",
        Right::RecordPetitionerOpinion,
    ),
    (
        "/xinqiao.supervision.v1.ReviewService/RecordInspection",
        Right::RecordInspection,
    ),
    (
        "/xinqiao.supervision.v1.ReviewService/GetSigningSheet",
        Right::SignReview,
    ),
    (
        "/xinqiao.supervision.v1.ReviewService/SignReview",
        Right::SignReview,
    ),
    (
        "/xinqiao.supervision.v1.ReviewService/SendBack",
        Right::SignReview,
    ),
    (
        "/xinqiao.supervision.v1.CaseService/GetCaseSupervision",
        Right::ReadCase,
    ),
    (
        "/xinqiao.supervision.v1.CaseService/FileCase",
        Right::ApproveCaseChange,
    ),
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
        read list_calendar_preview = preview(ListCalendarPreviewRequest) -> ListCalendarPreviewResponse;
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
        act file_case = filing(FileCaseRequest) -> FileCaseResponse;
    }
}

/// Takes the case of a command: known, of a caller who may do it, placed where the act needs it, and as he saw it.
///
/// The case locks out events and timers until the act is done.
async fn take(
    act: &mut Act,
    case_id: uuid::Uuid,
    version: u64,
    placed: impl FnOnce(&Case) -> Result<(), Misplaced>,
) -> Result<CaseFile, Refusal> {
    let mut file = CaseFile::open(act, case_id)
        .await?
        .ok_or_else(refuse::unknown_case)?;
    let resource = access::resource(act, &file.case).await?;
    act.authorise(&resource, refuse::unknown_case)?;
    placed(&file.case).map_err(refuse::misplaced)?;
    if file.case.version != version {
        return Err(Refusal::stale_version());
    }
    let now = act.now();
    file.fire_until(act, now).await?;
    Ok(file)
}

/// Reads a case that the caller may see; any other is not found.
async fn visible(act: &mut Act, case_id: &str) -> Result<Case, Refusal> {
    let case_id = case_id.parse().map_err(|_| refuse::unknown_case())?;
    let district = act.district();
    let case = store::cases::load(act.conn(), district, case_id)
        .await?
        .ok_or_else(refuse::unknown_case)?;
    let resource = access::resource(act, &case).await?;
    act.authorise(&resource, refuse::unknown_case)?;
    Ok(case)
}

/// Files a document of an own act, and counts it as seen.
async fn paper<D: Form>(act: &mut Act, file: &CaseFile, document: &D) -> Result<DocumentRef, Refusal> {
    let reference = act.file(file.entity(), document);
    let seen = wire::seen_document(file.case.id, &reference)?;
    let stamp = casefile::stamp(act);
    store::documents::insert(act.conn(), &stamp, &seen).await?;
    Ok(reference)
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

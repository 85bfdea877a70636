//! The operations: decode → domain and store → encode. One file for each group; what a caller is told when an act is
//! refused is decided in [`refusal`] alone.

use futures::FutureExt as _;
use tonic::{Request, Response, Status, service::Routes};
use xinqiao_chassis::{desk::Desk, server::MESSAGE_MAX_BYTES};
use xinqiao_proto::assignment::{
    ApproveAccusedUnitRequest, ApproveAccusedUnitResponse, AssignCaseRequest, AssignCaseResponse,
    ConfirmUnitRequest, ConfirmUnitResponse, DecideObjectionRequest, DecideObjectionResponse,
    DraftAcceptanceRequest, DraftAcceptanceResponse, DraftOpinionRequest, DraftOpinionResponse,
    ExtendRequest, ExtendResponse, GetCaseFileRequest, GetCaseFileResponse, IssueAcceptanceRequest,
    IssueAcceptanceResponse, IssueOpinionRequest, IssueOpinionResponse, ListLeaderDeskRequest,
    ListLeaderDeskResponse, ListOfficeDeskRequest, ListOfficeDeskResponse, ListUnitDeskRequest,
    ListUnitDeskResponse, ListUnitProposalsRequest, ListUnitProposalsResponse, ListUnitsRequest,
    ListUnitsResponse, NameInvestigatorsRequest, NameInvestigatorsResponse, PutUnitRequest, PutUnitResponse,
    RaiseObjectionRequest, RaiseObjectionResponse, ReadReportRequest, ReadReportResponse,
    ReturnReportRequest, ReturnReportResponse, ServeOpinionRequest, ServeOpinionResponse,
    StartExecutionRequest, StartExecutionResponse, StartReworkRequest, StartReworkResponse,
    SubmitClosureReportRequest, SubmitClosureReportResponse, SubmitInvestigationReportRequest,
    SubmitInvestigationReportResponse,
    assignment_service_server::{AssignmentService, AssignmentServiceServer},
    handling_service_server::{HandlingService, HandlingServiceServer},
    unit_service_server::{UnitService, UnitServiceServer},
};

mod acceptance;
mod assign;
mod case_file;
mod closure;
mod decode;
mod desks;
mod encode;
mod extension;
mod forms;
mod investigation;
mod objection;
mod opened;
mod opinion;
mod refusal;
mod rights;
mod unit;

pub(crate) use rights::RIGHTS;

/// The gRPC services over a desk.
pub(crate) fn routes(desk: &Desk) -> Routes {
    let api = || Api { desk: desk.clone() };
    Routes::new(UnitServiceServer::new(api()).max_decoding_message_size(MESSAGE_MAX_BYTES))
        .add_service(AssignmentServiceServer::new(api()).max_decoding_message_size(MESSAGE_MAX_BYTES))
        .add_service(HandlingServiceServer::new(api()).max_decoding_message_size(MESSAGE_MAX_BYTES))
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
    UnitService {
        act put_unit = unit(PutUnitRequest) -> PutUnitResponse;
        act confirm_unit = unit(ConfirmUnitRequest) -> ConfirmUnitResponse;
        read list_unit_proposals = unit(ListUnitProposalsRequest) -> ListUnitProposalsResponse;
        read list_units = unit(ListUnitsRequest) -> ListUnitsResponse;
    }
}

methods! {
    AssignmentService {
        act assign_case = assign(AssignCaseRequest) -> AssignCaseResponse;
        act approve_accused_unit = assign(ApproveAccusedUnitRequest) -> ApproveAccusedUnitResponse;
        act raise_objection = objection(RaiseObjectionRequest) -> RaiseObjectionResponse;
        act decide_objection = objection(DecideObjectionRequest) -> DecideObjectionResponse;
        read list_unit_desk = desks(ListUnitDeskRequest) -> ListUnitDeskResponse;
        read list_office_desk = desks(ListOfficeDeskRequest) -> ListOfficeDeskResponse;
        read list_leader_desk = desks(ListLeaderDeskRequest) -> ListLeaderDeskResponse;
    }
}

methods! {
    HandlingService {
        act draft_acceptance = acceptance(DraftAcceptanceRequest) -> DraftAcceptanceResponse;
        act issue_acceptance = acceptance(IssueAcceptanceRequest) -> IssueAcceptanceResponse;
        act name_investigators = investigation(NameInvestigatorsRequest) -> NameInvestigatorsResponse;
        act submit_investigation_report = investigation(SubmitInvestigationReportRequest)
            -> SubmitInvestigationReportResponse;
        act read_report = investigation(ReadReportRequest) -> ReadReportResponse;
        act return_report = investigation(ReturnReportRequest) -> ReturnReportResponse;
        act extend = extension(ExtendRequest) -> ExtendResponse;
        act draft_opinion = opinion(DraftOpinionRequest) -> DraftOpinionResponse;
        act issue_opinion = opinion(IssueOpinionRequest) -> IssueOpinionResponse;
        act serve_opinion = opinion(ServeOpinionRequest) -> ServeOpinionResponse;
        act start_execution = closure(StartExecutionRequest) -> StartExecutionResponse;
        act submit_closure_report = closure(SubmitClosureReportRequest) -> SubmitClosureReportResponse;
        act start_rework = closure(StartReworkRequest) -> StartReworkResponse;
        read get_case_file = case_file(GetCaseFileRequest) -> GetCaseFileResponse;
    }
}

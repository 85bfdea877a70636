//! The list of callers: asked before the token, and about every path but health.

use tonic::{
    Code, Request, Status,
    service::interceptor::InterceptedService,
    transport::{Channel, ClientTlsConfig},
};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use xinqiao_chassis::{
    identity::Role,
    testing::{Bearer, Person},
};
use xinqiao_proto::intake::{
    GetCaseRequest, RegisterVisitRequest, case_service_client::CaseServiceClient,
    registration_service_client::RegistrationServiceClient,
};

use super::{
    Edge, reason,
    tls::{Files, PORTAL, channel, client, register},
};

fn must_be(status: &Status, code: Code, wanted: &str) {
    assert_eq!(
        (status.code(), reason(status).as_str()),
        (code, wanted),
        "{status:?}"
    );
}

async fn with_token(edge: &Edge, tls: ClientTlsConfig, token: &str) -> Result<(), Status> {
    let channel = InterceptedService::new(channel(edge, tls), Bearer::new(token));
    let mut client = RegistrationServiceClient::new(channel);
    client
        .register_visit(RegisterVisitRequest::default())
        .await
        .map(drop)
}

async fn nobodys_case(channel: Channel) -> Status {
    let mut cases = CaseServiceClient::new(channel);
    cases.get_case(GetCaseRequest::default()).await.unwrap_err()
}

#[tokio::test]
async fn a_program_that_is_not_listed_is_refused_before_its_token_is_read() {
    let files = Files::new();
    let edge = files.edge(&[]).await;
    for stranger in ["spiffe://xinqiao/intake", "spiffe://xinqiao/portal2", "portal"] {
        let status = register(&mut client(&edge, files.as_caller(stranger)))
            .await
            .unwrap_err();
        must_be(&status, Code::PermissionDenied, "CALLER_NOT_ALLOWED");
        assert!(status.message().contains("管理员"));
        let status = with_token(&edge, files.as_caller(stranger), "rubbish")
            .await
            .unwrap_err();
        must_be(&status, Code::PermissionDenied, "CALLER_NOT_ALLOWED");
    }
    let nameless = files.with(&files.authority.issue(&[]));
    let status = register(&mut client(&edge, nameless)).await.unwrap_err();
    must_be(&status, Code::PermissionDenied, "CALLER_NOT_ALLOWED");
}

#[tokio::test]
async fn a_listed_program_still_needs_a_person_who_may() {
    let files = Files::new();
    let edge = files.edge(&[]).await;
    let status = with_token(&edge, files.as_caller(PORTAL), "rubbish")
        .await
        .unwrap_err();
    must_be(&status, Code::Unauthenticated, "TOKEN_INVALID");
    let archivist = Person::new("zhou", "周档案").with(Role::Arc);
    let token = edge.issuer.token(&archivist);
    let status = with_token(&edge, files.as_caller(PORTAL), &token)
        .await
        .unwrap_err();
    must_be(&status, Code::PermissionDenied, "ROLE_NOT_ALLOWED");
}

#[tokio::test]
async fn a_listed_program_may_call_nothing_but_what_is_listed() {
    let files = Files::new();
    let edge = files.edge(&[]).await;
    let portal = channel(&edge, files.as_caller(PORTAL));
    must_be(
        &nobodys_case(portal.clone()).await,
        Code::PermissionDenied,
        "CALLER_NOT_ALLOWED",
    );
    // What nobody serves is on no list, either.
    let unknown = "/xinqiao.intake.v1.RegistrationService2/RegisterVisit"
        .parse()
        .unwrap();
    let mut raw = tonic::client::Grpc::new(portal.clone());
    raw.ready().await.unwrap();
    let codec = tonic_prost::ProstCodec::<RegisterVisitRequest, RegisterVisitRequest>::default();
    let status = raw
        .unary(Request::new(RegisterVisitRequest::default()), unknown, codec)
        .await
        .unwrap_err();
    must_be(&status, Code::PermissionDenied, "CALLER_NOT_ALLOWED");
}

#[tokio::test]
async fn every_certificate_of_ours_may_ask_for_health() {
    let files = Files::new();
    let edge = files.edge(&[]).await;
    let stranger = channel(&edge, files.as_caller("spiffe://xinqiao/monitor"));
    HealthClient::new(stranger)
        .check(HealthCheckRequest::default())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_list_that_is_wrong_stops_the_start_and_names_the_line() {
    let files = Files::new();
    files.write(
        "callers.yaml",
        "callers:\n  - identity: spiffe://xinqiao/portal\n    methods: [/xinqiao.intake.v1.Nothing/]\n",
    );
    let error = files.try_edge(&[]).await.err().unwrap().to_string();
    assert!(error.contains("line 3") && error.contains("Nothing"), "{error}");
}

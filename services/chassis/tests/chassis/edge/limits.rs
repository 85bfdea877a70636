//! Calls that ask for too much, take too long or break.

use tonic::{Code, Request};
use xinqiao_proto::{
    archive::{GetDossierRequest, dossier_service_client::DossierServiceClient},
    intake::RegisterVisitRequest,
};

use super::{Edge, behaving, reason};

fn of_size(bytes: usize) -> Request<RegisterVisitRequest> {
    Request::new(RegisterVisitRequest {
        request_id: "x".repeat(bytes),
        ..Default::default()
    })
}

#[tokio::test]
async fn a_message_above_the_limit_is_refused_in_words() {
    let edge = Edge::start().await;
    edge.clerk().register_visit(of_size(5 << 20)).await.unwrap();
    let status = edge.clerk().register_visit(of_size(9 << 20)).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::ResourceExhausted, "MESSAGE_TOO_LARGE")
    );
}

#[tokio::test]
async fn a_handler_that_takes_too_long_is_a_timeout() {
    let edge = Edge::with(&[("XINQIAO_TIMEOUT_MS", "50")]).await;
    let status = edge.clerk().register_visit(behaving("sleep")).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::DeadlineExceeded, "TIMEOUT")
    );
}

#[tokio::test]
async fn a_panic_costs_one_call() {
    let edge = Edge::start().await;
    let mut clerk = edge.clerk();
    let status = clerk.register_visit(behaving("panic")).await.unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    assert!(!format!("{status:?}").contains("as asked"));
    clerk.register_visit(behaving("answer")).await.unwrap();
}

#[tokio::test]
async fn an_operation_of_another_service_is_unknown_here() {
    let edge = Edge::start().await;
    let status = DossierServiceClient::new(edge.channel())
        .get_dossier(GetDossierRequest::default())
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
}

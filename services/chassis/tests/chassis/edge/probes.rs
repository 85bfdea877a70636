//! Probes that have no certificate, on a port of their own.

use tonic::{Code, transport::Endpoint};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use xinqiao_proto::intake::{RegisterVisitRequest, registration_service_client::RegistrationServiceClient};

use super::tls::Files;

#[tokio::test]
async fn a_probe_without_a_certificate_learns_health_and_nothing_else() {
    let files = Files::new();
    let edge = files.edge(&[("XINQIAO_HEALTH_LISTEN", "127.0.0.1:0")]).await;
    let channel = Endpoint::from_shared(format!("http://{}", edge.health_address.unwrap()))
        .unwrap()
        .connect_lazy();
    let mut health = HealthClient::new(channel.clone());
    let mut status = async || {
        let answer = health.check(HealthCheckRequest::default()).await;
        answer.unwrap().into_inner().status()
    };
    assert_eq!(status().await, ServingStatus::NotServing);
    edge.health.set(true).await;
    assert_eq!(status().await, ServingStatus::Serving);
    let refused = RegistrationServiceClient::new(channel)
        .register_visit(RegisterVisitRequest::default())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::Unimplemented);
}

#[tokio::test]
async fn there_is_no_such_port_unless_asked_for() {
    assert_eq!(super::Edge::start().await.health_address, None);
}

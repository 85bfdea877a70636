//! Health, reflection, and a stop while somebody watches.

use std::time::Duration;

use tokio::time::timeout;
use tonic::Code;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use xinqiao_proto::intake::RegisterVisitRequest;

use super::Edge;

fn of(service: &str) -> HealthCheckRequest {
    HealthCheckRequest {
        service: service.to_owned(),
    }
}

#[tokio::test]
async fn nothing_is_serving_until_the_service_is_ready() {
    let edge = Edge::start().await;
    let mut health = HealthClient::new(edge.channel());
    for name in ["", "xinqiao.intake.v1.RegistrationService"] {
        let answer = health.check(of(name)).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::NotServing, "{name:?}");
    }
    edge.health.set(true).await;
    for name in ["", "xinqiao.intake.v1.RegistrationService"] {
        let answer = health.check(of(name)).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "{name:?}");
    }
    let status = health.check(of("xinqiao.intake.v1.Nothing")).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}

#[tokio::test]
async fn an_open_watch_does_not_hold_up_the_stop() {
    let edge = Edge::start().await;
    edge.health.set(true).await;
    let mut watch = HealthClient::new(edge.channel())
        .watch(of(""))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        watch.message().await.unwrap().unwrap().status(),
        ServingStatus::Serving
    );
    edge.health.end().await;
    edge.stop.cancel();
    timeout(Duration::from_secs(5), edge.serving)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_call_that_has_begun_is_answered_before_the_stop() {
    let edge = Edge::with(&[("XINQIAO_TIMEOUT_MS", "300")]).await;
    let mut clerk = edge.clerk();
    clerk
        .register_visit(RegisterVisitRequest::default())
        .await
        .unwrap();
    let call = tokio::spawn(async move { clerk.register_visit(super::behaving("sleep")).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    edge.health.end().await;
    edge.stop.cancel();
    timeout(Duration::from_secs(5), edge.serving)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    assert_eq!(call.await.unwrap().unwrap_err().code(), Code::DeadlineExceeded);
}

//! Reflection: a service names its own operations in an evaluation, and nothing in production.

use tokio_stream::once;
use tonic::{Code, Status};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

use super::Edge;

async fn listed(edge: &Edge) -> Result<Vec<String>, Status> {
    let request = ServerReflectionRequest {
        message_request: Some(MessageRequest::ListServices(String::new())),
        ..ServerReflectionRequest::default()
    };
    let mut client = ServerReflectionClient::new(edge.channel());
    let mut answers = client.server_reflection_info(once(request)).await?.into_inner();
    match answers
        .message()
        .await?
        .and_then(|answer| answer.message_response)
    {
        Some(MessageResponse::ListServicesResponse(list)) => {
            Ok(list.service.into_iter().map(|service| service.name).collect())
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_evaluation_lists_the_operations_of_this_service_only() {
    let edge = Edge::start().await;
    let services = listed(&edge).await.unwrap();
    assert!(
        services
            .iter()
            .any(|name| name == "xinqiao.intake.v1.RegistrationService")
    );
    assert!(
        !services.iter().any(|name| name.starts_with("xinqiao.archive")),
        "{services:?}"
    );
}

#[tokio::test]
async fn production_lists_nothing() {
    let edge = Edge::with(&[("XINQIAO_PROFILE", "production")]).await;
    assert_eq!(listed(&edge).await.unwrap_err().code(), Code::Unimplemented);
}

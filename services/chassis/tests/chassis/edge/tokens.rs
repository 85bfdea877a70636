//! Tokens that must not be believed, each for one reason, and those that must.

use std::{collections::HashMap, time::UNIX_EPOCH};

use serde_json::{Value, json};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;
use xinqiao_chassis::{
    clock::machine_time,
    identity::Role,
    testing::{Issuer, Person, header},
};
use xinqiao_proto::intake::{RegisterVisitRequest, registration_service_client::RegistrationServiceClient};

use super::{Edge, SEEN, clerk};

fn now() -> i64 {
    let since = machine_time().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

fn claims(change: impl FnOnce(&mut Value)) -> Value {
    let mut claims = clerk().claims();
    change(&mut claims);
    claims
}

fn with(name: &str, value: Value) -> Value {
    claims(|claims| claims[name] = value)
}

fn reason(status: &Status) -> String {
    status
        .get_error_details()
        .error_info()
        .map(|info| info.reason.clone())
        .unwrap_or_default()
}

#[tokio::test]
async fn no_bad_token_is_believed() {
    let edge = Edge::start().await;
    let forge = edge.issuer.forge(&clerk());
    let mut client = RegistrationServiceClient::new(edge.channel());
    let hostile = forge.hostile();
    assert!(hostile.len() >= 80);
    let mut told = HashMap::new();
    for hostile in hostile {
        let mut request = Request::new(RegisterVisitRequest::default());
        hostile.put_on(request.metadata_mut());
        let status = client.register_visit(request).await.unwrap_err();
        assert_eq!(
            status.code(),
            Code::Unauthenticated,
            "{}: {status:?}",
            hostile.what
        );
        assert_eq!(reason(&status), hostile.reason, "{}", hostile.what);
        // To the byte: whoever tries does not learn which of his forgeries came further.
        let answer = (status.message().to_owned(), status.details().to_vec());
        let first = told.entry(hostile.reason).or_insert_with(|| answer.clone());
        assert_eq!(*first, answer, "{}", hostile.what);
    }
    // What all of them began with.
    edge.client(&forge.good())
        .register_visit(RegisterVisitRequest::default())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_good_token_brings_its_person_to_the_handler() {
    let edge = Edge::start().await;
    for claims in [
        clerk().claims(),
        with("aud", json!(["other", "xinqiao"])),
        with("exp", json!(now() - 5)),
    ] {
        let token = edge.issuer.sign(&header(), &claims);
        let answer = edge
            .client(&token)
            .register_visit(RegisterVisitRequest::default())
            .await
            .unwrap();
        assert_eq!(answer.metadata().get(SEEN).unwrap(), "li");
    }
}

#[tokio::test]
async fn the_provider_may_give_a_petitioner_his_case() {
    let edge = Edge::start().await;
    let claims = claims(|claims| {
        claims["roles"] = json!(["PET", "offline_access"]);
        claims["case"] = json!("0198f0c2-0000-7000-8000-000000000001");
    });
    let status = edge
        .client(&edge.issuer.sign(&header(), &claims))
        .register_visit(RegisterVisitRequest::default())
        .await
        .unwrap_err();
    // He is believed, and is no clerk.
    assert_eq!(reason(&status), "ROLE_NOT_ALLOWED");
}

#[tokio::test]
async fn without_a_token_nothing_is_done() {
    let edge = Edge::start().await;
    let mut client = RegistrationServiceClient::new(edge.channel());
    let status = client
        .register_visit(RegisterVisitRequest::default())
        .await
        .unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::Unauthenticated, "TOKEN_MISSING")
    );
    assert!(status.message().contains("登录"));
}

#[tokio::test]
async fn a_role_that_may_not_is_told_which_may() {
    let edge = Edge::start().await;
    let archivist = Person::new("zhou", "周档案").with(Role::Arc);
    let mut client = edge.client(&edge.issuer.token(&archivist));
    let status = client
        .register_visit(RegisterVisitRequest::default())
        .await
        .unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::PermissionDenied, "ROLE_NOT_ALLOWED")
    );
    assert!(status.message().contains("CLK"));
}

#[tokio::test]
async fn a_new_key_of_the_issuer_is_found_at_most_once_a_minute() {
    let edge = Edge::start().await;
    edge.clerk()
        .register_visit(RegisterVisitRequest::default())
        .await
        .unwrap();
    let next = Issuer::new();
    let key_set = next.key_set().replace("test-key", "next-key");
    std::fs::write(&edge.key_set, key_set).unwrap();
    let mut head = header();
    head.kid = Some("next-key".to_owned());
    let token = next.sign(&head, &clerk().claims());
    // The set was fetched a moment ago: an unknown key does not make us ask again so soon.
    let status = edge
        .client(&token)
        .register_visit(RegisterVisitRequest::default())
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
}

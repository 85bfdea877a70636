//! The key set over HTTP: asked for when it is needed, not more often than the limits allow.

use std::sync::Arc;

use serde_json::{Value, json};
use tonic::{Code, Status};
use xinqiao_chassis::{
    identity::Role,
    testing::{Issuer, Person, eventually, header},
};
use xinqiao_proto::intake::RegisterVisitRequest;

use super::{Edge, clerk, provider::Provider, reason};

/// Limits so short that a test sees what lies behind them.
const HASTE: [(&str, &str); 2] = [
    ("XINQIAO_JWKS_REFETCH_MS", "100"),
    ("XINQIAO_JWKS_KEEP_MS", "100"),
];

async fn call(edge: &Edge, token: &str) -> Result<(), Status> {
    let answer = edge
        .client(token)
        .register_visit(RegisterVisitRequest::default())
        .await;
    answer.map(drop)
}

/// A token of `issuer` that names the key `kid`.
fn naming(issuer: &Issuer, kid: &str) -> String {
    let mut head = header();
    head.kid = Some(kid.to_owned());
    issuer.sign(&head, &clerk().claims())
}

#[tokio::test]
async fn a_hundred_unknown_keys_ask_the_provider_once() {
    let issuer = Issuer::new();
    let provider = Provider::with_keys(issuer.key_set()).await;
    let edge = Edge::with(&[("XINQIAO_JWKS_URL", &format!("{}/keys", provider.url()))]).await;
    call(&edge, &issuer.token(&clerk())).await.unwrap();
    for number in 0..100 {
        let token = naming(&issuer, &format!("unknown-{number}"));
        let status = call(&edge, &token).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated);
    }
    assert_eq!(provider.asked("/keys"), 1);
}

#[tokio::test]
async fn a_provider_that_is_away_lets_nobody_in() {
    let edge = Edge::with(&[("XINQIAO_JWKS_URL", "http://127.0.0.1:1/jwks")]).await;
    let token = edge.issuer.token(&clerk());
    assert_eq!(
        call(&edge, &token).await.unwrap_err().code(),
        Code::Unauthenticated
    );
}

#[tokio::test]
async fn a_new_key_is_believed_after_one_more_fetch() {
    let (old, new) = (Issuer::new(), Issuer::new());
    let provider = Provider::with_keys(old.key_set()).await;
    let url = format!("{}/keys", provider.url());
    let edge = Edge::with(&[("XINQIAO_JWKS_URL", &url), HASTE[0]]).await;
    call(&edge, &old.token(&clerk())).await.unwrap();
    let mut both: Value = serde_json::from_str(&old.key_set()).unwrap();
    let added: Value = serde_json::from_str(&new.key_set().replace("test-key", "next-key")).unwrap();
    both["keys"]
        .as_array_mut()
        .unwrap()
        .push(added["keys"][0].clone());
    provider.put("/keys", &both.to_string());
    let token = naming(&new, "next-key");
    eventually("the new key is fetched", async || call(&edge, &token).await.ok()).await;
    assert_eq!(provider.asked("/keys"), 2);
    call(&edge, &old.token(&clerk())).await.unwrap();
}

#[tokio::test]
async fn a_key_taken_back_ends_even_a_token_that_is_remembered() {
    let (old, new) = (Issuer::new(), Issuer::new());
    let provider = Provider::with_keys(old.key_set()).await;
    let url = format!("{}/keys", provider.url());
    let edge = Edge::with(&[("XINQIAO_JWKS_URL", &url), HASTE[0], HASTE[1]]).await;
    let token = old.token(&clerk());
    call(&edge, &token).await.unwrap();
    provider.put("/keys", &new.key_set().replace("test-key", "next-key"));
    let status = eventually("the key is forgotten", async || call(&edge, &token).await.err()).await;
    assert_eq!(status.code(), Code::Unauthenticated);
    call(&edge, &naming(&new, "next-key")).await.unwrap();
}

#[tokio::test]
async fn a_key_of_an_unknown_kind_does_not_spoil_the_set() {
    let issuer = Issuer::new();
    let mut set: Value = serde_json::from_str(&issuer.key_set()).unwrap();
    let strange = json!({"kty": "AKP", "kid": "later", "alg": "ML-DSA-44", "pub": "AAAA"});
    set["keys"].as_array_mut().unwrap().insert(0, strange);
    let provider = Provider::with_keys(set.to_string()).await;
    let edge = Edge::with(&[("XINQIAO_JWKS_URL", &format!("{}/keys", provider.url()))]).await;
    call(&edge, &issuer.token(&clerk())).await.unwrap();
}

#[tokio::test]
async fn a_flood_of_unknown_keys_at_a_silent_provider_is_bounded_and_keeps_nobody_out() {
    let issuer = Issuer::new();
    let provider = Provider::with_keys(issuer.key_set()).await;
    let url = format!("{}/keys", provider.url());
    let waiting = ("XINQIAO_TOKEN_WAITING_MAX", "1");
    let edge = Arc::new(Edge::with(&[("XINQIAO_JWKS_URL", &url), HASTE[0], waiting]).await);
    call(&edge, &issuer.token(&clerk())).await.unwrap();

    let silence = provider.silence().await;
    let (flooded, token) = (Arc::clone(&edge), naming(&issuer, "unknown"));
    let flood = tokio::spawn(async move {
        loop {
            let status = call(&flooded, &token).await.unwrap_err();
            assert_eq!(status.code(), Code::Unauthenticated);
        }
    });
    eventually("the provider is asked again", async || {
        (provider.asked("/keys") == 2).then_some(())
    })
    .await;
    let status = call(&edge, &naming(&issuer, "unknown-too")).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::Unauthenticated, "TOKEN_INVALID")
    );
    let another = Person::new("he", "何登记").with(Role::Clk);
    call(&edge, &issuer.token(&another)).await.unwrap();
    drop(silence);
    flood.abort();
}

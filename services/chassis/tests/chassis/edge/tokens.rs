//! Tokens that must not be believed, each for one reason, and those that must.

use std::time::UNIX_EPOCH;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tonic::{Code, Status};
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

fn without(name: &str) -> Value {
    claims(|claims| {
        claims.as_object_mut().unwrap().remove(name).unwrap();
    })
}

fn with(name: &str, value: Value) -> Value {
    claims(|claims| claims[name] = value)
}

/// A token put together by hand: the signature is that of another one, or nothing.
fn by_hand(header: &Value, claims: &Value, signature: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(header), part(claims))
}

/// Bad headers, rightly signed where the library lets us.
fn bad_headers(issuer: &Issuer) -> Vec<(&'static str, String)> {
    let good = clerk().claims();
    let sign = |change: &dyn Fn(&mut Header)| {
        let mut header = header();
        change(&mut header);
        issuer.sign(&header, &good)
    };
    let plain = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": "test-key"});
    let genuine = sign(&|_| {});
    let signature = genuine.rsplit('.').next().unwrap();
    let mut critical = plain.clone();
    critical["crit"] = json!(["exp"]);
    vec![
        ("typ JWT", sign(&|header| header.typ = Some("JWT".to_owned()))),
        ("no typ", sign(&|header| header.typ = None)),
        (
            "an id token",
            sign(&|header| header.typ = Some("id+jwt".to_owned())),
        ),
        (
            "unknown kid",
            sign(&|header| header.kid = Some("other".to_owned())),
        ),
        ("no kid", sign(&|header| header.kid = None)),
        ("empty kid", sign(&|header| header.kid = Some(String::new()))),
        (
            "jku",
            sign(&|header| header.jku = Some("https://evil.test/jwks".to_owned())),
        ),
        (
            "x5u",
            sign(&|header| header.x5u = Some("https://evil.test/chain".to_owned())),
        ),
        ("x5c", sign(&|header| header.x5c = Some(vec!["AAAA".to_owned()]))),
        (
            "8 KiB of header",
            sign(&|header| header.kid = Some("k".repeat(8192))),
        ),
        (
            "2 KiB of header",
            sign(&|header| header.cty = Some("c".repeat(2048))),
        ),
        (
            "alg none",
            by_hand(
                &json!({"alg": "none", "typ": "at+jwt", "kid": "test-key"}),
                &good,
                "",
            ),
        ),
        ("no signature", by_hand(&plain, &good, "")),
        ("critical extension", by_hand(&critical, &good, signature)),
        (
            "signature of another token",
            by_hand(&plain, &with("sub", json!("dsp")), signature),
        ),
        (
            "header that is no object",
            by_hand(&json!("EdDSA"), &good, signature),
        ),
    ]
}

fn bad_claims(issuer: &Issuer) -> Vec<(&'static str, String)> {
    let bad = vec![
        ("no iss", without("iss")),
        ("no aud", without("aud")),
        ("no sub", without("sub")),
        ("no exp", without("exp")),
        ("no nbf", without("nbf")),
        ("no district", without("district")),
        ("wrong iss", with("iss", json!("https://evil.test"))),
        (
            "iss among others",
            with("iss", json!([super::ISSUER, "https://evil.test"])),
        ),
        ("wrong aud", with("aud", json!("other"))),
        ("malformed aud", with("aud", json!(7))),
        ("empty sub", with("sub", json!(" "))),
        ("long sub", with("sub", json!("s".repeat(300)))),
        ("exp as text", with("exp", json!((now() + 600).to_string()))),
        ("nbf as text", with("nbf", json!((now() - 5).to_string()))),
        ("exp null", with("exp", Value::Null)),
        ("nbf in the future", with("nbf", json!(now() + 60))),
        ("expired by 31 seconds", with("exp", json!(now() - 31))),
        ("district that does not exist", with("district", json!("22050"))),
        ("district not served here", with("district", json!("220521"))),
        ("roles as text", with("roles", json!("CLK"))),
    ];
    bad.into_iter()
        .map(|(why, claims)| (why, issuer.sign(&header(), &claims)))
        .collect()
}

/// Signed with what is not the issuer's private key.
fn bad_keys(issuer: &Issuer) -> Vec<(&'static str, String)> {
    let mut symmetric = header();
    symmetric.alg = Algorithm::HS256;
    let public = EncodingKey::from_secret(issuer.public_key());
    vec![
        (
            "HS256 with the public key",
            jsonwebtoken::encode(&symmetric, &clerk().claims(), &public).unwrap(),
        ),
        ("another issuer's key", Issuer::new().token(&clerk())),
    ]
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
    let mut bad = bad_headers(&edge.issuer);
    bad.extend(bad_claims(&edge.issuer));
    bad.extend(bad_keys(&edge.issuer));
    let good = edge.issuer.token(&clerk());
    bad.push(("two parts", good.rsplit_once('.').unwrap().0.to_owned()));
    bad.push(("four parts", format!("{good}.AAAA")));
    bad.push(("not base64", format!("%{good}")));
    bad.push(("too long", format!("{good}{}", "A".repeat(7000))));
    bad.push(("not a token", "let-me-in".to_owned()));
    assert!(bad.len() >= 40);
    for (why, token) in bad {
        let status = edge
            .client(&token)
            .register_visit(RegisterVisitRequest::default())
            .await
            .unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated, "{why}: {status:?}");
        assert!(!reason(&status).is_empty(), "{why}");
    }
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

//! The issuer alone is enough to find the keys, and nothing wrong in its discovery document is believed.

use std::path::Path;

use serde_json::{Value, json};
use xinqiao_chassis::{
    config::{IdentitySettings, KeySource},
    districts::Districts,
    identity::Verifier,
    testing::{Issuer, eventually, header},
};

use super::{
    clerk,
    provider::{Provider, WELL_KNOWN},
    settings,
};

fn settings_of(provider: &Provider, more: &[(&str, &str)]) -> IdentitySettings {
    let mut variables = vec![("XINQIAO_TOKEN_ISSUER", provider.url()), ("XINQIAO_JWKS_URL", "")];
    variables.extend(more);
    settings(Path::new("none"), &variables).identity
}

fn verifier(settings: &IdentitySettings) -> Verifier {
    let districts =
        Districts::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/districts")).unwrap();
    Verifier::new(settings, districts).unwrap()
}

/// A token that names the provider as its issuer.
fn token(provider: &Provider, issuer: &Issuer, kid: &str) -> String {
    let mut claims = clerk().claims();
    claims["iss"] = json!(provider.url());
    let mut head = header();
    head.kid = Some(kid.to_owned());
    issuer.sign(&head, &claims)
}

/// A provider whose document differs from a good one in one thing.
async fn altered(change: impl FnOnce(&mut Value)) -> Provider {
    let provider = Provider::with_keys(Issuer::new().key_set()).await;
    let mut document = provider.document();
    change(&mut document);
    provider.put(WELL_KNOWN, &document.to_string());
    provider
}

/// Why a start finds no keys at this provider.
async fn complaint(provider: &Provider) -> String {
    let error = verifier(&settings_of(provider, &[])).load().await.unwrap_err();
    assert_eq!(provider.asked("/keys"), 0, "no key is fetched: {error}");
    error.to_string()
}

#[tokio::test]
async fn the_issuer_is_all_that_a_service_must_know() {
    let issuer = Issuer::new();
    let provider = Provider::with_keys(issuer.key_set()).await;
    let verifier = verifier(&settings_of(&provider, &[]));
    verifier.load().await.unwrap();
    let caller = verifier
        .verify(&token(&provider, &issuer, "test-key"))
        .await
        .unwrap();
    assert_eq!(caller.person_id, "li");
    assert_eq!((provider.asked(WELL_KNOWN), provider.asked("/keys")), (1, 1));
}

#[tokio::test]
async fn a_document_without_algorithms_is_believed() {
    let provider = altered(|document| {
        document
            .as_object_mut()
            .unwrap()
            .remove("id_token_signing_alg_values_supported");
    })
    .await;
    verifier(&settings_of(&provider, &[])).load().await.unwrap();
}

#[tokio::test]
async fn the_document_of_another_issuer_is_refused() {
    let provider = altered(|document| document["issuer"] = json!("https://evil.test")).await;
    let said = complaint(&provider).await;
    assert!(
        said.contains("https://evil.test") && said.contains(provider.url()),
        "{said}"
    );
}

#[tokio::test]
async fn an_issuer_that_differs_by_a_slash_is_another_issuer() {
    let provider = Provider::start().await;
    let mut document = provider.document();
    document["issuer"] = json!(format!("{}/", provider.url()));
    provider.put(WELL_KNOWN, &document.to_string());
    assert!(complaint(&provider).await.contains("must be equal"));
    // With the slash in the setting as well, the document is found in the same place and is the right one.
    let mut settings = settings_of(&provider, &[]);
    settings.issuer.push('/');
    provider.put("/keys", &Issuer::new().key_set());
    verifier(&settings).load().await.unwrap();
}

#[tokio::test]
async fn a_document_that_names_no_key_set_is_refused() {
    let provider = altered(|document| {
        document.as_object_mut().unwrap().remove("jwks_uri").unwrap();
    })
    .await;
    assert!(complaint(&provider).await.contains("names no jwks_uri"));
}

#[tokio::test]
async fn a_provider_that_does_not_sign_our_way_is_refused() {
    let provider =
        altered(|document| document["id_token_signing_alg_values_supported"] = json!(["RS256"])).await;
    let said = complaint(&provider).await;
    assert!(said.contains("RS256") && said.contains("EdDSA"), "{said}");
}

#[tokio::test]
async fn a_key_set_that_is_not_on_the_web_is_refused() {
    for place in ["file:///etc/passwd", "ftp://keys.test/keys", "/keys", ""] {
        let provider = altered(|document| document["jwks_uri"] = json!(place)).await;
        assert!(complaint(&provider).await.contains("not an https URL"), "{place}");
    }
}

#[tokio::test]
async fn production_fetches_no_keys_over_plain_http() {
    let provider = Provider::with_keys(Issuer::new().key_set()).await;
    let production = [
        ("XINQIAO_PROFILE", "production"),
        ("XINQIAO_TOKEN_ISSUER", "https://id.test"),
    ];
    let mut settings = settings_of(&provider, &production);
    // The settings refuse a plain issuer themselves; here it stands for one whose document names plain http.
    provider.url().clone_into(&mut settings.issuer);
    assert_eq!(settings.key_source, KeySource::Discovery);
    let said = verifier(&settings).load().await.unwrap_err().to_string();
    assert!(said.contains("not an https URL"), "{said}");
    assert_eq!(provider.asked("/keys"), 0);
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_not_read() {
    let provider = Provider::with_keys(Issuer::new().key_set()).await;
    provider.put("/elsewhere", &provider.document().to_string());
    let there = format!("302 Found\r\nlocation: {}/elsewhere", provider.url());
    provider.put_answer(WELL_KNOWN, &there, &provider.document().to_string());
    assert!(complaint(&provider).await.contains("answered 302"));
    assert_eq!(provider.asked("/elsewhere"), 0);
}

#[tokio::test]
async fn a_document_that_is_too_large_is_not_read() {
    let provider = altered(|document| document["padding"] = json!("x".repeat(300 * 1024))).await;
    assert!(complaint(&provider).await.contains("larger than 262144 bytes"));
}

#[tokio::test]
async fn what_is_no_document_is_refused() {
    let provider = Provider::start().await;
    assert!(complaint(&provider).await.contains("answered 404"));
    for text in ["<html>", "[]", "{}"] {
        provider.put(WELL_KNOWN, text);
        assert!(
            complaint(&provider).await.contains("not JSON with an issuer"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_key_set_that_has_moved_is_followed() {
    let (old, new) = (Issuer::new(), Issuer::new());
    let provider = Provider::with_keys(old.key_set()).await;
    let haste = [
        ("XINQIAO_JWKS_REFETCH_MS", "100"),
        ("XINQIAO_JWKS_KEEP_MS", "100"),
    ];
    let verifier = verifier(&settings_of(&provider, &haste));
    let kept = token(&provider, &old, "test-key");
    verifier.verify(&kept).await.unwrap();
    provider.put("/moved", &new.key_set().replace("test-key", "next-key"));
    let mut document = provider.document();
    document["jwks_uri"] = json!(format!("{}/moved", provider.url()));
    provider.put(WELL_KNOWN, &document.to_string());
    // The key set at the old place still holds the old key.
    eventually("the old key set is left", async || {
        verifier.verify(&kept).await.err()
    })
    .await;
    verifier
        .verify(&token(&provider, &new, "next-key"))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_discovery_that_fails_takes_no_key_away() {
    let issuer = Issuer::new();
    let provider = Provider::with_keys(issuer.key_set()).await;
    let haste = [
        ("XINQIAO_JWKS_REFETCH_MS", "100"),
        ("XINQIAO_JWKS_KEEP_MS", "100"),
        ("XINQIAO_TOKEN_CACHE_MAX", "0"),
    ];
    let verifier = verifier(&settings_of(&provider, &haste));
    let token = token(&provider, &issuer, "test-key");
    verifier.verify(&token).await.unwrap();
    let mut document = provider.document();
    document["issuer"] = json!("https://evil.test");
    provider.put(WELL_KNOWN, &document.to_string());
    eventually("discovery has failed twice", async || {
        verifier.verify(&token).await.unwrap();
        (provider.asked(WELL_KNOWN) >= 3).then_some(())
    })
    .await;
    verifier.verify(&token).await.unwrap();
    assert_eq!(provider.asked("/keys"), 1);
}

#[tokio::test]
async fn a_provider_that_comes_up_late_is_found() {
    let issuer = Issuer::new();
    let provider = Provider::with_keys(issuer.key_set()).await;
    provider.set_down(true);
    let haste = [("XINQIAO_JWKS_REFETCH_MS", "100")];
    let verifier = verifier(&settings_of(&provider, &haste));
    let said = verifier.load().await.unwrap_err().to_string();
    assert!(said.contains("cannot be asked"), "{said}");
    let token = token(&provider, &issuer, "test-key");
    verifier.verify(&token).await.unwrap_err();
    provider.set_down(false);
    eventually("the provider is asked again", async || {
        verifier.verify(&token).await.ok()
    })
    .await;
}

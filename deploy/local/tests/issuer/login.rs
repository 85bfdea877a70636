//! A person signs in: discovery, page, choice, code, tokens.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use xinqiao_chassis::identity::{Denial, Role};
use xinqiao_local::people::{LEADER_ZHANG, PEOPLE};

use crate::client::{BACK, CLIENT, Form, NONCE, Provider, STATE, Secret, Service, exchange, led_back, login};

/// What a browser would send when the button of this person is pressed.
fn press(page: &str, person: &str) -> Form {
    assert!(page.contains(&format!("name=\"person\" value=\"{person}\"")));
    let mut form = Form::new(&[("person", person)]);
    for hidden in page.split("<input type=\"hidden\" name=\"").skip(1) {
        let (name, rest) = hidden.split_once("\" value=\"").unwrap();
        let (value, _) = rest.split_once('"').unwrap();
        let value = value
            .replace("&quot;", "\"")
            .replace("&lt;", "<")
            .replace("&gt;", ">");
        form = form.with(name, &value.replace("&#39;", "'").replace("&amp;", "&"));
    }
    form
}

/// The claims of an ID token, verified as its client does.
async fn id_claims(provider: &Provider, token: &str) -> Value {
    let set: JwkSet = serde_json::from_value(provider.json("/jwks").await).unwrap();
    let head = jsonwebtoken::decode_header(token).unwrap();
    let key = DecodingKey::from_jwk(set.find(&head.kid.unwrap()).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&[CLIENT]);
    validation.set_issuer(&[provider.issuer.name()]);
    validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
    jsonwebtoken::decode(token, &key, &validation).unwrap().claims
}

#[tokio::test]
async fn a_person_signs_in_and_a_service_that_knows_the_issuer_believes_him() {
    let (provider, secret) = (Provider::start().await, Secret::new());
    let document = provider.json("/.well-known/openid-configuration").await;
    let authorize = document["authorization_endpoint"].as_str().unwrap();
    let asked = format!("{authorize}?{}", login(&secret).encoded());
    let page = provider.get(&asked).await.text().await.unwrap();

    let chosen = provider
        .post_form("/authorize", &press(&page, "zhang-fuquzhang"))
        .await;
    let heard = led_back(&chosen);
    assert_eq!(
        (&*heard["state"], &heard["iss"]),
        (STATE, &provider.issuer.name())
    );

    let answer = provider
        .post_form("/token", &exchange(&secret, &heard["code"]))
        .await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    let tokens: Value = answer.json().await.unwrap();
    assert_eq!(
        (&tokens["token_type"], &tokens["expires_in"]),
        (&json!("Bearer"), &json!(28_800))
    );

    let service = Service::trusting(&provider.issuer);
    let access = tokens["access_token"].as_str().unwrap();
    let caller = service.verify(access).await.unwrap();
    assert_eq!(caller.person_id, "zhang-fuquzhang");
    assert_eq!(
        (&*caller.roles, caller.leader_id),
        (&[Role::Ldr][..], Some(LEADER_ZHANG))
    );
    assert_eq!(caller.district.to_string(), "220502");
    assert_eq!(
        (&caller.portfolio[..], &caller.towns[..]),
        (&["03".to_owned()][..], &["220502100".to_owned()][..])
    );
}

#[tokio::test]
async fn the_id_token_is_for_its_client_and_no_service_takes_it() {
    let (provider, secret) = (Provider::start().await, Secret::new());
    let code = provider.code(&secret, "li-dengji").await;
    let answer = provider.post_form("/token", &exchange(&secret, &code)).await;
    let tokens: Value = answer.json().await.unwrap();
    let token = tokens["id_token"].as_str().unwrap();
    let claims = id_claims(&provider, token).await;
    assert_eq!(
        [&claims["sub"], &claims["nonce"], &claims["name"]],
        [&json!("li-dengji"), &json!(NONCE), &json!("李登记")]
    );
    let denial = Service::trusting(&provider.issuer)
        .verify(token)
        .await
        .unwrap_err();
    assert!(matches!(denial, Denial::Form(_)), "{denial}");
}

#[tokio::test]
async fn discovery_says_what_there_is() {
    let provider = Provider::start().await;
    let document = provider.json("/.well-known/openid-configuration").await;
    let name = provider.issuer.name();
    let expected = json!({
        "issuer": name,
        "authorization_endpoint": format!("{name}/authorize"),
        "token_endpoint": format!("{name}/token"),
        "jwks_uri": format!("{name}/jwks"),
        "scopes_supported": ["openid"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
        "token_endpoint_auth_methods_supported": ["none"],
        "authorization_response_iss_parameter_supported": true,
    });
    assert_eq!(document, expected);
    let own = provider.json(document["jwks_uri"].as_str().unwrap()).await;
    assert_eq!(own, provider.issuer.jwks().unwrap());
}

#[tokio::test]
async fn the_page_can_be_read_aloud_worked_by_keys_and_framed_by_nobody() {
    let (provider, secret) = (Provider::start().await, Secret::new());
    let answer = provider.ask(&login(&secret)).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let headers = answer.headers().clone();
    let page = answer.text().await.unwrap();
    assert!(page.starts_with("<!doctype html><html lang=\"zh-CN\">") && page.contains("<main>"));
    assert!(page.contains("<title>") && page.matches("<h1>").count() == 1);
    // A button for each and one to cancel; nothing but buttons is pressed.
    assert_eq!(page.matches("<button name=").count(), PEOPLE.len() + 1);
    assert!(!page.contains("<script") && !page.contains("onclick"));
    let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert!(policy.contains("form-action 'self' http://127.0.0.1:5173;"));
    assert_eq!(headers[header::CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn what_a_client_sends_is_text_on_the_page_and_comes_back_unchanged() {
    let (provider, secret) = (Provider::start().await, Secret::new());
    let hostile = "\"><script>alert('x')</script>&amp;";
    let asked = login(&secret).with("state", hostile).with("nonce", hostile);
    let page = provider.ask(&asked).await.text().await.unwrap();
    assert!(!page.contains("<script") && page.contains("&quot;&gt;&lt;script&gt;"));
    let form = press(&page, "li-dengji");
    let heard = led_back(&provider.post_form("/authorize", &form).await);
    assert_eq!(heard["state"], hostile);
}

#[tokio::test]
async fn who_cancels_is_led_back_without_a_code() {
    let (provider, secret) = (Provider::start().await, Secret::new());
    let form = login(&secret).with("cancel", "1");
    let heard = led_back(&provider.post_form("/authorize", &form).await);
    assert_eq!(
        (&*heard["error"], heard.contains_key("code")),
        ("access_denied", false)
    );
    assert_eq!(heard["state"], STATE);
}

#[tokio::test]
async fn a_listed_address_is_led_back_to_and_no_other() {
    let secret = Secret::new();
    let listed = "https://desk.test/back";
    let form = login(&secret)
        .with("redirect_uri", listed)
        .with("person", "li-dengji");
    let provider = Provider::leading_back_to(&[listed]).await;
    let answer = provider.post_form("/authorize", &form).await;
    let location = answer.headers()[header::LOCATION].to_str().unwrap();
    assert!(location.starts_with("https://desk.test/back?code="), "{location}");
    let other = Provider::leading_back_to(&[BACK]).await;
    assert_eq!(
        other.post_form("/authorize", &form).await.status(),
        StatusCode::BAD_REQUEST
    );
}

//! Every way to a login or a token that is not the right one.

use reqwest::{Response, StatusCode, header};
use serde_json::Value;

use crate::client::{Form, Provider, STATE, Secret, exchange, led_back, login};

/// Refused as RFC 6749, section 5.2 has it: the kind of error.
async fn refused(answer: Response) -> String {
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    let body: Value = answer.json().await.unwrap();
    assert!(!body["error_description"].as_str().unwrap().is_empty());
    assert_eq!(body.as_object().unwrap().len(), 2, "{body}");
    body["error"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_client_that_asks_wrongly_is_told_by_its_own_address() {
    let (provider, secret) = (Provider::start().await, Secret::new());
    let good = login(&secret);
    let table = [
        ("unsupported_response_type", good.without("response_type")),
        ("unsupported_response_type", good.with("response_type", "token")),
        (
            "unsupported_response_type",
            good.with("response_type", "code id_token"),
        ),
        ("invalid_request", good.with("response_mode", "fragment")),
        ("invalid_scope", good.without("scope")),
        ("invalid_scope", good.with("scope", "profile openid2")),
        ("invalid_request", good.without("code_challenge")),
        ("invalid_request", good.with("code_challenge", "short")),
        ("invalid_request", good.without("code_challenge_method")),
        ("invalid_request", good.with("code_challenge_method", "plain")),
        ("login_required", good.with("prompt", "none")),
        (
            "request_not_supported",
            good.with("request_uri", "https://evil.test/"),
        ),
    ];
    for (error, form) in table {
        let shown = led_back(&provider.ask(&form).await);
        // The choice is checked as the question was: the browser could have changed it.
        let chosen = provider
            .post_form("/authorize", &form.with("person", "li-dengji"))
            .await;
        for heard in [shown, led_back(&chosen)] {
            assert_eq!(
                (&*heard["error"], &*heard["state"]),
                (error, STATE),
                "{}",
                form.encoded()
            );
            assert!(!heard.contains_key("code"));
        }
    }
}

#[tokio::test]
async fn where_it_is_not_safe_to_lead_back_the_person_is_told() {
    let (provider, secret) = (Provider::start().await, Secret::new());
    let good = login(&secret);
    let table = [
        good.without("client_id"),
        good.with("client_id", "a client"),
        good.with("client_id", &"c".repeat(65)),
        good.without("redirect_uri"),
        good.with("redirect_uri", "https://evil.test/"),
        good.with("redirect_uri", "http://127.0.0.1@evil.test/"),
        good.twice("redirect_uri"),
        good.twice("client_id"),
        good.with("state", &"s".repeat(9000)),
    ];
    for form in table {
        let chosen = form.with("person", "li-dengji");
        for answer in [
            provider.ask(&form).await,
            provider.post_form("/authorize", &chosen).await,
        ] {
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{}", form.encoded());
            assert!(!answer.headers().contains_key(header::LOCATION));
            let page = answer.text().await.unwrap();
            assert!(page.contains("无法登录") && !page.contains("evil"));
        }
    }
}

#[tokio::test]
async fn nobody_but_a_demo_person_can_be_chosen() {
    let (provider, secret) = (Provider::start().await, Secret::new());
    for form in [login(&secret), login(&secret).with("person", "李登记 or anybody")] {
        let answer = provider.post_form("/authorize", &form).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    }
    let json = provider
        .post("/authorize", "application/json", "{}".to_owned())
        .await;
    assert_eq!(json.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_code_is_good_once() {
    let (provider, secret) = (Provider::start().await, Secret::new());
    let form = exchange(&secret, &provider.code(&secret, "li-dengji").await);
    let first = provider.post_form("/token", &form).await;
    assert_eq!(first.status(), StatusCode::OK);
    let second = provider.post_form("/token", &form).await;
    assert_eq!(refused(second).await, "invalid_grant");
}

#[tokio::test]
async fn a_code_is_good_for_who_asked_for_it_only_and_spent_by_anybody_else() {
    let (provider, secret) = (Provider::start().await, Secret::new());
    let changes = [
        ("code_verifier", Secret::new().0),
        ("code_verifier", secret.challenge()),
        ("client_id", "another-client".to_owned()),
        ("redirect_uri", "http://127.0.0.1:5173/other".to_owned()),
        ("redirect_uri", "http://127.0.0.1:5173/back".to_owned()),
    ];
    for (name, value) in changes {
        let good = exchange(&secret, &provider.code(&secret, "li-dengji").await);
        let stolen = provider.post_form("/token", &good.with(name, &value)).await;
        assert_eq!(refused(stolen).await, "invalid_grant", "{name}");
        let late = provider.post_form("/token", &good).await;
        assert_eq!(refused(late).await, "invalid_grant", "{name}");
    }
    let invented = exchange(&secret, &Secret::new().0);
    let answer = provider.post_form("/token", &invented).await;
    assert_eq!(refused(answer).await, "invalid_grant");
}

#[tokio::test]
async fn an_exchange_that_lacks_something_is_refused_and_spends_nothing() {
    let (provider, secret) = (Provider::start().await, Secret::new());
    let good = exchange(&secret, &provider.code(&secret, "li-dengji").await);
    let wrong = |error, form| (error, form);
    let mut table: Vec<(&str, Form)> = ["grant_type", "code", "code_verifier", "client_id", "redirect_uri"]
        .into_iter()
        .flat_map(|name| [good.without(name), good.twice(name)])
        .map(|form| wrong("invalid_request", form))
        .collect();
    table.push(wrong("invalid_request", good.with("padding", &"p".repeat(9000))));
    for grant in ["password", "refresh_token", "client_credentials"] {
        table.push(wrong("unsupported_grant_type", good.with("grant_type", grant)));
    }
    for (error, form) in table {
        let answer = provider.post_form("/token", &form).await;
        assert_eq!(refused(answer).await, error, "{}", form.encoded());
    }
    let json = provider.post("/token", "application/json", good.encoded()).await;
    assert_eq!(refused(json).await, "invalid_request");
    let answer = provider.post_form("/token", &good).await;
    assert_eq!(answer.status(), StatusCode::OK);
}

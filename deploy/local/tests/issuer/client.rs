//! A browser, a client with PKCE and a service, each as small as can be.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::{Client, Response, StatusCode, header};
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use url::{Url, form_urlencoded};
use xinqiao_chassis::config::{Reader, Settings};
use xinqiao_chassis::districts::Districts;
use xinqiao_chassis::identity::{Caller, Denial, Verifier};
use xinqiao_chassis::random;
use xinqiao_local::{issuer::Issuer, platform::districts_folder, ports};

pub(crate) const CLIENT: &str = "xinqiao-desk";
pub(crate) const BACK: &str = "http://127.0.0.1:5173/back?page=1";
pub(crate) const STATE: &str = "state of the client";
pub(crate) const NONCE: &str = "nonce of the client";

/// The issuer at work.
pub(crate) struct Provider {
    pub(crate) issuer: Issuer,
    http: Client,
    serving: JoinHandle<()>,
    _folder: TempDir,
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Provider {
    pub(crate) async fn start() -> Self {
        Self::leading_back_to(&[]).await
    }

    pub(crate) async fn leading_back_to(redirects: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let redirects = redirects.iter().map(|address| (*address).to_owned()).collect();
        let issuer = Issuer::open(folder.path(), ports::free().unwrap())
            .unwrap()
            .leading_back_to(redirects)
            .unwrap();
        let serving = issuer.serve().await.unwrap();
        let http = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self {
            issuer,
            http,
            serving,
            _folder: folder,
        }
    }

    pub(crate) async fn get(&self, path_or_url: &str) -> Response {
        let url = if path_or_url.starts_with('/') {
            format!("{}{path_or_url}", self.issuer.name())
        } else {
            path_or_url.to_owned()
        };
        self.http.get(url).send().await.unwrap()
    }

    pub(crate) async fn json(&self, path_or_url: &str) -> Value {
        self.get(path_or_url).await.json().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, content_type: &str, body: String) -> Response {
        self.http
            .post(format!("{}{path}", self.issuer.name()))
            .header(header::CONTENT_TYPE, content_type)
            .body(body)
            .send()
            .await
            .unwrap()
    }

    pub(crate) async fn post_form(&self, path: &str, form: &Form) -> Response {
        self.post(path, "application/x-www-form-urlencoded", form.encoded())
            .await
    }

    /// Asks for the page.
    pub(crate) async fn ask(&self, form: &Form) -> Response {
        self.get(&format!("/authorize?{}", form.encoded())).await
    }

    /// A code for this person, by the whole way of the browser without the page.
    pub(crate) async fn code(&self, secret: &Secret, person: &str) -> String {
        let form = login(secret).with("person", person);
        led_back(&self.post_form("/authorize", &form).await)["code"].clone()
    }
}

/// What a client keeps to itself.
pub(crate) struct Secret(pub(crate) String);

impl Secret {
    pub(crate) fn new() -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(random::bytes::<32>()))
    }

    pub(crate) fn challenge(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, self.0.as_bytes()))
    }
}

/// Parameters that a test changes one by one.
#[derive(Clone)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    pub(crate) fn new(parameters: &[(&str, &str)]) -> Self {
        let owned = parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self(owned.collect())
    }

    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut changed = self.without(name);
        changed.0.push((name.to_owned(), value.to_owned()));
        changed
    }

    pub(crate) fn without(&self, name: &str) -> Self {
        let rest = self.0.iter().filter(|(known, _)| known != name);
        Self(rest.cloned().collect())
    }

    pub(crate) fn twice(&self, name: &str) -> Self {
        let again = self.0.iter().find(|(known, _)| known == name).unwrap().clone();
        let mut changed = self.clone();
        changed.0.push(again);
        changed
    }

    pub(crate) fn encoded(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.0)
            .finish()
    }
}

/// A request for a login without fault.
pub(crate) fn login(secret: &Secret) -> Form {
    Form::new(&[
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", BACK),
        ("scope", "openid profile"),
        ("state", STATE),
        ("nonce", NONCE),
        ("code_challenge", &secret.challenge()),
        ("code_challenge_method", "S256"),
    ])
}

/// An exchange without fault.
pub(crate) fn exchange(secret: &Secret, code: &str) -> Form {
    Form::new(&[
        ("grant_type", "authorization_code"),
        ("code", code),
        ("code_verifier", &secret.0),
        ("client_id", CLIENT),
        ("redirect_uri", BACK),
    ])
}

/// What the client hears when the browser comes back to it.
pub(crate) fn led_back(response: &Response) -> BTreeMap<String, String> {
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let location = response.headers()[header::LOCATION].to_str().unwrap();
    assert!(location.starts_with(BACK), "{location}");
    Url::parse(location).unwrap().query_pairs().into_owned().collect()
}

/// A service that knows the issuer and nothing else of it.
pub(crate) struct Service(Verifier);

impl Service {
    pub(crate) fn trusting(issuer: &Issuer) -> Self {
        let name = issuer.name();
        let given = [
            ("XINQIAO_PROFILE", "evaluation"),
            ("XINQIAO_TOKEN_ISSUER", &name),
            ("XINQIAO_JWKS_REFETCH_MS", "100"),
            ("XINQIAO_JWKS_KEEP_MS", "100"),
            ("XINQIAO_DATABASE_URL", "postgres://nobody@127.0.0.1:1/none"),
            ("XINQIAO_KEY_BOOK_FILE", "none"),
            ("XINQIAO_KEK_FILE", "none"),
            ("XINQIAO_OBJECT_STORE_DIR", "none"),
        ];
        let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut reader = Reader::from_map(given.into());
        let settings = Settings::read(&mut reader);
        let settings = reader.finish(settings).unwrap();
        let districts = Districts::read(&districts_folder()).unwrap();
        Self(Verifier::new(&settings.identity, districts).unwrap())
    }

    pub(crate) async fn verify(&self, token: &str) -> Result<Arc<Caller>, Denial> {
        self.0.verify(token).await
    }
}

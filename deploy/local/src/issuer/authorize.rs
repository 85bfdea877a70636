//! The login: a request is checked, a person chosen, and a code led back to the client.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::rejection::RawFormRejection;
use axum::extract::{RawForm, RawQuery, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use url::Url;

use super::Provider;
use super::codes::Grant;
use super::page::{self, Problem};
use super::parameters::Parameters;
use super::{pkce, redirect};
use crate::people::PEOPLE;

/// A login that a client asks for, checked.
#[derive(Debug)]
pub(super) struct Login {
    pub(super) client_id: String,
    /// As the client wrote it: it must write it so again.
    redirect_uri: String,
    pub(super) redirect: Url,
    challenge: String,
    /// Everything asked, which the page carries from the question to the choice.
    pub(super) parameters: Parameters,
}

/// Why there is no login.
enum Wrong {
    /// It is not safe to lead back: the person is told.
    Here(Problem),
    /// The client is told.
    There(Box<Url>),
}

/// `GET /authorize`: who may be chosen.
pub(super) async fn show(State(provider): State<Arc<Provider>>, RawQuery(query): RawQuery) -> Response {
    match read(&provider, query.unwrap_or_default().as_bytes()) {
        Ok(login) => page::login(&login),
        Err(wrong) => wrong.into_response(),
    }
}

/// `POST /authorize`: somebody was chosen. The request came through the browser and is checked again.
pub(super) async fn choose(
    State(provider): State<Arc<Provider>>,
    form: Result<RawForm, RawFormRejection>,
) -> Response {
    let outcome = form
        .map_err(|_| Wrong::Here(Problem::Unreadable))
        .and_then(|RawForm(form)| read(&provider, &form))
        .and_then(|login| lead_back(&provider, &login));
    outcome.unwrap_or_else(Wrong::into_response)
}

fn lead_back(provider: &Provider, login: &Login) -> Result<Response, Wrong> {
    let parameters = &login.parameters;
    let refuse = |error, description| Wrong::There(Box::new(refusal(provider, login, error, description)));
    if parameters.get("cancel").is_some() {
        return Err(refuse("access_denied", "nobody was chosen"));
    }
    let chosen = parameters.get("person");
    let person = PEOPLE
        .iter()
        .find(|person| Some(person.id) == chosen)
        .ok_or(Wrong::Here(Problem::Person))?;
    let grant = Grant {
        client_id: login.client_id.clone(),
        redirect_uri: login.redirect_uri.clone(),
        challenge: login.challenge.clone(),
        nonce: parameters.get("nonce").map(str::to_owned),
        person,
    };
    let code = provider
        .codes()
        .issue(grant, Instant::now())
        .ok_or_else(|| refuse("temporarily_unavailable", "too many logins wait; try again"))?;
    let back = answer(provider, &login.redirect, parameters, &[("code", &code)]);
    Ok(Redirect::to(back.as_str()).into_response())
}

fn read(provider: &Provider, encoded: &[u8]) -> Result<Login, Wrong> {
    let parameters = Parameters::read(encoded).map_err(|_| Wrong::Here(Problem::Unreadable))?;
    let client_id = parameters
        .get("client_id")
        .filter(|id| is_client(id))
        .ok_or(Wrong::Here(Problem::Client))?
        .to_owned();
    let redirect_uri = parameters.get("redirect_uri").unwrap_or_default().to_owned();
    let redirect =
        redirect::allowed(&redirect_uri, &provider.issuer.redirects).ok_or(Wrong::Here(Problem::Redirect))?;
    let login = Login {
        client_id,
        redirect_uri,
        redirect,
        challenge: parameters.get("code_challenge").unwrap_or_default().to_owned(),
        parameters,
    };
    match fault(&login) {
        None => Ok(login),
        Some((error, description)) => {
            let back = refusal(provider, &login, error, description);
            Err(Wrong::There(Box::new(back)))
        }
    }
}

/// What the client did wrong, by the words of RFC 6749, section 4.1.2.1.
fn fault(login: &Login) -> Option<(&'static str, &'static str)> {
    let get = |name| login.parameters.get(name);
    let scopes = get("scope").unwrap_or_default();
    if get("request").is_some() || get("request_uri").is_some() {
        Some(("request_not_supported", "give the parameters one by one"))
    } else if get("response_type") != Some("code") {
        Some(("unsupported_response_type", "response_type must be code"))
    } else if get("response_mode").is_some_and(|mode| mode != "query") {
        Some(("invalid_request", "response_mode must be query"))
    } else if !scopes.split(' ').any(|scope| scope == "openid") {
        Some(("invalid_scope", "scope must contain openid"))
    } else if get("code_challenge_method") != Some(pkce::METHOD) {
        Some(("invalid_request", "code_challenge_method must be S256"))
    } else if !pkce::is_challenge(&login.challenge) {
        Some((
            "invalid_request",
            "code_challenge must be the SHA-256 of the verifier in base64url",
        ))
    } else if get("prompt") == Some("none") {
        Some(("login_required", "somebody must choose who signs in"))
    } else {
        None
    }
}

/// Clients are not registered: what keeps a code from others is where it is led and who can prove the challenge.
fn is_client(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    (1..=64).contains(&id.len()) && id.bytes().all(plain)
}

fn refusal(provider: &Provider, login: &Login, error: &str, description: &str) -> Url {
    let said = [("error", error), ("error_description", description)];
    answer(provider, &login.redirect, &login.parameters, &said)
}

/// The client's address with what it is told, its own state, and who tells it (RFC 9207).
fn answer(provider: &Provider, redirect: &Url, parameters: &Parameters, said: &[(&str, &str)]) -> Url {
    let mut back = redirect.clone();
    let mut pairs = back.query_pairs_mut();
    pairs.extend_pairs(said);
    pairs.extend_pairs(parameters.get("state").map(|state| ("state", state)));
    pairs.append_pair("iss", &provider.issuer.name());
    drop(pairs);
    back
}

impl Wrong {
    fn into_response(self) -> Response {
        match self {
            Self::Here(problem) => page::problem(problem),
            Self::There(back) => Redirect::to(back.as_str()).into_response(),
        }
    }
}

//! A code becomes tokens, once, for who can prove that he asked for it.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::rejection::RawFormRejection;
use axum::extract::{RawForm, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::codes::Grant;
use super::keys::Keys;
use super::parameters::Parameters;
use super::{AUDIENCE, Provider, claims, pkce};

/// What the client is told (RFC 6749, section 5.2).
#[derive(Debug, PartialEq, Eq)]
struct Refused {
    status: StatusCode,
    error: &'static str,
    description: &'static str,
}

/// One answer for everything that can be wrong with a code: which it was is nobody's business.
const INVALID_GRANT: Refused = Refused {
    status: StatusCode::BAD_REQUEST,
    error: "invalid_grant",
    description: "the code is unknown, spent, expired, or for another client, address or verifier; sign in again",
};

fn invalid_request(description: &'static str) -> Refused {
    Refused {
        status: StatusCode::BAD_REQUEST,
        error: "invalid_request",
        description,
    }
}

/// `POST /token`.
pub(super) async fn exchange(
    State(provider): State<Arc<Provider>>,
    form: Result<RawForm, RawFormRejection>,
) -> Response {
    let outcome = form
        .map_err(|_| invalid_request("send one application/x-www-form-urlencoded form of at most 8 KiB"))
        .and_then(|RawForm(form)| spend(&provider, &form, Instant::now()))
        .and_then(|grant| tokens(&provider, &grant));
    let (status, body) = match outcome {
        Ok(tokens) => (StatusCode::OK, tokens),
        Err(refused) => (
            refused.status,
            json!({ "error": refused.error, "error_description": refused.description }),
        ),
    };
    // A token in a cache is a token given away.
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// What the code in the form stands for. A code that is shown is spent, whatever comes with it.
fn spend(provider: &Provider, form: &[u8], now: Instant) -> Result<Grant, Refused> {
    let parameters =
        Parameters::read(form).map_err(|unreadable| invalid_request(unreadable.description()))?;
    let wanted = |name, missing| parameters.get(name).ok_or_else(|| invalid_request(missing));
    if wanted("grant_type", "grant_type is missing")? != "authorization_code" {
        return Err(Refused {
            status: StatusCode::BAD_REQUEST,
            error: "unsupported_grant_type",
            description: "grant_type must be authorization_code",
        });
    }
    let code = wanted("code", "code is missing")?;
    let client_id = wanted("client_id", "client_id is missing")?;
    let redirect_uri = wanted("redirect_uri", "redirect_uri is missing")?;
    let verifier = wanted("code_verifier", "code_verifier is missing")?;
    let grant = provider.codes().spend(code, now).ok_or(INVALID_GRANT)?;
    let same = grant.client_id == client_id && grant.redirect_uri == redirect_uri;
    if same && pkce::proves(verifier, &grant.challenge) {
        Ok(grant)
    } else {
        Err(INVALID_GRANT)
    }
}

fn tokens(provider: &Provider, grant: &Grant) -> Result<Value, Refused> {
    let issuer = provider.issuer.name();
    let signed = || {
        let keys = Keys::read(&provider.issuer.folder)?;
        let access = claims::access_token(&keys, &issuer, grant.person, AUDIENCE)?;
        let nonce = grant.nonce.as_deref();
        let id = claims::id_token(&keys, &issuer, grant.person, &grant.client_id, nonce)?;
        anyhow::Ok((access, id))
    };
    let (access_token, id_token) = signed().map_err(|_| Refused {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        error: "server_error",
        description: "the tokens could not be signed; look at the issuer's folder",
    })?;
    Ok(json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": claims::ACCESS_LIFE.as_secs(),
        "scope": "openid",
        "id_token": id_token,
    }))
}

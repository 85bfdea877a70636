//! What the issuer says of itself, and its public keys.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Provider;

/// `GET /.well-known/openid-configuration` (OpenID Connect Discovery 1.0, section 3).
pub(super) async fn document(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let issuer = provider.issuer.name();
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "scopes_supported": ["openid"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
        "token_endpoint_auth_methods_supported": ["none"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

/// `GET /jwks`.
pub(super) async fn key_set(State(provider): State<Arc<Provider>>) -> Result<Json<Value>, StatusCode> {
    let keys = provider.issuer.jwks();
    keys.map(Json).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

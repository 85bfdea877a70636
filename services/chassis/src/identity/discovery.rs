//! What the identity provider says of itself: the discovery document below its issuer.
//!
//! The document is believed only when it names the very issuer that is configured: else somebody else's keys
//! would be taken for the provider's (OpenID Connect Discovery 1.0, section 4.3).

use jsonwebtoken::Algorithm;
use serde::Deserialize;

use crate::config::{IdentitySettings, is_web};

/// Longest piece of a document that an error repeats, in characters.
const SHOWN_MAX: usize = 200;

/// Why a discovery document is not believed.
#[derive(Debug, thiserror::Error)]
pub enum DiscoveryError {
    /// It is not a discovery document.
    #[error("the discovery document is not JSON with an issuer: {0}")]
    Form(#[from] serde_json::Error),
    /// It is another provider's.
    #[error(
        "the discovery document names the issuer {said:?}, the configured one is {expected:?}; they must be equal"
    )]
    Issuer {
        /// The issuer in the document.
        said: String,
        /// The configured one.
        expected: String,
    },
    /// It names no key set.
    #[error("the discovery document names no jwks_uri; a provider without one needs XINQIAO_JWKS_URL")]
    NoKeySet,
    /// Keys may not be fetched from where it says.
    #[error("the discovery document names the jwks_uri {0:?}, which is not an https URL")]
    KeySetUrl(String),
    /// The provider does not sign with the configured algorithm.
    #[error("the provider signs with {said}, not with {expected:?}; see XINQIAO_TOKEN_ALGORITHM")]
    Algorithm {
        /// What the document names.
        said: String,
        /// The configured one.
        expected: Algorithm,
    },
}

/// The part of the document that concerns us.
#[derive(Debug, Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: Option<String>,
    #[serde(rename = "id_token_signing_alg_values_supported")]
    algorithms: Option<Vec<String>>,
}

/// Where the document of an issuer lies; a slash at the end of the issuer is not doubled.
pub(super) fn address(issuer: &str) -> String {
    let issuer = issuer.strip_suffix('/').unwrap_or(issuer);
    format!("{issuer}/.well-known/openid-configuration")
}

/// The address of the key set, when the document is that of the configured provider.
pub(super) fn key_set_url(text: &[u8], settings: &IdentitySettings) -> Result<String, DiscoveryError> {
    let document: Document = serde_json::from_slice(text)?;
    if document.issuer != settings.issuer {
        return Err(DiscoveryError::Issuer {
            said: shown(&document.issuer),
            expected: settings.issuer.clone(),
        });
    }
    let named = |algorithms: &Vec<String>| {
        let ours = format!("{:?}", settings.algorithm);
        algorithms.contains(&ours)
    };
    if let Some(algorithms) = document.algorithms.filter(|algorithms| !named(algorithms)) {
        return Err(DiscoveryError::Algorithm {
            said: shown(&algorithms.join(", ")),
            expected: settings.algorithm,
        });
    }
    let url = document.jwks_uri.ok_or(DiscoveryError::NoKeySet)?;
    if is_web(&url, settings.plain_http) {
        Ok(url)
    } else {
        Err(DiscoveryError::KeySetUrl(shown(&url)))
    }
}

/// The beginning of a text that somebody else wrote.
fn shown(text: &str) -> String {
    text.chars().take(SHOWN_MAX).collect()
}

//! Decides whether a token is good.

use std::{collections::HashSet, sync::Arc, time::UNIX_EPOCH};

use jsonwebtoken::{Algorithm, Validation, errors::ErrorKind};
use tonic::Code;

use super::{
    Caller,
    cache::{TokenCache, token_digest},
    case_token,
    keys::{KeySet, KeySetError},
    token::{Claims, key_identifier},
};
use crate::{
    clock::machine_time, config::IdentitySettings, districts::Districts, refusal::Refusal, seal::KeyRing,
};

/// Why a caller is not let in. The text is for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// Nothing was presented.
    #[error("no token")]
    Missing,
    /// Not one bearer token, or not of the form of one.
    #[error("malformed: {0}")]
    Form(&'static str),
    /// No key of the provider has this identifier.
    #[error("unknown key")]
    UnknownKey,
    /// Signature, algorithm, issuer, audience or time is wrong.
    #[error("not valid: {0}")]
    Invalid(&'static str),
    /// Was good once.
    #[error("expired")]
    Expired,
    /// Claims of ours are wrong.
    #[error("claims: {0}")]
    Claims(&'static str),
    /// A district that this installation does not serve.
    #[error("district is not served here")]
    UnknownDistrict,
    /// His key is unknown, and too many wait for the provider already.
    #[error("too many wait for the keys")]
    Crowded,
}

impl Denial {
    /// A stable word for metrics.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Form(_) => "form",
            Self::UnknownKey => "unknown_key",
            Self::Invalid(_) => "invalid",
            Self::Expired => "expired",
            Self::Claims(_) => "claims",
            Self::UnknownDistrict => "unknown_district",
            Self::Crowded => "crowded",
        }
    }
}

/// One answer for everything that was presented and refused: whoever tries forgeries does not learn which came further.
impl From<Denial> for Refusal {
    fn from(denial: Denial) -> Self {
        let (reason, zh, en) = match denial {
            Denial::Missing => ("TOKEN_MISSING", "请先登录", "sign in first"),
            Denial::Form(_)
            | Denial::UnknownKey
            | Denial::Invalid(_)
            | Denial::Expired
            | Denial::Claims(_)
            | Denial::UnknownDistrict
            | Denial::Crowded => (
                "TOKEN_INVALID",
                "登录凭证无效或者已经过期，请重新登录",
                "your token is not valid, or no longer; sign in again",
            ),
        };
        Self::new(Code::Unauthenticated, reason, zh, en)
    }
}

/// Verifies tokens. Clones share keys and memory.
#[derive(Debug, Clone)]
pub struct Verifier {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    keys: KeySet,
    validation: Validation,
    token_max_bytes: usize,
    cache: TokenCache,
    districts: Districts,
    case_keys: Option<Arc<KeyRing>>,
}

impl Verifier {
    /// A verifier that fetches the key set when the first token comes.
    pub fn new(settings: &IdentitySettings, districts: Districts) -> Result<Self, KeySetError> {
        let inner = Inner {
            keys: KeySet::new(settings)?,
            validation: validation(settings),
            token_max_bytes: settings.token_max_bytes,
            cache: TokenCache::new(settings.cache_max),
            districts,
            case_keys: None,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Takes the tokens for one case too, which these keys verify.
    ///
    /// # Panics
    /// When the verifier is in use already: a programming error.
    #[must_use]
    pub fn with_case_tokens(mut self, keys: Arc<KeyRing>) -> Self {
        let inner = Arc::get_mut(&mut self.inner).expect("invariant: nobody has the verifier yet");
        inner.case_keys = Some(keys);
        self
    }

    /// Fetches the key set ahead of the first token.
    pub async fn load(&self) -> Result<(), KeySetError> {
        self.inner.keys.load().await
    }

    /// The caller whom a token proves.
    pub async fn verify(&self, token: &str) -> Result<Arc<Caller>, Denial> {
        let inner = &self.inner;
        if token.len() > inner.token_max_bytes {
            return Err(Denial::Form("the token is too long"));
        }
        // Before the memory is asked: it must not outlive the key that a token was verified by.
        if inner.keys.renew().await {
            inner.cache.clear();
        }
        if let Some((keys, body)) = inner.case_keys.as_deref().zip(case_token::body(token)) {
            return case_token::verify(keys, body, seconds()).map(Arc::new);
        }
        let digest = token_digest(token);
        if let Some(caller) = inner.cache.get(&digest, seconds()) {
            return Ok(caller);
        }
        let kid = key_identifier(token, inner.token_max_bytes)?;
        let epoch = inner.cache.epoch();
        let found = inner.keys.find(&kid).await.map_err(|_| Denial::Crowded)?;
        if found.changed {
            inner.cache.clear();
        }
        let key = found.key.ok_or(Denial::UnknownKey)?;
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &inner.validation)
            .map_err(|error| denial(&error))?
            .claims;
        let expires = claims.exp;
        let caller = claims.into_caller()?;
        if inner.districts.get(caller.district).is_none() {
            return Err(Denial::UnknownDistrict);
        }
        let caller = Arc::new(caller);
        inner.cache.put(epoch, digest, Arc::clone(&caller), expires);
        Ok(caller)
    }
}

/// One algorithm from our settings, every claim required: by itself the library lets a token without
/// issuer, audience or start pass.
fn validation(settings: &IdentitySettings) -> Validation {
    let mut validation = Validation::new(settings.algorithm);
    validation.required_spec_claims = HashSet::from(["exp", "nbf", "iss", "aud", "sub"].map(str::to_owned));
    validation.validate_nbf = true;
    validation.leeway = settings.leeway.as_secs().min(30);
    validation.set_issuer(&[&settings.issuer]);
    validation.set_audience(&[&settings.audience]);
    debug_assert!(validation.algorithms.len() == 1 && settings.algorithm != Algorithm::HS256);
    validation
}

fn denial(error: &jsonwebtoken::errors::Error) -> Denial {
    match error.kind() {
        ErrorKind::ExpiredSignature => Denial::Expired,
        ErrorKind::InvalidSignature => Denial::Invalid("signature"),
        ErrorKind::InvalidIssuer => Denial::Invalid("issuer"),
        ErrorKind::InvalidAudience => Denial::Invalid("audience"),
        ErrorKind::ImmatureSignature => Denial::Invalid("not yet valid"),
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => Denial::Invalid("algorithm"),
        ErrorKind::MissingRequiredClaim(_) => Denial::Invalid("a required claim is missing"),
        ErrorKind::Json(_) => Denial::Claims("a claim is missing or has the wrong type"),
        _ => Denial::Invalid("form"),
    }
}

/// Seconds of machine time since the epoch: what the life of a token is counted in.
pub(crate) fn seconds() -> u64 {
    machine_time()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

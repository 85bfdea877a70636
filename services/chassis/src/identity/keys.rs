//! The key set of the identity provider: fetched, kept, fetched again when a key is unknown.

use std::{collections::HashMap, sync::Arc, time::Duration};

use jsonwebtoken::{
    Algorithm, AlgorithmFamily, DecodingKey,
    jwk::{Jwk, JwkSet, PublicKeyUse},
};
use tokio::{
    sync::{Mutex, RwLock},
    time::Instant,
};

/// At most one fetch in this time because of an unknown key.
const REFETCH_EVERY: Duration = Duration::from_mins(1);
/// While no set was ever had, try more often.
const FIRST_FETCH_EVERY: Duration = Duration::from_secs(1);
/// A set older than this is fetched again, so that a key that was taken back stops working.
const KEEP_FOR: Duration = Duration::from_mins(10);
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// Largest key set that is read, in bytes.
const SET_MAX_BYTES: usize = 256 * 1024;

/// Why the key set cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeySetError {
    /// The provider did not answer.
    #[error("the key set cannot be fetched: {0}")]
    Fetch(#[from] reqwest::Error),
    /// The file cannot be read.
    #[error("the key set cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// The answer is not a key set.
    #[error("the key set is not a JWKS document: {0}")]
    Form(#[from] serde_json::Error),
    /// The answer is larger than a key set may be.
    #[error("the key set is larger than {SET_MAX_BYTES} bytes")]
    TooLarge,
    /// No key fits the configured algorithm.
    #[error("the key set holds no key with an identifier for {0:?}")]
    NoKey(Algorithm),
}

/// Verification keys by identifier, with the form they came in, to see changes.
type Keys = HashMap<String, (Jwk, Arc<DecodingKey>)>;

/// The provider's keys.
#[derive(Debug)]
pub(super) struct KeySet {
    url: String,
    algorithm: Algorithm,
    keys: RwLock<Keys>,
    /// When the set was last asked for, and last had. Held while fetching: one fetch at a time.
    fetches: Mutex<Fetches>,
    client: reqwest::Client,
}

#[derive(Debug, Default)]
struct Fetches {
    tried: Option<Instant>,
    had: Option<Instant>,
}

/// What looking for a key came to.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) key: Option<Arc<DecodingKey>>,
    /// The set changed on the way: what was verified by the old one must be forgotten.
    pub(super) changed: bool,
}

impl KeySet {
    pub(super) fn new(url: String, algorithm: Algorithm) -> Result<Self, KeySetError> {
        let client = reqwest::Client::builder()
            .timeout(FETCH_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self {
            url,
            algorithm,
            keys: RwLock::default(),
            fetches: Mutex::default(),
            client,
        })
    }

    /// Fetches the set now; at the start of a service, so that a wrong URL is seen in its log at once.
    pub(super) async fn load(&self) -> Result<(), KeySetError> {
        let mut fetches = self.fetches.lock().await;
        fetches.tried = Some(Instant::now());
        let keys = self.fetch().await?;
        fetches.had = Some(Instant::now());
        *self.keys.write().await = keys;
        Ok(())
    }

    /// The key with this identifier. An unknown one asks the provider again, at most once a minute.
    pub(super) async fn find(&self, kid: &str) -> Found {
        let key = self.known(kid).await;
        // Who has a key does not wait for a fetch that somebody else is doing.
        let turn = if key.is_some() {
            self.fetches.try_lock().ok()
        } else {
            Some(self.fetches.lock().await)
        };
        let Some(mut fetches) = turn else {
            return Found { key, changed: false };
        };
        let unknown = self.known(kid).await.is_none();
        let changed = fetches.due(unknown) && self.refresh(&mut fetches).await;
        Found {
            key: self.known(kid).await,
            changed,
        }
    }

    async fn known(&self, kid: &str) -> Option<Arc<DecodingKey>> {
        self.keys.read().await.get(kid).map(|(_, key)| Arc::clone(key))
    }

    /// Fetches again; true when the set changed.
    async fn refresh(&self, fetches: &mut Fetches) -> bool {
        fetches.tried = Some(Instant::now());
        match self.fetch().await {
            Ok(fresh) => {
                fetches.had = Some(Instant::now());
                let mut keys = self.keys.write().await;
                let same =
                    |(kid, (jwk, _)): (&String, &(Jwk, _))| keys.get(kid).is_some_and(|(old, _)| old == jwk);
                let changed = keys.len() != fresh.len() || !fresh.iter().all(same);
                *keys = fresh;
                changed
            }
            Err(error) => {
                tracing::warn!(%error, "the key set in hand stays in use");
                false
            }
        }
    }

    async fn fetch(&self) -> Result<Keys, KeySetError> {
        let text = if let Some(path) = self.url.strip_prefix("file://") {
            tokio::fs::read(path).await?
        } else {
            let mut response = self.client.get(&self.url).send().await?.error_for_status()?;
            let mut text = Vec::new();
            while let Some(chunk) = response.chunk().await? {
                text.extend_from_slice(&chunk);
                if text.len() > SET_MAX_BYTES {
                    return Err(KeySetError::TooLarge);
                }
            }
            text
        };
        if text.len() > SET_MAX_BYTES {
            return Err(KeySetError::TooLarge);
        }
        let set: JwkSet = serde_json::from_slice(&text)?;
        let keys: Keys = set.keys.iter().filter_map(|jwk| self.usable(jwk)).collect();
        if keys.is_empty() {
            Err(KeySetError::NoKey(self.algorithm))
        } else {
            Ok(keys)
        }
    }

    /// A key with an identifier, meant for signatures, of the family of our one algorithm.
    fn usable(&self, jwk: &Jwk) -> Option<(String, (Jwk, Arc<DecodingKey>))> {
        let kid = jwk.common.key_id.clone().filter(|kid| !kid.is_empty())?;
        let for_signatures = matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature));
        let key = DecodingKey::from_jwk(jwk).ok()?;
        let fits = key.family() == family(self.algorithm) && key.family() != AlgorithmFamily::Hmac;
        (for_signatures && fits).then(|| (kid, (jwk.clone(), Arc::new(key))))
    }
}

impl Fetches {
    fn due(&self, unknown: bool) -> bool {
        let since =
            |instant: Option<Instant>, limit| instant.is_none_or(|instant| instant.elapsed() >= limit);
        match (self.had, unknown) {
            (None, _) => since(self.tried, FIRST_FETCH_EVERY),
            (Some(_), true) => since(self.tried, REFETCH_EVERY),
            (Some(_), false) => since(self.had, KEEP_FOR) && since(self.tried, REFETCH_EVERY),
        }
    }
}

fn family(algorithm: Algorithm) -> AlgorithmFamily {
    match algorithm {
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => AlgorithmFamily::Hmac,
        Algorithm::ES256 | Algorithm::ES384 => AlgorithmFamily::Ec,
        Algorithm::EdDSA => AlgorithmFamily::Ed,
        _ => AlgorithmFamily::Rsa,
    }
}

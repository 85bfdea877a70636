//! The keys of the identity provider: fetched, kept, fetched again when one is unknown or all are old.

use std::{collections::HashMap, sync::Arc, time::Duration};

use jsonwebtoken::{
    Algorithm, AlgorithmFamily, DecodingKey,
    jwk::{Jwk, JwkSet, PublicKeyUse},
};
use tokio::{
    sync::{Mutex, MutexGuard, RwLock, Semaphore},
    time::Instant,
};

use super::fetch::{FetchError, Fetcher};
use crate::config::IdentitySettings;

/// While no set was ever had, try more often.
const FIRST_FETCH_EVERY: Duration = Duration::from_secs(1);

/// Why the key set cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeySetError {
    /// Nothing was fetched that could be a key set.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The answer is not a key set.
    #[error("the key set is not a JWKS document: {0}")]
    Form(#[from] serde_json::Error),
    /// No key fits the configured algorithm.
    #[error("the key set holds no key with an identifier for {0:?}")]
    NoKey(Algorithm),
}

/// Verification keys by identifier, with the form they came in, to see changes.
type Keys = HashMap<String, (Jwk, Arc<DecodingKey>)>;

/// The provider's keys.
#[derive(Debug)]
pub(super) struct KeySet {
    fetcher: Fetcher,
    algorithm: Algorithm,
    /// At most one fetch in this time.
    refetch: Duration,
    /// A set older than this is fetched again.
    keep: Duration,
    keys: RwLock<Keys>,
    /// When the set was last asked for, and last had. Held while fetching: one fetch at a time.
    fetches: Mutex<Fetches>,
    /// Room for the calls that wait for this lock: anybody can name an unknown key.
    room: Semaphore,
}

/// As many calls wait for the provider as may.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Crowded;

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
    pub(super) fn new(settings: &IdentitySettings) -> Result<Self, KeySetError> {
        Ok(Self {
            fetcher: Fetcher::new(settings)?,
            algorithm: settings.algorithm,
            refetch: settings.refetch,
            keep: settings.keep,
            keys: RwLock::default(),
            fetches: Mutex::default(),
            room: Semaphore::new(settings.waiting_max),
        })
    }

    /// Fetches the set now; at the start of a service, so that a wrong setting is seen in its log at once.
    pub(super) async fn load(&self) -> Result<(), KeySetError> {
        let mut fetches = self.fetches.lock().await;
        self.fetch(&mut fetches).await.map(drop)
    }

    /// Fetches the set again when it is old; true when it changed. Nobody waits for a fetch that somebody else
    /// is doing.
    pub(super) async fn renew(&self) -> bool {
        match self.fetches.try_lock() {
            Ok(fetches) if self.is_old(&fetches) => self.refresh(fetches).await,
            _ => false,
        }
    }

    /// The key with this identifier. An unknown one asks the provider again, when it was not asked just now.
    pub(super) async fn find(&self, kid: &str) -> Result<Found, Crowded> {
        let key = self.known(kid).await;
        if key.is_some() {
            return Ok(Found { key, changed: false });
        }
        let _room = self.room.try_acquire().map_err(|_| Crowded)?;
        let fetches = self.fetches.lock().await;
        // Who waited for the lock may have been waiting for just this key.
        let changed =
            self.known(kid).await.is_none() && self.may_ask(&fetches) && self.refresh(fetches).await;
        Ok(Found {
            key: self.known(kid).await,
            changed,
        })
    }

    async fn known(&self, kid: &str) -> Option<Arc<DecodingKey>> {
        self.keys.read().await.get(kid).map(|(_, key)| Arc::clone(key))
    }

    fn may_ask(&self, fetches: &Fetches) -> bool {
        let limit = match fetches.had {
            None => self.refetch.min(FIRST_FETCH_EVERY),
            Some(_) => self.refetch,
        };
        fetches.tried.is_none_or(|tried| tried.elapsed() >= limit)
    }

    fn is_old(&self, fetches: &Fetches) -> bool {
        fetches.had.is_some_and(|had| had.elapsed() >= self.keep) && self.may_ask(fetches)
    }

    /// Fetches again; true when the set changed. A provider that fails takes no key away.
    async fn refresh(&self, mut fetches: MutexGuard<'_, Fetches>) -> bool {
        self.fetch(&mut fetches).await.unwrap_or_else(|error| {
            if fetches.had.is_some() {
                tracing::warn!(%error, "the keys in hand stay in use");
            } else {
                tracing::warn!(%error, "no key in hand, nobody can sign in");
            }
            false
        })
    }

    async fn fetch(&self, fetches: &mut Fetches) -> Result<bool, KeySetError> {
        fetches.tried = Some(Instant::now());
        let fresh = self.read(&self.fetcher.key_set().await?)?;
        fetches.had = Some(Instant::now());
        let mut keys = self.keys.write().await;
        let same = |(kid, (jwk, _)): (&String, &(Jwk, _))| keys.get(kid).is_some_and(|(old, _)| old == jwk);
        let changed = keys.len() != fresh.len() || !fresh.iter().all(same);
        *keys = fresh;
        Ok(changed)
    }

    fn read(&self, text: &[u8]) -> Result<Keys, KeySetError> {
        let set: JwkSet = serde_json::from_slice(text)?;
        let keys: Keys = set.keys.into_iter().filter_map(|jwk| self.usable(jwk)).collect();
        if keys.is_empty() {
            Err(KeySetError::NoKey(self.algorithm))
        } else {
            Ok(keys)
        }
    }

    /// A key with an identifier, meant for signatures, of the family of our one algorithm.
    fn usable(&self, jwk: Jwk) -> Option<(String, (Jwk, Arc<DecodingKey>))> {
        let kid = jwk.common.key_id.clone().filter(|kid| !kid.is_empty())?;
        let for_signatures = matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature));
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        let fits = key.family() == family(self.algorithm) && key.family() != AlgorithmFamily::Hmac;
        (for_signatures && fits).then(|| (kid, (jwk, Arc::new(key))))
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

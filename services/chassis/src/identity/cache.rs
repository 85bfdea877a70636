//! Remembers verified tokens, a bounded number of them, never past their expiry.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use aws_lc_rs::digest::{SHA256, digest};

use super::Caller;

/// Digest of a token: the token itself is not kept.
pub(super) type TokenDigest = [u8; 32];

/// The key of a token.
pub(super) fn token_digest(token: &str) -> TokenDigest {
    let mut key = [0; 32];
    key.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    key
}

#[derive(Debug, Clone)]
struct Verified {
    caller: Arc<Caller>,
    /// Seconds since the epoch, machine time.
    expires: u64,
}

/// Two generations of half the size: when the young one is full, the old one is forgotten. What is in use
/// moves to the young one each time it is found.
#[derive(Debug)]
pub(super) struct TokenCache {
    half: usize,
    generations: Mutex<Generations>,
}

#[derive(Debug, Default)]
struct Generations {
    /// How often everything was forgotten.
    epoch: u64,
    young: HashMap<TokenDigest, Verified>,
    old: HashMap<TokenDigest, Verified>,
}

impl TokenCache {
    pub(super) fn new(max: usize) -> Self {
        Self {
            half: max / 2,
            generations: Mutex::default(),
        }
    }

    /// The caller of a token that was verified before and has not expired.
    pub(super) fn get(&self, key: &TokenDigest, now: u64) -> Option<Arc<Caller>> {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = generations.young.get(key) {
            return (now < found.expires).then(|| Arc::clone(&found.caller));
        }
        let found = generations.old.remove(key)?;
        let caller = (now < found.expires).then(|| Arc::clone(&found.caller));
        if caller.is_some() {
            generations.insert(self.half, *key, found);
        }
        caller
    }

    /// The present epoch, to be read before a token is verified.
    pub(super) fn epoch(&self) -> u64 {
        self.generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .epoch
    }

    /// Remembers a token that was verified in `epoch`; not when the keys have changed meanwhile, for then nobody
    /// knows by which it was.
    pub(super) fn put(&self, epoch: u64, key: TokenDigest, caller: Arc<Caller>, expires: u64) {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        if generations.epoch == epoch {
            generations.insert(self.half, key, Verified { caller, expires });
        }
    }

    /// Forgets everything: the keys of the provider have changed.
    pub(super) fn clear(&self) {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        *generations = Generations {
            epoch: generations.epoch + 1,
            ..Generations::default()
        };
    }
}

impl Generations {
    fn insert(&mut self, half: usize, key: TokenDigest, verified: Verified) {
        if half == 0 {
            return;
        }
        if self.young.len() >= half {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, verified);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller() -> Arc<Caller> {
        Arc::new(Caller {
            person_id: "p".to_owned(),
            roles: Vec::new(),
            district: "220502".parse().unwrap(),
            unit_id: None,
            leader_id: None,
            portfolio: Vec::new(),
            towns: Vec::new(),
            case_id: None,
            name: String::new(),
        })
    }

    #[test]
    fn an_expired_token_is_not_remembered() {
        let cache = TokenCache::new(10);
        cache.put(0, [1; 32], caller(), 100);
        assert!(cache.get(&[1; 32], 99).is_some());
        assert!(cache.get(&[1; 32], 100).is_none());
    }

    #[test]
    fn the_number_of_tokens_is_bounded_and_those_in_use_stay() {
        let cache = TokenCache::new(10);
        for number in 0..100 {
            cache.put(0, [number; 32], caller(), 100);
            cache.get(&[0; 32], 1);
        }
        assert!(cache.get(&[0; 32], 1).is_some());
        assert!(cache.get(&[50; 32], 1).is_none());
        let generations = cache.generations.lock().unwrap();
        assert!(generations.young.len() + generations.old.len() <= 10);
    }

    #[test]
    fn what_was_verified_by_keys_that_have_changed_is_not_remembered() {
        let cache = TokenCache::new(10);
        let before = cache.epoch();
        cache.clear();
        cache.put(before, [1; 32], caller(), 100);
        cache.put(cache.epoch(), [2; 32], caller(), 100);
        assert!(cache.get(&[1; 32], 1).is_none());
        assert!(cache.get(&[2; 32], 1).is_some());
    }
}

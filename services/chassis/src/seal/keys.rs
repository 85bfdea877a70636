//! The unwrapped keys, as one version of the book has them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{PoisonError, RwLock};

use aws_lc_rs::{hkdf, hmac};
use time::OffsetDateTime;
use xinqiao_kernel::DistrictCode;

use super::SealError;
use super::purpose::Purpose;
use super::suite::{Cipher, Suite};
use super::wrap::DataKey;
use crate::clock::machine_time;

/// Every key of every district. It never changes; another version of the book gives another one.
pub(super) struct Keys {
    districts: BTreeMap<DistrictCode, DistrictKeys>,
}

/// One version of a data key.
pub(super) struct VersionKey {
    pub(super) cipher: Cipher,
    /// It seals from this machine time on.
    from: OffsetDateTime,
    fingerprint: [u8; 32],
}

/// The keys of a district.
pub(super) struct DistrictKeys {
    sealing: BTreeMap<Purpose, BTreeMap<u16, VersionKey>>,
    index: hkdf::Prk,
    /// Keys derived from `index` so far, one for each purpose and field of the program.
    derived: RwLock<HashMap<String, hmac::Key>>,
    query_code: DataKey,
    /// Of the keys that have no versions.
    fixed: [[u8; 32]; 2],
}

impl VersionKey {
    pub(super) fn new(suite: Suite, key: &DataKey, from: OffsetDateTime) -> Self {
        Self {
            cipher: Cipher::new(suite, key),
            from,
            fingerprint: key.fingerprint(),
        }
    }
}

impl DistrictKeys {
    /// Every purpose that seals has at least one version.
    pub(super) fn new(
        sealing: BTreeMap<Purpose, BTreeMap<u16, VersionKey>>,
        index: &DataKey,
        query_code: DataKey,
    ) -> Self {
        debug_assert!(
            Purpose::SEALING
                .iter()
                .all(|purpose| sealing.get(purpose).is_some_and(|set| !set.is_empty()))
        );
        Self {
            sealing,
            index: hkdf::Salt::new(hkdf::HKDF_SHA256, b"xinqiao.index").extract(index.bytes()),
            derived: RwLock::default(),
            fixed: [index.fingerprint(), query_code.fingerprint()],
            query_code,
        }
    }

    /// Fresh keys of version 1.
    pub(super) fn random(from: OffsetDateTime) -> Self {
        let version = || VersionKey::new(Suite::default(), &DataKey::generate(), from);
        let sealing = Purpose::SEALING
            .into_iter()
            .map(|purpose| (purpose, BTreeMap::from([(1, version())])))
            .collect();
        Self::new(sealing, &DataKey::generate(), DataKey::generate())
    }
}

/// Machine time, by which keys take over from each other in all processes at once.
pub(super) fn now() -> OffsetDateTime {
    OffsetDateTime::from(machine_time())
}

impl Keys {
    pub(super) const fn new(districts: BTreeMap<DistrictCode, DistrictKeys>) -> Self {
        Self { districts }
    }

    pub(super) fn len(&self) -> usize {
        self.districts.len()
    }

    pub(super) fn covers(&self, district: DistrictCode) -> bool {
        self.districts.contains_key(&district)
    }

    fn district(&self, district: DistrictCode) -> &DistrictKeys {
        self.districts
            .get(&district)
            .expect("the start checked that every declared district has keys, and no later book may lack one")
    }

    fn set(&self, district: DistrictCode, purpose: Purpose) -> &BTreeMap<u16, VersionKey> {
        &self.district(district).sealing[&purpose]
    }

    /// The key that seals now: the newest whose time has come.
    pub(super) fn current(&self, district: DistrictCode, purpose: Purpose) -> (u16, &VersionKey) {
        let set = self.set(district, purpose);
        let first = set.first_key_value();
        let (version, key) = if set.len() == 1 {
            first
        } else {
            let now = now();
            set.iter().rev().find(|(_, key)| key.from <= now).or(first)
        }
        .expect("a book without a key for a purpose is refused");
        (*version, key)
    }

    pub(super) fn version(
        &self,
        district: DistrictCode,
        purpose: Purpose,
        version: u16,
    ) -> Result<&VersionKey, SealError> {
        self.set(district, purpose)
            .get(&version)
            .ok_or(SealError::UnknownKey(version))
    }

    /// True when the district has had one key only for this purpose: nothing can be under another.
    pub(super) fn is_single(&self, district: DistrictCode, purpose: Purpose) -> bool {
        self.set(district, purpose).len() == 1
    }

    /// How long the current key of a purpose has been sealing.
    pub(super) fn age(&self, district: DistrictCode, purpose: Purpose) -> time::Duration {
        now() - self.current(district, purpose).1.from
    }

    /// The key of a purpose of the program; derived once.
    pub(super) fn derived(&self, district: DistrictCode, purpose: &str) -> hmac::Key {
        let keys = self.district(district);
        let known = keys.derived.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = known.get(purpose) {
            return key.clone();
        }
        drop(known);
        let key = derive(&keys.index, purpose);
        let mut known = keys.derived.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(purpose.to_owned(), key.clone());
        key
    }

    pub(super) fn query_key(&self, district: DistrictCode) -> &[u8; 32] {
        self.district(district).query_code.bytes()
    }

    /// Why these keys cannot take the place of `earlier`: `None` when they can.
    pub(super) fn contradiction(&self, earlier: &Self) -> Option<String> {
        earlier.districts.iter().find_map(|(district, had)| {
            let Some(has) = self.districts.get(district) else {
                return Some(format!("district {district} has no keys any more"));
            };
            if has.fixed != had.fixed {
                return Some(format!(
                    "the index or query code key of district {district} is another one"
                ));
            }
            Purpose::SEALING.into_iter().find_map(|purpose| {
                let (has, had) = (&has.sealing[&purpose], &had.sealing[&purpose]);
                contradiction_of(has, had).map(|what| format!("{what} {purpose} key of district {district}"))
            })
        })
    }
}

fn contradiction_of(
    has: &BTreeMap<u16, VersionKey>,
    had: &BTreeMap<u16, VersionKey>,
) -> Option<&'static str> {
    let same = |(version, key): (&u16, &VersionKey)| {
        has.get(version).is_none_or(|other| {
            other.fingerprint == key.fingerprint && other.cipher.suite() == key.cipher.suite()
        })
    };
    if has.last_key_value().map(|last| last.0) < had.last_key_value().map(|last| last.0) {
        Some("the book is an older one: it lacks the newest")
    } else if had.iter().all(same) {
        None
    } else {
        Some("a version means another key now: the")
    }
}

fn derive(master: &hkdf::Prk, purpose: &str) -> hmac::Key {
    let info = [purpose.as_bytes()];
    let okm = master
        .expand(&info, hmac::HMAC_SHA256)
        .expect("32 bytes are a valid length");
    hmac::Key::from(okm)
}

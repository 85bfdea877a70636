//! The key ring: a JSON file that only the service may read.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use aws_lc_rs::aead::{AES_256_GCM_SIV, LessSafeKey, UnboundKey};
use aws_lc_rs::{hkdf, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use xinqiao_kernel::DistrictCode;

use super::{Compartment, SealError};
use crate::random;

/// Why a key ring cannot be used. No message ever holds key material.
#[derive(Debug, thiserror::Error)]
pub enum KeyRingError {
    /// The file cannot be read.
    #[error("key ring {path} cannot be read: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is not a key ring.
    #[error("key ring is not well formed at line {line}, column {column}")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// A district name is not a district code.
    #[error("key ring names {0:?}, which is not a district code")]
    District(String),
    /// A key is not 32 bytes in base64.
    #[error("key ring: the {key} of district {district} is not 32 bytes in base64")]
    Key {
        /// The district.
        district: String,
        /// Which key.
        key: String,
    },
    /// The current version has no key.
    #[error("key ring: district {district} has no {compartment} key of its current version")]
    NoCurrent {
        /// The district.
        district: String,
        /// Which set of keys.
        compartment: &'static str,
    },
}

/// The text form. `current` names the version that seals; all versions open.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RingFile {
    districts: BTreeMap<String, DistrictFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DistrictFile {
    sealing: KeySetFile,
    accusation: KeySetFile,
    index: String,
    query_code: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeySetFile {
    current: u16,
    keys: BTreeMap<u16, String>,
}

struct KeySet {
    current: u16,
    keys: BTreeMap<u16, LessSafeKey>,
}

struct DistrictKeys {
    sealing: KeySet,
    accusation: KeySet,
    index: hkdf::Prk,
    /// Keys derived from `index` so far, one for each purpose and field of the program.
    derived: RwLock<HashMap<String, hmac::Key>>,
    query_code: [u8; 32],
}

/// Every key of every district that a service serves.
pub struct KeyRing {
    districts: BTreeMap<DistrictCode, DistrictKeys>,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing({} districts)", self.districts.len())
    }
}

impl KeyRing {
    /// Reads the file.
    pub fn load(path: &Path) -> Result<Self, KeyRingError> {
        let text = std::fs::read_to_string(path).map_err(|source| KeyRingError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text)
    }

    /// Reads the text of the file.
    pub fn parse(text: &str) -> Result<Self, KeyRingError> {
        // The parser's own message may quote the text, and the text is keys.
        let file: RingFile = serde_json::from_str(text).map_err(|error| KeyRingError::Syntax {
            line: error.line(),
            column: error.column(),
        })?;
        let mut districts = BTreeMap::new();
        for (name, keys) in file.districts {
            let code: DistrictCode = name.parse().map_err(|_| KeyRingError::District(name.clone()))?;
            districts.insert(code, DistrictKeys::from_file(&name, &keys)?);
        }
        Ok(Self { districts })
    }

    /// The text of a new ring with random keys of version 1, for the launcher and for tests.
    pub fn generate(districts: &[DistrictCode]) -> String {
        let fresh = || STANDARD.encode(random::bytes::<32>());
        let set = || KeySetFile {
            current: 1,
            keys: BTreeMap::from([(1, fresh())]),
        };
        let file = RingFile {
            districts: districts
                .iter()
                .map(|code| {
                    let keys = DistrictFile {
                        sealing: set(),
                        accusation: set(),
                        index: fresh(),
                        query_code: fresh(),
                    };
                    (code.to_string(), keys)
                })
                .collect(),
        };
        serde_json::to_string_pretty(&file).expect("the ring is plain data")
    }

    /// True when the ring holds keys for the district.
    pub fn covers(&self, district: DistrictCode) -> bool {
        self.districts.contains_key(&district)
    }

    fn district(&self, district: DistrictCode) -> &DistrictKeys {
        self.districts
            .get(&district)
            .expect("the start checked that every declared district has keys")
    }

    fn set(&self, district: DistrictCode, compartment: Compartment) -> &KeySet {
        let keys = self.district(district);
        match compartment {
            Compartment::Ordinary => &keys.sealing,
            Compartment::Accusation => &keys.accusation,
        }
    }

    pub(super) fn current(&self, district: DistrictCode, compartment: Compartment) -> (u16, &LessSafeKey) {
        let set = self.set(district, compartment);
        (
            set.current,
            set.keys
                .get(&set.current)
                .expect("loading checked the current version"),
        )
    }

    pub(super) fn version(
        &self,
        district: DistrictCode,
        compartment: Compartment,
        version: u16,
    ) -> Result<&LessSafeKey, SealError> {
        self.set(district, compartment)
            .keys
            .get(&version)
            .ok_or(SealError::UnknownKey(version))
    }

    /// The key of a purpose; derived once.
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
        &self.district(district).query_code
    }
}

impl DistrictKeys {
    fn from_file(district: &str, file: &DistrictFile) -> Result<Self, KeyRingError> {
        let index = decode(district, "index key", &file.index)?;
        Ok(Self {
            sealing: KeySet::from_file(district, "sealing", &file.sealing)?,
            accusation: KeySet::from_file(district, "accusation", &file.accusation)?,
            index: hkdf::Salt::new(hkdf::HKDF_SHA256, b"xinqiao.index").extract(&index),
            derived: RwLock::default(),
            query_code: decode(district, "query code key", &file.query_code)?,
        })
    }
}

impl KeySet {
    fn from_file(district: &str, name: &'static str, file: &KeySetFile) -> Result<Self, KeyRingError> {
        let mut keys = BTreeMap::new();
        for (version, text) in &file.keys {
            let bytes = decode(district, &format!("{name} key {version}"), text)?;
            let key = UnboundKey::new(&AES_256_GCM_SIV, &bytes).expect("32 bytes are a key of this cipher");
            keys.insert(*version, LessSafeKey::new(key));
        }
        if !keys.contains_key(&file.current) {
            return Err(KeyRingError::NoCurrent {
                district: district.to_owned(),
                compartment: name,
            });
        }
        Ok(Self {
            current: file.current,
            keys,
        })
    }
}

fn derive(master: &hkdf::Prk, purpose: &str) -> hmac::Key {
    let info = [purpose.as_bytes()];
    let okm = master
        .expand(&info, hmac::HMAC_SHA256)
        .expect("32 bytes are a valid length");
    hmac::Key::from(okm)
}

fn decode(district: &str, key: &str, text: &str) -> Result<[u8; 32], KeyRingError> {
    STANDARD
        .decode(text)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| KeyRingError::Key {
            district: district.to_owned(),
            key: key.to_owned(),
        })
}

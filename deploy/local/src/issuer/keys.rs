//! The signing keys: numbered files in the issuer's folder, of which the highest signs.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::write_secret;

/// Keys in the key set: the one that signs and the one before it.
const KEPT: usize = 2;

/// One Ed25519 key.
pub(super) struct Key {
    number: u32,
    pub(super) pkcs8: Vec<u8>,
    public: Vec<u8>,
}

impl Key {
    /// Identifier in tokens and in the key set.
    pub(super) fn id(&self) -> String {
        format!("local-{}", self.number)
    }

    fn read(folder: &Path, number: u32) -> Result<Self> {
        let pkcs8 = std::fs::read(file(folder, number))?;
        let public = Ed25519KeyPair::from_pkcs8(&pkcs8)?.public_key().as_ref().to_vec();
        Ok(Self {
            number,
            pkcs8,
            public,
        })
    }
}

/// All keys, the one that signs last.
pub(super) struct Keys(Vec<Key>);

impl Keys {
    /// Reads the keys; there is at least one.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let keys: Vec<Key> = numbers(folder)?
            .into_iter()
            .map(|number| Key::read(folder, number))
            .collect::<Result<_>>()?;
        anyhow::ensure!(!keys.is_empty(), "{} holds no signing key", folder.display());
        Ok(Self(keys))
    }

    /// The key that signs.
    pub(super) fn signing(&self) -> &Key {
        self.0
            .last()
            .expect("invariant: keys are read only when there is one")
    }

    /// The public keys as a key set (RFC 8037).
    pub(super) fn jwks(&self) -> Value {
        let keys: Vec<Value> = self
            .0
            .iter()
            .map(|key| {
                json!({
                    "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": key.id(),
                    "x": BASE64_URL_SAFE_NO_PAD.encode(&key.public),
                })
            })
            .collect();
        json!({ "keys": keys })
    }
}

/// Makes a key with the next number and forgets those before the last. Returns its identifier.
pub(super) fn add(folder: &Path) -> Result<String> {
    let before = numbers(folder)?;
    let number = before.last().map_or(1, |last| last + 1);
    let key = Ed25519KeyPair::generate()?.to_pkcs8()?;
    // A running issuer reads whole keys only.
    let unfinished = folder.join("issuer-key.new");
    write_secret(&unfinished, key.as_ref())?;
    std::fs::rename(&unfinished, file(folder, number))?;
    for old in before.iter().rev().skip(KEPT - 1) {
        std::fs::remove_file(file(folder, *old))?;
    }
    Ok(Key::read(folder, number)?.id())
}

fn file(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("issuer-key-{number}.pk8"))
}

/// The numbers of the keys in the folder, in order.
fn numbers(folder: &Path) -> Result<Vec<u32>> {
    let mut numbers = Vec::new();
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let name = entry?.file_name();
        let number = |name: &str| -> Option<u32> {
            name.strip_prefix("issuer-key-")?
                .strip_suffix(".pk8")?
                .parse()
                .ok()
        };
        numbers.extend(name.to_str().and_then(number));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

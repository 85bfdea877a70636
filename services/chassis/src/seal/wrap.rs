//! Wrapping: a data key leaves the process only under a key-encrypting key, bound to its place in the key book.

use std::collections::BTreeMap;
use std::fmt;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::NONCE_LEN;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::FutureExt as _;
use futures::future::{BoxFuture, ready};
use secrecy::{ExposeSecret as _, SecretBox};
use serde::{Deserialize, Serialize};

use super::purpose::KeyPlace;
use super::suite::{Cipher, Suite};
use super::{Compartment, sha256, write};
use crate::random;

/// Bytes of every data key and of every key-encrypting key.
pub(super) const KEY_LEN: usize = 32;
/// What a key wrapped by a key of [`FileKeks`] begins with; its version follows.
const LOCAL: &str = "local:v";

/// A data key in clear. It does not print itself and is wiped when it goes.
pub struct DataKey(SecretBox<[u8; KEY_LEN]>);

impl DataKey {
    /// Thirty-two unpredictable bytes.
    pub fn generate() -> Self {
        Self(SecretBox::new(Box::new(random::bytes())))
    }

    /// A key that was unwrapped, `None` when it has another length.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut key = Box::new([0; KEY_LEN]);
        if bytes.len() != KEY_LEN {
            return None;
        }
        key.copy_from_slice(bytes);
        Some(Self(SecretBox::new(key)))
    }

    pub(super) fn bytes(&self) -> &[u8; KEY_LEN] {
        self.0.expose_secret()
    }

    /// Tells keys apart without keeping them.
    pub(super) fn fingerprint(&self) -> [u8; 32] {
        sha256(self.bytes())
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DataKey")
    }
}

/// Why a data key cannot be wrapped or unwrapped. No message ever holds key material.
#[derive(Debug, thiserror::Error)]
pub enum WrapError {
    /// The file of key-encrypting keys cannot be used.
    #[error("key-encrypting keys {}: {what}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        what: String,
    },
    /// Wrapped by something else than what is set up here.
    #[error("the {0} was not wrapped by the key-encrypting keys that are set up here")]
    Foreign(KeyPlace),
    /// Wrapped by a version that is gone.
    #[error(
        "the {place} was wrapped by key-encrypting key {version}, which is not there; put it back, then `keys rewrap`"
    )]
    UnknownKek {
        /// The key that cannot be had.
        place: KeyPlace,
        /// The version of the key-encrypting key.
        version: u16,
    },
    /// Changed, or moved here from another place.
    #[error("the wrapped {0} was changed or belongs to another place")]
    Refused(KeyPlace),
    /// The key manager does not answer, or not as it should.
    #[error("the key manager: {0}")]
    Manager(String),
}

/// Somebody who holds key-encrypting keys. Keys of accusations (class P4) are wrapped by a key of their own.
pub trait KeyWrap: Send + Sync {
    /// Wraps a data key under the current key-encrypting key.
    fn wrap<'a>(&'a self, place: KeyPlace, key: &'a DataKey) -> BoxFuture<'a, Result<String, WrapError>>;

    /// Unwraps a data key at its place.
    fn unwrap<'a>(&'a self, place: KeyPlace, wrapped: &'a str) -> BoxFuture<'a, Result<DataKey, WrapError>>;
}

/// The text form of [`FileKeks`].
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KekFile {
    ordinary: KekSetFile,
    accusation: KekSetFile,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KekSetFile {
    current: u16,
    keys: BTreeMap<u16, String>,
}

impl KekFile {
    /// The next version of both; `None` when there is no number left.
    fn advance(&mut self) -> Option<(u16, u16)> {
        Some((self.ordinary.advance()?, self.accusation.advance()?))
    }
}

impl KekSetFile {
    fn advance(&mut self) -> Option<u16> {
        let newest = self.keys.keys().max().copied().unwrap_or_default();
        let next = newest.checked_add(1)?;
        self.keys
            .insert(next, STANDARD.encode(random::bytes::<KEY_LEN>()));
        self.current = next;
        Some(next)
    }
}

struct KekSet {
    current: u16,
    keys: BTreeMap<u16, Cipher>,
}

/// Key-encrypting keys in a file, for one machine: all versions unwrap, the current one wraps.
pub struct FileKeks {
    ordinary: KekSet,
    accusation: KekSet,
}

impl fmt::Debug for FileKeks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "FileKeks({} versions)", self.ordinary.keys.len())
    }
}

impl FileKeks {
    /// Reads the file. `private` refuses one that everybody on the machine may read.
    pub fn load(path: &Path, private: bool) -> Result<Self, WrapError> {
        let wrong = |what: String| WrapError::File {
            path: path.to_owned(),
            what,
        };
        if private {
            let mode = std::fs::metadata(path)
                .map_err(|error| wrong(error.to_string()))?
                .permissions()
                .mode();
            if mode & 0o007 != 0 {
                return Err(wrong(format!(
                    "everybody on this machine may open it (mode {:04o}); `chmod o-rwx` it",
                    mode & 0o7777
                )));
            }
        }
        let file = read(path)?;
        Ok(Self {
            ordinary: KekSet::from_file(&file.ordinary).map_err(wrong)?,
            accusation: KekSet::from_file(&file.accusation).map_err(wrong)?,
        })
    }

    /// The text of a new file, with keys of version 1.
    pub fn generate() -> String {
        let mut file = KekFile::default();
        file.advance().expect("the first version has a number");
        to_text(&file)
    }

    /// Appends a new version of both keys to the file, current from now on, or makes the file when there is none. What
    /// the old keys wrapped still unwraps. Returns the versions, ordinary and accusation.
    pub fn advance(path: &Path) -> Result<(u16, u16), WrapError> {
        let mut file = if path.exists() {
            read(path)?
        } else {
            KekFile::default()
        };
        let versions = file.advance().ok_or_else(|| WrapError::File {
            path: path.to_owned(),
            what: "has no room for another version".to_owned(),
        })?;
        write::replace(path, to_text(&file).as_bytes()).map_err(|error| WrapError::File {
            path: path.to_owned(),
            what: error.to_string(),
        })?;
        Ok(versions)
    }

    fn set(&self, place: KeyPlace) -> &KekSet {
        match place.purpose.compartment() {
            Compartment::Ordinary => &self.ordinary,
            Compartment::Accusation => &self.accusation,
        }
    }

    fn wrap_now(&self, place: KeyPlace, key: &DataKey) -> String {
        let set = self.set(place);
        let nonce: [u8; NONCE_LEN] = random::bytes();
        let mut text = key.bytes().to_vec();
        let tag = set.keys[&set.current].seal(nonce, &place.associated_data(), &mut text);
        let bytes = [nonce.as_slice(), &text, &tag].concat();
        format!("{LOCAL}{}:{}", set.current, STANDARD.encode(bytes))
    }

    fn unwrap_now(&self, place: KeyPlace, wrapped: &str) -> Result<DataKey, WrapError> {
        let foreign = || WrapError::Foreign(place);
        let (version, text) = wrapped
            .strip_prefix(LOCAL)
            .and_then(|rest| rest.split_once(':'))
            .ok_or_else(foreign)?;
        let version: u16 = version.parse().map_err(|_| foreign())?;
        let kek = self
            .set(place)
            .keys
            .get(&version)
            .ok_or(WrapError::UnknownKek { place, version })?;
        let bytes = STANDARD.decode(text).map_err(|_| foreign())?;
        let (nonce, text) = bytes.split_first_chunk().ok_or_else(foreign)?;
        let mut text = text.to_vec();
        kek.open(*nonce, &place.associated_data(), &mut text)
            .map_err(|_| WrapError::Refused(place))?;
        DataKey::from_slice(&text).ok_or(WrapError::Refused(place))
    }
}

impl KeyWrap for FileKeks {
    fn wrap<'a>(&'a self, place: KeyPlace, key: &'a DataKey) -> BoxFuture<'a, Result<String, WrapError>> {
        ready(Ok(self.wrap_now(place, key))).boxed()
    }

    fn unwrap<'a>(&'a self, place: KeyPlace, wrapped: &'a str) -> BoxFuture<'a, Result<DataKey, WrapError>> {
        ready(self.unwrap_now(place, wrapped)).boxed()
    }
}

impl KekSet {
    fn from_file(file: &KekSetFile) -> Result<Self, String> {
        let mut keys = BTreeMap::new();
        for (version, text) in &file.keys {
            let key = STANDARD
                .decode(text)
                .ok()
                .and_then(|bytes| DataKey::from_slice(&bytes))
                .ok_or_else(|| format!("key {version} is not {KEY_LEN} bytes in base64"))?;
            keys.insert(*version, Cipher::new(Suite::International, &key));
        }
        if keys.contains_key(&file.current) {
            Ok(Self {
                current: file.current,
                keys,
            })
        } else {
            Err(format!("its current version {} has no key", file.current))
        }
    }
}

fn read(path: &Path) -> Result<KekFile, WrapError> {
    let wrong = |what: String| WrapError::File {
        path: path.to_owned(),
        what,
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    // The parser's own message may quote the text, and the text is keys.
    serde_json::from_str(&text).map_err(|error| {
        wrong(format!(
            "not well formed at line {}, column {}",
            error.line(),
            error.column()
        ))
    })
}

fn to_text(file: &KekFile) -> String {
    serde_json::to_string_pretty(file).expect("keys are plain data")
}

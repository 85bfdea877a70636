//! The keys of checkpoints: Ed25519, one that signs and as many that verify, each known by what it is.
//!
//! Both come as PEM, the private key as PKCS#8 and the public keys one after the other in one file. Rotation is to
//! append the new public key everywhere, then to exchange the private one; old public keys stay.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::seal::sha256;

const PRIVATE: &str = "PRIVATE KEY";
const PUBLIC: &str = "PUBLIC KEY";

/// DER of an Ed25519 public key before its 32 bytes (RFC 8410, section 4).
const SPKI: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// Why keys of checkpoints cannot be used. No message ever holds key material.
#[derive(Debug, thiserror::Error)]
pub enum AuditKeyError {
    /// The file cannot be read.
    #[error("audit key file {} cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is not one private key.
    #[error(
        "the audit key is not one Ed25519 private key as PKCS#8 in PEM; \
         `openssl genpkey -algorithm ed25519` makes one"
    )]
    Private,
    /// The text is not a row of public keys.
    #[error(
        "the audit public keys are not Ed25519 public keys in PEM; \
         `openssl pkey -pubout` prints that of a private key"
    )]
    Public,
    /// What is signed here could not be verified.
    #[error("the audit public keys lack key {0}, which signs here; append it to their file")]
    Unlisted(String),
}

/// Signs checkpoints.
pub struct Signer {
    pair: Ed25519KeyPair,
    key_id: String,
}

impl fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Signer({})", self.key_id)
    }
}

impl Signer {
    /// Reads the file.
    pub fn load(path: &Path) -> Result<Self, AuditKeyError> {
        Self::from_pem(&read(path)?)
    }

    /// Reads the text of the file.
    pub fn from_pem(text: &str) -> Result<Self, AuditKeyError> {
        let blocks = blocks(text, PRIVATE).ok_or(AuditKeyError::Private)?;
        let [pkcs8] = blocks.as_slice() else {
            return Err(AuditKeyError::Private);
        };
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| AuditKeyError::Private)?;
        let key_id = key_id(pair.public_key().as_ref());
        Ok(Self { pair, key_id })
    }

    /// Names the key in what it signs: the first eight bytes of the SHA-256 of the public key, hexadecimal.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    pub(super) fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        self.pair.sign(bytes).as_ref().to_vec()
    }
}

/// Verifies checkpoints: every key that ever signed them.
#[derive(Clone, Debug)]
pub struct PublicKeys {
    keys: BTreeMap<String, Vec<u8>>,
}

impl PublicKeys {
    /// Reads the file.
    pub fn load(path: &Path) -> Result<Self, AuditKeyError> {
        Self::from_pem(&read(path)?)
    }

    /// Reads the text of the file; at least one key.
    pub fn from_pem(text: &str) -> Result<Self, AuditKeyError> {
        let blocks = blocks(text, PUBLIC).ok_or(AuditKeyError::Public)?;
        let mut keys = BTreeMap::new();
        for block in blocks {
            match block.strip_prefix(&SPKI) {
                Some(key) if key.len() == 32 => keys.insert(key_id(key), key.to_vec()),
                _ => return Err(AuditKeyError::Public),
            };
        }
        Ok(Self { keys })
    }

    /// Refuses a signer whose signatures these keys could not verify.
    pub fn cover(&self, signer: &Signer) -> Result<(), AuditKeyError> {
        if self.keys.contains_key(signer.key_id()) {
            Ok(())
        } else {
            Err(AuditKeyError::Unlisted(signer.key_id.clone()))
        }
    }

    /// `None` when there is no such key, otherwise whether the signature is good.
    pub(super) fn verify(&self, key_id: &str, bytes: &[u8], signature: &[u8]) -> Option<bool> {
        let key = UnparsedPublicKey::new(&ED25519, self.keys.get(key_id)?);
        Some(key.verify(bytes, signature).is_ok())
    }
}

/// A new key as the texts of its two files, for the launcher and for tests.
#[derive(Clone)]
pub struct KeyPem {
    /// The private key.
    pub private: String,
    /// The public key.
    pub public: String,
}

impl fmt::Debug for KeyPem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("KeyPem")
    }
}

impl KeyPem {
    /// A random key.
    pub fn generate() -> Self {
        let pair = Ed25519KeyPair::generate().expect("the system has randomness");
        let pkcs8 = pair.to_pkcs8v1().expect("a fresh key has a form");
        let public = [SPKI.as_slice(), pair.public_key().as_ref()].concat();
        Self {
            private: pem(PRIVATE, pkcs8.as_ref()),
            public: pem(PUBLIC, &public),
        }
    }
}

fn key_id(public: &[u8]) -> String {
    hex::encode(&sha256(public)[..8])
}

fn read(path: &Path) -> Result<String, AuditKeyError> {
    std::fs::read_to_string(path).map_err(|source| AuditKeyError::Read {
        path: path.to_owned(),
        source,
    })
}

fn pem(label: &str, der: &[u8]) -> String {
    // An Ed25519 key of either form fits one line of 64 characters or a little more, which readers accept.
    let text = STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

/// What stands between the marks of a label; at least one block.
fn blocks(text: &str, label: &str) -> Option<Vec<Vec<u8>>> {
    let (begin, end) = (
        format!("-----BEGIN {label}-----"),
        format!("-----END {label}-----"),
    );
    let mut blocks = Vec::new();
    for part in text.split(&begin).skip(1) {
        let (inside, _) = part.split_once(&end)?;
        let inside: String = inside.split_whitespace().collect();
        blocks.push(STANDARD.decode(inside).ok()?);
    }
    (!blocks.is_empty()).then_some(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 8410, section 10, in the form that openssl writes.
    const PRIVATE_PEM: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
        -----END PRIVATE KEY-----\n";
    const PUBLIC_PEM: &str = "-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
        -----END PUBLIC KEY-----\n";

    #[test]
    fn the_key_of_the_standard_signs_and_verifies() {
        let (signer, keys) = (
            Signer::from_pem(PRIVATE_PEM).unwrap(),
            PublicKeys::from_pem(PUBLIC_PEM).unwrap(),
        );
        keys.cover(&signer).unwrap();
        let signature = signer.sign(b"bytes");
        assert_eq!(keys.verify(signer.key_id(), b"bytes", &signature), Some(true));
        assert_eq!(keys.verify(signer.key_id(), b"other", &signature), Some(false));
    }

    #[test]
    fn a_file_holds_several_public_keys_and_each_is_known_by_its_name() {
        let (old, new) = (KeyPem::generate(), KeyPem::generate());
        let keys = PublicKeys::from_pem(&format!("# old\n{}# new\n{}", old.public, new.public)).unwrap();
        for pem in [&old, &new] {
            keys.cover(&Signer::from_pem(&pem.private).unwrap()).unwrap();
        }
        let stranger = Signer::from_pem(&KeyPem::generate().private).unwrap();
        assert!(matches!(keys.cover(&stranger), Err(AuditKeyError::Unlisted(_))));
        assert_eq!(keys.verify(stranger.key_id(), b"", &[]), None);
    }

    #[test]
    fn what_is_no_key_is_refused_and_never_shown() {
        let key = KeyPem::generate();
        for text in ["", "no key", &key.public, &key.private.replace("MC", "MD")] {
            assert!(
                matches!(Signer::from_pem(text), Err(AuditKeyError::Private)),
                "{text}"
            );
        }
        let twice = format!("{0}{0}", key.private);
        assert!(matches!(Signer::from_pem(&twice), Err(AuditKeyError::Private)));
        for text in ["", "no key", &key.private, &key.public.replace("MC", "MD")] {
            assert!(
                matches!(PublicKeys::from_pem(text), Err(AuditKeyError::Public)),
                "{text}"
            );
        }
        let inside = key.private.lines().nth(1).unwrap();
        assert!(!format!("{key:?}{:?}", Signer::from_pem(&key.private).unwrap()).contains(inside));
    }
}

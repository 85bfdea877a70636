//! The crypto suites. Their number is the first byte of every sealed value and stands beside every key in the book, so
//! that a suite changes by a rotation and old values keep theirs. The index of every suite is HMAC-SHA-256.
//!
//! | number | cipher |
//! |---|---|
//! | 1 | AES-256-GCM-SIV, which forgives a repeated nonce |

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};

use super::SealError;
use super::wrap::DataKey;

/// Bytes of the tag that ends a sealed value, in every suite.
pub(super) const TAG_LEN: usize = 16;

/// Which ciphers a key is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Suite {
    /// AES-256-GCM-SIV and HMAC-SHA-256.
    #[default]
    International,
}

impl Suite {
    pub(super) const fn byte(self) -> u8 {
        match self {
            Self::International => 1,
        }
    }

    pub(super) const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::International),
            _ => None,
        }
    }
}

impl From<Suite> for u8 {
    fn from(suite: Suite) -> Self {
        suite.byte()
    }
}

impl TryFrom<u8> for Suite {
    type Error = UnknownSuite;

    fn try_from(byte: u8) -> Result<Self, UnknownSuite> {
        Self::from_byte(byte).ok_or(UnknownSuite(byte))
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::International => "AES-256-GCM-SIV",
        })
    }
}

/// This program does not know the suite.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("there is no crypto suite {0}")]
pub struct UnknownSuite(u8);

/// A key made ready for its suite.
pub(super) enum Cipher {
    International(LessSafeKey),
}

impl Cipher {
    pub(super) fn new(suite: Suite, key: &DataKey) -> Self {
        match suite {
            Suite::International => {
                let key = UnboundKey::new(&AES_256_GCM_SIV, key.bytes())
                    .expect("32 bytes are a key of this cipher");
                Self::International(LessSafeKey::new(key))
            }
        }
    }

    pub(super) const fn suite(&self) -> Suite {
        match self {
            Self::International(_) => Suite::International,
        }
    }

    /// Encrypts in place and returns the tag.
    pub(super) fn seal(&self, nonce: [u8; NONCE_LEN], associated: &[u8], text: &mut [u8]) -> [u8; TAG_LEN] {
        match self {
            Self::International(key) => {
                let tag = key
                    .seal_in_place_separate_tag(
                        Nonce::assume_unique_for_key(nonce),
                        Aad::from(associated),
                        text,
                    )
                    .expect("values are far below the limit of the cipher");
                tag.as_ref()
                    .try_into()
                    .expect("the tag of this cipher is 16 bytes")
            }
        }
    }

    /// Opens `text`, which ends with its tag, in place and cuts it to the plain text.
    pub(super) fn open(
        &self,
        nonce: [u8; NONCE_LEN],
        associated: &[u8],
        text: &mut Vec<u8>,
    ) -> Result<(), SealError> {
        match self {
            Self::International(key) => {
                let length = key
                    .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(associated), text)
                    .map_err(|_| SealError::Refused)?
                    .len();
                text.truncate(length);
                Ok(())
            }
        }
    }
}

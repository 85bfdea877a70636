//! The crypto suites. Their number is the first byte of every sealed value and stands beside every key in the book, so
//! that a suite changes by a rotation and old values keep theirs. The index of every suite is HMAC-SHA-256.
//!
//! | number | cipher |
//! |---|---|
//! | 1 | AES-256-GCM-SIV, which forgives a repeated nonce |
//! | 2 | SM4-GCM (RFC 8998, GB/T 32907), for installations that must use the national algorithms |
//!
//! Suite 2 stands on crates that nobody has audited and whose tables may leak by timing; its nonces are random and,
//! unlike those of suite 1, must not repeat: change its keys long before 2³² values. An assessment under GB/T 39786
//! wants a certified module in its place. Nothing uses it unless `keys add --suite 2` says so.

use std::fmt;

use aes_gcm::aead::consts::U12;
use aes_gcm::{AeadInOut as _, AesGcm, KeyInit as _};
use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf;
use serde::{Deserialize, Serialize};
use sm4::Sm4;

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
    /// SM4-GCM and HMAC-SHA-256; unaudited.
    National,
}

impl Suite {
    pub(super) const fn byte(self) -> u8 {
        match self {
            Self::International => 1,
            Self::National => 2,
        }
    }

    pub(super) const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::International),
            2 => Some(Self::National),
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
            Self::National => "SM4-GCM",
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
    National(Box<Sm4Gcm>),
}

type Sm4Gcm = AesGcm<Sm4, U12>;

impl Cipher {
    pub(super) fn new(suite: Suite, key: &DataKey) -> Self {
        match suite {
            Suite::International => {
                let key = UnboundKey::new(&AES_256_GCM_SIV, key.bytes())
                    .expect("32 bytes are a key of this cipher");
                Self::International(LessSafeKey::new(key))
            }
            Suite::National => Self::sm4(&sm4_key(key)),
        }
    }

    fn sm4(key: &[u8; SM4_KEY_LEN]) -> Self {
        Self::National(Box::new(Sm4Gcm::new(key.into())))
    }

    pub(super) const fn suite(&self) -> Suite {
        match self {
            Self::International(_) => Suite::International,
            Self::National(_) => Suite::National,
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
            Self::National(key) => key
                .encrypt_inout_detached(&nonce.into(), associated, text.into())
                .expect("values are far below the limit of the cipher")
                .into(),
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
            Self::National(key) => {
                let (body, tag) = text.split_last_chunk_mut::<TAG_LEN>().ok_or(SealError::Refused)?;
                let (length, tag) = (body.len(), (*tag).into());
                key.decrypt_inout_detached(&nonce.into(), associated, body.into(), &tag)
                    .map_err(|_| SealError::Refused)?;
                text.truncate(length);
                Ok(())
            }
        }
    }
}

/// Bytes of a key of SM4.
const SM4_KEY_LEN: usize = 16;

/// SM4 takes half as many bytes as every data key has.
fn sm4_key(key: &DataKey) -> [u8; SM4_KEY_LEN] {
    let mut derived = [0; SM4_KEY_LEN];
    hkdf::Salt::new(hkdf::HKDF_SHA256, b"xinqiao.suite")
        .extract(key.bytes())
        .expand(&[b"sm4-gcm"], Sm4KeyLength)
        .and_then(|okm| okm.fill(&mut derived))
        .expect("16 bytes are a valid length");
    derived
}

struct Sm4KeyLength;

impl hkdf::KeyType for Sm4KeyLength {
    fn len(&self) -> usize {
        SM4_KEY_LEN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8998, appendix A.1.
    #[test]
    fn sm4_gcm_gives_what_the_standard_says() {
        let bytes = |text: &str| hex::decode(text).unwrap();
        let key = bytes("0123456789abcdeffedcba9876543210").try_into().unwrap();
        let nonce = bytes("00001234567800000000abcd").try_into().unwrap();
        let associated = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2");
        let plain = bytes(concat!(
            "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd",
            "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa"
        ));
        let expected = concat!(
            "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735",
            "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        );
        let cipher = Cipher::sm4(&key);
        let mut text = plain.clone();
        let tag = cipher.seal(nonce, &associated, &mut text);
        assert_eq!(hex::encode(&text), expected);
        assert_eq!(hex::encode(tag), "83de3541e4c2b58177e065a9bf7b62ec");
        text.extend_from_slice(&tag);
        let mut changed = text.clone();
        cipher.open(nonce, &associated, &mut text).unwrap();
        assert_eq!(text, plain);
        changed[0] ^= 1;
        assert!(cipher.open(nonce, &associated, &mut changed).is_err());
    }

    #[test]
    fn a_suite_is_known_by_its_number() {
        for suite in [Suite::International, Suite::National] {
            assert_eq!(Suite::from_byte(suite.byte()), Some(suite));
        }
        assert!(Suite::try_from(0).is_err() && Suite::try_from(3).is_err());
    }
}

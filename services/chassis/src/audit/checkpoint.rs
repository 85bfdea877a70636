//! A checkpoint: a signed statement outside the database that a district's chain had a certain link at a certain row.
//!
//! Whoever can write the database can compute every hash of the chain anew, but cannot sign. Checkpoints count from 1
//! and each holds the hash of the one before, so that none can be taken from the middle.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use xinqiao_kernel::DistrictCode;

use super::canonical::{micros, put};
use super::keys::{PublicKeys, Signer};
use super::{GENESIS, Head};
use crate::seal::sha256;

const VERSION: u8 = 1;
const MAGIC: &[u8; 3] = b"XQC";

/// Why an object is not the checkpoint that its name says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Not the form of a checkpoint, or one of a later version.
    #[error("it is not a checkpoint of version {VERSION}")]
    Form,
    /// It speaks of another chain or another place in the row.
    #[error("it was made for {0}")]
    Place(String),
    /// No such key is known.
    #[error("its key {0} is not among the audit public keys")]
    UnknownKey(String),
    /// The signature is not that of the key over these bytes.
    #[error("its signature by key {0} is wrong")]
    Signature(String),
}

/// What a checkpoint is made for.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The service.
    pub service: &'a str,
    /// The district.
    pub district: DistrictCode,
    /// 1, 2, 3 … per service and district.
    pub number: u64,
}

/// A checkpoint whose signature is good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    version: u8,
    number: u64,
    service: String,
    district: String,
    seq: i64,
    #[serde(with = "hexadecimal")]
    link: [u8; 32],
    #[serde(with = "time::serde::rfc3339")]
    occurred_at: OffsetDateTime,
    #[serde(with = "hexadecimal")]
    previous: [u8; 32],
    key_id: String,
    #[serde(with = "hexadecimal")]
    signature: [u8; 64],
}

impl Checkpoint {
    /// The checkpoint after `previous` that signs the head of a chain at a legal time.
    pub fn sign(
        signer: &Signer,
        service: &str,
        district: DistrictCode,
        previous: Option<&Self>,
        head: Head,
        occurred_at: OffsetDateTime,
    ) -> Self {
        let mut checkpoint = Self {
            version: VERSION,
            number: previous.map_or(0, Self::number) + 1,
            service: service.to_owned(),
            district: district.to_string(),
            seq: head.seq,
            link: head.hash,
            occurred_at,
            previous: previous.map_or(GENESIS, Self::hash),
            key_id: signer.key_id().to_owned(),
            signature: [0; 64],
        };
        let signature = signer.sign(&checkpoint.canonical());
        checkpoint.signature = signature.try_into().expect("Ed25519 signatures are 64 bytes");
        checkpoint
    }

    /// Reads the text of an object and believes it when a known key signed it for this place.
    pub fn open(text: &[u8], keys: &PublicKeys, place: Place<'_>) -> Result<Self, CheckpointError> {
        let read: Self = serde_json::from_slice(text).map_err(|_| CheckpointError::Form)?;
        if read.version != VERSION || read.seq < 1 {
            return Err(CheckpointError::Form);
        }
        match keys.verify(&read.key_id, &read.canonical(), &read.signature) {
            Some(true) => {}
            Some(false) => return Err(CheckpointError::Signature(read.key_id)),
            None => return Err(CheckpointError::UnknownKey(read.key_id)),
        }
        let of = (read.service.as_str(), read.district.as_str(), read.number);
        if of != (place.service, place.district.as_str(), place.number) {
            let (service, district, number) = of;
            return Err(CheckpointError::Place(format!(
                "checkpoint {number} of {service} in {district}"
            )));
        }
        Ok(read)
    }

    /// The text of the object.
    pub fn to_text(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec_pretty(self).expect("a checkpoint is plain data");
        text.push(b'\n');
        text
    }

    /// Whether this one comes next after `previous`; after nothing, whether it is the first.
    pub fn follows(&self, previous: Option<&Self>) -> bool {
        let (number, seq, hash) = previous.map_or((0, 0, GENESIS), |previous| {
            (previous.number, previous.seq, previous.hash())
        });
        self.number == number + 1 && self.seq > seq && self.previous == hash
    }

    /// Its number: 1, 2, 3 … per service and district.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The row it signed.
    pub const fn seq(&self) -> i64 {
        self.seq
    }

    /// The link of that row.
    pub const fn link(&self) -> &[u8; 32] {
        &self.link
    }

    /// Legal time.
    pub const fn occurred_at(&self) -> OffsetDateTime {
        self.occurred_at
    }

    /// What the next one holds of this one: SHA-256 of what is signed.
    pub fn hash(&self) -> [u8; 32] {
        sha256(&self.canonical())
    }

    /// What is signed: `"XQC" version`, then every field as its length and its bytes, as in an audit row.
    fn canonical(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.push(self.version);
        for field in [
            self.number.to_be_bytes().as_slice(),
            self.service.as_bytes(),
            self.district.as_bytes(),
            &self.seq.to_be_bytes(),
            &self.link,
            &micros(self.occurred_at).to_be_bytes(),
            &self.previous,
            self.key_id.as_bytes(),
        ] {
            put(&mut out, Some(field));
        }
        out
    }
}

/// Bytes as hexadecimal text.
mod hexadecimal {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer, const N: usize>(
        bytes: &[u8; N],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        deserializer: D,
    ) -> Result<[u8; N], D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut bytes = [0; N];
        hex::decode_to_slice(text, &mut bytes).map_err(D::Error::custom)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests;

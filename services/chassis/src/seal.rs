//! Sealing of personal data: one form of sealed value, one column type, one key ring.
//!
//! Classes P2, P3 and P4 are stored only as [`Sealed`]. A sealed value is bound to its place (district, table, column,
//! row), so that it cannot be moved to another one. P4 has keys of its own and opens only for who shows an [`Opening`];
//! records, which cannot be sealed anew, have keys of their own too. The purpose is a byte of the format.
//!
//! ```text
//! suite 1 | purpose 1 | key version 2 (big endian) | nonce 12 | ciphertext | tag 16
//! ```
//!
//! | to know | read |
//! |---|---|
//! | where the data keys are, and how they rotate | `book` |
//! | who holds the keys that wrap them | `wrap`, `vault` |
//! | how a running process gets new ones | `watch` |
//! | how old columns come under a new key | `reseal` |
//! | the ciphers | `suite` |

use std::collections::BTreeSet;
use std::fmt;

use aws_lc_rs::aead::NONCE_LEN;
use aws_lc_rs::{digest, hmac};
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;
use xinqiao_proto::common::SealedField;

mod book;
mod keys;
mod opening;
mod purpose;
mod reseal;
mod retire;
mod ring;
mod suite;
mod vault;
mod watch;
mod wrap;
mod write;

pub use book::{BookError, BookFile, KeyBook, KeyLine, Release};
pub use opening::Opening;
pub use purpose::{KeyPlace, Purpose};
pub use reseal::{ColumnState, Reseal, ResealPace, SealedColumn, columns_of};
pub use retire::{RetireError, retire, states};
pub use ring::{KeyRing, KeySource};
pub use suite::{Suite, UnknownSuite};
pub use vault::VaultTransit;
pub use wrap::{DataKey, FileKeks, KeyWrap, WrapError};

use crate::{random, search};

const HEADER: usize = 4;
/// Characters of a query code: no 0/O, 1/I/L, which people mix up.
const QUERY_ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
/// Length of a query code 查询码 in characters.
pub const QUERY_CODE_LENGTH: usize = 10;

/// Which keys seal a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Compartment {
    /// Classes P2 and P3.
    Ordinary,
    /// Class P4: accusations and the identity of the accuser. Keys of its own.
    Accusation,
}

/// The place a sealed value belongs to; it opens nowhere else.
#[derive(Clone, Copy, Debug)]
pub struct SealContext<'a> {
    /// The tenant.
    pub district: DistrictCode,
    /// Table, or `event` for a field of an event.
    pub table: &'a str,
    /// Column or field.
    pub column: &'a str,
    /// Row: the identifier of the row, or of the event.
    pub row: Uuid,
}

impl<'a> SealContext<'a> {
    /// The place `table.column` of `row`.
    pub const fn new(district: DistrictCode, table: &'a str, column: &'a str, row: Uuid) -> Self {
        Self {
            district,
            table,
            column,
            row,
        }
    }

    /// Length-prefixed, so that no two places share their bytes.
    fn associated_data(&self, header: &[u8]) -> Vec<u8> {
        let district = self.district.to_string();
        let mut data = Vec::with_capacity(64 + self.table.len() + self.column.len());
        data.extend_from_slice(b"xinqiao.seal");
        data.extend_from_slice(header);
        for part in [district.as_bytes(), self.table.as_bytes(), self.column.as_bytes()] {
            data.push(u8::try_from(part.len()).expect("names of tables and columns are short"));
            data.extend_from_slice(part);
        }
        data.extend_from_slice(self.row.as_bytes());
        data
    }
}

/// Why a sealed value does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Not a sealed value, or one of a later format.
    #[error("not a sealed value of a known format")]
    Format,
    /// The key ring has no such key.
    #[error("the key ring has no key of version {0} for this district")]
    UnknownKey(u16),
    /// Changed, or moved here from another place.
    #[error("sealed value was changed or belongs to another place")]
    Refused,
    /// Of the sealed compartment (P4), and nothing was shown that opens it.
    #[error("sealed value belongs to the sealed compartment, which needs an opening")]
    Compartment,
    /// Opened, but it is not UTF-8.
    #[error("sealed value is not text")]
    NotText,
}

/// Ciphertext of one value: the column type (`bytea`) of everything above class P1.
#[derive(Clone, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent, no_pg_array)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// Takes ciphertext that came from a column or an event.
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The ciphertext.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The ciphertext.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Version of the key that sealed it.
    pub fn key_version(&self) -> Result<u16, SealError> {
        Header::of(&self.0).map(|header| header.version)
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// What a sealed value begins with.
#[derive(Clone, Copy)]
struct Header {
    suite: Suite,
    purpose: Purpose,
    version: u16,
}

impl Header {
    fn of(sealed: &[u8]) -> Result<Self, SealError> {
        match sealed {
            [suite, purpose, high, low, ..] => Ok(Self {
                suite: Suite::from_byte(*suite).ok_or(SealError::Format)?,
                purpose: Purpose::from_byte(*purpose).ok_or(SealError::Format)?,
                version: u16::from_be_bytes([*high, *low]),
            }),
            _ => Err(SealError::Format),
        }
    }

    fn bytes(self) -> [u8; HEADER] {
        let [high, low] = self.version.to_be_bytes();
        [self.suite.byte(), self.purpose.byte(), high, low]
    }
}

impl KeyRing {
    /// Seals a value of class P2 or P3 for its place, with the district's current key.
    ///
    /// The district must be in the ring; the start of a service checks that every declared one is.
    pub fn seal(&self, context: &SealContext<'_>, plain: &[u8]) -> Sealed {
        self.seal_in(Compartment::Ordinary, context, plain)
    }

    /// Seals text; see [`KeyRing::seal`].
    pub fn seal_text(&self, context: &SealContext<'_>, plain: &str) -> Sealed {
        self.seal(context, plain.as_bytes())
    }

    /// Seals a value with the keys of a compartment; see [`KeyRing::seal`].
    pub fn seal_in(&self, compartment: Compartment, context: &SealContext<'_>, plain: &[u8]) -> Sealed {
        let keys = self.keys();
        let purpose = Purpose::of(compartment, context.table);
        let (version, key) = keys.current(context.district, purpose);
        let header = Header {
            suite: key.cipher.suite(),
            purpose,
            version,
        };
        let nonce: [u8; NONCE_LEN] = random::bytes();
        let mut out = Vec::with_capacity(HEADER + NONCE_LEN + plain.len() + suite::TAG_LEN);
        out.extend_from_slice(&header.bytes());
        let associated = context.associated_data(&out);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(plain);
        let tag = key
            .cipher
            .seal(nonce, &associated, &mut out[HEADER + NONCE_LEN..]);
        out.extend_from_slice(&tag);
        Sealed(out)
    }

    /// Opens a sealed value of class P2 or P3 at its place.
    pub fn open(&self, context: &SealContext<'_>, sealed: &Sealed) -> Result<Vec<u8>, SealError> {
        self.open_bytes(None, context, &sealed.0)
    }

    /// Opens a sealed value at its place; one of class P4 only with an opening that reaches it.
    pub fn open_with(
        &self,
        opening: Option<&Opening>,
        context: &SealContext<'_>,
        sealed: &Sealed,
    ) -> Result<Vec<u8>, SealError> {
        self.open_bytes(opening, context, &sealed.0)
    }

    /// Opens a sealed value that must be text.
    pub fn open_text(&self, context: &SealContext<'_>, sealed: &Sealed) -> Result<String, SealError> {
        String::from_utf8(self.open(context, sealed)?).map_err(|_| SealError::NotText)
    }

    fn open_bytes(
        &self,
        opening: Option<&Opening>,
        context: &SealContext<'_>,
        sealed: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let compartment = Header::of(sealed)?.purpose.compartment();
        let reached = || opening.is_some_and(|opening| opening.reaches(context.table));
        if compartment == Compartment::Accusation && !reached() {
            return Err(SealError::Compartment);
        }
        self.unsealed(context, sealed)
    }

    fn unsealed(&self, context: &SealContext<'_>, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let header = Header::of(sealed)?;
        let keys = self.keys_with(context.district, header);
        let key = keys.version(context.district, header.purpose, header.version)?;
        let (head, rest) = sealed.split_at(HEADER);
        let (nonce, text) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SealError::Format)?;
        let mut buffer = text.to_vec();
        // The key knows its cipher. What the value says of itself is only held against it, as associated data.
        key.cipher
            .open(*nonce, &context.associated_data(head), &mut buffer)?;
        Ok(buffer)
    }

    /// Seals a field of an event: opens only with the same district, event id and field name.
    pub fn seal_field(
        &self,
        district: DistrictCode,
        event_id: Uuid,
        field: &str,
        plain: &str,
    ) -> SealedField {
        let context = SealContext::new(district, "event", field, event_id);
        SealedField {
            ciphertext: self.seal_text(&context, plain).into_bytes().into(),
        }
    }

    /// Opens a field of an event.
    pub fn open_field(
        &self,
        district: DistrictCode,
        event_id: Uuid,
        field: &str,
        sealed: &SealedField,
    ) -> Result<String, SealError> {
        let context = SealContext::new(district, "event", field, event_id);
        let plain = self.open_bytes(None, &context, &sealed.ciphertext)?;
        String::from_utf8(plain).map_err(|_| SealError::NotText)
    }

    /// The blind index of a normalised value: equal values of one district and field give equal bytes,
    /// and nothing else can be learnt from it without the key.
    pub fn blind_index(&self, district: DistrictCode, field: &str, normalised: &str) -> [u8; 32] {
        self.keyed(district, "blind-index", field, normalised.as_bytes())
    }

    /// A keyed hash for comparing without storing, under a key of its own for each purpose.
    pub fn keyed_hash(&self, district: DistrictCode, purpose: &str, bytes: &[u8]) -> [u8; 32] {
        self.keyed(district, "keyed-hash", purpose, bytes)
    }

    /// The tokens of pairs of characters for the search in sealed text, ascending and distinct; see
    /// [`search`](crate::search).
    pub fn search_tokens(&self, district: DistrictCode, pairs: &BTreeSet<&str>) -> Vec<i32> {
        let key = self.derived(district, "search\0pair");
        let tokens: BTreeSet<i32> = pairs
            .iter()
            .map(|pair| token(hmac_bytes(&key, pair.as_bytes())))
            .collect();
        tokens.into_iter().collect()
    }

    /// Tells tokens of one key and scheme from those of another.
    pub fn search_scheme(&self, district: DistrictCode) -> i32 {
        token(self.keyed(district, "search", "scheme", search::SCHEME.as_bytes()))
    }

    fn keyed(&self, district: DistrictCode, domain: &str, field: &str, bytes: &[u8]) -> [u8; 32] {
        hmac_bytes(&self.derived(district, &format!("{domain}\0{field}")), bytes)
    }

    /// Whether this is the query code of the case, in the same time whether it is or not.
    pub fn is_query_code(&self, district: DistrictCode, case_id: Uuid, code: &str) -> bool {
        let expected = self.query_code(district, case_id);
        aws_lc_rs::constant_time::verify_slices_are_equal(expected.as_bytes(), code.as_bytes()).is_ok()
    }

    /// The query code 查询码 of a case: ten characters, derived, so that nothing stores it and a repeated
    /// request gives it again.
    pub fn query_code(&self, district: DistrictCode, case_id: Uuid) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.keys().query_key(district));
        let mut code = String::with_capacity(QUERY_CODE_LENGTH);
        // Bytes at or above the largest multiple of 31 are skipped, so that every character is equally likely.
        let fair = u8::try_from(256 / QUERY_ALPHABET.len() * QUERY_ALPHABET.len()).expect("248 fits");
        for block in 0_u32.. {
            let mut input = case_id.as_bytes().to_vec();
            input.extend_from_slice(&block.to_be_bytes());
            for byte in hmac_bytes(&key, &input).into_iter().filter(|byte| *byte < fair) {
                code.push(char::from(
                    QUERY_ALPHABET[usize::from(byte) % QUERY_ALPHABET.len()],
                ));
                if code.len() == QUERY_CODE_LENGTH {
                    return code;
                }
            }
        }
        unreachable!("a hash gives fair bytes long before the counter ends")
    }
}

fn hmac_bytes(key: &hmac::Key, bytes: &[u8]) -> [u8; 32] {
    let tag = hmac::sign(key, bytes);
    tag.as_ref().try_into().expect("HMAC-SHA-256 gives 32 bytes")
}

fn token([a, b, c, d, ..]: [u8; 32]) -> i32 {
    i32::from_be_bytes([a, b, c, d])
}

/// SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest::digest(&digest::SHA256, bytes)
        .as_ref()
        .try_into()
        .expect("SHA-256 gives 32 bytes")
}

#[cfg(test)]
mod tests;

//! What a data key is for.
//!
//! Columns and records have keys of their own. A column can be sealed anew at any time, so its old keys go. A record
//! (a document, the reason in an audit row, a field of an event, an archive package) is fixed for good by hashes that
//! stand elsewhere, in events, in the chain, in manifests: it stays under the key that sealed it for as long as it is
//! kept, and a new key seals new records only.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use xinqiao_kernel::DistrictCode;

use super::Compartment;

/// The places of records; everything else is a column.
const RECORDS: [&str; 4] = ["document", "audit", "event", "package"];

/// What a data key of a district is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Columns of classes P2 and P3.
    Column,
    /// Records of classes P2 and P3.
    Record,
    /// Columns of class P4.
    AccusationColumn,
    /// Records of class P4.
    AccusationRecord,
    /// Blind indexes, search tokens and keyed hashes.
    Index,
    /// Query codes and the tokens of petitioners.
    QueryCode,
}

impl Purpose {
    /// Those that seal values, and that have versions.
    pub const SEALING: [Self; 4] = [
        Self::Column,
        Self::Record,
        Self::AccusationColumn,
        Self::AccusationRecord,
    ];
    /// Those whose values are printed or searched by equality: another key would make all of them void.
    pub(super) const FIXED: [Self; 2] = [Self::Index, Self::QueryCode];

    pub(super) fn of(compartment: Compartment, table: &str) -> Self {
        match (compartment, RECORDS.contains(&table)) {
            (Compartment::Ordinary, false) => Self::Column,
            (Compartment::Ordinary, true) => Self::Record,
            (Compartment::Accusation, false) => Self::AccusationColumn,
            (Compartment::Accusation, true) => Self::AccusationRecord,
        }
    }

    /// The second byte of a sealed value; those that seal nothing have none.
    pub(super) const fn byte(self) -> u8 {
        match self {
            Self::Column => 0,
            Self::Record => 1,
            Self::AccusationColumn => 4,
            Self::AccusationRecord => 5,
            Self::Index | Self::QueryCode => u8::MAX,
        }
    }

    pub(super) const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Column),
            1 => Some(Self::Record),
            4 => Some(Self::AccusationColumn),
            5 => Some(Self::AccusationRecord),
            _ => None,
        }
    }

    pub(super) const fn compartment(self) -> Compartment {
        match self {
            Self::AccusationColumn | Self::AccusationRecord => Compartment::Accusation,
            Self::Column | Self::Record | Self::Index | Self::QueryCode => Compartment::Ordinary,
        }
    }

    /// True when what it seals can be sealed anew.
    pub const fn is_column(self) -> bool {
        matches!(self, Self::Column | Self::AccusationColumn)
    }

    /// Its name in the key book and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Column => "column",
            Self::Record => "record",
            Self::AccusationColumn => "accusation-column",
            Self::AccusationRecord => "accusation-record",
            Self::Index => "index",
            Self::QueryCode => "query-code",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Purpose {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::SEALING.into_iter().find(|purpose| purpose.name() == text);
        known.ok_or_else(|| {
            let names = Self::SEALING.map(Self::name).join(", ");
            format!("must be one of: {names}")
        })
    }
}

/// The place of a data key in the book: a wrapped key unwraps nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyPlace {
    /// The tenant.
    pub district: DistrictCode,
    /// What the key is for.
    pub purpose: Purpose,
    /// Its version.
    pub version: u16,
}

impl KeyPlace {
    /// What the wrapping is bound to. Length-prefixed, so that no two places share their bytes.
    pub(super) fn associated_data(&self) -> Vec<u8> {
        let (district, purpose) = (self.district.to_string(), self.purpose.name());
        let mut data = b"xinqiao.data-key".to_vec();
        for part in [district.as_bytes(), purpose.as_bytes()] {
            data.push(u8::try_from(part.len()).expect("names of purposes are short"));
            data.extend_from_slice(part);
        }
        data.extend_from_slice(&self.version.to_be_bytes());
        data
    }
}

impl fmt::Display for KeyPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            district,
            purpose,
            version,
        } = self;
        write!(formatter, "{purpose} key {version} of district {district}")
    }
}

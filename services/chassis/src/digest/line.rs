//! The lines of a digest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;

/// What the line of an audit chain says it is about.
pub(super) const AUDIT: &str = "audit chain";

/// How many events, and the rolling hash over them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// Number of events.
    pub count: u64,
    /// Rolling hash, hexadecimal; empty when there is none.
    pub head: String,
}

/// What is known of one publisher's events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreign {
    /// Applied events.
    pub applied: Chain,
    /// Stored, not applied yet.
    pub waiting: u64,
    /// Failed too often.
    pub parked: u64,
    /// Highest sequence of them all; 0 when there is none.
    pub last: u64,
}

/// How the service's own journal of an entity stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Own {
    /// Highest sequence; 0 when nothing was published.
    pub last: u64,
    /// Holes below it: first and last sequence of each.
    pub lost: Vec<(u64, u64)>,
    /// Events the bus does not have.
    pub unpublished: u64,
    /// Events whose bodies do not read.
    pub unreadable: u64,
}

impl Own {
    /// True when nothing is lost and everything reads.
    pub const fn is_whole(&self) -> bool {
        self.lost.is_empty() && self.unreadable == 0
    }
}

/// Dates of a clock. What was not said is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalDates {
    /// The event that says them, or that started the clock: `case.registered`.
    pub by: String,
    /// The clock of the rule book: `K1`.
    pub clock: String,
    /// Plain arithmetic, YYYY-MM-DD.
    pub raw: String,
    /// Overdue in law after this day, YYYY-MM-DD.
    pub eff: String,
    /// What staff aim at, YYYY-MM-DD.
    pub safe: String,
}

/// The service's documents of a case against what its events said of them; each as form and identifier.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Documents {
    /// How many the events named.
    pub told: u64,
    /// Told, but not kept.
    pub lost: Vec<String>,
    /// Kept, but not as told, or not with the content its hash says.
    pub altered: Vec<String>,
    /// Kept, but told to nobody.
    pub unannounced: Vec<String>,
}

/// The audit chain of a district.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// Rows of a chain without fault.
    pub rows: u64,
    /// The first thing wrong.
    pub fault: Option<String>,
}

/// One line of the digest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The service.
    pub service: String,
    /// The district.
    pub district: String,
    /// `case`, `leader` …, or `audit chain`.
    pub entity_kind: String,
    /// The entity; nil for the audit chain.
    pub entity_id: Uuid,
    /// The case number, when it is a case.
    pub case_no: Option<String>,
    /// What the service published.
    pub journal: Chain,
    /// How that journal stands.
    pub own: Own,
    /// What the service has of others, by publisher.
    pub foreign: BTreeMap<String, Foreign>,
    /// Its documents.
    pub documents: Documents,
    /// The legal dates its events named, in their order.
    pub told_dates: Vec<LegalDates>,
    /// The clocks it keeps, those of one code in the order of their rounds.
    pub clocks: Vec<LegalDates>,
    /// The state as the service sees it.
    pub state: Option<String>,
    /// Hash over the service's facts, hexadecimal.
    pub facts: Option<String>,
    /// Only on the line of the audit chain.
    pub audit: Option<Audit>,
}

impl Line {
    pub(super) fn of(service: &str, district: DistrictCode, entity_id: Uuid, entity_kind: &str) -> Self {
        Self {
            service: service.to_owned(),
            district: district.to_string(),
            entity_kind: entity_kind.to_owned(),
            entity_id,
            ..Self::default()
        }
    }
}

//! `reconcile`: compares what the five services say of every entity, and names each difference.
//!
//! Pure: lines of digests in, differences out; [`gather`] fetches the lines from a platform. Two services agree on a
//! publisher's events of an entity exactly when the publisher's journal and the other's applied events have the same
//! rolling hash. States are compared with the service that owns the answer: the one whose acts lead to that state.
//! Clocks are compared with the events that named their dates.

mod alone;
mod clocks;
mod events;
pub mod gather;
mod states;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use uuid::Uuid;
use xinqiao_chassis::digest::Line;

use crate::databases::SERVICES;

/// What kind of difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The service gave no digest at all.
    ServiceSilent,
    /// The service lacks events that the publisher has.
    MissingEvent,
    /// The service has events that neither the publisher nor anybody else knows.
    SurplusEvent,
    /// As many events, but not the same ones.
    DifferentEvent,
    /// Stored, not applied yet.
    WaitingEvent,
    /// Failed too often.
    ParkedEvent,
    /// The service's own journal lacks an event: there is a hole, or several others have more than it has.
    LostEvent,
    /// An event in the service's own journal that the bus does not have.
    UnpublishedEvent,
    /// An event in the service's own journal that does not read any more.
    UnreadableEvent,
    /// A document that the service's events named is not there.
    LostDocument,
    /// A document is not what the service's events said of it.
    AlteredDocument,
    /// A document is there of which nobody was told.
    UnannouncedDocument,
    /// The audit chain of a district does not verify.
    AuditBroken,
    /// A clock has other dates than the event that started it.
    ClockDiffers,
    /// A clock that an event started is not there.
    ClockMissing,
    /// The service keeps no record of a case that another one registered.
    UnknownCase,
    /// The state is not the one the owner tells.
    StateDiffers,
    /// The service tells two things of one entity.
    ToldTwice,
}

impl Kind {
    /// The name people and programs see.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ServiceSilent => "service silent",
            Self::MissingEvent => "missing event",
            Self::SurplusEvent => "surplus event",
            Self::DifferentEvent => "different event",
            Self::WaitingEvent => "waiting event",
            Self::ParkedEvent => "parked event",
            Self::LostEvent => "lost event",
            Self::UnpublishedEvent => "unpublished event",
            Self::UnreadableEvent => "unreadable event",
            Self::LostDocument => "lost document",
            Self::AlteredDocument => "altered document",
            Self::UnannouncedDocument => "unannounced document",
            Self::AuditBroken => "audit broken",
            Self::ClockDiffers => "clock differs",
            Self::ClockMissing => "clock missing",
            Self::UnknownCase => "unknown case",
            Self::StateDiffers => "state differs",
            Self::ToldTwice => "told twice",
        }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// The district; empty when a whole service is silent.
    pub district: String,
    /// Number of the case, or kind and identifier of another entity, or `audit chain`.
    pub subject: String,
    /// The service that differs.
    pub service: String,
    /// What kind.
    pub kind: Kind,
    /// From what, and by how much.
    pub detail: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            district,
            subject,
            service,
            kind,
            detail,
        } = self;
        write!(f, "{district} {subject} {service}: {} ({detail})", kind.as_str())
    }
}

/// Reads the lines that `xinqiao-<service> digest` printed.
pub fn read(text: &str) -> Result<Vec<Line>, serde_json::Error> {
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(serde_json::from_str)
        .collect()
}

type Key = (String, Uuid);

/// What the services say of one entity, by service.
type Told<'t> = BTreeMap<&'t str, &'t Line>;

/// Every difference between the digests of the services; none when they agree.
pub fn reconcile(lines: &[Line]) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut entities: BTreeMap<Key, Told<'_>> = BTreeMap::new();
    for line in lines {
        let of_entity = entities
            .entry((line.district.clone(), line.entity_id))
            .or_default();
        if let Some(earlier) = of_entity.insert(&line.service, line)
            && earlier != line
        {
            differences.push(difference(
                line,
                &line.service,
                Kind::ToldTwice,
                "two lines of one entity",
            ));
        }
    }
    let telling: BTreeSet<&str> = lines.iter().map(|line| line.service.as_str()).collect();
    for service in SERVICES
        .into_iter()
        .filter(|service| !telling.is_empty() && !telling.contains(service))
    {
        differences.push(Difference {
            district: String::new(),
            subject: "everything".to_owned(),
            service: service.to_owned(),
            kind: Kind::ServiceSilent,
            detail: "no digest".to_owned(),
        });
    }
    for told in entities.values() {
        let published = events::compare(told, &telling, &mut differences);
        alone::judge(told, &published, &mut differences);
        clocks::compare(told, &published, &mut differences);
        states::compare(told, &mut differences);
    }
    differences.sort();
    differences
}

fn difference(line: &Line, service: &str, kind: Kind, detail: &str) -> Difference {
    let subject = match &line.case_no {
        Some(number) => number.clone(),
        None if line.audit.is_some() => line.entity_kind.clone(),
        None => format!("{} {}", line.entity_kind, line.entity_id),
    };
    Difference {
        district: line.district.clone(),
        subject,
        service: service.to_owned(),
        kind,
        detail: detail.to_owned(),
    }
}

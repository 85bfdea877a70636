//! The parts of a dossier: references to documents and the events of the case.

use std::collections::BTreeMap;

use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_documents::ArchiveItem;
use xinqiao_kernel::CaseState;

use super::gap::Gap;

/// A document of some service, by reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Identifier of the document.
    pub document_id: Uuid,
    /// Form code, for example `D12`.
    pub form: String,
    /// Where it belongs in the file.
    pub item: ArchiveItem,
    /// SHA-256 of the canonical content, hexadecimal.
    pub content_sha256: String,
    /// SHA-256 of the ciphertext, hexadecimal; its name in the object store.
    pub ciphertext_sha256: String,
    /// Size of the ciphertext.
    pub ciphertext_bytes: u64,
    /// Version of the key that seals it.
    pub key_version: u32,
    /// Legal time of the act.
    pub created_at: OffsetDateTime,
    /// The service whose act made it.
    pub publisher: String,
}

/// An event of the case as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedEvent {
    /// Place in the order in which the dossier took it, 1 first: every event comes after its cause.
    pub position: u32,
    /// Identifier of the event.
    pub event_id: Uuid,
    /// Name, for example `case.assigned`.
    pub kind: String,
    /// The service that published it.
    pub publisher: String,
    /// Number within publisher and case, 1 first.
    pub sequence: u64,
    /// Legal time.
    pub occurred_at: OffsetDateTime,
    /// `person:<id>` or `service:<name>`.
    pub actor_ref: String,
    /// The foreign event it builds on.
    pub causation_id: Option<Uuid>,
    /// The body as it came. Nothing in it is above class P1 in clear (DEC-17).
    pub body: Vec<u8>,
    /// State of the case after it.
    pub state: CaseState,
    /// What it says of a clock.
    pub clock: Option<ClockNote>,
}

/// What a `clock.*` event says, for the readable log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockNote {
    /// The clock, for example `K4`.
    pub clock: String,
    /// Event day.
    pub start: String,
    /// Plain arithmetic.
    pub due_raw: String,
    /// Legal end.
    pub due_eff: String,
    /// What staff aim at.
    pub due_safe: String,
    /// Why it stopped; empty while it runs.
    pub stop_reason: String,
}

/// The holes in the event log: per publisher the numbers run 1, 2, 3 …
pub fn missing_events(events: &[LoggedEvent]) -> Vec<Gap> {
    let mut by_publisher: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for event in events {
        by_publisher
            .entry(&event.publisher)
            .or_default()
            .push(event.sequence);
    }
    let mut gaps = Vec::new();
    for (publisher, mut sequences) in by_publisher {
        sequences.sort_unstable();
        let mut expected = 1;
        for sequence in sequences {
            gaps.extend((expected..sequence).map(|missing| Gap::of_event(publisher, missing)));
            expected = sequence + 1;
        }
    }
    gaps
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use time::macros::datetime;

    /// A document under an item.
    pub(crate) fn reference(item: &str, form: &str) -> Reference {
        Reference {
            document_id: Uuid::from_u128(u128::from(item.parse::<u8>().unwrap())),
            form: form.to_owned(),
            item: item.parse().unwrap(),
            content_sha256: "00".repeat(32),
            ciphertext_sha256: "11".repeat(32),
            ciphertext_bytes: 10,
            key_version: 1,
            created_at: datetime!(2026-03-03 09:12 +8),
            publisher: "intake".to_owned(),
        }
    }

    /// An event of a publisher.
    pub(crate) fn event(position: u32, publisher: &str, sequence: u64) -> LoggedEvent {
        LoggedEvent {
            position,
            event_id: Uuid::from_u128(u128::from(position)),
            kind: "case.registered".to_owned(),
            publisher: publisher.to_owned(),
            sequence,
            occurred_at: datetime!(2026-03-03 09:12 +8),
            actor_ref: "person:p-1".to_owned(),
            causation_id: None,
            body: vec![1, 2, 3],
            state: CaseState::Registered,
            clock: None,
        }
    }

    #[test]
    fn holes_are_named_with_publisher_and_number() {
        let events = [
            event(1, "intake", 1),
            event(2, "intake", 3),
            event(3, "assignment", 2),
        ];
        let found: Vec<_> = missing_events(&events).into_iter().map(|gap| gap.en).collect();
        assert_eq!(
            found,
            [
                "event 1 of assignment has not arrived",
                "event 2 of intake has not arrived"
            ]
        );
    }

    #[test]
    fn a_whole_log_has_no_hole() {
        assert!(
            missing_events(&[
                event(1, "intake", 1),
                event(2, "intake", 2),
                event(3, "supervision", 1)
            ])
            .is_empty()
        );
    }
}

//! What events say that can be held against tables: the legal dates and the documents they name.

use prost::{DecodeError, Message as _};
use xinqiao_proto::common::{DocumentRef, LegalTerm};
use xinqiao_proto::event::{
    CaseAccepted, CaseAssigned, CaseClosed, CaseClosureReported, CaseCompletenessPassed, CaseDiverted,
    CaseExecutionStarted, CaseExtended, CaseFiled, CaseNoLongerAccepted, CaseNotAccepted, CaseObjected,
    CaseObjectionDecided, CaseOpinionIssued, CaseOpinionServed, CaseRegistered, CaseReturned,
    CaseTransferredOut, ClockChanged, DocumentCreated, LeaderSentBack, PetitionerOpinionRecorded,
    ReceptionHeld,
};

use super::line::LegalDates;

/// Legal dates and documents of one event.
pub(super) struct Said {
    pub(super) dates: Vec<LegalDates>,
    pub(super) documents: Vec<DocumentRef>,
}

/// Terms, last days (clock and day) and documents, before the event's name is put to them.
#[derive(Default)]
struct Named {
    terms: Vec<Option<LegalTerm>>,
    /// Only the raw date: what follows from it depends on the calendar.
    last_day: Option<(&'static str, String)>,
    documents: Vec<DocumentRef>,
}

fn terms<const N: usize>(terms: [Option<LegalTerm>; N]) -> Named {
    Named {
        terms: terms.into(),
        ..Named::default()
    }
}

fn documents(documents: Vec<DocumentRef>) -> Named {
    Named {
        documents,
        ..Named::default()
    }
}

type Reader = fn(&[u8]) -> Result<Named, DecodeError>;

/// Every event that names a date of a clock or a document. Of a clock's own events the first is enough: its dates
/// change only by another calendar, and what is compared is how it was started.
const READERS: [(&str, Reader); 24] = [
    ("document.created", |body| {
        DocumentCreated::decode(body).map(|it| documents(it.document.into_iter().collect()))
    }),
    ("case.registered", |body| {
        CaseRegistered::decode(body).map(|it| Named {
            documents: it.documents,
            ..terms([it.k1])
        })
    }),
    ("case.diverted", |body| {
        CaseDiverted::decode(body).map(|it| terms([it.k23]))
    }),
    ("case.not_accepted", |body| {
        CaseNotAccepted::decode(body).map(|it| terms([it.k23]))
    }),
    ("case.no_longer_accepted", |body| {
        CaseNoLongerAccepted::decode(body).map(|it| terms([it.k23]))
    }),
    ("case.transferred_out", |body| {
        CaseTransferredOut::decode(body).map(|it| terms([it.k23]))
    }),
    ("reception.held", |body| {
        ReceptionHeld::decode(body).map(|it| terms([it.k0]))
    }),
    ("case.assigned", |body| {
        CaseAssigned::decode(body).map(|it| Named {
            last_day: Some(("K5a", it.feedback_due)),
            ..terms([it.k2, it.k3])
        })
    }),
    ("case.objected", |body| {
        CaseObjected::decode(body).map(|it| terms([it.k22]))
    }),
    ("case.objection_upheld", |body| {
        CaseObjectionDecided::decode(body).map(|it| terms([it.k1b]))
    }),
    ("case.objection_refused", |body| {
        CaseObjectionDecided::decode(body).map(|it| terms([it.k1b]))
    }),
    ("case.accepted", |body| {
        CaseAccepted::decode(body).map(|it| terms([it.k4]))
    }),
    ("case.extended", |body| {
        CaseExtended::decode(body).map(|it| terms([it.k5]))
    }),
    ("case.opinion_issued", |body| {
        CaseOpinionIssued::decode(body).map(|it| terms([it.k19]))
    }),
    ("case.opinion_served", |body| {
        CaseOpinionServed::decode(body).map(|it| terms([it.k6]))
    }),
    ("case.execution_started", |body| {
        CaseExecutionStarted::decode(body).map(|it| Named {
            last_day: Some(("K20", it.plan_due)),
            ..Named::default()
        })
    }),
    ("case.closure_reported", |body| {
        CaseClosureReported::decode(body).map(|it| terms([it.k21]))
    }),
    ("clock.started", |body| {
        ClockChanged::decode(body).map(|it| terms([it.term]))
    }),
    ("case.completeness_passed", |body| {
        CaseCompletenessPassed::decode(body).map(|it| terms([it.k12]))
    }),
    ("case.returned", |body| {
        CaseReturned::decode(body).map(|it| terms([it.k13]))
    }),
    ("petitioner.opinion_recorded", |body| {
        PetitionerOpinionRecorded::decode(body).map(|it| terms([it.k11]))
    }),
    ("leader.sent_back", |body| {
        LeaderSentBack::decode(body).map(|it| terms([it.k13]))
    }),
    ("case.closed", |body| {
        CaseClosed::decode(body).map(|it| terms([it.k15]))
    }),
    ("case.filed", |body| {
        CaseFiled::decode(body).map(|it| terms([it.k11, it.k15]))
    }),
];

/// The events whose bodies must be read.
pub(super) fn kinds() -> Vec<&'static str> {
    READERS.iter().map(|(kind, _)| *kind).collect()
}

/// What an event says; nothing when it is none of [`kinds`].
pub(super) fn read(kind: &str, body: &[u8]) -> Result<Said, DecodeError> {
    let named = match READERS.iter().find(|(name, _)| *name == kind) {
        Some((_, reader)) => reader(body)?,
        None => Named::default(),
    };
    let of_term = |term: LegalTerm| LegalDates {
        by: kind.to_owned(),
        clock: term.clock,
        raw: term.due_raw,
        eff: term.due_eff,
        safe: term.due_safe,
    };
    let last_day = named.last_day.filter(|(_, day)| !day.is_empty());
    let of_last_day = last_day.map(|(clock, day)| LegalDates {
        by: kind.to_owned(),
        clock: clock.to_owned(),
        raw: day,
        ..LegalDates::default()
    });
    Ok(Said {
        dates: named
            .terms
            .into_iter()
            .flatten()
            .map(of_term)
            .chain(of_last_day)
            .collect(),
        documents: named.documents,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use prost_types::FileDescriptorSet;
    use xinqiao_proto::event::KINDS;

    use super::*;

    /// The messages of event bodies with a field of one of the two types.
    fn bodies_that_name() -> BTreeSet<String> {
        let contracts = FileDescriptorSet::decode(xinqiao_proto::DESCRIPTORS).unwrap();
        let wanted = [".xinqiao.common.v1.LegalTerm", ".xinqiao.common.v1.DocumentRef"];
        contracts
            .file
            .iter()
            .filter(|file| file.package() == "xinqiao.event.v1")
            .flat_map(|file| &file.message_type)
            .filter(|message| {
                message
                    .field
                    .iter()
                    .any(|field| wanted.contains(&field.type_name()))
            })
            .map(|message| message.name().to_owned())
            .collect()
    }

    #[test]
    fn every_event_that_names_a_term_or_a_document_is_read() {
        let bodies = bodies_that_name();
        let must: BTreeSet<&str> = KINDS
            .iter()
            .filter(|(_, body)| bodies.contains(*body))
            .map(|(kind, _)| *kind)
            // Later events of a clock repeat the dates of its start, or have those of another calendar.
            .filter(|kind| !kind.starts_with("clock.") || *kind == "clock.started")
            .collect();
        let read: BTreeSet<&str> = kinds().into_iter().collect();
        assert!(bodies.len() > 10, "{bodies:?}");
        assert_eq!(must.difference(&read).collect::<Vec<_>>(), [&""; 0]);
    }

    #[test]
    fn dates_carry_the_name_of_their_event() {
        let body = CaseAssigned {
            k2: Some(LegalTerm {
                clock: "K2".to_owned(),
                due_raw: "2026-03-19".to_owned(),
                ..LegalTerm::default()
            }),
            feedback_due: "2026-05-08".to_owned(),
            ..CaseAssigned::default()
        };
        let said = read("case.assigned", &body.encode_to_vec()).unwrap();
        let told: Vec<_> = said
            .dates
            .iter()
            .map(|dates| (dates.by.as_str(), dates.clock.as_str(), dates.raw.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("case.assigned", "K2", "2026-03-19"),
                ("case.assigned", "K5a", "2026-05-08")
            ]
        );
        assert!(said.documents.is_empty());
    }

    #[test]
    fn a_body_that_does_not_read_is_an_error_and_an_event_without_dates_says_nothing() {
        assert!(read("case.registered", &[0]).is_err());
        assert!(read("case.voided", &[0]).unwrap().dates.is_empty());
    }
}

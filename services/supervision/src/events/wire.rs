//! Values of the domain as contracts write them, and back.

use prost_types::Timestamp;
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_chassis::refusal::Refusal;
use xinqiao_kernel::{ClockCode, Due, Remedy, Term, local};
use xinqiao_proto::{
    common::{DocumentRef, LegalTerm, TermUnit},
    event,
};

use crate::{
    domain::{
        clocks::{Clock, PublishedDue},
        opinion::Attitude,
    },
    store::documents::SeenDocument,
};

/// An instant.
pub(crate) use xinqiao_chassis::document::timestamp;

/// An instant of a message; none when it is missing or out of range.
pub(crate) fn instant(timestamp: Option<&Timestamp>) -> Option<OffsetDateTime> {
    let timestamp = timestamp?;
    local::instant(timestamp.seconds, timestamp.nanos)
}

/// A date of a message; none when it is empty or none.
pub(crate) use xinqiao_kernel::local::parse_date as date;

/// The term of a clock.
pub(crate) fn legal_term(clock: &Clock) -> LegalTerm {
    legal_term_of(clock.code, &clock.due)
}

/// The term that a clock has with these dates.
pub(crate) fn legal_term_of(clock: ClockCode, due: &Due) -> LegalTerm {
    let unit = match due.term {
        Term::Days(_) => TermUnit::Day,
        Term::WorkingDays(_) => TermUnit::WorkingDay,
    };
    LegalTerm {
        clock: clock.code().to_owned(),
        start_date: due.start.to_string(),
        length: u32::from(due.term.count()),
        unit: unit.into(),
        calendar_version: due.calendar_version.clone(),
        due_raw: due.raw.to_string(),
        due_eff: due.eff.to_string(),
        due_safe: due.safe.to_string(),
        provisional: due.provisional,
    }
}

/// The dates of a publisher; terms that are missing or do not read are left out.
pub(crate) fn published<'a>(terms: impl IntoIterator<Item = &'a Option<LegalTerm>>) -> Vec<PublishedDue> {
    let read = |term: &LegalTerm| {
        Some(PublishedDue {
            code: term.clock.parse().ok()?,
            raw: date(&term.due_raw)?,
            eff: date(&term.due_eff)?,
            safe: date(&term.due_safe)?,
        })
    };
    terms.into_iter().flatten().filter_map(read).collect()
}

/// The overlay in events.
pub(crate) const fn remedy(remedy: Remedy) -> event::Remedy {
    match remedy {
        Remedy::None => event::Remedy::None,
        Remedy::ReviewWindow => event::Remedy::ReviewWindow,
        Remedy::UnderReview => event::Remedy::UnderReview,
        Remedy::RereviewWindow => event::Remedy::RereviewWindow,
        Remedy::UnderRereview => event::Remedy::UnderRereview,
        Remedy::RedoOrdered => event::Remedy::RedoOrdered,
        Remedy::Final => event::Remedy::Final,
    }
}

/// An attitude in events and answers.
pub(crate) const fn attitude(attitude: Option<Attitude>) -> event::Attitude {
    match attitude {
        None => event::Attitude::Unspecified,
        Some(Attitude::Satisfied) => event::Attitude::Satisfied,
        Some(Attitude::Basically) => event::Attitude::Basically,
        Some(Attitude::Dissatisfied) => event::Attitude::Dissatisfied,
        Some(Attitude::NoComment) => event::Attitude::NoComment,
    }
}

/// The outcome of a closure report, as its column keeps it.
pub(crate) const fn outcome_code(outcome: event::Outcome) -> Option<&'static str> {
    match outcome {
        event::Outcome::Unspecified => None,
        event::Outcome::Support => Some("SUPPORT"),
        event::Outcome::Explain => Some("EXPLAIN"),
        event::Outcome::NotSupport => Some("NOT_SUPPORT"),
    }
}

/// The outcome of a column.
pub(crate) fn outcome(code: Option<&str>) -> event::Outcome {
    match code {
        Some("SUPPORT") => event::Outcome::Support,
        Some("EXPLAIN") => event::Outcome::Explain,
        Some("NOT_SUPPORT") => event::Outcome::NotSupport,
        _ => event::Outcome::Unspecified,
    }
}

/// The legal route, as its column keeps it.
pub(crate) const fn route_code(route: event::LegalRoute) -> Option<&'static str> {
    match route {
        event::LegalRoute::Unspecified => None,
        event::LegalRoute::LegalRoute311 => Some("31-1"),
        event::LegalRoute::LegalRoute312 => Some("31-2"),
        event::LegalRoute::LegalRoute313 => Some("31-3"),
        event::LegalRoute::LegalRoute314 => Some("31-4"),
        event::LegalRoute::LegalRoute315 => Some("31-5"),
        event::LegalRoute::LegalRoute316 => Some("31-6"),
        event::LegalRoute::Litigation => Some("LITIGATION"),
        event::LegalRoute::None => Some("NONE"),
    }
}

/// A reference to a document, as it is kept.
pub(crate) fn seen_document(case_id: Uuid, document: &DocumentRef) -> Result<SeenDocument, Refusal> {
    let unreadable = |what: &str| Refusal::internal(&format!("document reference without a valid {what}"));
    Ok(SeenDocument {
        document_id: document
            .document_id
            .parse()
            .map_err(|_| unreadable("identifier"))?,
        case_id,
        form: document.form.clone(),
        archive_item: document.archive_item.clone(),
        content_sha256: hex::decode(&document.content_sha256).map_err(|_| unreadable("hash"))?,
        created_at: instant(document.created_at.as_ref()).ok_or_else(|| unreadable("time"))?,
    })
}

//! What a service's digest already judges by itself: its journal, its documents, its audit chain.

use std::collections::BTreeMap;

use super::events::Published;
use super::{Difference, Kind, Told, difference};

/// Names what each service says is wrong with its own.
pub(super) fn judge(
    told: &Told<'_>,
    published: &BTreeMap<&str, Published<'_>>,
    differences: &mut Vec<Difference>,
) {
    for (service, line) in told {
        let mut tell = |kind, detail: &str| differences.push(difference(line, service, kind, detail));
        let own = &line.own;
        if own.unpublished > 0 {
            tell(
                Kind::UnpublishedEvent,
                &format!("{} of its journal", own.unpublished),
            );
        }
        if own.unreadable > 0 {
            tell(
                Kind::UnreadableEvent,
                &format!("{} of its journal", own.unreadable),
            );
        }
        let documents = &line.documents;
        documents
            .lost
            .iter()
            .for_each(|document| tell(Kind::LostDocument, document));
        documents
            .altered
            .iter()
            .for_each(|document| tell(Kind::AlteredDocument, document));
        // The event that is lost may be the one that named it.
        let is_whole = published.get(service).is_some_and(|published| published.is_whole);
        if is_whole && own.is_whole() {
            documents
                .unannounced
                .iter()
                .for_each(|document| tell(Kind::UnannouncedDocument, document));
        }
        if let Some(fault) = line.audit.as_ref().and_then(|audit| audit.fault.as_deref()) {
            tell(Kind::AuditBroken, fault);
        }
    }
}

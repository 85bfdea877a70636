//! The completeness check 材料审核 (T28): which documents of the archive list must exist before the petitioner
//! is asked for his opinion `[§6.6]`.
//!
//! Items 01, 15, 16 and 21 come into being later; 17 to 20 belong to other procedures.

use xinqiao_documents::ArchiveItem;

/// When an item must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Always.
    Always,
    /// When a leader received the petitioner.
    LeaderReceived,
    /// From the naming of investigators (C41) on.
    Investigated,
    /// When a written opinion was issued.
    OpinionIssued,
    /// Only when it exists.
    IfAny,
}

/// An item of the archive list that is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Item {
    /// Which.
    pub item: ArchiveItem,
    /// Its name in English.
    pub en: &'static str,
    need: Need,
}

const fn row(item: ArchiveItem, en: &'static str, need: Need) -> Item {
    Item { item, en, need }
}

/// The items looked at, in the order of the archive list.
pub const ITEMS: [Item; 13] = [
    row(
        ArchiveItem::Registration,
        "registration form and receipt",
        Need::Always,
    ),
    row(
        ArchiveItem::Original,
        "original letter or oral record",
        Need::Always,
    ),
    row(ArchiveItem::Mandate, "identity or mandate papers", Need::IfAny),
    row(
        ArchiveItem::Reception,
        "reception or visit record",
        Need::LeaderReceived,
    ),
    row(
        ArchiveItem::Instruction,
        "leader's instruction",
        Need::LeaderReceived,
    ),
    row(ArchiveItem::Notices, "triage and notices", Need::Always),
    row(
        ArchiveItem::Assignment,
        "assignment, objection and decision",
        Need::IfAny,
    ),
    row(ArchiveItem::Recusal, "recusal declarations", Need::Investigated),
    row(
        ArchiveItem::Investigation,
        "investigation report and evidence",
        Need::OpinionIssued,
    ),
    row(ArchiveItem::Extension, "extension and notice", Need::IfAny),
    row(
        ArchiveItem::Opinion,
        "handling opinion and proof of service",
        Need::OpinionIssued,
    ),
    row(ArchiveItem::Execution, "evidence of execution", Need::IfAny),
    row(ArchiveItem::Closure, "closure report", Need::Always),
];

/// The row of an item, when the list has one.
pub fn find(item: ArchiveItem) -> Option<&'static Item> {
    ITEMS.iter().find(|row| row.item == item)
}

/// What the list depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FileFacts {
    /// A leader received the petitioner.
    pub leader_received: bool,
    /// Investigators were named.
    pub investigated: bool,
    /// A written opinion was issued.
    pub opinion_issued: bool,
}

impl Item {
    /// True when a file with these facts is incomplete without it.
    pub const fn mandatory(&self, facts: FileFacts) -> bool {
        match self.need {
            Need::Always => true,
            Need::LeaderReceived => facts.leader_received,
            Need::Investigated => facts.investigated,
            Need::OpinionIssued => facts.opinion_issued,
            Need::IfAny => false,
        }
    }
}

/// The mandatory items without a document, `count` telling how many each has.
pub fn gaps(facts: FileFacts, count: impl Fn(ArchiveItem) -> usize) -> Vec<&'static Item> {
    ITEMS
        .iter()
        .filter(|row| row.mandatory(facts) && count(row.item) == 0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(gaps: &[&Item]) -> Vec<&'static str> {
        gaps.iter().map(|row| row.item.number()).collect()
    }

    #[test]
    fn a_case_received_by_a_leader_and_investigated_needs_nine_items() {
        let facts = FileFacts {
            leader_received: true,
            investigated: true,
            opinion_issued: true,
        };
        assert_eq!(
            numbers(&gaps(facts, |_| 0)),
            ["02", "03", "05", "06", "07", "09", "10", "12", "14"]
        );
    }

    #[test]
    fn a_case_settled_on_the_spot_has_no_investigation() {
        let facts = FileFacts {
            leader_received: true,
            ..FileFacts::default()
        };
        assert_eq!(numbers(&gaps(facts, |_| 0)), ["02", "03", "05", "06", "07", "14"]);
    }

    #[test]
    fn only_what_is_missing_is_named() {
        let facts = FileFacts {
            leader_received: false,
            investigated: true,
            opinion_issued: true,
        };
        assert_eq!(
            numbers(&gaps(facts, |item| usize::from(
                item != ArchiveItem::Investigation
            ))),
            ["10"]
        );
        assert!(gaps(facts, |_| 2).is_empty());
    }
}

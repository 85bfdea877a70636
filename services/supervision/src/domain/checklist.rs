//! The completeness check 材料审核 (T28): which documents of the archive list must exist before the petitioner
//! is asked for his opinion `[§6.6]`.
//!
//! What each item demands is the rule of the file itself ([`demand`]): nobody is asked to sign what cannot be sealed
//! afterwards. Items 01, 15, 16 and 21 come into being later; 17 to 20 belong to other procedures.

use xinqiao_documents::{
    ArchiveItem, Demand, FileFacts,
    demand::{Lack, demand, lacks},
};

/// An item of the archive list that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// Which.
    pub item: ArchiveItem,
    /// Its name in English.
    pub en: &'static str,
}

const fn row(item: ArchiveItem, en: &'static str) -> Item {
    Item { item, en }
}

/// The items looked at, in the order of the archive list.
pub const ITEMS: [Item; 13] = [
    row(ArchiveItem::Registration, "registration form and receipt"),
    row(ArchiveItem::Original, "original letter or oral record"),
    row(ArchiveItem::Mandate, "identity or mandate papers"),
    row(ArchiveItem::Reception, "reception or visit record"),
    row(ArchiveItem::Instruction, "leader's instruction"),
    row(ArchiveItem::Notices, "triage, notices and proof of their service"),
    row(ArchiveItem::Assignment, "assignment, objection and decision"),
    row(ArchiveItem::Recusal, "recusal declarations"),
    row(ArchiveItem::Investigation, "investigation report and evidence"),
    row(ArchiveItem::Extension, "extension and notice"),
    row(ArchiveItem::Opinion, "handling opinion and proof of service"),
    row(ArchiveItem::Execution, "evidence of execution"),
    row(ArchiveItem::Closure, "closure report"),
];

/// The row of an item, when the list has one.
pub fn find(item: ArchiveItem) -> Option<&'static Item> {
    ITEMS.iter().find(|row| row.item == item)
}

impl Item {
    /// True when a file with these facts is incomplete without it.
    pub fn mandatory(&self, facts: &FileFacts) -> bool {
        matches!(demand(self.item, facts), Demand::Mandatory { .. })
    }
}

/// What the file lacks, `forms` telling the forms of the documents that each item has.
pub fn gaps<'f>(
    facts: &FileFacts,
    forms: impl Fn(ArchiveItem) -> Vec<&'f str>,
) -> Vec<(&'static Item, Lack)> {
    let of_item = |row: &'static Item| {
        let lacking = lacks(row.item, facts, &forms(row.item));
        lacking.into_iter().map(move |lack| (row, lack))
    };
    ITEMS.iter().flat_map(of_item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handled() -> FileFacts {
        FileFacts {
            leader_received: true,
            route_31_6: true,
            acceptance_served: Some(true),
            investigated: true,
            opinion_issued: true,
            opinion_served: true,
            ..FileFacts::default()
        }
    }

    fn numbers(facts: &FileFacts, forms: impl Fn(ArchiveItem) -> Vec<&'static str>) -> Vec<&'static str> {
        let gaps = gaps(facts, forms);
        gaps.iter().map(|(row, _)| row.item.number()).collect()
    }

    fn complete(item: ArchiveItem) -> Vec<&'static str> {
        match item {
            ArchiveItem::Registration => vec!["D01"],
            ArchiveItem::Original => vec!["ORIGINAL"],
            ArchiveItem::Reception => vec!["D27"],
            ArchiveItem::Instruction => vec!["D29"],
            ArchiveItem::Notices => vec!["TRIAGE", "D02", "D14"],
            ArchiveItem::Recusal => vec!["RECUSAL"],
            ArchiveItem::Investigation => vec!["D10"],
            ArchiveItem::Opinion => vec!["D12", "D14"],
            ArchiveItem::Closure => vec!["D15"],
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_case_received_by_a_leader_and_investigated_needs_nine_items() {
        assert_eq!(
            numbers(&handled(), |_| Vec::new()),
            ["02", "03", "05", "06", "07", "09", "10", "12", "14"]
        );
        assert!(gaps(&handled(), complete).is_empty());
    }

    #[test]
    fn a_case_settled_on_the_spot_has_no_investigation() {
        let facts = FileFacts {
            leader_received: true,
            route_31_6: true,
            ended_early: true,
            ..FileFacts::default()
        };
        assert_eq!(
            numbers(&facts, |_| Vec::new()),
            ["02", "03", "05", "06", "07", "14"]
        );
    }

    #[test]
    fn a_proof_of_service_is_missed_under_its_item() {
        let without_proof = |item| {
            let mut forms = complete(item);
            forms.retain(|form| *form != "D14");
            forms
        };
        assert_eq!(numbers(&handled(), without_proof), ["07", "12"]);
    }
}

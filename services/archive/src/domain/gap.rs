//! What keeps a dossier from being sealed.

use xinqiao_documents::{
    ArchiveItem,
    demand::{Lack, Text, lacks},
};

use super::dossier::Reference;
use super::facts::Facts;

/// Why an item is not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapReason {
    /// No document under a mandatory item.
    ItemMissing,
    /// Not the form that is demanded.
    FormMissing,
    /// The object is not in the store.
    ObjectAbsent,
    /// The object has another ciphertext digest.
    ObjectAltered,
    /// The object does not open.
    ObjectUnreadable,
    /// The content has another digest.
    ContentDiffers,
    /// An event of the case has not arrived.
    EventMissing,
}

impl GapReason {
    /// The stable reason a caller is told.
    pub fn code(self) -> &'static str {
        match self {
            Self::ItemMissing => "ITEM_MISSING",
            Self::FormMissing => "FORM_MISSING",
            Self::ObjectAbsent => "OBJECT_ABSENT",
            Self::ObjectAltered => "OBJECT_ALTERED",
            Self::ObjectUnreadable => "OBJECT_UNREADABLE",
            Self::ContentDiffers => "CONTENT_DIFFERS",
            Self::EventMissing => "EVENT_MISSING",
        }
    }
}

/// One gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The item it belongs to.
    pub item: ArchiveItem,
    /// Why.
    pub reason: GapReason,
    /// 中文.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Gap {
    /// A gap that concerns the object of one document.
    pub fn of_object(item: ArchiveItem, reference: &Reference, reason: GapReason) -> Self {
        let (zh, en) = match reason {
            GapReason::ObjectAbsent => ("尚未存入对象库", "is not in the object store yet"),
            GapReason::ObjectAltered => (
                "对象库中的密文与登记摘要不符",
                "has another ciphertext digest than its reference",
            ),
            GapReason::ObjectUnreadable => ("无法用本区密钥解密", "does not open under the district key"),
            _ => (
                "内容与登记摘要不符",
                "has another content digest than its reference",
            ),
        };
        Self {
            item,
            reason,
            zh: format!(
                "{} 项文书 {}（{}）{zh}",
                item.number(),
                reference.form,
                reference.document_id
            ),
            en: format!(
                "item {}: document {} ({}) {en}",
                item.number(),
                reference.form,
                reference.document_id
            ),
        }
    }

    /// An event of a publisher that has not arrived.
    pub fn of_event(publisher: &str, sequence: u64) -> Self {
        Self {
            item: ArchiveItem::ProcessLog,
            reason: GapReason::EventMissing,
            zh: format!("{publisher} 的第 {sequence} 个事件尚未收到"),
            en: format!("event {sequence} of {publisher} has not arrived"),
        }
    }
}

/// The mandatory items without their documents.
pub fn missing(facts: &Facts, references: &[Reference]) -> Vec<Gap> {
    ArchiveItem::ALL
        .into_iter()
        .flat_map(|item| of_item(item, facts, references))
        .collect()
}

/// The gaps of one item.
pub fn of_item(item: ArchiveItem, facts: &Facts, references: &[Reference]) -> Vec<Gap> {
    let here: Vec<&str> = references
        .iter()
        .filter(|reference| reference.item == item)
        .map(|r| r.form.as_str())
        .collect();
    let gap = |lack| match lack {
        Lack::Item(why) => item_missing(item, why),
        Lack::Form(group) => form_missing(item, group),
    };
    lacks(item, &facts.file(), &here).into_iter().map(gap).collect()
}

fn item_missing(item: ArchiveItem, why: Text) -> Gap {
    Gap {
        item,
        reason: GapReason::ItemMissing,
        zh: format!("缺 {} {}（{}）", item.number(), item.zh(), why.zh),
        en: format!("item {} is missing ({})", item.number(), why.en),
    }
}

fn form_missing(item: ArchiveItem, group: &[&str]) -> Gap {
    let forms = group.join(" / ");
    Gap {
        item,
        reason: GapReason::FormMissing,
        zh: format!("{} {} 缺文书 {forms}", item.number(), item.zh()),
        en: format!("item {} lacks form {forms}", item.number()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dossier::tests::reference;

    fn facts() -> Facts {
        Facts {
            leader_received: true,
            ..Facts::default()
        }
    }

    #[test]
    fn every_gap_is_named() {
        let found: Vec<_> = missing(&facts(), &[])
            .into_iter()
            .map(|gap| (gap.item.number(), gap.reason))
            .collect();
        let all = ["02", "03", "05", "06", "07", "14", "15", "16"];
        assert_eq!(found, all.map(|item| (item, GapReason::ItemMissing)));
    }

    #[test]
    fn a_missing_signature_is_the_one_gap() {
        let there = [
            ("02", "D01"),
            ("03", "X"),
            ("05", "D27"),
            ("06", "D29"),
            ("07", "D02"),
            ("14", "D15"),
            ("15", "D16"),
        ];
        let references: Vec<_> = there.iter().map(|(item, form)| reference(item, form)).collect();
        let gaps = missing(&facts(), &references);
        assert_eq!(gaps.len(), 1);
        assert_eq!(
            (gaps[0].item.number(), gaps[0].reason.code()),
            ("16", "ITEM_MISSING")
        );
        assert!(gaps[0].zh.contains("领导审阅签字"));
    }

    #[test]
    fn the_wrong_form_does_not_count() {
        let gaps = of_item(ArchiveItem::Reception, &facts(), &[reference("05", "D29")]);
        assert_eq!(gaps[0].reason, GapReason::FormMissing);
    }
}

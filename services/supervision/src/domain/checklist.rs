//! The completeness check 材料审核 (T28): which documents of the archive list must exist before the petitioner
//! is asked for his opinion [§6.6].
//!
//! Items 01, 15, 16 and 21 come into being later; 17 to 20 belong to other procedures.

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

/// An item of the archive list.
#[derive(Debug, Clone, Copy)]
pub struct Item {
    /// Its number, two digits.
    pub number: &'static str,
    /// 名称
    pub zh: &'static str,
    /// Its name in English.
    pub en: &'static str,
    need: Need,
}

const fn item(number: &'static str, zh: &'static str, en: &'static str, need: Need) -> Item {
    Item { number, zh, en, need }
}

/// The items looked at, in the order of the archive list.
pub const ITEMS: [Item; 13] = [
    item("02", "登记表、回执", "registration form and receipt", Need::Always),
    item("03", "来信原件或口述记录", "original letter or oral record", Need::Always),
    item("04", "身份或委托材料、代表名单", "identity or mandate papers", Need::IfAny),
    item("05", "接访(处访)记录", "reception or visit record", Need::LeaderReceived),
    item("06", "领导阅批、批办意见", "leader's instruction", Need::LeaderReceived),
    item("07", "分类处理及告知书", "triage and notices", Need::Always),
    item("08", "交办、异议及答复", "assignment, objection and decision", Need::IfAny),
    item("09", "回避声明", "recusal declarations", Need::Investigated),
    item("10", "调查报告及证据", "investigation report and evidence", Need::OpinionIssued),
    item("11", "延期审批及告知", "extension and notice", Need::IfAny),
    item("12", "处理意见书及送达证明", "handling opinion and proof of service", Need::OpinionIssued),
    item("13", "落实材料", "evidence of execution", Need::IfAny),
    item("14", "结案报告", "closure report", Need::Always),
];

/// True when the list has an item of this number.
pub fn knows(number: &str) -> bool {
    ITEMS.iter().any(|item| item.number == number)
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
pub fn gaps(facts: FileFacts, count: impl Fn(&str) -> usize) -> Vec<&'static Item> {
    ITEMS.iter().filter(|item| item.mandatory(facts) && count(item.number) == 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(gaps: &[&Item]) -> Vec<&'static str> {
        gaps.iter().map(|item| item.number).collect()
    }

    #[test]
    fn a_case_received_by_a_leader_and_investigated_needs_nine_items() {
        let facts = FileFacts { leader_received: true, investigated: true, opinion_issued: true };
        assert_eq!(
            numbers(&gaps(facts, |_| 0)),
            ["02", "03", "05", "06", "07", "09", "10", "12", "14"]
        );
    }

    #[test]
    fn a_case_settled_on_the_spot_has_no_investigation() {
        let facts = FileFacts { leader_received: true, ..FileFacts::default() };
        assert_eq!(numbers(&gaps(facts, |_| 0)), ["02", "03", "05", "06", "07", "14"]);
    }

    #[test]
    fn only_what_is_missing_is_named() {
        let facts = FileFacts { leader_received: false, investigated: true, opinion_issued: true };
        assert_eq!(numbers(&gaps(facts, |number| usize::from(number != "10"))), ["10"]);
        assert!(gaps(facts, |_| 2).is_empty());
    }
}

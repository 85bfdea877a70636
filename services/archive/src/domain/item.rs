//! The items 01 to 21 of a file 一案一档, and when each is demanded.

use super::facts::{Closure, Facts};

/// A sentence in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// 中文.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
}

const fn text(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// An item of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Item(u8);

/// Item 01: catalogue and note, made at sealing.
pub const CATALOGUE: Item = Item(1);
/// Item 21: the process log, made at sealing.
pub const PROCESS_LOG: Item = Item(21);

const TITLES: [&str; 21] = [
    "卷内目录与备考表",
    "登记表与回执",
    "来信来访原件及附件",
    "身份与委托材料",
    "接访处访记录",
    "领导批办意见",
    "甄别处理与告知文书",
    "交办与异议",
    "回避声明",
    "调查报告与证据",
    "延期审批与告知",
    "处理意见书与送达回证",
    "落实情况材料",
    "结案报告",
    "信访人签署意见",
    "领导审阅签字",
    "包保责任与联系记录",
    "督办与建议",
    "复查复核材料",
    "评价",
    "过程日志",
];

impl Item {
    /// Every item in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=21).map(Self)
    }

    /// Reads "01" to "21".
    pub fn parse(number: &str) -> Option<Self> {
        let value = number.parse().ok().filter(|value| (1..=21).contains(value))?;
        (number.len() == 2).then_some(Self(value))
    }

    /// "01" to "21".
    pub fn number(self) -> String {
        format!("{:02}", self.0)
    }

    /// Chinese title.
    pub fn title(self) -> &'static str {
        TITLES[usize::from(self.0 - 1)]
    }

    /// Folder under `data/`.
    pub fn folder(self) -> String {
        format!("{}_{}", self.number(), self.title())
    }
}

/// What the rules say of an item for one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demand {
    /// The sealing makes it.
    AtSealing,
    /// It must be there, with one form of each group.
    Mandatory {
        /// Why.
        why: Text,
        /// Of every group one form must be there; no group: any document will do.
        forms: Vec<&'static [&'static str]>,
    },
    /// It may be there.
    Optional {
        /// Why it need not.
        why: Text,
    },
}

/// What the rules of the archive file demand for this case (table of §6.6).
pub fn demand(item: Item, facts: &Facts) -> Demand {
    match item.0 {
        1 | 21 => Demand::AtSealing,
        2 => always(&[&["D01"]]),
        3 => always(&[]),
        5 => when(facts.leader_received, LEADER, NO_LEADER, &[&["D27", "D28"]]),
        6 => when(facts.leader_received, LEADER, NO_LEADER, &[]),
        7 => notices(facts),
        8 => when(
            facts.objected,
            text("单位提出过异议", "the unit objected"),
            WHEN_THERE,
            &[&["D08"], &["D09"]],
        ),
        9 => when(
            facts.investigated,
            text(
                "已进入调查办理（C41）",
                "the case reached the investigation (C41)",
            ),
            text("未进入调查办理", "the case never reached an investigation"),
            &[],
        ),
        10 => when(investigated_way(facts), ROUTE, NO_ROUTE, &[&["D10"]]),
        11 => when(
            facts.extended,
            text("办理期限曾延长", "the handling limit was extended"),
            WHEN_THERE,
            &[&["D11"]],
        ),
        12 => when(opinion_way(facts), ROUTE, NO_ROUTE, &[&["D12"], &["D14"]]),
        14 if facts.filed => Demand::Optional {
            why: text(
                "未进入办理程序的事项无结案报告",
                "a filed case has no closure report",
            ),
        },
        14 => always(&[&["D15"]]),
        15 => after_handling(facts, &[&["D16"]]),
        16 => after_handling(facts, &[&["D17"]]),
        _ => Demand::Optional { why: WHEN_THERE },
    }
}

const LEADER: Text = text("领导接访事项", "a leader received the petitioner");
const NO_LEADER: Text = text("非领导接访事项", "no leader received the petitioner");
const ROUTE: Text = text("按第三十一条第六项办理的事项", "handled under article 31(6)");
const NO_ROUTE: Text = text("不按第三十一条第六项办理", "not handled under article 31(6)");
const WHEN_THERE: Text = text("有则归档", "kept when there is one");

fn always(forms: &[&'static [&'static str]]) -> Demand {
    Demand::Mandatory {
        why: text("必备材料", "always demanded"),
        forms: forms.to_vec(),
    }
}

fn when(holds: bool, why: Text, why_not: Text, forms: &[&'static [&'static str]]) -> Demand {
    if holds {
        Demand::Mandatory {
            why,
            forms: forms.to_vec(),
        }
    } else {
        Demand::Optional { why: why_not }
    }
}

/// An acceptance notice when one was owed; a notice of diversion or refusal when the case ended so.
fn notices(facts: &Facts) -> Demand {
    if facts.filed {
        always(&[&["D03", "D04", "D05", "D06"]])
    } else if facts.accepted && facts.notice_served {
        always(&[&["D02"]])
    } else {
        always(&[])
    }
}

/// Settled on the spot or withdrawn, nothing was investigated; the written opinion then falls away too.
fn opinion_way(facts: &Facts) -> bool {
    let ended_before = matches!(
        facts.closure,
        Some(Closure::Onsite | Closure::Withdrawn | Closure::Diverted)
    );
    facts.route_31_6 && !facts.filed && !ended_before
}

/// The simplified procedure gives an opinion without an investigation (T45).
fn investigated_way(facts: &Facts) -> bool {
    opinion_way(facts) && (facts.investigated || facts.opinion.is_none())
}

/// The petitioner's opinion and the leader's signature: for what a leader received and what was not just
/// filed. Filed cases have the service proof of their notice instead (item 07).
fn after_handling(facts: &Facts, forms: &[&'static [&'static str]]) -> Demand {
    let filed = text(
        "以告知书送达回证代替",
        "the service proof of the notice stands in",
    );
    when(
        facts.leader_received && !facts.filed,
        LEADER,
        if facts.filed { filed } else { NO_LEADER },
        forms,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demanded(facts: &Facts) -> Vec<String> {
        Item::all()
            .filter(|item| matches!(demand(*item, facts), Demand::Mandatory { .. }))
            .map(Item::number)
            .collect()
    }

    fn handled() -> Facts {
        Facts {
            leader_received: true,
            route_31_6: true,
            accepted: true,
            notice_served: true,
            investigated: true,
            ..Facts::default()
        }
    }

    #[test]
    fn a_leader_received_matter_under_31_6_demands_the_full_file() {
        assert_eq!(
            demanded(&handled()),
            ["02", "03", "05", "06", "07", "09", "10", "12", "14", "15", "16"]
        );
    }

    #[test]
    fn without_a_leader_his_papers_are_not_demanded() {
        let facts = Facts {
            leader_received: false,
            ..handled()
        };
        assert_eq!(demanded(&facts), ["02", "03", "07", "09", "10", "12", "14"]);
    }

    #[test]
    fn a_filed_matter_demands_registration_and_notice() {
        let facts = Facts {
            filed: true,
            leader_received: true,
            route_31_6: false,
            ..Facts::default()
        };
        assert_eq!(demanded(&facts), ["02", "03", "05", "06", "07"]);
        let Demand::Mandatory { forms, .. } = demand(Item(7), &facts) else {
            panic!("notice not demanded")
        };
        assert_eq!(forms, [&["D03", "D04", "D05", "D06"]]);
    }

    #[test]
    fn what_happened_makes_its_papers_mandatory() {
        let facts = Facts {
            objected: true,
            extended: true,
            ..handled()
        };
        let found = demanded(&facts);
        assert!(found.contains(&"08".to_owned()) && found.contains(&"11".to_owned()));
    }

    #[test]
    fn settled_on_the_spot_needs_neither_investigation_nor_opinion() {
        let facts = Facts {
            closure: Some(Closure::Onsite),
            investigated: false,
            ..handled()
        };
        let found = demanded(&facts);
        assert!(!found.contains(&"10".to_owned()) && !found.contains(&"12".to_owned()));
    }

    #[test]
    fn items_read_back_from_their_numbers() {
        assert!(Item::all().all(|item| Item::parse(&item.number()) == Some(item)));
        for wrong in ["0", "00", "1", "22", "001", "", "1x"] {
            assert_eq!(Item::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Item(12).folder(), "12_处理意见书与送达回证");
    }
}

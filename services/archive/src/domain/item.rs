//! When each of the items 01 to 21 of a file 一案一档 is demanded, and by which forms.
//!
//! The general rule is the documents' ([`ArchiveItem::requirement`]); here it meets what happened in the case.

use xinqiao_documents::ArchiveItem;

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
pub fn demand(item: ArchiveItem, facts: &Facts) -> Demand {
    match item {
        ArchiveItem::Catalogue | ArchiveItem::ProcessLog => Demand::AtSealing,
        ArchiveItem::Registration => always(&[&["D01"]]),
        ArchiveItem::Original => always(&[]),
        ArchiveItem::Reception => when(facts.leader_received, LEADER, NO_LEADER, &[&["D27", "D28"]]),
        ArchiveItem::Instruction => when(facts.leader_received, LEADER, NO_LEADER, &[&["D29"]]),
        ArchiveItem::Notices => notices(facts),
        ArchiveItem::Assignment => when(facts.objected, OBJECTED, WHEN_THERE, &[&["D08"], &["D09"]]),
        ArchiveItem::Recusal => when(facts.investigated, INVESTIGATED, NOT_INVESTIGATED, &[]),
        ArchiveItem::Investigation => when(investigated_way(facts), ROUTE, NO_ROUTE, &[&["D10"]]),
        ArchiveItem::Extension => when(facts.extended, EXTENDED, WHEN_THERE, &[&["D11"]]),
        ArchiveItem::Opinion => when(opinion_way(facts), ROUTE, NO_ROUTE, &[&["D12"], &["D14"]]),
        ArchiveItem::Closure if facts.filed => Demand::Optional { why: FILED },
        ArchiveItem::Closure => always(&[&["D15"]]),
        ArchiveItem::PetitionerOpinion => after_handling(facts, &[&["D16"]]),
        ArchiveItem::LeaderReview => after_handling(facts, &[&["D17"]]),
        ArchiveItem::Mandate
        | ArchiveItem::Execution
        | ArchiveItem::FollowUp
        | ArchiveItem::Supervision
        | ArchiveItem::Review
        | ArchiveItem::Ratings => Demand::Optional { why: WHEN_THERE },
    }
}

const OBJECTED: Text = text("单位提出过异议", "the unit objected");
const INVESTIGATED: Text = text(
    "已进入调查办理（C41）",
    "the case reached the investigation (C41)",
);
const NOT_INVESTIGATED: Text = text("未进入调查办理", "the case never reached an investigation");
const EXTENDED: Text = text("办理期限曾延长", "the handling limit was extended");
const FILED: Text = text(
    "未进入办理程序的事项无结案报告",
    "a filed case has no closure report",
);
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

    fn demanded(facts: &Facts) -> Vec<&'static str> {
        ArchiveItem::ALL
            .into_iter()
            .filter(|item| matches!(demand(*item, facts), Demand::Mandatory { .. }))
            .map(ArchiveItem::number)
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
        let Demand::Mandatory { forms, .. } = demand(ArchiveItem::Notices, &facts) else {
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
        assert!(found.contains(&"08") && found.contains(&"11"));
    }

    #[test]
    fn settled_on_the_spot_needs_neither_investigation_nor_opinion() {
        let facts = Facts {
            closure: Some(Closure::Onsite),
            investigated: false,
            ..handled()
        };
        let found = demanded(&facts);
        assert!(!found.contains(&"10") && !found.contains(&"12"));
    }
}

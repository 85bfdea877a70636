//! When each of the items 01 to 21 of a file 一案一档 is demanded, and by which forms `[§6.6]`.
//!
//! The general rule is [`ArchiveItem::requirement`]; here it meets what happened in the case. Supervision asks before
//! anybody is asked to sign, the archive before it seals: nothing is signed that cannot be sealed.

use crate::archive_item::ArchiveItem;

/// What happened in a case, as far as its file depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileFacts {
    /// A leader received the petitioner.
    pub leader_received: bool,
    /// It is handled under article 31(6).
    pub route_31_6: bool,
    /// A unit objected to the assignment.
    pub objected: bool,
    /// Whether the notice of acceptance was served, or exempt `[R:23(2)]`; none before the acceptance.
    pub acceptance_served: Option<bool>,
    /// Investigators were named (C41).
    pub investigated: bool,
    /// The handling limit was extended.
    pub extended: bool,
    /// A written opinion was issued.
    pub opinion_issued: bool,
    /// The opinion was served; false when exempt.
    pub opinion_served: bool,
    /// Settled on the spot, withdrawn or diverted: it ended before anything was investigated.
    pub ended_early: bool,
    /// It came by filing (diverted, refused, withdrawn) and not by handling (T39).
    pub filed: bool,
}

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
pub fn demand(item: ArchiveItem, facts: &FileFacts) -> Demand {
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
        ArchiveItem::Opinion if facts.opinion_served => {
            when(opinion_way(facts), ROUTE, NO_ROUTE, &[&["D12"], &["D14"]])
        }
        ArchiveItem::Opinion => when(opinion_way(facts), ROUTE, NO_ROUTE, &[&["D12"]]),
        ArchiveItem::Closure if facts.filed => Demand::Optional { why: FILED },
        ArchiveItem::Closure => always(&[&["D15"]]),
        ArchiveItem::PetitionerOpinion if facts.filed => Demand::Optional { why: NOTICE_INSTEAD },
        ArchiveItem::PetitionerOpinion => when(facts.leader_received, LEADER, NO_LEADER, &[&["D16"]]),
        ArchiveItem::LeaderReview => when(facts.leader_received, LEADER, NO_LEADER, &[&["D17"]]),
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
const NOTICE_INSTEAD: Text = text(
    "以告知书送达回证代替",
    "the service proof of the notice stands in",
);
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

/// The notice of acceptance, or of diversion or refusal when the case ended so, with the proof of its service.
fn notices(facts: &FileFacts) -> Demand {
    if facts.filed {
        return always(&[&["D03", "D04", "D05", "D06"], &["D14"]]);
    }
    match facts.acceptance_served {
        Some(true) => always(&[&["D02"], &["D14"]]),
        Some(false) => always(&[&["D02"]]),
        None => always(&[]),
    }
}

/// Settled on the spot or withdrawn, nothing was investigated; the written opinion then falls away too.
fn opinion_way(facts: &FileFacts) -> bool {
    facts.route_31_6 && !facts.filed && !facts.ended_early
}

/// The simplified procedure gives an opinion without an investigation (T45).
fn investigated_way(facts: &FileFacts) -> bool {
    opinion_way(facts) && (facts.investigated || !facts.opinion_issued)
}

/// What an item lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// Any document, and why one is demanded.
    Item(Text),
    /// One of these forms.
    Form(&'static [&'static str]),
}

/// What an item lacks that has documents of these forms; nothing when it is complete or not demanded.
pub fn lacks(item: ArchiveItem, facts: &FileFacts, forms: &[&str]) -> Vec<Lack> {
    match demand(item, facts) {
        Demand::Mandatory { why, .. } if forms.is_empty() => vec![Lack::Item(why)],
        Demand::Mandatory { forms: groups, .. } => groups
            .into_iter()
            .filter(|group| !group.iter().any(|form| forms.contains(form)))
            .map(Lack::Form)
            .collect(),
        Demand::AtSealing | Demand::Optional { .. } => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demanded(facts: &FileFacts) -> Vec<&'static str> {
        ArchiveItem::ALL
            .into_iter()
            .filter(|item| matches!(demand(*item, facts), Demand::Mandatory { .. }))
            .map(ArchiveItem::number)
            .collect()
    }

    fn handled() -> FileFacts {
        FileFacts {
            leader_received: true,
            route_31_6: true,
            acceptance_served: Some(true),
            investigated: true,
            ..FileFacts::default()
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
        let facts = FileFacts {
            leader_received: false,
            ..handled()
        };
        assert_eq!(demanded(&facts), ["02", "03", "07", "09", "10", "12", "14"]);
    }

    #[test]
    fn a_filed_matter_demands_registration_notice_and_signature() {
        let facts = FileFacts {
            filed: true,
            leader_received: true,
            route_31_6: false,
            ..FileFacts::default()
        };
        assert_eq!(demanded(&facts), ["02", "03", "05", "06", "07", "16"]);
        assert_eq!(
            lacks(ArchiveItem::Notices, &facts, &["D05"]),
            [Lack::Form(&["D14"])],
            "the notice without the proof that it was served"
        );
        assert_eq!(lacks(ArchiveItem::Notices, &facts, &["D05", "D14"]), []);
    }

    #[test]
    fn what_happened_makes_its_papers_mandatory() {
        let facts = FileFacts {
            objected: true,
            extended: true,
            ..handled()
        };
        let found = demanded(&facts);
        assert!(found.contains(&"08") && found.contains(&"11"));
    }

    #[test]
    fn settled_on_the_spot_needs_neither_investigation_nor_opinion() {
        let facts = FileFacts {
            ended_early: true,
            investigated: false,
            ..handled()
        };
        let found = demanded(&facts);
        assert!(!found.contains(&"10") && !found.contains(&"12"));
    }

    #[test]
    fn what_was_served_has_its_proof() {
        let served = FileFacts {
            opinion_issued: true,
            opinion_served: true,
            ..handled()
        };
        let proof = [Lack::Form(&["D14"])];
        assert_eq!(lacks(ArchiveItem::Notices, &served, &["TRIAGE", "D02"]), proof);
        assert_eq!(lacks(ArchiveItem::Opinion, &served, &["D12"]), proof);
        let exempt = FileFacts {
            acceptance_served: Some(false),
            opinion_served: false,
            ..served
        };
        assert_eq!(lacks(ArchiveItem::Notices, &exempt, &["D02"]), []);
        assert_eq!(lacks(ArchiveItem::Opinion, &exempt, &["D12"]), []);
    }

    #[test]
    fn a_sheet_of_the_office_is_not_the_notice() {
        let lack = lacks(ArchiveItem::Notices, &handled(), &["TRIAGE"]);
        assert_eq!(lack, [Lack::Form(&["D02"]), Lack::Form(&["D14"])]);
        let none = lacks(ArchiveItem::Closure, &handled(), &[]);
        assert!(matches!(none[..], [Lack::Item(why)] if why.en == "always demanded"));
        assert_eq!(
            lacks(ArchiveItem::Closure, &handled(), &["CHECKLIST"]),
            [Lack::Form(&["D15"])],
            "a check of an earlier round is not the report"
        );
    }
}

//! The states of a case, the service that holds it in each, and the remedy overlay.

mod remedy;

pub use remedy::Remedy;

use crate::text;
use std::fmt;
use std::str::FromStr;

/// The main state of a case 信访事项.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CaseState {
    /// C00 暂存: captured, not numbered.
    Draft,
    /// C10 已登记: numbered, triage pending.
    Registered,
    /// C11 已并入: joined to another open case.
    Linked,
    /// C12 作废: registered in error; the number is kept.
    Void,
    /// C20 已导入法定途径: routed to a legal way.
    Diverted,
    /// C21 不予受理: not accepted, with reason and guidance.
    NotAccepted,
    /// C22 不再受理: the procedure has ended `[R:36(3)]`.
    NoLongerAccepted,
    /// C23 已转送(区外): sent to an organ outside the district.
    TransferredOut,
    /// C30 已交办: at the responsible unit, not yet accepted.
    Assigned,
    /// C31 异议待核: the unit objects.
    Objected,
    /// C40 已受理: accepted with notice; the handling limit runs.
    Accepted,
    /// C41 调查办理中: named investigators are at work.
    Investigating,
    /// C42 已报调查报告: waiting for the leader's instruction.
    Reported,
    /// C50 已出具处理意见: written opinion issued.
    OpinionIssued,
    /// C51 处理意见落实中: a supported demand is carried out.
    Executing,
    /// C55 暂无法解决·包保跟进: opinion served, follow-up active.
    FollowUp,
    /// C60 已报结案: closure report submitted.
    ClosureReported,
    /// C61 待信访人签署意见: the petitioner's opinion is asked for.
    OpinionPending,
    /// C62 待领导审阅签字: before the leader.
    LeaderReview,
    /// C63 退回重办: sent back by the leader.
    Rework,
    /// C70 已结案: the leader has signed.
    Closed,
    /// C80 已归档: archived.
    Archived,
    /// C90 已撤回: withdrawn in writing.
    Withdrawn,
}

/// The service that holds a case; only the holder commits its transitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holder {
    /// 受理登记
    Intake,
    /// 交办办理
    Assignment,
    /// 督查督办
    Supervision,
    /// 归档存档
    Archive,
}

impl Holder {
    /// The service's name.
    pub fn service(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Assignment => "assignment",
            Self::Supervision => "supervision",
            Self::Archive => "archive",
        }
    }

    /// Its name on screens.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Intake => "受理登记",
            Self::Assignment => "交办办理",
            Self::Supervision => "督查督办",
            Self::Archive => "归档存档",
        }
    }
}

impl CaseState {
    /// Every state in the order of its code.
    pub const ALL: [Self; 23] = [
        Self::Draft,
        Self::Registered,
        Self::Linked,
        Self::Void,
        Self::Diverted,
        Self::NotAccepted,
        Self::NoLongerAccepted,
        Self::TransferredOut,
        Self::Assigned,
        Self::Objected,
        Self::Accepted,
        Self::Investigating,
        Self::Reported,
        Self::OpinionIssued,
        Self::Executing,
        Self::FollowUp,
        Self::ClosureReported,
        Self::OpinionPending,
        Self::LeaderReview,
        Self::Rework,
        Self::Closed,
        Self::Archived,
        Self::Withdrawn,
    ];

    /// The code, such as `C10`; this is what databases and events store.
    pub fn code(self) -> &'static str {
        self.words().0
    }

    /// The Chinese name.
    pub fn zh(self) -> &'static str {
        self.words().1
    }

    /// The English name.
    pub fn en(self) -> &'static str {
        self.words().2
    }

    /// The service that holds a case in this state.
    pub fn holder(self) -> Holder {
        match self {
            Self::Draft
            | Self::Registered
            | Self::Linked
            | Self::Void
            | Self::Diverted
            | Self::NotAccepted
            | Self::NoLongerAccepted
            | Self::TransferredOut
            | Self::Withdrawn => Holder::Intake,
            Self::Assigned
            | Self::Objected
            | Self::Accepted
            | Self::Investigating
            | Self::Reported
            | Self::OpinionIssued
            | Self::Executing
            | Self::FollowUp
            | Self::Rework => Holder::Assignment,
            Self::ClosureReported | Self::OpinionPending | Self::LeaderReview | Self::Closed => {
                Holder::Supervision
            }
            Self::Archived => Holder::Archive,
        }
    }

    /// Whether the case is open: numbered, and neither closed nor at an end. A diverted, refused, transferred or
    /// withdrawn case stays open until it is filed. Every open case has a running clock at every moment.
    pub fn is_open(self) -> bool {
        !matches!(
            self,
            Self::Draft | Self::Linked | Self::Void | Self::Closed | Self::Archived
        )
    }

    /// Whether nothing leads out of the state (an archived case still becomes final and receives supplements).
    pub fn is_end(self) -> bool {
        matches!(self, Self::Linked | Self::Void | Self::Archived)
    }

    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Draft => ("C00", "暂存", "draft"),
            Self::Registered => ("C10", "已登记", "registered"),
            Self::Linked => ("C11", "已并入", "linked"),
            Self::Void => ("C12", "作废", "void"),
            Self::Diverted => ("C20", "已导入法定途径", "diverted"),
            Self::NotAccepted => ("C21", "不予受理", "not accepted"),
            Self::NoLongerAccepted => ("C22", "不再受理", "no longer accepted"),
            Self::TransferredOut => ("C23", "已转送（区外）", "transferred out"),
            Self::Assigned => ("C30", "已交办", "assigned"),
            Self::Objected => ("C31", "异议待核", "objected"),
            Self::Accepted => ("C40", "已受理", "accepted"),
            Self::Investigating => ("C41", "调查办理中", "investigating"),
            Self::Reported => ("C42", "已报调查报告", "reported"),
            Self::OpinionIssued => ("C50", "已出具处理意见", "opinion issued"),
            Self::Executing => ("C51", "处理意见落实中", "executing"),
            Self::FollowUp => ("C55", "暂无法解决·包保跟进", "follow-up"),
            Self::ClosureReported => ("C60", "已报结案", "closure reported"),
            Self::OpinionPending => ("C61", "待信访人签署意见", "petitioner's opinion pending"),
            Self::LeaderReview => ("C62", "待领导审阅签字", "leader's review"),
            Self::Rework => ("C63", "退回重办", "rework"),
            Self::Closed => ("C70", "已结案", "closed"),
            Self::Archived => ("C80", "已归档", "archived"),
            Self::Withdrawn => ("C90", "已撤回", "withdrawn"),
        }
    }
}

impl FromStr for CaseState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|state| state.code() == text)
            .ok_or(UnknownState)
    }
}

impl fmt::Display for CaseState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

text::serde_as_text!(CaseState);

/// A text that names no state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("states are named C00 to C90, remedies R0 to R6")]
pub struct UnknownState;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_reads_back_from_its_code() {
        for state in CaseState::ALL {
            assert_eq!(state.to_string().parse(), Ok(state));
        }
        assert!("C13".parse::<CaseState>().is_err());
        assert!(CaseState::ALL.is_sorted_by_key(|state| state.code()));
    }

    #[test]
    fn a_case_is_held_as_the_one_holder_rule_says() {
        let held_by = |holder: Holder| -> Vec<&str> {
            CaseState::ALL
                .into_iter()
                .filter(|state| state.holder() == holder)
                .map(CaseState::code)
                .collect()
        };
        assert_eq!(
            held_by(Holder::Intake),
            ["C00", "C10", "C11", "C12", "C20", "C21", "C22", "C23", "C90"]
        );
        assert_eq!(
            held_by(Holder::Assignment),
            ["C30", "C31", "C40", "C41", "C42", "C50", "C51", "C55", "C63"]
        );
        assert_eq!(held_by(Holder::Supervision), ["C60", "C61", "C62", "C70"]);
        assert_eq!(held_by(Holder::Archive), ["C80"]);
    }

    #[test]
    fn open_means_numbered_and_neither_closed_nor_at_an_end() {
        let not_open: Vec<&str> = CaseState::ALL
            .into_iter()
            .filter(|state| !state.is_open())
            .map(CaseState::code)
            .collect();
        assert_eq!(not_open, ["C00", "C11", "C12", "C70", "C80"]);
    }
}

//! The lines of the state machine that this service commits (domain §4.3), as one table.
//!
//! A line that is not in the table is forbidden; nothing else decides which act is possible in which state.
//! Guards that look at more than the state stand with their act.

use xinqiao_kernel::CaseState::{
    self, Accepted, Assigned, ClosureReported, Executing, Investigating, Objected, OpinionIssued, Registered,
    Reported, Rework,
};

/// What can be done with a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// A leader approves a unit complained about (DEC-14).
    ApproveUnit,
    /// T08 交办.
    Assign,
    /// The handler drafts the acceptance notice.
    DraftAcceptance,
    /// T10 受理告知.
    IssueAcceptance,
    /// T11 异议.
    RaiseObjection,
    /// T12 异议成立.
    UpholdObjection,
    /// T13 异议不成立.
    RefuseObjection,
    /// T16 确定调查人员.
    NameInvestigators,
    /// T17 提交调查报告.
    SubmitReport,
    /// The leader reads the report.
    ReadReport,
    /// T18 领导退回报告.
    ReturnReport,
    /// The handler drafts the opinion.
    DraftOpinion,
    /// T19 出具处理意见书.
    IssueOpinion,
    /// T19s 送达.
    ServeOpinion,
    /// T20 延期.
    Extend,
    /// T22 落实.
    StartExecution,
    /// T23 结案报告, nothing supported.
    CloseExplained,
    /// T24 结案报告, supported and executed.
    CloseExecuted,
    /// T29, the report has gaps; nothing was supported.
    ReturnToInvestigation,
    /// T29, the report has gaps; a supported demand.
    ReturnToExecution,
    /// T34 领导退回.
    SendBack,
    /// T35, investigate again.
    ReworkInvestigation,
    /// T35, execute again.
    ReworkExecution,
}

/// One line: who may do what from where, and where it leads.
struct Line {
    id: &'static str,
    act: Act,
    from: &'static [CaseState],
    /// The state afterwards; none where the state stays.
    to: Option<CaseState>,
}

const fn line(id: &'static str, act: Act, from: &'static [CaseState], to: CaseState) -> Line {
    Line {
        id,
        act,
        from,
        to: Some(to),
    }
}

const fn stay(id: &'static str, act: Act, from: &'static [CaseState]) -> Line {
    Line {
        id,
        act,
        from,
        to: None,
    }
}

/// T29 and T34 are committed by supervision; here they take the hold back.
const TABLE: &[Line] = &[
    stay("T08-approval", Act::ApproveUnit, &[Registered]),
    line("T08", Act::Assign, &[Registered], Assigned),
    stay("T10-draft", Act::DraftAcceptance, &[Assigned]),
    line("T10", Act::IssueAcceptance, &[Assigned], Accepted),
    line("T11", Act::RaiseObjection, &[Assigned], Objected),
    line("T12", Act::UpholdObjection, &[Objected], Registered),
    line("T13", Act::RefuseObjection, &[Objected], Assigned),
    line("T16", Act::NameInvestigators, &[Accepted], Investigating),
    line("T17", Act::SubmitReport, &[Investigating], Reported),
    stay("T18-read", Act::ReadReport, &[Reported]),
    line("T18", Act::ReturnReport, &[Reported], Investigating),
    stay("T19-draft", Act::DraftOpinion, &[Investigating, Reported]),
    line("T19", Act::IssueOpinion, &[Reported], OpinionIssued),
    stay("T19s", Act::ServeOpinion, &[OpinionIssued]),
    stay("T20", Act::Extend, &[Investigating, Reported]),
    line("T22", Act::StartExecution, &[OpinionIssued], Executing),
    line("T23", Act::CloseExplained, &[OpinionIssued], ClosureReported),
    line("T24", Act::CloseExecuted, &[Executing], ClosureReported),
    line(
        "T29",
        Act::ReturnToInvestigation,
        &[ClosureReported],
        Investigating,
    ),
    line("T29", Act::ReturnToExecution, &[ClosureReported], Executing),
    line("T34", Act::SendBack, &[ClosureReported], Rework),
    line("T35", Act::ReworkInvestigation, &[Rework], Investigating),
    line("T35", Act::ReworkExecution, &[Rework], Executing),
];

/// There is no such line in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoSuchLine {
    /// The state the case is in.
    pub state: CaseState,
    /// The act that was asked for.
    pub act: Act,
}

/// The state after an act.
pub fn after(state: CaseState, act: Act) -> Result<CaseState, NoSuchLine> {
    TABLE
        .iter()
        .find(|line| line.act == act && line.from.contains(&state))
        .map(|line| line.to.unwrap_or(state))
        .ok_or(NoSuchLine { state, act })
}

/// The lines that start from a state, each once, in the order of the table.
pub fn possible(state: CaseState) -> Vec<&'static str> {
    let mut lines: Vec<_> = TABLE
        .iter()
        .filter(|line| line.from.contains(&state))
        .map(|line| line.id)
        .collect();
    lines.dedup();
    lines
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const ACTS: &[Act] = &[
        Act::ApproveUnit,
        Act::Assign,
        Act::DraftAcceptance,
        Act::IssueAcceptance,
        Act::RaiseObjection,
        Act::UpholdObjection,
        Act::RefuseObjection,
        Act::NameInvestigators,
        Act::SubmitReport,
        Act::ReadReport,
        Act::ReturnReport,
        Act::DraftOpinion,
        Act::IssueOpinion,
        Act::ServeOpinion,
        Act::Extend,
        Act::StartExecution,
        Act::CloseExplained,
        Act::CloseExecuted,
        Act::ReturnToInvestigation,
        Act::ReturnToExecution,
        Act::SendBack,
        Act::ReworkInvestigation,
        Act::ReworkExecution,
    ];

    fn reaches(from: CaseState, to: CaseState) -> bool {
        ACTS.iter().any(|act| after(from, *act) == Ok(to) && from != to)
    }

    #[test]
    fn forbidden_lines_are_not_in_the_table() {
        assert!(!reaches(Assigned, OpinionIssued), "no opinion without acceptance");
        assert!(
            !reaches(Investigating, ClosureReported),
            "no closure report without an opinion"
        );
        assert!(!reaches(Reported, ClosureReported));
        assert!(!reaches(Accepted, ClosureReported));
        assert!(!reaches(Registered, Accepted), "no acceptance without assignment");
        assert!(
            !reaches(ClosureReported, CaseState::Closed),
            "supervision closes, never this service"
        );
    }

    #[test]
    fn every_act_has_a_line_and_every_state_here_a_way_on() {
        for act in ACTS {
            assert!(TABLE.iter().any(|line| line.act == *act), "{act:?}");
        }
        for state in [
            Registered,
            Assigned,
            Objected,
            Accepted,
            Investigating,
            Reported,
            OpinionIssued,
            Executing,
            Rework,
        ] {
            assert!(!possible(state).is_empty(), "{state:?}");
        }
    }

    #[test]
    fn says_what_is_possible_next() {
        assert_eq!(possible(Assigned), ["T10-draft", "T10", "T11"]);
        assert_eq!(possible(Rework), ["T35"]);
    }
}

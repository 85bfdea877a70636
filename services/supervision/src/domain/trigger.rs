//! What happens to a case, as far as supervision cares: one value per transition of the case machine.

use xinqiao_kernel::{CaseState, Holder};

/// A transition of a case, committed here or told by the service that committed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Trigger {
    /// T02: a submission became a numbered case.
    Registered,
    /// The talk with a leader is over; its record is open.
    ReceptionHeld,
    /// The record of the talk is complete and sorted.
    ReceptionFinalised,
    /// T07r: triage is complete.
    Released,
    /// T04
    Diverted,
    /// T03
    Linked,
    /// T05
    NotAccepted,
    /// T06
    NoLongerAccepted,
    /// T07
    TransferredOut,
    /// T40
    Voided,
    /// T08
    Assigned,
    /// T11
    Objected,
    /// T12
    ObjectionUpheld,
    /// T13
    ObjectionRefused,
    /// T10
    Accepted,
    /// U3: the unit let K2 run out without a notice.
    NoticeLapsed,
    /// T16
    InvestigationStarted,
    /// T17
    ReportSubmitted,
    /// T18
    ReportReturned,
    /// T20
    Extended,
    /// T19
    OpinionIssued,
    /// T19s
    OpinionServed,
    /// T22
    ExecutionStarted,
    /// T09, T23, T24, T44
    ClosureReported,
    /// T28
    CompletenessPassed,
    /// T29
    Returned,
    /// T30, T31, T32: the last representative's opinion is recorded.
    OpinionRecorded,
    /// T33
    Closed,
    /// T34
    SentBack,
    /// T35, to be investigated again.
    ReworkInvestigated,
    /// T35, to be carried out again.
    ReworkExecuted,
    /// T39, received by a leader: to his review.
    FiledForReview,
    /// T39, any other: to the archive.
    FiledForArchive,
    /// T36
    Archived,
}

impl Trigger {
    /// Every trigger.
    pub const ALL: [Self; 34] = [
        Self::Registered,
        Self::ReceptionHeld,
        Self::ReceptionFinalised,
        Self::Released,
        Self::Diverted,
        Self::Linked,
        Self::NotAccepted,
        Self::NoLongerAccepted,
        Self::TransferredOut,
        Self::Voided,
        Self::Assigned,
        Self::Objected,
        Self::ObjectionUpheld,
        Self::ObjectionRefused,
        Self::Accepted,
        Self::NoticeLapsed,
        Self::InvestigationStarted,
        Self::ReportSubmitted,
        Self::ReportReturned,
        Self::Extended,
        Self::OpinionIssued,
        Self::OpinionServed,
        Self::ExecutionStarted,
        Self::ClosureReported,
        Self::CompletenessPassed,
        Self::Returned,
        Self::OpinionRecorded,
        Self::Closed,
        Self::SentBack,
        Self::ReworkInvestigated,
        Self::ReworkExecuted,
        Self::FiledForReview,
        Self::FiledForArchive,
        Self::Archived,
    ];

    /// The name of the event that tells of it; stored with the clocks it starts and stops.
    pub const fn event(self) -> &'static str {
        match self {
            Self::Registered => "case.registered",
            Self::ReceptionHeld => "reception.held",
            Self::ReceptionFinalised => "reception.finalised",
            Self::Released => "case.released",
            Self::Diverted => "case.diverted",
            Self::Linked => "case.linked",
            Self::NotAccepted => "case.not_accepted",
            Self::NoLongerAccepted => "case.no_longer_accepted",
            Self::TransferredOut => "case.transferred_out",
            Self::Voided => "case.voided",
            Self::Assigned => "case.assigned",
            Self::Objected => "case.objected",
            Self::ObjectionUpheld => "case.objection_upheld",
            Self::ObjectionRefused => "case.objection_refused",
            Self::Accepted => "case.accepted",
            Self::NoticeLapsed => "clock.overdue",
            Self::InvestigationStarted => "case.investigation_started",
            Self::ReportSubmitted => "case.report_submitted",
            Self::ReportReturned => "case.report_returned",
            Self::Extended => "case.extended",
            Self::OpinionIssued => "case.opinion_issued",
            Self::OpinionServed => "case.opinion_served",
            Self::ExecutionStarted => "case.execution_started",
            Self::ClosureReported => "case.closure_reported",
            Self::CompletenessPassed => "case.completeness_passed",
            Self::Returned => "case.returned",
            Self::OpinionRecorded => "petitioner.opinion_recorded",
            Self::Closed => "case.closed",
            Self::SentBack => "leader.sent_back",
            Self::ReworkInvestigated | Self::ReworkExecuted => "case.rework_started",
            Self::FiledForReview | Self::FiledForArchive => "case.filed",
            Self::Archived => "case.archived",
        }
    }

    /// The state it leads to; none when the state stays.
    pub const fn state(self) -> Option<CaseState> {
        Some(match self {
            Self::Registered | Self::ObjectionUpheld => CaseState::Registered,
            Self::Diverted => CaseState::Diverted,
            Self::Linked => CaseState::Linked,
            Self::NotAccepted => CaseState::NotAccepted,
            Self::NoLongerAccepted => CaseState::NoLongerAccepted,
            Self::TransferredOut => CaseState::TransferredOut,
            Self::Voided => CaseState::Void,
            Self::Assigned | Self::ObjectionRefused => CaseState::Assigned,
            Self::Objected => CaseState::Objected,
            Self::Accepted => CaseState::Accepted,
            // A returned case whose demand is supported goes back to its execution; the case knows.
            Self::InvestigationStarted | Self::ReportReturned | Self::Returned | Self::ReworkInvestigated => {
                CaseState::Investigating
            }
            Self::ReportSubmitted => CaseState::Reported,
            Self::OpinionIssued => CaseState::OpinionIssued,
            Self::ExecutionStarted | Self::ReworkExecuted => CaseState::Executing,
            Self::ClosureReported => CaseState::ClosureReported,
            Self::CompletenessPassed => CaseState::OpinionPending,
            Self::OpinionRecorded | Self::FiledForReview => CaseState::LeaderReview,
            Self::Closed => CaseState::Closed,
            Self::SentBack => CaseState::Rework,
            Self::FiledForArchive | Self::Archived => CaseState::Archived,
            Self::ReceptionHeld
            | Self::ReceptionFinalised
            | Self::Released
            | Self::NoticeLapsed
            | Self::Extended
            | Self::OpinionServed => return None,
        })
    }

    /// The service the hold passes to; none when it stays. The list of hand-overs is closed.
    pub const fn hands_to(self) -> Option<Holder> {
        match self {
            Self::Registered | Self::ObjectionUpheld => Some(Holder::Intake),
            Self::Released | Self::Returned | Self::SentBack => Some(Holder::Assignment),
            Self::ClosureReported | Self::FiledForReview => Some(Holder::Supervision),
            Self::Closed | Self::FiledForArchive => Some(Holder::Archive),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trigger_is_listed_once() {
        let listed: std::collections::BTreeSet<_> = Trigger::ALL.into_iter().collect();
        assert_eq!(listed.len(), Trigger::ALL.len());
        assert!(Trigger::ALL.is_sorted());
    }

    #[test]
    fn a_case_changes_hands_only_by_the_hand_over_events() {
        let events: Vec<_> = Trigger::ALL
            .into_iter()
            .filter(|it| it.hands_to().is_some())
            .map(Trigger::event)
            .collect();
        assert_eq!(
            events,
            [
                "case.registered",
                "case.released",
                "case.objection_upheld",
                "case.closure_reported",
                "case.returned",
                "case.closed",
                "leader.sent_back",
                "case.filed",
                "case.filed"
            ]
        );
    }
}

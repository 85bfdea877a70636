//! Why an act on a case is refused. One enum for the service; `rpc::refusal` turns it into what a caller is told.

use thiserror::Error;
use time::Date;
use xinqiao_kernel::{CaseState, WrongFields};

use super::transitions::{Act, NoSuchLine};

/// Why an act is refused. Nothing has been changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Denied {
    /// Fields are wrong.
    #[error("wrong fields")]
    Fields(WrongFields),
    /// No such case for this caller.
    #[error("not found")]
    NotFound,
    /// No such proposal, or another took its place.
    #[error("no such proposal")]
    NoProposal,
    /// §5.2: two persons.
    #[error("another person than the one who proposed must confirm")]
    SamePerson,
    /// The hand-over has not arrived.
    #[error("not yet here")]
    NotYetHere,
    /// The hold has passed on.
    #[error("held elsewhere")]
    WrongHolder,
    /// Changed by somebody else since it was read.
    #[error("stale version")]
    StaleVersion,
    /// The transition table has no such line.
    #[error("{act:?} is not possible in {state:?}")]
    WrongState {
        /// The state the case is in.
        state: CaseState,
        /// The act asked for.
        act: Act,
    },
    /// DEC-14: the unit is accused, or under an accused unit.
    #[error("the unit is accused")]
    AccusedUnit,
    /// DEC-14: a leader must approve this unit.
    #[error("a leader must approve the unit")]
    ApprovalNeeded,
    /// The unit is not complained about.
    #[error("the unit needs no approval")]
    ApprovalNotNeeded,
    /// K3 has passed `[R:23(3)]`.
    #[error("objections were possible until {last_day}")]
    ObjectionTooLate {
        /// Last day of K3.
        last_day: Date,
    },
    /// One objection for each round.
    #[error("the unit has already objected in this round")]
    ObjectionUsed,
    /// Nothing to approve.
    #[error("there is no draft")]
    DraftMissing,
    /// The case has no K4, so nothing to extend.
    #[error("the case has no handling limit")]
    NoHandlingLimit,
    /// DEC-13: after the end of K4.
    #[error("an extension was possible until {last_day}")]
    ExtensionTooLate {
        /// Effective end of K4.
        last_day: Date,
    },
    /// DEC-13: one extension for each round.
    #[error("the limit has already been extended")]
    ExtensionUsed,
    /// The leader has not read the report and may still do so.
    #[error("the leader may read the report until {until}")]
    ReportNotRead {
        /// Last day of the leader's five working days.
        until: Date,
    },
    /// §5.2 hard rule 1.
    #[error("whoever investigates does not approve the opinion")]
    SeparationOfDuties,
    /// The opinion is already served.
    #[error("the opinion is already served")]
    AlreadyServed,
    /// Execution needs a supported demand.
    #[error("nothing was supported")]
    NotSupportedOutcome,
    /// The reply has to reach the petitioner first.
    #[error("the opinion is not served")]
    OpinionNotServed,
    /// A supported demand is executed before the closure report.
    #[error("the supported demand is not executed")]
    ExecutionNeeded,
}

impl From<WrongFields> for Denied {
    fn from(wrong: WrongFields) -> Self {
        Self::Fields(wrong)
    }
}

impl From<NoSuchLine> for Denied {
    fn from(line: NoSuchLine) -> Self {
        Self::WrongState {
            state: line.state,
            act: line.act,
        }
    }
}

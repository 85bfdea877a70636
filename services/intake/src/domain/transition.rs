//! The transition table of a case, readable beside the rule book §4.3.
//!
//! Intake commits only the lines whose `by` is [`Holder::Intake`]; the others are here because intake
//! shows people the overall state, which it follows from the events of the other services.

use xinqiao_kernel::{CaseState as State, Holder};

use Holder::{Archive, Assignment, Intake, Supervision};
use State::{
    Accepted, Archived, Assigned, Closed, ClosureReported, Diverted, Executing, FollowUp, Investigating,
    LeaderReview, Linked, NoLongerAccepted, NotAccepted, Objected, OpinionIssued, OpinionPending, Registered,
    Reported, Rework, TransferredOut, Void, Withdrawn,
};

/// Where a line leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// To this state.
    State(State),
    /// The state stays as it is.
    Itself,
    /// Back to where the unit worked last, C41 or C51 (T29, T35).
    Work,
    /// To the leader's review or straight to the archive, as the event says (T39).
    Filing,
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// Its name in the rule book.
    pub id: &'static str,
    /// The states it may start from.
    pub from: &'static [State],
    /// Where it leads.
    pub to: To,
    /// The event that tells of it.
    pub event: &'static str,
    /// The service that commits it.
    pub by: Holder,
    /// Who holds the case afterwards, when the hold passes.
    pub hand_over: Option<Holder>,
}

const fn line(id: &'static str, from: &'static [State], to: To, event: &'static str, by: Holder) -> Line {
    Line {
        id,
        from,
        to,
        event,
        by,
        hand_over: None,
    }
}

const fn passes(line: Line, holder: Holder) -> Line {
    Line {
        hand_over: Some(holder),
        ..line
    }
}

const OPEN: &[State] = &[
    Registered,
    Diverted,
    NotAccepted,
    NoLongerAccepted,
    TransferredOut,
    Assigned,
    Objected,
    Accepted,
    Investigating,
    Reported,
    OpinionIssued,
    Executing,
    FollowUp,
    ClosureReported,
    OpinionPending,
    LeaderReview,
    Rework,
    Withdrawn,
];

const BEFORE_OPINION: &[State] = &[Registered, Assigned, Objected, Accepted, Investigating, Reported];

/// The table. A pair of state and event that is not here is forbidden.
#[rustfmt::skip]
pub const LINES: &[Line] = &[
    line("T03",  &[Registered],             To::State(Linked),           "case.linked",                Intake),
    line("T04",  &[Registered],             To::State(Diverted),         "case.diverted",              Intake),
    line("T05",  &[Registered],             To::State(NotAccepted),      "case.not_accepted",          Intake),
    line("T06",  &[Registered],             To::State(NoLongerAccepted), "case.no_longer_accepted",    Intake),
    line("T07",  &[Registered],             To::State(TransferredOut),   "case.transferred_out",       Intake),
    passes(line("T07r", &[Registered],      To::Itself,                  "case.released",              Intake), Assignment),
    line("T40",  &[Registered],             To::State(Void),             "case.voided",                Intake),
    line("T42",  OPEN,                      To::Itself,                  "case.submission_attached",   Intake),

    line("T08",  &[Registered],             To::State(Assigned),         "case.assigned",              Assignment),
    passes(line("T09", &[Registered],       To::State(ClosureReported),  "case.closure_reported",      Assignment), Supervision),
    passes(line("T04u", &[Assigned],        To::State(Diverted),         "case.diverted",              Assignment), Intake),
    passes(line("T05u", &[Assigned],        To::State(NotAccepted),      "case.not_accepted",          Assignment), Intake),
    line("T10",  &[Assigned],               To::State(Accepted),         "case.accepted",              Assignment),
    line("T11",  &[Assigned],               To::State(Objected),         "case.objected",              Assignment),
    passes(line("T12", &[Objected],         To::State(Registered),       "case.objection_upheld",      Assignment), Intake),
    line("T13",  &[Objected],               To::State(Assigned),         "case.objection_refused",     Assignment),
    line("T16",  &[Accepted],               To::State(Investigating),    "case.investigation_started", Assignment),
    line("T17",  &[Investigating],          To::State(Reported),         "case.report_submitted",      Assignment),
    line("T18",  &[Reported],               To::State(Investigating),    "case.report_returned",       Assignment),
    line("T19",  &[Reported],               To::State(OpinionIssued),    "case.opinion_issued",        Assignment),
    line("T19s", &[OpinionIssued],          To::Itself,                  "case.opinion_served",        Assignment),
    line("T20",  &[Investigating, Reported], To::Itself,                 "case.extended",              Assignment),
    line("T21h", &[Investigating],          To::Itself,                  "case.hearing_held",          Assignment),
    line("T21m", &[Investigating],          To::Itself,                  "case.mediated",              Assignment),
    line("T22",  &[OpinionIssued],          To::State(Executing),        "case.execution_started",     Assignment),
    passes(line("T23", &[OpinionIssued],    To::State(ClosureReported),  "case.closure_reported",      Assignment), Supervision),
    passes(line("T24", &[Executing],        To::State(ClosureReported),  "case.closure_reported",      Assignment), Supervision),
    line("T25",  &[OpinionIssued],          To::State(FollowUp),         "case.followup_started",      Assignment),
    line("T26",  &[FollowUp],               To::State(Investigating),    "case.reopened",              Assignment),
    passes(line("T27", &[FollowUp],         To::State(ClosureReported),  "case.closure_reported",      Assignment), Supervision),
    line("T35",  &[Rework],                 To::Work,                    "case.rework_started",        Assignment),
    line("T38",  BEFORE_OPINION,            To::State(Withdrawn),        "case.withdrawn",             Assignment),
    line("T41",  OPEN,                      To::Itself,                  "case.leader_changed",        Assignment),
    passes(line("T44", &[Accepted],         To::State(ClosureReported),  "case.closure_reported",      Assignment), Supervision),
    line("T45",  &[Accepted],               To::State(OpinionIssued),    "case.opinion_issued",        Assignment),

    line("T28",  &[ClosureReported],        To::State(OpinionPending),   "case.completeness_passed",   Supervision),
    passes(line("T29", &[ClosureReported],  To::Work,                    "case.returned",              Supervision), Assignment),
    line("T30",  &[OpinionPending],         To::State(LeaderReview),     "petitioner.opinion_recorded", Supervision),
    line("T33s", &[LeaderReview],           To::Itself,                  "leader.signed",              Supervision),
    passes(line("T33", &[LeaderReview],     To::State(Closed),           "case.closed",                Supervision), Archive),
    passes(line("T34", &[LeaderReview],     To::State(Rework),           "leader.sent_back",           Supervision), Assignment),
    line("T39",  &[Diverted, NotAccepted, NoLongerAccepted, TransferredOut, Withdrawn],
                                            To::Filing,                  "case.filed",                 Supervision),

    line("T36",  &[Closed],                 To::State(Archived),         "case.archived",              Archive),
    line("T37",  &[Archived],               To::Itself,                  "archive.final",              Archive),
];

/// Whether the table has a line for an event at all.
pub fn known(event: &str) -> bool {
    LINES.iter().any(|line| line.event == event)
}

/// The line that an event takes from a state, if the table has one.
pub fn find(from: State, event: &str) -> Option<&'static Line> {
    LINES
        .iter()
        .find(|line| line.event == event && line.from.contains(&from))
}

/// Where a case stands for people to see: the overall projection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Main state.
    pub state: State,
    /// Who holds the case.
    pub holder: Holder,
    /// C41 or C51, wherever the unit worked last; a return leads back there.
    pub worked_in: State,
}

impl Standing {
    /// A case just numbered (T02).
    pub const REGISTERED: Self = Self {
        state: Registered,
        holder: Intake,
        worked_in: Investigating,
    };

    /// Follows an event; `None` when the table has no such line from here. `to_leader_review` is read
    /// for case.filed only.
    #[must_use]
    pub fn follow(self, event: &str, to_leader_review: bool) -> Option<Self> {
        let line = find(self.state, event)?;
        let state = match line.to {
            To::State(state) => state,
            To::Itself => self.state,
            To::Work => self.worked_in,
            To::Filing if to_leader_review => LeaderReview,
            To::Filing => Archived,
        };
        let holder = match line.to {
            To::Filing if to_leader_review => Supervision,
            To::Filing => Archive,
            _ => line.hand_over.unwrap_or(self.holder),
        };
        let worked_in = if matches!(state, Investigating | Executing) {
            state
        } else {
            self.worked_in
        };
        Some(Self {
            state,
            holder,
            worked_in,
        })
    }
}

#[cfg(test)]
mod tests;

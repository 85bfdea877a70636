//! Which transition starts, stops, cancels or replaces which clock: the table of §4.2 and §4.3, read row by row.
//!
//! What no row names does not touch a clock: a repeat petition, a new submission or a change of clerk never
//! starts a stopped clock again (RP-1), and nothing pauses one.

use xinqiao_kernel::ClockCode as K;

use crate::domain::trigger::Trigger as T;

/// How the length of a started clock is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// From the district's rule set.
    Rule,
    /// The act sets the last day.
    SetByAct,
    /// The act may set the last day; else from the rule set.
    SetByActOrRule,
    /// From the rule set, unless the act sets an earlier last day.
    RuleOrSooner,
    /// So many days on the raw date of the clock it replaces (DEC-13).
    OnRawOf(K),
}

/// What a row does to its clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Starts it; one of the same code that still runs is replaced.
    Start(Period),
    /// Starts it when the matter is handled under R:31(6) and it does not run yet, at the end of K2 at the latest.
    StartHandling,
    /// Starts it when the opinion can be reviewed, which only one under R:31(6) can; one that still runs is replaced.
    StartReview,
    /// Stops it if it runs: the duty was done.
    Met,
    /// Stops it if it runs: the duty or right fell away.
    Cancel,
    /// Stops it if it runs: another clock takes over.
    Replace,
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// What happens.
    pub on: T,
    /// Which clock it touches.
    pub clock: K,
    /// What it does to it.
    pub effect: Effect,
    /// Where that is written.
    pub source: &'static str,
}

const fn row(on: T, clock: K, effect: Effect, source: &'static str) -> Row {
    Row {
        on,
        clock,
        effect,
        source,
    }
}

use Effect::{Cancel, Met, Replace, Start, StartHandling, StartReview};
use Period::{OnRawOf, Rule, RuleOrSooner, SetByAct, SetByActOrRule};

/// The table, in the order of the journey. Of one trigger the stops come before the starts.
pub const TABLE: &[Row] = &[
    row(T::Registered, K::K1, Start(RuleOrSooner), "R:22, T02g"),
    row(T::ReceptionHeld, K::K0, Start(Rule), "S:L42"),
    row(T::ReceptionFinalised, K::K0, Met, "S:L42"),
    // The office has disposed of the matter, or it is settled on the spot. A handling clock that a lapsed notice has
    // started ends with the duty of the unit.
    row(T::Assigned, K::K1, Met, "R:22, T08"),
    row(T::Assigned, K::K1b, Met, "T08"),
    row(T::Assigned, K::K2, Start(Rule), "R:23(3)"),
    row(T::Assigned, K::K3, Start(Rule), "R:23(3)"),
    row(T::Assigned, K::K5a, Start(SetByAct), "R:22(3)"),
    row(T::Diverted, K::K1, Met, "R:22, T04"),
    row(T::Diverted, K::K1b, Met, "T04"),
    row(T::Diverted, K::K2, Met, "R:23(3), T04"),
    row(T::Diverted, K::K3, Cancel, "T04"),
    row(T::Diverted, K::K5a, Cancel, "T04"),
    row(T::Diverted, K::K4, Cancel, "T04, U3"),
    row(T::Diverted, K::K23, Start(Rule), "DES"),
    row(T::NotAccepted, K::K1, Met, "R:22, T05"),
    row(T::NotAccepted, K::K1b, Met, "T05"),
    row(T::NotAccepted, K::K2, Met, "R:23(3), T05"),
    row(T::NotAccepted, K::K3, Cancel, "T05"),
    row(T::NotAccepted, K::K5a, Cancel, "T05"),
    row(T::NotAccepted, K::K4, Cancel, "T05, U3"),
    row(T::NotAccepted, K::K23, Start(Rule), "DES"),
    row(T::NoLongerAccepted, K::K1, Met, "R:22, T06"),
    row(T::NoLongerAccepted, K::K1b, Met, "T06"),
    row(T::NoLongerAccepted, K::K23, Start(Rule), "DES"),
    row(T::TransferredOut, K::K1, Met, "R:22, T07"),
    row(T::TransferredOut, K::K1b, Met, "T07"),
    row(T::TransferredOut, K::K23, Start(Rule), "DES"),
    // The open case that it is joined to keeps its clocks (RP-1).
    row(T::Linked, K::K1, Met, "R:22, T03"),
    row(T::Linked, K::K1b, Met, "T03"),
    row(T::Voided, K::K1, Cancel, "T40"),
    row(T::Voided, K::K1b, Cancel, "T40"),
    row(T::FiledForReview, K::K23, Met, "T39"),
    row(T::FiledForReview, K::K11, Start(Rule), "T39, DES"),
    row(T::FiledForArchive, K::K23, Met, "T39"),
    row(T::FiledForArchive, K::K15, Start(Rule), "T39, DES"),
    // An objection stops the right to object; the duty to give notice runs on.
    row(T::Objected, K::K3, Met, "R:23(3), T11"),
    row(T::Objected, K::K22, Start(Rule), "DES"),
    row(T::ObjectionUpheld, K::K22, Met, "T12"),
    row(T::ObjectionUpheld, K::K2, Cancel, "T12"),
    row(T::ObjectionUpheld, K::K5a, Cancel, "T12"),
    row(T::ObjectionUpheld, K::K4, Cancel, "T12, U3"),
    row(T::ObjectionUpheld, K::K1b, Start(Rule), "T12, DES"),
    // A wrong objection must not cost the petitioner time: K2 is untouched.
    row(T::ObjectionRefused, K::K22, Met, "T13"),
    row(T::Accepted, K::K2, Met, "R:23(3), T10"),
    // Accepting answers the question K3 leaves open.
    row(T::Accepted, K::K3, Met, "T10"),
    row(T::Accepted, K::K4, StartHandling, "R:34, T10"),
    row(T::NoticeLapsed, K::K4, StartHandling, "R:34, U3"),
    row(T::Extended, K::K4, Replace, "R:34, T20"),
    row(T::Extended, K::K5, Start(OnRawOf(K::K4)), "R:34, DEC-13"),
    // Issuing ends the handling; serving begins the petitioner's thirty days (U4).
    row(T::OpinionIssued, K::K4, Met, "R:34, T19"),
    row(T::OpinionIssued, K::K5, Met, "R:34, T19"),
    row(T::OpinionIssued, K::K19, Start(Rule), "DES"),
    row(T::OpinionServed, K::K19, Met, "T19s"),
    row(T::OpinionServed, K::K6, StartReview, "R:35, §4.4"),
    row(T::ExecutionStarted, K::K20, Start(SetByAct), "R:32"),
    row(T::ClosureReported, K::K1, Met, "R:22, T09"),
    row(T::ClosureReported, K::K1b, Met, "T09"),
    row(T::ClosureReported, K::K5a, Met, "R:22(3)"),
    row(T::ClosureReported, K::K20, Met, "T24"),
    row(T::ClosureReported, K::K13, Met, "DES"),
    row(T::ClosureReported, K::K21, Start(Rule), "DES"),
    row(T::CompletenessPassed, K::K21, Met, "T28"),
    row(T::CompletenessPassed, K::K12, Start(Rule), "T28, DES"),
    // The unit's other clocks have stopped with the closure report; the rework must not be without one.
    row(T::Returned, K::K21, Met, "T29"),
    row(T::Returned, K::K13, Start(SetByActOrRule), "T29, DES"),
    row(T::OpinionRecorded, K::K12, Met, "T30-T32"),
    row(T::OpinionRecorded, K::K11, Start(Rule), "DES"),
    row(T::SentBack, K::K11, Met, "T34"),
    row(T::SentBack, K::K13, Start(SetByActOrRule), "T34, DES"),
    row(T::Closed, K::K11, Met, "T33"),
    row(T::Closed, K::K15, Start(Rule), "T33, DES"),
    row(T::Archived, K::K15, Met, "T36"),
];

/// The rows of a trigger, stops before starts.
pub fn rows(on: T) -> impl Iterator<Item = &'static Row> {
    TABLE.iter().filter(move |row| row.on == on)
}

//! What another working-day calendar makes of a running clock (rule 8).

use time::OffsetDateTime;
use xinqiao_kernel::{Calendar, ClockCode, Due, term::DayRole};

use super::{Clock, Rung, rungs};

/// A running clock under another calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recomputed {
    /// Its dates.
    pub due: Due,
    /// Its levels.
    pub rungs: Vec<Rung>,
    /// The calendar would bring its end forward, and it stays: the petitioner has been told it.
    pub kept: bool,
}

impl Recomputed {
    /// Whether the dates are others than before.
    pub fn moves(&self, clock: &Clock) -> bool {
        let dates = |due: &Due| (due.raw, due.eff, due.safe);
        dates(&self.due) != dates(&clock.due)
    }

    /// Whether the dates are others, or known with another certainty.
    pub fn changes(&self, clock: &Clock) -> bool {
        self.moves(clock) || self.due.provisional != clock.due.provisional
    }
}

/// The clock under a calendar that is in force from an instant on. None for one that stays as it is: it does not run any
/// more, or its last level was due by then, so that it is over in law.
///
/// Of any other the levels that were due by then stay as well, and none falls due before: nobody is late by a calendar
/// that came afterwards. The same calendar once more therefore changes nothing.
pub fn recompute(
    clock: &Clock,
    told: bool,
    calendar: &Calendar,
    in_force_from: OffsetDateTime,
) -> Option<Recomputed> {
    let is_to_come = |rung: &Rung| rung.fired_at.is_none() && rung.due_at > in_force_from;
    if !clock.is_running() || !clock.rungs.last().is_some_and(is_to_come) {
        return None;
    }
    let due = clock.due.recomputed(calendar, told);
    let derived = rungs(clock.code, &due, clock.started_at, calendar);
    let moved = |rung: &Rung| {
        let later = derived.iter().find(|other| other.level == rung.level);
        let due_at = later
            .filter(|_| is_to_come(rung))
            .map_or(rung.due_at, |other| other.due_at.max(in_force_from));
        Rung { due_at, ..*rung }
    };
    Some(Recomputed {
        rungs: clock.rungs.iter().map(moved).collect(),
        kept: due.derivation.last().is_some_and(|day| day.role == DayRole::Kept),
        due,
    })
}

/// Whether the petitioner has been told the dates of a clock: the receipt tells K1 `[R:22]`, the notice of acceptance K4
/// and that of the extension K5 `[R:34]`, the opinion K6 `[R:35]`.
pub fn is_told(code: ClockCode, acceptance_served: bool) -> bool {
    match code {
        ClockCode::K1 | ClockCode::K5 | ClockCode::K6 => true,
        ClockCode::K4 => acceptance_served,
        _ => false,
    }
}

/// What a calendar does to the open clocks, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Clocks looked at.
    pub open: u64,
    /// Whose dates change.
    pub moving: u64,
    /// Of these, whose dates the petitioner has been told.
    pub told: u64,
    /// Whose end stays because the petitioner has been told it.
    pub kept: u64,
    /// Whose dates stand, with another certainty.
    pub certainty: u64,
}

impl Tally {
    /// Counts one clock.
    pub fn add(&mut self, clock: &Clock, told: bool, recomputed: Option<&Recomputed>) {
        self.open += 1;
        let Some(recomputed) = recomputed else { return };
        let moves = recomputed.moves(clock);
        self.moving += u64::from(moves);
        self.told += u64::from(moves && told);
        self.kept += u64::from(recomputed.kept);
        self.certainty += u64::from(!moves && recomputed.changes(clock));
    }
}

#[cfg(test)]
mod tests;

//! Clocks 期限 of a case: what starts and stops them, their rungs, and what follows when one fires.
//!
//! Everything here is a pure function. A [`Clock`] keeps the dates the kernel derived; its state moves once,
//! from running to one of the ends.

mod happening;
pub mod recompute;
pub mod table;

use time::{Date, OffsetDateTime};
use uuid::Uuid;
use xinqiao_kernel::{
    Calendar, ClockCode, Due, Owner, RuleSet, Term,
    local::{local_date, start_of_day},
    term,
};

use crate::domain::trigger::Trigger;
pub use happening::{Happening, PublishedDue};
use table::{Effect, Period};

/// What is noted as having stopped a right that ended unused.
pub const EXPIRY: &str = "expiry";

/// Where a clock is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockState {
    /// It counts.
    Running,
    /// The duty was done.
    Met,
    /// The duty or the right fell away.
    Cancelled,
    /// A right ended unused.
    Expired,
    /// An extension or a later round took over.
    Replaced,
}

impl ClockState {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Running,
        Self::Met,
        Self::Cancelled,
        Self::Expired,
        Self::Replaced,
    ];

    /// The name in tables and events.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Met => "met",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Replaced => "replaced",
        }
    }

    /// The state of a name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

/// A level a clock passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// From the third working day before the safe date.
    Amber,
    /// After the safe date.
    Red,
    /// After the effective date: overdue in law.
    Overdue,
    /// The end of a right, after the effective date.
    End,
}

impl Level {
    /// Every level, lowest first.
    pub const ALL: [Self; 4] = [Self::Amber, Self::Red, Self::Overdue, Self::End];

    /// The number in the table of rungs.
    pub const fn number(self) -> i16 {
        match self {
            Self::Amber => 1,
            Self::Red => 2,
            Self::Overdue => 3,
            Self::End => 4,
        }
    }

    /// The name in events and instruments.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Amber => "amber",
            Self::Red => "red",
            Self::Overdue => "overdue",
            Self::End => "end",
        }
    }

    /// The level of a number.
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.number() == number)
    }
}

/// A level of a clock, the legal time from which it holds, and when it was acted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rung {
    /// Which level.
    pub level: Level,
    /// From when it holds; never before the clock was started, so that lateness measures us alone.
    pub due_at: OffsetDateTime,
    /// When it was acted on.
    pub fired_at: Option<OffsetDateTime>,
}

/// A clock of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    /// Identifier of its row.
    pub id: Uuid,
    /// Which clock.
    pub code: ClockCode,
    /// 1 for the first of this code in the case.
    pub round: u32,
    /// The reception whose record it is about; only K0 has one, since a case may be received again before the record
    /// of the first talk is done.
    pub reception_id: Option<Uuid>,
    /// The dates; the day-by-day ledger may have been left in the table.
    pub due: Due,
    /// Where it is in its life.
    pub state: ClockState,
    /// Its levels, lowest first.
    pub rungs: Vec<Rung>,
    /// The event that started it.
    pub started_by: String,
    /// Legal time of that event.
    pub started_at: OffsetDateTime,
    /// The publisher of that event had other dates.
    pub differed: bool,
    /// Version of the last calendar it was derived with or held against.
    pub held_against: String,
    /// The event that stopped it.
    pub stopped_by: Option<String>,
    /// Legal time of that event.
    pub stopped_at: Option<OffsetDateTime>,
}

impl Clock {
    /// True while it counts.
    pub fn is_running(&self) -> bool {
        self.state == ClockState::Running
    }

    /// The next rung to act on: the lowest that has not fired.
    pub fn next_rung(&self) -> Option<&Rung> {
        self.rungs
            .iter()
            .find(|rung| rung.fired_at.is_none())
            .filter(|_| self.is_running())
    }

    /// True for the clock of this reception's record, and for one that is about none.
    fn is_of(&self, reception_id: Option<Uuid>) -> bool {
        self.reception_id.is_none() || self.reception_id == reception_id
    }

    /// True when it counted at an instant: it counts still, or it ended as a right that nobody had used by a later one.
    fn counted_at(&self, at: OffsetDateTime) -> bool {
        self.is_running() || (self.state == ClockState::Expired && self.stopped_at > Some(at))
    }

    fn stop(&mut self, state: ClockState, by: &str, at: OffsetDateTime) {
        self.state = state;
        self.stopped_by = Some(by.to_owned());
        self.stopped_at = Some(at);
    }

    /// Takes back the levels that lie after the instant at which it stopped, and names them.
    fn withdraw_after(&mut self, at: OffsetDateTime) -> Vec<Level> {
        let never_passed = |rung: &&mut Rung| rung.fired_at.is_some() && rung.due_at > at;
        self.rungs
            .iter_mut()
            .filter(never_passed)
            .map(|rung| {
                rung.fired_at = None;
                rung.level
            })
            .collect()
    }
}

/// A right that may be used, and ends; anything else is a duty, which can become overdue.
pub fn is_right(code: ClockCode) -> bool {
    code == ClockCode::K3 || code.rule().owner == Owner::Petitioner
}

/// What a change of clocks was, in the order in which it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The clock at this place was started.
    Started(usize),
    /// The clock at this place was stopped.
    Stopped(usize),
    /// The clock at this place passed a level.
    Fired(usize, Level),
    /// The clock at this place never passed a level it was said to have passed: it had stopped before.
    Withdrawn(usize, Level),
}

/// What the arithmetic needs besides the case.
#[derive(Clone, Copy)]
pub struct Law<'a> {
    /// The district's lengths and switches.
    pub rules: &'a RuleSet,
    /// The working-day calendar.
    pub calendar: &'a Calendar,
}

/// The clocks of one case.
#[derive(Debug, Clone, Default)]
pub struct Clocks {
    /// Oldest first.
    pub all: Vec<Clock>,
}

impl Clocks {
    /// The running ones.
    pub fn running(&self) -> impl Iterator<Item = &Clock> {
        self.all.iter().filter(|clock| clock.is_running())
    }

    /// The running clock of a code; there is one at the most, of K0 one for each reception.
    pub fn running_of(&self, code: ClockCode) -> Option<&Clock> {
        self.running().find(|clock| clock.code == code)
    }

    /// The earliest rung not yet acted on.
    pub fn next_due_at(&self) -> Option<OffsetDateTime> {
        self.running()
            .filter_map(Clock::next_rung)
            .map(|rung| rung.due_at)
            .min()
    }

    /// Starts and stops what the table says. `handled` says that the matter is handled under R:31(6);
    /// `new_id` gives identifiers for new clocks.
    ///
    /// A clock the table does not find running is left alone, so an event that comes twice changes nothing more. An
    /// event may come after levels that lie behind it have been acted on; of the clocks it stops they are taken back,
    /// with what followed from them, so that nothing depends on which came first.
    pub fn apply(
        &mut self,
        happening: &Happening,
        handled: bool,
        law: Law<'_>,
        new_id: &mut dyn FnMut() -> Uuid,
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        // The period of an extension counts from the clock it replaces, which is stopped first.
        let before = self.clone();
        for row in table::rows(happening.trigger) {
            match row.effect {
                Effect::Met => self.stop(row.clock, ClockState::Met, happening, &mut changes),
                Effect::Cancel => self.stop(row.clock, ClockState::Cancelled, happening, &mut changes),
                Effect::Replace => self.stop(row.clock, ClockState::Replaced, happening, &mut changes),
                Effect::StartHandling if !handled || self.running_of(row.clock).is_some() => {}
                Effect::StartHandling => {
                    // A late notice gains no time: the sixty days count from the end of K2 at the latest (U3).
                    let k2_end = before
                        .running_of(ClockCode::K2)
                        .map_or(happening.day, |k2| k2.due.eff);
                    let handling = happening.clone().on(happening.day.min(k2_end));
                    let period = Period::Rule;
                    self.start(row.clock, period, &handling, law, &before, new_id, &mut changes);
                }
                Effect::StartReview if !handled => {}
                Effect::StartReview => {
                    self.stop(row.clock, ClockState::Replaced, happening, &mut changes);
                    let period = Period::Rule;
                    self.start(row.clock, period, happening, law, &before, new_id, &mut changes);
                }
                Effect::Start(period) => {
                    self.stop(row.clock, ClockState::Replaced, happening, &mut changes);
                    self.start(row.clock, period, happening, law, &before, new_id, &mut changes);
                }
            }
        }
        changes
    }

    fn stop(&mut self, code: ClockCode, end: ClockState, happening: &Happening, changes: &mut Vec<Change>) {
        let counted = |clock: &Clock| {
            clock.code == code && clock.is_of(happening.reception_id) && clock.counted_at(happening.at)
        };
        if let Some(index) = self.all.iter().rposition(counted) {
            self.end(index, end, happening, changes);
        }
    }

    fn end(&mut self, index: usize, end: ClockState, happening: &Happening, changes: &mut Vec<Change>) {
        let clock = &mut self.all[index];
        let withdrawn = clock.withdraw_after(happening.at);
        clock.stop(end, happening.trigger.event(), happening.at);
        let never_lapsed = clock.code == ClockCode::K2 && withdrawn.contains(&Level::Overdue);
        changes.extend(withdrawn.into_iter().map(|level| Change::Withdrawn(index, level)));
        changes.push(Change::Stopped(index));
        let by_lapse =
            |clock: &Clock| clock.is_running() && clock.started_by == Trigger::NoticeLapsed.event();
        if never_lapsed && let Some(handling) = self.all.iter().rposition(by_lapse) {
            self.end(handling, ClockState::Cancelled, happening, changes);
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one private step of apply, which holds all of them"
    )]
    fn start(
        &mut self,
        code: ClockCode,
        period: Period,
        happening: &Happening,
        law: Law<'_>,
        before: &Self,
        new_id: &mut dyn FnMut() -> Uuid,
        changes: &mut Vec<Change>,
    ) {
        let Some(due) = derive(code, period, happening, law, before) else {
            return;
        };
        let published = happening
            .published
            .iter()
            .find(|published| published.code == code);
        let differed = published.is_some_and(|published| {
            (published.raw, published.eff, published.safe) != (due.raw, due.eff, due.safe)
        });
        let earlier = self.all.iter().filter(|clock| clock.code == code).count();
        self.all.push(Clock {
            id: new_id(),
            code,
            round: u32::try_from(earlier).unwrap_or(u32::MAX).saturating_add(1),
            reception_id: happening.reception_id,
            rungs: rungs(code, &due, happening.at, law.calendar),
            held_against: due.calendar_version.clone(),
            due,
            state: ClockState::Running,
            started_by: happening.trigger.event().to_owned(),
            started_at: happening.at,
            differed,
            stopped_by: None,
            stopped_at: None,
        });
        changes.push(Change::Started(self.all.len() - 1));
    }

    /// Acts at `now` on the earliest rung that was due at `until`; none when nothing was due.
    ///
    /// A right ends with its last rung. A notice that was never given starts the handling clock at the end of K2
    /// (U3). Called again until it gives nothing, it passes every level once and in order, however long
    /// nobody called it.
    pub fn fire_next(
        &mut self,
        until: OffsetDateTime,
        now: OffsetDateTime,
        handled: bool,
        law: Law<'_>,
        new_id: &mut dyn FnMut() -> Uuid,
    ) -> Vec<Change> {
        let due = |(index, clock): (usize, &Clock)| {
            clock
                .next_rung()
                .filter(|rung| rung.due_at <= until)
                .map(|rung| (rung.due_at, rung.level, index))
        };
        let Some((due_at, level, index)) = self.all.iter().enumerate().filter_map(due).min() else {
            return Vec::new();
        };
        let clock = &mut self.all[index];
        if let Some(rung) = clock.rungs.iter_mut().find(|rung| rung.level == level) {
            rung.fired_at = Some(now);
        }
        let mut changes = vec![Change::Fired(index, level)];
        if level == Level::End {
            clock.stop(ClockState::Expired, EXPIRY, due_at);
            changes.push(Change::Stopped(index));
        }
        if clock.code == ClockCode::K2 && level == Level::Overdue {
            let lapsed = Happening::now(Trigger::NoticeLapsed, due_at).on(clock.due.eff);
            changes.extend(self.apply(&lapsed, handled, law, new_id));
        }
        changes
    }
}

/// The dates of a clock about to start; none when the act named no last day and the rules have no length.
fn derive(
    code: ClockCode,
    period: Period,
    happening: &Happening,
    law: Law<'_>,
    before: &Clocks,
) -> Option<Due> {
    let by_rule = || {
        law.rules
            .term(code)
            .map(|term| term::due(happening.day, term, law.calendar))
    };
    let by_act = || {
        happening
            .last_day
            .map(|last| term::due(happening.day, Term::until(happening.day, last), law.calendar))
    };
    match period {
        Period::Rule => by_rule(),
        Period::SetByAct => by_act(),
        Period::SetByActOrRule => by_act().or_else(by_rule),
        Period::RuleOrSooner => by_rule().map(|rule| match by_act() {
            Some(act) if act.raw < rule.raw => act,
            _ => rule,
        }),
        Period::OnRawOf(extended) => {
            let clock = before.running_of(extended)?;
            Some(clock.due.extended(happening.added_days, law.calendar))
        }
    }
}

/// The levels of a clock started at an instant.
fn rungs(code: ClockCode, due: &Due, started_at: OffsetDateTime, calendar: &Calendar) -> Vec<Rung> {
    let rung = |level, due_at: OffsetDateTime| Rung {
        level,
        due_at: due_at.max(started_at),
        fired_at: None,
    };
    if is_right(code) {
        return vec![rung(Level::End, due.overdue_from())];
    }
    vec![
        rung(Level::Amber, due.amber_from(calendar)),
        rung(Level::Red, due.red_from()),
        rung(Level::Overdue, due.overdue_from()),
    ]
}

/// The day on which the end of a window takes effect: the day after its last one, from 00:00.
pub fn effective_on(clock: &Clock) -> Date {
    local_date(start_of_day(clock.due.eff) + time::Duration::days(1))
}

#[cfg(test)]
mod tests;

//! Legal terms as this service computes them, with the kernel's arithmetic and the district's rules.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};
use xinqiao_kernel::{Calendar, ClockCode, Due, RuleSet, Term, local, local::iso_date, term};

/// A term: where it starts, how long it is, and its three ends (DEC-03). Supervision keeps the derivation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalTerm {
    /// Clock of the rule book.
    pub clock: ClockCode,
    /// Event day, not counted itself.
    #[serde(with = "iso_date")]
    pub start: Date,
    /// How long.
    pub length: Term,
    /// Version of the calendar used.
    pub calendar_version: String,
    /// Plain arithmetic.
    #[serde(with = "iso_date")]
    pub raw: Date,
    /// First working day on or after the raw date.
    #[serde(with = "iso_date")]
    pub eff: Date,
    /// Last working day on or before the raw date.
    #[serde(with = "iso_date")]
    pub safe: Date,
    /// A year inside has only the provisional calendar.
    pub provisional: bool,
}

impl LegalTerm {
    fn new(clock: ClockCode, due: Due) -> Self {
        Self {
            clock,
            start: due.start,
            length: due.term,
            calendar_version: due.calendar_version,
            raw: due.raw,
            eff: due.eff,
            safe: due.safe,
            provisional: due.provisional,
        }
    }
}

/// What an act computes its terms with: the day it happens, the calendar in force and the district's rules.
#[derive(Debug, Clone, Copy)]
pub struct Law<'a> {
    /// Legal date of the act, Asia/Shanghai.
    pub today: Date,
    /// Working-day calendar.
    pub calendar: &'a Calendar,
    /// Rule set of the district.
    pub rules: &'a RuleSet,
}

impl Law<'_> {
    /// The term of a clock whose length the rules fix.
    pub fn term(&self, clock: ClockCode, start: Date) -> LegalTerm {
        let length = self.rules.term(clock).unwrap_or_else(|| {
            clock
                .rule()
                .length
                .term()
                .expect("invariant: asked only for clocks of a fixed length")
        });
        LegalTerm::new(clock, term::due(start, length, self.calendar))
    }

    /// A term of so many calendar days that an act sets.
    pub fn days(&self, clock: ClockCode, start: Date, days: u16) -> LegalTerm {
        LegalTerm::new(clock, term::due(start, Term::Days(days), self.calendar))
    }

    /// A term whose last day an act sets; `end` is not before `start` and within [`Term::MAX`].
    pub fn until(&self, clock: ClockCode, start: Date, end: Date) -> LegalTerm {
        let days = (end - start).whole_days().clamp(0, i64::from(Term::MAX));
        self.days(
            clock,
            start,
            u16::try_from(days).expect("invariant: clamped to the longest period"),
        )
    }

    /// The last day on which the leader can still give his instruction on a report before the unit proceeds.
    pub fn instruction_until(&self, submitted_at: OffsetDateTime) -> Date {
        let wait = self.rules.parameters.instruction_wait_working_days;
        self.calendar
            .working_days_after(local::local_date(submitted_at), wait)
    }
}

/// The terms of a case by clock; a later term of the same clock replaces the earlier.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Terms(BTreeMap<ClockCode, LegalTerm>);

impl Terms {
    /// Notes a term.
    pub fn put(&mut self, term: LegalTerm) {
        self.0.insert(term.clock, term);
    }

    /// The term of a clock.
    pub fn get(&self, clock: ClockCode) -> Option<&LegalTerm> {
        self.0.get(&clock)
    }

    /// Forgets the clocks of a round that has ended.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Follows `clock.recomputed`: supervision's dates replace those of the same term here (domain §0.2).
    pub fn follow(&mut self, term: LegalTerm) -> bool {
        match self.0.get_mut(&term.clock) {
            Some(own) if own.start == term.start && *own != term => {
                *own = term;
                true
            }
            _ => false,
        }
    }

    /// All terms, by clock.
    pub fn iter(&self) -> impl Iterator<Item = &LegalTerm> {
        self.0.values()
    }
}

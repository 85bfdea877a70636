//! Deadline arithmetic with its derivation (DEC-03).
//!
//! The regulation counts in calendar days except for the unit's objection (`[R:23(3)]`, five working days) and says
//! nothing about the first day, the last day and holidays; general law fills the gap: the day of the event is not
//! counted `[CC:201] [CPL:85]`, and a period whose last day is a rest day ends on the next working day `[CC:203]`.
//! Every deadline therefore has three dates, and the ledger that shows how they were found.

mod ledger;
mod length;

pub use ledger::{DayRole, DerivedDay};
pub use length::{Term, TermError};

use crate::calendar::{Calendar, tomorrow};
use crate::local::{self, iso_date};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

/// A clock turns amber this many working days before its safe date (rule 5).
pub const AMBER_WORKING_DAYS: u16 = 3;

/// A deadline: three dates, and how they were found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// The local date of the event; not counted.
    #[serde(with = "iso_date")]
    pub start: Date,
    /// The length of the period.
    pub term: Term,
    /// Calendar arithmetic only; strict rates in reports use it, and an extension is added to it (rule 9).
    #[serde(with = "iso_date")]
    pub raw: Date,
    /// The first working day on or after `raw`: overdue in law once this day has ended.
    #[serde(with = "iso_date")]
    pub eff: Date,
    /// The last working day on or before `raw`: the target of staff and of reminders.
    #[serde(with = "iso_date")]
    pub safe: Date,
    /// True when a day that decided one of the dates lies in a provisional year.
    pub provisional: bool,
    /// The calendar the dates were derived with.
    pub calendar_version: String,
    /// The ledger: the event's day, every day of the period, and the days over which the end was rolled.
    pub derivation: Vec<DerivedDay>,
}

/// The deadline of a period that begins with an event on `start`.
///
/// `start` is a local date of the present centuries and the period at most [`Term::MAX`] long, so the arithmetic
/// cannot leave the range of dates.
///
/// ```
/// use time::macros::date;
/// use xinqiao_kernel::{Calendar, Term, term::due};
///
/// // Accepted on 2026-03-06, sixty days: the raw end falls on a holiday.
/// let due = due(date!(2026-03-06), Term::Days(60), &Calendar::national());
/// assert_eq!((due.safe, due.raw, due.eff), (date!(2026-04-30), date!(2026-05-05), date!(2026-05-06)));
/// assert_eq!(due.derivation.last().unwrap().reason, "工作日（星期三）：顺延后的最后一日，《民法典》第二百零三条");
/// ```
pub fn due(start: Date, term: Term, calendar: &Calendar) -> Due {
    derive(start, term, calendar, DayRole::Start)
}

fn derive(start: Date, term: Term, calendar: &Calendar, opening: DayRole) -> Due {
    let (raw, mut derivation) = ledger::count(start, term, calendar, opening);
    let eff = calendar.working_day_from(raw);
    let safe = calendar.working_day_until(raw);
    ledger::roll(raw, eff, calendar, &mut derivation);
    let deciding = match term {
        Term::Days(_) => safe,
        Term::WorkingDays(_) => safe.min(tomorrow(start)),
    };
    let provisional = calendar.is_provisional(safe)
        || derivation
            .iter()
            .any(|day| day.date >= deciding && calendar.is_provisional(day.date));
    Due {
        start,
        term,
        raw,
        eff,
        safe,
        provisional,
        calendar_version: calendar.version().to_owned(),
        derivation,
    }
}

impl Due {
    /// The deadline after an extension by `days` calendar days, counted from `raw` and not from the rolled date
    /// (rule 9, `[R:34]`, DEC-13).
    #[must_use]
    pub fn extended(&self, days: u16, calendar: &Calendar) -> Self {
        derive(self.raw, Term::Days(days), calendar, DayRole::ExtensionStart)
    }

    /// The same period under another calendar version (rule 8).
    ///
    /// A date that was told to a petitioner is never moved earlier: with `told_to_petitioner` the effective date
    /// stays where it was if the new calendar would bring it forward.
    #[must_use]
    pub fn recomputed(&self, calendar: &Calendar, told_to_petitioner: bool) -> Self {
        let opening = self.derivation.first().map_or(DayRole::Start, |day| day.role);
        let mut renewed = derive(self.start, self.term, calendar, opening);
        if told_to_petitioner && renewed.eff < self.eff {
            let told = calendar.working_day_from(self.eff);
            ledger::keep(renewed.eff, told, calendar, &mut renewed.derivation);
            renewed.eff = told;
        }
        renewed
    }

    /// The instant from which the clock is amber: the beginning of the third working day before `safe`, but never
    /// before the period has begun.
    pub fn amber_from(&self, calendar: &Calendar) -> OffsetDateTime {
        let day = calendar.working_days_before(self.safe, AMBER_WORKING_DAYS);
        local::start_of_day(day.max(self.start))
    }

    /// The instant from which the clock is red: the day after `safe` begins.
    pub fn red_from(&self) -> OffsetDateTime {
        local::start_of_day(tomorrow(self.safe))
    }

    /// The instant from which the duty is overdue in law: the day after `eff` begins.
    pub fn overdue_from(&self) -> OffsetDateTime {
        local::start_of_day(tomorrow(self.eff))
    }

    /// Where the clock stands at an instant.
    pub fn standing(&self, at: OffsetDateTime, calendar: &Calendar) -> Standing {
        if at >= self.overdue_from() {
            Standing::Overdue
        } else if at >= self.red_from() {
            Standing::Red
        } else if at >= self.amber_from(calendar) {
            Standing::Amber
        } else {
            Standing::Green
        }
    }
}

/// Where a running clock stands (rule 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Standing {
    /// 正常
    Green,
    /// 临期: from three working days before the safe date.
    Amber,
    /// 紧急: after the safe date.
    Red,
    /// 超期: after the effective date.
    Overdue,
}

impl Standing {
    /// Its name.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Green => "正常",
            Self::Amber => "临期",
            Self::Red => "紧急",
            Self::Overdue => "超期",
        }
    }
}

#[cfg(test)]
mod tests;

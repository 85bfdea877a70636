//! The day-by-day ledger of a deadline: what a supervisor, a unit or a court can check with a finger on a calendar.

use super::Term;
use crate::calendar::{Calendar, DayKind, tomorrow};
use crate::local::iso_date;
use serde::{Deserialize, Serialize};
use time::Date;

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DerivedDay {
    /// The local date.
    #[serde(with = "iso_date")]
    pub date: Date,
    /// What the day does in the count.
    pub role: DayRole,
    /// Its number when it was counted, from 1.
    pub counted: Option<u32>,
    /// What kind of day it is.
    pub kind: DayKind,
    /// The line in words, with the article it rests on.
    pub reason: String,
}

/// What a day does in the count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DayRole {
    /// The day of the event; not counted.
    Start,
    /// The raw end of the extended period, from which the extension is counted; not counted again.
    ExtensionStart,
    /// Counted.
    Counted,
    /// A rest day inside a count of working days.
    PassedOver,
    /// A rest day between the raw and the effective end.
    Rolled,
    /// The working day on which a rolled period ends.
    RolledTo,
    /// A day by which an end already told to a petitioner is later than the calendar now asks.
    Kept,
}

impl DayRole {
    /// The rule behind the role, as it is cited to people.
    pub fn basis(self) -> &'static str {
        match self {
            Self::Start => "起算日不计入，《民法典》第二百零一条",
            Self::ExtensionStart => "延长期自原期限届满之日起算，届满日不计入，《信访工作条例》第三十四条",
            Self::Counted => "计入",
            Self::PassedOver => "工作日期间遇休息日不计入",
            Self::Rolled => "期限最后一日遇休息日顺延，《民法典》第二百零三条",
            Self::RolledTo => "顺延后的最后一日，《民法典》第二百零三条",
            Self::Kept => "已告知信访人的日期不提前",
        }
    }
}

/// The raw end of a period and its ledger up to there.
pub(super) fn count(
    start: Date,
    term: Term,
    calendar: &Calendar,
    opening: DayRole,
) -> (Date, Vec<DerivedDay>) {
    let mut lines = vec![line(start, opening, None, calendar)];
    let (mut day, mut counted) = (start, 0);
    while counted < u32::from(term.count()) {
        day = tomorrow(day);
        if matches!(term, Term::WorkingDays(_)) && !calendar.is_working_day(day) {
            lines.push(line(day, DayRole::PassedOver, None, calendar));
        } else {
            counted += 1;
            lines.push(line(day, DayRole::Counted, Some(counted), calendar));
        }
    }
    (day, lines)
}

/// Adds the days over which the end moves from `raw` to the working day `eff`.
pub(super) fn roll(raw: Date, eff: Date, calendar: &Calendar, lines: &mut Vec<DerivedDay>) {
    let mut day = raw;
    while day < eff {
        day = tomorrow(day);
        let role = if day == eff {
            DayRole::RolledTo
        } else {
            DayRole::Rolled
        };
        lines.push(line(day, role, None, calendar));
    }
}

/// Adds the days by which an end already told to a petitioner stays later than `eff`.
pub(super) fn keep(eff: Date, told: Date, calendar: &Calendar, lines: &mut Vec<DerivedDay>) {
    let mut day = eff;
    while day < told {
        day = tomorrow(day);
        lines.push(line(day, DayRole::Kept, None, calendar));
    }
}

fn line(date: Date, role: DayRole, counted: Option<u32>, calendar: &Calendar) -> DerivedDay {
    let day = calendar.day(date);
    let reason = match counted {
        Some(number) => format!("{day}：第{number}日"),
        None => format!("{day}：{}", role.basis()),
    };
    DerivedDay {
        date,
        role,
        counted,
        kind: day.kind,
        reason,
    }
}

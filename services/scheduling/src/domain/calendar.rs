//! Another working-day calendar: a year's notice as somebody typed it, and who may put it into force (rules 7 and 8).

use std::collections::BTreeMap;

use time::{Date, Month, Weekday};
use xinqiao_kernel::calendar::CalendarError;
use xinqiao_kernel::{Calendar, CalendarDay, CalendarYear, Explain as _, Fields};

/// The first year with a calendar.
pub const FIRST_YEAR: i32 = 2024;
/// Days of rest of the holiday regulation that have the same date every year `[HOL:2]`.
const FIXED: [(Month, u8); 6] = [
    (Month::January, 1),
    (Month::May, 1),
    (Month::May, 2),
    (Month::October, 1),
    (Month::October, 2),
    (Month::October, 3),
];

/// One row of a notice, as far as it reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The date.
    pub date: Option<Date>,
    /// Whether people work on it.
    pub is_work: Option<bool>,
    /// The holiday it belongs to.
    pub name: String,
}

/// Names everything that is wrong with the rows of a notice. A year further ahead than the next has no notice.
pub fn check(fields: &mut Fields, year: i32, today: Date, entries: &[Entry]) {
    let last = today.year() + 1;
    let known = fields.require(
        "year",
        (FIRST_YEAR..=last).contains(&year),
        "OUT_OF_RANGE",
        format_args!("年份为 {FIRST_YEAR} 至 {last}"),
        format_args!("year is {FIRST_YEAR} to {last}"),
    );
    let mut seen: BTreeMap<Date, usize> = BTreeMap::new();
    for (index, entry) in entries.iter().enumerate() {
        let Some(date) = entry.date else { continue };
        let field = format!("calendar_days[{index}].date");
        if known && date.year() != year {
            wrong(fields, &field, &CalendarError::OutsideItsYear { date, year });
        } else if seen.insert(date, index).is_some() {
            wrong(fields, &field, &CalendarError::DateTwice { date });
        }
        if entry.is_work == Some(true) && !is_weekend(date) {
            fields.wrong(
                format!("calendar_days[{index}].kind"),
                "MAKE_UP_ON_WEEKDAY",
                format_args!("{date}不是周末，不能调休上班"),
                format_args!("{date} is no weekend day; nobody makes up for a holiday on it"),
            );
        }
    }
    let all_read = entries
        .iter()
        .all(|entry| entry.date.is_some() && entry.is_work.is_some());
    if known && all_read && !entries.is_empty() {
        check_fixed(fields, year, entries);
    }
}

/// A notice that leaves out what the regulation itself fixes was not typed to its end.
fn check_fixed(fields: &mut Fields, year: i32, entries: &[Entry]) {
    let rests = |date: Date| {
        let entry = entries.iter().find(|entry| entry.date == Some(date));
        entry.map_or_else(|| is_weekend(date), |entry| entry.is_work == Some(false))
    };
    let dates = FIXED
        .iter()
        .filter_map(|(month, day)| Date::from_calendar_date(year, *month, *day).ok());
    let missing: Vec<String> = dates
        .filter(|date| !rests(*date))
        .map(|date| date.to_string())
        .collect();
    if !missing.is_empty() {
        fields.wrong(
            "calendar_days",
            "HOLIDAY_MISSING",
            format_args!("缺少法定节假日：{}", missing.join("、")),
            format_args!(
                "days of rest of the holiday regulation are missing: {}",
                missing.join(", ")
            ),
        );
    }
}

fn wrong(fields: &mut Fields, field: &str, error: &CalendarError) {
    fields.wrong(field, error.reason(), error.zh(), error);
}

fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// The year of a notice whose rows were checked.
pub fn year_of(year: i32, notice: String, entries: Vec<Entry>) -> CalendarYear {
    let day = |entry: Entry| {
        Some(CalendarDay {
            date: entry.date?,
            is_work: entry.is_work?,
            name: entry.name,
        })
    };
    let mut days: Vec<CalendarDay> = entries.into_iter().filter_map(day).collect();
    days.sort_by_key(|day| day.date);
    CalendarYear {
        year,
        provisional: false,
        source: notice,
        days,
    }
}

/// Whether a calendar says the same of a year already.
pub fn says_already(calendar: &Calendar, notice: &CalendarYear) -> bool {
    calendar
        .years()
        .any(|year| year.year == notice.year && !year.provisional && year.days == notice.days)
}

/// The year by which a version is called: that of the newest notice.
pub fn named_after(calendar: &Calendar, notice: &CalendarYear) -> i32 {
    let published = calendar
        .years()
        .filter(|year| !year.provisional)
        .map(|year| year.year);
    published.chain([notice.year]).max().unwrap_or(notice.year)
}

/// A calendar with the year of a notice in the place of what it had.
pub fn with_notice(
    calendar: &Calendar,
    edition: &str,
    notice: CalendarYear,
) -> Result<Calendar, CalendarError> {
    let replaced = notice.year;
    let others = calendar.years().filter(|year| year.year != replaced).cloned();
    Calendar::new(edition, others.chain([notice]))
}

/// Days of rest from Monday to Friday, less the weekend days worked for them.
pub fn net_rest_days(year: &CalendarYear) -> i32 {
    let weight = |day: &CalendarDay| match (day.is_work, is_weekend(day.date)) {
        (false, false) => 1,
        (true, true) => -1,
        _ => 0,
    };
    year.days.iter().map(weight).sum()
}

/// Where a proposal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Supervision is working out what it would move.
    Proposed,
    /// That is known.
    Previewed,
    /// In force since then.
    Approved,
    /// Not to be.
    Refused,
    /// Taken back.
    Withdrawn,
}

impl State {
    const ALL: [Self; 5] = [
        Self::Proposed,
        Self::Previewed,
        Self::Approved,
        Self::Refused,
        Self::Withdrawn,
    ];

    /// The code kept in the database and told to callers.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Proposed => "PROPOSED",
            Self::Previewed => "PREVIEWED",
            Self::Approved => "APPROVED",
            Self::Refused => "REFUSED",
            Self::Withdrawn => "WITHDRAWN",
        }
    }

    /// The word people use.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Proposed => "待测算",
            Self::Previewed => "待批准",
            Self::Approved => "已生效",
            Self::Refused => "已退回",
            Self::Withdrawn => "已撤回",
        }
    }

    /// Reads the code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// True while somebody may still decide.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Proposed | Self::Previewed)
    }
}

/// What somebody does with a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Puts it into force.
    Approve,
    /// Refuses it.
    Refuse,
    /// Takes it back.
    Withdraw,
}

/// Why he may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// It is over.
    #[error("the proposal is {0:?}")]
    State(State),
    /// Two persons are needed (§5.2).
    #[error("another person than the one who proposed must decide")]
    SamePerson,
    /// Only who proposed takes it back.
    #[error("another person proposed this")]
    AnotherPersons,
    /// Nobody knows yet what it would move.
    #[error("what it would move is still being worked out")]
    PreviewNotReady,
}

/// Where a step leads: another person than the proposer approves or refuses, and approves only what was previewed.
pub fn step(state: State, step: Step, is_proposer: bool) -> Result<State, Denied> {
    if !state.is_open() {
        return Err(Denied::State(state));
    }
    match (step, is_proposer) {
        (Step::Withdraw, true) => Ok(State::Withdrawn),
        (Step::Withdraw, false) => Err(Denied::AnotherPersons),
        (Step::Approve | Step::Refuse, true) => Err(Denied::SamePerson),
        (Step::Refuse, false) => Ok(State::Refused),
        (Step::Approve, false) if state == State::Proposed => Err(Denied::PreviewNotReady),
        (Step::Approve, false) => Ok(State::Approved),
    }
}

#[cfg(test)]
mod tests;

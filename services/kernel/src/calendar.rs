//! The working-day calendar: versioned data of days, weekends for everything else.
//!
//! A day is a working day when the calendar says so or, without an entry, from Monday to Friday (rule 7). Each year
//! is filled from the State Council's notice; until it is published the year is *provisional*: weekends and the
//! holidays of `[HOL:2]` as far as they are known (rule 8). Half-day holidays `[HOL:3]` and holidays of ethnic groups
//! `[HOL:4]` change nothing unless a district enters them (rule 10).

mod day;
mod national;

pub use day::{Day, DayKind};

use crate::explain::Explain;
use crate::local::iso_date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use time::{Date, Weekday};

/// A version of the calendar. Two calendars with the same version are equal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "CalendarData", into = "CalendarData")]
pub struct Calendar {
    version: String,
    years: BTreeMap<i32, CalendarYear>,
    days: BTreeMap<Date, (bool, String)>,
}

/// The entries of one year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarYear {
    /// The year.
    pub year: i32,
    /// True until the State Council has published the year's notice; every date derived from it is then provisional.
    pub provisional: bool,
    /// Where the entries come from.
    pub source: String,
    /// Days that differ from the plain week, or are named.
    pub days: Vec<CalendarDay>,
}

/// One entry: a rest day or a make-up working day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarDay {
    /// The local date.
    #[serde(with = "iso_date")]
    pub date: Date,
    /// Whether people work on it.
    pub is_work: bool,
    /// The holiday it belongs to, such as `春节`.
    pub name: String,
}

/// The serialised form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarData {
    version: String,
    years: Vec<CalendarYear>,
}

impl Calendar {
    /// The national calendar built into the platform: 2024–2026 as published, 2027 provisional.
    pub fn national() -> Self {
        Self::new(national::VERSION, national::years())
            .expect("invariant: the built-in calendar is consistent")
    }

    /// Builds a version from its entries, such as those of a `calendar.published` event.
    pub fn new(
        version: impl Into<String>,
        years: impl IntoIterator<Item = CalendarYear>,
    ) -> Result<Self, CalendarError> {
        let version = version.into();
        if version.trim().is_empty() {
            return Err(CalendarError::VersionMissing);
        }
        let mut calendar = Self {
            version,
            years: BTreeMap::new(),
            days: BTreeMap::new(),
        };
        for year in years {
            calendar.add(year)?;
        }
        Ok(calendar)
    }

    fn add(&mut self, mut year: CalendarYear) -> Result<(), CalendarError> {
        year.days.sort_by_key(|day| day.date);
        for day in &year.days {
            if day.date.year() != year.year {
                return Err(CalendarError::OutsideItsYear {
                    date: day.date,
                    year: year.year,
                });
            }
            if day.name.trim().is_empty() {
                return Err(CalendarError::NameMissing { date: day.date });
            }
            if self
                .days
                .insert(day.date, (day.is_work, day.name.clone()))
                .is_some()
            {
                return Err(CalendarError::DateTwice { date: day.date });
            }
        }
        let number = year.year;
        match self.years.insert(number, year) {
            Some(_) => Err(CalendarError::YearTwice { year: number }),
            None => Ok(()),
        }
    }

    /// The version, such as `2026.1`; stored with every date derived from this calendar.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The years with entries, in order.
    pub fn years(&self) -> impl Iterator<Item = &CalendarYear> {
        self.years.values()
    }

    /// True when the notice for the date's year is not in this version.
    pub fn is_provisional(&self, date: Date) -> bool {
        self.years.get(&date.year()).is_none_or(|year| year.provisional)
    }

    /// Whether people work on the date.
    pub fn is_working_day(&self, date: Date) -> bool {
        self.days
            .get(&date)
            .map_or(!is_weekend(date), |(is_work, _)| *is_work)
    }

    /// What kind of day the date is, and why.
    pub fn day(&self, date: Date) -> Day<'_> {
        let kind = match (self.days.get(&date), is_weekend(date)) {
            (Some((true, _)), true) => DayKind::MakeUpWorkday,
            (Some((true, _)) | None, false) => DayKind::Workday,
            (Some((false, _)), _) => DayKind::Holiday,
            (None, true) => DayKind::Weekend,
        };
        let name = self.days.get(&date).map(|(_, name)| name.as_str());
        Day {
            date,
            kind,
            name,
            provisional: self.is_provisional(date),
        }
    }

    /// The first working day after the date.
    pub fn next_working_day(&self, date: Date) -> Date {
        self.working_day_from(tomorrow(date))
    }

    /// The last working day before the date.
    pub fn previous_working_day(&self, date: Date) -> Date {
        self.working_day_until(yesterday(date))
    }

    /// The date itself when it is a working day, else the next one.
    pub fn working_day_from(&self, date: Date) -> Date {
        let mut day = date;
        while !self.is_working_day(day) {
            day = tomorrow(day);
        }
        day
    }

    /// The date itself when it is a working day, else the previous one.
    pub fn working_day_until(&self, date: Date) -> Date {
        let mut day = date;
        while !self.is_working_day(day) {
            day = yesterday(day);
        }
        day
    }

    /// The `count`-th working day after the date; the date itself for zero.
    pub fn working_days_after(&self, date: Date, count: u16) -> Date {
        (0..count).fold(date, |day, _| self.next_working_day(day))
    }

    /// The `count`-th working day before the date; the date itself for zero.
    pub fn working_days_before(&self, date: Date, count: u16) -> Date {
        (0..count).fold(date, |day, _| self.previous_working_day(day))
    }
}

/// The following day.
pub(crate) fn tomorrow(date: Date) -> Date {
    date.next_day()
        .expect("invariant: legal dates lie long before the year 9999")
}

fn yesterday(date: Date) -> Date {
    date.previous_day()
        .expect("invariant: legal dates lie long after the year -9999")
}

fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

impl TryFrom<CalendarData> for Calendar {
    type Error = CalendarError;

    fn try_from(data: CalendarData) -> Result<Self, Self::Error> {
        Self::new(data.version, data.years)
    }
}

impl From<Calendar> for CalendarData {
    fn from(calendar: Calendar) -> Self {
        Self {
            version: calendar.version,
            years: calendar.years.into_values().collect(),
        }
    }
}

/// Why entries make no calendar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// No version.
    #[error("a calendar needs a version")]
    VersionMissing,
    /// An entry without a name.
    #[error("{date} has no name")]
    NameMissing {
        /// The date.
        date: Date,
    },
    /// An entry filed under another year.
    #[error("{date} is listed under the year {year}")]
    OutsideItsYear {
        /// The date.
        date: Date,
        /// The year it was listed under.
        year: i32,
    },
    /// Two entries for one date.
    #[error("{date} is listed twice")]
    DateTwice {
        /// The date.
        date: Date,
    },
    /// Two lists for one year.
    #[error("the year {year} is listed twice")]
    YearTwice {
        /// The year.
        year: i32,
    },
}

impl Explain for CalendarError {
    fn reason(&self) -> &'static str {
        match self {
            Self::VersionMissing => "CALENDAR_VERSION",
            Self::NameMissing { .. } => "CALENDAR_NAME",
            Self::OutsideItsYear { .. } => "CALENDAR_OUTSIDE_ITS_YEAR",
            Self::DateTwice { .. } => "CALENDAR_DATE_TWICE",
            Self::YearTwice { .. } => "CALENDAR_YEAR_TWICE",
        }
    }

    fn zh(&self) -> String {
        match self {
            Self::VersionMissing => "工作日历缺少版本号".to_owned(),
            Self::NameMissing { date } => format!("工作日历中{date}缺少名称"),
            Self::OutsideItsYear { date, year } => format!("工作日历中{date}不属于{year}年"),
            Self::DateTwice { date } => format!("工作日历中{date}重复"),
            Self::YearTwice { year } => format!("工作日历中{year}年重复"),
        }
    }
}

#[cfg(test)]
mod tests;

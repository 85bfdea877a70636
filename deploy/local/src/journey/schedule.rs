//! The days of the main journey, counted from its reception day.

use anyhow::{Context as _, Result};
use time::{Date, Duration, OffsetDateTime, Time};
use xinqiao_kernel::{calendar::Calendar, local};

/// One day on which somebody acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Day {
    /// The petitioner comes, is registered and received.
    Reception,
    /// Record finalised, case triaged, released and assigned.
    Assignment,
    /// The unit accepts and names investigators.
    Acceptance,
    /// Investigation report; the leader reads it.
    Report,
    /// Handling opinion issued.
    Opinion,
    /// Opinion served, execution begun.
    Service,
    /// Closure report; completeness checked.
    Closure,
    /// The petitioner signs his opinion.
    PetitionerOpinion,
    /// The leader inspects and signs.
    Signature,
    /// The package is sealed.
    Archive,
}

/// Every day with its distance from the reception day in calendar days and the hour its acts begin.
const DAYS: [(Day, i64, u8); 10] = [
    (Day::Reception, 0, 9),
    (Day::Assignment, 1, 10),
    (Day::Acceptance, 3, 10),
    (Day::Report, 38, 10),
    (Day::Opinion, 48, 10),
    (Day::Service, 49, 10),
    (Day::Closure, 52, 10),
    (Day::PetitionerOpinion, 55, 10),
    (Day::Signature, 56, 15),
    (Day::Archive, 57, 10),
];

/// The dates of one journey.
#[derive(Debug, Clone)]
pub struct Schedule {
    days: Vec<(Day, OffsetDateTime)>,
}

impl Schedule {
    /// Days that fall on a rest day move to the next working day; none moves before the one it follows.
    pub fn from(reception_day: Date, calendar: &Calendar) -> Self {
        let mut earliest = reception_day;
        let days = DAYS
            .into_iter()
            .map(|(day, offset, hour)| {
                let wanted = (reception_day + Duration::days(offset)).max(earliest);
                let date = calendar.working_day_from(wanted);
                earliest = date;
                let minute = if day == Day::Reception { 12 } else { 0 };
                let time = Time::from_hms(hour, minute, 0).unwrap_or(Time::MIDNIGHT);
                (day, local::at(date, time))
            })
            .collect();
        Self { days }
    }

    /// Every day in order, with the instant its acts begin.
    pub fn days(&self) -> impl Iterator<Item = (Day, OffsetDateTime)> {
        self.days.iter().copied()
    }

    /// The instant one day's acts begin.
    pub fn begins(&self, day: Day) -> Result<OffsetDateTime> {
        self.days()
            .find(|(each, _)| *each == day)
            .map(|(_, at)| at)
            .context("the schedule lacks a day")
    }

    /// The local date of one day.
    pub fn date(&self, day: Day) -> Result<Date> {
        Ok(local::local_date(self.begins(day)?))
    }
}

//! Reception days 接访日: the sub-machine of domain rule 4.9, first half.
//!
//! | from | act | to | guard |
//! |---|---|---|---|
//! | PLANNED | publish | PUBLISHED | at least three working days before the day |
//! | PUBLISHED | open | OPEN | on the day itself, published in time |
//! | PLANNED, PUBLISHED, OPEN | change | the same | not over; the leader is of the team and here |
//! | OPEN | close | CLOSED | every reception record finalised (K0) |
//! | PLANNED, PUBLISHED | cancel | CANCELLED | a reason |

use time::{Date, Duration};
use xinqiao_kernel::Calendar;

/// Working days between publication and the day, at the least.
pub const PUBLICATION_LEAD: u16 = 3;

/// Days ahead for which a day of a provisional calendar year can be booked.
pub const PROVISIONAL_HORIZON_DAYS: i64 = 30;

/// Why there is a session on that day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A Tuesday `[S:L28]`.
    Regular,
    /// Replaces a Tuesday on a rest day (DEC-11).
    Substitute,
    /// Added by the office in place of a cancelled day.
    Extra,
}

impl Kind {
    /// The code kept in the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Regular => "REGULAR",
            Self::Substitute => "SUBSTITUTE",
            Self::Extra => "EXTRA",
        }
    }

    /// Reads the code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Regular, Self::Substitute, Self::Extra]
            .into_iter()
            .find(|kind| kind.code() == code)
    }
}

/// Where a reception day stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// On the plan, not yet approved.
    Planned,
    /// Approved and public; can be booked.
    Published,
    /// The hall receives.
    Open,
    /// Over, every record finalised.
    Closed,
    /// Does not take place.
    Cancelled,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Planned,
        Self::Published,
        Self::Open,
        Self::Closed,
        Self::Cancelled,
    ];

    /// The code kept in the database and told to callers.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Planned => "PLANNED",
            Self::Published => "PUBLISHED",
            Self::Open => "OPEN",
            Self::Closed => "CLOSED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// The word people use.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Planned => "待公布",
            Self::Published => "已公布",
            Self::Open => "接访中",
            Self::Closed => "已结束",
            Self::Cancelled => "已取消",
        }
    }

    /// Reads the code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// The state after an act, or nothing when the act is not possible here.
    pub const fn after(self, act: Act) -> Option<Self> {
        match (self, act) {
            (Self::Planned, Act::Publish) => Some(Self::Published),
            (Self::Published, Act::Open) => Some(Self::Open),
            (Self::Planned | Self::Published | Self::Open, Act::Change) => Some(self),
            (Self::Open, Act::Close) => Some(Self::Closed),
            (Self::Planned | Self::Published, Act::Cancel) => Some(Self::Cancelled),
            _ => None,
        }
    }
}

/// What can be done to a reception day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Approve and make public.
    Publish,
    /// Another leader or another hall.
    Change,
    /// Begin to receive.
    Open,
    /// End the day.
    Close,
    /// Call it off.
    Cancel,
}

impl Act {
    /// Every act.
    pub const ALL: [Self; 5] = [Self::Publish, Self::Change, Self::Open, Self::Close, Self::Cancel];
}

/// The first day that can still be published on a date.
pub fn first_day_published(calendar: &Calendar, today: Date) -> Date {
    calendar.working_days_after(today, PUBLICATION_LEAD)
}

/// The last date on which a day can be published.
pub fn last_publication_day(calendar: &Calendar, day: Date) -> Date {
    let mut date = day - Duration::DAY;
    while !published_in_time(calendar, date, day) {
        date -= Duration::DAY;
    }
    date
}

/// True when publication on `published` leaves the working days that people need to plan their way.
pub fn published_in_time(calendar: &Calendar, published: Date, day: Date) -> bool {
    first_day_published(calendar, published) <= day
}

/// True when a day of a year without a published calendar is too far ahead to be promised to anybody.
pub fn too_far_ahead(provisional: bool, today: Date, day: Date) -> bool {
    provisional && day - today > Duration::days(PROVISIONAL_HORIZON_DAYS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn only_the_rows_of_the_table_are_possible() {
        let possible: Vec<_> = State::ALL
            .into_iter()
            .flat_map(|from| Act::ALL.map(|act| (from, act, from.after(act))))
            .filter_map(|(from, act, to)| to.map(|to| (from, act, to)))
            .collect();
        assert_eq!(
            possible,
            [
                (State::Planned, Act::Publish, State::Published),
                (State::Planned, Act::Change, State::Planned),
                (State::Planned, Act::Cancel, State::Cancelled),
                (State::Published, Act::Change, State::Published),
                (State::Published, Act::Open, State::Open),
                (State::Published, Act::Cancel, State::Cancelled),
                (State::Open, Act::Change, State::Open),
                (State::Open, Act::Close, State::Closed),
            ]
        );
    }

    #[test]
    fn three_working_days_lie_between_publication_and_the_day() {
        let calendar = Calendar::national();
        let tuesday = date!(2026 - 03 - 03);
        // 02-28 is a working Saturday: 02-28, 03-02 and the day itself are the three.
        assert!(published_in_time(&calendar, date!(2026 - 02 - 27), tuesday));
        assert!(!published_in_time(&calendar, date!(2026 - 02 - 28), tuesday));
        assert_eq!(last_publication_day(&calendar, tuesday), date!(2026 - 02 - 27));
        // The first reception day after the Spring Festival: 02-13, 02-14 and the day itself.
        let february = date!(2026 - 02 - 24);
        assert_eq!(last_publication_day(&calendar, february), date!(2026 - 02 - 12));
        assert_eq!(first_day_published(&calendar, date!(2026 - 02 - 12)), february);
    }

    #[test]
    fn a_provisional_day_can_be_promised_for_thirty_days() {
        let today = date!(2026 - 12 - 20);
        assert!(!too_far_ahead(true, today, date!(2027 - 01 - 19)));
        assert!(too_far_ahead(true, today, date!(2027 - 01 - 20)));
        assert!(!too_far_ahead(false, today, date!(2027 - 06 - 01)));
    }
}

//! The queue of a reception day 排号, and who is called next.
//!
//! | from | act | to |
//! |---|---|---|
//! | – | take a number | WAITING |
//! | WAITING | call | CALLED |
//! | CALLED | end | DONE |
//! | CALLED | nobody came | ABSENT |
//!
//! The order is one rule for everybody, and it is told with every call: who has special needs; then whose slot has
//! begun, by its time; then by number; last who is here before the time of his appointment.

use time::Time;

/// Where a number stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Not called yet.
    Waiting,
    /// Called into a room.
    Called,
    /// The talk is over.
    Done,
    /// Nobody came when it was called.
    Absent,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Called, Self::Done, Self::Absent];

    /// The code kept in the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Waiting => "WAITING",
            Self::Called => "CALLED",
            Self::Done => "DONE",
            Self::Absent => "ABSENT",
        }
    }

    /// The word people use.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Waiting => "等候中",
            Self::Called => "已叫号",
            Self::Done => "已接谈",
            Self::Absent => "未到",
        }
    }

    /// Reads the code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

/// What decides about the place of a number that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The number.
    pub number: i32,
    /// To be called before others.
    pub with_needs: bool,
    /// Taken for an appointment.
    pub booked: bool,
    /// When its slot begins, when it has one.
    pub starts_at: Option<Time>,
}

/// Why a number stands where it stands, in the order in which they are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// Special needs.
    Needs,
    /// Its slot has begun.
    Time,
    /// By number.
    Number,
    /// Here before the time of the appointment.
    Early,
}

impl Why {
    /// In words.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Needs => ("需要优先照顾的群众先叫", "people with special needs come first"),
            Self::Time => ("时段已到", "its slot has begun"),
            Self::Number => ("按号码先后", "by number"),
            Self::Early => (
                "预约时段未到，目前无人在前",
                "before its time, but nobody else waits",
            ),
        }
    }
}

/// The whole rule in words.
pub const RULE: (&str, &str) = (
    "叫号次序：需要优先照顾的群众；时段已到的，按时段先后；其他按号码先后；早于预约时段到场的，排在其后。",
    "numbers are called in this order: people with special needs; those whose slot has begun, by its time; the others by \
     number; last those who are here before the time of their appointment",
);

impl Place {
    /// Why it stands where it stands at this time.
    pub fn why(&self, now: Time) -> Why {
        match self.starts_at {
            _ if self.with_needs => Why::Needs,
            Some(starts_at) if starts_at <= now => Why::Time,
            Some(_) if self.booked => Why::Early,
            _ => Why::Number,
        }
    }

    /// Numbers are called by this key, the smallest first.
    fn key(&self, now: Time) -> (Why, Time, i32) {
        let why = self.why(now);
        let by_time = matches!(why, Why::Time | Why::Early);
        let time = self.starts_at.filter(|_| by_time);
        (why, time.unwrap_or(Time::MIDNIGHT), self.number)
    }
}

/// Puts those who wait into the order in which they are called.
pub fn sort<T>(waiting: &mut [T], now: Time, place: impl Fn(&T) -> Place) {
    waiting.sort_by_key(|one| place(one).key(now));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::time;

    use super::*;

    fn walk_in(number: i32, starts_at: Option<Time>) -> Place {
        Place {
            number,
            with_needs: false,
            booked: false,
            starts_at,
        }
    }

    fn booked(number: i32, starts_at: Time) -> Place {
        Place {
            booked: true,
            ..walk_in(number, Some(starts_at))
        }
    }

    fn order(mut waiting: Vec<Place>, now: Time) -> Vec<i32> {
        sort(&mut waiting, now, |one| *one);
        waiting.iter().map(|one| one.number).collect()
    }

    #[test]
    fn needs_then_time_then_number_and_last_who_is_early() {
        let waiting = vec![
            booked(1, time!(10:00)),
            walk_in(2, None),
            booked(3, time!(9:30)),
            booked(4, time!(9:00)),
            walk_in(5, Some(time!(11:00))),
            Place {
                with_needs: true,
                ..walk_in(6, None)
            },
        ];
        assert_eq!(order(waiting.clone(), time!(9:30)), [6, 4, 3, 2, 5, 1]);
        assert_eq!(order(waiting, time!(11:00)), [6, 4, 3, 1, 5, 2]);
    }

    #[test]
    fn a_code_is_read_as_it_is_written() {
        for state in State::ALL {
            assert_eq!(State::from_code(state.code()), Some(state));
        }
    }

    proptest! {
        /// Of two who differ in nothing but their numbers, the smaller is called first.
        #[test]
        fn nobody_is_overtaken_by_his_like(
            needs in any::<bool>(), is_booked in any::<bool>(), hour in proptest::option::of(9_u8..17), now in 8_u8..18,
        ) {
            let starts_at = hour.map(|hour| Time::from_hms(hour, 0, 0).unwrap());
            let like = |number| Place { number, with_needs: needs, booked: is_booked, starts_at };
            let now = Time::from_hms(now, 0, 0).unwrap();
            prop_assert_eq!(order(vec![like(2), like(1)], now), [1, 2]);
        }
    }
}

//! Rules of reception days, appointments and reception records. Pure: time, calendar and identifiers come in
//! as arguments, nothing here reads a clock, a database or a network.

pub mod appointment;
pub mod calendar;
pub mod conflict;
pub mod delegation;
pub mod icalendar;
pub mod leader;
pub mod queue;
pub mod reception;
pub mod reception_day;
pub mod roster;
pub mod schedule;
pub mod slots;
pub mod waiting;

/// A code in a row that no version of this program writes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown code {0:?}")]
pub struct UnknownCode(pub String);

/// Rows keep states and kinds as their codes.
macro_rules! read_from_code {
    ($($type:ty),+ $(,)?) => {
        $(impl TryFrom<String> for $type {
            type Error = UnknownCode;

            fn try_from(code: String) -> Result<Self, Self::Error> {
                Self::from_code(&code).ok_or(UnknownCode(code))
            }
        })+
    };
}
read_from_code! {
    delegation::Scope,
    delegation::State,
    reception_day::Kind,
    reception_day::State,
    appointment::State,
    appointment::Channel,
    calendar::State,
    queue::State,
    reception::State,
    reception::Branch,
}

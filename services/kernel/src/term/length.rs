//! The length of a period.

use crate::explain::Explain;
use crate::text;
use std::fmt;
use std::str::FromStr;
use time::Date;

/// A number of calendar days 日 or of working days 工作日; as text `60d` or `5wd`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Term {
    /// Calendar days: what the regulation means by “日”.
    Days(u16),
    /// Working days, make-up days included.
    WorkingDays(u16),
}

impl Term {
    /// No period is longer than this many days.
    pub const MAX: u16 = 3_660;

    /// The calendar days from an event on `first` to a last day that somebody has set; one before the event is its day.
    pub fn until(first: Date, last: Date) -> Self {
        let days = (last - first).whole_days().clamp(0, i64::from(Self::MAX));
        Self::Days(u16::try_from(days).expect("invariant: clamped"))
    }

    /// The number of days, of either kind.
    pub fn count(self) -> u16 {
        match self {
            Self::Days(count) | Self::WorkingDays(count) => count,
        }
    }

    /// As documents write it: `60日`, `5个工作日`.
    pub fn zh(self) -> String {
        match self {
            Self::Days(count) => format!("{count}日"),
            Self::WorkingDays(count) => format!("{count}个工作日"),
        }
    }
}

impl FromStr for Term {
    type Err = TermError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (count, build): (&str, fn(u16) -> Self) = match text.strip_suffix("wd") {
            Some(count) => (count, Self::WorkingDays),
            None => (text.strip_suffix('d').ok_or(TermError::Unit)?, Self::Days),
        };
        if count.is_empty() || !count.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(TermError::Count);
        }
        let count = count
            .parse()
            .ok()
            .filter(|count| *count <= Self::MAX)
            .ok_or(TermError::Count)?;
        Ok(build(count))
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(count) => write!(f, "{count}d"),
            Self::WorkingDays(count) => write!(f, "{count}wd"),
        }
    }
}

text::serde_as_text!(Term);

/// What is wrong with the text of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermError {
    /// No unit at the end.
    #[error("a period ends with d (calendar days) or wd (working days)")]
    Unit,
    /// No number before the unit, or one above [`Term::MAX`].
    #[error("a period is a whole number of days from 0 to 3660")]
    Count,
}

impl Explain for TermError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Unit => "TERM_UNIT",
            Self::Count => "TERM_COUNT",
        }
    }

    fn zh(&self) -> String {
        match self {
            Self::Unit => "期限应以d（自然日）或wd（工作日）结尾".to_owned(),
            Self::Count => "期限应为0至3660的整数天数".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_reads_back() {
        for (text, term, zh) in [
            ("60d", Term::Days(60), "60日"),
            ("5wd", Term::WorkingDays(5), "5个工作日"),
            ("0d", Term::Days(0), "0日"),
        ] {
            assert_eq!(text.parse(), Ok(term));
            assert_eq!((term.to_string().as_str(), term.zh().as_str()), (text, zh));
        }
    }

    #[test]
    fn a_last_day_that_somebody_sets_ends_the_period_at_the_event_at_the_earliest() {
        let event = time::macros::date!(2026 - 05 - 20);
        for (last, days) in [
            (time::macros::date!(2026 - 05 - 27), 7),
            (event, 0),
            (time::macros::date!(2026 - 05 - 01), 0),
            (time::macros::date!(2099 - 01 - 01), Term::MAX),
        ] {
            assert_eq!(Term::until(event, last), Term::Days(days), "{last}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for (text, fault) in [
            ("", TermError::Unit),
            ("60", TermError::Unit),
            ("d", TermError::Count),
            ("wd", TermError::Count),
            ("-1d", TermError::Count),
            ("+1d", TermError::Count),
            ("3661d", TermError::Count),
            ("99999999d", TermError::Count),
            ("五d", TermError::Count),
        ] {
            assert_eq!(text.parse::<Term>(), Err(fault), "{text:?}");
        }
    }
}

//! How long a clock runs: a fixed period, or a limit on what an act may set.

use crate::explain::Explain;
use crate::term::{Term, TermError};
use crate::text;
use std::fmt;
use std::str::FromStr;

/// The length of a clock; as text `60d`, `5wd`, `<=30d`, `<=6m`, `2h` or `act`, which is how rule sets write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Length {
    /// A fixed period.
    Term(Term),
    /// An act sets the period, at most this many calendar days.
    AtMostDays(u16),
    /// An act sets the date, at most this many months ahead.
    AtMostMonths(u8),
    /// Hours from an instant, around the clock.
    Hours(u8),
    /// An act sets the date freely.
    SetByAct,
}

impl Length {
    /// The period, when it is a fixed one.
    pub fn term(self) -> Option<Term> {
        match self {
            Self::Term(term) => Some(term),
            Self::AtMostDays(_) | Self::AtMostMonths(_) | Self::Hours(_) | Self::SetByAct => None,
        }
    }
}

impl FromStr for Length {
    type Err = LengthError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let small = |digits: &str| {
            digits
                .parse::<u8>()
                .ok()
                .filter(|count| *count > 0)
                .ok_or(LengthError::Count)
        };
        match (text, text.strip_prefix("<="), text.strip_suffix('h')) {
            ("act", ..) => Ok(Self::SetByAct),
            (_, Some(limit), _) => match (limit.strip_suffix('m'), limit.parse()) {
                (Some(months), _) => small(months).map(Self::AtMostMonths),
                (None, Ok(Term::Days(count))) if count > 0 => Ok(Self::AtMostDays(count)),
                (None, Ok(_)) => Err(LengthError::Limit),
                (None, Err(fault)) => Err(LengthError::Term(fault)),
            },
            (_, None, Some(hours)) => small(hours).map(Self::Hours),
            (_, None, None) => match text.parse()? {
                Term::Days(0) | Term::WorkingDays(0) => Err(LengthError::Count),
                term => Ok(Self::Term(term)),
            },
        }
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Term(term) => write!(f, "{term}"),
            Self::AtMostDays(count) => write!(f, "<={count}d"),
            Self::AtMostMonths(count) => write!(f, "<={count}m"),
            Self::Hours(count) => write!(f, "{count}h"),
            Self::SetByAct => f.write_str("act"),
        }
    }
}

text::serde_as_text!(Length);

/// What is wrong with the text of a length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LengthError {
    /// Zero, too large or no number.
    #[error("the length of a clock is at least 1 and fits its unit")]
    Count,
    /// A limit in another unit.
    #[error("a limit is given in calendar days (<=30d) or months (<=6m)")]
    Limit,
    /// A period that does not parse.
    #[error(transparent)]
    Term(#[from] TermError),
}

impl Explain for LengthError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Count => "LENGTH_COUNT",
            Self::Limit => "LENGTH_LIMIT",
            Self::Term(fault) => fault.reason(),
        }
    }

    fn zh(&self) -> String {
        match self {
            Self::Count => "时限应不小于1且不超出其单位的范围".to_owned(),
            Self::Limit => "时限上限应以自然日（<=30d）或月（<=6m）表示".to_owned(),
            Self::Term(fault) => fault.zh(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_reads_back() {
        for (text, length) in [
            ("60d", Length::Term(Term::Days(60))),
            ("5wd", Length::Term(Term::WorkingDays(5))),
            ("<=30d", Length::AtMostDays(30)),
            ("<=6m", Length::AtMostMonths(6)),
            ("2h", Length::Hours(2)),
            ("act", Length::SetByAct),
        ] {
            assert_eq!(text.parse(), Ok(length));
            assert_eq!(length.to_string(), text);
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for (text, fault) in [
            ("0d", LengthError::Count),
            ("0wd", LengthError::Count),
            ("0h", LengthError::Count),
            ("<=0m", LengthError::Count),
            ("<=0d", LengthError::Limit),
            ("<=5wd", LengthError::Limit),
            ("", LengthError::Term(TermError::Unit)),
            ("soon", LengthError::Term(TermError::Unit)),
            ("<=xd", LengthError::Term(TermError::Count)),
        ] {
            assert_eq!(text.parse::<Length>(), Err(fault), "{text:?}");
        }
    }
}

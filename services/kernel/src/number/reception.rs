//! The reception number 接访编号 `JF-DDDDDD-YYYYMMDD-NNN`: one per session and visitor group.

use crate::district::{DistrictCode, DivisionCodeError};
use crate::explain::Explain;
use crate::text;
use std::fmt;
use std::str::FromStr;
use time::{Date, Month};

/// The number of one reception: district, local date of the session, running number of the visitor group.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReceptionNumber {
    district: DistrictCode,
    date: Date,
    ordinal: u16,
}

impl ReceptionNumber {
    /// The number of the `ordinal`-th visitor group (1–999) received in `district` on `date`.
    pub fn new(district: DistrictCode, date: Date, ordinal: u16) -> Result<Self, ReceptionNumberError> {
        if !(1900..=9999).contains(&date.year()) {
            return Err(ReceptionNumberError::Date);
        }
        if (1..=999).contains(&ordinal) {
            Ok(Self {
                district,
                date,
                ordinal,
            })
        } else {
            Err(ReceptionNumberError::Ordinal)
        }
    }

    /// The receiving district.
    pub fn district(&self) -> DistrictCode {
        self.district
    }

    /// The Asia/Shanghai date of the session.
    pub fn date(&self) -> Date {
        self.date
    }

    /// The visitor group of that session, from 1.
    pub fn ordinal(&self) -> u16 {
        self.ordinal
    }
}

impl FromStr for ReceptionNumber {
    type Err = ReceptionNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let groups: Vec<&str> = text.split('-').collect();
        let &[prefix, district, date, ordinal] = groups.as_slice() else {
            return Err(ReceptionNumberError::Groups { found: groups.len() });
        };
        if prefix != "JF" {
            return Err(ReceptionNumberError::Prefix);
        }
        let district = district.parse()?;
        let date = compact_date(date).ok_or(ReceptionNumberError::Date)?;
        let ordinal = text::digits::<3>(ordinal).map_err(|_| ReceptionNumberError::Ordinal)?;
        let ordinal = u16::try_from(text::value(&ordinal)).expect("invariant: three digits");
        Self::new(district, date, ordinal)
    }
}

fn compact_date(text: &str) -> Option<Date> {
    let digits = text::digits::<8>(text).ok()?;
    let year = i32::try_from(text::value(&digits[..4])).ok()?;
    let month = Month::try_from(u8::try_from(text::value(&digits[4..6])).ok()?).ok()?;
    let day = u8::try_from(text::value(&digits[6..])).ok()?;
    Date::from_calendar_date(year, month, day).ok()
}

impl fmt::Display for ReceptionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            district,
            date,
            ordinal,
        } = self;
        let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
        write!(f, "JF-{district}-{year:04}{month:02}{day:02}-{ordinal:03}")
    }
}

impl fmt::Debug for ReceptionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReceptionNumber({self})")
    }
}

text::serde_as_text!(ReceptionNumber);

/// Which part of a reception number is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceptionNumberError {
    /// Not four groups joined by hyphens.
    #[error("a reception number has 4 groups joined by hyphens (JF-DDDDDD-YYYYMMDD-NNN), found {found}")]
    Groups {
        /// Groups found.
        found: usize,
    },
    /// The first group is not `JF`.
    #[error("a reception number begins with JF")]
    Prefix,
    /// The second group is no district code.
    #[error("the district in the reception number: {0}")]
    District(#[from] DivisionCodeError),
    /// The third group is no calendar date from 1900.
    #[error("the date in the reception number is a calendar date of 8 digits")]
    Date,
    /// The last group is not 001–999.
    #[error("visitor groups of a session are numbered from 001 to 999")]
    Ordinal,
}

impl Explain for ReceptionNumberError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Groups { .. } => "RECEPTION_NUMBER_GROUPS",
            Self::Prefix => "RECEPTION_NUMBER_PREFIX",
            Self::District(_) => "RECEPTION_NUMBER_DISTRICT",
            Self::Date => "RECEPTION_NUMBER_DATE",
            Self::Ordinal => "RECEPTION_NUMBER_ORDINAL",
        }
    }

    fn zh(&self) -> String {
        match self {
            Self::Groups { found } => {
                format!("接访编号应由短横线连接的4段组成（JF-区划-日期-序号），实际为{found}段")
            }
            Self::Prefix => "接访编号应以JF开头".to_owned(),
            Self::District(fault) => format!("接访编号中的区划有误：{}", fault.zh()),
            Self::Date => "接访编号中的日期应为8位公历日期".to_owned(),
            Self::Ordinal => "接访编号中的序号为001至999".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn a_reception_number_reads_back() {
        let number = ReceptionNumber::new("220502".parse().unwrap(), date!(2026 - 03 - 03), 7).unwrap();
        assert_eq!(number.to_string(), "JF-220502-20260303-007");
        assert_eq!(number.to_string().parse(), Ok(number));
        assert_eq!((number.date(), number.ordinal()), (date!(2026 - 03 - 03), 7));
    }

    #[test]
    fn each_wrong_part_is_named() {
        let parse = |text: &str| text.parse::<ReceptionNumber>().unwrap_err();
        assert_eq!(
            parse("JF-220502-20260303"),
            ReceptionNumberError::Groups { found: 3 }
        );
        assert_eq!(parse("XF-220502-20260303-001"), ReceptionNumberError::Prefix);
        assert_eq!(
            parse("JF-22050-20260303-001").reason(),
            "RECEPTION_NUMBER_DISTRICT"
        );
        assert_eq!(parse("JF-220502-20260229-001"), ReceptionNumberError::Date);
        assert_eq!(parse("JF-220502-20261303-001"), ReceptionNumberError::Date);
        assert_eq!(parse("JF-220502-20260303-000"), ReceptionNumberError::Ordinal);
        assert_eq!(parse("JF-220502-20260303-01"), ReceptionNumberError::Ordinal);
    }
}

//! District codes (GB/T 2260, six digits) and township codes (GB/T 10114 style, nine digits).
//!
//! The district is the tenant of the platform (DEC-01): every row, number and event carries one.

use crate::explain::Explain;
use crate::text::{self, DigitsFault};
use std::fmt;
use std::str::FromStr;

/// A county-level district, such as `220502`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DistrictCode([u8; 6]);

impl DistrictCode {
    /// The six digits.
    pub fn as_str(&self) -> &str {
        text::ascii(&self.0)
    }

    /// The six ASCII digits, for arithmetic.
    pub(crate) fn digits(&self) -> &[u8; 6] {
        &self.0
    }
}

impl FromStr for DistrictCode {
    type Err = DivisionCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        division(text).map(Self)
    }
}

impl fmt::Display for DistrictCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for DistrictCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DistrictCode({self})")
    }
}

text::serde_as_text!(DistrictCode);

/// A township, town or street office, such as `220502100`; its first six digits name the district.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TownCode([u8; 9]);

impl TownCode {
    /// The nine digits.
    pub fn as_str(&self) -> &str {
        text::ascii(&self.0)
    }

    /// The district the township lies in.
    pub fn district(&self) -> DistrictCode {
        let (district, _) = self
            .0
            .split_first_chunk()
            .expect("invariant: nine digits hold six");
        DistrictCode(*district)
    }
}

impl FromStr for TownCode {
    type Err = DivisionCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        division(text).map(Self)
    }
}

impl fmt::Display for TownCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for TownCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TownCode({self})")
    }
}

text::serde_as_text!(TownCode);

/// What is wrong with a division code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DivisionCodeError {
    /// Another number of characters.
    #[error("a division code has {expected} digits, found {found} characters")]
    Length {
        /// Six for a district, nine for a township.
        expected: usize,
        /// Characters found.
        found: usize,
    },
    /// A character that is no ASCII digit.
    #[error("character {position} of the division code is {found:?}, not a digit")]
    NotDigit {
        /// Counted from 1.
        position: usize,
        /// The character.
        found: char,
    },
    /// Province codes run from 11 to 82, so no division code begins with zero.
    #[error("a division code does not begin with 0")]
    LeadingZero,
}

impl Explain for DivisionCodeError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Length { .. } => "DIVISION_CODE_LENGTH",
            Self::NotDigit { .. } => "DIVISION_CODE_NOT_DIGIT",
            Self::LeadingZero => "DIVISION_CODE_LEADING_ZERO",
        }
    }

    fn zh(&self) -> String {
        match self {
            Self::Length { expected, found } => {
                format!("行政区划代码应为{expected}位数字，实际为{found}个字符")
            }
            Self::NotDigit { position, found } => {
                format!("行政区划代码第{position}个字符“{found}”不是数字")
            }
            Self::LeadingZero => "行政区划代码不以0开头".to_owned(),
        }
    }
}

fn division<const N: usize>(text: &str) -> Result<[u8; N], DivisionCodeError> {
    let digits = text::digits(text).map_err(|fault| match fault {
        DigitsFault::Length(found) => DivisionCodeError::Length { expected: N, found },
        DigitsFault::NotDigit(position, found) => DivisionCodeError::NotDigit { position, found },
    })?;
    if digits[0] == b'0' {
        Err(DivisionCodeError::LeadingZero)
    } else {
        Ok(digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn district(text: &str) -> Result<DistrictCode, DivisionCodeError> {
        text.parse()
    }

    #[test]
    fn a_district_code_is_six_digits() {
        assert_eq!(district("220502").unwrap().to_string(), "220502");
        assert_eq!(
            district("22050"),
            Err(DivisionCodeError::Length {
                expected: 6,
                found: 5
            })
        );
        assert_eq!(
            district(""),
            Err(DivisionCodeError::Length {
                expected: 6,
                found: 0
            })
        );
        assert_eq!(
            district("2205O2"),
            Err(DivisionCodeError::NotDigit {
                position: 5,
                found: 'O'
            })
        );
        assert_eq!(district("022050"), Err(DivisionCodeError::LeadingZero));
    }

    #[test]
    fn chinese_characters_are_counted_as_characters() {
        assert_eq!(
            district("东昌区"),
            Err(DivisionCodeError::Length {
                expected: 6,
                found: 3
            })
        );
        assert_eq!(
            district("22050二").unwrap_err().zh(),
            "行政区划代码第6个字符“二”不是数字"
        );
    }

    #[test]
    fn a_township_knows_its_district() {
        let town: TownCode = "220502100".parse().unwrap();
        assert_eq!(town.district(), district("220502").unwrap());
        assert_eq!(
            "220502".parse::<TownCode>(),
            Err(DivisionCodeError::Length {
                expected: 9,
                found: 6
            })
        );
    }

    #[test]
    fn codes_order_as_their_digits_and_travel_as_text() {
        assert!(district("220502").unwrap() < district("220503").unwrap());
        let json = serde_json::to_string(&district("220503").unwrap()).unwrap();
        assert_eq!(json, "\"220503\"");
        assert_eq!(
            serde_json::from_str::<DistrictCode>(&json).unwrap(),
            district("220503").unwrap()
        );
        assert!(serde_json::from_str::<DistrictCode>("\"22050\"").is_err());
    }
}

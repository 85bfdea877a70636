//! The resident identity number 公民身份号码 (GB 11643-1999, check digit by ISO 7064 MOD 11-2).

use crate::district::DistrictCode;
use crate::explain::Explain;
use crate::{mask, text};
use std::fmt;
use time::{Date, Month};

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_CHARACTERS: &[u8; 11] = b"10X98765432";

/// A checked and normalised resident identity number.
///
/// Class P3: it has no `Display` and no serde form, and `Debug` shows the mask, so that it cannot reach a log or an
/// event by accident. [`ResidentId::as_str`] is the one way to the digits.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ResidentId([u8; 18]);

impl ResidentId {
    /// Checks what a clerk typed. `today` is the legal date against which the date of birth is compared.
    ///
    /// Surrounding space, full-width characters and a lower-case `x` are normalised. A district that is in no
    /// current table is accepted: codes given out under an old division stay valid.
    pub fn parse(typed: &str, today: Date) -> Result<Self, ResidentIdError> {
        let typed = text::half_width(typed);
        let typed = typed.trim();
        let length = typed.chars().count();
        if length == 15 && typed.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ResidentIdError::FifteenDigits);
        }
        if length != 18 {
            return Err(ResidentIdError::Length { found: length });
        }
        let mut id = [b'0'; 18];
        for (index, (slot, found)) in id.iter_mut().zip(typed.chars()).enumerate() {
            let upper = found.to_ascii_uppercase();
            let fits = upper.is_ascii_digit() || (index == 17 && upper == 'X');
            let byte = u8::try_from(upper).ok().filter(|_| fits);
            *slot = byte.ok_or(ResidentIdError::Character {
                position: index + 1,
                found,
            })?;
        }
        let id = Self(id);
        id.check(today)?;
        Ok(id)
    }

    fn check(&self, today: Date) -> Result<(), ResidentIdError> {
        if self.0[0] == b'0' {
            return Err(ResidentIdError::Division);
        }
        let birth = born(&self.0).ok_or(ResidentIdError::BirthDate)?;
        if birth > today {
            return Err(ResidentIdError::BirthInFuture);
        }
        if self.0[17] != check_character(&self.0) {
            return Err(ResidentIdError::CheckDigit);
        }
        Ok(())
    }

    /// The eighteen characters.
    pub fn as_str(&self) -> &str {
        text::ascii(&self.0)
    }

    /// The division in whose register the number was given out; possibly one that no longer exists.
    pub fn division(&self) -> DistrictCode {
        self.as_str()[..6]
            .parse()
            .expect("invariant: checked when parsed")
    }

    /// The date of birth.
    pub fn birth_date(&self) -> Date {
        born(&self.0).expect("invariant: checked when parsed")
    }

    /// The sex: the seventeenth digit is odd for men.
    pub fn sex(&self) -> Sex {
        if (self.0[16] - b'0') % 2 == 1 {
            Sex::Male
        } else {
            Sex::Female
        }
    }

    /// The form for lists: first four and last two characters.
    pub fn masked(&self) -> String {
        mask::resident_id(self.as_str())
    }
}

impl fmt::Debug for ResidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResidentId({})", self.masked())
    }
}

/// What the seventeenth digit says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// 男
    Male,
    /// 女
    Female,
}

fn born(id: &[u8; 18]) -> Option<Date> {
    let year = i32::try_from(text::value(&id[6..10]))
        .ok()
        .filter(|year| (1800..2100).contains(year))?;
    let month = Month::try_from(u8::try_from(text::value(&id[10..12])).ok()?).ok()?;
    let day = u8::try_from(text::value(&id[12..14])).ok()?;
    Date::from_calendar_date(year, month, day).ok()
}

fn check_character(id: &[u8; 18]) -> u8 {
    let sum: u32 = id
        .iter()
        .zip(WEIGHTS)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    CHECK_CHARACTERS[(sum % 11) as usize]
}

/// What is wrong with a resident identity number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResidentIdError {
    /// A number of the first generation, given out until 1999.
    #[error("this is an old 15-digit number; ask for the 18-digit one on the current card")]
    FifteenDigits,
    /// Another number of characters.
    #[error("a resident ID has 18 characters, found {found}")]
    Length {
        /// Characters found.
        found: usize,
    },
    /// Neither a digit nor an X at the end.
    #[error("character {position} of the resident ID is {found:?}; digits are allowed, and X at the end")]
    Character {
        /// Counted from 1.
        position: usize,
        /// The character.
        found: char,
    },
    /// The first six digits can be no division.
    #[error("the first six digits of the resident ID are no division code")]
    Division,
    /// Digits 7 to 14 are no calendar date, or one before 1800.
    #[error("digits 7 to 14 of the resident ID are not a calendar date")]
    BirthDate,
    /// Born after today.
    #[error("the date of birth in the resident ID lies in the future")]
    BirthInFuture,
    /// The check digit contradicts the rest: something was mistyped.
    #[error("the check digit does not fit: one of the characters of the resident ID was mistyped")]
    CheckDigit,
}

impl Explain for ResidentIdError {
    fn reason(&self) -> &'static str {
        match self {
            Self::FifteenDigits => "RESIDENT_ID_FIFTEEN_DIGITS",
            Self::Length { .. } => "RESIDENT_ID_LENGTH",
            Self::Character { .. } => "RESIDENT_ID_CHARACTER",
            Self::Division => "RESIDENT_ID_DIVISION",
            Self::BirthDate => "RESIDENT_ID_BIRTH_DATE",
            Self::BirthInFuture => "RESIDENT_ID_BIRTH_IN_FUTURE",
            Self::CheckDigit => "RESIDENT_ID_CHECK_DIGIT",
        }
    }

    fn zh(&self) -> String {
        match self {
            Self::FifteenDigits => "这是15位的旧身份证号码，请登记现用身份证上的18位号码".to_owned(),
            Self::Length { found } => format!("公民身份号码应为18位，实际为{found}个字符"),
            Self::Character { position, found } => {
                format!("公民身份号码第{position}位“{found}”有误：只能是数字，最后一位可以是X")
            }
            Self::Division => "公民身份号码前6位不是行政区划代码".to_owned(),
            Self::BirthDate => "公民身份号码第7至14位不是有效日期".to_owned(),
            Self::BirthInFuture => "公民身份号码中的出生日期晚于今天".to_owned(),
            Self::CheckDigit => "公民身份号码校验码不符，请核对是否有数字抄错".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;

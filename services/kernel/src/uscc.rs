//! The unified social credit code 统一社会信用代码 of an organisation (GB 32100-2015, check character modulo 31).

use crate::explain::Explain;
use crate::text;
use std::fmt;
use std::str::FromStr;

/// The 31 characters of the code in the order of their values: no I, O, S, V or Z.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// An organisation's code, such as `91350100M000100Y43`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CreditCode([u8; 18]);

impl CreditCode {
    /// The eighteen characters.
    pub fn as_str(&self) -> &str {
        text::ascii(&self.0)
    }
}

impl FromStr for CreditCode {
    type Err = CreditCodeError;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        let typed = text::half_width(typed).trim().to_ascii_uppercase();
        let found = typed.chars().count();
        if found != 18 {
            return Err(CreditCodeError::Length { found });
        }
        let mut code = [b'0'; 18];
        let mut values = [0_usize; 18];
        for (index, found) in typed.chars().enumerate() {
            let value = ALPHABET.iter().position(|letter| char::from(*letter) == found);
            values[index] = value.ok_or(CreditCodeError::Character {
                position: index + 1,
                found,
            })?;
            code[index] = ALPHABET[values[index]];
        }
        if values[17] == check_value(&values) {
            Ok(Self(code))
        } else {
            Err(CreditCodeError::CheckCharacter)
        }
    }
}

/// The value of the last character: weights are the powers of 3 modulo 31.
fn check_value(values: &[usize; 18]) -> usize {
    let weights = std::iter::successors(Some(1), |weight| Some(weight * 3 % 31));
    let sum: usize = values[..17]
        .iter()
        .zip(weights)
        .map(|(value, weight)| value * weight)
        .sum();
    (31 - sum % 31) % 31
}

impl fmt::Display for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CreditCode({self})")
    }
}

text::serde_as_text!(CreditCode);

/// What is wrong with a unified social credit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreditCodeError {
    /// Another number of characters.
    #[error("a unified social credit code has 18 characters, found {found}")]
    Length {
        /// Characters found.
        found: usize,
    },
    /// Outside the alphabet of the standard.
    #[error(
        "character {position} of the unified social credit code is {found:?}; I, O, S, V, Z do not occur"
    )]
    Character {
        /// Counted from 1.
        position: usize,
        /// The character.
        found: char,
    },
    /// The check character contradicts the rest.
    #[error("the check character does not fit: the unified social credit code was mistyped")]
    CheckCharacter,
}

impl Explain for CreditCodeError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Length { .. } => "CREDIT_CODE_LENGTH",
            Self::Character { .. } => "CREDIT_CODE_CHARACTER",
            Self::CheckCharacter => "CREDIT_CODE_CHECK_CHARACTER",
        }
    }

    fn zh(&self) -> String {
        match self {
            Self::Length { found } => format!("统一社会信用代码应为18位，实际为{found}个字符"),
            Self::Character { position, found } => {
                format!("统一社会信用代码第{position}位“{found}”有误：不使用字母I、O、S、V、Z")
            }
            Self::CheckCharacter => "统一社会信用代码校验码不符，请核对是否抄错".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_of_the_standard_is_valid() {
        let code: CreditCode = "91350100M000100Y43".parse().unwrap();
        assert_eq!(code.to_string(), "91350100M000100Y43");
        assert_eq!("91350100m000100y43".parse(), Ok(code));
    }

    #[test]
    fn wrong_codes_are_refused_for_their_own_reason() {
        let parse = |text: &str| text.parse::<CreditCode>().unwrap_err();
        assert_eq!(parse("91350100M000100Y44"), CreditCodeError::CheckCharacter);
        assert_eq!(parse("91350100M000100Y4"), CreditCodeError::Length { found: 17 });
        assert_eq!(
            parse("91350100O000100Y43"),
            CreditCodeError::Character {
                position: 9,
                found: 'O'
            }
        );
    }
}

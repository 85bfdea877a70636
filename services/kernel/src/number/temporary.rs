//! The temporary number 临时号 `TMP-DEVICE-XXXXXXXX-K` of what a field tablet takes down without a line (§6.2).

use super::luhn;
use crate::explain::Explain;
use crate::text;
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Letters and digits of a device at the most.
const DEVICE_MAX: usize = 8;
/// Digits of the draft.
const DRAFT: usize = 8;
/// Digits and capital letters.
const BASE: u8 = 36;

/// What a tablet gives the petitioner in place of a case number: its own name, and the last eight hexadecimal digits of
/// the draft's id.
///
/// The last group is a check character over both; it is computed, never stored.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemporaryNumber {
    device: String,
    draft: u32,
}

impl TemporaryNumber {
    /// The number of a draft of a device: one to eight capital letters and digits.
    pub fn new(device: &str, draft: Uuid) -> Result<Self, TemporaryNumberError> {
        let fits = (1..=DEVICE_MAX).contains(&device.len()) && device.chars().all(is_digit);
        fits.then(|| Self {
            device: device.to_owned(),
            draft: last_of(draft),
        })
        .ok_or(TemporaryNumberError::Device)
    }

    /// The tablet.
    pub fn device(&self) -> &str {
        &self.device
    }

    /// Whether it stands for this draft.
    pub fn is_of(&self, draft: Uuid) -> bool {
        self.draft == last_of(draft)
    }

    fn check_character(&self) -> char {
        let digits = format!("{}{:08X}", self.device, self.draft).into_bytes();
        let check = luhn::check(BASE, digits.into_iter().map(value));
        char::from_digit(check.into(), BASE.into())
            .expect("invariant: below the base")
            .to_ascii_uppercase()
    }
}

fn is_digit(found: char) -> bool {
    found.is_ascii_uppercase() || found.is_ascii_digit()
}

fn value(ascii: u8) -> u8 {
    let digit = char::from(ascii).to_digit(BASE.into());
    u8::try_from(digit.expect("invariant: letters and digits")).expect("invariant: below the base")
}

/// The last eight hexadecimal digits: in every version of identifiers they are random.
fn last_of(draft: Uuid) -> u32 {
    let (_, last) = draft.as_bytes().split_last_chunk().expect("invariant: 16 bytes");
    u32::from_be_bytes(*last)
}

impl FromStr for TemporaryNumber {
    type Err = TemporaryNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let groups: Vec<&str> = text.split('-').collect();
        let &["TMP", device, draft, check] = groups.as_slice() else {
            return Err(TemporaryNumberError::Form);
        };
        if draft.len() != DRAFT || !draft.chars().all(is_digit) {
            return Err(TemporaryNumberError::Draft);
        }
        let draft = u32::from_str_radix(draft, 16).map_err(|_| TemporaryNumberError::Draft)?;
        let number = Self {
            draft,
            ..Self::new(device, Uuid::nil())?
        };
        if check == number.check_character().to_string() {
            Ok(number)
        } else {
            Err(TemporaryNumberError::CheckCharacter)
        }
    }
}

impl fmt::Display for TemporaryNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { device, draft } = self;
        write!(f, "TMP-{device}-{draft:08X}-{}", self.check_character())
    }
}

impl fmt::Debug for TemporaryNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TemporaryNumber({self})")
    }
}

text::serde_as_text!(TemporaryNumber);

/// Which part of a temporary number is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemporaryNumberError {
    /// Not four groups that begin with TMP.
    #[error("a temporary number looks like TMP-DEVICE-XXXXXXXX-K")]
    Form,
    /// The second group is no device.
    #[error("the device in the temporary number is 1 to 8 capital letters and digits")]
    Device,
    /// The third group is not eight hexadecimal digits.
    #[error("the draft in the temporary number is 8 hexadecimal digits in capitals")]
    Draft,
    /// Something was mistyped.
    #[error("the check character does not fit: part of the temporary number was mistyped")]
    CheckCharacter,
}

impl Explain for TemporaryNumberError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Form => "TEMPORARY_NUMBER_FORM",
            Self::Device => "TEMPORARY_NUMBER_DEVICE",
            Self::Draft => "TEMPORARY_NUMBER_DRAFT",
            Self::CheckCharacter => "TEMPORARY_NUMBER_CHECK",
        }
    }

    fn zh(&self) -> String {
        match self {
            Self::Form => "临时号格式应为TMP-设备号-八位草稿号-校验码",
            Self::Device => "临时号中的设备号应为1至8位大写字母或数字",
            Self::Draft => "临时号中的草稿号应为8位十六进制数字（字母大写）",
            Self::CheckCharacter => "临时号校验码不符，请核对是否抄错",
        }
        .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAFT: Uuid = Uuid::from_u128(0x0198_a0b1_c2d3_7e4f_8a5b_6c7d_1a2b_3c4d);

    #[test]
    fn the_number_of_a_draft_reads_back() {
        let number = TemporaryNumber::new("T07", DRAFT).unwrap();
        let text = number.to_string();
        assert!(text.starts_with("TMP-T07-1A2B3C4D-"), "{text}");
        assert_eq!(text.parse(), Ok(number.clone()));
        assert_eq!(number.device(), "T07");
        assert!(number.is_of(DRAFT) && !number.is_of(Uuid::nil()));
    }

    #[test]
    fn each_wrong_part_is_named() {
        let text = TemporaryNumber::new("T07", DRAFT).unwrap().to_string();
        for (wrong, fault) in [
            (String::new(), TemporaryNumberError::Form),
            (text.replace("TMP", "XF"), TemporaryNumberError::Form),
            (text.replace("T07", "t07"), TemporaryNumberError::Device),
            (text.replace("T07", "T07T07T07"), TemporaryNumberError::Device),
            (text.replace("1A2B", "1a2b"), TemporaryNumberError::Draft),
            (text.replace("3C4D", "3C4"), TemporaryNumberError::Draft),
            (text.replace("1A2B", "+A2B"), TemporaryNumberError::Draft),
            (text.replace("1A2B", "1A2C"), TemporaryNumberError::CheckCharacter),
            (text.replace("T07", "T08"), TemporaryNumberError::CheckCharacter),
        ] {
            assert_eq!(wrong.parse::<TemporaryNumber>(), Err(fault), "{wrong}");
        }
    }
}

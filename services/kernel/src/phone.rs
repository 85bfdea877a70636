//! Telephone numbers of mainland China, mobile and landline.

use crate::explain::Explain;
use crate::{mask, text};
use std::fmt;

/// A checked and normalised telephone number.
///
/// Class P3: `Debug` shows the mask and there is no `Display` and no serde form.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Phone {
    /// Eleven digits, such as `19900000001`.
    Mobile(String),
    /// Area code, number and perhaps an extension joined by hyphens, such as `0435-3214567-12`.
    Landline(String),
}

impl Phone {
    /// Reads either kind; `+86`, spaces, hyphens and full-width characters are normalised.
    pub fn parse(typed: &str) -> Result<Self, PhoneError> {
        let typed = text::half_width(typed);
        let typed = typed.trim();
        if domestic(typed).starts_with('0') {
            Self::landline(typed)
        } else {
            Self::mobile(typed)
        }
    }

    /// Reads a mobile number: `1`, then `3`–`9`, then nine digits.
    pub fn mobile(typed: &str) -> Result<Self, PhoneError> {
        let typed = text::half_width(typed);
        let digits: String = domestic(typed.trim())
            .chars()
            .filter(|found| !is_separator(*found))
            .collect();
        match digits.as_bytes() {
            [b'1', b'3'..=b'9', rest @ ..] if rest.len() == 9 && all_digits(rest) => Ok(Self::Mobile(digits)),
            _ => Err(PhoneError::Mobile),
        }
    }

    /// Reads a landline number: area code (`0` and two or three digits), seven or eight digits, perhaps `-` and an
    /// extension of up to six digits.
    ///
    /// Without a hyphen after the area code the two-digit areas (Beijing 010 and the 02x cities) are told from the
    /// three-digit ones by their first digits.
    pub fn landline(typed: &str) -> Result<Self, PhoneError> {
        let typed = text::half_width(typed);
        let compact: String = domestic(typed.trim())
            .chars()
            .filter(|found| *found != ' ')
            .collect();
        let mut groups = compact.split('-');
        let first = groups.next().unwrap_or_default();
        let (area, number) = if first.len() <= 4 {
            (first, groups.next().unwrap_or_default())
        } else {
            let area_length = if first.starts_with("01") || first.starts_with("02") {
                3
            } else {
                4
            };
            first.split_at_checked(area_length).ok_or(PhoneError::Landline)?
        };
        let extension = groups.next();
        let area_fits = area.starts_with('0') && matches!(area.len(), 3 | 4) && all_digits(area.as_bytes());
        let number_fits = matches!(number.len(), 7 | 8) && all_digits(number.as_bytes());
        let extension_fits =
            extension.is_none_or(|text| matches!(text.len(), 1..=6) && all_digits(text.as_bytes()));
        if !(area_fits && number_fits && extension_fits && groups.next().is_none()) {
            return Err(PhoneError::Landline);
        }
        let suffix = extension.map(|text| format!("-{text}")).unwrap_or_default();
        Ok(Self::Landline(format!("{area}-{number}{suffix}")))
    }

    /// The normalised number.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Mobile(number) | Self::Landline(number) => number,
        }
    }

    /// The last four digits of the number (of a landline without its extension): half of the progress query.
    pub fn last_four(&self) -> &str {
        let number = match self {
            Self::Mobile(number) => number,
            Self::Landline(number) => number.split('-').nth(1).expect("invariant: area and number"),
        };
        &number[number.len() - 4..]
    }

    /// The form for lists.
    pub fn masked(&self) -> String {
        mask::phone(self.as_str())
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({})", self.masked())
    }
}

/// The number without the country code.
fn domestic(typed: &str) -> &str {
    typed
        .strip_prefix("+86")
        .unwrap_or(typed)
        .trim_start_matches(is_separator)
}

fn is_separator(found: char) -> bool {
    matches!(found, ' ' | '-')
}

fn all_digits(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_digit)
}

/// What is wrong with a telephone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// No mobile number.
    #[error(
        "a mobile number has 11 digits and begins with 13 to 19; a landline begins with its area code 0…"
    )]
    Mobile,
    /// No landline number.
    #[error(
        "a landline number is an area code (0 and 2 or 3 digits), 7 or 8 digits, perhaps - and an extension"
    )]
    Landline,
}

impl Explain for PhoneError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Mobile => "PHONE_MOBILE",
            Self::Landline => "PHONE_LANDLINE",
        }
    }

    fn zh(&self) -> String {
        match self {
            Self::Mobile => "手机号码应为11位数字并以13至19开头；固定电话请以0开头的区号登记".to_owned(),
            Self::Landline => "固定电话应为区号（0加2至3位）、7至8位号码，可加“-分机号”".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, PhoneError> {
        Phone::parse(text).map(|phone| phone.as_str().to_owned())
    }

    #[test]
    fn mobile_numbers_are_normalised() {
        for typed in [
            "19900000001",
            "+86 199 0000 0001",
            "+86-199-0000-0001",
            "１９９０００００００１",
            " 199-0000-0001 ",
        ] {
            assert_eq!(parse(typed).as_deref(), Ok("19900000001"), "{typed:?}");
        }
    }

    #[test]
    fn wrong_mobile_numbers_are_refused() {
        for typed in [
            "",
            "1990000000",
            "199000000012",
            "12900000001",
            "1990000000A",
            "电话号码",
            "86",
        ] {
            assert_eq!(parse(typed), Err(PhoneError::Mobile), "{typed:?}");
        }
    }

    #[test]
    fn landline_numbers_are_normalised() {
        for (typed, kept) in [
            ("0435-3214567", "0435-3214567"),
            ("04353214567", "0435-3214567"),
            ("010-65881234", "010-65881234"),
            ("01065881234", "010-65881234"),
            ("0435 3214567-12", "0435-3214567-12"),
            ("+86 0435-3214567", "0435-3214567"),
            ("+86-0435-3214567", "0435-3214567"),
            ("0435－3214567", "0435-3214567"),
        ] {
            assert_eq!(parse(typed).as_deref(), Ok(kept), "{typed:?}");
        }
    }

    #[test]
    fn wrong_landline_numbers_are_refused() {
        for typed in [
            "0",
            "04",
            "0435",
            "0435-321456",
            "0435-321456789",
            "0435-3214567-",
            "0435-3214567-1234567",
            "0435-3214567-1-2",
            "0435-32145六7",
            "0四35-3214567",
        ] {
            assert_eq!(parse(typed), Err(PhoneError::Landline), "{typed:?}");
        }
    }

    #[test]
    fn the_last_four_digits_leave_out_the_extension() {
        assert_eq!(Phone::parse("19900000001").unwrap().last_four(), "0001");
        assert_eq!(Phone::parse("0435-3214567-12").unwrap().last_four(), "4567");
    }

    #[test]
    fn debug_shows_the_mask() {
        assert_eq!(
            format!("{:?}", Phone::parse("19900000001").unwrap()),
            "Phone(199****0001)"
        );
    }
}

//! Small steps that several value types share: reading fixed runs of digits, half-width forms, text in serde.

/// What is wrong with a text that should be exactly `N` ASCII digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DigitsFault {
    /// Another number of characters; holds the number found.
    Length(usize),
    /// The character at this position (counted from 1) is no digit.
    NotDigit(usize, char),
}

/// Reads exactly `N` ASCII digits; the length is complained about before the characters.
pub(crate) fn digits<const N: usize>(text: &str) -> Result<[u8; N], DigitsFault> {
    let length = text.chars().count();
    if length != N {
        return Err(DigitsFault::Length(length));
    }
    let mut out = [b'0'; N];
    for (index, (slot, found)) in out.iter_mut().zip(text.chars()).enumerate() {
        let digit = u8::try_from(found).ok().filter(u8::is_ascii_digit);
        *slot = digit.ok_or(DigitsFault::NotDigit(index + 1, found))?;
    }
    Ok(out)
}

/// The number that a run of ASCII digits spells; the caller keeps it short enough for `u32`.
pub(crate) fn value(digits: &[u8]) -> u32 {
    digits
        .iter()
        .fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'))
}

/// The ASCII bytes as text.
pub(crate) fn ascii(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("invariant: only ASCII is stored")
}

/// Full-width letters, digits, signs and spaces (as Chinese input methods produce them) in their ASCII form.
pub(crate) fn half_width(text: &str) -> String {
    text.chars()
        .map(|found| match found {
            '\u{3000}' => ' ',
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(found) - 0xFEE0).unwrap_or(found),
            _ => found,
        })
        .collect()
}

/// Whether a text carries markup: a `<` followed by a letter, `/`, `!` or `?` begins a tag in every parser.
pub fn has_markup(text: &str) -> bool {
    text.as_bytes().windows(2).any(|pair| {
        pair[0] == b'<' && (pair[1].is_ascii_alphabetic() || matches!(pair[1], b'/' | b'!' | b'?'))
    })
}

/// Whether a text carries characters nobody sees, which no database and no paper takes. Lines and tabs are none.
pub fn has_control_character(text: &str) -> bool {
    text.chars()
        .any(|found| found.is_control() && !matches!(found, '\n' | '\t' | '\r'))
}

/// Gives a type with `Display` and `FromStr` the same text as its serde form.
macro_rules! serde_as_text {
    ($type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use serde_as_text;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_names_the_position_of_the_first_wrong_character() {
        assert_eq!(digits::<3>("1甲3"), Err(DigitsFault::NotDigit(2, '甲')));
        assert_eq!(digits::<3>("12"), Err(DigitsFault::Length(2)));
        assert_eq!(
            digits::<3>("１23"),
            Err(DigitsFault::NotDigit(1, '１')),
            "full-width is not normalised here"
        );
        assert_eq!(digits::<3>("123"), Ok(*b"123"));
    }

    #[test]
    fn markup_is_seen_and_mathematics_is_not() {
        assert!(has_markup("请看 <script>alert(1)</script>"));
        assert!(has_markup("a</p>"));
        assert!(!has_markup("面积 < 90 平方米, 3<5"));
    }

    #[test]
    fn half_width_changes_full_width_forms_and_nothing_else() {
        assert_eq!(half_width("１３８　ｘ（王）"), "138 x(王)");
    }
}

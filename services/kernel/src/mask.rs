//! How personal data is shown to people who need to recognise it but not to read it.
//!
//! Every function works on characters, never on bytes, and hides everything when a value has not the shape it
//! expects: a mask errs on the side of showing less.

mod address;
mod name;

pub use address::address;
pub use name::name;

/// Shows the first four and the last two characters of an 18-character resident ID: `2205************1X`.
pub fn resident_id(id: &str) -> String {
    let characters: Vec<char> = id.chars().collect();
    match characters.as_slice() {
        [head @ .., _, _] if characters.len() == 18 => {
            let first: String = head[..4].iter().collect();
            let last: String = characters[16..].iter().collect();
            format!("{first}{}{last}", "*".repeat(12))
        }
        _ => hidden(characters.len()),
    }
}

/// Shows the first three and last four digits of a mobile number, `138****5678`; of a landline the area code and the
/// last four digits, `0435-***4567`, without the extension.
pub fn phone(number: &str) -> String {
    let digits: Vec<char> = number.chars().collect();
    if digits.len() == 11 && digits.iter().all(char::is_ascii_digit) && digits[0] == '1' {
        let first: String = digits[..3].iter().collect();
        let last: String = digits[7..].iter().collect();
        return format!("{first}****{last}");
    }
    let mut groups = number.split('-');
    let area = groups.next().unwrap_or_default();
    let local: Vec<char> = groups.next().unwrap_or_default().chars().collect();
    if area.starts_with('0') && local.len() >= 7 {
        let last: String = local[local.len() - 4..].iter().collect();
        return format!("{area}-{}{last}", "*".repeat(local.len() - 4));
    }
    hidden(digits.len())
}

/// Shows the first character of an e-mail address and that it is one: `w***@…`.
pub fn email(address: &str) -> String {
    match (address.chars().next(), address.contains('@')) {
        (Some(first), true) if first != '@' => format!("{first}***@…"),
        _ => hidden(address.chars().count()),
    }
}

/// As many stars as characters, at most twelve, so that a long value does not show its length.
fn hidden(length: usize) -> String {
    "*".repeat(length.min(12))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resident_id_keeps_four_and_two() {
        assert_eq!(resident_id("22050218900101001X"), "2205************1X");
        assert_eq!(resident_id("110105491231002"), "************");
        assert_eq!(resident_id("护照甲"), "***");
        assert_eq!(resident_id(""), "");
    }

    #[test]
    fn a_phone_keeps_three_and_four() {
        assert_eq!(phone("13812345678"), "138****5678");
        assert_eq!(phone("0435-3214567"), "0435-***4567");
        assert_eq!(phone("010-65881234-9"), "010-****1234");
        assert_eq!(phone("12345"), "*****");
        assert_eq!(phone("无电话"), "***");
        assert_eq!(phone(""), "");
    }

    #[test]
    fn an_email_keeps_its_first_character() {
        assert_eq!(email("wang@example.cn"), "w***@…");
        assert_eq!(email("王@例子.中国"), "王***@…");
        assert_eq!(email("@example.cn"), "***********");
        assert_eq!(email(""), "");
    }
}

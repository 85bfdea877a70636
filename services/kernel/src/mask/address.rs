//! The mask of an address: shown down to the street or township.

/// Endings of the three levels above the township, from province to district.
const LEVELS: [&[&str]; 3] = [
    &["特别行政区", "自治区", "省"],
    &["自治州", "地区", "市", "盟"],
    &["区", "县", "旗", "市"],
];
/// Endings of a township-level division.
const TOWNSHIPS: [&str; 5] = ["街道", "镇", "乡", "苏木", "办事处"];
/// Endings of a street.
const STREETS: [&str; 6] = ["大街", "大道", "路", "街", "巷", "胡同"];
/// Words that end like a district but name a place inside a township.
const NOT_DISTRICTS: [char; 9] = ['小', '社', '园', '校', '厂', '矿', '景', '库', '院'];
/// No division or street has a longer name than this many characters.
const LONGEST_NAME: usize = 12;

/// Shows an address down to its township or, when it names none, its street; the rest becomes `***`.
///
/// `吉林省通化市东昌区金厂镇金厂村3组` becomes `吉林省通化市东昌区金厂镇***`. An address in which no level is
/// recognised is hidden whole.
pub fn address(address: &str) -> String {
    let text: Vec<char> = address.trim().chars().collect();
    if text.is_empty() {
        return String::new();
    }
    let district = LEVELS
        .iter()
        .fold(0, |from, endings| level_end(&text, from, endings).unwrap_or(from));
    let shown = level_end(&text, district, &TOWNSHIPS)
        .or_else(|| level_end(&text, district, &STREETS))
        .unwrap_or(district);
    let visible: String = text[..shown].iter().collect();
    if shown == text.len() {
        visible
    } else {
        format!("{visible}***")
    }
}

/// Where the name that starts at `from` ends with one of `endings`; the name has at least one character before the
/// ending, and no digits (a house number comes after the street).
fn level_end(text: &[char], from: usize, endings: &[&str]) -> Option<usize> {
    let window = text.len().min(from + LONGEST_NAME);
    (from + 1..window).find_map(|at| {
        let name = &text[from..at];
        let is_name = name
            .iter()
            .all(|letter| !letter.is_numeric() && !letter.is_whitespace());
        let ending = endings.iter().find(|ending| starts_with(&text[at..], ending))?;
        let is_inner = *ending == "区" && NOT_DISTRICTS.contains(&text[at - 1]);
        (is_name && !is_inner).then(|| at + ending.chars().count())
    })
}

fn starts_with(text: &[char], word: &str) -> bool {
    let mut letters = text.iter();
    word.chars().all(|letter| letters.next() == Some(&letter))
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn the_township_is_the_last_thing_shown() {
        assert_eq!(
            address("吉林省通化市东昌区金厂镇金厂村3组12号"),
            "吉林省通化市东昌区金厂镇***"
        );
        assert_eq!(address("东昌区环通乡幸福村"), "东昌区环通乡***");
        assert_eq!(
            address("通化市东昌区民主街道新华小区3号楼"),
            "通化市东昌区民主街道***"
        );
    }

    #[test]
    fn without_a_township_the_street_is_shown() {
        assert_eq!(address("东昌区新华大街88号"), "东昌区新华大街***");
        assert_eq!(address("通化市东昌区光明路15号2单元"), "通化市东昌区光明路***");
    }

    #[test]
    fn a_township_wins_over_a_street_named_first() {
        assert_eq!(address("东昌区光明路街道88号"), "东昌区光明路街道***");
    }

    #[test]
    fn place_names_that_contain_a_level_word_do_not_confuse() {
        assert_eq!(
            address("江苏省镇江市京口区某某路5号"),
            "江苏省镇江市京口区某某路***"
        );
        assert_eq!(address("金厂镇小区3号"), "金厂镇***");
    }

    #[test]
    fn what_is_not_recognised_is_hidden() {
        assert_eq!(address("新华小区3号楼2单元"), "***");
        assert_eq!(address("3号楼路边"), "***");
        assert_eq!(address("某处"), "***");
        assert_eq!(address(""), "");
    }

    #[test]
    fn nothing_is_added_when_nothing_is_hidden() {
        assert_eq!(address("吉林省通化市东昌区"), "吉林省通化市东昌区");
    }
}

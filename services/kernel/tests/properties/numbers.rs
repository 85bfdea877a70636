//! Numbers: parsing undoes display, and a slip of the pen is noticed.

use super::cases;
use proptest::prelude::*;
use time::{Date, Duration};
use xinqiao_kernel::number::MAX_SEQUENCE;
use xinqiao_kernel::{CaseNumber, ChannelDigit, DistrictCode, ReceptionNumber, SubmissionNumber, TownCode};

fn district() -> impl Strategy<Value = DistrictCode> {
    (100_000..1_000_000_u32).prop_map(|code| code.to_string().parse().expect("six digits"))
}

fn case_number() -> impl Strategy<Value = CaseNumber> {
    (
        district(),
        1900..=9999,
        prop::sample::select(&ChannelDigit::ALL[..]),
        1..=MAX_SEQUENCE,
    )
        .prop_map(|(district, year, channel, sequence)| {
            CaseNumber::new(district, year, channel, sequence).expect("parts in range")
        })
}

fn day() -> impl Strategy<Value = Date> {
    (0..30_000_i64).prop_map(|offset| time::macros::date!(1970 - 01 - 01) + Duration::days(offset))
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn parsing_a_case_number_undoes_display(number in case_number()) {
        prop_assert_eq!(number.to_string().parse(), Ok(number));
    }

    #[test]
    fn one_wrong_digit_in_a_case_number_is_noticed(number in case_number(), place in 0..18_usize, add in 1..10_u8) {
        let text = number.to_string();
        let at = text.char_indices().filter(|(_, found)| found.is_ascii_digit()).nth(place).unwrap().0;
        let changed = (text.as_bytes()[at] - b'0' + add) % 10;
        let typed = format!("{}{changed}{}", &text[..at], &text[at + 1..]);
        prop_assert!(typed.parse::<CaseNumber>().is_err(), "{}", typed);
    }

    #[test]
    fn swapped_neighbours_in_a_sequence_are_noticed_except_09(number in case_number(), place in 0..5_usize) {
        let text = number.to_string();
        let mut digits: Vec<u8> = text.bytes().collect();
        let at = "XF-220502-2026-2-".len() + place;
        let (one, other) = (digits[at], digits[at + 1]);
        prop_assume!(one != other && !matches!((one, other), (b'0', b'9') | (b'9', b'0')));
        digits.swap(at, at + 1);
        let typed = String::from_utf8(digits).unwrap();
        prop_assert!(typed.parse::<CaseNumber>().is_err(), "{}", typed);
    }

    #[test]
    fn parsing_a_submission_number_undoes_display(case in case_number(), ordinal in 1..=99_u8) {
        let number = SubmissionNumber::new(case, ordinal).unwrap();
        prop_assert_eq!(number.to_string().parse(), Ok(number));
    }

    #[test]
    fn parsing_a_reception_number_undoes_display(district in district(), day in day(), ordinal in 1..=999_u16) {
        let number = ReceptionNumber::new(district, day, ordinal).unwrap();
        prop_assert_eq!(number.to_string().parse(), Ok(number));
    }

    #[test]
    fn arbitrary_text_never_panics_and_is_its_own_display_when_accepted(text in "\\PC{0,30}") {
        let shown = [
            text.parse::<CaseNumber>().ok().map(|number| number.to_string()),
            text.parse::<SubmissionNumber>().ok().map(|number| number.to_string()),
            text.parse::<ReceptionNumber>().ok().map(|number| number.to_string()),
            text.parse::<DistrictCode>().ok().map(|code| code.to_string()),
            text.parse::<TownCode>().ok().map(|code| code.to_string()),
        ];
        prop_assert!(shown.into_iter().flatten().all(|shown| shown == text));
    }
}

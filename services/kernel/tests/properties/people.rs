//! What people type: parsers and masks take anything and show no more than they promise.

use super::cases;
use proptest::prelude::*;
use xinqiao_kernel::email::Email;
use xinqiao_kernel::post_code::PostCode;
use xinqiao_kernel::uscc::CreditCode;
use xinqiao_kernel::{Phone, ResidentId, mask};

/// Text with everything that trips byte slicing: Chinese, rare characters, emoji, joiners, full-width digits.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["\\PC{0,40}", "[\\d王欧阳司马区县市镇乡路街号０-９xX@.+ -]{0,40}"]
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn no_parser_and_no_mask_panics(text in text()) {
        let _ = ResidentId::parse(&text, time::macros::date!(2026 - 03 - 03));
        let _ = Phone::parse(&text);
        let _ = text.parse::<Email>();
        let _ = text.parse::<PostCode>();
        let _ = text.parse::<CreditCode>();
        let _ = (mask::name(&text), mask::address(&text), mask::resident_id(&text));
        let _ = (mask::phone(&text), mask::email(&text));
    }

    #[test]
    fn a_masked_name_hides_all_but_the_surname(name in "[\u{4E00}-\u{9FFF}]{2,6}") {
        let masked = mask::name(&name);
        prop_assert_eq!(masked.chars().count(), name.chars().count());
        let shown: String = masked.chars().take_while(|letter| *letter != '*').collect();
        prop_assert!(name.starts_with(&shown) && (1..=2).contains(&shown.chars().count()));
        prop_assert!(masked.chars().skip(shown.chars().count()).all(|letter| letter == '*'));
    }

    #[test]
    fn a_masked_address_is_a_beginning_of_it_without_house_number(place in "[\u{4E00}-\u{9FFF}]{0,6}", house in 1..999_u16) {
        let address = format!("吉林省通化市东昌区{place}{house}号2单元");
        let masked = mask::address(&address);
        let shown = masked.strip_suffix("***").unwrap_or_default();
        prop_assert!(address.starts_with(shown));
        prop_assert!(!shown.contains(&house.to_string()));
    }

    #[test]
    fn a_mobile_number_keeps_seven_digits(number in "1[3-9][0-9]{9}") {
        let phone = Phone::parse(&number).unwrap();
        prop_assert_eq!(phone.as_str(), &number);
        prop_assert_eq!(phone.masked(), format!("{}****{}", &number[..3], &number[7..]));
        prop_assert_eq!(phone.last_four(), &number[7..]);
    }
}

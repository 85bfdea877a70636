//! Examples of resident identity numbers: standard samples and fictitious people of the nineteenth century.

use super::*;
use time::macros::date;

const TODAY: Date = date!(2026 - 03 - 03);
const VALID: [&str; 7] = [
    "11010519491231002X",
    "440524188001010014",
    "22050218900101001X",
    "22050318911231002X",
    "220502189202290038",
    "220502189306050047",
    "220502188808088120",
];

fn parse(text: &str) -> Result<ResidentId, ResidentIdError> {
    ResidentId::parse(text, TODAY)
}

#[test]
fn the_published_samples_are_valid() {
    for text in VALID {
        assert_eq!(parse(text).unwrap().as_str(), text);
    }
}

#[test]
fn the_published_counter_examples_are_refused_for_their_own_reason() {
    assert_eq!(parse("220502189001010011"), Err(ResidentIdError::CheckDigit));
    assert_eq!(
        parse("220502189302290038"),
        Err(ResidentIdError::BirthDate),
        "1893 was no leap year"
    );
    assert_eq!(
        parse("220502189013010011"),
        Err(ResidentIdError::BirthDate),
        "there is no month 13"
    );
}

#[test]
fn sex_birth_date_and_division_are_read_from_the_digits() {
    let id = parse("11010519491231002X").unwrap();
    assert_eq!((id.sex(), id.birth_date()), (Sex::Female, date!(1949 - 12 - 31)));
    assert_eq!(id.division().as_str(), "110105");
    assert_eq!(parse("440524188001010014").unwrap().sex(), Sex::Male);
}

#[test]
fn typing_habits_are_normalised() {
    for typed in [
        " 11010519491231002x ",
        "１１０１０５１９４９１２３１００２Ｘ",
        "11010519491231002ｘ",
    ] {
        assert_eq!(parse(typed).unwrap().as_str(), "11010519491231002X", "{typed:?}");
    }
}

#[test]
fn an_old_number_gets_a_hint() {
    let fault = parse("110105491231002").unwrap_err();
    assert_eq!(fault, ResidentIdError::FifteenDigits);
    assert!(fault.zh().contains("18位"));
    assert_eq!(
        parse("11010549123100A"),
        Err(ResidentIdError::Length { found: 15 })
    );
}

#[test]
fn someone_born_tomorrow_is_refused() {
    let born = date!(1949 - 12 - 31);
    assert!(ResidentId::parse("11010519491231002X", born).is_ok());
    assert_eq!(
        ResidentId::parse("11010519491231002X", born.previous_day().unwrap()),
        Err(ResidentIdError::BirthInFuture)
    );
}

#[test]
fn characters_are_counted_not_bytes() {
    assert_eq!(parse("身份证号码"), Err(ResidentIdError::Length { found: 5 }));
    assert_eq!(
        parse("1101051949123100王X"),
        Err(ResidentIdError::Character {
            position: 17,
            found: '王'
        })
    );
    assert_eq!(
        parse("1101051949123X0020"),
        Err(ResidentIdError::Character {
            position: 14,
            found: 'X'
        })
    );
}

#[test]
fn a_division_never_begins_with_zero_and_a_birth_never_before_1800() {
    assert_eq!(parse("010105194912310029"), Err(ResidentIdError::Division));
    assert_eq!(parse("110105179912310029"), Err(ResidentIdError::BirthDate));
}

#[test]
fn debug_shows_the_mask() {
    let shown = format!("{:?}", parse("11010519491231002X").unwrap());
    assert_eq!(shown, "ResidentId(1101************2X)");
}

#[test]
fn each_place_has_its_own_weight() {
    let text = "150429189712084636";
    assert_eq!(parse(text).unwrap().birth_date(), date!(1897 - 12 - 08));
    for place in 0..16 {
        let mut swapped: Vec<char> = text.chars().collect();
        swapped.swap(place, place + 1);
        let swapped: String = swapped.into_iter().collect();
        assert!(parse(&swapped).is_err(), "{swapped}");
    }
}

#[test]
fn every_single_wrong_digit_is_noticed() {
    for text in VALID {
        for position in 0..17 {
            for other in '0'..='9' {
                let mut changed: Vec<char> = text.chars().collect();
                if changed[position] == other {
                    continue;
                }
                changed[position] = other;
                let changed: String = changed.into_iter().collect();
                assert!(parse(&changed).is_err(), "{changed}");
            }
        }
    }
}

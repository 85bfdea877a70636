//! Examples of case numbers, right and wrong.

use super::*;

fn parse(text: &str) -> Result<CaseNumber, CaseNumberError> {
    text.parse()
}

#[test]
fn the_published_examples_read_back() {
    for text in [
        "XF-220502-2026-2-000123-9",
        "XF-220503-2026-2-000123-8",
        "XF-220502-2026-1-000045-6",
        "XF-220502-2026-3-000007-2",
        "XF-220502-2026-5-000002-8",
    ] {
        assert_eq!(parse(text).unwrap().to_string(), text);
    }
}

#[test]
fn the_parts_of_a_number_are_accessible() {
    let number = parse("XF-220502-2026-2-000123-9").unwrap();
    assert_eq!(number.district().as_str(), "220502");
    assert_eq!(number.year(), 2026);
    assert_eq!(number.channel(), ChannelDigit::Visit);
    assert_eq!(number.sequence(), 123);
    assert_eq!(number.check_digit(), 9);
}

#[test]
fn a_wrong_check_digit_is_refused() {
    let fault = parse("XF-220502-2026-2-000123-8").unwrap_err();
    assert_eq!(fault, CaseNumberError::CheckDigit);
    assert_eq!(fault.reason(), "CASE_NUMBER_CHECK_DIGIT");
    assert_eq!(fault.zh(), "信访事项编号校验码不符，请核对是否有数字抄错");
}

#[test]
fn each_wrong_part_is_named() {
    for (text, reason) in [
        ("", "CASE_NUMBER_GROUPS"),
        ("XF-220502-2026-2-000123", "CASE_NUMBER_GROUPS"),
        ("XF-220502-2026-2-000123-9-1", "CASE_NUMBER_GROUPS"),
        ("XF－220502－2026－2－000123－9", "CASE_NUMBER_GROUPS"),
        ("xf-220502-2026-2-000123-9", "CASE_NUMBER_PREFIX"),
        ("JF-220502-2026-2-000123-9", "CASE_NUMBER_PREFIX"),
        ("XF-22050-2026-2-000123-9", "CASE_NUMBER_DISTRICT"),
        ("XF-22050东-2026-2-000123-9", "CASE_NUMBER_DISTRICT"),
        ("XF-220502-26-2-000123-9", "CASE_NUMBER_YEAR"),
        ("XF-220502-0026-2-000123-9", "CASE_NUMBER_YEAR"),
        ("XF-220502-2026-7-000123-9", "CASE_NUMBER_CHANNEL"),
        ("XF-220502-2026--000123-9", "CASE_NUMBER_CHANNEL"),
        ("XF-220502-2026-2-123-9", "CASE_NUMBER_SEQUENCE"),
        ("XF-220502-2026-2-00012X-9", "CASE_NUMBER_SEQUENCE"),
        ("XF-220502-2026-2-000000-9", "CASE_NUMBER_SEQUENCE"),
        ("XF-220502-2026-2-000123-", "CASE_NUMBER_CHECK_DIGIT"),
        ("XF-220502-2026-2-000123-9 ", "CASE_NUMBER_CHECK_DIGIT"),
        ("XF-220502-2026-2-000123-X", "CASE_NUMBER_CHECK_DIGIT"),
    ] {
        assert_eq!(parse(text).unwrap_err().reason(), reason, "{text:?}");
    }
}

#[test]
fn the_millionth_case_of_a_year_has_no_number() {
    let district = "220502".parse().unwrap();
    let number = |sequence| CaseNumber::new(district, 2026, ChannelDigit::Letter, sequence);
    assert_eq!(number(MAX_SEQUENCE).unwrap().sequence(), 999_999);
    assert_eq!(
        number(MAX_SEQUENCE + 1),
        Err(CaseNumberError::SequenceExhausted { year: 2026 })
    );
    assert_eq!(number(0), Err(CaseNumberError::SequenceZero));
}

#[test]
fn numbers_of_a_district_and_year_order_by_sequence_within_a_channel() {
    let district = "220502".parse().unwrap();
    let number = |sequence| CaseNumber::new(district, 2026, ChannelDigit::Letter, sequence).unwrap();
    assert!(number(9) < number(10));
}

#[test]
fn a_number_travels_as_text() {
    let number = parse("XF-220502-2026-2-000123-9").unwrap();
    let json = serde_json::to_string(&number).unwrap();
    assert_eq!(json, "\"XF-220502-2026-2-000123-9\"");
    assert_eq!(serde_json::from_str::<CaseNumber>(&json).unwrap(), number);
}

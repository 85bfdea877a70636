use super::*;

fn reasons(typed: &str, length: RangeInclusive<usize>) -> Vec<&'static str> {
    let mut fields = Fields::new();
    fields.text("title", typed, length);
    fields.violations.iter().map(|wrong| wrong.reason).collect()
}

#[test]
fn a_text_is_measured_in_characters_without_its_blanks() {
    assert_eq!(reasons("  ", 5..=8), ["REQUIRED"]);
    assert_eq!(reasons("  ", 0..=8), Vec::<&str>::new());
    assert_eq!(reasons(" 房屋漏水 ", 5..=8), ["TOO_SHORT"]);
    assert_eq!(reasons("房屋漏水，求修", 5..=8), Vec::<&str>::new());
    assert_eq!(reasons("房屋漏水，请求修缮", 5..=8), ["TOO_LONG"]);
}

#[test]
fn markup_and_what_nobody_sees_is_refused_in_every_text() {
    assert_eq!(reasons("面积<90平米", 1..=9), Vec::<&str>::new());
    assert_eq!(reasons("甲<b>乙丙", 1..=9), ["MARKUP"]);
    assert_eq!(reasons("甲\u{0}乙", 1..=9), ["CONTROL_CHARACTER"]);
    assert_eq!(reasons("甲\u{7}乙\n丙", 1..=9), ["CONTROL_CHARACTER"]);
    assert_eq!(reasons("甲\r\n\t乙", 1..=9), Vec::<&str>::new());
}

#[test]
fn names_of_nested_fields_carry_their_path_and_sentences_say_which_entry() {
    let mut fields = Fields::new();
    fields.within("submission.petitioners[1]", |fields| {
        fields.text("name", " ", 2..=10)
    });
    fields.text("requests[2]", "", 5..=10);
    fields.date("first_day", "2026-02-30");
    let wrong = fields.finish().unwrap_err();
    let said: Vec<_> = wrong
        .violations()
        .iter()
        .map(|violation| (violation.field.as_str(), violation.zh.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            ("submission.petitioners[1].name", "请填写第2个信访人的姓名/名称"),
            ("requests[2]", "请填写第3个诉求"),
            ("first_day", "开始日期须为存在的日期，格式如2026-03-04"),
        ]
    );
}

#[test]
fn a_year_nobody_reckons_with_is_no_date_and_no_instant() {
    let mut fields = Fields::new();
    for typed in [
        "-9999-01-01",
        "9999-12-31",
        "1899-12-31",
        "2200-01-01",
        "2026-2-3",
        "+2026-01-01",
    ] {
        assert_eq!(fields.date("day", typed), None, "{typed}");
    }
    // 10000-01-01 in Shanghai is still 9999 elsewhere.
    for seconds in [253_402_271_999, i64::MAX, i64::MIN, -62_135_596_800] {
        assert_eq!(fields.instant("at", Some((seconds, 0))), None, "{seconds}");
    }
    assert!(
        fields
            .violations
            .iter()
            .all(|wrong| wrong.reason.starts_with("NOT_A"))
    );
    assert!(fields.date("day", "1900-01-01").is_some() && fields.date("day", "2199-12-31").is_some());
}

#[test]
fn what_is_left_out_is_missing_not_malformed() {
    let mut fields = Fields::new();
    fields.uuid("case_id", "");
    fields.date("day", "");
    fields.choice::<u8>("branch", 0);
    fields.instant("started_at", None);
    fields.count("attendees", 0, 1..=5);
    assert!(
        fields.violations.iter().all(|wrong| wrong.reason == "REQUIRED"),
        "{fields:?}"
    );
    fields.choice::<u8>("branch", 300);
    assert_eq!(fields.violations.last().unwrap().reason, "UNKNOWN_VALUE");
}

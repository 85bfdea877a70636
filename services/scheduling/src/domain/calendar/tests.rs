use time::macros::date;

use super::*;

const TODAY: Date = date!(2026 - 11 - 20);

fn entry(date: Date, is_work: bool) -> Entry {
    Entry {
        date: Some(date),
        is_work: Some(is_work),
        name: "节日".to_owned(),
    }
}

/// What the regulation fixes, no more.
fn fixed() -> Vec<Entry> {
    [
        date!(2027 - 01 - 01),
        date!(2027 - 05 - 01),
        date!(2027 - 05 - 02),
        date!(2027 - 10 - 01),
        date!(2027 - 10 - 02),
        date!(2027 - 10 - 03),
    ]
    .map(|date| entry(date, false))
    .into()
}

fn wrongs(year: i32, entries: &[Entry]) -> Vec<(String, &'static str)> {
    let mut fields = Fields::new();
    check(&mut fields, year, TODAY, entries);
    let wrong = fields.violations().iter();
    wrong.map(|it| (it.field.clone(), it.reason)).collect()
}

#[test]
fn the_published_years_are_right_and_give_thirteen_days_or_eleven() {
    // Eleven until the regulation was changed for 2025.
    for (year, days) in [(2024, 11), (2025, 13), (2026, 13)] {
        let calendar = Calendar::national();
        let published = calendar.years().find(|it| it.year == year).unwrap();
        let entries: Vec<Entry> = published
            .days
            .iter()
            .map(|day| entry(day.date, day.is_work))
            .collect();
        assert_eq!(wrongs(year, &entries), []);
        assert_eq!(net_rest_days(published), days, "{year}");
    }
}

#[test]
fn every_wrong_row_is_named_at_once() {
    let mut entries = fixed();
    entries.extend([
        entry(date!(2026 - 12 - 31), false),
        entry(date!(2027 - 05 - 01), false),
        entry(date!(2027 - 01 - 04), true),
    ]);
    let expected = [
        ("calendar_days[6].date", "CALENDAR_OUTSIDE_ITS_YEAR"),
        ("calendar_days[7].date", "CALENDAR_DATE_TWICE"),
        ("calendar_days[8].kind", "MAKE_UP_ON_WEEKDAY"),
    ];
    assert_eq!(
        wrongs(2027, &entries),
        expected.map(|(field, it)| (field.to_owned(), it))
    );
}

#[test]
fn a_notice_without_the_national_day_was_not_typed_to_its_end() {
    let mut entries = fixed();
    // Friday is missing, Sunday rests without an entry, on Saturday people work.
    entries.truncate(3);
    entries.push(entry(date!(2027 - 10 - 02), true));
    let mut fields = Fields::new();
    check(&mut fields, 2027, TODAY, &entries);
    let wrong = &fields.violations()[0];
    assert_eq!(
        (wrong.field.as_str(), wrong.reason),
        ("calendar_days", "HOLIDAY_MISSING")
    );
    assert_eq!(wrong.zh, "缺少法定节假日：2027-10-01、2027-10-02");
}

#[test]
fn nobody_has_a_notice_for_the_year_after_next() {
    let year = |year| wrongs(year, &[]).into_iter().map(|it| it.1).collect::<Vec<_>>();
    assert_eq!(year(2027), [""; 0]);
    assert_eq!(
        (year(2028), year(2023)),
        (vec!["OUT_OF_RANGE"], vec!["OUT_OF_RANGE"])
    );
}

#[test]
fn a_notice_takes_the_place_of_the_provisional_year_and_names_the_version() {
    let before = Calendar::national();
    let notice = year_of(2027, "通知".to_owned(), fixed());
    assert!(!says_already(&before, &notice));
    assert_eq!(named_after(&before, &notice), 2027);
    let after = with_notice(&before, "2027.1", notice.clone()).unwrap();
    assert!(!after.is_provisional(date!(2027 - 06 - 01)) && after.is_working_day(date!(2027 - 02 - 05)));
    assert!(
        !after.is_working_day(date!(2026 - 10 - 01)),
        "the other years stay"
    );
    assert!(says_already(&after, &notice));
    let correction = year_of(2026, "更正".to_owned(), Vec::new());
    assert_eq!(named_after(&after, &correction), 2027);
}

#[test]
fn another_person_decides_and_approves_only_what_was_previewed() {
    use State::{Approved, Previewed, Proposed, Refused, Withdrawn};
    use Step::{Approve, Refuse, Withdraw};
    for (state, what, is_proposer, expected) in [
        (Proposed, Approve, false, Err(Denied::PreviewNotReady)),
        (Previewed, Approve, false, Ok(Approved)),
        (Previewed, Approve, true, Err(Denied::SamePerson)),
        (Proposed, Refuse, false, Ok(Refused)),
        (Previewed, Refuse, true, Err(Denied::SamePerson)),
        (Previewed, Withdraw, true, Ok(Withdrawn)),
        (Previewed, Withdraw, false, Err(Denied::AnotherPersons)),
        (Approved, Withdraw, true, Err(Denied::State(Approved))),
        (Refused, Approve, false, Err(Denied::State(Refused))),
        (Withdrawn, Approve, false, Err(Denied::State(Withdrawn))),
    ] {
        assert_eq!(
            step(state, what, is_proposer),
            expected,
            "{state:?} {what:?} {is_proposer}"
        );
    }
}

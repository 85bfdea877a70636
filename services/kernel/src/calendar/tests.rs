//! The national calendar day by day, and calendars built from entries.

use super::*;
use time::macros::date;

/// The working days of a year among those that differ from the plain week, as `MMDD`.
fn exceptions(year: i32, is_work: bool) -> Vec<String> {
    let calendar = Calendar::national();
    let mut days: Vec<Date> = calendar
        .years()
        .filter(|entries| entries.year == year)
        .flat_map(|entries| &entries.days)
        .filter(|day| day.is_work == is_work)
        .map(|day| day.date)
        .collect();
    days.sort();
    days.iter()
        .map(|day| format!("{:02}{:02}", u8::from(day.month()), day.day()))
        .collect()
}

#[test]
fn the_rest_days_of_2026_are_those_of_the_notice() {
    let rest = exceptions(2026, false).join(" ");
    assert_eq!(
        rest,
        "0101 0102 0103 0215 0216 0217 0218 0219 0220 0221 0222 0223 0404 0405 0406 \
         0501 0502 0503 0504 0505 0619 0620 0621 0925 0926 0927 1001 1002 1003 1004 1005 1006 1007"
    );
}

#[test]
fn the_make_up_days_of_each_year_are_those_of_the_notices_and_fall_on_weekends() {
    for (year, days) in [
        (2024, "0204 0218 0407 0428 0511 0914 0929 1012"),
        (2025, "0126 0208 0427 0928 1011"),
        (2026, "0104 0214 0228 0509 0920 1010"),
        (2027, ""),
    ] {
        assert_eq!(exceptions(year, true).join(" "), days, "{year}");
    }
    let calendar = Calendar::national();
    for day in calendar
        .years()
        .flat_map(|year| &year.days)
        .filter(|day| day.is_work)
    {
        assert_eq!(
            calendar.day(day.date).kind,
            DayKind::MakeUpWorkday,
            "{}",
            day.date
        );
    }
}

#[test]
fn the_provisional_year_holds_the_thirteen_days_of_the_regulation() {
    let calendar = Calendar::national();
    assert_eq!(exceptions(2027, false).len(), 13);
    assert!(calendar.is_provisional(date!(2027 - 03 - 01)));
    assert!(!calendar.is_provisional(date!(2026 - 12 - 31)));
    assert!(
        calendar.is_provisional(date!(2028 - 01 - 01)),
        "a year without data"
    );
    assert!(
        calendar.is_working_day(date!(2028 - 02 - 01)),
        "a year without data has weekends only"
    );
    assert!(!calendar.is_working_day(date!(2028 - 02 - 05)));
}

#[test]
fn each_kind_of_day_says_why() {
    let calendar = Calendar::national();
    for (date, kind, words) in [
        (date!(2026 - 03 - 03), DayKind::Workday, "工作日（星期二）"),
        (date!(2026 - 03 - 07), DayKind::Weekend, "休息日（星期六）"),
        (date!(2026 - 02 - 17), DayKind::Holiday, "春节放假（星期二）"),
        (date!(2026 - 02 - 15), DayKind::Holiday, "春节放假（星期日）"),
        (
            date!(2026 - 02 - 14),
            DayKind::MakeUpWorkday,
            "春节调休上班（星期六）",
        ),
        (
            date!(2027 - 02 - 08),
            DayKind::Holiday,
            "春节放假（星期一，暂定日历）",
        ),
    ] {
        let day = calendar.day(date);
        assert_eq!((day.kind, day.to_string().as_str()), (kind, words));
        assert_eq!(kind.is_work(), calendar.is_working_day(date));
    }
}

#[test]
fn neighbours_skip_rest_days_and_stop_at_make_up_days() {
    let calendar = Calendar::national();
    assert_eq!(
        calendar.next_working_day(date!(2026 - 02 - 13)),
        date!(2026 - 02 - 14)
    );
    assert_eq!(
        calendar.next_working_day(date!(2026 - 02 - 14)),
        date!(2026 - 02 - 24)
    );
    assert_eq!(
        calendar.previous_working_day(date!(2026 - 02 - 24)),
        date!(2026 - 02 - 14)
    );
    assert_eq!(
        calendar.working_day_from(date!(2026 - 05 - 05)),
        date!(2026 - 05 - 06)
    );
    assert_eq!(
        calendar.working_day_from(date!(2026 - 05 - 06)),
        date!(2026 - 05 - 06)
    );
    assert_eq!(
        calendar.working_day_until(date!(2026 - 05 - 05)),
        date!(2026 - 04 - 30)
    );
    assert_eq!(
        calendar.working_days_after(date!(2026 - 02 - 12), 5),
        date!(2026 - 02 - 26)
    );
    assert_eq!(
        calendar.working_days_before(date!(2026 - 02 - 26), 5),
        date!(2026 - 02 - 12)
    );
    assert_eq!(
        calendar.working_days_after(date!(2026 - 02 - 15), 0),
        date!(2026 - 02 - 15)
    );
}

#[test]
fn a_calendar_survives_its_serialised_form() {
    let calendar = Calendar::national();
    let json = serde_json::to_string(&calendar).unwrap();
    assert!(json.contains(r#"{"date":"2026-02-17","is_work":false,"name":"春节"}"#));
    assert_eq!(serde_json::from_str::<Calendar>(&json).unwrap(), calendar);
}

#[test]
fn inconsistent_entries_are_refused_by_name() {
    let day = |date, name: &str| CalendarDay {
        date,
        is_work: false,
        name: name.to_owned(),
    };
    let year = |year, days| CalendarYear {
        year,
        provisional: false,
        source: "测试".to_owned(),
        days,
    };
    let new_year = date!(2028 - 01 - 01);
    let build = |years: Vec<CalendarYear>| Calendar::new("2028.1", years).unwrap_err();
    assert_eq!(
        build(vec![year(2027, vec![day(new_year, "元旦")])]),
        CalendarError::OutsideItsYear {
            date: new_year,
            year: 2027
        }
    );
    assert_eq!(
        build(vec![year(
            2028,
            vec![day(new_year, "元旦"), day(new_year, "元旦")]
        )]),
        CalendarError::DateTwice { date: new_year }
    );
    assert_eq!(
        build(vec![year(2028, vec![]), year(2028, vec![])]),
        CalendarError::YearTwice { year: 2028 }
    );
    assert_eq!(
        build(vec![year(2028, vec![day(new_year, " ")])]),
        CalendarError::NameMissing { date: new_year }
    );
    assert_eq!(Calendar::new(" ", []), Err(CalendarError::VersionMissing));
}

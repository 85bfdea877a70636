//! Dates of deadlines: the computed vectors, the journeys across holidays, and the ledger line by line.

use super::*;
use crate::calendar::{CalendarDay, CalendarYear, DayKind};
use time::macros::{date, datetime};

fn dates(start: Date, term: Term) -> (Date, Date, Date) {
    let due = due(start, term, &Calendar::national());
    (due.raw, due.eff, due.safe)
}

#[test]
fn calendar_day_vectors() {
    for (start, count, raw, eff, safe) in [
        (
            date!(2026 - 03 - 03),
            15,
            date!(2026 - 03 - 18),
            date!(2026 - 03 - 18),
            date!(2026 - 03 - 18),
        ),
        (
            date!(2026 - 02 - 03),
            15,
            date!(2026 - 02 - 18),
            date!(2026 - 02 - 24),
            date!(2026 - 02 - 14),
        ),
        (
            date!(2025 - 12 - 19),
            60,
            date!(2026 - 02 - 17),
            date!(2026 - 02 - 24),
            date!(2026 - 02 - 14),
        ),
        (
            date!(2026 - 03 - 06),
            60,
            date!(2026 - 05 - 05),
            date!(2026 - 05 - 06),
            date!(2026 - 04 - 30),
        ),
        (
            date!(2026 - 03 - 10),
            60,
            date!(2026 - 05 - 09),
            date!(2026 - 05 - 09),
            date!(2026 - 05 - 09),
        ),
        (
            date!(2026 - 09 - 05),
            15,
            date!(2026 - 09 - 20),
            date!(2026 - 09 - 20),
            date!(2026 - 09 - 20),
        ),
        (
            date!(2026 - 09 - 01),
            30,
            date!(2026 - 10 - 01),
            date!(2026 - 10 - 08),
            date!(2026 - 09 - 30),
        ),
        (
            date!(2026 - 08 - 06),
            30,
            date!(2026 - 09 - 05),
            date!(2026 - 09 - 07),
            date!(2026 - 09 - 04),
        ),
    ] {
        assert_eq!(
            dates(start, Term::Days(count)),
            (raw, eff, safe),
            "{start} + {count} d"
        );
    }
}

#[test]
fn working_day_vectors() {
    for (start, count, end) in [
        (date!(2026 - 02 - 12), 5, date!(2026 - 02 - 26)),
        (date!(2026 - 02 - 10), 5, date!(2026 - 02 - 24)),
        (date!(2026 - 04 - 29), 5, date!(2026 - 05 - 09)),
        (date!(2026 - 09 - 28), 5, date!(2026 - 10 - 10)),
        (date!(2026 - 02 - 25), 10, date!(2026 - 03 - 10)),
        (date!(2026 - 09 - 23), 10, date!(2026 - 10 - 14)),
    ] {
        assert_eq!(
            dates(start, Term::WorkingDays(count)),
            (end, end, end),
            "{start} + {count} wd"
        );
    }
}

#[test]
fn the_happy_path_has_the_dates_of_the_law() {
    for (what, start, term, raw, eff, safe) in [
        (
            "K0",
            date!(2026 - 03 - 03),
            Term::WorkingDays(1),
            (3, 4),
            (3, 4),
            (3, 4),
        ),
        (
            "K1",
            date!(2026 - 03 - 03),
            Term::Days(15),
            (3, 18),
            (3, 18),
            (3, 18),
        ),
        (
            "K2",
            date!(2026 - 03 - 04),
            Term::Days(15),
            (3, 19),
            (3, 19),
            (3, 19),
        ),
        (
            "K3",
            date!(2026 - 03 - 04),
            Term::WorkingDays(5),
            (3, 11),
            (3, 11),
            (3, 11),
        ),
        (
            "K4",
            date!(2026 - 03 - 06),
            Term::Days(60),
            (5, 5),
            (5, 6),
            (4, 30),
        ),
        (
            "K6",
            date!(2026 - 04 - 21),
            Term::Days(30),
            (5, 21),
            (5, 21),
            (5, 21),
        ),
        (
            "K15",
            date!(2026 - 04 - 28),
            Term::WorkingDays(10),
            (5, 14),
            (5, 14),
            (5, 14),
        ),
    ] {
        let day =
            |(month, day): (u8, u8)| Date::from_calendar_date(2026, month.try_into().unwrap(), day).unwrap();
        assert_eq!(dates(start, term), (day(raw), day(eff), day(safe)), "{what}");
    }
}

#[test]
fn a_letter_before_spring_festival_is_red_in_the_holiday_and_overdue_after_it() {
    let calendar = Calendar::national();
    let due = due(date!(2026 - 02 - 03), Term::Days(15), &calendar);
    assert_eq!(due.red_from(), datetime!(2026-02-15 00:00 +8));
    assert_eq!(due.overdue_from(), datetime!(2026-02-25 00:00 +8));
    for (at, standing) in [
        (datetime!(2026-02-10 23:59 +8), Standing::Green),
        (datetime!(2026-02-11 00:00 +8), Standing::Amber),
        (datetime!(2026-02-14 23:59:59 +8), Standing::Amber),
        (datetime!(2026-02-15 00:00 +8), Standing::Red),
        (datetime!(2026-02-24 15:00 +8), Standing::Red),
        (datetime!(2026-02-24 15:59:59.999999 UTC), Standing::Red),
        (datetime!(2026-02-24 16:00 UTC), Standing::Overdue),
    ] {
        assert_eq!(due.standing(at, &calendar), standing, "{at}");
    }
}

#[test]
fn the_objection_period_counts_the_working_saturday_and_passes_over_the_festival() {
    let due = due(date!(2026 - 02 - 12), Term::WorkingDays(5), &Calendar::national());
    let counted: Vec<u8> = due
        .derivation
        .iter()
        .filter(|day| day.counted.is_some())
        .map(|day| day.date.day())
        .collect();
    assert_eq!(counted, [13, 14, 24, 25, 26]);
    assert_eq!(due.overdue_from(), datetime!(2026-02-27 00:00 +8));
}

#[test]
fn an_extension_is_added_to_the_raw_date() {
    let calendar = Calendar::national();
    let handling = due(date!(2025 - 12 - 19), Term::Days(60), &calendar);
    assert_eq!(
        handling.overdue_from(),
        datetime!(2026-02-25 00:00 +8),
        "a request on 02-24 is in time"
    );
    assert_eq!(handling.extended(10, &calendar).raw, date!(2026 - 02 - 27));

    let handling = due(date!(2026 - 03 - 06), Term::Days(60), &calendar);
    for (days, end) in [(20, date!(2026 - 05 - 25)), (30, date!(2026 - 06 - 04))] {
        let extended = handling.extended(days, &calendar);
        assert_eq!((extended.raw, extended.eff, extended.safe), (end, end, end));
        assert_eq!(
            extended.start,
            date!(2026 - 05 - 05),
            "the raw date, not the rolled 05-06"
        );
        assert_eq!(extended.derivation[0].role, DayRole::ExtensionStart);
    }
}

#[test]
fn the_simplified_procedure_counts_in_working_days() {
    let end = |start, count| dates(start, Term::WorkingDays(count)).0;
    assert_eq!(end(date!(2026 - 02 - 13), 3), date!(2026 - 02 - 25));
    assert_eq!(end(date!(2026 - 02 - 25), 10), date!(2026 - 03 - 10));
    assert_eq!(end(date!(2026 - 02 - 13), 1), date!(2026 - 02 - 14));
}

#[test]
fn the_ledger_shows_every_day_with_its_reason() {
    let due = due(date!(2026 - 04 - 29), Term::Days(3), &Calendar::national());
    let lines: Vec<(u8, DayRole, Option<u32>, DayKind, &str)> = due
        .derivation
        .iter()
        .map(|day| {
            (
                day.date.day(),
                day.role,
                day.counted,
                day.kind,
                day.reason.as_str(),
            )
        })
        .collect();
    let rolled = "劳动节放假（星期日）：期限最后一日遇休息日顺延，《民法典》第二百零三条";
    assert_eq!(
        lines[..5],
        [
            (
                29,
                DayRole::Start,
                None,
                DayKind::Workday,
                "工作日（星期三）：起算日不计入，《民法典》第二百零一条"
            ),
            (
                30,
                DayRole::Counted,
                Some(1),
                DayKind::Workday,
                "工作日（星期四）：第1日"
            ),
            (
                1,
                DayRole::Counted,
                Some(2),
                DayKind::Holiday,
                "劳动节放假（星期五）：第2日"
            ),
            (
                2,
                DayRole::Counted,
                Some(3),
                DayKind::Holiday,
                "劳动节放假（星期六）：第3日"
            ),
            (3, DayRole::Rolled, None, DayKind::Holiday, rolled),
        ]
    );
    let last = due.derivation.last().unwrap();
    assert_eq!((last.date, last.role), (date!(2026 - 05 - 06), DayRole::RolledTo));
    assert_eq!(
        last.reason,
        "工作日（星期三）：顺延后的最后一日，《民法典》第二百零三条"
    );
    assert_eq!(due.safe, date!(2026 - 04 - 30));
}

#[test]
fn rest_days_in_a_count_of_working_days_are_listed_and_not_numbered() {
    let due = due(date!(2026 - 03 - 06), Term::WorkingDays(1), &Calendar::national());
    let lines: Vec<_> = due.derivation.iter().map(|day| (day.role, day.counted)).collect();
    assert_eq!(
        lines,
        [
            (DayRole::Start, None),
            (DayRole::PassedOver, None),
            (DayRole::PassedOver, None),
            (DayRole::Counted, Some(1)),
        ]
    );
    assert_eq!(
        due.derivation[1].reason,
        "休息日（星期六）：工作日期间遇休息日不计入"
    );
}

#[test]
fn a_period_of_nothing_ends_on_the_working_day_at_hand() {
    assert_eq!(
        dates(date!(2026 - 03 - 03), Term::Days(0)).1,
        date!(2026 - 03 - 03)
    );
    assert_eq!(
        dates(date!(2026 - 02 - 17), Term::WorkingDays(0)).1,
        date!(2026 - 02 - 24)
    );
}

#[test]
fn amber_never_begins_before_the_period() {
    let calendar = Calendar::national();
    let due = due(date!(2026 - 03 - 03), Term::WorkingDays(1), &calendar);
    assert_eq!(due.amber_from(&calendar), datetime!(2026-03-03 00:00 +8));
}

#[test]
fn a_date_is_provisional_when_a_day_that_decided_it_is() {
    let calendar = Calendar::national();
    let provisional = |start, term| due(start, term, &calendar).provisional;
    assert!(
        !provisional(date!(2026 - 12 - 15), Term::Days(15)),
        "ends on 2026-12-30"
    );
    assert!(provisional(date!(2026 - 12 - 15), Term::Days(20)));
    assert!(provisional(date!(2026 - 12 - 31), Term::WorkingDays(1)));
    assert!(
        provisional(date!(2026 - 12 - 15), Term::Days(17)),
        "raw is New Year's day, safe still in 2026"
    );
    assert!(
        !provisional(date!(2023 - 12 - 20), Term::Days(20)),
        "only the end decides in calendar days"
    );
    assert!(
        provisional(date!(2023 - 12 - 20), Term::WorkingDays(20)),
        "every day decides in working days"
    );
}

#[test]
fn a_new_calendar_never_moves_a_told_date_earlier() {
    let provisional = Calendar::national();
    let before = due(date!(2027 - 01 - 20), Term::Days(17), &provisional);
    assert_eq!(
        (before.raw, before.eff),
        (date!(2027 - 02 - 06), date!(2027 - 02 - 09))
    );

    let make_up = CalendarDay {
        date: date!(2027 - 02 - 06),
        is_work: true,
        name: "春节".to_owned(),
    };
    let year = |days| CalendarYear {
        year: 2027,
        provisional: false,
        source: "测试".to_owned(),
        days,
    };
    let earlier = Calendar::new("2027.1", [year(vec![make_up])]).unwrap();
    assert_eq!(before.recomputed(&earlier, false).eff, date!(2027 - 02 - 06));
    let kept = before.recomputed(&earlier, true);
    assert_eq!(
        (kept.eff, kept.safe, kept.provisional),
        (before.eff, date!(2027 - 02 - 06), false)
    );
    assert_eq!(kept.calendar_version, "2027.1");
    let last: Vec<_> = kept.derivation.iter().rev().take(3).map(|day| day.role).collect();
    assert_eq!(last, [DayRole::Kept; 3]);

    let longer = (5..=12).map(|day| CalendarDay {
        date: Date::from_calendar_date(2027, time::Month::February, day).unwrap(),
        is_work: false,
        name: "春节".to_owned(),
    });
    let later = Calendar::new("2027.1", [year(longer.collect())]).unwrap();
    assert_eq!(
        before.recomputed(&later, true).eff,
        date!(2027 - 02 - 15),
        "later is allowed"
    );
}

#[test]
fn a_deadline_travels_with_its_ledger() {
    let due = due(date!(2026 - 02 - 12), Term::WorkingDays(1), &Calendar::national());
    let json = serde_json::to_string(&due).unwrap();
    assert!(json.starts_with(
        r#"{"start":"2026-02-12","term":"1wd","raw":"2026-02-13","eff":"2026-02-13","safe":"2026-02-13","provisional":false,"calendar_version":"2026.1","derivation":[{"date":"2026-02-12","role":"START","counted":null,"kind":"WORKDAY""#
    ));
    assert_eq!(serde_json::from_str::<Due>(&json).unwrap(), due);
}

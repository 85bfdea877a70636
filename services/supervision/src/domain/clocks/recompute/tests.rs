use proptest::prelude::*;
use time::{
    Date, Duration, OffsetDateTime, Time, UtcOffset,
    macros::{date, datetime},
};
use uuid::Uuid;
use xinqiao_kernel::{Calendar, CalendarDay, CalendarYear, ClockCode as K, RuleSet};

use super::*;
use crate::domain::{
    clocks::{Clocks, Happening, Law, Level},
    trigger::Trigger,
};

/// The built-in calendar with a notice for 2027: of each day whether people work on it.
fn notice(days: &[(Date, bool)]) -> Calendar {
    let named = |(date, is_work): &(Date, bool)| CalendarDay {
        date: *date,
        is_work: *is_work,
        name: "元旦".to_owned(),
    };
    let year = CalendarYear {
        year: 2027,
        provisional: false,
        source: "通知".to_owned(),
        days: days.iter().map(named).collect(),
    };
    let before = Calendar::national();
    let years = before.years().filter(|year| year.year != 2027).cloned();
    Calendar::new("2027.1", years.chain([year])).unwrap()
}

/// Clocks that an event starts, by the built-in calendar.
fn started(trigger: Trigger, at: OffsetDateTime) -> Vec<Clock> {
    let (rules, calendar) = (RuleSet::national(), Calendar::national());
    let law = Law {
        rules: &rules,
        calendar: &calendar,
    };
    let mut clocks = Clocks::default();
    clocks.apply(&Happening::now(trigger, at), true, law, &mut Uuid::nil);
    clocks.all
}

fn one(code: K, trigger: Trigger, at: OffsetDateTime) -> Clock {
    started(trigger, at)
        .into_iter()
        .find(|clock| clock.code == code)
        .unwrap()
}

/// Fifteen days from 18 December: Saturday 2 January, by the provisional calendar rolled to Monday.
fn k2() -> Clock {
    one(K::K2, Trigger::Assigned, datetime!(2026-12-18 10:00 +8))
}

const MONDAY_OFF: &[(Date, bool)] = &[
    (date!(2027 - 01 - 01), false),
    (date!(2027 - 01 - 02), false),
    (date!(2027 - 01 - 03), false),
    (date!(2027 - 01 - 04), false),
];
const SATURDAY_WORKED: &[(Date, bool)] = &[(date!(2027 - 01 - 01), false), (date!(2027 - 01 - 02), true)];
const DECEMBER: OffsetDateTime = datetime!(2026-12-20 09:00 +8);

#[test]
fn a_longer_holiday_moves_the_end_and_the_levels_and_makes_the_date_firm() {
    let clock = k2();
    assert_eq!(
        (clock.due.eff, clock.due.provisional),
        (date!(2027 - 01 - 04), true)
    );
    let new = recompute(&clock, false, &notice(MONDAY_OFF), DECEMBER).unwrap();
    assert_eq!((new.due.raw, new.due.safe), (clock.due.raw, clock.due.safe));
    assert_eq!((new.due.eff, new.due.provisional), (date!(2027 - 01 - 05), false));
    assert_eq!(new.rungs[2].due_at, datetime!(2027-01-06 00:00 +8));
    assert_eq!(new.rungs[..2], clock.rungs[..2]);
    assert!(new.moves(&clock) && new.changes(&clock) && !new.kept);
}

#[test]
fn an_end_that_was_told_is_never_brought_forward() {
    let clock = k2();
    let calendar = notice(SATURDAY_WORKED);
    let untold = recompute(&clock, false, &calendar, DECEMBER).unwrap();
    assert_eq!((untold.due.eff, untold.kept), (date!(2027 - 01 - 02), false));
    let told = recompute(&clock, true, &calendar, DECEMBER).unwrap();
    assert_eq!((told.due.eff, told.kept), (date!(2027 - 01 - 04), true));
    assert_eq!(
        told.due.safe,
        date!(2027 - 01 - 02),
        "what staff aim at does move"
    );
}

#[test]
fn what_is_over_stays_as_it_is_and_what_has_passed_is_not_passed_again() {
    let calendar = notice(MONDAY_OFF);
    let late = datetime!(2027-01-05 00:00 +8);
    assert_eq!(
        recompute(&k2(), false, &calendar, late),
        None,
        "overdue at that instant"
    );
    let mut stopped = k2();
    stopped.stop(super::super::ClockState::Met, "case.accepted", DECEMBER);
    assert_eq!(recompute(&stopped, false, &calendar, DECEMBER), None);
    let mut amber = k2();
    amber.rungs[0].fired_at = Some(amber.rungs[0].due_at);
    let new = recompute(&amber, false, &calendar, late - Duration::HOUR).unwrap();
    assert_eq!(
        new.rungs[..2],
        amber.rungs[..2],
        "amber was acted on, red was due"
    );
    assert_eq!(new.rungs[2].due_at, datetime!(2027-01-06 00:00 +8));
}

#[test]
fn nobody_is_late_by_a_calendar_that_came_afterwards() {
    let calendar = notice(SATURDAY_WORKED);
    let sunday = datetime!(2027-01-03 12:00 +8);
    let new = recompute(&k2(), false, &calendar, sunday).unwrap();
    assert_eq!(new.due.eff, date!(2027 - 01 - 02));
    assert_eq!(
        new.rungs[2].due_at, sunday,
        "overdue from the calendar on, not from the day before"
    );
}

#[test]
fn the_petitioner_knows_what_his_papers_say() {
    let told: Vec<K> = [K::K0, K::K1, K::K1b, K::K2, K::K4, K::K5, K::K6, K::K15]
        .into_iter()
        .filter(|code| is_told(*code, true))
        .collect();
    assert_eq!(told, [K::K1, K::K4, K::K5, K::K6]);
    assert!(!is_told(K::K4, false), "the notice of acceptance was not served");
}

#[test]
fn the_tally_counts_every_clock_once() {
    let (clock, firm) = (
        k2(),
        one(K::K3, Trigger::Assigned, datetime!(2027-03-01 10:00 +8)),
    );
    let calendar = notice(SATURDAY_WORKED);
    let mut tally = Tally::default();
    for (clock, told) in [(&clock, false), (&clock, true), (&firm, false)] {
        tally.add(clock, told, recompute(clock, told, &calendar, DECEMBER).as_ref());
    }
    tally.add(&clock, false, None);
    let expected = Tally {
        open: 4,
        moving: 2,
        told: 1,
        kept: 1,
        certainty: 1,
    };
    assert_eq!(tally, expected);
}

/// A notice that sets some days of the winter at random.
fn any_notice() -> impl Strategy<Value = Calendar> {
    proptest::collection::btree_map(0_i64..90, any::<bool>(), 0..25).prop_map(|days| {
        let days: Vec<_> = days
            .into_iter()
            .map(|(day, is_work)| (date!(2027 - 01 - 01) + Duration::days(day), is_work))
            .collect();
        notice(&days)
    })
}

proptest! {
    #[test]
    fn the_same_calendar_once_more_changes_nothing(
        calendar in any_notice(),
        day in 0_i64..100,
        since in 0_i64..100,
        told in any::<bool>(),
        trigger in prop::sample::select(vec![Trigger::Registered, Trigger::Assigned, Trigger::OpinionServed,
                                             Trigger::OpinionIssued, Trigger::Objected]),
    ) {
        let midnight = OffsetDateTime::new_in_offset(
            date!(2026 - 11 - 20), Time::MIDNIGHT, UtcOffset::from_hms(8, 0, 0).unwrap());
        let in_force_from = midnight + Duration::days(since) + Duration::hours(9);
        for mut clock in started(trigger, midnight + Duration::days(day)) {
            let before = clock.clone();
            let Some(first) = recompute(&clock, told, &calendar, in_force_from) else { continue };
            prop_assert!(!told || first.due.eff >= before.due.eff);
            for (old, new) in before.rungs.iter().zip(&first.rungs) {
                prop_assert!(new.due_at == old.due_at || new.due_at >= in_force_from);
            }
            prop_assert!(first.rungs.is_sorted_by_key(|rung| rung.due_at));
            (clock.due, clock.rungs) = (first.due, first.rungs.clone());
            for later in [in_force_from, in_force_from + Duration::days(3)] {
                if let Some(second) = recompute(&clock, told, &calendar, later) {
                    prop_assert!(!second.changes(&clock));
                    prop_assert_eq!(&second.rungs, &first.rungs);
                }
            }
            prop_assert_eq!(clock.rungs.last().map(|rung| rung.level).is_some_and(|it| it >= Level::Overdue), true);
        }
    }
}

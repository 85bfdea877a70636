//! Deadlines: three dates in order, on the right kind of day, with a ledger that adds up.

use super::cases;
use proptest::prelude::*;
use time::{Date, Duration, Weekday};
use xinqiao_kernel::calendar::DayKind;
use xinqiao_kernel::term::{Due, due};
use xinqiao_kernel::{Calendar, Term};

/// Days from before the first year with data to after the last.
fn start() -> impl Strategy<Value = Date> {
    (0..2_200_i64).prop_map(|offset| time::macros::date!(2023 - 01 - 01) + Duration::days(offset))
}

fn term() -> impl Strategy<Value = Term> {
    (any::<bool>(), 0..120_u16).prop_map(|(working, count)| {
        if working {
            Term::WorkingDays(count)
        } else {
            Term::Days(count)
        }
    })
}

fn longer(term: Term) -> Term {
    match term {
        Term::Days(count) => Term::Days(count + 1),
        Term::WorkingDays(count) => Term::WorkingDays(count + 1),
    }
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn safe_raw_and_eff_are_in_order_and_both_ends_are_working_days(start in start(), term in term()) {
        let calendar = Calendar::national();
        let due = due(start, term, &calendar);
        prop_assert!(due.safe <= due.raw && due.raw <= due.eff);
        prop_assert!(calendar.is_working_day(due.safe) && calendar.is_working_day(due.eff));
        prop_assert_eq!(due.raw == due.eff, due.raw == due.safe);
        if matches!(term, Term::WorkingDays(1..)) {
            prop_assert_eq!(due.raw, due.eff);
        }
    }

    #[test]
    fn a_later_event_or_a_longer_period_never_ends_earlier(start in start(), term in term()) {
        let calendar = Calendar::national();
        let ends = |due: &Due| [due.raw, due.eff, due.safe];
        let now = ends(&due(start, term, &calendar));
        let next_day = ends(&due(start + Duration::DAY, term, &calendar));
        let longer = ends(&due(start, longer(term), &calendar));
        for place in 0..3 {
            prop_assert!(now[place] <= next_day[place]);
            prop_assert!(now[place] <= longer[place]);
        }
        prop_assert!(now[0] < longer[0]);
    }

    #[test]
    fn the_ledger_is_every_day_from_the_event_to_the_effective_end(start in start(), term in term()) {
        let calendar = Calendar::national();
        let due = due(start, term, &calendar);
        let days: Vec<Date> = due.derivation.iter().map(|line| line.date).collect();
        prop_assert_eq!(days.first(), Some(&start));
        prop_assert_eq!(days.last(), Some(&due.eff));
        prop_assert!(days.windows(2).all(|pair| pair[0] + Duration::DAY == pair[1]));

        let counted: Vec<u32> = due.derivation.iter().filter_map(|line| line.counted).collect();
        prop_assert_eq!(counted, (1..=u32::from(term.count())).collect::<Vec<_>>());
        for line in &due.derivation {
            prop_assert_eq!(line.kind, calendar.day(line.date).kind);
            prop_assert!(!line.reason.is_empty());
            if matches!(term, Term::WorkingDays(_)) && line.counted.is_some() {
                prop_assert!(line.kind.is_work());
            }
        }
    }

    #[test]
    fn a_make_up_day_counts_and_a_holiday_on_a_weekday_does_not(start in start(), count in 1..60_u16) {
        let due = due(start, Term::WorkingDays(count), &Calendar::national());
        for line in &due.derivation[1..] {
            match line.kind {
                DayKind::MakeUpWorkday => {
                    prop_assert!(matches!(line.date.weekday(), Weekday::Saturday | Weekday::Sunday));
                    prop_assert!(line.counted.is_some());
                }
                DayKind::Holiday | DayKind::Weekend => prop_assert!(line.counted.is_none()),
                DayKind::Workday => prop_assert!(line.counted.is_some()),
            }
        }
    }

    #[test]
    fn amber_comes_before_red_and_red_before_overdue(start in start(), term in term()) {
        let calendar = Calendar::national();
        let due = due(start, term, &calendar);
        if due.safe >= due.start {
            prop_assert!(due.amber_from(&calendar) < due.red_from());
        }
        prop_assert!(due.red_from() <= due.overdue_from());
    }

    #[test]
    fn an_extension_runs_on_from_the_raw_end(start in start(), count in 1..90_u16, more in 1..=30_u16) {
        let calendar = Calendar::national();
        let extended = due(start, Term::Days(count), &calendar).extended(more, &calendar);
        prop_assert_eq!(extended.raw, due(start, Term::Days(count + more), &calendar).raw);
    }

    #[test]
    fn the_same_calendar_recomputes_to_the_same_deadline(start in start(), term in term(), told in any::<bool>()) {
        let calendar = Calendar::national();
        let due = due(start, term, &calendar);
        prop_assert_eq!(due.recomputed(&calendar, told), due);
    }
}

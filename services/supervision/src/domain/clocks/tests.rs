mod order;

use std::collections::BTreeMap;

use proptest::prelude::*;
use time::{
    Duration,
    macros::{date, datetime},
};
use xinqiao_kernel::{CaseState, ClockCode as K};

use super::*;
use crate::domain::{case::Case, trigger::Trigger as T};

/// A case with its clocks and the law of 2026.
struct Play {
    case: Case,
    clocks: Clocks,
    rules: RuleSet,
    calendar: Calendar,
    ids: u128,
}

impl Play {
    fn new() -> Self {
        let mut case = Case::registered(Uuid::nil(), "XF-220502-2026-2-000123-9".parse().unwrap());
        case.legal_route = Some("31-6".to_owned());
        Self {
            case,
            clocks: Clocks::default(),
            rules: RuleSet::national(),
            calendar: Calendar::national(),
            ids: 0,
        }
    }

    fn happen(&mut self, happening: &Happening) -> Vec<Change> {
        let Self {
            case,
            clocks,
            rules,
            calendar,
            ids,
        } = self;
        case.happen(happening.trigger);
        let mut new_id = || {
            *ids += 1;
            Uuid::from_u128(*ids)
        };
        clocks.apply(happening, case.is_handled(), Law { rules, calendar }, &mut new_id)
    }

    fn at(&mut self, trigger: T, at: OffsetDateTime) -> Vec<Change> {
        self.happen(&Happening::now(trigger, at))
    }

    fn fire(&mut self, now: OffsetDateTime) -> Vec<(K, Level)> {
        self.fire_until(now, now)
    }

    fn fire_until(&mut self, until: OffsetDateTime, now: OffsetDateTime) -> Vec<(K, Level)> {
        let mut fired = Vec::new();
        let Self {
            case,
            clocks,
            rules,
            calendar,
            ids,
        } = self;
        let mut new_id = || {
            *ids += 1;
            Uuid::from_u128(*ids)
        };
        loop {
            let law = Law { rules, calendar };
            let changes = clocks.fire_next(until, now, case.is_handled(), law, &mut new_id);
            if changes.is_empty() {
                return fired;
            }
            for change in changes {
                if let Change::Fired(index, level) = change {
                    fired.push((clocks.all[index].code, level));
                }
            }
        }
    }

    fn last(&self, code: K) -> &Clock {
        self.clocks
            .all
            .iter()
            .rev()
            .find(|clock| clock.code == code)
            .unwrap()
    }

    fn dates(&self, code: K) -> (Date, Date, Date) {
        let due = &self.last(code).due;
        (due.raw, due.eff, due.safe)
    }

    fn state(&self, code: K) -> ClockState {
        self.last(code).state
    }
}

fn same(date: Date) -> (Date, Date, Date) {
    (date, date, date)
}

/// AS-01 up to the assignment of 4 March.
fn assigned() -> Play {
    let mut play = Play::new();
    play.at(T::Registered, datetime!(2026-03-03 09:12 +8));
    play.at(T::ReceptionHeld, datetime!(2026-03-03 11:00 +8));
    play.at(T::ReceptionFinalised, datetime!(2026-03-04 09:00 +8));
    play.at(T::Released, datetime!(2026-03-04 10:00 +8));
    let assigned =
        Happening::now(T::Assigned, datetime!(2026-03-04 11:00 +8)).until(Some(date!(2026 - 04 - 30)));
    play.happen(&assigned);
    play
}

#[test]
fn a_matter_from_above_is_due_on_the_senders_date_only_when_that_is_earlier() {
    let registered = Happening::now(T::Registered, datetime!(2026-05-20 09:00 +8));
    for (sender_due, due) in [
        (Some(date!(2026 - 07 - 10)), date!(2026 - 06 - 04)),
        (None, date!(2026 - 06 - 04)),
        (Some(date!(2026 - 05 - 27)), date!(2026 - 05 - 27)),
        (Some(date!(2026 - 05 - 11)), date!(2026 - 05 - 20)),
    ] {
        let mut play = Play::new();
        play.happen(&registered.clone().until(sender_due));
        assert_eq!(play.dates(K::K1), same(due), "{sender_due:?}");
    }
}

#[test]
fn a_walk_in_runs_on_the_dates_the_law_gives_it() {
    let mut play = assigned();
    assert_eq!(play.dates(K::K0), same(date!(2026 - 03 - 04)));
    assert_eq!(play.dates(K::K1), same(date!(2026 - 03 - 18)));
    assert_eq!(play.dates(K::K2), same(date!(2026 - 03 - 19)));
    assert_eq!(play.dates(K::K3), same(date!(2026 - 03 - 11)));
    assert_eq!(
        (play.state(K::K0), play.state(K::K1)),
        (ClockState::Met, ClockState::Met)
    );

    play.at(T::Accepted, datetime!(2026-03-06 10:00 +8));
    assert_eq!(
        play.dates(K::K4),
        (
            date!(2026 - 05 - 05),
            date!(2026 - 05 - 06),
            date!(2026 - 04 - 30)
        )
    );
    assert_eq!(
        (play.state(K::K2), play.state(K::K3)),
        (ClockState::Met, ClockState::Met)
    );

    play.at(T::InvestigationStarted, datetime!(2026-03-09 10:00 +8));
    play.at(T::ReportSubmitted, datetime!(2026-04-10 10:00 +8));
    play.at(T::OpinionIssued, datetime!(2026-04-20 10:00 +8));
    assert_eq!(play.state(K::K4), ClockState::Met);
    play.at(T::OpinionServed, datetime!(2026-04-21 10:00 +8));
    assert_eq!(play.dates(K::K6).1, date!(2026 - 05 - 21));
    let execution = Happening::now(T::ExecutionStarted, datetime!(2026-04-21 15:00 +8));
    play.happen(&execution.until(Some(date!(2026 - 04 - 30))));
    play.at(T::ClosureReported, datetime!(2026-04-24 10:00 +8));
    assert_eq!(
        (play.state(K::K5a), play.state(K::K20)),
        (ClockState::Met, ClockState::Met)
    );
    play.at(T::CompletenessPassed, datetime!(2026-04-24 15:00 +8));
    play.at(T::OpinionRecorded, datetime!(2026-04-27 10:00 +8));
    play.at(T::Closed, datetime!(2026-04-28 15:00 +8));
    assert_eq!(play.dates(K::K15), same(date!(2026 - 05 - 14)));
    play.at(T::Archived, datetime!(2026-04-29 10:00 +8));
    let running: Vec<_> = play.clocks.running().map(|clock| clock.code).collect();
    assert_eq!(running, [K::K6], "only the petitioner's own thirty days go on");
}

#[test]
fn an_unused_review_window_ends_at_the_first_instant_after_its_last_day() {
    let mut play = assigned();
    play.at(T::OpinionServed, datetime!(2026-04-21 10:00 +8));
    play.fire(datetime!(2026-05-21 23:59:59 +8));
    assert_eq!(play.state(K::K6), ClockState::Running);
    play.fire(datetime!(2026-05-22 0:00 +8));
    assert_eq!(play.state(K::K6), ClockState::Expired);
    assert_eq!(effective_on(play.last(K::K6)), date!(2026 - 05 - 22));
}

#[test]
fn a_letter_before_spring_festival_is_red_from_the_fifteenth_and_overdue_after_the_twenty_fourth() {
    let mut play = Play::new();
    play.at(T::Registered, datetime!(2026-02-03 10:00 +8));
    assert_eq!(
        play.dates(K::K1),
        (
            date!(2026 - 02 - 18),
            date!(2026 - 02 - 24),
            date!(2026 - 02 - 14)
        )
    );
    assert_eq!(play.fire(datetime!(2026-02-14 23:59 +8)), [(K::K1, Level::Amber)]);
    assert_eq!(play.fire(datetime!(2026-02-15 0:00 +8)), [(K::K1, Level::Red)]);
    assert_eq!(play.fire(datetime!(2026-02-24 23:59 +8)), []);
    assert_eq!(
        play.fire(datetime!(2026-02-25 0:00 +8)),
        [(K::K1, Level::Overdue)]
    );
}

#[test]
fn an_assignment_before_spring_festival_may_be_objected_to_until_the_twenty_sixth() {
    let mut play = Play::new();
    play.at(T::Registered, datetime!(2026-02-10 10:00 +8));
    play.at(T::Assigned, datetime!(2026-02-12 10:00 +8));
    assert_eq!(play.dates(K::K3), same(date!(2026 - 02 - 26)));
    play.fire(datetime!(2026-02-26 23:59 +8));
    assert_eq!(play.state(K::K3), ClockState::Running);
    play.fire(datetime!(2026-02-27 0:00 +8));
    assert_eq!(play.state(K::K3), ClockState::Expired);
}

#[test]
fn downtime_passes_every_level_once_and_oldest_first() {
    let mut play = assigned();
    let late = datetime!(2026-04-01 8:00 +8);
    let fired = play.fire(late);
    assert_eq!(
        fired,
        [
            (K::K3, Level::End),
            (K::K2, Level::Amber),
            (K::K2, Level::Red),
            (K::K2, Level::Overdue),
        ]
    );
    assert_eq!(play.fire(late), []);
}

#[test]
fn a_notice_never_given_starts_the_handling_clock_at_the_end_of_k2() {
    let mut play = assigned();
    play.fire(datetime!(2026-03-20 0:00 +8));
    assert_eq!(play.last(K::K4).due.start, date!(2026 - 03 - 19));
    assert_eq!(play.last(K::K4).started_by, "clock.overdue");
    play.at(T::Accepted, datetime!(2026-03-25 10:00 +8));
    assert_eq!(
        play.last(K::K4).due.start,
        date!(2026 - 03 - 19),
        "a late notice gains no time"
    );
    assert_eq!(
        play.clocks.all.iter().filter(|clock| clock.code == K::K4).count(),
        1
    );
}

#[test]
fn only_route_31_6_has_sixty_days() {
    let mut play = assigned();
    play.case.legal_route = Some("NONE".to_owned());
    play.at(T::Accepted, datetime!(2026-03-06 10:00 +8));
    assert!(play.clocks.running_of(K::K4).is_none());
    assert!(play.clocks.running_of(K::K5a).is_some());
    play.at(T::OpinionServed, datetime!(2026-03-10 10:00 +8));
    assert!(
        play.clocks.running_of(K::K6).is_none(),
        "only an opinion under 31-6 can be reviewed"
    );
}

#[test]
fn an_extension_counts_from_the_raw_date() {
    let mut play = assigned();
    play.at(T::Accepted, datetime!(2026-03-06 10:00 +8));
    let mut extended = Happening::now(T::Extended, datetime!(2026-05-06 10:00 +8));
    extended.added_days = 20;
    play.happen(&extended);
    assert_eq!(play.state(K::K4), ClockState::Replaced);
    assert_eq!(play.dates(K::K5), same(date!(2026 - 05 - 25)));
}

#[test]
fn a_refused_objection_costs_the_petitioner_no_time_and_an_upheld_one_starts_k1b() {
    let mut play = assigned();
    let k2 = play.dates(K::K2);
    play.at(T::Objected, datetime!(2026-03-10 10:00 +8));
    play.at(T::ObjectionRefused, datetime!(2026-03-12 10:00 +8));
    assert_eq!((play.dates(K::K2), play.state(K::K2)), (k2, ClockState::Running));
    play.at(T::Objected, datetime!(2026-03-12 11:00 +8));
    play.at(T::ObjectionUpheld, datetime!(2026-03-12 12:00 +8));
    assert_eq!(play.state(K::K2), ClockState::Cancelled);
    assert_eq!(play.dates(K::K1b), same(date!(2026 - 03 - 17)));
    assert_eq!(play.state(K::K1), ClockState::Met, "K1 stays as first recorded");
    play.at(T::Assigned, datetime!(2026-03-13 10:00 +8));
    assert_eq!((play.last(K::K2).round, play.state(K::K1b)), (2, ClockState::Met));
}

#[test]
fn other_dates_of_the_publisher_are_noted_and_do_not_count() {
    let mut play = Play::new();
    let wrong = PublishedDue {
        code: K::K1,
        raw: date!(2026 - 03 - 18),
        eff: date!(2026 - 03 - 19),
        safe: date!(2026 - 03 - 18),
    };
    let registered = Happening::now(T::Registered, datetime!(2026-03-03 09:12 +8));
    play.happen(&registered.published(vec![wrong]));
    assert!(play.last(K::K1).differed);
    assert_eq!(play.dates(K::K1), same(date!(2026 - 03 - 18)));
}

#[test]
fn the_same_event_twice_changes_nothing_that_has_stopped() {
    let mut play = assigned();
    let before = play.clocks.all.clone();
    assert!(
        play.at(T::ReceptionFinalised, datetime!(2026-03-05 9:00 +8))
            .is_empty()
    );
    assert_eq!(play.clocks.all, before);
}

fn starts(effect: Effect) -> bool {
    matches!(
        effect,
        Effect::Start(_) | Effect::StartHandling | Effect::StartReview
    )
}

#[test]
fn every_row_starts_only_clocks_that_some_row_stops_or_that_end_by_themselves() {
    for row in table::TABLE {
        if starts(row.effect) && !is_right(row.clock) {
            let stopped = table::TABLE.iter().any(|other| {
                other.clock == row.clock
                    && matches!(other.effect, Effect::Met | Effect::Cancel | Effect::Replace)
            });
            assert!(stopped, "{} started by {:?} never stops", row.clock, row.on);
        }
        assert!(!row.source.is_empty());
    }
}

#[test]
fn stops_come_before_starts() {
    for trigger in T::ALL {
        let effects: Vec<_> = table::rows(trigger).map(|row| row.effect).collect();
        assert!(effects.is_sorted_by_key(|effect| starts(*effect)), "{trigger:?}");
    }
}

/// The transitions that may follow in a state, with the from-states of §4.3.
fn next(state: CaseState, served: bool) -> &'static [T] {
    match state {
        CaseState::Registered => &[
            T::Assigned,
            T::Diverted,
            T::Linked,
            T::NotAccepted,
            T::NoLongerAccepted,
            T::TransferredOut,
            T::ClosureReported,
            T::Voided,
        ],
        CaseState::Assigned => &[T::Objected, T::Accepted, T::Diverted, T::NotAccepted],
        CaseState::Objected => &[T::ObjectionUpheld, T::ObjectionRefused],
        CaseState::Accepted => &[T::InvestigationStarted, T::ClosureReported, T::OpinionIssued],
        CaseState::Investigating => &[T::ReportSubmitted, T::Extended],
        CaseState::Reported => &[T::ReportReturned, T::OpinionIssued, T::Extended],
        CaseState::OpinionIssued if !served => &[T::OpinionServed],
        CaseState::OpinionIssued => &[T::ExecutionStarted, T::ClosureReported],
        CaseState::Executing => &[T::ClosureReported],
        CaseState::ClosureReported => &[T::CompletenessPassed, T::Returned],
        CaseState::OpinionPending => &[T::OpinionRecorded],
        CaseState::LeaderReview => &[T::Closed, T::SentBack],
        CaseState::Rework => &[T::ReworkInvestigated, T::ReworkExecuted],
        CaseState::Closed => &[T::Archived],
        CaseState::Diverted
        | CaseState::NotAccepted
        | CaseState::NoLongerAccepted
        | CaseState::TransferredOut => &[T::FiledForReview, T::FiledForArchive],
        _ => &[],
    }
}

proptest! {
    /// Whatever way a case takes, and however late the timer is: an open case has a running clock, a code
    /// runs once at the most, a stopped clock stays as it is, and rungs fire once and in order.
    #[test]
    fn every_open_case_has_a_running_clock(
        steps in prop::collection::vec((any::<prop::sample::Index>(), 0_i64..40, any::<bool>()), 1..40)
    ) {
        let mut play = Play::new();
        let mut now = datetime!(2026-01-05 09:00 +8);
        play.at(T::Registered, now);
        let mut served = false;
        let mut levels: BTreeMap<Uuid, Level> = BTreeMap::new();
        let mut ended: BTreeMap<Uuid, Clock> = BTreeMap::new();
        for (pick, days, timer) in steps {
            now += Duration::days(days);
            if timer {
                play.fire(now);
            }
            let choices = next(play.case.state, served);
            if choices.is_empty() {
                break;
            }
            let trigger = choices[pick.index(choices.len())];
            served = match trigger {
                T::OpinionServed => true,
                T::OpinionIssued => false,
                _ => served,
            };
            let mut happening = Happening::now(trigger, now).until(Some(local_date(now) + Duration::days(30)));
            happening.added_days = 10;
            play.happen(&happening);
            let running = play.clocks.running().count();
            prop_assert!(!play.case.state.is_open() || running > 0, "{:?} after {trigger:?}", play.case.state);
            for clock in &play.clocks.all {
                let same = play.clocks.running().filter(|other| other.code == clock.code).count();
                prop_assert!(same <= 1, "{} runs {same} times", clock.code);
                if let Some(before) = ended.get(&clock.id) {
                    prop_assert_eq!(before, clock);
                }
                if !clock.is_running() {
                    ended.insert(clock.id, clock.clone());
                }
                let fired: Vec<_> = clock.rungs.iter().map(|rung| rung.fired_at.is_some()).collect();
                prop_assert!(fired.is_sorted_by_key(|fired| !fired), "{}: {fired:?}", clock.code);
                if let Some(level) = clock.rungs.iter().rev().find(|rung| rung.fired_at.is_some()) {
                    let before = levels.insert(clock.id, level.level);
                    prop_assert!(before.is_none_or(|before| before <= level.level));
                }
            }
        }
    }
}

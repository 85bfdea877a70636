use super::*;
use proptest::prelude::*;
use time::macros::date;

fn leader(number: u8) -> Uuid {
    Uuid::from_bytes([number; 16])
}

fn turn(number: u8) -> Turn {
    Turn {
        leader_id: leader(number),
        leave: Vec::new(),
    }
}

#[test]
fn the_year_2026_has_51_sessions() {
    let days = session_days(&Calendar::national(), 2026);
    assert_eq!(days.len(), 51);
    let regular = days
        .iter()
        .filter(|session| session.kind == Kind::Regular)
        .count();
    assert_eq!(regular, 49);
    let substitutes: Vec<_> = days
        .iter()
        .filter(|session| session.kind == Kind::Substitute)
        .collect();
    assert_eq!(
        substitutes.iter().map(|session| session.day).collect::<Vec<_>>(),
        [date!(2026 - 05 - 06), date!(2026 - 10 - 08)]
    );
    let dates: Vec<_> = days.iter().map(|session| session.day).collect();
    for none in [
        date!(2026 - 02 - 17),
        date!(2026 - 05 - 05),
        date!(2026 - 10 - 06),
        date!(2026 - 02 - 14),
        date!(2026 - 02 - 28),
        date!(2026 - 05 - 09),
        date!(2026 - 09 - 20),
        date!(2026 - 10 - 10),
    ] {
        assert!(!dates.contains(&none), "{none} is no reception day");
    }
    assert_eq!(
        dates.iter().filter(|day| **day == date!(2026 - 02 - 24)).count(),
        1
    );
    assert!(days.iter().all(|session| !session.provisional));
}

#[test]
fn a_make_up_sunday_is_no_substitute() {
    // 2024: Tuesday 02-13 rests, Sunday 02-18 is worked, the hall receives on Monday 02-19.
    let dates: Vec<_> = session_days(&Calendar::national(), 2024)
        .iter()
        .map(|session| session.day)
        .collect();
    assert!(dates.contains(&date!(2024 - 02 - 19)));
    assert!(!dates.contains(&date!(2024 - 02 - 18)));
}

#[test]
fn two_tuesdays_of_one_holiday_share_a_substitute() {
    // 2025: both 01-28 and 02-04 rest, work begins on Wednesday 02-05.
    let days = session_days(&Calendar::national(), 2025);
    assert_eq!(
        days.iter()
            .filter(|session| session.day == date!(2025 - 02 - 05))
            .count(),
        1
    );
}

#[test]
fn a_year_without_a_notice_is_provisional() {
    let days = session_days(&Calendar::national(), 2027);
    assert!(days.iter().all(|session| session.provisional));
}

#[test]
fn who_asks_for_a_holiday_is_told_the_next_days() {
    let next = next_session_days(&Calendar::national(), date!(2026 - 05 - 05), 2);
    assert_eq!(next, [date!(2026 - 05 - 06), date!(2026 - 05 - 12)]);
}

#[test]
fn leaders_take_turns_and_the_next_one_stands_in() {
    let days = session_days(&Calendar::national(), 2026);
    let plan = assign(&days, &[turn(1), turn(2), turn(3)], &[]).unwrap();
    let order: Vec<_> = plan.iter().take(4).map(|day| day.leader_id).collect();
    assert_eq!(order, [leader(1), leader(2), leader(3), leader(1)]);
    assert_eq!(plan[0].backup_leader_id, Some(leader(2)));
}

#[test]
fn whoever_is_away_takes_the_next_day() {
    let days = session_days(&Calendar::national(), 2026);
    let away = Turn {
        leader_id: leader(1),
        leave: vec![(date!(2026 - 01 - 05), date!(2026 - 01 - 09))],
    };
    let plan = assign(&days, &[away, turn(2), turn(3)], &[]).unwrap();
    let order: Vec<_> = plan.iter().take(4).map(|day| day.leader_id).collect();
    assert_eq!(order, [leader(2), leader(1), leader(3), leader(2)]);
}

#[test]
fn a_day_without_anybody_is_named() {
    let days = session_days(&Calendar::national(), 2026);
    assert_eq!(
        assign(&days, &[], &[]),
        Err(NoLeader {
            day: date!(2026 - 01 - 06)
        })
    );
    let alone = assign(&days, &[turn(1)], &[]).unwrap();
    assert!(alone.iter().all(|day| day.backup_leader_id.is_none()));
}

proptest! {
    #[test]
    fn any_year_has_one_session_for_each_tuesday_and_none_on_a_rest_day(year in 2024_i32..2060) {
        let calendar = Calendar::national();
        let days = session_days(&calendar, year);
        let mut dates: Vec<_> = days.iter().map(|session| session.day).collect();
        prop_assert!(dates.is_sorted());
        let count = dates.len();
        dates.dedup();
        prop_assert_eq!(dates.len(), count, "no day twice");
        for session in &days {
            prop_assert_eq!(session.day.year(), year);
            prop_assert!(calendar.is_working_day(session.day));
            prop_assert!(!matches!(session.day.weekday(), Weekday::Saturday | Weekday::Sunday));
            prop_assert_eq!(session.kind == Kind::Regular, session.day.weekday() == Weekday::Tuesday);
        }
        let first = Date::from_calendar_date(year, Month::January, 1).unwrap();
        let tuesdays = (0..366).map(|offset| first + Duration::days(offset))
            .filter(|day| day.year() == year && day.weekday() == Weekday::Tuesday);
        for tuesday in tuesdays {
            let replacement = first_weekday_of_work_after(&calendar, tuesday);
            let held = dates.contains(&tuesday) == calendar.is_working_day(tuesday);
            prop_assert!(held);
            if !calendar.is_working_day(tuesday) && replacement.year() == year {
                prop_assert!(dates.contains(&replacement));
            }
        }
    }

    #[test]
    fn turns_are_even_when_nobody_is_away(size in 1_u8..9) {
        let days = session_days(&Calendar::national(), 2026);
        let team: Vec<_> = (1..=size).map(turn).collect();
        let plan = assign(&days, &team, &[]).unwrap();
        let turns = |number| plan.iter().filter(|day| day.leader_id == leader(number)).count();
        let counts: Vec<_> = (1..=size).map(turns).collect();
        prop_assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1);
        for day in plan {
            prop_assert_ne!(Some(day.leader_id), day.backup_leader_id);
        }
    }

    #[test]
    fn no_plan_is_fairer_whoever_is_away(
        away in proptest::collection::vec(proptest::collection::vec(any::<bool>(), 6), 1..=3),
        held in proptest::collection::vec(1_u8..=3, 0..4),
    ) {
        let days: Vec<_> = session_days(&Calendar::national(), 2026).into_iter().take(6).collect();
        let team: Vec<Turn> = (1..).zip(&away).map(|(number, away)| Turn {
            leader_id: leader(number),
            leave: days.iter().zip(away).filter(|(_, away)| **away)
                .map(|(session, _)| (session.day, session.day)).collect(),
        }).collect();
        let held: Vec<Uuid> = held.into_iter().map(leader).collect();
        let fairest = fairest(&days, &team, &held);
        match assign(&days, &team, &held) {
            Err(NoLeader { day }) => {
                prop_assert!(team.iter().all(|turn| !turn.is_here(day)));
                prop_assert_eq!(fairest, None);
            }
            Ok(plan) => {
                for planned in &plan {
                    let turn = team.iter().find(|turn| turn.leader_id == planned.leader_id).unwrap();
                    prop_assert!(turn.is_here(planned.session.day));
                    prop_assert_ne!(Some(planned.leader_id), planned.backup_leader_id);
                }
                let leaders: Vec<Uuid> = plan.iter().map(|planned| planned.leader_id).collect();
                prop_assert_eq!(Some(unevenness(&leaders, &team, &held)), fairest);
            }
        }
    }
}

/// The sum of the squares of everybody's turns: the smaller, the fairer.
fn unevenness(leaders: &[Uuid], team: &[Turn], held: &[Uuid]) -> usize {
    let turns = |turn: &Turn| {
        let all = leaders.iter().chain(held);
        all.filter(|leader| **leader == turn.leader_id).count()
    };
    team.iter().map(|turn| turns(turn).pow(2)).sum()
}

/// The least unevenness of all plans there are, by trying each of them; nothing when there is none.
fn fairest(days: &[SessionDay], team: &[Turn], held: &[Uuid]) -> Option<usize> {
    let plans = team.len().pow(u32::try_from(days.len()).unwrap());
    let plan = |number: usize| {
        let mut rest = number;
        let mut leaders = Vec::new();
        for session in days {
            let turn = &team[rest % team.len()];
            rest /= team.len();
            leaders.push(turn.is_here(session.day).then_some(turn.leader_id)?);
        }
        Some(unevenness(&leaders, team, held))
    };
    (0..plans).filter_map(plan).min()
}

#[test]
fn turns_are_evened_out_over_those_who_are_here() {
    let days = session_days(&Calendar::national(), 2026);
    // Away until the end of June: what he missed he catches up with.
    let late = Turn {
        leader_id: leader(1),
        leave: vec![(date!(2026 - 01 - 01), date!(2026 - 06 - 30))],
    };
    let plan = assign(&days, &[late, turn(2), turn(3)], &[]).unwrap();
    let turns = |number| plan.iter().filter(|day| day.leader_id == leader(number)).count();
    assert_eq!([turns(1), turns(2), turns(3)], [17, 17, 17]);
}

#[test]
fn days_that_stand_already_count_as_turns() {
    let days: Vec<_> = session_days(&Calendar::national(), 2026)
        .into_iter()
        .take(2)
        .collect();
    let plan = assign(&days, &[turn(1), turn(2)], &[leader(1), leader(1)]).unwrap();
    assert!(plan.iter().all(|day| day.leader_id == leader(2)));
}

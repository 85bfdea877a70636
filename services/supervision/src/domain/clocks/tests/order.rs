//! Timer and event, whichever comes first: the clocks are those of what happened when.

use super::*;

/// What the clocks of a case say. Identifiers, rounds and the instants at which this process acted are left out, and so
/// is a clock that ended before it began: it never was.
fn said(play: &Play) -> Vec<String> {
    let never_was = |clock: &&Clock| clock.stopped_at.is_some_and(|stopped| stopped < clock.started_at);
    let mut said: Vec<_> = play
        .clocks
        .all
        .iter()
        .filter(|clock| !never_was(clock))
        .map(|clock| {
            let passed = clock.rungs.iter().filter(|rung| rung.fired_at.is_some());
            let passed: Vec<_> = passed.map(|rung| (rung.level, rung.due_at)).collect();
            format!(
                "{} {} {} {} {:?} by {} {} until {:?} {:?} passed {passed:?}",
                clock.code,
                clock.due.start,
                clock.due.raw,
                clock.due.eff,
                clock.state,
                clock.started_by,
                clock.started_at,
                clock.stopped_by,
                clock.stopped_at,
            )
        })
        .collect();
    said.sort();
    said
}

/// The event comes, as the service takes it: first what was due when it happened.
fn arrives(play: &mut Play, happening: &Happening, now: OffsetDateTime) -> Vec<Change> {
    play.fire_until(happening.at, now);
    play.happen(happening)
}

/// The same event in time, and behind a timer that has run until `late`: what both say in the end.
fn both_orders(play: impl Fn() -> Play, happening: &Happening, late: OffsetDateTime) -> (Play, Play) {
    let mut in_time = play();
    arrives(&mut in_time, happening, happening.at);
    in_time.fire(late);
    let mut behind = play();
    behind.fire(late);
    arrives(&mut behind, happening, late);
    behind.fire(late);
    assert_eq!(said(&in_time), said(&behind), "{:?}", happening.trigger);
    (in_time, behind)
}

#[test]
fn an_acceptance_after_the_end_of_k2_gains_no_time_in_either_order() {
    let accepted = Happening::now(T::Accepted, datetime!(2026-03-25 10:00 +8));
    let mut without_timer = assigned();
    without_timer.happen(&accepted);
    assert_eq!(
        without_timer.last(K::K4).due.start,
        date!(2026 - 03 - 19),
        "the end of K2, whether or not the timer has run"
    );
    let (in_time, _) = both_orders(assigned, &accepted, datetime!(2026-04-02 8:00 +8));
    let k2 = in_time.last(K::K2);
    assert!(k2.rungs.iter().all(|rung| rung.fired_at.is_some()), "{k2:?}");
    assert_eq!(in_time.last(K::K4).due.start, date!(2026 - 03 - 19));
}

#[test]
fn what_was_done_in_time_is_not_late_because_it_was_told_late() {
    let late = datetime!(2026-06-20 8:00 +8);
    let accepted = Happening::now(T::Accepted, datetime!(2026-03-06 10:00 +8));
    let (_, mut behind) = both_orders(assigned, &accepted, late);
    let k2 = behind.last(K::K2);
    assert_eq!(k2.state, ClockState::Met);
    assert!(k2.rungs.iter().all(|rung| rung.fired_at.is_none()), "{k2:?}");
    assert_eq!(behind.last(K::K3).state, ClockState::Met, "the right was used up");
    assert_eq!(behind.last(K::K4).due.start, date!(2026 - 03 - 06));
    let handling: Vec<_> = behind
        .clocks
        .all
        .iter()
        .filter(|clock| clock.code == K::K4)
        .collect();
    let states: Vec<_> = handling.iter().map(|clock| clock.state).collect();
    assert_eq!(states, [ClockState::Cancelled, ClockState::Running]);
    assert!(handling[0].rungs.iter().all(|rung| rung.fired_at.is_none()));

    behind.at(T::OpinionIssued, datetime!(2026-04-20 10:00 +8));
    assert!(
        behind
            .last(K::K4)
            .rungs
            .iter()
            .all(|rung| rung.fired_at.is_none())
    );
}

#[test]
fn what_is_taken_back_is_told_level_by_level_before_the_stop() {
    let mut play = assigned();
    play.fire(datetime!(2026-03-20 8:00 +8));
    let accepted = Happening::now(T::Accepted, datetime!(2026-03-17 10:00 +8));
    let changes = play.happen(&accepted);
    let told: Vec<_> = changes
        .iter()
        .map(|change| match *change {
            Change::Withdrawn(index, level) => {
                format!("{} not {}", play.clocks.all[index].code, level.code())
            }
            Change::Stopped(index) => format!("{} stops", play.clocks.all[index].code),
            Change::Started(index) => format!("{} starts", play.clocks.all[index].code),
            Change::Fired(index, _) => format!("{} fires", play.clocks.all[index].code),
        })
        .collect();
    assert_eq!(
        told,
        [
            "K2 not red",
            "K2 not overdue",
            "K2 stops",
            "K4 stops",
            "K4 starts"
        ],
        "amber it was, from the 16th on; K3 had ended on the 11th"
    );
}

#[test]
fn a_late_act_is_late_although_it_arrives_before_the_timer() {
    let late = Happening::now(T::ReceptionFinalised, datetime!(2026-03-09 9:00 +8));
    let play = || {
        let mut play = Play::new();
        play.at(T::Registered, datetime!(2026-03-03 09:12 +8));
        play.at(T::ReceptionHeld, datetime!(2026-03-03 11:00 +8));
        play
    };
    let mut first = play();
    arrives(&mut first, &late, late.at);
    assert_eq!(
        first.last(K::K0).rungs.last().unwrap().fired_at.map(local_date),
        Some(date!(2026 - 03 - 09))
    );
    both_orders(play, &late, datetime!(2026-03-10 9:00 +8));
}

#[test]
fn an_objection_in_time_counts_although_the_right_had_ended_when_it_arrived() {
    let objected = Happening::now(T::Objected, datetime!(2026-03-11 23:59 +8));
    let (_, behind) = both_orders(assigned, &objected, datetime!(2026-03-13 8:00 +8));
    assert_eq!(
        (behind.state(K::K3), behind.state(K::K22)),
        (ClockState::Met, ClockState::Running)
    );
}

#[test]
fn a_handling_clock_of_a_lapsed_notice_ends_with_the_duty_of_the_unit() {
    for trigger in [T::Diverted, T::NotAccepted, T::ObjectionUpheld] {
        let happening = Happening::now(trigger, datetime!(2026-03-24 10:00 +8));
        let (play, _) = both_orders(assigned, &happening, datetime!(2026-06-20 8:00 +8));
        assert_eq!(play.state(K::K4), ClockState::Cancelled, "{trigger:?}");
        let in_time = Happening::now(trigger, datetime!(2026-03-10 10:00 +8));
        let (play, _) = both_orders(assigned, &in_time, datetime!(2026-06-20 8:00 +8));
        assert!(play.clocks.all.iter().all(|clock| clock.code != K::K4));
    }
}

#[test]
fn after_an_upheld_objection_the_next_unit_has_its_own_sixty_days() {
    let mut play = assigned();
    play.fire(datetime!(2026-03-23 8:00 +8));
    play.at(T::ObjectionUpheld, datetime!(2026-03-24 10:00 +8));
    play.at(T::Assigned, datetime!(2026-03-25 10:00 +8));
    play.at(T::Accepted, datetime!(2026-03-27 10:00 +8));
    assert_eq!(
        (play.last(K::K4).due.start, play.state(K::K4)),
        (date!(2026 - 03 - 27), ClockState::Running)
    );
}

#[test]
fn each_record_of_a_reception_has_its_own_k0() {
    let (first, second) = (Some(Uuid::from_u128(1)), Some(Uuid::from_u128(2)));
    let mut play = Play::new();
    play.at(T::Registered, datetime!(2026-03-03 09:12 +8));
    let held = |at, reception| Happening::now(T::ReceptionHeld, at).at_reception(reception);
    play.happen(&held(datetime!(2026-03-03 11:00 +8), first));
    play.happen(&held(datetime!(2026-03-10 11:00 +8), second));
    let running: Vec<_> = play
        .clocks
        .running()
        .filter(|clock| clock.code == K::K0)
        .map(|clock| (clock.reception_id, clock.due.eff))
        .collect();
    assert_eq!(
        running,
        [(first, date!(2026 - 03 - 04)), (second, date!(2026 - 03 - 11))]
    );
    let finalised = Happening::now(T::ReceptionFinalised, datetime!(2026-03-11 9:00 +8));
    play.happen(&finalised.at_reception(second));
    let left: Vec<_> = play
        .clocks
        .running()
        .filter(|clock| clock.code == K::K0)
        .map(|clock| clock.reception_id)
        .collect();
    assert_eq!(left, [first], "its record is still owed");
}

proptest! {
    /// Whatever way a case takes, however late each event arrives and whenever the timer runs meanwhile: in the end
    /// the clocks say what they say when every event comes at once and the timer is punctual.
    #[test]
    fn clocks_do_not_depend_on_the_order_of_arrival(
        handled in any::<bool>(),
        steps in prop::collection::vec(
            (any::<prop::sample::Index>(), 0_i64..900, 0_i64..2_400, any::<bool>()),
            1..30,
        )
    ) {
        let route = if handled { "31-6" } else { "NONE" };
        let (mut punctual, mut late) = (Play::new(), Play::new());
        punctual.case.legal_route = Some(route.to_owned());
        late.case.legal_route = Some(route.to_owned());
        let mut at = datetime!(2026-01-05 09:00 +8);
        let mut arrival = at;
        punctual.at(T::Registered, at);
        late.at(T::Registered, at);
        let mut served = false;
        for (pick, hours, delay, timer) in steps {
            at += Duration::hours(hours);
            arrival = arrival.max(at + Duration::hours(delay));
            let choices = next(punctual.case.state, served);
            if choices.is_empty() {
                break;
            }
            let trigger = choices[pick.index(choices.len())];
            served = match trigger {
                T::OpinionServed => true,
                T::OpinionIssued => false,
                _ => served,
            };
            let mut happening = Happening::now(trigger, at).until(Some(local_date(at) + Duration::days(30)));
            happening.added_days = 10;
            arrives(&mut punctual, &happening, at);
            if timer {
                late.fire(arrival);
            }
            arrives(&mut late, &happening, arrival);
        }
        punctual.fire(arrival);
        late.fire(arrival);
        prop_assert_eq!(said(&punctual), said(&late));
    }
}

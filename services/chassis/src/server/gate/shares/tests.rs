//! The share arithmetic on chosen and on random orders of events.

use proptest::prelude::*;

use super::*;

const LONGEST: Duration = Duration::from_secs(30);

/// The first are those without a token.
fn district(number: usize) -> Tenant {
    let code = number.checked_sub(1)?;
    Some(format!("2205{code:02}").parse().unwrap())
}

fn shares(places: usize, waiting_max: usize) -> Shares<usize> {
    Shares::new(places, waiting_max, LONGEST)
}

fn held(shares: &Shares<usize>, number: usize) -> usize {
    shares.tenants.get(&district(number)).map_or(0, |seat| seat.held)
}

fn waiting(shares: &Shares<usize>, number: usize) -> usize {
    shares
        .tenants
        .get(&district(number))
        .map_or(0, |seat| seat.waiting.len())
}

#[test]
fn a_district_alone_has_all_places() {
    let mut shares = shares(8, 8);
    for _ in 0..8 {
        assert!(shares.take(district(0)));
    }
    assert!(!shares.take(district(0)));
}

#[test]
fn a_flood_of_twenty_times_the_share_gives_its_next_places_to_who_comes() {
    let (mut shares, now) = (shares(8, 80), Instant::now());
    while shares.take(district(0)) {}
    while shares.wait(district(0), 0, now).is_ok() {}
    for _ in 0..10 {
        shares.wait(district(1), 1, now).unwrap();
    }
    for _ in 0..4 {
        assert_eq!(shares.give_back(district(0), now), Some((district(1), 1)));
    }
    assert_eq!((held(&shares, 0), held(&shares, 1)), (4, 4));
    // At equal shares each keeps what it has: a place goes round within its district.
    assert_eq!(shares.give_back(district(0), now), Some((district(0), 0)));
    assert_eq!(shares.give_back(district(1), now), Some((district(1), 1)));
}

#[test]
fn more_districts_than_places_take_turns() {
    let (mut shares, now) = (shares(1, 8), Instant::now());
    assert!(shares.take(district(0)));
    for _ in 0..3 {
        for number in 0..3 {
            shares.wait(district(number), number, now).unwrap();
        }
    }
    let mut holder = district(0);
    let mut order = Vec::new();
    while let Some((next, number)) = shares.give_back(holder, now) {
        holder = next;
        order.push(number);
    }
    assert_eq!(order, [1, 2, 0, 1, 2, 0, 1, 2, 0]);
}

#[test]
fn who_has_left_gets_no_place() {
    let (mut shares, now) = (shares(1, 8), Instant::now());
    assert!(shares.take(district(0)));
    let ticket = shares.wait(district(1), 7, now).unwrap();
    shares.wait(district(1), 8, now).unwrap();
    shares.leave(district(1), ticket);
    assert_eq!(shares.give_back(district(0), now), Some((district(1), 8)));
}

#[test]
fn the_hint_follows_the_pace_of_the_own_queue() {
    let (mut shares, begun) = (shares(1, 3), Instant::now());
    let second = Duration::from_secs(1);
    assert!(shares.take(district(0)));
    for _ in 0..3 {
        shares.wait(district(0), 0, begun).unwrap();
    }
    // Nothing has been seen to go on: only the limit of a call is known.
    assert_eq!(shares.wait(district(0), 0, begun), Err(LONGEST));
    shares.give_back(district(0), begun + second).unwrap();
    shares.wait(district(0), 0, begun + second).unwrap();
    assert_eq!(shares.wait(district(0), 0, begun + second), Err(4 * second));
    let stands = begun + 3 * second;
    assert_eq!(shares.wait(district(0), 0, stands), Err(8 * second));
    assert_eq!(shares.hint(district(0), begun + 100 * second), LONGEST);
}

/// What may happen: somebody of a district comes, gives a place back, or no longer waits.
#[derive(Debug, Clone, Copy)]
enum Event {
    Comes(usize),
    GivesBack(usize),
    Leaves(usize),
}

fn event() -> impl Strategy<Value = Event> {
    // One district floods.
    let number = prop_oneof![4 => Just(0_usize), 3 => 1..4_usize];
    (0..8, number).prop_map(|(what, number)| match what {
        0..4 => Event::Comes(number),
        4..7 => Event::GivesBack(number),
        _ => Event::Leaves(number),
    })
}

proptest! {
    #[test]
    fn no_place_is_idle_lost_or_given_past_a_district_that_has_fewer(
        places in 1..12_usize,
        events in proptest::collection::vec(event(), 1..300),
    ) {
        let (mut shares, now) = (shares(places, 40), Instant::now());
        let mut tickets: Vec<Vec<Ticket>> = vec![Vec::new(); 4];
        for event in events {
            match event {
                Event::Comes(number) => {
                    let free = shares.held < places;
                    prop_assert_eq!(shares.take(district(number)), free);
                    if !free && let Ok(ticket) = shares.wait(district(number), number, now) {
                        tickets[number].push(ticket);
                    }
                }
                Event::GivesBack(number) if held(&shares, number) > 0 => {
                    let before: Vec<_> = (0..4)
                        .map(|other| (held(&shares, other) - usize::from(other == number), waiting(&shares, other)))
                        .collect();
                    let fewest = before.iter().filter(|(_, waiting)| *waiting > 0).map(|(held, _)| *held).min();
                    let given = shares.give_back(district(number), now);
                    prop_assert_eq!(given.map(|(_, to)| before[to].0), fewest);
                    if let Some((_, to)) = given {
                        prop_assert_eq!(waiting(&shares, to), before[to].1 - 1);
                    }
                }
                Event::Leaves(number) => {
                    if let Some(ticket) = tickets[number].pop() {
                        shares.leave(district(number), ticket);
                    }
                }
                Event::GivesBack(_) => {}
            }
            let all: usize = (0..4).map(|number| held(&shares, number)).sum();
            prop_assert!(all == shares.held && all <= places);
            prop_assert!(all == places || (0..4).all(|number| waiting(&shares, number) == 0));
        }
    }

    #[test]
    fn whoever_wants_more_than_his_share_ends_at_equal_shares_and_the_others_have_what_they_want(
        places in 4..40_usize,
        modest in 0..10_usize,
        calls in proptest::collection::vec(0..3_usize, 300),
    ) {
        // Districts 0 and 1 flood, district 2 never has more than `modest` calls; each call that ends is followed
        // by another of its district. At last only calls of the flood end: district 2 is not between two calls.
        let (mut shares, now) = (shares(places, 200), Instant::now());
        while shares.take(district(0)) {}
        for (number, wanted) in [(0, 100), (1, 100), (2, modest)] {
            for _ in 0..wanted {
                shares.wait(district(number), number, now).unwrap();
            }
        }
        for number in calls.into_iter().chain((0..places * 6).map(|turn| turn % 2)) {
            if held(&shares, number) > 0 {
                shares.give_back(district(number), now);
                shares.wait(district(number), number, now).unwrap();
            }
        }
        let got = [held(&shares, 0), held(&shares, 1), held(&shares, 2)];
        let share = places / 3;
        prop_assert!(got[2] >= share.min(modest), "{got:?}");
        prop_assert!(got[0].abs_diff(got[1]) <= 1, "{got:?}");
        prop_assert_eq!(got.iter().sum::<usize>(), places);
    }
}

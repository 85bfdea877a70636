//! Evening out a plan: as fair as leave allows.
//!
//! A plan gives each day to one leader who is here. It is as fair as it can be when no chain of days, each handed to the
//! next leader, takes a turn from one leader and gives it to another who has at least two fewer: a semi-matching without
//! such a chain has the smallest sum of squares there is (Harvey et al., Semi-matchings for bipartite graphs, 2003).

use std::collections::VecDeque;

/// Leaders by their place in the team.
pub(super) type Place = usize;

/// Hands days on until no chain makes it fairer. `free[day][leader]` says who is here; `turns` counts those a leader has
/// beside the plan, too.
pub(super) fn even_out(plan: &mut [Place], free: &[Vec<bool>], turns: &mut [usize]) {
    while let Some(chain) = chain(plan, free, turns) {
        for (day, to) in chain {
            turns[plan[day]] -= 1;
            turns[to] += 1;
            plan[day] = to;
        }
    }
}

/// Days and to whom each is handed, so that in the end one leader has a turn less and another, who had at least two
/// fewer, one more.
fn chain(plan: &[Place], free: &[Vec<bool>], turns: &[usize]) -> Option<Vec<(usize, Place)>> {
    let mut givers: Vec<Place> = (0..turns.len()).collect();
    givers.sort_by_key(|leader| std::cmp::Reverse(turns[*leader]));
    givers
        .into_iter()
        .find_map(|giver| chain_from(giver, plan, free, turns))
}

fn chain_from(
    giver: Place,
    plan: &[Place],
    free: &[Vec<bool>],
    turns: &[usize],
) -> Option<Vec<(usize, Place)>> {
    // By which day of which leader each leader is reached.
    let mut reached: Vec<Option<(usize, Place)>> = vec![None; turns.len()];
    let mut open = VecDeque::from([giver]);
    while let Some(leader) = open.pop_front() {
        if turns[leader] + 2 <= turns[giver] {
            return Some(way_to(leader, &reached));
        }
        for (day, _) in plan.iter().enumerate().filter(|(_, who)| **who == leader) {
            for next in 0..turns.len() {
                if free[day][next] && next != giver && reached[next].is_none() {
                    reached[next] = Some((day, leader));
                    open.push_back(next);
                }
            }
        }
    }
    None
}

/// From the leader who takes back to the one who gives, whom nobody reaches.
fn way_to(taker: Place, reached: &[Option<(usize, Place)>]) -> Vec<(usize, Place)> {
    let mut way = Vec::new();
    let mut to = taker;
    while let Some((day, from)) = reached[to] {
        way.push((day, to));
        to = from;
    }
    way
}

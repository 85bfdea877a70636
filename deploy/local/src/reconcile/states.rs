//! States: who holds the case tells them, everybody else follows.

use std::collections::BTreeMap;

use xinqiao_chassis::digest::Line;
use xinqiao_kernel::CaseState;

use super::{Difference, Kind, difference};

/// States are told as `C31` or `C31/R1`. Every service that follows cases must tell what the owner tells.
pub(super) fn compare(told: &BTreeMap<&str, &Line>, differences: &mut Vec<Difference>) {
    let states: BTreeMap<&str, (&str, Option<&str>)> = told
        .iter()
        .filter_map(|(service, line)| Some((*service, parts(line.state.as_deref()?)?)))
        .collect();
    let Some(registered) = told.get("intake").filter(|line| line.entity_kind == "case") else {
        return;
    };
    for follower in ["supervision", "archive"] {
        let follows = told.get(follower).is_some_and(|line| line.state.is_some());
        if registered.journal.count > 0 && !follows {
            differences.push(difference(
                registered,
                follower,
                Kind::UnknownCase,
                "no record of the case",
            ));
        }
    }
    let Some((owner, state)) = reference(&states) else {
        return;
    };
    let remedy = states.get("supervision").and_then(|(_, remedy)| *remedy);
    for (service, (other, other_remedy)) in ["intake", "supervision", "archive"]
        .into_iter()
        .filter_map(|service| states.get(service).map(|told| (service, told)))
    {
        if *other != state {
            let detail = format!("{other}, but {owner} says {state}");
            differences.push(difference(registered, service, Kind::StateDiffers, &detail));
        } else if let (Some(other), Some(remedy)) = (other_remedy, remedy)
            && *other != remedy
        {
            let detail = format!("{other}, but supervision says {remedy}");
            differences.push(difference(registered, service, Kind::StateDiffers, &detail));
        }
    }
}

/// What the owner of the state tells. When nobody tells a state of his own, what most of them tell: one that was
/// changed behind its service's back is then found by the others.
fn reference<'t>(states: &BTreeMap<&'t str, (&'t str, Option<&'t str>)>) -> Option<(&'t str, &'t str)> {
    if let Some((owner, (state, _))) = states.iter().find(|(service, (state, _))| owns(service, state)) {
        return Some((owner, state));
    }
    let votes = |wanted: &str| states.values().filter(|(state, _)| *state == wanted).count();
    states
        .values()
        .map(|(state, _)| *state)
        .max_by_key(|state| votes(state))
        .map(|state| ("most", state))
}

/// True when the service's own acts hold the case in that state.
fn owns(service: &str, state: &str) -> bool {
    state
        .parse::<CaseState>()
        .is_ok_and(|state| state.holder().service() == service)
}

fn parts(state: &str) -> Option<(&str, Option<&str>)> {
    let (state, remedy) = match state.split_once('/') {
        Some((state, remedy)) => (state, Some(remedy)),
        None => (state, None),
    };
    state.parse::<CaseState>().is_ok().then_some((state, remedy))
}

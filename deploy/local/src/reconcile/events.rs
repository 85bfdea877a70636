//! Events: what each service published, and what every other one has of it.

use std::collections::{BTreeMap, BTreeSet};

use xinqiao_chassis::digest::{Chain, Foreign, Line};

use super::{Difference, Kind, Told, difference};
use crate::databases::SERVICES;

/// What a publisher has of its own events, and how many there must have been.
pub(super) struct Published<'t> {
    publisher: &'static str,
    chain: Option<&'t Chain>,
    /// The sequence of the last event, counting those that only others still have.
    pub(super) last: u64,
    /// Nothing is lost.
    pub(super) is_whole: bool,
}

/// Compares every hearer with every publisher that gave a digest; what was published, by publisher.
pub(super) fn compare<'t>(
    told: &Told<'t>,
    telling: &BTreeSet<&str>,
    differences: &mut Vec<Difference>,
) -> BTreeMap<&'static str, Published<'t>> {
    let telling: Vec<&'static str> = SERVICES
        .into_iter()
        .filter(|service| telling.contains(service))
        .collect();
    let mut all = BTreeMap::new();
    let Some(any) = told.values().next() else {
        return all;
    };
    for publisher in &telling {
        let journal = publication(told, publisher, any, differences);
        for hearer in telling.iter().filter(|hearer| *hearer != publisher) {
            compare_one(told, &journal, hearer, any, differences);
        }
        all.insert(*publisher, journal);
    }
    all
}

/// A hole in the journal is seen in it. That its end is missing is seen by the others: when two of them have an
/// event, it was published; when one alone has it, that one is wrong.
fn publication<'t>(
    told: &Told<'t>,
    publisher: &'static str,
    any: &Line,
    differences: &mut Vec<Difference>,
) -> Published<'t> {
    let line = told.get(publisher).copied();
    let own_last = line.map_or(0, |line| line.own.last);
    let mut lost: Vec<(u64, u64)> = line.map(|line| line.own.lost.clone()).unwrap_or_default();
    let mut heard: Vec<u64> = told
        .values()
        .filter_map(|line| Some(line.foreign.get(publisher)?.last))
        .collect();
    heard.sort_unstable();
    let attested = heard.iter().rev().nth(1).copied().unwrap_or_default();
    if attested > own_last {
        lost.push((own_last + 1, attested));
    }
    if !lost.is_empty() {
        let holes: Vec<String> = lost
            .iter()
            .map(|(first, last)| {
                if first == last {
                    first.to_string()
                } else {
                    format!("{first} to {last}")
                }
            })
            .collect();
        let detail = format!("sequence {} of its journal", holes.join(", "));
        let subject = line.unwrap_or(any);
        differences.push(difference(subject, publisher, Kind::LostEvent, &detail));
    }
    Published {
        publisher,
        chain: line.map(|line| &line.journal),
        last: own_last.max(attested),
        is_whole: lost.is_empty(),
    }
}

fn compare_one(
    told: &Told<'_>,
    journal: &Published<'_>,
    hearer: &str,
    any: &Line,
    differences: &mut Vec<Difference>,
) {
    let publisher = journal.publisher;
    let (nothing, silence) = (Foreign::default(), Chain::default());
    let heard = told
        .get(hearer)
        .and_then(|line| line.foreign.get(publisher))
        .unwrap_or(&nothing);
    let subject = told.get(hearer).or_else(|| told.get(publisher)).unwrap_or(&any);
    let mut tell = |kind, detail: String| differences.push(difference(subject, hearer, kind, &detail));
    if heard.waiting > 0 {
        tell(Kind::WaitingEvent, format!("{} of {publisher}", heard.waiting));
    }
    if heard.parked > 0 {
        tell(Kind::ParkedEvent, format!("{} of {publisher}", heard.parked));
    }
    let stored = heard.applied.count + heard.waiting + heard.parked;
    let (chain, last) = (journal.chain.unwrap_or(&silence), journal.last);
    if stored < last {
        tell(
            Kind::MissingEvent,
            format!("{stored} of {last} events of {publisher}"),
        );
    } else if stored > last {
        tell(
            Kind::SurplusEvent,
            format!("{stored} events of {publisher}, which has {last}"),
        );
    } else if journal.is_whole && heard.applied.count == chain.count && heard.applied.head != chain.head {
        tell(Kind::DifferentEvent, format!("of {publisher}"));
    }
}

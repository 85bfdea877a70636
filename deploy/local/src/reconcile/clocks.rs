//! Clocks: supervision keeps them, and every date in them was said by an event: by the one that started the clock,
//! and once more by supervision itself when it did. What another service shows to its own people of a clock it
//! began must be what it published.

use std::collections::BTreeMap;

use xinqiao_chassis::digest::{Foreign, LegalDates, Line};

use super::events::Published;
use super::{Difference, Kind, Told, difference};

const KEEPER: &str = "supervision";
/// Supervision's own word for every clock.
const STARTED: &str = "clock.started";

/// Compares the clocks with the dates in the events of every publisher.
pub(super) fn compare(
    told: &Told<'_>,
    published: &BTreeMap<&str, Published<'_>>,
    differences: &mut Vec<Difference>,
) {
    for keeper in told.values() {
        // One clock is wrong once, whoever finds it.
        let mut found: BTreeMap<(Kind, String), String> = BTreeMap::new();
        for (service, line) in told {
            // Where an event is lost or not applied, the n-th date is not the n-th clock's.
            let is_whole = published.get(service).is_some_and(|published| published.is_whole);
            if is_whole && line.own.is_whole() && must_agree(keeper, line) {
                against_events(keeper, line, &mut found);
            }
        }
        for ((kind, _), detail) in found {
            differences.push(difference(keeper, &keeper.service, kind, &detail));
        }
    }
}

/// A service agrees with its own events; supervision with everybody's that it has applied.
fn must_agree(keeper: &Line, publisher: &Line) -> bool {
    keeper.service == publisher.service || (keeper.service == KEEPER && heard_all(keeper, publisher))
}

/// Every event of the publisher has been applied where the clocks are.
fn heard_all(keeper: &Line, publisher: &Line) -> bool {
    let applied = |heard: &Foreign| heard.applied.count >= publisher.own.last;
    keeper.foreign.get(&publisher.service).is_some_and(applied)
}

/// The n-th time an event of this name spoke of a clock is the n-th clock that such an event started.
fn against_events(keeper: &Line, publisher: &Line, found: &mut BTreeMap<(Kind, String), String>) {
    let mut spoken: BTreeMap<(&str, &str), Vec<&LegalDates>> = BTreeMap::new();
    for dates in &publisher.told_dates {
        spoken.entry((&dates.by, &dates.clock)).or_default().push(dates);
    }
    for ((event, code), said) in spoken {
        let of_code: Vec<&LegalDates> = keeper.clocks.iter().filter(|clock| clock.clock == code).collect();
        let started: Vec<&LegalDates> = of_code
            .iter()
            .copied()
            .filter(|clock| event == STARTED || clock.by == event)
            .collect();
        let name = |kind| (kind, code.to_owned());
        for (said, kept) in said.iter().zip(&started) {
            if !agree(said, kept) {
                let detail = format!(
                    "{code} is {}, {event} of {} said {}",
                    shown(kept),
                    publisher.service,
                    shown(said)
                );
                found.entry(name(Kind::ClockDiffers)).or_insert(detail);
            }
        }
        // Supervision may keep a clock that already runs; what it says that it started must be there.
        let is_missing = if keeper.service != KEEPER {
            false
        } else if event == STARTED {
            started.len() < said.len()
        } else {
            of_code.is_empty()
        };
        if is_missing {
            let detail = format!("{code}, which {event} of {} started", publisher.service);
            found.entry(name(Kind::ClockMissing)).or_insert(detail);
        }
    }
}

/// What was not said, or is not kept, agrees with everything.
fn agree(said: &LegalDates, kept: &LegalDates) -> bool {
    let same = |said: &str, kept: &str| said.is_empty() || kept.is_empty() || said == kept;
    same(&said.raw, &kept.raw) && same(&said.eff, &kept.eff) && same(&said.safe, &kept.safe)
}

fn shown(dates: &LegalDates) -> String {
    [&dates.raw, &dates.eff, &dates.safe]
        .into_iter()
        .filter(|day| !day.is_empty())
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join("/")
}

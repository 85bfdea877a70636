//! Kills parts of the platform while acts are under way, and knows which kills hit one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, ensure};
use futures::future::LocalBoxFuture;
use xinqiao_local::databases::SERVICES;
use xinqiao_local::platform::Platform;
use xinqiao_tests::chance::Chance;

/// How often the killer looks whether an act has begun: much shorter than an act.
const LOOK: Duration = Duration::from_millis(1);
/// Longest time after the beginning of an act at which a kill falls, in milliseconds.
const INSIDE: u64 = 12;

/// Which acts are under way, and where.
#[derive(Debug, Default)]
pub(crate) struct Traffic(Mutex<Road>);

#[derive(Debug, Default)]
struct Road {
    day: bool,
    next: u64,
    under_way: BTreeMap<u64, &'static str>,
}

/// The day lasts as long as this lives.
#[derive(Debug)]
pub(crate) struct ActiveDay<'a>(&'a Traffic);

impl Drop for ActiveDay<'_> {
    fn drop(&mut self) {
        self.0.road(|road| {
            road.day = false;
            road.under_way.clear();
        });
    }
}

impl Traffic {
    fn road<T>(&self, look: impl FnOnce(&mut Road) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The acts of a day begin.
    pub(crate) fn begin(&self) -> ActiveDay<'_> {
        self.road(|road| road.day = true);
        ActiveDay(self)
    }

    /// Does an act at a service; it counts as under way until the client has its answer.
    pub(crate) fn at<'t, T: 't>(
        &'t self,
        service: &'static str,
        act: impl Future<Output = T> + 't,
    ) -> LocalBoxFuture<'t, T> {
        let act = Box::pin(act);
        Box::pin(async move {
            let number = self.road(|road| {
                road.next += 1;
                road.under_way.insert(road.next, service);
                road.next
            });
            let outcome = act.await;
            self.road(|road| road.under_way.remove(&number));
            outcome
        })
    }

    fn is_day(&self) -> bool {
        self.road(|road| road.day)
    }

    /// Acts that need a part: a service those at it, the servers all.
    fn needing(&self, part: &str) -> BTreeSet<u64> {
        self.road(|road| {
            road.under_way
                .iter()
                .filter(|(_, service)| **service == part || !SERVICES.contains(&part))
                .map(|(number, _)| *number)
                .collect()
        })
    }
}

/// Kills of one part: all, and those that hit an unfinished act.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    kills: usize,
    hits: usize,
}

/// Kills part after part, the least killed first.
#[derive(Debug)]
pub(crate) struct Killer {
    chance: Chance,
    wanted: usize,
    counts: BTreeMap<&'static str, Count>,
}

impl Killer {
    /// A killer who must hit so many unfinished acts, and every part at least once.
    pub(crate) fn new(chance: Chance, wanted: usize) -> Self {
        let parts = SERVICES.into_iter().chain(["nats", "postgres"]);
        Self {
            chance,
            wanted,
            counts: parts.map(|part| (part, Count::default())).collect(),
        }
    }

    /// Kills while the acts of the day go on, as often as is due with so many days left, today included.
    pub(crate) async fn hunt(
        &mut self,
        platform: &mut Platform,
        traffic: &Traffic,
        days_left: usize,
    ) -> Result<()> {
        let goal = self.hits() + self.wanted.saturating_sub(self.hits()).div_ceil(days_left.max(1)) + 1;
        while traffic.is_day() {
            tokio::time::sleep(LOOK).await;
            if let Some(part) = self.target(traffic, goal) {
                self.kill(platform, traffic, part).await?;
            }
        }
        Ok(())
    }

    /// Fails unless enough unfinished acts were hit, and every part.
    pub(crate) fn must_have_done_its_work(&self) -> Result<()> {
        let spared: Vec<_> = self
            .counts
            .iter()
            .filter(|(_, count)| count.hits == 0)
            .map(|(part, _)| part)
            .collect();
        ensure!(
            spared.is_empty(),
            "no unfinished act was hit at {spared:?}: {}",
            self.tally()
        );
        ensure!(
            self.hits() >= self.wanted,
            "{} wanted: {}",
            self.wanted,
            self.tally()
        );
        Ok(())
    }

    /// What was killed, in words.
    pub(crate) fn tally(&self) -> String {
        let parts: Vec<String> = self
            .counts
            .iter()
            .map(|(part, Count { kills, hits })| format!("{part} {hits} of {kills}"))
            .collect();
        format!("kills that hit an unfinished act: {}", parts.join(", "))
    }

    fn hits(&self) -> usize {
        self.counts.values().map(|count| count.hits).sum()
    }

    /// A part that an act needs now: one never hit yet, or else the least killed while the goal is not reached.
    fn target(&self, traffic: &Traffic, goal: usize) -> Option<&'static str> {
        let due = self.hits() < goal;
        self.counts
            .iter()
            .filter(|(part, count)| (due || count.hits == 0) && !traffic.needing(part).is_empty())
            .min_by_key(|(_, count)| (count.hits, count.kills))
            .map(|(part, _)| *part)
    }

    async fn kill(&mut self, platform: &mut Platform, traffic: &Traffic, part: &'static str) -> Result<()> {
        let pause = self.chance.milliseconds(0, INSIDE);
        tokio::time::sleep(pause).await;
        let before = traffic.needing(part);
        match part {
            "nats" => platform.nats.kill_hard().await?,
            "postgres" => platform.postgres.kill_hard().await?,
            service => platform.kill_hard(service).await?,
        }
        // The part is dead: an act that was under way before and still is has been hit.
        let hit = traffic.needing(part).intersection(&before).next().is_some();
        let count = self.counts.entry(part).or_default();
        count.kills += 1;
        count.hits += usize::from(hit);
        match part {
            "nats" => platform.nats.restart().await,
            "postgres" => platform.postgres.restart().await,
            service => platform.restart(service).await,
        }
    }
}

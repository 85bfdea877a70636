//! At rest: every event published and applied everywhere, nothing moving. Legal time moves only then, as a
//! calendar does not jump over the mail of the day before.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Result, ensure};
use sqlx::{Connection as _, PgConnection};
use time::OffsetDateTime;
use tokio::time::Instant;

use crate::databases::SERVICES;
use crate::platform::Platform;

/// Background jobs look again after less than this; what has not moved for so long is at rest.
const REST: Duration = Duration::from_millis(600);
/// Longer than the longest pause after a failure.
const STANDSTILL: Duration = Duration::from_mins(2);
const LOOK: Duration = Duration::from_millis(100);

/// How far the events of all services have come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Flow {
    unpublished: i64,
    waiting: i64,
    /// Service, kind and reason of every parked event.
    parked: Vec<String>,
    /// Events published, by publisher.
    journals: BTreeMap<String, i64>,
    /// Events applied, by consumer and publisher.
    applied: BTreeMap<(String, String), i64>,
}

impl Flow {
    /// What is still under way, in words.
    fn under_way(&self) -> Vec<String> {
        let mut found = Vec::new();
        if self.unpublished + self.waiting > 0 {
            let Self {
                unpublished, waiting, ..
            } = self;
            found.push(format!("{unpublished} events unpublished, {waiting} waiting"));
        }
        for consumer in SERVICES {
            for publisher in SERVICES.iter().filter(|publisher| **publisher != consumer) {
                let wanted = self.journals.get(*publisher).copied().unwrap_or_default();
                let key = (consumer.to_owned(), (*publisher).to_owned());
                let applied = self.applied.get(&key).copied().unwrap_or_default();
                if applied < wanted {
                    found.push(format!("{consumer} applied {applied} of {wanted} of {publisher}"));
                }
            }
        }
        found
    }
}

impl Platform {
    /// Waits until every event is published and applied everywhere, and nothing moves any more.
    /// A parked event is a failure, and so is a long standstill before that.
    pub async fn at_rest(&self) -> Result<()> {
        let mut seen = Flow::default();
        let mut since = Instant::now();
        loop {
            tokio::time::sleep(LOOK).await;
            match flow(self).await {
                Ok(flow) if flow != seen => {
                    seen = flow;
                    since = Instant::now();
                }
                // A server that was just started again may not answer yet.
                Ok(_) | Err(_) => {}
            }
            ensure!(seen.parked.is_empty(), "events are parked: {:#?}", seen.parked);
            let under_way = seen.under_way();
            if under_way.is_empty() && since.elapsed() > REST {
                return Ok(());
            }
            ensure!(
                since.elapsed() < STANDSTILL,
                "nothing moves any more: {under_way:#?}"
            );
        }
    }

    /// Moves legal time forward when everything is at rest.
    pub async fn move_on(&self, instant: OffsetDateTime) -> Result<()> {
        self.at_rest().await?;
        self.set_legal_time(instant)
    }
}

async fn flow(platform: &Platform) -> Result<Flow> {
    let mut flow = Flow::default();
    for service in SERVICES {
        let mut database = PgConnection::connect(&platform.database_url(service)).await?;
        let (unpublished, journal, waiting): (i64, i64, i64) = sqlx::query_as(
            "SELECT (SELECT count(*) FROM unpublished, unnest(event_ids)), (SELECT count(*) FROM outbox),
                    (SELECT count(*) FROM inbox WHERE state = 'waiting')",
        )
        .fetch_one(&mut database)
        .await?;
        flow.unpublished += unpublished;
        flow.waiting += waiting;
        flow.journals.insert(service.to_owned(), journal);
        let parked: Vec<(String, String, Option<String>)> =
            sqlx::query_as("SELECT publisher, kind, reason FROM inbox WHERE state = 'parked'")
                .fetch_all(&mut database)
                .await?;
        let parked = parked.into_iter().map(|(publisher, kind, reason)| {
            format!("{service}: {kind} of {publisher}: {}", reason.unwrap_or_default())
        });
        flow.parked.extend(parked);
        let applied: Vec<(String, i64)> = sqlx::query_as(
            "SELECT publisher, count(*) FROM inbox WHERE state = 'applied' GROUP BY publisher",
        )
        .fetch_all(&mut database)
        .await?;
        let applied = applied
            .into_iter()
            .map(|(publisher, count)| ((service.to_owned(), publisher), count));
        flow.applied.extend(applied);
        database.close().await?;
    }
    Ok(flow)
}

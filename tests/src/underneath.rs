//! What lies underneath: the five databases, read as superuser.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::time::Instant;
use xinqiao_local::databases::SERVICES;
use xinqiao_local::platform::Platform;

use crate::fleet::Fleet;

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

/// Every row of every table of every service, by service and table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture(BTreeMap<(String, String), BTreeSet<String>>);

impl Picture {
    /// Fails with the first rows that differ.
    pub fn must_equal(&self, other: &Self, what: &str) -> Result<()> {
        for (table, before) in &self.0 {
            let after = other.0.get(table).context("a table is gone")?;
            let shown = |rows: Vec<&String>| rows.into_iter().take(2).cloned().collect::<Vec<_>>();
            let gone = shown(before.difference(after).collect());
            let new = shown(after.difference(before).collect());
            ensure!(
                gone.is_empty() && new.is_empty(),
                "{what}: {}.{} changed\nwas {gone:?}\nis  {new:?}",
                table.0,
                table.1
            );
        }
        Ok(())
    }
}

/// A superuser's connection to the database of a service.
pub async fn database(platform: &Platform, service: &str) -> Result<PgConnection> {
    Ok(PgConnection::connect(&platform.database_url(service)).await?)
}

impl Fleet {
    /// Waits until every event is published and applied everywhere, and nothing moves any more.
    /// A parked event is a failure, and so is a long standstill before that.
    pub async fn quiet(&self) -> Result<()> {
        let mut seen = Flow::default();
        let mut since = Instant::now();
        loop {
            tokio::time::sleep(LOOK).await;
            match flow(&self.platform).await {
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

    /// The digests of all services.
    pub async fn digests(&self) -> Result<BTreeMap<&'static str, String>> {
        let mut digests = BTreeMap::new();
        for service in SERVICES {
            digests.insert(service, self.platform.run(service, &["digest"]).await?);
        }
        Ok(digests)
    }

    /// Everything the five databases hold.
    pub async fn picture(&self) -> Result<Picture> {
        let mut picture = BTreeMap::new();
        for service in SERVICES {
            let mut database = database(&self.platform, service).await?;
            let tables: Vec<String> = sqlx::query_scalar(
                "SELECT relname::text FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
                 WHERE relkind = 'r' AND nspname = 'public' AND relname <> '_sqlx_migrations'",
            )
            .fetch_all(&mut database)
            .await?;
            if tables.is_empty() {
                bail!("{service} has no tables");
            }
            for table in tables {
                // Table names come from the catalogue.
                let rows: Vec<String> =
                    sqlx::query_scalar(AssertSqlSafe(format!("SELECT t::text FROM \"{table}\" t")))
                        .fetch_all(&mut database)
                        .await?;
                picture.insert((service.to_owned(), table), rows.into_iter().collect());
            }
            database.close().await?;
        }
        Ok(Picture(picture))
    }
}

async fn flow(platform: &Platform) -> Result<Flow> {
    let mut flow = Flow::default();
    for service in SERVICES {
        let mut database = database(platform, service).await?;
        let (unpublished, journal, waiting): (i64, i64, i64) = sqlx::query_as(
            "SELECT (SELECT count(*) FROM outbox WHERE NOT published), (SELECT count(*) FROM outbox),
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

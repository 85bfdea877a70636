//! What lies underneath: the five databases, read as superuser.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail, ensure};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use xinqiao_local::databases::SERVICES;
use xinqiao_local::platform::Platform;
use xinqiao_local::reconcile::{self, Difference};

use crate::fleet::Fleet;

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

/// The events that tell who has opened a case, and what they are about, by id.
async fn looks(database: &mut PgConnection) -> Result<Vec<String>> {
    let ids = sqlx::query_scalar(
        "SELECT unnest(ARRAY[event_id, entity_id])::text
         FROM (SELECT event_id, entity_id, kind FROM outbox UNION SELECT event_id, entity_id, kind FROM inbox) AS e
         WHERE kind = 'case.opened'",
    );
    Ok(ids.fetch_all(database).await?)
}

/// A superuser's connection to the database of a service.
pub async fn database(platform: &Platform, service: &str) -> Result<PgConnection> {
    Ok(PgConnection::connect(&platform.database_url(service)).await?)
}

impl Fleet {
    /// Waits until the platform is at rest.
    pub async fn quiet(&self) -> Result<()> {
        self.platform.at_rest().await
    }

    /// The digests of all services.
    pub async fn digests(&self) -> Result<BTreeMap<&'static str, String>> {
        let mut digests = BTreeMap::new();
        for service in SERVICES {
            digests.insert(service, self.platform.run(service, &["digest"]).await?);
        }
        Ok(digests)
    }

    /// What `reconcile` says of the digests.
    pub async fn differences(&self) -> Result<Vec<Difference>> {
        let mut lines = Vec::new();
        for digest in self.digests().await?.values() {
            lines.extend(reconcile::read(digest)?);
        }
        Ok(reconcile::reconcile(&lines))
    }

    /// Everything the five databases hold, but for the list of uncopied documents, the index of the search and the notices,
    /// which follow in their own time, and who has looked at a case, which looking changes.
    pub async fn picture(&self) -> Result<Picture> {
        let mut picture = BTreeMap::new();
        for service in SERVICES {
            let mut database = database(&self.platform, service).await?;
            let tables: Vec<String> = sqlx::query_scalar(
                "SELECT relname::text FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
                 WHERE relkind = 'r' AND nspname = 'public' AND relname NOT IN
                     ('_sqlx_migrations', 'uncopied', 'search_text', 'search_progress', 'notification', 'case_access',
                      'case_opened')",
            )
            .fetch_all(&mut database)
            .await?;
            if tables.is_empty() {
                bail!("{service} has no tables");
            }
            let looks = looks(&mut database).await?;
            for table in tables {
                // Table names come from the catalogue.
                let statement = format!("SELECT to_jsonb(t)::text FROM \"{table}\" t");
                let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(statement))
                    .fetch_all(&mut database)
                    .await?;
                let rows = rows
                    .into_iter()
                    .filter(|row| !looks.iter().any(|id| row.contains(id)));
                picture.insert((service.to_owned(), table), rows.collect());
            }
            database.close().await?;
        }
        Ok(Picture(picture))
    }
}

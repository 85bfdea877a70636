//! What must be equal after the load: answers, cases, numbers, audit rows, journal rows, messages.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use async_nats::jetstream;
use sqlx::{Connection as _, PgConnection};

/// How often the journal is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long the relay may take to drain at the end before the run is called broken.
const DRAIN_LIMIT: Duration = Duration::from_mins(2);

/// A look underneath intake.
#[derive(Debug)]
pub(crate) struct Truth {
    connection: PgConnection,
    stream: jetstream::Context,
}

impl Truth {
    /// Connects as superuser to intake's database; `bus` is a connection that may look at every stream.
    pub(crate) async fn open(database: &str, bus: async_nats::Client) -> Result<Self> {
        Ok(Self {
            connection: PgConnection::connect(database).await?,
            stream: jetstream::new(bus),
        })
    }

    /// Journal rows the bus does not have yet.
    pub(crate) async fn unpublished(&mut self) -> Result<i64> {
        self.count("SELECT count(*) FROM unpublished, unnest(event_ids)")
            .await
    }

    /// Waits until the bus has everything; how long that took.
    pub(crate) async fn drained(&mut self) -> Result<Duration> {
        let began = Instant::now();
        while self.unpublished().await? > 0 {
            ensure!(
                began.elapsed() < DRAIN_LIMIT,
                "the relay did not drain within {DRAIN_LIMIT:?}"
            );
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(began.elapsed())
    }

    /// Fails unless every count is the same.
    pub(crate) async fn must_equal(&mut self, answered: i64) -> Result<()> {
        let counts = [
            ("cases", "SELECT count(*) FROM case_file"),
            (
                "distinct numbers",
                "SELECT count(DISTINCT (year, sequence)) FROM case_file",
            ),
            (
                "highest number",
                "SELECT coalesce(max(sequence), 0)::bigint FROM case_file",
            ),
            ("counter", "SELECT last::bigint FROM number_counter"),
            (
                "audit rows",
                "SELECT count(*) FROM audit WHERE object IN (SELECT 'case:' || id FROM case_file)",
            ),
            (
                "journal rows",
                "SELECT count(*) FROM outbox WHERE kind = 'case.registered'",
            ),
            (
                "answers kept",
                "SELECT count(*) FROM idempotency WHERE action = 'intake.RegisterVisit'",
            ),
        ];
        for (name, statement) in counts {
            let found = self.count(statement).await?;
            ensure!(found == answered, "{answered} answers, but {found} {name}");
        }
        let journal = self.count("SELECT count(*) FROM outbox").await?;
        let messages = self
            .stream
            .get_stream("XQ_INTAKE")
            .await?
            .info()
            .await?
            .state
            .messages;
        ensure!(
            i64::try_from(messages)? == journal,
            "{journal} journal rows, but {messages} messages"
        );
        Ok(())
    }

    async fn count(&mut self, statement: &'static str) -> Result<i64> {
        Ok(sqlx::query_scalar(statement)
            .fetch_one(&mut self.connection)
            .await?)
    }
}

//! The service's own Postgres database, one transaction and one district at a time.
//!
//! [`TenantTx`] is the way to a connection: it opens a transaction and sets the district that row-level security
//! lets through. [`TenantConnection`] does it for a writer whose transactions are one statement each. A placement of
//! districts on several clusters would change this file only.

mod boot;
mod migrate;

use std::time::{Duration, Instant};

use secrecy::ExposeSecret as _;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Postgres, Transaction};
use xinqiao_kernel::DistrictCode;

pub use boot::BootError;
pub use migrate::{MigrateFailure, migrate, migrations};

use crate::config::DatabaseSettings;

/// Seconds of silence after which the server probes a connection, and between probes.
const KEEPALIVE_SECONDS: &str = "15";
/// Lost probes after which the server gives the connection up.
const KEEPALIVE_PROBES: &str = "3";

/// Idle time after which a connection is tested before it is used.
const UNTESTED_IDLE: Duration = Duration::from_secs(1);

/// Pool of the app role. Clones share it.
#[derive(Clone, Debug)]
pub struct Database {
    pool: PgPool,
}

impl Database {
    /// Opens the pool without connecting yet; [`Database::check`] proves that it works.
    pub fn open(service: &str, settings: &DatabaseSettings) -> Result<Self, sqlx::Error> {
        let options: PgConnectOptions = settings.url.expose_secret().parse()?;
        let options = options.application_name(service).options([
            ("statement_timeout", millis(settings.statement_timeout).as_str()),
            ("lock_timeout", &millis(settings.lock_timeout)),
            (
                "idle_in_transaction_session_timeout",
                &millis(settings.idle_transaction_timeout),
            ),
            ("tcp_keepalives_idle", KEEPALIVE_SECONDS),
            ("tcp_keepalives_interval", KEEPALIVE_SECONDS),
            ("tcp_keepalives_count", KEEPALIVE_PROBES),
            ("timezone", "UTC"),
            // A plan made for all districts, or for tables that were empty, would be kept when it no longer fits.
            ("plan_cache_mode", "force_custom_plan"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(settings.pool_max)
            .acquire_timeout(settings.acquire_timeout)
            // A connection that was just used is alive; one that lay idle may be half-open.
            .test_before_acquire(false)
            .before_acquire(|connection, usage| {
                Box::pin(async move {
                    if usage.idle_for > UNTESTED_IDLE {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            // Protects against lost writes: a caller cancelled inside BEGIN leaves the connection in a
            // transaction that the pool does not know of, and the next user's statements would join it and
            // vanish with it (sqlx 0.9.0). Nothing goes back into the pool inside a transaction. BEGIN first: a bare
            // ROLLBACK outside a transaction, the normal case, writes a warning into the server's log.
            .after_release(|connection, _| {
                Box::pin(async move {
                    connection.execute("BEGIN; ROLLBACK").await?;
                    Ok(true)
                })
            })
            .connect_lazy_with(options);
        Ok(Self { pool })
    }

    /// Opens a transaction that sees one district's rows only. Dropped, it rolls back.
    pub async fn begin(&self, district: DistrictCode) -> Result<TenantTx, sqlx::Error> {
        // One round trip. A district code is six digits by construction, so the text is safe to build.
        let statement = AssertSqlSafe(format!("BEGIN; SET LOCAL app.district = '{district}'"));
        let tx = self.pool.begin_with(statement).await?;
        Ok(TenantTx { tx, district })
    }

    /// Opens a transaction that reads one district as it was at one instant, for as long as it takes.
    pub async fn begin_snapshot(&self, district: DistrictCode) -> Result<TenantTx, sqlx::Error> {
        // Whole tables are read: the limit is for what answers people.
        let statement = AssertSqlSafe(format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
             SET LOCAL app.district = '{district}'; SET LOCAL statement_timeout = 0"
        ));
        let tx = self.pool.begin_with(statement).await?;
        Ok(TenantTx { tx, district })
    }

    /// True when the database answers within `patience`.
    pub async fn reachable(&self, patience: Duration) -> bool {
        let probe = sqlx::query("SELECT 1").execute(&self.pool);
        matches!(tokio::time::timeout(patience, probe).await, Ok(Ok(_)))
    }

    /// Refuses a role or a table that would open the wall between districts, and pending migrations.
    pub async fn check(&self, service: &sqlx::migrate::Migrator) -> Result<(), BootError> {
        let mut connection = self.pool.acquire().await?;
        boot::check_role(&mut connection).await?;
        boot::check_tables(&mut connection).await?;
        boot::check_migrations(&mut connection, &migrations(service)).await
    }

    /// Machine time of the database, to compare with the system clock.
    pub async fn time(&self) -> Result<time::OffsetDateTime, sqlx::Error> {
        sqlx::query_scalar("SELECT clock_timestamp()")
            .fetch_one(&self.pool)
            .await
    }

    /// A connection beside the pool, for a writer whose every transaction is one statement: the one it kept when
    /// that still works, otherwise a new one. As patient as the pool.
    pub async fn connect(&self, kept: Option<TenantConnection>) -> Result<TenantConnection, sqlx::Error> {
        let patience = self.pool.options().get_acquire_timeout();
        tokio::time::timeout(patience, async {
            if let Some(mut kept) = kept
                && (kept.used.elapsed() <= UNTESTED_IDLE || kept.connection.ping().await.is_ok())
            {
                return Ok(kept);
            }
            // Its one statement finds rows by their keys only, and is long to plan.
            let options = self.pool.connect_options().as_ref().clone();
            let options = options.options([("plan_cache_mode", "auto")]);
            Ok(TenantConnection {
                connection: PgConnection::connect_with(&options).await?,
                district: None,
                used: Instant::now(),
            })
        })
        .await
        .map_err(|_| sqlx::Error::PoolTimedOut)?
    }

    /// A second pool with the same guards, for a writer on a runtime of its own; call it inside that runtime.
    #[must_use]
    pub fn separate(&self, connections: u32) -> Self {
        let options = self.pool.connect_options();
        let pool = self.pool.options().clone().max_connections(connections);
        Self {
            pool: pool.connect_lazy_with(options.as_ref().clone()),
        }
    }

    /// Closes every connection, after those in use are given back.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

fn millis(duration: Duration) -> String {
    duration.as_millis().to_string()
}

/// A connection that stays in a district until it is asked for another: each statement is a transaction.
#[derive(Debug)]
pub struct TenantConnection {
    connection: PgConnection,
    district: Option<DistrictCode>,
    used: Instant,
}

impl TenantConnection {
    /// The connection, seeing one district's rows only.
    pub async fn of(&mut self, district: DistrictCode) -> Result<&mut PgConnection, sqlx::Error> {
        if self.district != Some(district) {
            self.district = None;
            // A district code is six digits by construction, so the text is safe to build.
            let statement = AssertSqlSafe(format!("SET app.district = '{district}'"));
            self.connection.execute(statement).await?;
            self.district = Some(district);
        }
        self.used = Instant::now();
        Ok(&mut self.connection)
    }
}

/// A transaction of one district: the way to a connection of the pool.
#[derive(Debug)]
pub struct TenantTx {
    tx: Transaction<'static, Postgres>,
    district: DistrictCode,
}

impl TenantTx {
    /// The connection, for statements.
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// The district whose rows it sees.
    pub const fn district(&self) -> DistrictCode {
        self.district
    }

    /// Makes everything durable.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.tx.commit().await
    }

    /// Undoes everything; dropping does the same a little later.
    pub async fn rollback(self) -> Result<(), sqlx::Error> {
        self.tx.rollback().await
    }
}

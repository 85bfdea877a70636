//! The write-ahead log as it is in an installation that has worked for a day: its files are there and used again. In a
//! new one each file is filled with zeros first, 16 MB at a time, and every commit waits for it.

use anyhow::Result;
use sqlx::{Connection as _, PgConnection};
use xinqiao_local::platform::Platform;

/// Files made before anything is measured: more than a round writes, less than makes Postgres begin a checkpoint.
const FILES: i32 = 128;

/// The server's log, for the references and for the registrations alike.
#[derive(Debug)]
pub(crate) struct Log {
    connection: PgConnection,
}

impl Log {
    /// Connects as superuser.
    pub(crate) async fn open(platform: &Platform) -> Result<Self> {
        Ok(Self {
            connection: PgConnection::connect(&platform.postgres.url("postgres")).await?,
        })
    }

    /// Makes files by going through them, and lets a checkpoint hand them on for use.
    pub(crate) async fn reserve(&mut self) -> Result<()> {
        for _ in 0..FILES {
            sqlx::query("SELECT pg_logical_emit_message(false, '', '')")
                .execute(&mut self.connection)
                .await?;
            sqlx::query("SELECT pg_switch_wal()")
                .execute(&mut self.connection)
                .await?;
        }
        self.checkpoint().await
    }

    /// Lets a round begin right after a checkpoint, so that none comes into some runs of it and not into others; what
    /// the last round wrote is handed on.
    pub(crate) async fn checkpoint(&mut self) -> Result<()> {
        sqlx::query("CHECKPOINT").execute(&mut self.connection).await?;
        Ok(())
    }
}

//! The references: pgbench inserting the same rows in the same Postgres.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use sqlx::{Connection as _, Executor as _, PgConnection};
use tokio::process::Command;

/// Petition, audit, outbox and idempotency rows, 300 Chinese characters, one prepared statement; no
/// counter, chain or cryptography.
const P4: &str = "\
WITH petition_row AS (
    INSERT INTO petition (id, district_code, channel, received_at, registered_at, title, content)
    VALUES (gen_random_uuid(), '220502', 2, now(), now(), '外墙改造后房屋漏雨', repeat('漏', 300)) RETURNING id
), audit_row AS (
    INSERT INTO audit (id, district_code, action, object, canonical)
    SELECT gen_random_uuid(), '220502', 'intake.register', id, repeat('a', 200)::bytea FROM petition_row
), outbox_row AS (
    INSERT INTO outbox (event_id, district_code, entity_id, kind, body, published)
    SELECT gen_random_uuid(), '220502', id, 'case.registered', repeat('b', 400)::bytea, false FROM petition_row
)
INSERT INTO idempotency (request_id, district_code, body_hash, answer)
SELECT gen_random_uuid(), '220502', repeat('c', 32)::bytea, repeat('d', 300)::bytea FROM petition_row;
";

/// The same with the gap-free number and the hash chain done in SQL, the obvious way.
const P5: &str = "\
WITH numbered AS (
    UPDATE counter SET last = last + 1 WHERE district_code = '220502' AND year = 2026 RETURNING last
), head AS (
    UPDATE chain SET hash = sha256(hash || repeat('a', 200)::bytea) WHERE district_code = '220502' RETURNING hash
), petition_row AS (
    INSERT INTO petition (id, district_code, channel, received_at, registered_at, title, content, number)
    SELECT gen_random_uuid(), '220502', 2, now(), now(), '外墙改造后房屋漏雨', repeat('漏', 300), last FROM numbered
    RETURNING id
), audit_row AS (
    INSERT INTO audit (id, district_code, action, object, canonical, hash)
    SELECT gen_random_uuid(), '220502', 'intake.register', petition_row.id, repeat('a', 200)::bytea, head.hash
    FROM petition_row, head
), outbox_row AS (
    INSERT INTO outbox (event_id, district_code, entity_id, kind, body, published)
    SELECT gen_random_uuid(), '220502', id, 'case.registered', repeat('b', 400)::bytea, false FROM petition_row
)
INSERT INTO idempotency (request_id, district_code, body_hash, answer)
SELECT gen_random_uuid(), '220502', repeat('c', 32)::bytea, repeat('d', 300)::bytea FROM petition_row;
";

const TABLES: &str = "
CREATE TABLE petition (id uuid PRIMARY KEY, district_code text NOT NULL, channel smallint NOT NULL,
    received_at timestamptz NOT NULL, registered_at timestamptz NOT NULL, title text NOT NULL,
    content text NOT NULL, number bigint);
CREATE TABLE audit (id uuid PRIMARY KEY, district_code text NOT NULL, action text NOT NULL, object uuid NOT NULL,
    canonical bytea NOT NULL, hash bytea);
CREATE TABLE outbox (event_id uuid PRIMARY KEY, position bigint GENERATED ALWAYS AS IDENTITY,
    district_code text NOT NULL, entity_id uuid NOT NULL, kind text NOT NULL, body bytea NOT NULL,
    published boolean NOT NULL);
CREATE INDEX outbox_unpublished ON outbox (position) WHERE NOT published;
CREATE TABLE idempotency (request_id uuid PRIMARY KEY, district_code text NOT NULL, body_hash bytea NOT NULL,
    answer bytea NOT NULL);
CREATE TABLE counter (district_code text, year int, last bigint NOT NULL, PRIMARY KEY (district_code, year));
CREATE TABLE chain (district_code text PRIMARY KEY, hash bytea NOT NULL);
INSERT INTO counter VALUES ('220502', 2026, 0);
INSERT INTO chain VALUES ('220502', '\\x00');
";

/// A database of its own for pgbench, and the two scripts.
#[derive(Debug)]
pub(crate) struct Reference {
    url: String,
    pgbench: PathBuf,
    folder: PathBuf,
}

/// Which reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Equal rows, nothing else.
    P4,
    /// With counter and chain in SQL.
    P5,
}

impl Reference {
    /// Creates the database and writes the scripts. `admin` and `url` are the superuser's.
    pub(crate) async fn prepare(admin: &str, url: String, pgbench: PathBuf, folder: PathBuf) -> Result<Self> {
        let mut connection = PgConnection::connect(admin).await?;
        connection.execute("CREATE DATABASE reference").await?;
        connection.close().await?;
        let mut connection = PgConnection::connect(&url).await?;
        connection.execute(sqlx::raw_sql(TABLES)).await?;
        connection.close().await?;
        std::fs::write(folder.join("p4.sql"), P4)?;
        std::fs::write(folder.join("p5.sql"), P5)?;
        Ok(Self { url, pgbench, folder })
    }

    /// Transactions per second.
    pub(crate) async fn run(&self, form: Form, clients: usize, seconds: u64) -> Result<f64> {
        let script = match form {
            Form::P4 => "p4.sql",
            Form::P5 => "p5.sql",
        };
        let output = Command::new(&self.pgbench)
            .args(["-n", "-M", "prepared", "-j", "2"])
            .args(["-c", &clients.to_string(), "-T", &seconds.to_string()])
            .arg("-f")
            .arg(self.folder.join(script))
            .arg(&self.url)
            .output()
            .await
            .context("pgbench could not be started")?;
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            bail!("pgbench failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        let line = text
            .lines()
            .find(|line| line.starts_with("tps"))
            .context("pgbench printed no rate")?;
        let rate = line
            .split_whitespace()
            .nth(2)
            .context("pgbench printed no rate")?;
        Ok(rate.parse()?)
    }
}

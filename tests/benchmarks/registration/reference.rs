//! The references: pgbench in the same Postgres, one prepared statement and one transaction per registration.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use sqlx::{Connection as _, Executor as _, PgConnection};
use tokio::process::Command;

/// The rows a registration leaves, in copies of intake's own tables with their indexes, of the lengths a real
/// registration has. No counter, no chain, no cryptography, no row-level security.
const P4: &str = include_str!("p4.sql");

/// The same with the gap-free number and the hash chain done in SQL, the obvious way.
const P5: &str = include_str!("p5.sql");

/// A petition without the rest of the house: petition, audit, outbox and idempotency rows, 300 Chinese characters.
const BARE: &str = include_str!("bare.sql");

/// What the scripts need beside intake's tables. P5 numbers another year, and a chain of its own.
const TABLES: &str = "
CREATE SEQUENCE numbers;
INSERT INTO number_counter VALUES ('220502', 2027, 0);
INSERT INTO audit_head VALUES ('220502', 1000000000, sha256(''));
CREATE SCHEMA bare;
CREATE TABLE bare.petition (id uuid PRIMARY KEY, district_code text NOT NULL, channel smallint NOT NULL,
    received_at timestamptz NOT NULL, registered_at timestamptz NOT NULL, title text NOT NULL,
    content text NOT NULL);
CREATE TABLE bare.audit (id uuid PRIMARY KEY, district_code text NOT NULL, action text NOT NULL, object uuid NOT NULL,
    canonical bytea NOT NULL);
CREATE TABLE bare.outbox (event_id uuid PRIMARY KEY, position bigint GENERATED ALWAYS AS IDENTITY,
    district_code text NOT NULL, entity_id uuid NOT NULL, kind text NOT NULL, body bytea NOT NULL,
    published boolean NOT NULL);
CREATE INDEX ON bare.outbox (position) WHERE NOT published;
CREATE TABLE bare.idempotency (request_id uuid PRIMARY KEY, district_code text NOT NULL, body_hash bytea NOT NULL,
    answer bytea NOT NULL);
";

/// Bytes of the long values of one registration, which the scripts write in equal length.
const LENGTHS: &str = "
SELECT 'IDENTITY', octet_length(identity) FROM petitioner
UNION ALL SELECT 'ORIGINAL', octet_length(content) FROM document WHERE archive_item = '03'
UNION ALL SELECT 'FORM', octet_length(content) FROM document WHERE archive_item = '02'
UNION ALL SELECT 'EVENT', octet_length(body) FROM outbox
UNION ALL SELECT 'CANONICAL', octet_length(canonical) FROM audit
UNION ALL SELECT 'ANSWER', octet_length(answer) FROM idempotency";

/// A database of its own for pgbench, and the scripts.
#[derive(Debug)]
pub(crate) struct Reference {
    url: String,
    postgres_bin: PathBuf,
    folder: PathBuf,
    lengths: HashMap<String, i32>,
}

/// Which reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Equal rows, nothing else.
    P4,
    /// With counter and chain in SQL.
    P5,
    /// Four rows in tables made for them.
    Bare,
}

/// What came of a run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ran {
    /// Transactions per second.
    pub(crate) rate: f64,
    /// 99th percentile of their latencies, milliseconds.
    pub(crate) p99_ms: f64,
}

impl Form {
    const fn script(self) -> &'static str {
        match self {
            Self::P4 => "p4.sql",
            Self::P5 => "p5.sql",
            Self::Bare => "bare.sql",
        }
    }
}

impl Reference {
    /// Creates the database beside intake's, which holds exactly one registration, and writes the scripts. `url`
    /// gives the superuser's address of a database.
    pub(crate) async fn prepare(
        url: impl Fn(&str) -> String,
        intake: &str,
        postgres_bin: PathBuf,
        folder: &Path,
    ) -> Result<Self> {
        let mut connection = PgConnection::connect(&url("postgres")).await?;
        connection.execute("CREATE DATABASE reference").await?;
        connection.close().await?;
        let mut reference = Self {
            url: url("reference"),
            postgres_bin,
            folder: folder.to_owned(),
            lengths: HashMap::new(),
        };
        let schema = folder.join("intake.sql");
        let schema = schema.to_str().context("the folder's name is not UTF-8")?;
        let dump = [
            "--schema-only",
            "--no-owner",
            "--no-privileges",
            "--file",
            schema,
            intake,
        ];
        reference.tool("pg_dump", &dump).await?;
        reference
            .tool(
                "psql",
                &["-qX", "-v", "ON_ERROR_STOP=1", "-f", schema, &reference.url],
            )
            .await?;
        let mut connection = PgConnection::connect(&reference.url).await?;
        connection.execute(sqlx::raw_sql(TABLES)).await?;
        connection.close().await?;
        let mut connection = PgConnection::connect(intake).await?;
        let lengths: Vec<(String, i32)> = sqlx::query_as(LENGTHS).fetch_all(&mut connection).await?;
        connection.close().await?;
        reference.lengths = lengths.into_iter().collect();
        reference.write_scripts()?;
        Ok(reference)
    }

    /// Bytes of the long values of one registration, by name.
    pub(crate) const fn lengths(&self) -> &HashMap<String, i32> {
        &self.lengths
    }

    fn write_scripts(&self) -> Result<()> {
        for (form, script) in [(Form::P4, P4), (Form::P5, P5), (Form::Bare, BARE)] {
            let mut script = script.to_owned();
            for (name, bytes) in &self.lengths {
                script = script.replace(&format!("{{{name}}}"), &bytes.to_string());
            }
            std::fs::write(self.folder.join(form.script()), script)?;
        }
        Ok(())
    }

    /// Runs one for a time.
    pub(crate) async fn run(&self, form: Form, clients: usize, seconds: u64) -> Result<Ran> {
        let script = self.folder.join(form.script());
        let script = script.to_str().context("the folder's name is not UTF-8")?;
        let log = tempfile::tempdir_in(&self.folder)?;
        let prefix = log.path().join("transactions");
        let prefix = prefix.to_str().context("the folder's name is not UTF-8")?;
        let (clients, seconds) = (clients.to_string(), seconds.to_string());
        let prefix = format!("--log-prefix={prefix}");
        let text = self
            .tool(
                "pgbench",
                &[
                    "-n", "-M", "prepared", "-j", "2", "-c", &clients, "-T", &seconds, "-f", script, "--log",
                    &prefix, &self.url,
                ],
            )
            .await?;
        let line = text.lines().find(|line| line.starts_with("tps"));
        let rate = line
            .and_then(|line| line.split_whitespace().nth(2))
            .context("pgbench printed no rate")?;
        Ok(Ran {
            rate: rate.parse()?,
            p99_ms: p99_ms(log.path())?,
        })
    }

    async fn tool(&self, name: &str, arguments: &[&str]) -> Result<String> {
        let output = Command::new(self.postgres_bin.join(name))
            .args(arguments)
            .output()
            .await
            .with_context(|| format!("{name} could not be started"))?;
        if !output.status.success() {
            bail!("{name} failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// From pgbench's log of transactions: the third word of each line is a latency in microseconds.
fn p99_ms(folder: &Path) -> Result<f64> {
    let mut micros: Vec<f64> = Vec::new();
    for file in std::fs::read_dir(folder)? {
        for line in std::fs::read_to_string(file?.path())?.lines() {
            let latency = line
                .split_whitespace()
                .nth(2)
                .context("pgbench logged no latency")?;
            micros.push(latency.parse()?);
        }
    }
    micros.sort_by(f64::total_cmp);
    let latency = micros
        .get(micros.len() * 99 / 100)
        .context("pgbench logged nothing")?;
    Ok(latency / 1e3)
}

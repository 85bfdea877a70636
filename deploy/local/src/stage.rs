//! A private Postgres for the length of one command.

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use tokio::process::Command;

use crate::ports;
use crate::postgres::Postgres;
use crate::tools::{NATS_SERVER, Tools};

/// Tests read the superuser's connection URL here.
pub const TEST_POSTGRES_URL: &str = "XINQIAO_TEST_POSTGRES_URL";
/// Tests read the path of the `nats-server` binary here; each starts its own.
pub const TEST_NATS_SERVER: &str = "XINQIAO_TEST_NATS_SERVER";

/// Starts a Postgres on empty data, runs the command with both variables set, and deletes the data.
pub async fn run(command: &[String]) -> Result<ExitCode> {
    let Some((program, args)) = command.split_first() else {
        bail!("say what to run, for example: tests/stage cargo nextest run -p xinqiao-kernel");
    };
    let tools = Tools::from_environment();
    let folder = tempfile::Builder::new().prefix("xinqiao-stage-").tempdir()?;
    let postgres = Postgres::start(
        &tools,
        &folder.path().join("postgres"),
        &folder.path().join("postgres.log"),
        ports::free()?,
    )
    .await?;
    let status = Command::new(program)
        .args(args)
        .env(TEST_POSTGRES_URL, postgres.url("postgres"))
        .env(
            TEST_NATS_SERVER,
            tools
                .nats_server()
                .with_context(|| format!("{NATS_SERVER} is needed"))?,
        )
        .status()
        .await
        .with_context(|| format!("{program} could not be started"))?;
    postgres.stop().await?;
    Ok(status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from))
}

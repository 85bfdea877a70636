//! The launcher's program; `deploy/local/up` and `tests/stage` build and start it.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};
use xinqiao_chassis::digest::Line;
use xinqiao_local::{issuer::Issuer, people, reconcile, stage, tools::Tools, up};

#[derive(Parser)]
#[command(name = "xinqiao-local", about = "The platform on one machine 单机运行")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start everything and play the main journey.
    Up(up::Arguments),
    /// Print a token for one of the demo people.
    Token {
        /// Id or Chinese name, for example li-dengji or 李登记.
        person: String,
        /// Data folder of the platform; the one started last unless given.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
    /// Make a new key for the tokens; those signed before stay good until they expire.
    RotateIssuerKey {
        /// Data folder of the platform, which may run; the one started last unless given.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
    /// Compare what the five services hold of every case; prints one line per difference, normally none.
    Reconcile {
        /// Data folder of the platform, which may run; the one started last unless given.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// What each `xinqiao-<service> digest` printed, instead of a platform.
        #[arg(value_name = "FILE", conflicts_with = "data")]
        digests: Vec<PathBuf>,
    },
    /// Run a command with a private Postgres beside it.
    Stage {
        /// The command and its arguments.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        command: Vec<String>,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(CommandLine::parse().command).await {
        Ok(code) => code,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Up(arguments) => up::run(arguments).await.map(|()| ExitCode::SUCCESS),
        Command::Token { person, data } => print_token(&person, data).map(|()| ExitCode::SUCCESS),
        Command::RotateIssuerKey { data } => rotate_key(data).map(|()| ExitCode::SUCCESS),
        Command::Reconcile { data, digests } => compare(data, &digests).await,
        Command::Stage { command } => stage::run(&command).await,
    }
}

#[expect(clippy::print_stdout, reason = "the differences are what was asked for")]
async fn compare(data: Option<PathBuf>, digests: &[PathBuf]) -> Result<ExitCode> {
    let differences = if digests.is_empty() {
        reconcile::gather::differences(&Tools::from_environment(), &data_folder(data)?).await?
    } else {
        reconcile::reconcile(&lines(digests)?)
    };
    for difference in &differences {
        println!("{difference}");
    }
    Ok(if differences.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn lines(digests: &[PathBuf]) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for file in digests {
        let text =
            std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        lines.extend(reconcile::read(&text).with_context(|| format!("{} is no digest", file.display()))?);
    }
    Ok(lines)
}

/// The given folder, or that of the platform started last.
fn data_folder(given: Option<PathBuf>) -> Result<PathBuf> {
    let folder = match given {
        Some(folder) => folder,
        None => PathBuf::from(
            std::fs::read_to_string(up::running_file()?)
                .context("no platform was started; run deploy/local/up first")?,
        ),
    };
    Ok(std::path::absolute(folder)?)
}

#[expect(clippy::print_stdout, reason = "the token is what was asked for")]
fn print_token(wanted: &str, data: Option<PathBuf>) -> Result<()> {
    let person = people::find(wanted).with_context(|| {
        let known: Vec<&str> = people::PEOPLE.iter().map(|person| person.id).collect();
        format!("nobody is called {wanted}; there are {}", known.join(", "))
    })?;
    let data = data_folder(data)?;
    println!("{}", Issuer::reopen(&data.join("issuer"))?.token(person)?);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the new key is what was asked for")]
fn rotate_key(data: Option<PathBuf>) -> Result<()> {
    let key = Issuer::reopen(&data_folder(data)?.join("issuer"))?.rotate()?;
    println!(
        "{key} signs from now on; a service takes it at the first token, at most a minute after it last asked for keys"
    );
    Ok(())
}

fn report(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}

//! The commands of a service's binary.

use std::{
    io::{self, Write as _},
    process::ExitCode,
    time::Duration,
};

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use super::{Service, read, start};
use crate::{
    config::{MigrateSettings, Reader, Settings},
    database,
    lifecycle::{Ending, signalled},
    telemetry,
};

/// Time for the last signals to leave.
const FLUSH: Duration = Duration::from_secs(5);

#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service.
    Serve,
    /// Bring the database to the newest schema, as the owner role.
    Migrate,
    /// Print every setting with its default and the value in force; secrets are not shown.
    Config,
}

/// Runs the binary of a service: parses the command line, reads the settings, does what was asked.
pub async fn main<S>(service: Service<S>) -> ExitCode {
    let command = Cli::command()
        .name(service.name)
        .about(service.about)
        .after_help(settings_help(&service));
    let cli = match Cli::from_arg_matches(&command.get_matches()) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let done = match cli.command {
        Command::Serve => serve(&service).await,
        Command::Migrate => migrate(&service).await,
        Command::Config => config(&service),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{}: {error:#}", service.name);
            ExitCode::FAILURE
        }
    }
}

async fn serve<S>(service: &Service<S>) -> anyhow::Result<ExitCode> {
    let (settings, own) = environment(service)?;
    let telemetry = telemetry::init(service.name, &settings.telemetry)?;
    let started = start(service, settings, own).await;
    let code = match started {
        Ok(running) => match running.until(signalled(), signalled()).await {
            Ending::Clean => ExitCode::SUCCESS,
            ending => {
                tracing::error!(?ending, "stopped");
                ExitCode::FAILURE
            }
        },
        Err(error) => {
            tracing::error!(error = %format!("{error:#}"), "cannot start");
            ExitCode::FAILURE
        }
    };
    telemetry.shutdown(FLUSH).await;
    Ok(code)
}

async fn migrate<S>(service: &Service<S>) -> anyhow::Result<ExitCode> {
    let mut reader = Reader::from_environment();
    let settings = MigrateSettings::read(&mut reader);
    let settings = reader.finish(settings)?;
    database::migrate(&settings, service.migrator).await?;
    writeln!(io::stdout(), "{}: the schema is up to date", service.name)?;
    Ok(ExitCode::SUCCESS)
}

fn config<S>(service: &Service<S>) -> anyhow::Result<ExitCode> {
    let mut reader = Reader::from_environment();
    let all = read(service, &mut reader);
    write!(io::stdout(), "{}", reader.table(true))?;
    reader.finish(all)?;
    Ok(ExitCode::SUCCESS)
}

fn environment<S>(service: &Service<S>) -> anyhow::Result<(Settings, S)> {
    let mut reader = Reader::from_environment();
    let all = read(service, &mut reader);
    Ok(reader.finish(all)?)
}

fn settings_help<S>(service: &Service<S>) -> String {
    let mut reader = Reader::from_lookup(|_| None);
    read(service, &mut reader);
    MigrateSettings::read(&mut reader);
    format!("Settings (environment):\n{}", reader.table(false))
}

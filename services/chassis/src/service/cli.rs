//! The commands of a service's binary.

use std::{
    io::{self, Write as _},
    process::ExitCode,
    time::Duration,
};

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use time::{Date, macros::format_description};
use uuid::Uuid;

use super::{Service, keys, offline, read, start};
use crate::{
    bus::permissions,
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
    /// Publish again what was published since a day, for example after the message bus lost its store.
    Republish {
        /// First legal day, written YYYY-MM-DD.
        #[arg(long, value_parser = day)]
        since: Date,
    },
    /// Events that failed too often.
    Parked {
        #[command(subcommand)]
        command: Parked,
    },
    /// The audit chains.
    Audit {
        #[command(subcommand)]
        command: Audit,
    },
    /// The data keys of the districts, in the key book that all services share.
    Keys {
        #[command(subcommand)]
        command: keys::Keys,
    },
    /// Print what the service knows of every entity, as lines of JSON without content.
    Digest,
    /// Print the user this service needs on the message bus, as NATS configuration; the password is yours to set.
    BusUser,
    /// Print every setting with its default and the value in force; secrets are not shown.
    Config,
}

#[derive(Debug, Subcommand)]
enum Audit {
    /// Verify every row of every district, and the checkpoints in the object store; fails when anything is wrong, or
    /// rows should have been signed by now.
    Verify,
    /// Sign every chain up to its last row now, for example before a backup. Needs the audit key of the service.
    Checkpoint,
}

#[derive(Debug, Subcommand)]
enum Parked {
    /// Print them with their reasons, as lines of JSON.
    List,
    /// Let them wait for their turn again: one, or all.
    Replay {
        /// The event; all when left out.
        event_id: Option<Uuid>,
    },
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
        Command::Republish { since } => offline::republish(&service, since).await,
        Command::Parked {
            command: Parked::List,
        } => offline::list_parked(&service).await,
        Command::Parked {
            command: Parked::Replay { event_id },
        } => offline::replay(&service, event_id).await,
        Command::Audit {
            command: Audit::Verify,
        } => offline::verify_audit(&service).await,
        Command::Audit {
            command: Audit::Checkpoint,
        } => offline::sign_audit(&service).await,
        Command::Keys { command } => keys::run(&service, command).await,
        Command::Digest => offline::digest(&service).await,
        Command::BusUser => bus_user(service.name),
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

fn bus_user(service: &str) -> anyhow::Result<ExitCode> {
    let secret = format!("XINQIAO_{}_NATS_PASSWORD", service.to_ascii_uppercase());
    writeln!(
        io::stdout(),
        "{{ user: {service:?}, password: ${secret}, permissions: {} }}",
        permissions(service)
    )?;
    Ok(ExitCode::SUCCESS)
}

fn config<S>(service: &Service<S>) -> anyhow::Result<ExitCode> {
    let table = table(service, Reader::from_environment(), true);
    write!(io::stdout(), "{table}")?;
    // What only `migrate` needs may be missing where the service runs.
    environment(service)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn environment<S>(service: &Service<S>) -> anyhow::Result<(Settings, S)> {
    let mut reader = Reader::from_environment();
    let all = read(service, &mut reader);
    Ok(reader.finish(all)?)
}

fn day(text: &str) -> Result<Date, String> {
    Date::parse(text, format_description!("[year]-[month]-[day]"))
        .map_err(|_| "must be a day written YYYY-MM-DD".to_owned())
}

fn settings_help<S>(service: &Service<S>) -> String {
    let table = table(service, Reader::from_lookup(|_| None), false);
    format!("Settings (environment):\n{table}")
}

/// Every setting that any command reads.
fn table<S>(service: &Service<S>, mut reader: Reader, values: bool) -> String {
    read(service, &mut reader);
    MigrateSettings::read(&mut reader);
    reader.table(values)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use sqlx::migrate::Migrator;

    use super::*;

    static NO_TABLES: LazyLock<Migrator> = LazyLock::new(|| Migrator::with_migrations(Vec::new()));

    #[test]
    fn the_table_names_also_what_only_migrate_reads() {
        let service = Service {
            name: "nothing",
            about: "does nothing",
            migrator: &NO_TABLES,
            rights: &[],
            open: &[],
            sealed: &[],
            settings: |_| (),
            build: |_, ()| anyhow::bail!("nothing is never built"),
        };
        for values in [true, false] {
            let table = table(&service, Reader::from_lookup(|_| None), values);
            assert!(table.contains("XINQIAO_OWNER_DATABASE_URL"), "{table}");
        }
    }
}

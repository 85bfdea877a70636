//! How fast petition texts are searched while they are encrypted, by gRPC, against a `LIKE '%…%'` scan of the same texts
//! in clear in the same database.

mod load;
mod measure;
mod texts;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "bench-search")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Loads the texts and runs the whole comparison.
    Measure(measure::Arguments),
}

/// One thread: the client shares the machine with what it measures.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let Command::Measure(arguments) = CommandLine::parse().command;
    measure::run(arguments).await
}

//! How fast petitions are registered, end to end by gRPC, against the same rows inserted by pgbench.
//!
//! `measure` runs everything in alternating rounds; `load` is the client, a process of its own.

mod costs;
mod log;
mod measure;
mod reference;
mod truth;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use xinqiao_tests::load;

#[derive(Parser)]
#[command(name = "bench-registration")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the whole comparison.
    Measure(measure::Arguments),
    /// Registers petitions in a closed loop and prints what came of it as JSON.
    Load(load::Arguments),
}

/// One thread: the client shares the machine with what it measures.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    match CommandLine::parse().command {
        Command::Measure(arguments) => measure::run(arguments).await,
        Command::Load(arguments) => load::print(arguments).await.map(|()| ExitCode::SUCCESS),
    }
}

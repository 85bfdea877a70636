//! How much slower a booking by gRPC is than a bare insert under a partial unique index, when fifty clients fight for a
//! hundred places, cancel and move.
//!
//! Both sides do the same with the same number of clients, in turns. While they do, somebody counts who holds a place; at
//! the end every place is held, once.

mod counter;
mod measure;
mod truth;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "bench-booking")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the whole comparison.
    Measure(measure::Arguments),
}

/// One thread: the clients share the machine with what they measure.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let Command::Measure(arguments) = CommandLine::parse().command;
    measure::run(arguments).await
}

//! How much slower one district's registrations are while another district floods, than without the flood.
//!
//! Each round has a run in which both districts are steady and one in which one of them sends as much as it can from
//! twenty times as many callers. What is compared is the latency of the district that stays steady.

mod measure;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use xinqiao_tests::load;

#[derive(Parser)]
#[command(name = "bench-fairness")]
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

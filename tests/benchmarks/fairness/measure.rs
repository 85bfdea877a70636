//! The comparison: alternating runs, medians, one ratio.
#![expect(clippy::print_stdout, reason = "a benchmark reports to a person")]

use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use time::macros::date;
use xinqiao_local::{people, platform::Platform};
use xinqiao_tests::fleet::Fleet;
use xinqiao_tests::load::{self, Outcome};
use xinqiao_tests::sizes::Sizes;

/// Latency of the steady district under the flood over its normal one, 99th percentile.
const BOUND: f64 = 2.0;
/// Callers of a steady district.
const STEADY_CALLERS: usize = 4;
/// Rest of a caller after each answer.
const PAUSE_MS: u64 = 50;
/// Callers of the flood: twenty times the rate of a steady district, as long as the service keeps up.
const FLOOD_CALLERS: usize = 20 * STEADY_CALLERS;

/// What the command line says; otherwise `tests/sizes.yaml`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Alternating rounds.
    #[arg(long)]
    rounds: Option<usize>,
    /// Length of each run, in seconds.
    #[arg(long)]
    seconds: Option<u64>,
    /// A setting of the service, NAME=VALUE, to see what it changes.
    #[arg(long = "set", value_parser = setting)]
    settings: Vec<(&'static str, String)>,
}

/// The steady district in one round.
#[derive(Debug)]
struct Round {
    normal: Outcome,
    flooded: Outcome,
}

/// Runs everything, prints it, and fails above the bound.
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode> {
    let sizes = Sizes::in_force();
    let rounds = arguments.rounds.unwrap_or(sizes.fairness_rounds);
    let seconds = arguments.seconds.unwrap_or(sizes.fairness_seconds);
    ensure!(rounds > 0, "at least one round");
    let fleet = Fleet::start_with(date!(2026 - 03 - 03), move |mut options| {
        options.services = vec!["intake"];
        options.trace_ratio = 0.05;
        options.settings.extend(arguments.settings);
        options
    })
    .await?;
    let intake = fleet.platform.address("intake")?;
    let flooding = token(&fleet.platform, "li-dengji")?;
    let steady = token(&fleet.platform, "wu-dengji")?;
    for token in [&flooding, &steady] {
        load::once(intake.clone(), token).await?;
    }
    let mut measured = Vec::new();
    for number in 1..=rounds {
        println!("round {number} of {rounds}");
        let beside = |callers| side_by_side(&intake, (&flooding, &steady), callers, seconds);
        let normal = beside(STEADY_CALLERS).await?;
        let flooded = beside(FLOOD_CALLERS).await?;
        measured.push(Round { normal, flooded });
    }
    fleet.end().await?;
    Ok(judge(&measured))
}

/// Both districts at once: what came of the steady one.
async fn side_by_side(
    intake: &str,
    (other, steady): (&str, &str),
    callers: usize,
    seconds: u64,
) -> Result<Outcome> {
    let other = load::client(intake, other, callers, seconds, PAUSE_MS)?;
    let steady = load::client(intake, steady, STEADY_CALLERS, seconds, PAUSE_MS)?;
    let (other, steady) = tokio::try_join!(load::outcome(other), load::outcome(steady))?;
    println!(
        "  beside {callers:>3} callers {:>6.0} /s, {} refused: {:>4.0} /s  p50 {:>6.1} ms  p99 {:>6.1} ms",
        other.rate, other.failed, steady.rate, steady.p50_ms, steady.p99_ms
    );
    ensure!(
        steady.failed == 0,
        "{} registrations of the steady district failed",
        steady.failed
    );
    Ok(steady)
}

/// Each ratio is the median of what its rounds gave: only runs side by side compare, the machine drifts.
fn judge(rounds: &[Round]) -> ExitCode {
    let ratio =
        |of: fn(&Outcome) -> f64| median(rounds.iter().map(|round| of(&round.flooded) / of(&round.normal)));
    let p99 = ratio(|outcome| outcome.p99_ms);
    println!(
        "medians of the rounds, under the flood over normal: p50 {:.2}, p99 {p99:.2}",
        ratio(|outcome| outcome.p50_ms)
    );
    println!("fairness ratio {p99:.2} bound {BOUND:.2}");
    if p99 < BOUND {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn token(platform: &Platform, person: &str) -> Result<String> {
    let clerk = people::find(person).with_context(|| format!("the demo clerk {person} is gone"))?;
    platform.issuer.token(clerk)
}

/// The names live as long as the process.
fn setting(text: &str) -> Result<(&'static str, String)> {
    let (name, value) = text.split_once('=').context("must be NAME=VALUE")?;
    Ok((&*name.to_owned().leak(), value.to_owned()))
}

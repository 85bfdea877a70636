//! The client of the benchmarks: a closed loop of registrations over a few connections.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tonic::transport::Endpoint;
use xinqiao_chassis::random;
use xinqiao_local::clients::{Bearer, Signed};
use xinqiao_proto::event::Purpose;
use xinqiao_proto::intake::{
    IdType, PetitionerInput, PetitionerKind, PreferredChannel, RegisterVisitRequest, SubmissionInput,
    registration_service_client::RegistrationServiceClient,
};

/// The clerk's token comes by environment: it is a secret.
const TOKEN: &str = "XINQIAO_BENCH_TOKEN";
/// Connections all callers share.
const CONNECTIONS: usize = 2;
/// Characters of each petition.
const CONTENT_CHARACTERS: usize = 300;

/// Latencies above are counted as this, in microseconds.
const LATENCY_MAX_MICROS: u64 = 60_000_000;

/// What the client is told.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Address of intake.
    #[arg(long)]
    url: String,
    /// Callers at once.
    #[arg(long)]
    callers: usize,
    /// Length of the run, in seconds.
    #[arg(long)]
    seconds: u64,
    /// Rest of each caller after an answer, in milliseconds.
    #[arg(long, default_value_t = 0)]
    pause_ms: u64,
}

/// What came of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// Registrations answered OK.
    pub answered: u64,
    /// Registrations refused or lost.
    pub failed: u64,
    /// Answers per second.
    pub rate: f64,
    /// Median latency, milliseconds.
    pub p50_ms: f64,
    /// 99th percentile, milliseconds.
    pub p99_ms: f64,
}

/// Runs the load.
async fn run(arguments: Arguments) -> Result<Outcome> {
    let endpoint = Endpoint::from_shared(arguments.url)?.tcp_nodelay(true);
    let mut channels = Vec::new();
    for _ in 0..CONNECTIONS.min(arguments.callers) {
        channels.push(endpoint.connect().await.context("intake could not be reached")?);
    }
    let bearer = Bearer::new(&std::env::var(TOKEN).with_context(|| format!("{TOKEN} holds no token"))?)?;
    let pause = Duration::from_millis(arguments.pause_ms);
    let began = Instant::now();
    let ends = began + Duration::from_secs(arguments.seconds);
    let mut callers = JoinSet::new();
    for caller in 0..arguments.callers {
        let client = RegistrationServiceClient::with_interceptor(
            channels[caller % channels.len()].clone(),
            bearer.clone(),
        );
        callers.spawn(call(client, ends, pause));
    }
    let mut latencies = Histogram::<u64>::new_with_bounds(1, LATENCY_MAX_MICROS, 3)?;
    let mut failed = 0;
    while let Some(done) = callers.join_next().await {
        let (own, lost) = done?;
        for micros in own {
            latencies.saturating_record(micros);
        }
        failed += lost;
    }
    let answered = latencies.len();
    let millis =
        |quantile| f64::from(u32::try_from(latencies.value_at_quantile(quantile)).unwrap_or(u32::MAX)) / 1e3;
    Ok(Outcome {
        answered,
        failed,
        rate: f64::from(u32::try_from(answered)?) / began.elapsed().as_secs_f64(),
        p50_ms: millis(0.5),
        p99_ms: millis(0.99),
    })
}

/// Runs the load and prints the outcome, for [`outcome`] of the process that started this one.
#[expect(
    clippy::print_stdout,
    reason = "the outcome is read by the process that started this one"
)]
pub async fn print(arguments: Arguments) -> Result<()> {
    println!("{}", serde_json::to_string(&run(arguments).await?)?);
    Ok(())
}

/// Starts the running benchmark once more as a client: its own process, so that what it measures is not its own
/// work. The benchmark has a subcommand `load` that calls [`print()`].
pub fn client(url: &str, token: &str, callers: usize, seconds: u64, pause_ms: u64) -> Result<Child> {
    let client = Command::new(std::env::current_exe()?)
        .args(["load", "--url", url])
        .args(["--callers", &callers.to_string()])
        .args(["--seconds", &seconds.to_string()])
        .args(["--pause-ms", &pause_ms.to_string()])
        .env(TOKEN, token)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    Ok(client)
}

/// Waits for a client and takes what it printed.
pub async fn outcome(client: Child) -> Result<Outcome> {
    let output = client.wait_with_output().await?;
    ensure!(output.status.success(), "the client failed");
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Registers one petition.
pub async fn once(url: String, token: &str) -> Result<()> {
    let channel = Endpoint::from_shared(url)?.connect().await?;
    let mut client = RegistrationServiceClient::with_interceptor(channel, Bearer::new(token)?);
    client.register_visit(request(&template())).await?;
    Ok(())
}

/// One caller until the time is over: latencies in microseconds, and how many calls failed.
async fn call(
    mut client: RegistrationServiceClient<Signed>,
    ends: Instant,
    pause: Duration,
) -> (Vec<u64>, u64) {
    let mut failed = 0;
    let mut latencies = Vec::new();
    let template = template();
    while Instant::now() < ends {
        let request = request(&template);
        let sent = Instant::now();
        match client.register_visit(request).await {
            Ok(_) => {
                let micros = u64::try_from(sent.elapsed().as_micros()).unwrap_or(u64::MAX);
                latencies.push(micros);
            }
            Err(_) => failed += 1,
        }
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }
    (latencies, failed)
}

fn request(template: &RegisterVisitRequest) -> RegisterVisitRequest {
    RegisterVisitRequest {
        request_id: random::new_id().to_string(),
        ..template.clone()
    }
}

fn template() -> RegisterVisitRequest {
    RegisterVisitRequest {
        submission: Some(SubmissionInput {
            petitioners: vec![PetitionerInput {
                kind: PetitionerKind::Person.into(),
                name: "测试甲".to_owned(),
                id_type: IdType::ResidentId.into(),
                id_no: "11010519491231002X".to_owned(),
                mobile: "19900000001".to_owned(),
                addr_detail: "新风路演示小区3号楼2单元501室".to_owned(),
                preferred_channel: PreferredChannel::Person.into(),
                ..PetitionerInput::default()
            }],
            visit_count: 1,
            affected_count: 1,
            title: "外墙改造后房屋漏雨".to_owned(),
            content: "漏".repeat(CONTENT_CHARACTERS),
            requests: vec!["请查清漏雨原因并把外墙修好".to_owned()],
            purpose: Purpose::Appeal.into(),
            oral: true,
            oral_readback: true,
            ..SubmissionInput::default()
        }),
        ..RegisterVisitRequest::default()
    }
}

//! `up`: starts the platform, loads the demo districts, plays the main journey, stays until Ctrl-C.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use time::{Date, OffsetDateTime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use xinqiao_kernel::{calendar::Calendar, local};
use xinqiao_proto::scheduling::ReceptionDay;

use crate::databases::SERVICES;
use crate::journey::schedule::{Day, Schedule};
use crate::journey::script::Script;
use crate::journey::{Cast, Journey, masters, verdict};
use crate::people::{DISTRICT_A, DISTRICT_B, PEOPLE};
use crate::platform::{Options, Platform};
use crate::tools::Tools;
use crate::{folder, ports, process};

/// The first journey is received on Tuesday 2026-03-03; the office prepares from here.
const FIRST_MORNING: Date = time::macros::date!(2026 - 02 - 24);
/// How often a part that died is noticed while the platform stays up.
const WATCH: Duration = Duration::from_secs(1);

/// What the command line says.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// End after the journey; fail when anything in it was wrong.
    #[arg(long)]
    pub once: bool,
    /// Keep everything in this folder; without it nothing is kept.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Forget what the folder given by --data holds.
    #[arg(long, requires = "data")]
    pub reset: bool,
    /// Use a row of eight ports from here on instead of free ones.
    #[arg(long, value_name = "PORT", value_parser = ports::first_of_row)]
    pub first_port: Option<u16>,
    /// Send traces, metrics and logs there, for example `http://127.0.0.1:4317`.
    #[arg(long, value_name = "URL")]
    pub otlp: Option<String>,
    /// Let a login lead back to this address; those of this machine need no permission.
    #[arg(long, value_name = "URL")]
    pub redirect_uri: Vec<String>,
    /// Services and callers show each other certificates, and only listed programs may call.
    #[arg(long)]
    pub mutual_tls: bool,
}

/// Runs until the journey is over, or until Ctrl-C.
pub async fn run(arguments: Arguments) -> Result<()> {
    let temporary;
    let data = if let Some(folder) = &arguments.data {
        std::path::absolute(folder)?
    } else {
        temporary = tempfile::Builder::new().prefix("xinqiao-").tempdir()?;
        temporary.path().to_owned()
    };
    let _lock = folder::take(&data, arguments.reset)?;
    open_to_postgres(&data)?;
    remember_running(&data)?;
    let once = arguments.once;
    let options = options(arguments, data);
    let mut stop = Stop::listen()?;
    say("servers and services start");
    let mut platform = tokio::select! {
        started = Platform::start(Tools::from_environment(), options, &|step| say(step)) => started?,
        () = stop.asked() => return interrupted(once),
    };
    let outcome = tokio::select! {
        outcome = present(&mut platform, once) => {
            say("everything stops");
            outcome
        }
        () = stop.asked() => interrupted(once),
    };
    process::together([outcome, platform.stop().await])
}

fn options(arguments: Arguments, data: PathBuf) -> Options {
    let start_at = local::start_of_day(FIRST_MORNING) + time::Duration::hours(8);
    Options {
        first_port: arguments.first_port,
        otlp_endpoint: arguments.otlp,
        redirect_uris: arguments.redirect_uri,
        mutual_tls: arguments.mutual_tls,
        ..Options::new(data, start_at)
    }
}

/// Ctrl-C, or the signal by which a machine that shuts down asks.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    fn listen() -> Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => (),
            _ = self.terminate.recv() => (),
        }
        say("everything stops");
    }
}

/// To be stopped is the ordinary end, but not of a journey that was to be judged.
fn interrupted(once: bool) -> Result<()> {
    if once {
        bail!("stopped before the journey was over");
    }
    Ok(())
}

async fn present(platform: &mut Platform, once: bool) -> Result<()> {
    play(platform).await?;
    if once {
        return Ok(());
    }
    print_welcome(platform)?;
    loop {
        tokio::time::sleep(WATCH).await;
        platform.check()?;
    }
}

/// Plays the main journey on the next reception day and judges it.
async fn play(platform: &Platform) -> Result<()> {
    let calendar = Calendar::national();
    let today = local::local_date(platform.legal_time()?);
    say("demo districts are loaded: units, leaders, roster");
    for district in [DISTRICT_A, DISTRICT_B] {
        masters::load(platform, district, today.year()).await?;
    }
    let cast = Cast::of_district_a(platform)?;
    let session = masters::next_session(&cast.clerk, cast.leader_id, today).await?;
    let schedule = Schedule::from(date_of(&session)?, &calendar);
    say(&format!(
        "the main journey is played; the petitioner comes on {}",
        session.day
    ));
    let mut journey = Journey::new(
        &cast,
        Script::demo(),
        schedule.clone(),
        session.reception_day_id.clone(),
    );
    for (day, begins) in schedule.days() {
        platform.move_on(begins).await?;
        if day == Day::Reception {
            masters::open(&cast.clerk, &session).await?;
        }
        journey
            .act(day)
            .await
            .with_context(|| format!("on the day of {day:?}, {}", local::local_date(begins)))?;
    }
    let verdict = verdict::conclude(platform, &cast, &journey, &calendar).await?;
    show(verdict.text());
    if verdict.wrong().is_empty() {
        say("every date was met, every clock stopped, the package is valid and final");
        Ok(())
    } else {
        bail!("the journey went wrong:\n{}", verdict.wrong().join("\n"))
    }
}

fn date_of(session: &ReceptionDay) -> Result<Date> {
    verdict::date(&session.day).context("scheduling gave a day that is no date")
}

/// Postgres runs as another user when we are root: it must be able to walk through to its own folder.
fn open_to_postgres(data: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    if nix::unistd::geteuid().is_root() {
        std::fs::set_permissions(data, std::fs::Permissions::from_mode(0o711))?;
    }
    Ok(())
}

/// `token` and `reconcile` find the running platform by this.
fn remember_running(data: &Path) -> Result<()> {
    let file = running_file()?;
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    Ok(std::fs::write(file, data.display().to_string())?)
}

/// Where the data folder of the platform started last is written down.
pub fn running_file() -> Result<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .context("neither XDG_CACHE_HOME nor HOME is set")?;
    Ok(cache.join("xinqiao/running"))
}

#[expect(clippy::print_stdout, reason = "the launcher talks to a person")]
fn say(line: &str) {
    println!("· {line}");
}

#[expect(clippy::print_stdout, reason = "the launcher talks to a person")]
fn show(text: &str) {
    print!("{text}");
}

#[expect(clippy::print_stdout, reason = "the launcher talks to a person")]
fn print_welcome(platform: &Platform) -> Result<()> {
    let now: OffsetDateTime = platform.legal_time()?;
    println!(
        "\nThe platform runs. Legal time is {} and stands still until the next journey. 法定时间",
        local::local_date(now)
    );
    println!("Data: {}", platform.data().display());
    for service in SERVICES {
        let address = platform.address(service)?;
        let (_, place) = address.split_once("://").unwrap_or_default();
        println!("  {service:<12} {place}");
    }
    println!("  {:<12} {} (OpenID 登录)", "issuer", platform.issuer.name());
    println!("\nPeople 人员 (deploy/local/up token PERSON):");
    for person in PEOPLE {
        println!(
            "  {:<16} {} {} {}",
            person.id,
            person.district,
            person.roles.join(","),
            person.name
        );
    }
    println!("\nTry, in another terminal (buf is the npm package @bufbuild/buf):");
    let intake = platform.address("intake")?;
    let buf = format!("buf curl --protocol grpc {}", connecting(platform));
    println!("  TOKEN=$(deploy/local/up token li-dengji)");
    println!(
        "  {buf} -H \"Authorization: Bearer $TOKEN\" -d '{{}}' {intake}/xinqiao.intake.v1.CaseService/ListRegister"
    );
    println!("  {buf} --list-methods {intake}");
    println!("\nCtrl-C stops everything.");
    Ok(())
}

/// How `buf curl` connects: as the operator's tool where certificates are asked for.
fn connecting(platform: &Platform) -> String {
    platform.tls().map_or_else(
        || "--http2-prior-knowledge".to_owned(),
        |tls| {
            let (certificate, key) = tls.operator_files();
            format!(
                "--cacert {} --cert {} --key {}",
                tls.authority_file().display(),
                certificate.display(),
                key.display()
            )
        },
    )
}

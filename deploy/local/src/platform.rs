//! The whole platform on one machine: servers, issuer, clock, keys and the five service processes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::Signal;
use time::OffsetDateTime;
use tokio::task::JoinHandle;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use xinqiao_chassis::audit::KeyPem;
use xinqiao_chassis::clock::{self, LegalClock};
use xinqiao_chassis::config::{ClockSettings, Profile};
use xinqiao_chassis::seal::{BookFile, FileKeks};
use xinqiao_kernel::district::DistrictCode;

use crate::databases::{Databases, SERVICES};
use crate::issuer::{AUDIENCE, Issuer, write_secret};
use crate::nats::Nats;
use crate::people::{DISTRICT_A, DISTRICT_B};
use crate::ports;
use crate::postgres::Postgres;
use crate::process::{self, Program, Running};
use crate::tls::Tls;
use crate::tools::Tools;

/// A debug build on two busy cores may take this long to answer its first health check.
const START_LIMIT: Duration = Duration::from_mins(1);
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// What may differ from one start to the next.
#[derive(Debug, Clone)]
pub struct Options {
    /// Everything that is kept lies here.
    pub data: PathBuf,
    /// First port of a row for issuer, Postgres, NATS and the five services; chosen free when `None`.
    pub first_port: Option<u16>,
    /// Legal time at the first start; a kept clock that is later wins.
    pub start_at: OffsetDateTime,
    /// Where signals go over OTLP; off when `None`.
    pub otlp_endpoint: Option<String>,
    /// Share of calls that are traced, 0 to 1.
    pub trace_ratio: f64,
    /// Which services run; the benchmark runs one.
    pub services: Vec<&'static str>,
    /// Addresses beside those of this machine to which a login may lead back.
    pub redirect_uris: Vec<String>,
    /// Services and callers show each other certificates, and only listed programs may call.
    pub mutual_tls: bool,
    /// Further settings of every service.
    pub settings: Vec<(&'static str, String)>,
}

impl Options {
    /// All five services, every call traced, ports chosen free.
    pub fn new(data: PathBuf, start_at: OffsetDateTime) -> Self {
        Self {
            data,
            first_port: None,
            start_at,
            otlp_endpoint: None,
            trace_ratio: 1.0,
            services: SERVICES.to_vec(),
            redirect_uris: Vec::new(),
            mutual_tls: false,
            settings: Vec::new(),
        }
    }
}

/// The running platform.
#[derive(Debug)]
pub struct Platform {
    // What runs, in the order in which it stops when the platform is dropped.
    running: BTreeMap<&'static str, Running>,
    /// The private NATS.
    pub nats: Nats,
    /// The private Postgres with its databases.
    pub postgres: Postgres,
    options: Options,
    tools: Tools,
    /// Signs tokens.
    pub issuer: Issuer,
    issuer_task: JoinHandle<()>,
    databases: Databases,
    ports: BTreeMap<&'static str, u16>,
    tls: Option<Tls>,
}

impl Platform {
    /// Starts everything and returns when every service answers that it is serving. `say` hears the progress. When it
    /// fails or is dropped before, what runs already stops in order.
    pub async fn start(tools: Tools, options: Options, say: &(dyn Fn(&str) + Sync)) -> Result<Self> {
        let data = &options.data;
        std::fs::create_dir_all(data)?;
        let mut row = options.first_port.map(ports::row).transpose()?;
        let mut port = || match row.as_mut() {
            Some(row) => row.next().context("there are more parts than ports in the row"),
            None => ports::free(),
        };
        let issuer =
            Issuer::open(&data.join("issuer"), port()?)?.leading_back_to(options.redirect_uris.clone())?;
        let issuer_task = issuer.serve().await?;
        set_clock(data, options.start_at)?;
        prepare_keys(data).await?;
        prepare_audit_keys(data)?;
        let tls = options.mutual_tls.then(|| Tls::prepare(data)).transpose()?;
        say("Postgres starts");
        let postgres = Postgres::start(
            &tools,
            &data.join("postgres"),
            &data.join("logs/postgres.log"),
            port()?,
        )
        .await?;
        let databases = Databases::prepare(&postgres, data).await?;
        say("NATS starts");
        let nats = Nats::start(&tools, &data.join("nats"), &data.join("logs/nats.log"), port()?).await?;
        let ports = options
            .services
            .iter()
            .map(|name| Ok((*name, port()?)))
            .collect::<Result<_>>()?;
        let mut platform = Self {
            running: BTreeMap::new(),
            nats,
            postgres,
            options,
            tools,
            issuer,
            issuer_task,
            databases,
            ports,
            tls,
        };
        for name in platform.options.services.clone() {
            say(&format!("{name}: migrations"));
            platform.migrate(name).await?;
        }
        for name in platform.options.services.clone() {
            say(&format!("{name} starts"));
            platform.launch(name)?;
        }
        for name in platform.options.services.clone() {
            platform.wait_serving(name).await?;
        }
        Ok(platform)
    }

    /// Where a service listens.
    pub fn address(&self, service: &str) -> Result<String> {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        Ok(format!("{scheme}://127.0.0.1:{}", self.port(service)?))
    }

    fn port(&self, service: &str) -> Result<u16> {
        let port = self.ports.get(service).copied();
        port.with_context(|| format!("{service} is not part of this platform"))
    }

    /// A connection to a service, made when first used; with mutual TLS it is the portal's.
    pub fn channel(&self, service: &str) -> Result<Channel> {
        self.channel_with(service, self.tls.as_ref().map(Tls::portal))
    }

    /// The same with certificates of one's own choice.
    pub fn channel_with(&self, service: &str, tls: Option<ClientTlsConfig>) -> Result<Channel> {
        let endpoint = Endpoint::from_shared(self.address(service)?)?.timeout(Duration::from_mins(1));
        let endpoint = match tls {
            Some(tls) => endpoint.tls_config(tls)?,
            None => endpoint,
        };
        Ok(endpoint.connect_lazy())
    }

    /// The certificates, with mutual TLS.
    pub fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// The folder that holds everything kept.
    pub fn data(&self) -> &Path {
        &self.options.data
    }

    /// Legal time now.
    pub fn legal_time(&self) -> Result<OffsetDateTime> {
        Ok(legal_clock(&self.options.data)?.now())
    }

    /// Moves legal time forward for every process at once; refuses to go back.
    pub fn set_legal_time(&self, instant: OffsetDateTime) -> Result<()> {
        Ok(clock::advance(&clock_file(&self.options.data), instant)?)
    }

    /// Ends a service as a power cut would.
    pub async fn kill_hard(&mut self, service: &'static str) -> Result<()> {
        match self.running.get_mut(service) {
            Some(running) => running.kill_hard().await,
            None => bail!("{service} does not run"),
        }
    }

    /// Starts a service again, after it was killed.
    pub async fn restart(&mut self, service: &'static str) -> Result<()> {
        self.launch(service)?;
        self.wait_serving(service).await
    }

    /// Stops one service in order.
    pub async fn stop_service(&mut self, service: &'static str) -> Result<()> {
        match self.running.remove(service) {
            Some(running) => running.stop(STOP_LIMIT).await.map(drop),
            None => bail!("{service} does not run"),
        }
    }

    /// Runs a subcommand of a service against its database and returns what it printed.
    pub async fn run(&self, service: &'static str, args: &[&str]) -> Result<String> {
        let output = tokio::process::Command::new(self.tools.service(service)?)
            .args(args)
            .envs(self.environment(service)?)
            .kill_on_drop(true)
            .output()
            .await?;
        if output.status.success() {
            Ok(String::from_utf8(output.stdout)?)
        } else {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!(
                "{service} {} ended with {}: {said}",
                args.join(" "),
                output.status
            )
        }
    }

    /// Fails with the end of its log when any process has died.
    pub fn check(&mut self) -> Result<()> {
        self.postgres.check()?;
        self.nats.check()?;
        self.running.values_mut().try_for_each(Running::check)
    }

    /// The superuser's connection URL of a service's database, for tests that look underneath.
    pub fn database_url(&self, service: &str) -> String {
        self.postgres.url(&Databases::name(service))
    }

    /// Stops everything in order: services first, then what they stand on. What fails to stop keeps nothing else from it.
    pub async fn stop(self) -> Result<()> {
        let services = process::stop_each(self.running.into_values(), STOP_LIMIT).await;
        let nats = self.nats.stop().await;
        let postgres = self.postgres.stop().await;
        self.issuer_task.abort();
        process::together([services, nats, postgres])
    }

    async fn migrate(&self, service: &'static str) -> Result<()> {
        let migrated = self.run(service, &["migrate"]).await;
        migrated.map(drop).map_err(|error| {
            anyhow::anyhow!(
                "{error:#}\nwhat to do: build all services from one source tree; a folder of a newer one needs --reset"
            )
        })
    }

    fn launch(&mut self, service: &'static str) -> Result<()> {
        let running = Running::start(Program {
            name: service,
            binary: &self.tools.service(service)?,
            args: vec!["serve".to_owned()],
            env: self.environment(service)?,
            user: None,
            log: self.options.data.join(format!("logs/{service}.log")),
            stop_signal: Signal::SIGTERM,
        })?;
        self.running.insert(service, running);
        Ok(())
    }

    async fn wait_serving(&mut self, service: &'static str) -> Result<()> {
        let channel = self.channel(service)?;
        let running = self
            .running
            .get_mut(service)
            .with_context(|| format!("{service} does not run"))?;
        running.wait_until(START_LIMIT, || serving(channel.clone())).await
    }

    fn environment(&self, service: &'static str) -> Result<Vec<(String, String)>> {
        let mut environment: Vec<(String, String)> = [
            ("XINQIAO_LISTEN", format!("127.0.0.1:{}", self.port(service)?)),
            ("XINQIAO_DATABASE_URL", self.databases.app_url(service)?),
            ("XINQIAO_OWNER_DATABASE_URL", self.databases.owner_url(service)?),
            ("XINQIAO_NATS_URL", self.nats.url()),
            ("XINQIAO_NATS_PASSWORD", self.nats.password(service)?.to_owned()),
            ("XINQIAO_TOKEN_ISSUER", self.issuer.name()),
            ("XINQIAO_TOKEN_AUDIENCE", AUDIENCE.to_owned()),
            ("XINQIAO_TRACE_RATIO", self.options.trace_ratio.to_string()),
        ]
        .into_iter()
        .chain(settings_of(&self.options.data, service))
        .chain(self.tls.iter().flat_map(|tls| tls.settings(service)))
        .chain(self.options.settings.clone())
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        if let Some(endpoint) = &self.options.otlp_endpoint {
            environment.push(("OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(), endpoint.clone()));
        }
        Ok(environment)
    }
}

/// The settings of a service that follow from the data folder alone.
pub(crate) fn settings_of(data: &Path, service: &str) -> [(&'static str, String); 11] {
    let path = |inside: &str| data.join(inside).display().to_string();
    let (audit_key, audit_public_keys) = audit_keys(data, service);
    [
        ("XINQIAO_PROFILE", "evaluation".to_owned()),
        ("XINQIAO_KEY_BOOK_FILE", path(KEY_BOOK)),
        ("XINQIAO_KEK_FILE", path(KEK)),
        ("XINQIAO_AUDIT_KEY_FILE", audit_key.display().to_string()),
        (
            "XINQIAO_AUDIT_PUBLIC_KEYS_FILE",
            audit_public_keys.display().to_string(),
        ),
        ("XINQIAO_CLOCK", format!("file:{}", clock_file(data).display())),
        ("XINQIAO_DISTRICTS_DIR", districts_folder().display().to_string()),
        ("XINQIAO_OBJECT_STORE_DIR", path("objects")),
        ("XINQIAO_ARCHIVE_DIR", path("archive")),
        ("XINQIAO_NOTICE_SMS", "log".to_owned()),
        ("XINQIAO_NOTICE_EMAIL", "log".to_owned()),
    ]
}

pub(crate) const KEY_BOOK: &str = "keybook.json";
const KEK: &str = "kek.json";

fn clock_file(data: &Path) -> PathBuf {
    data.join("clock")
}

fn legal_clock(data: &Path) -> Result<LegalClock> {
    Ok(LegalClock::from_settings(
        &ClockSettings::File(clock_file(data)),
        Profile::Evaluation,
    )?)
}

/// The clock is kept with the data and never goes back: a kept time that is later stays.
fn set_clock(data: &Path, start_at: OffsetDateTime) -> Result<()> {
    let file = clock_file(data);
    let kept = if file.exists() {
        legal_clock(data)?.now()
    } else {
        start_at
    };
    Ok(clock::advance(&file, kept.max(start_at))?)
}

/// The key book, and beside it the keys that wrap what is in it.
async fn prepare_keys(data: &Path) -> Result<()> {
    let book = BookFile::new(data.join(KEY_BOOK));
    if book.path().exists() {
        return Ok(());
    }
    let districts = [DISTRICT_A, DISTRICT_B]
        .into_iter()
        .map(|code| {
            code.parse::<DistrictCode>()
                .context("a demo district has a wrong code")
        })
        .collect::<Result<Vec<_>>>()?;
    let kek = data.join(KEK);
    write_secret(&kek, FileKeks::generate().as_bytes())?;
    Ok(book.create(&kek, &districts).await?)
}

/// The key that signs a service's audit chain, and the public keys that verify it.
fn audit_keys(data: &Path, service: &str) -> (PathBuf, PathBuf) {
    let folder = data.join("audit-keys");
    (
        folder.join(format!("{service}.pem")),
        folder.join(format!("{service}-public.pem")),
    )
}

/// One key for each service: none can sign for another.
fn prepare_audit_keys(data: &Path) -> Result<()> {
    for service in SERVICES {
        let (private, public) = audit_keys(data, service);
        // Written last: when it is there, both are.
        if public.exists() {
            continue;
        }
        std::fs::create_dir_all(private.parent().unwrap_or(data))?;
        let key = KeyPem::generate();
        write_secret(&private, key.private.as_bytes())?;
        std::fs::write(&public, key.public)?;
    }
    Ok(())
}

/// The reviewed district files of this source tree.
pub fn districts_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../districts")
}

async fn serving(channel: Channel) -> bool {
    let request = HealthCheckRequest {
        service: String::new(),
    };
    let answer = HealthClient::new(channel).check(request).await;
    answer.is_ok_and(|answer| answer.into_inner().status() == ServingStatus::Serving)
}

//! The settings that every service has.

use std::{path::PathBuf, time::Duration};

use jsonwebtoken::Algorithm;
use secrecy::SecretString;

use super::{
    Reader,
    variables::{
        AUDIT_CHECKPOINT_MS, AUDIT_CHECKPOINT_ROWS, AUDIT_KEY_FILE, AUDIT_PUBLIC_KEYS_FILE, CLOCK,
        DATABASE_ACQUIRE_MS, DATABASE_IDLE_TRANSACTION_MS, DATABASE_LOCK_MS, DATABASE_POOL_MAX,
        DATABASE_STATEMENT_MS, DATABASE_URL, DISTRICTS_DIR, INBOX_BACKOFF_MS, INBOX_BATCH_MAX, INBOX_POLL_MS,
        INBOX_TRIES_MAX, JOBS_POLL_MS, JWKS_KEEP_MS, JWKS_REFETCH_MS, JWKS_URL, LOG, METRICS_MS,
        NATS_MONITOR_URL, NATS_PASSWORD, NATS_REPLICAS, NATS_URL, OBJECT_STORE_DIR, OTLP_ENDPOINT,
        OUTBOX_BATCH_MAX, OUTBOX_PAUSE_MS, OUTBOX_POLL_MS, OWNER_DATABASE_URL, PROFILE, STOP_MS,
        STOP_NOTICE_MS, STREAM_MAX_BYTES, TOKEN_ALGORITHM, TOKEN_AUDIENCE, TOKEN_CACHE_MAX, TOKEN_ISSUER,
        TOKEN_LEEWAY_MS, TOKEN_MAX_BYTES, TOKEN_WAITING_MAX, TRACE_RATIO,
    },
};

mod keys;
mod server;

pub use keys::{KekSettings, KeySettings, VaultSettings};
pub use server::{CallerSettings, MutualTlsSettings, PlaceSettings, ServerSettings, TlsSettings};

/// What kind of installation this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Real petitions: system clock only, no reflection.
    Production,
    /// Tests, demos, the launcher on one machine.
    Evaluation,
}

/// Where legal time comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClockSettings {
    /// The clock of the machine.
    System,
    /// A file that holds one RFC 3339 instant.
    File(PathBuf),
}

/// How the service reaches its database as the app role.
#[derive(Debug, Clone)]
pub struct DatabaseSettings {
    /// URL with the app role.
    pub url: SecretString,
    /// Most connections.
    pub pool_max: u32,
    /// Longest wait for a connection.
    pub acquire_timeout: Duration,
    /// Longest run of a statement.
    pub statement_timeout: Duration,
    /// Longest wait for a lock.
    pub lock_timeout: Duration,
    /// Longest idle time inside a transaction.
    pub idle_transaction_timeout: Duration,
}

/// How the service reaches the message bus.
#[derive(Debug, Clone)]
pub struct BusSettings {
    /// URL of the server or servers, separated by commas.
    pub url: SecretString,
    /// Password of the user named like the service.
    pub password: Option<SecretString>,
    /// Copies of each stream.
    pub replicas: usize,
    /// Size at which a stream refuses more.
    pub stream_max_bytes: i64,
    /// Monitoring endpoint of the server, where its write setting can be seen.
    pub monitor_url: Option<String>,
}

/// How the journal is published.
#[derive(Debug, Clone)]
pub struct RelaySettings {
    /// Events in one atomic batch.
    pub batch_max: usize,
    /// Pause after a batch that was not full, so that more gathers for the next.
    pub pause: Duration,
    /// How often to look without being woken.
    pub poll: Duration,
}

/// How foreign events are stored and applied.
#[derive(Debug, Clone)]
pub struct InboxSettings {
    /// Events stored by one transaction.
    pub batch_max: usize,
    /// How often to look without being woken.
    pub poll: Duration,
    /// Tries before an event is parked.
    pub tries_max: u32,
    /// Wait after the first failure; doubles with each try.
    pub backoff: Duration,
}

/// How background jobs run.
#[derive(Debug, Clone)]
pub struct JobSettings {
    /// How often an idle job looks for work.
    pub poll: Duration,
}

/// How the keys of the identity provider are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// The discovery document below the issuer names the address of the key set.
    Discovery,
    /// The key set is at this address; for a provider without discovery.
    Url(String),
    /// The key set is this file.
    File(PathBuf),
}

/// How the audit chain is anchored outside the database.
#[derive(Debug, Clone)]
pub struct AuditSettings {
    /// The key that signs checkpoints; none are written without.
    pub key_file: Option<PathBuf>,
    /// The keys that verify them.
    pub public_keys_file: Option<PathBuf>,
    /// Rows after which a checkpoint is written.
    pub checkpoint_rows: i64,
    /// Legal time after which a checkpoint is written.
    pub checkpoint_every: Duration,
}

/// Whom the service believes.
#[derive(Debug, Clone)]
pub struct IdentitySettings {
    /// Expected `iss`, and where discovery begins.
    pub issuer: String,
    /// Where the keys come from.
    pub key_source: KeySource,
    /// True when a provider may be asked over plain http: not in production.
    pub plain_http: bool,
    /// Shortest time between two fetches of the keys.
    pub refetch: Duration,
    /// Age at which the keys are fetched again.
    pub keep: Duration,
    /// Expected `aud`.
    pub audience: String,
    /// The one algorithm.
    pub algorithm: Algorithm,
    /// Tolerance for `exp` and `nbf`.
    pub leeway: Duration,
    /// Longest token.
    pub token_max_bytes: usize,
    /// Verified tokens remembered.
    pub cache_max: usize,
    /// Calls that wait for the keys at the same time.
    pub waiting_max: usize,
}

/// What leaves the process about itself.
#[derive(Debug, Clone)]
pub struct TelemetrySettings {
    /// Collector; `None` sends nothing.
    pub endpoint: Option<String>,
    /// Share of own traces recorded.
    pub trace_ratio: f64,
    /// Time between two sendings of metrics.
    pub metrics_every: Duration,
    /// Filter of the logs.
    pub log: String,
}

/// The settings that every service has.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What kind of installation this is.
    pub profile: Profile,
    /// The gRPC server.
    pub server: ServerSettings,
    /// The own database.
    pub database: DatabaseSettings,
    /// The message bus.
    pub bus: BusSettings,
    /// Publishing.
    pub relay: RelaySettings,
    /// Consuming.
    pub inbox: InboxSettings,
    /// Background jobs.
    pub jobs: JobSettings,
    /// Checkpoints of the audit chain.
    pub audit: AuditSettings,
    /// Tokens.
    pub identity: IdentitySettings,
    /// Legal time.
    pub clock: ClockSettings,
    /// The keys of the districts.
    pub keys: KeySettings,
    /// One file per district.
    pub districts_dir: PathBuf,
    /// Sealed documents.
    pub object_store_dir: PathBuf,
    /// Traces, metrics, logs.
    pub telemetry: TelemetrySettings,
    /// Longest stop.
    pub stop_deadline: Duration,
    /// Time between `not ready` and the stop.
    pub stop_notice: Duration,
}

/// What `migrate` needs and nothing else has: the owner role.
#[derive(Debug, Clone)]
pub struct MigrateSettings {
    /// URL with the owner role.
    pub owner_url: SecretString,
    /// URL with the app role, whose name gets the grants.
    pub app_url: SecretString,
}

impl MigrateSettings {
    /// Reads both roles.
    pub fn read(reader: &mut Reader) -> Self {
        Self {
            owner_url: reader.secret(&OWNER_DATABASE_URL),
            app_url: reader.secret(&DATABASE_URL),
        }
    }
}

impl Settings {
    /// Reads all; what is wrong is kept in the reader.
    pub fn read(reader: &mut Reader) -> Self {
        let profile = reader.choice(
            &PROFILE,
            &[
                ("production", Profile::Production),
                ("evaluation", Profile::Evaluation),
            ],
        );
        Self {
            profile,
            server: ServerSettings::read(reader),
            database: DatabaseSettings::read(reader),
            bus: BusSettings {
                url: reader.secret(&NATS_URL),
                password: reader.optional(&NATS_PASSWORD).map(SecretString::from),
                replicas: reader.count(&NATS_REPLICAS, 1..=5),
                stream_max_bytes: reader.number(&STREAM_MAX_BYTES, 1 << 16..=1 << 50),
                monitor_url: reader.optional(&NATS_MONITOR_URL),
            },
            relay: RelaySettings {
                batch_max: reader.count(&OUTBOX_BATCH_MAX, 1..=1000),
                pause: reader.millis(&OUTBOX_PAUSE_MS, 0..=10_000),
                poll: reader.millis(&OUTBOX_POLL_MS, 1..=60_000),
            },
            inbox: InboxSettings {
                batch_max: reader.count(&INBOX_BATCH_MAX, 1..=1000),
                poll: reader.millis(&INBOX_POLL_MS, 1..=60_000),
                tries_max: reader.number(&INBOX_TRIES_MAX, 1..=100),
                backoff: reader.millis(&INBOX_BACKOFF_MS, 1..=60_000),
            },
            jobs: JobSettings {
                poll: reader.millis(&JOBS_POLL_MS, 1..=60_000),
            },
            audit: AuditSettings::read(reader, profile),
            identity: IdentitySettings::read(reader, profile),
            clock: read_clock(reader, profile),
            keys: KeySettings::read(reader, profile),
            districts_dir: reader.path(&DISTRICTS_DIR),
            object_store_dir: reader.path(&OBJECT_STORE_DIR),
            telemetry: TelemetrySettings::read(reader),
            stop_deadline: reader.millis(&STOP_MS, 100..=600_000),
            stop_notice: reader.millis(&STOP_NOTICE_MS, 0..=60_000),
        }
    }
}

impl DatabaseSettings {
    fn read(reader: &mut Reader) -> Self {
        Self {
            url: reader.secret(&DATABASE_URL),
            pool_max: reader.number(&DATABASE_POOL_MAX, 1..=500),
            acquire_timeout: reader.millis(&DATABASE_ACQUIRE_MS, 10..=120_000),
            statement_timeout: reader.millis(&DATABASE_STATEMENT_MS, 10..=600_000),
            lock_timeout: reader.millis(&DATABASE_LOCK_MS, 10..=600_000),
            idle_transaction_timeout: reader.millis(&DATABASE_IDLE_TRANSACTION_MS, 100..=600_000),
        }
    }
}

impl AuditSettings {
    fn read(reader: &mut Reader, profile: Profile) -> Self {
        let key_file = reader.optional_path(&AUDIT_KEY_FILE);
        let public_keys_file = reader.optional_path(&AUDIT_PUBLIC_KEYS_FILE);
        let required = profile == Profile::Production;
        if required && key_file.is_none() {
            reader.problem(&AUDIT_KEY_FILE, "is required in production");
        }
        if public_keys_file.is_none() && (required || key_file.is_some()) {
            reader.problem(
                &AUDIT_PUBLIC_KEYS_FILE,
                "is required in production and wherever checkpoints are signed",
            );
        }
        Self {
            key_file,
            public_keys_file,
            checkpoint_rows: reader.number(&AUDIT_CHECKPOINT_ROWS, 1..=1_000_000),
            checkpoint_every: reader.millis(&AUDIT_CHECKPOINT_MS, 1000..=86_400_000),
        }
    }
}

impl IdentitySettings {
    fn read(reader: &mut Reader, profile: Profile) -> Self {
        let plain_http = profile != Profile::Production;
        let issuer = reader.text(&TOKEN_ISSUER);
        // A wrong address is one problem: it must not be taken for none, and the issuer blamed as well.
        let wrong = KeySource::Url(String::new());
        let key_source = reader.parse(&JWKS_URL, wrong, |text| read_key_source(text, plain_http));
        if key_source == KeySource::Discovery && !issuer.is_empty() && !is_issuer(&issuer, plain_http) {
            reader.problem(
                &TOKEN_ISSUER,
                "must be the https URL of the provider, without query or fragment (http in evaluation only); \
                 for a provider without discovery give XINQIAO_JWKS_URL",
            );
        }
        let algorithms = [
            ("EdDSA", Algorithm::EdDSA),
            ("ES256", Algorithm::ES256),
            ("RS256", Algorithm::RS256),
            ("PS256", Algorithm::PS256),
        ];
        Self {
            issuer,
            key_source,
            plain_http,
            refetch: reader.millis(&JWKS_REFETCH_MS, 100..=3_600_000),
            keep: reader.millis(&JWKS_KEEP_MS, 100..=86_400_000),
            audience: reader.text(&TOKEN_AUDIENCE),
            algorithm: reader.choice(&TOKEN_ALGORITHM, &algorithms),
            leeway: reader.millis(&TOKEN_LEEWAY_MS, 0..=30_000),
            token_max_bytes: reader.count(&TOKEN_MAX_BYTES, 512..=16_384),
            cache_max: reader.count(&TOKEN_CACHE_MAX, 0..=1_000_000),
            waiting_max: reader.count(&TOKEN_WAITING_MAX, 1..=100_000),
        }
    }
}

fn read_key_source(text: &str, plain_http: bool) -> Result<KeySource, String> {
    if text.is_empty() {
        Ok(KeySource::Discovery)
    } else if let Some(path) = text.strip_prefix("file://").filter(|path| path.starts_with('/')) {
        Ok(KeySource::File(PathBuf::from(path)))
    } else if is_web(text, plain_http) {
        Ok(KeySource::Url(text.to_owned()))
    } else {
        Err("must begin with https:// or file:///; http:// is for evaluation only".to_owned())
    }
}

/// True for an address that keys may be fetched from: who can change them on the way can sign in as anybody.
pub(crate) fn is_web(text: &str, plain_http: bool) -> bool {
    reqwest::Url::parse(text)
        .is_ok_and(|url| url.has_host() && (url.scheme() == "https" || plain_http && url.scheme() == "http"))
}

/// An issuer is an address without query and fragment (OpenID Connect Discovery 1.0, section 3).
fn is_issuer(text: &str, plain_http: bool) -> bool {
    is_web(text, plain_http) && !text.contains(['?', '#'])
}

impl TelemetrySettings {
    fn read(reader: &mut Reader) -> Self {
        let endpoint = reader.optional(&OTLP_ENDPOINT);
        if endpoint.as_deref().is_some_and(|url| !url.starts_with("http")) {
            reader.problem(&OTLP_ENDPOINT, "must be a URL, for example http://127.0.0.1:4317");
        }
        let log = reader.parse(&LOG, String::new(), |text| {
            let filter = tracing_subscriber::EnvFilter::try_new(text);
            filter
                .map(|_| text.to_owned())
                .map_err(|error| format!("is not a filter: {error}"))
        });
        Self {
            endpoint,
            trace_ratio: reader.number(&TRACE_RATIO, 0.0..=1.0),
            metrics_every: reader.millis(&METRICS_MS, 100..=600_000),
            log,
        }
    }
}

fn read_clock(reader: &mut Reader, profile: Profile) -> ClockSettings {
    let clock = reader.parse(&CLOCK, ClockSettings::System, |text| {
        match text.strip_prefix("file:") {
            Some(path) if !path.is_empty() => Ok(ClockSettings::File(PathBuf::from(path))),
            None if text == "system" => Ok(ClockSettings::System),
            _ => Err("must be `system` or `file:/path`".to_owned()),
        }
    });
    if profile == Profile::Production && clock != ClockSettings::System {
        reader.problem(&CLOCK, "production keeps legal time by the system clock only");
    }
    clock
}

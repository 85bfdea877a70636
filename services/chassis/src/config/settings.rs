//! The settings that every service has.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use jsonwebtoken::Algorithm;
use secrecy::SecretString;

use super::{Reader, Variable};

const LISTEN: Variable = Variable::with_default(
    "XINQIAO_LISTEN",
    "127.0.0.1:0",
    "address:port",
    "Where the service listens; port 0 takes a free one.",
);
const PROFILE: Variable = Variable::with_default(
    "XINQIAO_PROFILE",
    "production",
    "production | evaluation",
    "Production refuses the settable clock and hides reflection.",
);
const DATABASE_URL: Variable = Variable::required(
    "XINQIAO_DATABASE_URL",
    "postgres URL",
    "The service's own database, as the app role.",
)
.secret();
const OWNER_DATABASE_URL: Variable = Variable::required(
    "XINQIAO_OWNER_DATABASE_URL",
    "postgres URL",
    "The service's own database, as the owner role.",
)
.secret();
const DATABASE_POOL_MAX: Variable = Variable::with_default(
    "XINQIAO_DATABASE_POOL_MAX",
    "16",
    "connections",
    "Most connections to the database.",
);
const DATABASE_ACQUIRE_MS: Variable = Variable::with_default(
    "XINQIAO_DATABASE_ACQUIRE_MS",
    "5000",
    "ms",
    "Longest wait for a connection; after it the caller is told to try again.",
);
const DATABASE_STATEMENT_MS: Variable = Variable::with_default(
    "XINQIAO_DATABASE_STATEMENT_MS",
    "15000",
    "ms",
    "Longest run of one statement.",
);
const DATABASE_LOCK_MS: Variable = Variable::with_default(
    "XINQIAO_DATABASE_LOCK_MS",
    "5000",
    "ms",
    "Longest wait of one statement for a lock.",
);
const DATABASE_IDLE_TRANSACTION_MS: Variable = Variable::with_default(
    "XINQIAO_DATABASE_IDLE_TRANSACTION_MS",
    "30000",
    "ms",
    "A transaction idle for longer is cut by the database.",
);
const NATS_URL: Variable = Variable::with_default(
    "XINQIAO_NATS_URL",
    "nats://127.0.0.1:4222",
    "NATS URL",
    "The message bus.",
)
.secret();
const NATS_REPLICAS: Variable = Variable::with_default(
    "XINQIAO_NATS_REPLICAS",
    "1",
    "1 | 3 | 5",
    "Copies of each stream; 3 in a cluster.",
);
const STREAM_MAX_BYTES: Variable = Variable::with_default(
    "XINQIAO_STREAM_MAX_BYTES",
    "1073741824",
    "bytes",
    "Size at which a stream refuses more; the journal keeps what it refuses.",
);
const JWKS_URL: Variable = Variable::required(
    "XINQIAO_JWKS_URL",
    "http(s) or file URL",
    "Key set of the identity provider.",
);
const TOKEN_ISSUER: Variable = Variable::required(
    "XINQIAO_TOKEN_ISSUER",
    "text",
    "Value that `iss` of a token must have.",
);
const TOKEN_AUDIENCE: Variable = Variable::with_default(
    "XINQIAO_TOKEN_AUDIENCE",
    "xinqiao",
    "text",
    "Value that `aud` of a token must contain.",
);
const TOKEN_ALGORITHM: Variable = Variable::with_default(
    "XINQIAO_TOKEN_ALGORITHM",
    "EdDSA",
    "EdDSA | ES256 | RS256 | PS256",
    "The one algorithm a token may be signed with.",
);
const TOKEN_LEEWAY_MS: Variable = Variable::with_default(
    "XINQIAO_TOKEN_LEEWAY_MS",
    "10000",
    "ms",
    "Tolerance for the times in a token; at most 30 s.",
);
const TOKEN_MAX_BYTES: Variable = Variable::with_default(
    "XINQIAO_TOKEN_MAX_BYTES",
    "6144",
    "bytes",
    "Longest token that is looked at.",
);
const TOKEN_CACHE_MAX: Variable = Variable::with_default(
    "XINQIAO_TOKEN_CACHE_MAX",
    "10000",
    "tokens",
    "Verified tokens remembered until they expire.",
);
const KEY_RING_FILE: Variable =
    Variable::required("XINQIAO_KEY_RING_FILE", "path", "The key ring of the districts.");
const CLOCK: Variable = Variable::with_default(
    "XINQIAO_CLOCK",
    "system",
    "system | file:/path",
    "Legal time: the system's, or one instant in a file that only moves forward.",
);
const DISTRICTS_DIR: Variable = Variable::with_default(
    "XINQIAO_DISTRICTS_DIR",
    "deploy/districts",
    "path",
    "Folder with one file per district.",
);
const OBJECT_STORE_DIR: Variable = Variable::required(
    "XINQIAO_OBJECT_STORE_DIR",
    "path",
    "Folder that keeps the sealed documents.",
);
const TIMEOUT_MS: Variable = Variable::with_default(
    "XINQIAO_TIMEOUT_MS",
    "30000",
    "ms",
    "Longest time a call may take to answer.",
);
const MESSAGE_MAX_BYTES: Variable = Variable::with_default(
    "XINQIAO_MESSAGE_MAX_BYTES",
    "4194304",
    "bytes",
    "Largest request that is read.",
);
const CALLS_MAX: Variable = Variable::with_default(
    "XINQIAO_CALLS_MAX",
    "1024",
    "calls",
    "Calls worked on at the same time; more are told to try again.",
);
const STREAMS_MAX: Variable = Variable::with_default(
    "XINQIAO_STREAMS_MAX",
    "512",
    "streams",
    "Calls open at the same time on one connection.",
);
const KEEPALIVE_MS: Variable = Variable::with_default(
    "XINQIAO_KEEPALIVE_MS",
    "30000",
    "ms",
    "How often an idle connection is probed.",
);
const TLS_CERT_FILE: Variable = Variable::with_default(
    "XINQIAO_TLS_CERT_FILE",
    "",
    "path, PEM",
    "Certificate chain of the service.",
);
const TLS_KEY_FILE: Variable = Variable::with_default(
    "XINQIAO_TLS_KEY_FILE",
    "",
    "path, PEM",
    "Private key of the service.",
);
const TLS_CLIENT_CA_FILE: Variable = Variable::with_default(
    "XINQIAO_TLS_CLIENT_CA_FILE",
    "",
    "path, PEM",
    "Authority that clients' certificates must come from.",
);
const OTLP_ENDPOINT: Variable = Variable::with_default(
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "",
    "http URL",
    "Where traces, metrics and logs are sent (OTLP over gRPC).",
);
const TRACE_RATIO: Variable = Variable::with_default(
    "XINQIAO_TRACE_RATIO",
    "0.05",
    "0 to 1",
    "Share of traces begun here that are recorded.",
);
const METRICS_MS: Variable =
    Variable::with_default("XINQIAO_METRICS_MS", "15000", "ms", "How often metrics are sent.");
const LOG: Variable = Variable::with_default(
    "XINQIAO_LOG",
    "info",
    "filter directives",
    "What is logged, for example `info,xinqiao_chassis=debug`.",
);
const STOP_MS: Variable = Variable::with_default(
    "XINQIAO_STOP_MS",
    "20000",
    "ms",
    "Longest time a stop may take in all.",
);
const STOP_NOTICE_MS: Variable = Variable::with_default(
    "XINQIAO_STOP_NOTICE_MS",
    "0",
    "ms",
    "Time between `not ready` and the stop, for a load balancer to take notice.",
);
const OUTBOX_BATCH_MAX: Variable = Variable::with_default(
    "XINQIAO_OUTBOX_BATCH_MAX",
    "200",
    "events",
    "Events published as one atomic batch.",
);
const OUTBOX_POLL_MS: Variable = Variable::with_default(
    "XINQIAO_OUTBOX_POLL_MS",
    "500",
    "ms",
    "How often the relay looks when nobody wakes it.",
);
const INBOX_BATCH_MAX: Variable = Variable::with_default(
    "XINQIAO_INBOX_BATCH_MAX",
    "200",
    "events",
    "Events stored in the inbox by one transaction.",
);
const INBOX_POLL_MS: Variable = Variable::with_default(
    "XINQIAO_INBOX_POLL_MS",
    "500",
    "ms",
    "How often the inbox looks for events that may go on.",
);
const INBOX_TRIES_MAX: Variable = Variable::with_default(
    "XINQIAO_INBOX_TRIES_MAX",
    "8",
    "tries",
    "Tries after which a failing event is parked.",
);
const INBOX_BACKOFF_MS: Variable = Variable::with_default(
    "XINQIAO_INBOX_BACKOFF_MS",
    "200",
    "ms",
    "Wait after the first failure of an event; doubles with each try.",
);
const JOBS_POLL_MS: Variable = Variable::with_default(
    "XINQIAO_JOBS_POLL_MS",
    "200",
    "ms",
    "How often an idle background job looks for work.",
);

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
    /// Copies of each stream.
    pub replicas: usize,
    /// Size at which a stream refuses more.
    pub stream_max_bytes: i64,
}

/// How the journal is published.
#[derive(Debug, Clone)]
pub struct RelaySettings {
    /// Events in one atomic batch.
    pub batch_max: usize,
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

/// Whom the service believes.
#[derive(Debug, Clone)]
pub struct IdentitySettings {
    /// Key set of the identity provider: `https://…`, `http://…` or `file:///…`.
    pub jwks_url: String,
    /// Expected `iss`.
    pub issuer: String,
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
}

/// Certificates of the server.
#[derive(Debug, Clone)]
pub struct TlsSettings {
    /// PEM file with the chain.
    pub certificate_file: PathBuf,
    /// PEM file with the key.
    pub key_file: PathBuf,
    /// PEM file with the authority of clients; mutual TLS when given.
    pub client_ca_file: Option<PathBuf>,
}

/// The gRPC server and its limits.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Longest call.
    pub timeout: Duration,
    /// Largest request.
    pub message_max_bytes: usize,
    /// Calls at the same time, all connections together.
    pub calls_max: usize,
    /// Calls at the same time on one connection.
    pub streams_max: u32,
    /// How often an idle connection is probed.
    pub keepalive: Duration,
    /// TLS when given.
    pub tls: Option<TlsSettings>,
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
    /// Tokens.
    pub identity: IdentitySettings,
    /// Legal time.
    pub clock: ClockSettings,
    /// The key ring of the districts.
    pub key_ring_file: PathBuf,
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
                replicas: reader.count(&NATS_REPLICAS, 1..=5),
                stream_max_bytes: reader.number(&STREAM_MAX_BYTES, 1 << 16..=1 << 50),
            },
            relay: RelaySettings {
                batch_max: reader.count(&OUTBOX_BATCH_MAX, 1..=1000),
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
            identity: IdentitySettings::read(reader),
            clock: read_clock(reader, profile),
            key_ring_file: reader.path(&KEY_RING_FILE),
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

impl IdentitySettings {
    fn read(reader: &mut Reader) -> Self {
        let jwks_url = reader.parse(&JWKS_URL, String::new(), |text| {
            let known = ["https://", "http://", "file:///"]
                .iter()
                .any(|scheme| text.starts_with(scheme));
            known
                .then(|| text.to_owned())
                .ok_or_else(|| "must begin with https://, http:// or file:///".to_owned())
        });
        let algorithms = [
            ("EdDSA", Algorithm::EdDSA),
            ("ES256", Algorithm::ES256),
            ("RS256", Algorithm::RS256),
            ("PS256", Algorithm::PS256),
        ];
        Self {
            jwks_url,
            issuer: reader.text(&TOKEN_ISSUER),
            audience: reader.text(&TOKEN_AUDIENCE),
            algorithm: reader.choice(&TOKEN_ALGORITHM, &algorithms),
            leeway: reader.millis(&TOKEN_LEEWAY_MS, 0..=30_000),
            token_max_bytes: reader.count(&TOKEN_MAX_BYTES, 512..=16_384),
            cache_max: reader.count(&TOKEN_CACHE_MAX, 0..=1_000_000),
        }
    }
}

impl ServerSettings {
    fn read(reader: &mut Reader) -> Self {
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listen = reader.parse(&LISTEN, anywhere, |text| {
            text.parse()
                .map_err(|_| "must be address:port, for example 127.0.0.1:7301".to_owned())
        });
        Self {
            listen,
            timeout: reader.millis(&TIMEOUT_MS, 10..=600_000),
            message_max_bytes: reader.count(&MESSAGE_MAX_BYTES, 1024..=1 << 28),
            calls_max: reader.count(&CALLS_MAX, 1..=1_000_000),
            streams_max: reader.number(&STREAMS_MAX, 1..=100_000),
            keepalive: reader.millis(&KEEPALIVE_MS, 1000..=3_600_000),
            tls: read_tls(reader),
        }
    }
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

fn read_tls(reader: &mut Reader) -> Option<TlsSettings> {
    let certificate = reader.optional_path(&TLS_CERT_FILE);
    let key = reader.optional_path(&TLS_KEY_FILE);
    let client_ca_file = reader.optional_path(&TLS_CLIENT_CA_FILE);
    match (certificate, key) {
        (Some(certificate_file), Some(key_file)) => Some(TlsSettings {
            certificate_file,
            key_file,
            client_ca_file,
        }),
        (None, None) if client_ca_file.is_none() => None,
        (None, None) => {
            reader.problem(
                &TLS_CLIENT_CA_FILE,
                "has no effect without a certificate and a key of the service",
            );
            None
        }
        (Some(_), None) => {
            reader.problem(&TLS_KEY_FILE, "is required with a certificate");
            None
        }
        (None, Some(_)) => {
            reader.problem(&TLS_CERT_FILE, "is required with a key");
            None
        }
    }
}

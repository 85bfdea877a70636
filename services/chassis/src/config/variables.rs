//! Every variable that all services read: its name, default, unit and what it changes.

use super::Variable;

pub(super) const LISTEN: Variable = Variable::with_default(
    "XINQIAO_LISTEN",
    "127.0.0.1:0",
    "address:port",
    "Where the service listens; port 0 takes a free one.",
);
pub(super) const HEALTH_LISTEN: Variable = Variable::with_default(
    "XINQIAO_HEALTH_LISTEN",
    "",
    "address:port",
    "Where health, and nothing else, is answered without TLS, for probes that have no certificate.",
);
pub(super) const PROFILE: Variable = Variable::with_default(
    "XINQIAO_PROFILE",
    "production",
    "production | evaluation",
    "Production refuses the settable clock and hides reflection.",
);
pub(super) const DATABASE_URL: Variable = Variable::required(
    "XINQIAO_DATABASE_URL",
    "postgres URL",
    "The service's own database, as the app role.",
)
.secret();
pub(super) const OWNER_DATABASE_URL: Variable = Variable::required(
    "XINQIAO_OWNER_DATABASE_URL",
    "postgres URL",
    "The service's own database, as the owner role.",
)
.secret();
pub(super) const DATABASE_POOL_MAX: Variable = Variable::with_default(
    "XINQIAO_DATABASE_POOL_MAX",
    "16",
    "connections",
    "Most connections to the database.",
);
pub(super) const DATABASE_ACQUIRE_MS: Variable = Variable::with_default(
    "XINQIAO_DATABASE_ACQUIRE_MS",
    "5000",
    "ms",
    "Longest wait for a connection; after it the caller is told to try again.",
);
pub(super) const DATABASE_STATEMENT_MS: Variable = Variable::with_default(
    "XINQIAO_DATABASE_STATEMENT_MS",
    "15000",
    "ms",
    "Longest run of one statement.",
);
pub(super) const DATABASE_LOCK_MS: Variable = Variable::with_default(
    "XINQIAO_DATABASE_LOCK_MS",
    "5000",
    "ms",
    "Longest wait of one statement for a lock.",
);
pub(super) const DATABASE_IDLE_TRANSACTION_MS: Variable = Variable::with_default(
    "XINQIAO_DATABASE_IDLE_TRANSACTION_MS",
    "30000",
    "ms",
    "A transaction idle for longer is cut by the database.",
);
pub(super) const NATS_URL: Variable = Variable::with_default(
    "XINQIAO_NATS_URL",
    "nats://127.0.0.1:4222",
    "NATS URL",
    "The message bus.",
)
.secret();
pub(super) const NATS_PASSWORD: Variable = Variable::with_default(
    "XINQIAO_NATS_PASSWORD",
    "",
    "text",
    "Password of the user named like the service, who may use its own subjects only; empty: no sign-in.",
)
.secret();
pub(super) const NATS_REPLICAS: Variable = Variable::with_default(
    "XINQIAO_NATS_REPLICAS",
    "1",
    "1 | 3 | 5",
    "Copies of each stream; 3 in a cluster.",
);
pub(super) const STREAM_MAX_BYTES: Variable = Variable::with_default(
    "XINQIAO_STREAM_MAX_BYTES",
    "1073741824",
    "bytes",
    "Size at which a stream refuses more; the journal keeps what it refuses.",
);
pub(super) const NATS_MONITOR_URL: Variable = Variable::with_default(
    "XINQIAO_NATS_MONITOR_URL",
    "",
    "http URL",
    "Monitoring of the message bus; when given, its synced writes are verified at every connect.",
);
pub(super) const TOKEN_ISSUER: Variable = Variable::required(
    "XINQIAO_TOKEN_ISSUER",
    "https URL",
    "The identity provider: `iss` of a token must be exactly this, and its OpenID discovery document is fetched below it; http in evaluation only.",
);
pub(super) const JWKS_URL: Variable = Variable::with_default(
    "XINQIAO_JWKS_URL",
    "",
    "https or file URL",
    "Key set of a provider without discovery; when given, no discovery document is fetched. http in evaluation only.",
);
pub(super) const JWKS_REFETCH_MS: Variable = Variable::with_default(
    "XINQIAO_JWKS_REFETCH_MS",
    "60000",
    "ms",
    "Shortest time between two fetches of the keys, however many tokens name an unknown one.",
);
pub(super) const JWKS_KEEP_MS: Variable = Variable::with_default(
    "XINQIAO_JWKS_KEEP_MS",
    "600000",
    "ms",
    "Age at which the keys are fetched again, so that one taken back stops working.",
);
pub(super) const TOKEN_AUDIENCE: Variable = Variable::with_default(
    "XINQIAO_TOKEN_AUDIENCE",
    "xinqiao",
    "text",
    "Value that `aud` of a token must contain.",
);
pub(super) const TOKEN_ALGORITHM: Variable = Variable::with_default(
    "XINQIAO_TOKEN_ALGORITHM",
    "EdDSA",
    "EdDSA | ES256 | RS256 | PS256",
    "The one algorithm a token may be signed with.",
);
pub(super) const TOKEN_LEEWAY_MS: Variable = Variable::with_default(
    "XINQIAO_TOKEN_LEEWAY_MS",
    "10000",
    "ms",
    "Tolerance for the times in a token; at most 30 s.",
);
pub(super) const TOKEN_MAX_BYTES: Variable = Variable::with_default(
    "XINQIAO_TOKEN_MAX_BYTES",
    "6144",
    "bytes",
    "Longest token that is looked at.",
);
pub(super) const TOKEN_CACHE_MAX: Variable = Variable::with_default(
    "XINQIAO_TOKEN_CACHE_MAX",
    "10000",
    "tokens",
    "Verified tokens remembered until they expire.",
);
pub(super) const TOKEN_WAITING_MAX: Variable = Variable::with_default(
    "XINQIAO_TOKEN_WAITING_MAX",
    "256",
    "calls",
    "Calls whose token names an unknown key and that wait for the provider at the same time; more are told to try again.",
);
pub(super) const KEY_BOOK_FILE: Variable = Variable::required(
    "XINQIAO_KEY_BOOK_FILE",
    "path",
    "The key book: the data keys of the districts, wrapped; `keys` changes it.",
);
pub(super) const KEY_BOOK_RELOAD_MS: Variable = Variable::with_default(
    "XINQIAO_KEY_BOOK_RELOAD_MS",
    "30000",
    "ms",
    "How often a running service looks whether the key book has changed; a value under an unknown key lets it look at once.",
);
pub(super) const KEK_FILE: Variable = Variable::with_default(
    "XINQIAO_KEK_FILE",
    "",
    "path",
    "Key-encrypting keys of one machine, which unwrap the key book; this or XINQIAO_VAULT_URL. Production refuses a file that everybody may open.",
);
pub(super) const VAULT_URL: Variable = Variable::with_default(
    "XINQIAO_VAULT_URL",
    "",
    "https URL",
    "The Vault (or OpenBao) whose transit engine unwraps the key book; this or XINQIAO_KEK_FILE. http in evaluation only.",
);
pub(super) const VAULT_TOKEN_FILE: Variable = Variable::with_default(
    "XINQIAO_VAULT_TOKEN_FILE",
    "",
    "path",
    "Token for the Vault, read again each time it is asked, so that whoever renews it writes it here.",
);
pub(super) const VAULT_CA_FILE: Variable = Variable::with_default(
    "XINQIAO_VAULT_CA_FILE",
    "",
    "path, PEM",
    "The authorities that the Vault's certificate may come from; empty: those of the system.",
);
pub(super) const VAULT_NAMESPACE: Variable = Variable::with_default(
    "XINQIAO_VAULT_NAMESPACE",
    "",
    "text",
    "Namespace of the Vault; empty: the root.",
);
pub(super) const VAULT_MOUNT: Variable = Variable::with_default(
    "XINQIAO_VAULT_MOUNT",
    "transit",
    "path",
    "Where the transit engine is mounted.",
);
pub(super) const VAULT_KEY: Variable = Variable::with_default(
    "XINQIAO_VAULT_KEY",
    "xinqiao",
    "name",
    "Transit key (aes256-gcm96) that wraps the data keys.",
);
pub(super) const VAULT_ACCUSATION_KEY: Variable = Variable::with_default(
    "XINQIAO_VAULT_ACCUSATION_KEY",
    "xinqiao-accusation",
    "name",
    "Transit key (aes256-gcm96) that wraps the data keys of accusations; another one than XINQIAO_VAULT_KEY.",
);
pub(super) const VAULT_TIMEOUT_MS: Variable = Variable::with_default(
    "XINQIAO_VAULT_TIMEOUT_MS",
    "5000",
    "ms",
    "Longest answer of the Vault for one key.",
);
pub(super) const RESEAL_BATCH_MAX: Variable = Variable::with_default(
    "XINQIAO_RESEAL_BATCH_MAX",
    "100",
    "rows",
    "Rows of a column that are looked at in one turn when its values come under a new key.",
);
pub(super) const RESEAL_PAUSE_MS: Variable = Variable::with_default(
    "XINQIAO_RESEAL_PAUSE_MS",
    "200",
    "ms",
    "Pause between two such turns.",
);
pub(super) const AUDIT_KEY_FILE: Variable = Variable::with_default(
    "XINQIAO_AUDIT_KEY_FILE",
    "",
    "path, PEM",
    "Ed25519 key that signs checkpoints of the audit chain, of this service only; required in production.",
);
pub(super) const AUDIT_PUBLIC_KEYS_FILE: Variable = Variable::with_default(
    "XINQIAO_AUDIT_PUBLIC_KEYS_FILE",
    "",
    "path, PEM",
    "Public keys that verify checkpoints, old and new one after the other; required in production.",
);
pub(super) const AUDIT_CHECKPOINT_ROWS: Variable = Variable::with_default(
    "XINQIAO_AUDIT_CHECKPOINT_ROWS",
    "1000",
    "rows",
    "Rows of an audit chain after which a checkpoint is written.",
);
pub(super) const AUDIT_CHECKPOINT_MS: Variable = Variable::with_default(
    "XINQIAO_AUDIT_CHECKPOINT_MS",
    "60000",
    "ms",
    "Legal time after which a checkpoint is written when an audit chain has grown.",
);
pub(super) const CLOCK: Variable = Variable::with_default(
    "XINQIAO_CLOCK",
    "system",
    "system | file:/path",
    "Legal time: the system's, or one instant in a file that only moves forward.",
);
pub(super) const DISTRICTS_DIR: Variable = Variable::with_default(
    "XINQIAO_DISTRICTS_DIR",
    "deploy/districts",
    "path",
    "Folder with one file per district.",
);
pub(super) const OBJECT_STORE_DIR: Variable = Variable::required(
    "XINQIAO_OBJECT_STORE_DIR",
    "path",
    "Folder that keeps the sealed documents.",
);
pub(super) const TIMEOUT_MS: Variable = Variable::with_default(
    "XINQIAO_TIMEOUT_MS",
    "30000",
    "ms",
    "Longest time a call may take to answer, once it has its place.",
);
pub(super) const CALLS_MAX: Variable = Variable::with_default(
    "XINQIAO_CALLS_MAX",
    "32",
    "calls",
    "Calls worked on at the same time, without those that wait for their group commit; a district alone may use all, several share them equally. Fewer places give steadier latency beside a flood; more than the database has connections wait there.",
);
pub(super) const PLACE_WAIT_MS: Variable = Variable::with_default(
    "XINQIAO_PLACE_WAIT_MS",
    "5000",
    "ms",
    "Longest wait of a call for one of these places; after it the caller is told when to try again.",
);
pub(super) const PLACE_WAITING_MAX: Variable = Variable::with_default(
    "XINQIAO_PLACE_WAITING_MAX",
    "512",
    "calls",
    "Calls of one district that wait for a place at the same time; more are told when to try again.",
);
pub(super) const CALLER_CALLS_PER_MINUTE: Variable = Variable::with_default(
    "XINQIAO_CALLER_CALLS_PER_MINUTE",
    "1200",
    "calls per minute",
    "Calls one person of one district may make to one process, sustained; more are told when to go on.",
);
pub(super) const CALLER_CALLS_BURST: Variable = Variable::with_default(
    "XINQIAO_CALLER_CALLS_BURST",
    "1200",
    "calls",
    "Calls one person may make at once after a rest.",
);
pub(super) const CALLERS_MAX: Variable = Variable::with_default(
    "XINQIAO_CALLERS_MAX",
    "100000",
    "persons",
    "Persons whose calls are counted at the same time; beyond, who has made the fewest is forgotten.",
);
pub(super) const STREAMS_MAX: Variable = Variable::with_default(
    "XINQIAO_STREAMS_MAX",
    "512",
    "streams",
    "Calls open at the same time on one connection.",
);
pub(super) const KEEPALIVE_MS: Variable = Variable::with_default(
    "XINQIAO_KEEPALIVE_MS",
    "30000",
    "ms",
    "How often an idle connection is probed.",
);
pub(super) const TLS_CERT_FILE: Variable = Variable::with_default(
    "XINQIAO_TLS_CERT_FILE",
    "",
    "path, PEM",
    "Certificate chain of the service.",
);
pub(super) const TLS_KEY_FILE: Variable = Variable::with_default(
    "XINQIAO_TLS_KEY_FILE",
    "",
    "path, PEM",
    "Private key of the service.",
);
pub(super) const TLS_CLIENT_CA_FILE: Variable = Variable::with_default(
    "XINQIAO_TLS_CLIENT_CA_FILE",
    "",
    "path, PEM",
    "Authorities that clients' certificates must come from: mutual TLS, which also needs the list of callers.",
);
pub(super) const TLS_CALLERS_FILE: Variable = Variable::with_default(
    "XINQIAO_TLS_CALLERS_FILE",
    "",
    "path, YAML",
    "Which caller, by the name in its certificate, may call which methods; nothing else is allowed. Needed with the authorities of clients.",
);
pub(super) const TLS_RELOAD_MS: Variable = Variable::with_default(
    "XINQIAO_TLS_RELOAD_MS",
    "10000",
    "ms",
    "How often certificate, key, authorities and list of callers are looked at for a change.",
);
pub(super) const TLS_HANDSHAKE_MS: Variable = Variable::with_default(
    "XINQIAO_TLS_HANDSHAKE_MS",
    "5000",
    "ms",
    "Longest time of a TLS handshake.",
);
pub(super) const TLS_HANDSHAKES_MAX: Variable = Variable::with_default(
    "XINQIAO_TLS_HANDSHAKES_MAX",
    "256",
    "handshakes",
    "TLS handshakes at the same time; more connections wait to be accepted.",
);
pub(super) const OTLP_ENDPOINT: Variable = Variable::with_default(
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "",
    "http URL",
    "Where traces, metrics and logs are sent (OTLP over gRPC).",
);
pub(super) const TRACE_RATIO: Variable = Variable::with_default(
    "XINQIAO_TRACE_RATIO",
    "0.05",
    "0 to 1",
    "Share of traces begun here that are recorded.",
);
pub(super) const METRICS_MS: Variable =
    Variable::with_default("XINQIAO_METRICS_MS", "15000", "ms", "How often metrics are sent.");
pub(super) const LOG: Variable = Variable::with_default(
    "XINQIAO_LOG",
    "info",
    "filter directives",
    "What is logged, for example `info,xinqiao_chassis=debug`.",
);
pub(super) const STOP_MS: Variable = Variable::with_default(
    "XINQIAO_STOP_MS",
    "20000",
    "ms",
    "Longest time a stop may take in all.",
);
pub(super) const STOP_NOTICE_MS: Variable = Variable::with_default(
    "XINQIAO_STOP_NOTICE_MS",
    "0",
    "ms",
    "Time between `not ready` and the stop, for a load balancer to take notice.",
);
pub(super) const OUTBOX_BATCH_MAX: Variable = Variable::with_default(
    "XINQIAO_OUTBOX_BATCH_MAX",
    "500",
    "events",
    "Events published as one atomic batch.",
);
pub(super) const OUTBOX_PAUSE_MS: Variable = Variable::with_default(
    "XINQIAO_OUTBOX_PAUSE_MS",
    "100",
    "ms",
    "Pause of the relay after a batch that was not full: what gathers meanwhile is published, and synced, together.",
);
pub(super) const OUTBOX_POLL_MS: Variable = Variable::with_default(
    "XINQIAO_OUTBOX_POLL_MS",
    "200",
    "ms",
    "How often the relay looks when nobody wakes it.",
);
pub(super) const INBOX_BATCH_MAX: Variable = Variable::with_default(
    "XINQIAO_INBOX_BATCH_MAX",
    "200",
    "events",
    "Events stored in the inbox by one transaction.",
);
pub(super) const INBOX_POLL_MS: Variable = Variable::with_default(
    "XINQIAO_INBOX_POLL_MS",
    "200",
    "ms",
    "How often the inbox looks for events that may go on.",
);
pub(super) const INBOX_TRIES_MAX: Variable = Variable::with_default(
    "XINQIAO_INBOX_TRIES_MAX",
    "8",
    "tries",
    "Tries after which a failing event is parked.",
);
pub(super) const INBOX_BACKOFF_MS: Variable = Variable::with_default(
    "XINQIAO_INBOX_BACKOFF_MS",
    "200",
    "ms",
    "Wait after the first failure of an event; doubles with each try.",
);
pub(super) const JOBS_POLL_MS: Variable = Variable::with_default(
    "XINQIAO_JOBS_POLL_MS",
    "200",
    "ms",
    "How often an idle background job looks for work.",
);

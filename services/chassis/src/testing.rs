//! The harness of the integration tests: a real service in this process, with its own database on a real
//! Postgres and its own NATS server, a settable clock and people with tokens.
//!
//! The servers' places come from the environment: `XINQIAO_TEST_POSTGRES_URL` (a superuser of a private
//! Postgres) and `XINQIAO_TEST_NATS_SERVER` (the `nats-server` binary); `tests/stage` sets both.
//!
//! ```ignore
//! #[tokio::test(flavor = "multi_thread")]
//! async fn a_registered_visit_is_published() {
//!     let bench = Bench::start(xinqiao_intake::service()).await;
//!     let clerk = Person::new("li", "李登记").with(Role::Clk);
//!     let mut intake = RegistrationServiceClient::new(bench.channel(&clerk));
//!     bench.set_clock("2026-03-03T09:12:00+08:00");
//!     let answer = intake.register_visit(a_visit()).await.unwrap().into_inner();
//!     bench.arrives(Foreign::new("scheduling", "reception.held", case, &ReceptionHeld::default())).await;
//!     let registered: CaseRegistered = bench.event("case.registered").await;
//!     bench.finish().await;
//! }
//! ```

use std::{
    collections::{BTreeMap, HashMap},
    env,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures::future::{BoxFuture, pending};
use sqlx::PgPool;
use tempfile::TempDir;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::{sync::oneshot, task::JoinHandle};
use tonic::{
    service::interceptor::InterceptedService,
    transport::{Channel, Endpoint},
};
use uuid::Uuid;

use crate::{
    clock,
    concern::{Mark, person_mark},
    config::Reader,
    desk::Desk,
    districts::Districts,
    lifecycle::Ending,
    seal::{BookFile, FileKeks, SealedColumn},
    service::{Running, Service, read, start},
};

mod columns;
mod events;
mod hostile;
mod moved;
mod nats;
mod papers;
mod people;
mod postgres;

pub use events::{Foreign, Published};
pub use hostile::{Forge, Hostile};
pub use nats::NatsServer;
pub use papers::{Authority, Papers};
pub use people::{Bearer, ISSUER, Issuer, Person, header};
pub use postgres::TestDatabase;

/// Legal time when a test does not say: the morning of a reception day, Tuesday 2026-03-03.
pub const MORNING: &str = "2026-03-03T08:30:00+08:00";
/// Files of a bench's folder: the key book, and what wraps its keys.
const BOOK: &str = "keybook.json";
const KEK: &str = "kek.json";
/// Longest wait for something that must happen.
const PATIENCE: Duration = Duration::from_secs(30);

type Starter = Box<dyn Fn() -> BoxFuture<'static, anyhow::Result<Running>> + Send + Sync>;

/// Waits until `look` finds something; fails with `what` after half a minute.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "did not happen within {PATIENCE:?}: {what}"
        );
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
}

/// How a bench is set up before it starts.
#[derive(Debug)]
pub struct Setup<S> {
    service: Service<S>,
    clock: String,
    variables: BTreeMap<String, String>,
}

impl<S: Send + Sync + 'static> Setup<S> {
    /// Legal time at the start, RFC 3339.
    #[must_use]
    pub fn at(mut self, instant: &str) -> Self {
        instant.clone_into(&mut self.clock);
        self
    }

    /// One more setting, by the name of its variable.
    #[must_use]
    pub fn set(mut self, variable: &str, value: impl Into<String>) -> Self {
        self.variables.insert(variable.to_owned(), value.into());
        self
    }

    /// Starts everything.
    pub async fn start(self) -> Bench {
        self.try_start().await.unwrap()
    }

    /// Starts everything, or says why the service does not start.
    pub async fn try_start(self) -> anyhow::Result<Bench> {
        log_when_asked();
        let folder = tempfile::tempdir().unwrap();
        let database = TestDatabase::create(self.service.name).await;
        database.migrate(self.service.migrator).await;
        let nats = NatsServer::start(folder.path()).await;
        let issuer = Issuer::new();
        let clock_file = folder.path().join("clock");
        clock::advance(&clock_file, instant(&self.clock)).unwrap();
        write_keys(folder.path()).await;
        let variables = settings(
            folder.path(),
            &database,
            &nats,
            &issuer,
            &clock_file,
            self.variables,
        );
        let sealed = self.service.sealed;
        let service = Arc::new(self.service);
        let starter: Starter = Box::new(move || {
            let (service, variables) = (Arc::clone(&service), variables.clone());
            Box::pin(async move {
                let mut reader = Reader::from_map(variables);
                let all = read(&service, &mut reader);
                let (settings, own) = reader.finish(all)?;
                start(&service, settings, own).await
            })
        });
        let mut bench = Bench {
            starter,
            process: None,
            pool: database.pool().await,
            sealed,
            database,
            nats,
            issuer,
            clock_file,
            sequences: Mutex::default(),
            leftovers_allowed: false,
            finished: false,
            folder,
        };
        if let Err(error) = bench.start_service().await {
            bench.allow_leftovers();
            bench.finish().await;
            return Err(error);
        }
        Ok(bench)
    }
}

/// The service as a task of this process.
struct Process {
    address: std::net::SocketAddr,
    desk: Desk,
    stop: oneshot::Sender<()>,
    ending: JoinHandle<Ending>,
}

/// A running service with everything around it. End every test with [`Bench::finish`].
pub struct Bench {
    starter: Starter,
    process: Option<Process>,
    database: TestDatabase,
    pool: PgPool,
    sealed: &'static [SealedColumn],
    nats: NatsServer,
    issuer: Issuer,
    clock_file: PathBuf,
    sequences: Mutex<HashMap<(String, Uuid), u64>>,
    leftovers_allowed: bool,
    finished: bool,
    folder: TempDir,
}

impl std::fmt::Debug for Bench {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Bench")
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

impl Bench {
    /// Starts a service with the usual settings at [`MORNING`].
    pub async fn start<S: Send + Sync + 'static>(service: Service<S>) -> Self {
        Self::of(service).start().await
    }

    /// A service whose bench is still to be set up.
    pub fn of<S: Send + Sync + 'static>(service: Service<S>) -> Setup<S> {
        Setup {
            service,
            clock: MORNING.to_owned(),
            variables: BTreeMap::new(),
        }
    }

    /// A channel on which every call carries the person's token:
    /// `RegistrationServiceClient::new(bench.channel(&clerk))`.
    pub fn channel(&self, person: &Person) -> InterceptedService<Channel, Bearer> {
        self.channel_with(&self.issuer.token(person))
    }

    /// A channel with any text as token.
    pub fn channel_with(&self, token: &str) -> InterceptedService<Channel, Bearer> {
        InterceptedService::new(self.plain_channel(), Bearer::new(token))
    }

    /// A channel without a token.
    pub fn plain_channel(&self) -> Channel {
        let address = self.process().address;
        Endpoint::from_shared(format!("http://{address}"))
            .unwrap()
            .connect_lazy()
    }

    /// The issuer of the tokens.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The mark of a person that a case of district 220502 is about, as tables and events hold it.
    pub fn mark(&self, case: Uuid, person: &str) -> Mark {
        let district = "220502".parse().expect("invariant: a code");
        person_mark(self.desk().keys(), district, case, person)
            .to_vec()
            .into()
    }

    /// The desk of the service: its keys, its clock, its database as the app role.
    pub fn desk(&self) -> &Desk {
        &self.process().desk
    }

    /// The database as a superuser: sees the rows of every district.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Its database and the roles in it.
    pub fn database(&self) -> &TestDatabase {
        &self.database
    }

    /// The message bus: its address, and how to stop and start it.
    pub fn nats(&mut self) -> &mut NatsServer {
        &mut self.nats
    }

    /// Its key book and the file of key-encrypting keys.
    pub fn key_files(&self) -> (BookFile, PathBuf) {
        let folder = self.folder.path();
        (BookFile::new(folder.join(BOOK)), folder.join(KEK))
    }

    /// Moves legal time forward, RFC 3339.
    pub fn set_clock(&self, to: &str) {
        clock::advance(&self.clock_file, instant(to)).unwrap();
    }

    /// Moves legal time forward by a duration.
    pub fn pass(&self, time: time::Duration) {
        clock::advance(&self.clock_file, self.desk().clock().now() + time).unwrap();
    }

    /// Publishes an event as another service would, and waits until this service has applied it. Without a
    /// sequence it is the next of its publisher and entity on this bench.
    pub async fn arrives(&self, event: Foreign) -> Uuid {
        let event_id = self.deliver(event).await;
        self.applied(event_id).await;
        event_id
    }

    /// Publishes an event as another service would, and waits for the bus only.
    pub async fn deliver(&self, mut event: Foreign) -> Uuid {
        if event.sequence.is_none() {
            let mut sequences = self.sequences.lock().unwrap_or_else(PoisonError::into_inner);
            let last = sequences
                .entry((event.publisher.to_owned(), event.entity.id))
                .or_default();
            *last += 1;
            event.sequence = Some(*last);
        }
        event.publish(self.desk(), &self.nats).await
    }

    /// Waits until an event was applied here; fails with the reason when it was parked.
    pub async fn applied(&self, event_id: Uuid) {
        eventually(&format!("event {event_id} is applied"), async || {
            let (state, reason) = events::inbox_state(&self.pool, event_id).await?;
            assert!(state != "parked", "event {event_id} was parked: {reason:?}");
            (state == "applied").then_some(())
        })
        .await;
    }

    /// Everything that acts of this service have published, in the order of its journal.
    pub async fn published(&self) -> Vec<Published> {
        events::published(&self.pool, false).await
    }

    /// What this service has told of who opened a case: it comes of reading, beside what acts publish.
    pub async fn looks(&self) -> Vec<Published> {
        events::published(&self.pool, true).await
    }

    /// The body of the last event of a kind, as soon as there is one.
    pub async fn event<B: xinqiao_proto::event::EventBody>(&self, kind: &str) -> B {
        eventually(&format!("{kind} is published"), async || {
            self.published()
                .await
                .iter()
                .rfind(|event| event.kind == kind)
                .map(Published::decode)
        })
        .await
    }

    /// Waits until the bus has all events and everything that arrived is applied or parked.
    pub async fn settled(&self) {
        eventually("journal and inbox are empty", async || {
            let left = events::leftovers(&self.pool).await;
            left.iter().all(|line| line.starts_with("parked")).then_some(())
        })
        .await;
    }

    /// Stops the service in order and starts it again on the same data. Channels made before are stale.
    pub async fn restart(&mut self) {
        assert_eq!(self.stop_service().await, Ending::Clean);
        self.start_service().await.unwrap();
    }

    /// Stops the service in order.
    pub async fn stop_service(&mut self) -> Ending {
        let process = self.process.take().expect("the service is running");
        // A service that has died by itself no longer listens.
        let _ = process.stop.send(());
        process.ending.await.unwrap()
    }

    /// Starts the service again after [`Bench::stop_service`].
    pub async fn start_service(&mut self) -> anyhow::Result<()> {
        let running = (self.starter)().await?;
        let (address, desk) = (running.address, running.desk.clone());
        let (stop, asked) = oneshot::channel();
        let asked = async move {
            // A dropped bench ends the service as well.
            let _ = asked.await;
        };
        let ending = tokio::spawn(running.until(asked, pending()));
        self.process = Some(Process {
            address,
            desk,
            stop,
            ending,
        });
        Ok(())
    }

    /// This test leaves unpublished or unapplied events on purpose.
    pub fn allow_leftovers(&mut self) {
        self.leftovers_allowed = true;
    }

    /// Ends the test: everything published and applied, nothing parked, the service stopped in order.
    pub async fn finish(mut self) {
        if !self.leftovers_allowed {
            self.settled().await;
            assert_eq!(
                events::leftovers(&self.pool).await,
                Vec::<String>::new(),
                "left over"
            );
        }
        if self.process.is_some() {
            assert_eq!(self.stop_service().await, Ending::Clean);
        }
        self.pool.close().await;
        self.nats.stop();
        self.database.drop_all().await;
        self.finished = true;
    }

    fn process(&self) -> &Process {
        self.process.as_ref().expect("the service is running")
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        assert!(
            self.finished || std::thread::panicking(),
            "end the test with bench.finish().await"
        );
    }
}

/// An instant written as RFC 3339.
pub fn instant(text: &str) -> OffsetDateTime {
    OffsetDateTime::parse(text, &Rfc3339).unwrap()
}

/// The district files of this source tree.
fn districts_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/districts")
}

/// A key book with keys for every district, and what wraps them.
async fn write_keys(folder: &Path) {
    let codes = Districts::read(&districts_folder()).unwrap().codes();
    let kek = folder.join(KEK);
    std::fs::write(&kek, FileKeks::generate()).unwrap();
    BookFile::new(folder.join(BOOK))
        .create(&kek, &codes)
        .await
        .unwrap();
}

fn settings(
    folder: &Path,
    database: &TestDatabase,
    nats: &NatsServer,
    issuer: &Issuer,
    clock_file: &Path,
    over: BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let jwks = folder.join("jwks.json");
    std::fs::write(&jwks, issuer.key_set()).unwrap();
    let own = [
        ("XINQIAO_PROFILE", "evaluation".to_owned()),
        ("XINQIAO_LISTEN", "127.0.0.1:0".to_owned()),
        ("XINQIAO_DATABASE_URL", database.app_url()),
        ("XINQIAO_DATABASE_POOL_MAX", "8".to_owned()),
        ("XINQIAO_NATS_URL", nats.url()),
        ("XINQIAO_JWKS_URL", format!("file://{}", jwks.display())),
        ("XINQIAO_TOKEN_ISSUER", ISSUER.to_owned()),
        ("XINQIAO_KEY_BOOK_FILE", folder.join(BOOK).display().to_string()),
        ("XINQIAO_KEK_FILE", folder.join(KEK).display().to_string()),
        ("XINQIAO_CLOCK", format!("file:{}", clock_file.display())),
        ("XINQIAO_DISTRICTS_DIR", districts_folder().display().to_string()),
        (
            "XINQIAO_OBJECT_STORE_DIR",
            folder.join("objects").display().to_string(),
        ),
        // Here a few people work at the speed of a machine: no honest clerk does.
        ("XINQIAO_CALLER_CALLS_PER_MINUTE", "60000000".to_owned()),
        ("XINQIAO_CALLER_CALLS_BURST", "1000000".to_owned()),
        ("XINQIAO_OUTBOX_POLL_MS", "50".to_owned()),
        ("XINQIAO_INBOX_POLL_MS", "50".to_owned()),
        ("XINQIAO_JOBS_POLL_MS", "50".to_owned()),
    ];
    own.into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .chain(over)
        .collect()
}

/// `XINQIAO_TEST_LOG=debug` shows what the service logs.
fn log_when_asked() {
    if let Ok(filter) = env::var("XINQIAO_TEST_LOG") {
        // Another test of this process may have begun already.
        let _ = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_test_writer()
            .try_init();
    }
}

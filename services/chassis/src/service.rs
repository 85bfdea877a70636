//! Runs a service: what it is made of, how it starts, how it stops, and the commands of its binary.
//!
//! A service describes itself as a [`Service`] and its binary is one line:
//!
//! ```ignore
//! #[tokio::main]
//! async fn main() -> std::process::ExitCode {
//!     xinqiao_chassis::service::main(xinqiao_intake::service()).await
//! }
//! ```

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use sqlx::migrate::Migrator;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use crate::{
    audit::SealChain,
    bus::Bus,
    config::{Reader, Settings},
    desk::Desk,
    digest::DigestSource,
    inbox::Subscriber,
    jobs::Job,
    lifecycle::{Ending, Lifecycle},
    permission::RightTable,
    seal::SealedColumn,
    server::Health,
};

mod cli;
mod keys;
mod offline;
mod ready;
mod start;

pub use cli::main;
pub use start::{open_desk, start};

/// Longest wait for the last checkpoints, and for the connections to close at the very end.
const CLOSE: Duration = Duration::from_secs(5);

/// A service, as its crate describes it. `S` is what it reads from the environment for itself.
#[derive(Debug)]
pub struct Service<S = ()> {
    /// Short name: `intake`. Its contracts are the package `xinqiao.<name>.v1`, its stream `XQ_<NAME>`.
    pub name: &'static str,
    /// One line for `--help`.
    pub about: &'static str,
    /// Its migrations; the chassis' own run before them.
    pub migrator: &'static Migrator,
    /// The right each RPC needs: one row for every RPC, or the service does not start.
    pub rights: RightTable,
    /// RPCs that need no token, by full path; they decide themselves whom they answer.
    pub open: &'static [&'static str],
    /// Its columns of sealed values: they come under new keys.
    pub sealed: &'static [SealedColumn],
    /// Reads its own variables; `|_| ()` when it has none.
    pub settings: fn(&mut Reader) -> S,
    /// Builds its parts on the desk.
    pub build: fn(Desk, S) -> anyhow::Result<Parts>,
}

impl<S> Service<S> {
    /// The protobuf package of its contracts.
    pub fn package(&self) -> String {
        format!("xinqiao.{}.v1", self.name)
    }
}

/// A task of a service beside its jobs, for example the writer of group commits.
pub struct Task {
    /// For logs.
    pub name: &'static str,
    /// Runs until the token is cancelled; it is cancelled after the open calls were answered.
    pub run: Box<dyn FnOnce(CancellationToken) -> BoxFuture<'static, anyhow::Result<()>> + Send>,
}

impl fmt::Debug for Task {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Task")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What a service is made of.
pub struct Parts {
    pub(crate) routes: Routes,
    pub(crate) subscriber: Arc<dyn Subscriber>,
    pub(crate) jobs: Vec<Arc<dyn Job>>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) digest: Option<Arc<dyn DigestSource>>,
}

impl fmt::Debug for Parts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let jobs: Vec<_> = self.jobs.iter().map(|job| job.name()).collect();
        formatter
            .debug_struct("Parts")
            .field("jobs", &jobs)
            .field("tasks", &self.tasks)
            .finish_non_exhaustive()
    }
}

impl Parts {
    /// The gRPC services and what is done with foreign events.
    ///
    /// Give every generated server `max_decoding_message_size(server::MESSAGE_MAX_BYTES)`.
    pub fn new(routes: Routes, subscriber: impl Subscriber) -> Self {
        Self {
            routes,
            subscriber: Arc::new(subscriber),
            jobs: Vec::new(),
            tasks: Vec::new(),
            digest: None,
        }
    }

    /// One more background job.
    #[must_use]
    pub fn with_job(mut self, job: impl Job) -> Self {
        self.jobs.push(Arc::new(job));
        self
    }

    /// What the service knows of its cases beside their events, for `digest`.
    #[must_use]
    pub fn with_digest(mut self, source: impl DigestSource) -> Self {
        self.digest = Some(Arc::new(source));
        self
    }

    /// One more task that runs as long as calls are answered.
    #[must_use]
    pub fn with_task<F>(
        mut self,
        name: &'static str,
        run: impl FnOnce(CancellationToken) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        self.tasks.push(Task {
            name,
            run: Box::new(move |stop| Box::pin(run(stop))),
        });
        self
    }
}

/// A service that has started.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its desk: tests look into the database through it.
    pub desk: Desk,
    lifecycle: Lifecycle,
    health: Health,
    bus: Bus,
    sealing: Option<Arc<SealChain>>,
    stop_notice: Duration,
    stop_deadline: Duration,
}

impl Running {
    /// Runs until `asked` or until a task dies, then stops in order. `again` cuts the stop short.
    pub async fn until(self, asked: impl Future<Output = ()>, again: impl Future<Output = ()>) -> Ending {
        let health = self.health;
        let ending = self
            .lifecycle
            .run(
                asked,
                again,
                async move { health.end().await },
                self.stop_notice,
                self.stop_deadline,
            )
            .await;
        let desk = self.desk;
        if let (Ending::Clean, Some(sealing)) = (&ending, self.sealing)
            && tokio::time::timeout(CLOSE, sealing.sign_all(&desk))
                .await
                .is_err()
        {
            tracing::error!("the last rows of the audit chains were not signed in time");
        }
        let closed = async {
            self.bus.close().await;
            desk.database().close().await;
        };
        if tokio::time::timeout(CLOSE, closed).await.is_err() {
            tracing::warn!("bus and database were not closed in time");
        }
        ending
    }
}

/// Everything a service reads: what all have, and its own.
pub(crate) fn read<S>(service: &Service<S>, reader: &mut Reader) -> (Settings, S) {
    let settings = Settings::read(reader);
    (settings, (service.settings)(reader))
}

//! The message bus: one connection, one stream of one's own, whose settings are checked at every connect.
//!
//! While the settings are wrong or unknown, the relay and the consumers stand still: a stream that drops
//! messages is worse than one that is away, because the journal keeps everything.

mod permissions;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::{self, Context, ContextBuilder};
use async_nats::{Client, ConnectOptions, Event};
use secrecy::ExposeSecret as _;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

pub use permissions::{Permissions, inbox_prefix, permissions};
pub(crate) use settings::verify;
pub use settings::{faults, stream_config, stream_name};

use crate::config::BusSettings;
use crate::metrics;

/// The services that publish. Each consumes the streams of all the others.
pub const PUBLISHERS: [&str; 5] = ["intake", "scheduling", "assignment", "supervision", "archive"];

/// Longest wait for an answer of the bus.
const PATIENCE: Duration = Duration::from_secs(5);
/// Wait before a new try to connect: one step more after each failure, up to the most.
const RECONNECT_STEP: Duration = Duration::from_millis(50);
const RECONNECT_MAX: Duration = Duration::from_secs(1);
/// Time between two checks while everything is right, and while it is not.
const CHECK_WHEN_FIT: Duration = Duration::from_secs(30);
const CHECK_WHEN_NOT: Duration = Duration::from_millis(500);

/// Why the bus cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// The URL is wrong.
    #[error("the message bus: {0}")]
    Connect(#[from] async_nats::ConnectError),
    /// The settings of a stream would lose messages.
    #[error("stream {stream} has wrong settings: {}", faults.join("; "))]
    Unfit {
        /// The stream.
        stream: String,
        /// What is wrong.
        faults: Vec<String>,
    },
    /// It does not answer now.
    #[error("the message bus does not answer: {0}")]
    Away(String),
}

/// What is known of the own stream since the last connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fitness {
    /// Not checked since the last connect.
    Unknown,
    /// Checked and right.
    Fit,
    /// Checked and wrong: nothing is published or consumed.
    Unfit,
}

/// The connection of a service. Clones share it.
#[derive(Clone, Debug)]
pub struct Bus {
    client: Client,
    context: Context,
    service: &'static str,
    settings: BusSettings,
    fitness: Arc<watch::Sender<Fitness>>,
}

impl Bus {
    /// Starts to connect; returns at once, whether the bus is there or not.
    pub async fn connect(service: &'static str, settings: &BusSettings) -> Result<Self, BusError> {
        let fitness = Arc::new(watch::Sender::new(Fitness::Unknown));
        let seen = Arc::clone(&fitness);
        let options = match &settings.password {
            Some(password) => ConnectOptions::with_user_and_password(
                service.to_owned(),
                password.expose_secret().to_owned(),
            ),
            None => ConnectOptions::new(),
        };
        let client = options
            .name(service)
            .custom_inbox_prefix(inbox_prefix(service))
            .retry_on_initial_connect()
            .ping_interval(Duration::from_secs(10))
            .reconnect_delay_callback(|tries| {
                RECONNECT_STEP
                    .saturating_mul(u32::try_from(tries).unwrap_or(1))
                    .min(RECONNECT_MAX)
            })
            .event_callback(move |event| {
                let seen = Arc::clone(&seen);
                async move {
                    if matches!(event, Event::Connected | Event::Disconnected) {
                        seen.send_replace(Fitness::Unknown);
                    }
                }
            })
            .connect(settings.url.expose_secret())
            .await?;
        let context = ContextBuilder::new()
            .timeout(PATIENCE)
            .ack_timeout(PATIENCE)
            .build(client.clone());
        Ok(Self {
            client,
            context,
            service,
            settings: settings.clone(),
            fitness,
        })
    }

    /// Checks the own stream at every connect and now and then, until the stop.
    pub async fn supervise(self, stop: CancellationToken) {
        let mut changes = self.fitness.subscribe();
        loop {
            if self.client.connection_state() == State::Connected {
                let found = self.check().await;
                self.settle(&found);
            }
            changes.mark_unchanged();
            let wait = if *changes.borrow() == Fitness::Fit {
                CHECK_WHEN_FIT
            } else {
                CHECK_WHEN_NOT
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
                _ = changes.changed() => {}
            }
        }
    }

    fn settle(&self, found: &Result<(), BusError>) {
        let (now, before) = match found {
            Ok(()) => (Fitness::Fit, self.fitness.send_replace(Fitness::Fit)),
            Err(BusError::Unfit { .. }) => (Fitness::Unfit, self.fitness.send_replace(Fitness::Unfit)),
            Err(error) => {
                warn!(%error, "stream is not checked yet");
                (Fitness::Unknown, self.fitness.send_replace(Fitness::Unknown))
            }
        };
        metrics::stream_fit(now == Fitness::Fit);
        match found {
            Ok(()) if before != now => info!("stream is fit, publishing and consuming"),
            Err(error @ BusError::Unfit { .. }) if before != now => {
                error!(%error, "stream is not fit, nothing is published or consumed");
            }
            _ => {}
        }
    }

    /// Creates the own stream when it is absent and compares its settings.
    async fn check(&self) -> Result<(), BusError> {
        let wanted = stream_config(self.service, &self.settings);
        let stream = match self.context.get_stream(&wanted.name).await {
            Ok(stream) => stream,
            Err(_) => self
                .context
                .create_stream(wanted.clone())
                .await
                .map_err(|error| BusError::Away(error.to_string()))?,
        };
        settings::verify(&stream.cached_info().config)?;
        settings::verify_sync(self.settings.monitor_url.as_deref()).await
    }

    /// Waits until the own stream is fit; false when the process stops first.
    pub(crate) async fn fit(&self, stop: &CancellationToken) -> bool {
        let mut fitness = self.fitness.subscribe();
        tokio::select! {
            biased;
            () = stop.cancelled() => false,
            found = fitness.wait_for(|fitness| *fitness == Fitness::Fit) => found.is_ok(),
        }
    }

    /// Asks for a new check, because the stream answered in a way it should not.
    pub(crate) fn suspect(&self) {
        self.fitness.send_replace(Fitness::Unknown);
    }

    /// What is known of the own stream.
    pub fn fitness(&self) -> Fitness {
        *self.fitness.borrow()
    }

    /// The connection.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// `JetStream`, with bounded waits.
    pub fn jetstream(&self) -> &jetstream::Context {
        &self.context
    }

    /// The service whose connection this is.
    pub fn service(&self) -> &'static str {
        self.service
    }

    /// Longest wait for an answer.
    pub(crate) const fn patience() -> Duration {
        PATIENCE
    }

    /// Sends what is buffered and closes.
    pub async fn close(&self) {
        if let Err(error) = self.client.drain().await {
            warn!(%error, "message bus was not drained");
        }
    }
}

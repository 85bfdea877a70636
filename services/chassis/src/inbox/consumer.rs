//! Takes the events of one foreign stream into the inbox: store, commit, then acknowledge.
//!
//! A consumer is durable and named after the service. It starts before the stream exists, and begins again when
//! the stream was lost and made anew: the inbox knows what it has seen.

use std::collections::BTreeMap;
use std::time::Duration;

use async_nats::jetstream::AckKind;
use async_nats::jetstream::Message;
use async_nats::jetstream::consumer::pull::{Config, Stream as Messages};
use async_nats::jetstream::consumer::{AckPolicy, Consumer, DeliverPolicy};
use async_nats::jetstream::stream::Stream;
use futures::{StreamExt as _, future};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};
use xinqiao_kernel::DistrictCode;

use super::{Incoming, store};
use crate::bus::{Bus, BusError, stream_name, verify};
use crate::config::InboxSettings;
use crate::desk::Desk;
use crate::envelope;
use crate::jobs::backoff;

const HEARTBEAT: Duration = Duration::from_secs(2);
const EXPIRES: Duration = Duration::from_secs(20);
/// Silence after which the consumer is asked whether it has something.
const WATCHDOG: Duration = Duration::from_secs(10);
const ACK_WAIT: Duration = Duration::from_secs(30);
const BACKOFF_MIN: Duration = Duration::from_millis(200);
const BACKOFF_MAX: Duration = Duration::from_secs(2);

type Pull = Consumer<Config>;

#[derive(Debug, thiserror::Error)]
enum ConsumeError {
    #[error("the stream is not there yet: {0}")]
    Absent(String),
    #[error(transparent)]
    Unfit(#[from] BusError),
    #[error("the consumer: {0}")]
    Consumer(String),
}

struct Taker {
    desk: Desk,
    bus: Bus,
    publisher: String,
    settings: InboxSettings,
}

/// Takes the events of `publisher` until the stop; what is in hand is stored and acknowledged first.
pub async fn run(desk: Desk, bus: Bus, publisher: String, settings: InboxSettings, stop: CancellationToken) {
    let taker = Taker {
        desk,
        bus,
        publisher,
        settings,
    };
    let mut failures = 0_u32;
    while taker.bus.fit(&stop).await {
        let mut took = false;
        match taker.session(&stop, &mut took).await {
            Ok(()) => return,
            Err(ConsumeError::Absent(reason)) => {
                debug!(publisher = taker.publisher, reason, "waiting for a stream");
            }
            Err(ConsumeError::Unfit(error @ BusError::Unfit { .. })) => {
                error!(publisher = taker.publisher, %error, "stream is not fit, nothing is consumed from it");
            }
            Err(error) => warn!(publisher = taker.publisher, %error, "consumer begins again"),
        }
        failures = if took { 1 } else { failures.saturating_add(1) };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(backoff(BACKOFF_MIN, failures, BACKOFF_MAX)) => {}
        }
    }
}

impl Taker {
    /// One life of a consumer; `Ok` only at the stop.
    async fn session(&self, stop: &CancellationToken, took: &mut bool) -> Result<(), ConsumeError> {
        let stream = self.stream().await?;
        let mut consumer = self.consumer(&stream).await?;
        let messages = self.messages(&consumer).await?;
        let mut chunks = messages.ready_chunks(self.settings.batch_max);
        info!(publisher = self.publisher, "consuming");
        loop {
            let chunk = tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                chunk = tokio::time::timeout(WATCHDOG, chunks.next()) => chunk,
            };
            match chunk {
                Ok(Some(chunk)) => {
                    *took = true;
                    self.take(chunk, stop).await?;
                }
                Ok(None) => return Err(ConsumeError::Consumer("the pull ended".to_owned())),
                Err(_) => self.prove_alive(&stream, &mut consumer).await?,
            }
        }
    }

    async fn stream(&self) -> Result<Stream, ConsumeError> {
        let name = stream_name(&self.publisher);
        let found = self.bus.jetstream().get_stream(&name).await;
        let stream = found.map_err(|error| ConsumeError::Absent(error.to_string()))?;
        verify(&stream.cached_info().config)?;
        Ok(stream)
    }

    async fn consumer(&self, stream: &Stream) -> Result<Pull, ConsumeError> {
        let name = self.bus.service();
        let config = Config {
            durable_name: Some(name.to_owned()),
            description: Some(format!("inbox of {name}")),
            deliver_policy: DeliverPolicy::All,
            ack_policy: AckPolicy::Explicit,
            ack_wait: ACK_WAIT,
            // An event that cannot be stored (our database is away) is delivered until it is.
            max_deliver: -1,
            max_ack_pending: i64::try_from(self.settings.batch_max * 4).unwrap_or(i64::MAX),
            ..Config::default()
        };
        let failed = |error: &dyn std::fmt::Display| ConsumeError::Consumer(error.to_string());
        let consumer = stream
            .create_consumer(config.clone())
            .await
            .map_err(|error| failed(&error))?;
        // After a lost store a consumer can stand behind the end of a new stream and would never see it.
        if consumer.cached_info().ack_floor.stream_sequence <= stream.cached_info().state.last_sequence {
            return Ok(consumer);
        }
        warn!(
            publisher = self.publisher,
            "consumer stands behind the end of its stream, it is made anew"
        );
        stream
            .delete_consumer(name)
            .await
            .map_err(|error| failed(&error))?;
        stream
            .create_consumer(config)
            .await
            .map_err(|error| failed(&error))
    }

    async fn messages(&self, consumer: &Pull) -> Result<Messages, ConsumeError> {
        consumer
            .stream()
            .max_messages_per_batch(self.settings.batch_max)
            .heartbeat(HEARTBEAT)
            .expires(EXPIRES)
            .messages()
            .await
            .map_err(|error| ConsumeError::Consumer(error.to_string()))
    }

    /// After a silence: the consumer must exist, and have nothing for us.
    async fn prove_alive(&self, stream: &Stream, consumer: &mut Pull) -> Result<(), ConsumeError> {
        let now = stream
            .get_info()
            .await
            .map_err(|error| ConsumeError::Absent(error.to_string()))?;
        if now.created != stream.cached_info().created {
            return Err(ConsumeError::Consumer("the stream was made anew".to_owned()));
        }
        let info = consumer
            .info()
            .await
            .map_err(|error| ConsumeError::Consumer(error.to_string()))?;
        if info.num_pending > 0 || info.ack_floor.stream_sequence > now.state.last_sequence {
            return Err(ConsumeError::Consumer(
                "the pull is silent although there are events".to_owned(),
            ));
        }
        Ok(())
    }

    /// Stores a chunk and acknowledges it.
    async fn take<E: std::fmt::Display>(
        &self,
        chunk: Vec<Result<Message, E>>,
        stop: &CancellationToken,
    ) -> Result<(), ConsumeError> {
        let mut by_district: BTreeMap<DistrictCode, Vec<Incoming>> = BTreeMap::new();
        let mut acknowledged = Vec::with_capacity(chunk.len());
        let mut broken = None;
        for message in chunk {
            let message = match message {
                Ok(message) => message,
                Err(error) => {
                    broken = Some(ConsumeError::Consumer(error.to_string()));
                    break;
                }
            };
            match envelope::decode(message.headers.as_ref(), message.payload.clone()) {
                Ok((district, event)) if event.publisher == self.publisher => {
                    by_district.entry(district).or_default().push(event);
                    acknowledged.push(message);
                }
                Ok(_) => self.reject(&message, "it names another publisher").await,
                Err(error) => self.reject(&message, &error.to_string()).await,
            }
        }
        for (district, events) in &by_district {
            self.store(*district, events, stop).await?;
        }
        // Unacknowledged ones come again and are known by then.
        future::join_all(acknowledged.iter().map(Message::double_ack)).await;
        broken.map_or(Ok(()), Err)
    }

    /// Stores the events of a district, however long the database takes.
    async fn store(
        &self,
        district: DistrictCode,
        events: &[Incoming],
        stop: &CancellationToken,
    ) -> Result<(), ConsumeError> {
        let mut failures = 0_u32;
        loop {
            match self.store_once(district, events).await {
                Ok(()) => return Ok(()),
                Err(error) => {
                    failures = failures.saturating_add(1);
                    warn!(%district, %error, failures, "events were not stored, will try again");
                }
            }
            tokio::select! {
                () = stop.cancelled() => return Err(ConsumeError::Consumer("stopped before the commit".to_owned())),
                () = tokio::time::sleep(backoff(BACKOFF_MIN, failures, BACKOFF_MAX)) => {}
            }
        }
    }

    async fn store_once(&self, district: DistrictCode, events: &[Incoming]) -> Result<(), sqlx::Error> {
        let mut tx = self.desk.database().begin(district).await?;
        let new = store::insert(tx.conn(), district, events).await?;
        tx.commit().await?;
        if new > 0 {
            self.desk.wakers().inbox.wake();
        }
        Ok(())
    }

    /// A message that is not an event cannot be stored or ordered. It stays in the stream; the log says where.
    async fn reject(&self, message: &Message, why: &str) {
        let sequence = message.info().map_or(0, |info| info.stream_sequence);
        error!(
            publisher = self.publisher,
            stream_sequence = sequence,
            why,
            "message is not an event"
        );
        if let Err(error) = message.ack_with(AckKind::Term).await {
            debug!(%error, "message was not terminated");
        }
    }
}

//! The inbox: every event of every other service, stored before it is acknowledged, applied in order.
//!
//! - [`consumer`] takes events from the bus, stores them in one transaction per district and acknowledges
//!   only after the commit.
//! - [`applier`] applies them: per publisher and entity by sequence, after the event that caused them, one
//!   transaction per event with its effect. What fails is tried again and then parked with its reason; only
//!   what follows it waits.

pub mod applier;
pub mod consumer;
pub mod parked;
mod store;

use bytes::Bytes;
use futures::future::BoxFuture;
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_kernel::CaseNumber;
use xinqiao_proto::event::EventBody;

use crate::desk::Act;
use crate::refusal::Refusal;

/// A foreign event whose turn has come.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// Identifier, given by the publisher.
    pub event_id: Uuid,
    /// For example `case.registered`.
    pub kind: String,
    /// The service that published it, for example `intake`.
    pub publisher: String,
    /// `case`, `leader` …
    pub entity_kind: String,
    /// What it is about.
    pub entity_id: Uuid,
    /// The case number, when it is about a case.
    pub case_no: Option<CaseNumber>,
    /// 1, 2, 3 … per publisher and entity.
    pub sequence: u64,
    /// Legal time of the act.
    pub occurred_at: OffsetDateTime,
    /// The event it builds on.
    pub causation_id: Option<Uuid>,
    /// Who acted.
    pub actor_ref: String,
    /// Context in which it was created.
    pub trace_parent: Option<String>,
    /// Protobuf.
    pub body: Bytes,
}

impl Incoming {
    /// Decodes the body. An event whose body cannot be read is tried again and then parked.
    pub fn decode<B: EventBody>(&self) -> Result<B, Refusal> {
        B::decode(self.body.clone()).map_err(|error| Refusal::internal(&error))
    }

    /// The trace id of its creation, for timelines.
    pub fn trace_id(&self) -> Option<&str> {
        self.trace_parent
            .as_deref()
            .and_then(|context| context.split('-').nth(1))
    }
}

/// What a service does with foreign events.
pub trait Subscriber: Send + Sync + 'static {
    /// Applies one event: its effect is committed together with the mark that it was applied. Kinds that do not
    /// concern the service are answered with `Ok(())`.
    fn apply<'t>(&'t self, act: &'t mut Act, event: &'t Incoming) -> BoxFuture<'t, Result<(), Refusal>>;
}

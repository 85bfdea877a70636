//! Events of other services, and a look at what this one has published and taken in.

use async_nats::jetstream;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;
use xinqiao_proto::event::EventBody;

use super::NatsServer;
use crate::{desk::Desk, envelope::Outgoing, journal::Entity, random};

/// An event as another service would publish it. The district is 220502 unless said otherwise.
#[derive(Debug, Clone)]
pub struct Foreign {
    pub(super) publisher: &'static str,
    pub(super) entity: Entity,
    pub(super) sequence: Option<u64>,
    kind: &'static str,
    district: DistrictCode,
    event_id: Uuid,
    causation_id: Option<Uuid>,
    actor_ref: String,
    occurred_at: Option<OffsetDateTime>,
    body: Vec<u8>,
}

impl Foreign {
    /// An event of `publisher` about an entity.
    pub fn new<B: EventBody>(publisher: &'static str, kind: &'static str, entity: Entity, body: &B) -> Self {
        Self::sealed(publisher, kind, entity, |_| body.encode_to_vec())
    }

    /// An event whose body depends on its id, because a field is sealed to it: encode it in `build`.
    pub fn sealed(
        publisher: &'static str,
        kind: &'static str,
        entity: Entity,
        build: impl FnOnce(Uuid) -> Vec<u8>,
    ) -> Self {
        let event_id = random::new_id();
        Self {
            publisher,
            entity,
            sequence: None,
            kind,
            district: "220502".parse().unwrap(),
            event_id,
            causation_id: None,
            actor_ref: format!("service:{publisher}"),
            occurred_at: None,
            body: build(event_id),
        }
    }

    /// Its place among the publisher's events of the entity; the next one by itself.
    #[must_use]
    pub fn sequence(mut self, sequence: u64) -> Self {
        self.sequence = Some(sequence);
        self
    }

    /// The event it builds on.
    #[must_use]
    pub fn caused_by(mut self, event_id: Uuid) -> Self {
        self.causation_id = Some(event_id);
        self
    }

    /// Another district.
    #[must_use]
    pub fn of(mut self, district: &str) -> Self {
        self.district = district.parse().unwrap();
        self
    }

    /// Who acted, for example `person:li`.
    #[must_use]
    pub fn by(mut self, actor_ref: &str) -> Self {
        actor_ref.clone_into(&mut self.actor_ref);
        self
    }

    /// Legal time of the act, RFC 3339; the bench's clock by itself.
    #[must_use]
    pub fn at(mut self, instant: &str) -> Self {
        self.occurred_at = Some(super::instant(instant));
        self
    }

    /// Its identifier.
    pub fn id(&self) -> Uuid {
        self.event_id
    }

    pub(super) async fn publish(self, desk: &Desk, nats: &NatsServer) -> Uuid {
        let (publisher, kind, district) = (self.publisher, self.kind, self.district);
        let message = Outgoing {
            listed_at: 0,
            listed_with: 1,
            event_id: self.event_id,
            kind: kind.to_owned(),
            entity_kind: self.entity.kind.as_str().to_owned(),
            entity_id: self.entity.id,
            case_no: self.entity.case_no.map(|number| number.to_string()),
            sequence: i64::try_from(self.sequence.unwrap_or(1)).unwrap(),
            subject: format!("xq.{district}.{publisher}.{kind}"),
            body: self.body.into(),
            trace_parent: None,
            causation_id: self.causation_id,
            actor_ref: self.actor_ref,
            occurred_at: self.occurred_at.unwrap_or_else(|| desk.clock().now()),
        };
        let headers = message.headers(publisher, district);
        let client = async_nats::connect(nats.url()).await.unwrap();
        let bus = jetstream::new(client);
        let sent = bus
            .publish_with_headers(message.subject, headers, message.body)
            .await
            .unwrap();
        sent.await.unwrap();
        self.event_id
    }
}

/// An event in the journal of the service under test.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Published {
    /// Its identifier.
    pub event_id: Uuid,
    /// For example `case.registered`.
    pub kind: String,
    /// What it is about.
    pub entity_id: Uuid,
    /// The number, when it is about a case.
    pub case_no: Option<String>,
    /// 1, 2, 3 … per entity.
    pub sequence: i64,
    /// The subject it is published on.
    pub subject: String,
    /// The foreign event it builds on.
    pub causation_id: Option<Uuid>,
    /// Who acted.
    pub actor_ref: String,
    /// Legal time of the act.
    pub occurred_at: OffsetDateTime,
    /// Protobuf.
    pub body: Vec<u8>,
}

impl Published {
    /// The body.
    pub fn decode<B: EventBody>(&self) -> B {
        assert!(
            B::KINDS.contains(&self.kind.as_str()),
            "{} has another body",
            self.kind
        );
        B::decode(self.body.as_slice()).unwrap()
    }
}

/// The journal: what acts published, or who opened a case.
pub(super) async fn published(pool: &PgPool, looks: bool) -> Vec<Published> {
    sqlx::query_as(
        "SELECT event_id, kind, entity_id, case_no, sequence, subject, causation_id, actor_ref, occurred_at, body
           FROM outbox WHERE (kind = 'case.opened') = $1 ORDER BY position",
    )
    .bind(looks)
    .fetch_all(pool)
    .await
    .unwrap()
}

/// State and reason of an event in the inbox; `None` before it has come.
pub(super) async fn inbox_state(pool: &PgPool, event_id: Uuid) -> Option<(String, Option<String>)> {
    sqlx::query_as("SELECT state, reason FROM inbox WHERE event_id = $1")
        .bind(event_id)
        .fetch_optional(pool)
        .await
        .unwrap()
}

/// What is not where it should end up: unpublished, waiting or parked.
pub(super) async fn leftovers(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT 'unpublished ' || kind || ' ' || coalesce(last_error, '')
           FROM unpublished CROSS JOIN unnest(event_ids) AS e (event_id) JOIN outbox USING (district_code, event_id)
                LEFT JOIN refused USING (district_code, event_id)
          UNION ALL
         SELECT state || ' ' || kind || ' ' || coalesce(reason, '') FROM inbox WHERE state <> 'applied'",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

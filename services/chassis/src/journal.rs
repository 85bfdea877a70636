//! The event journal (outbox): what a transaction wants the others to know, written with its effect.
//!
//! A row is built by a pure function ([`Draft::into_row`]), so that a writer that batches many acts into one
//! statement uses the same format as everybody else. Whoever inserts rows for a district holds that district's
//! `audit_head` row: sequences and positions then follow the order of commits.

use std::collections::HashMap;

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_kernel::{CaseNumber, DistrictCode};
use xinqiao_proto::event::EventBody;

use crate::trace;

/// What kind of thing an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntityKind {
    /// A petition case 信访事项.
    Case,
    /// A reception day 接访日.
    ReceptionDay,
    /// An appointment 预约.
    Appointment,
    /// A leader 领导.
    Leader,
    /// A responsible unit 责任单位.
    Unit,
    /// A working-day calendar.
    Calendar,
    /// Anything else.
    Other,
}

impl EntityKind {
    /// The name in journal, inbox and digest.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::ReceptionDay => "reception_day",
            Self::Appointment => "appointment",
            Self::Leader => "leader",
            Self::Unit => "unit",
            Self::Calendar => "calendar",
            Self::Other => "other",
        }
    }
}

/// The thing an event is about: order is kept per publisher and entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entity {
    /// What it is.
    pub kind: EntityKind,
    /// Its identifier.
    pub id: Uuid,
    /// The number, when it is a case.
    pub case_no: Option<CaseNumber>,
}

impl Entity {
    /// A case.
    pub const fn case(id: Uuid, number: CaseNumber) -> Self {
        Self {
            kind: EntityKind::Case,
            id,
            case_no: Some(number),
        }
    }

    /// Anything that is not a case and has no kind of its own.
    pub const fn other(id: Uuid) -> Self {
        Self::of(EntityKind::Other, id)
    }

    /// A thing of the given kind.
    pub const fn of(kind: EntityKind, id: Uuid) -> Self {
        Self {
            kind,
            id,
            case_no: None,
        }
    }
}

/// An event before it has its place in the order.
#[derive(Clone, Debug)]
pub struct Draft {
    event_id: Uuid,
    kind: &'static str,
    entity: Entity,
    subject: String,
    body: Vec<u8>,
    trace_parent: Option<String>,
    /// Who acted, when it is not whoever does the act.
    actor_ref: Option<String>,
}

impl Draft {
    /// Encodes a body and makes the `create` span whose context travels with the event.
    ///
    /// # Panics
    /// When `kind` is not one of the names of `B`: a programming error.
    pub fn new<B: EventBody>(
        service: &str,
        district: DistrictCode,
        kind: &'static str,
        entity: Entity,
        event_id: Uuid,
        body: &B,
    ) -> Self {
        assert!(B::KINDS.contains(&kind), "{kind} is not a name of this body");
        Self {
            event_id,
            kind,
            entity,
            subject: format!("xq.{district}.{service}.{kind}"),
            body: body.encode_to_vec(),
            trace_parent: trace::create_span(service, kind, event_id, entity.id),
            actor_ref: None,
        }
    }

    /// The event names another as who acted than the act does.
    #[must_use]
    pub fn by(mut self, actor_ref: String) -> Self {
        self.actor_ref = Some(actor_ref);
        self
    }

    /// The event id.
    pub const fn event_id(&self) -> Uuid {
        self.event_id
    }

    /// Its name on the bus.
    pub const fn kind(&self) -> &'static str {
        self.kind
    }

    /// What it is about.
    pub const fn entity(&self) -> &Entity {
        &self.entity
    }

    /// The journal row: sequence from 1 per entity, the foreign event it builds on, who acted, legal time.
    pub fn into_row(
        self,
        sequence: i64,
        causation_id: Option<Uuid>,
        actor_ref: &str,
        occurred_at: OffsetDateTime,
    ) -> OutboxRow {
        OutboxRow {
            event_id: self.event_id,
            kind: self.kind,
            entity_kind: self.entity.kind.as_str(),
            entity_id: self.entity.id,
            case_no: self.entity.case_no.map(|number| number.to_string()),
            sequence,
            subject: self.subject,
            body: self.body,
            trace_parent: self.trace_parent,
            causation_id,
            actor_ref: self.actor_ref.unwrap_or_else(|| actor_ref.to_owned()),
            occurred_at,
        }
    }
}

/// One row of `outbox`, without what the database fills in.
#[derive(Clone, Debug)]
pub struct OutboxRow {
    /// Also the `Nats-Msg-Id` and the key of every inbox.
    pub event_id: Uuid,
    /// For example `case.registered`.
    pub kind: &'static str,
    /// [`EntityKind::as_str`].
    pub entity_kind: &'static str,
    /// What it is about.
    pub entity_id: Uuid,
    /// The case number as text.
    pub case_no: Option<String>,
    /// 1, 2, 3 … per entity.
    pub sequence: i64,
    /// `xq.<district>.<service>.<entity>.<event>`.
    pub subject: String,
    /// Protobuf.
    pub body: Vec<u8>,
    /// W3C context of the `create` span.
    pub trace_parent: Option<String>,
    /// The foreign event this one builds on.
    pub causation_id: Option<Uuid>,
    /// `person:<id>` or `service:<name>`.
    pub actor_ref: String,
    /// Legal time.
    pub occurred_at: OffsetDateTime,
}

/// What the journal knows of an entity: its last sequence, and the last foreign event applied for it.
struct Standing {
    sequence: i64,
    causation_id: Option<Uuid>,
}

/// Appends drafts in their order. The caller holds the district's `audit_head` row.
///
/// `cause` is the event being applied, when the transaction applies one; otherwise each event builds on the
/// last foreign event applied for its entity.
pub(crate) async fn append(
    connection: &mut PgConnection,
    district: DistrictCode,
    drafts: Vec<Draft>,
    cause: Option<Uuid>,
    actor_ref: &str,
    occurred_at: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    if drafts.is_empty() {
        return Ok(());
    }
    let mut standings = standings(connection, district, &drafts).await?;
    let mut rows = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let standing = standings
            .get_mut(&draft.entity.id)
            .expect("asked for every entity");
        standing.sequence += 1;
        let causation = cause.or(standing.causation_id);
        rows.push(draft.into_row(standing.sequence, causation, actor_ref, occurred_at));
    }
    insert(connection, district, &rows).await
}

async fn standings(
    connection: &mut PgConnection,
    district: DistrictCode,
    drafts: &[Draft],
) -> Result<HashMap<Uuid, Standing>, sqlx::Error> {
    let mut entities: Vec<Uuid> = drafts.iter().map(|draft| draft.entity.id).collect();
    entities.sort_unstable();
    entities.dedup();
    let found: Vec<(Uuid, i64, Option<Uuid>)> = sqlx::query_as(
        "SELECT e.id,
                COALESCE((SELECT max(o.sequence) FROM outbox o
                          WHERE o.district_code = $1 AND o.entity_id = e.id), 0),
                (SELECT c.event_id FROM causation c WHERE c.district_code = $1 AND c.entity_id = e.id)
         FROM unnest($2::uuid[]) AS e (id)",
    )
    .bind(district.as_str())
    .bind(entities)
    .fetch_all(connection)
    .await?;
    Ok(found
        .into_iter()
        .map(|(id, sequence, causation_id)| {
            (
                id,
                Standing {
                    sequence,
                    causation_id,
                },
            )
        })
        .collect())
}

/// Inserts rows, keeping their order.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    district: DistrictCode,
    rows: &[OutboxRow],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "WITH written AS (INSERT INTO outbox (district_code, event_id, kind, entity_kind, entity_id, case_no, sequence,
                                              subject, body, trace_parent, causation_id, actor_ref, occurred_at)
         SELECT $1, r.* FROM unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::bigint[],
                                    $8::text[], $9::bytea[], $10::text[], $11::uuid[], $12::text[],
                                    $13::timestamptz[])
                        AS r (event_id, kind, entity_kind, entity_id, case_no, sequence, subject, body,
                              trace_parent, causation_id, actor_ref, occurred_at)
         RETURNING position, event_id)
         INSERT INTO unpublished (district_code, position, event_ids)
         SELECT $1, min(position), array_agg(event_id ORDER BY position) FROM written",
    )
    .bind(district.as_str())
    .bind(rows.iter().map(|row| row.event_id).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.kind).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.entity_kind).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.entity_id).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.case_no.as_deref()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.sequence).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.subject.as_str()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.body.as_slice()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.trace_parent.as_deref()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.causation_id).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.actor_ref.as_str()).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.occurred_at).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// Lets the relay send the events from `since` on (legal time) again. Returns how many it had sent before.
pub async fn republish(
    connection: &mut PgConnection,
    district: DistrictCode,
    since: OffsetDateTime,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(
        "INSERT INTO unpublished AS u (district_code, position, event_ids)
         SELECT district_code, position, ARRAY[event_id] FROM outbox
         WHERE district_code = $1 AND occurred_at >= $2
           AND event_id NOT IN (SELECT unnest(event_ids) FROM unpublished WHERE district_code = $1)
         ON CONFLICT (district_code, position) DO UPDATE SET event_ids = excluded.event_ids || u.event_ids",
    )
    .bind(district.as_str())
    .bind(since)
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

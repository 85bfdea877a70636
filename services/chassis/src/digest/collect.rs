//! Journal and inbox of a district, gathered by entity.

use std::collections::BTreeMap;

use futures::TryStreamExt as _;
use sqlx::PgConnection;
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;

use super::documents::Papers;
use super::line::{Chain, Line};
use super::said;
use crate::seal::sha256;

#[derive(sqlx::FromRow)]
struct Sent {
    #[sqlx(flatten)]
    event: Stored,
    kind: String,
    unpublished: bool,
    /// Only of events that name dates or documents.
    body: Option<Vec<u8>>,
}

#[derive(sqlx::FromRow)]
struct Received {
    #[sqlx(flatten)]
    event: Stored,
    publisher: String,
    state: String,
}

#[derive(sqlx::FromRow)]
struct Stored {
    entity_kind: String,
    entity_id: Uuid,
    case_no: Option<String>,
    sequence: i64,
    event_id: Uuid,
    body_sha256: Vec<u8>,
}

impl Stored {
    const fn place(&self) -> u64 {
        self.sequence.unsigned_abs()
    }
}

impl Chain {
    fn extend(&mut self, event: &Stored) {
        let mut bytes = hex::decode(&self.head).unwrap_or_default();
        bytes.extend_from_slice(&event.sequence.to_be_bytes());
        bytes.extend_from_slice(event.event_id.as_bytes());
        bytes.extend_from_slice(&event.body_sha256);
        self.count += 1;
        self.head = hex::encode(sha256(&bytes));
    }
}

/// The lines so far.
pub(super) struct Found {
    service: &'static str,
    pub(super) district: DistrictCode,
    lines: BTreeMap<Uuid, Line>,
}

impl Found {
    pub(super) const fn new(service: &'static str, district: DistrictCode) -> Self {
        Self {
            service,
            district,
            lines: BTreeMap::new(),
        }
    }

    /// In the order of the entities.
    pub(super) fn into_lines(self) -> Vec<Line> {
        self.lines.into_values().collect()
    }

    pub(super) fn line(&mut self, entity_id: Uuid, entity_kind: &str) -> &mut Line {
        self.lines
            .entry(entity_id)
            .or_insert_with(|| Line::of(self.service, self.district, entity_id, entity_kind))
    }

    fn line_of(&mut self, event: &Stored) -> &mut Line {
        let line = self.line(event.entity_id, &event.entity_kind);
        if line.case_no.is_none() {
            line.case_no.clone_from(&event.case_no);
        }
        line
    }

    /// What was published; returns the documents that it named.
    pub(super) async fn journal(&mut self, connection: &mut PgConnection) -> Result<Papers, sqlx::Error> {
        let district = self.district;
        let mut papers = Papers::default();
        let mut events = sqlx::query_as::<_, Sent>(
            "SELECT entity_kind, entity_id, case_no, sequence, event_id, sha256(body) AS body_sha256, kind,
                    event_id IN (SELECT unnest(event_ids) FROM unpublished WHERE district_code = $1) AS unpublished,
                    CASE WHEN kind = ANY ($2) THEN body END AS body
             FROM outbox WHERE district_code = $1 ORDER BY entity_id, sequence",
        )
        .bind(district.as_str())
        .bind(said::kinds())
        .fetch(connection);
        while let Some(sent) = events.try_next().await? {
            self.sent(&sent, &mut papers);
        }
        Ok(papers)
    }

    fn sent(&mut self, sent: &Sent, papers: &mut Papers) {
        let line = self.line_of(&sent.event);
        line.journal.extend(&sent.event);
        let place = sent.event.place();
        let own = &mut line.own;
        if place > own.last + 1 {
            own.lost.push((own.last + 1, place - 1));
        }
        own.last = place;
        own.unpublished += u64::from(sent.unpublished);
        let Some(body) = &sent.body else { return };
        let Ok(said) = said::read(&sent.kind, body) else {
            own.unreadable += 1;
            return;
        };
        line.told_dates.extend(said.dates);
        for document in said.documents {
            line.documents.told += 1;
            if papers.told(sent.event.entity_id, &document).is_none() {
                line.own.unreadable += 1;
            }
        }
    }

    /// What came from the others.
    pub(super) async fn inbox(&mut self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let district = self.district;
        let mut events = sqlx::query_as::<_, Received>(
            "SELECT entity_kind, entity_id, case_no, sequence, event_id, sha256(body) AS body_sha256, publisher, state
             FROM inbox WHERE district_code = $1 ORDER BY entity_id, publisher, sequence, event_id",
        )
        .bind(district.as_str())
        .fetch(connection);
        while let Some(received) = events.try_next().await? {
            let Received {
                event,
                publisher,
                state,
            } = received;
            let foreign = self.line_of(&event).foreign.entry(publisher).or_default();
            foreign.last = foreign.last.max(event.place());
            match state.as_str() {
                "applied" => foreign.applied.extend(&event),
                "parked" => foreign.parked += 1,
                _ => foreign.waiting += 1,
            }
        }
        Ok(())
    }
}

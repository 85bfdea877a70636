//! `digest`: what a service knows of every entity, in a form that can be compared without seeing any content.
//!
//! One line of JSON per district and entity. A head is a rolling SHA-256 over sequence, event id and the hash of the
//! body, in the order of the sequence: the publisher's head of an entity and the head of what another service
//! applied of it are equal exactly when both hold the same events.

use std::collections::BTreeMap;
use std::io::Write;

use futures::TryStreamExt as _;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;

use crate::desk::Desk;
use crate::seal::sha256;

/// What a service says about one of its cases, beside its events.
#[derive(Clone, Debug)]
pub struct CaseDigest {
    /// The case.
    pub case_id: Uuid,
    /// Its state as this service sees it, for example `C31` or `C31/R1`.
    pub state: String,
    /// Bytes of everything else that must be the same after the same events; only their hash is printed.
    pub facts: Vec<u8>,
}

/// Gives the digests of a service's own tables.
pub trait DigestSource: Send + Sync + 'static {
    /// Every case of the district.
    fn cases<'t>(
        &'t self,
        connection: &'t mut PgConnection,
        district: DistrictCode,
    ) -> BoxFuture<'t, Result<Vec<CaseDigest>, sqlx::Error>>;
}

/// How many events, and the rolling hash over them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// Number of events.
    pub count: u64,
    /// Rolling hash, hexadecimal; empty when there is none.
    pub head: String,
}

/// What is known of one publisher's events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreign {
    /// Applied events.
    pub applied: Chain,
    /// Stored, not applied yet.
    pub waiting: u64,
    /// Failed too often.
    pub parked: u64,
}

/// One line of the digest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The service.
    pub service: String,
    /// The district.
    pub district: String,
    /// `case`, `leader` …
    pub entity_kind: String,
    /// The entity.
    pub entity_id: Uuid,
    /// The case number, when it is a case.
    pub case_no: Option<String>,
    /// What the service published.
    pub journal: Chain,
    /// What the service has of others, by publisher.
    pub foreign: BTreeMap<String, Foreign>,
    /// The state as the service sees it.
    pub state: Option<String>,
    /// Hash over the service's facts, hexadecimal.
    pub facts: Option<String>,
}

/// Why there is no digest.
#[derive(Debug, thiserror::Error)]
pub enum DigestError {
    /// The database does not answer.
    #[error("the digest cannot be read: {0}")]
    Database(#[from] sqlx::Error),
    /// The lines cannot be written.
    #[error("the digest cannot be written: {0}")]
    Write(#[from] std::io::Error),
}

#[derive(sqlx::FromRow)]
struct Row {
    entity_kind: String,
    entity_id: Uuid,
    case_no: Option<String>,
    sequence: i64,
    event_id: Uuid,
    body_sha256: Vec<u8>,
    publisher: Option<String>,
    state: String,
}

impl Chain {
    fn extend(&mut self, event: &Row) {
        let mut bytes = hex::decode(&self.head).unwrap_or_default();
        bytes.extend_from_slice(&event.sequence.to_be_bytes());
        bytes.extend_from_slice(event.event_id.as_bytes());
        bytes.extend_from_slice(&event.body_sha256);
        self.count += 1;
        self.head = hex::encode(sha256(&bytes));
    }
}

/// Lines of one district, in the order of the entities.
pub async fn lines(
    desk: &Desk,
    district: DistrictCode,
    source: Option<&dyn DigestSource>,
) -> Result<Vec<Line>, DigestError> {
    let mut tx = desk.database().begin(district).await?;
    let mut found = Found {
        service: desk.service(),
        district,
        lines: BTreeMap::new(),
    };
    found.journal(tx.conn()).await?;
    found.inbox(tx.conn()).await?;
    if let Some(source) = source {
        for case in source.cases(tx.conn(), district).await? {
            let line = found.line(case.case_id, "case");
            line.state = Some(case.state);
            line.facts = Some(hex::encode(sha256(&case.facts)));
        }
    }
    tx.rollback().await?;
    Ok(found.lines.into_values().collect())
}

/// Writes the digest of every district as lines of JSON.
pub async fn print(
    desk: &Desk,
    source: Option<&dyn DigestSource>,
    mut out: impl Write + Send,
) -> Result<(), DigestError> {
    for district in desk.districts().codes() {
        for line in lines(desk, district, source).await? {
            serde_json::to_writer(&mut out, &line).map_err(std::io::Error::from)?;
            out.write_all(b"\n")?;
        }
    }
    Ok(out.flush()?)
}

struct Found {
    service: &'static str,
    district: DistrictCode,
    lines: BTreeMap<Uuid, Line>,
}

impl Found {
    fn line(&mut self, entity_id: Uuid, entity_kind: &str) -> &mut Line {
        self.lines.entry(entity_id).or_insert_with(|| Line {
            service: self.service.to_owned(),
            district: self.district.to_string(),
            entity_kind: entity_kind.to_owned(),
            entity_id,
            ..Line::default()
        })
    }

    fn line_of(&mut self, event: &Row) -> &mut Line {
        let line = self.line(event.entity_id, &event.entity_kind);
        if line.case_no.is_none() {
            line.case_no.clone_from(&event.case_no);
        }
        line
    }

    async fn journal(&mut self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let district = self.district;
        let mut events = sqlx::query_as::<_, Row>(
            "SELECT entity_kind, entity_id, case_no, sequence, event_id, sha256(body) AS body_sha256,
                    NULL AS publisher, '' AS state
             FROM outbox WHERE district_code = $1 ORDER BY entity_id, sequence",
        )
        .bind(district.as_str())
        .fetch(connection);
        while let Some(event) = events.try_next().await? {
            self.line_of(&event).journal.extend(&event);
        }
        Ok(())
    }

    async fn inbox(&mut self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let district = self.district;
        let mut events = sqlx::query_as::<_, Row>(
            "SELECT entity_kind, entity_id, case_no, sequence, event_id, sha256(body) AS body_sha256, publisher, state
             FROM inbox WHERE district_code = $1 ORDER BY entity_id, publisher, sequence, event_id",
        )
        .bind(district.as_str())
        .fetch(connection);
        while let Some(mut event) = events.try_next().await? {
            let publisher = event.publisher.take().unwrap_or_default();
            let foreign = self.line_of(&event).foreign.entry(publisher).or_default();
            match event.state.as_str() {
                "applied" => foreign.applied.extend(&event),
                "parked" => foreign.parked += 1,
                _ => foreign.waiting += 1,
            }
        }
        Ok(())
    }
}

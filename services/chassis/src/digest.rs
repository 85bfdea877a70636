//! `digest`: what a service knows of every entity, in a form that can be compared without seeing any content.
//!
//! One line of JSON per district and entity, and one per district for the audit chain. A head is a rolling SHA-256
//! over sequence, event id and the hash of the body, in the order of the sequence: the publisher's head of an entity
//! and the head of what another service applied of it are equal exactly when both hold the same events.
//!
//! What a service can judge alone is judged here: holes in its journal, its documents against what its events
//! said of them, its audit chain. What takes two services is told, for `reconcile` to compare.

mod collect;
mod documents;
mod line;
mod said;

use std::io::Write;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use sqlx::PgConnection;
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;

pub use line::{Audit, Chain, Documents, Foreign, LegalDates, Line, Own};

use crate::audit::{self, ChainFault};
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

    /// Every clock the service keeps, with its case; those of one case and code in the order of their rounds.
    fn clocks<'t>(
        &'t self,
        _connection: &'t mut PgConnection,
        _district: DistrictCode,
    ) -> BoxFuture<'t, Result<Vec<(Uuid, LegalDates)>, sqlx::Error>> {
        std::future::ready(Ok(Vec::new())).boxed()
    }
}

/// Why there is no digest.
#[derive(Debug, thiserror::Error)]
pub enum DigestError {
    /// The database does not answer.
    #[error("the digest cannot be read: {0}")]
    Database(#[from] sqlx::Error),
    /// The object store does not answer.
    #[error("the checkpoints of the audit chain cannot be read: {0}")]
    Store(#[from] object_store::Error),
    /// The lines cannot be written.
    #[error("the digest cannot be written: {0}")]
    Write(#[from] std::io::Error),
}

/// Lines of one district, in the order of the entities; all of them of one instant.
pub async fn lines(
    desk: &Desk,
    district: DistrictCode,
    source: Option<&dyn DigestSource>,
) -> Result<Vec<Line>, DigestError> {
    let mut tx = desk.database().begin_snapshot(district).await?;
    let mut found = collect::Found::new(desk.service(), district);
    let papers = found.journal(tx.conn()).await?;
    found.inbox(tx.conn()).await?;
    found.documents(tx.conn(), papers).await?;
    if let Some(source) = source {
        for case in source.cases(tx.conn(), district).await? {
            let line = found.line(case.case_id, "case");
            line.state = Some(case.state);
            line.facts = Some(hex::encode(sha256(&case.facts)));
        }
        for (case_id, clock) in source.clocks(tx.conn(), district).await? {
            found.line(case_id, "case").clocks.push(clock);
        }
    }
    tx.rollback().await?;
    Ok(found.into_lines())
}

/// The line of a district's audit chain, verified from its first row and against its checkpoints.
pub async fn audit_line(desk: &Desk, district: DistrictCode) -> Result<Line, DigestError> {
    let audit = match audit::verify(desk, district).await {
        Ok(verified) => Audit {
            rows: verified.rows.unsigned_abs(),
            fault: None,
        },
        Err(ChainFault::Database(error)) => return Err(error.into()),
        Err(ChainFault::Store(error)) => return Err(error.into()),
        Err(fault) => Audit {
            rows: 0,
            fault: Some(fault.to_string()),
        },
    };
    Ok(Line {
        audit: Some(audit),
        ..Line::of(desk.service(), district, Uuid::nil(), line::AUDIT)
    })
}

/// Writes the digest of every district as lines of JSON.
pub async fn print(
    desk: &Desk,
    source: Option<&dyn DigestSource>,
    mut out: impl Write + Send,
) -> Result<(), DigestError> {
    for district in desk.districts().codes() {
        let mut all = lines(desk, district, source).await?;
        all.push(audit_line(desk, district).await?);
        for line in all {
            serde_json::to_writer(&mut out, &line).map_err(std::io::Error::from)?;
            out.write_all(b"\n")?;
        }
    }
    Ok(out.flush()?)
}

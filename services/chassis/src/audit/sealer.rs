//! Writes the checkpoints: a job that looks how far each district's chain has grown.
//!
//! Every process runs it. The store is always asked before the database: what another process has signed by then, the
//! head that is read afterwards has reached, or the chain was cut.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use sqlx::PgConnection;
use time::OffsetDateTime;
use xinqiao_kernel::DistrictCode;

use super::checkpoint::Checkpoint;
use super::keys::{AuditKeyError, Signer};
use super::trail::Trail;
use super::verify::ChainFault;
use super::{Head, as_hash};
use crate::desk::Desk;
use crate::jobs::{Job, Progress};
use crate::metrics;
use crate::refusal::Refusal;

/// How often a process looks; one short statement for each district.
const EVERY: Duration = Duration::from_secs(1);

/// When a chain that has grown gets its next checkpoint: whichever comes first. The first one comes at once.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Rows since the last checkpoint.
    pub rows: i64,
    /// Legal time since the last checkpoint.
    pub time: Duration,
}

impl Pace {
    /// Whatever has grown is signed.
    const NOW: Self = Self {
        rows: 1,
        time: Duration::ZERO,
    };
}

/// What this process knows of a district.
#[derive(Clone, Debug)]
struct Seen {
    /// The newest checkpoint it has read or written.
    last: Option<Checkpoint>,
    /// Whether it has looked into the store.
    has_looked: bool,
    /// Legal time of that checkpoint, or of the first look when there is none.
    since: OffsetDateTime,
}

impl Seen {
    fn seq(&self) -> i64 {
        self.last.as_ref().map_or(0, Checkpoint::seq)
    }

    fn is_due(&self, head: Head, now: OffsetDateTime, pace: Pace) -> bool {
        let grown = head.seq - self.seq();
        // A chain shorter than what was signed is looked at more closely.
        let enough = grown >= pace.rows || self.last.is_none() || now - self.since >= pace.time;
        grown < 0 || (grown > 0 && enough)
    }

    fn measure(&self, district: DistrictCode, head: Head, now: OffsetDateTime) {
        let waiting = head.seq != self.seq();
        let age = if waiting {
            (now - self.since).as_seconds_f64()
        } else {
            0.0
        };
        metrics::audit_checkpoint(district, self.seq(), age);
    }
}

/// Writes the checkpoints of every district.
#[derive(Debug)]
pub struct SealChain {
    trail: Trail,
    signer: Signer,
    pace: Pace,
    seen: Mutex<HashMap<DistrictCode, Seen>>,
}

impl SealChain {
    /// The job; refuses a key whose signatures the trail could not verify.
    pub fn new(trail: Trail, signer: Signer, pace: Pace) -> Result<Self, AuditKeyError> {
        trail.keys().cover(&signer)?;
        Ok(Self {
            trail,
            signer,
            pace,
            seen: Mutex::default(),
        })
    }

    /// One look at a district: at most one checkpoint is written.
    pub async fn look(&self, desk: &Desk, district: DistrictCode) -> Result<(), ChainFault> {
        self.look_at(desk, district, self.pace).await.map(drop)
    }

    /// Signs what a district's chain has by now; returns the row up to which it is signed.
    pub async fn sign(&self, desk: &Desk, district: DistrictCode) -> Result<i64, ChainFault> {
        loop {
            if let Some(seq) = self.look_at(desk, district, Pace::NOW).await? {
                return Ok(seq);
            }
        }
    }

    /// Signs every chain once more before the process ends, so that none ends with rows that anybody may rewrite.
    pub(crate) async fn sign_all(&self, desk: &Desk) {
        for district in desk.districts().codes() {
            if let Err(fault) = self.sign(desk, district).await {
                tracing::error!(%district, %fault, "the last rows of an audit chain were not signed");
            }
        }
    }

    /// Looks, and signs what is due at this pace. Returns the last signed row, none when another process was faster.
    async fn look_at(
        &self,
        desk: &Desk,
        district: DistrictCode,
        pace: Pace,
    ) -> Result<Option<i64>, ChainFault> {
        let now = desk.clock().now();
        let mut seen = self.seen(district, now);
        let head = self.head(desk, district, None).await?;
        seen.measure(district, head, now);
        if seen.has_looked && !seen.is_due(head, now, pace) {
            return Ok(Some(seen.seq()));
        }
        let last = self.trail.newest(district, seen.last.take()).await?;
        seen.since = last.as_ref().map_or(seen.since, Checkpoint::occurred_at);
        (seen.last, seen.has_looked) = (last, true);
        self.keep(district, &seen);
        let head = self.head(desk, district, seen.last.as_ref()).await?;
        let mut first = true;
        if seen.is_due(head, now, pace) {
            let previous = seen.last.as_ref();
            let checkpoint =
                Checkpoint::sign(&self.signer, self.trail.service(), district, previous, head, now);
            // When another process was faster, the next look reads what it wrote.
            first = self.trail.write(district, &checkpoint).await?;
            if first {
                tracing::debug!(%district, number = checkpoint.number(), seq = head.seq, "checkpoint written");
                (seen.last, seen.since) = (Some(checkpoint), now);
                self.keep(district, &seen);
            }
        }
        seen.measure(district, head, now);
        Ok(first.then(|| seen.seq()))
    }

    /// The head of a chain that still holds what `last` signed.
    async fn head(
        &self,
        desk: &Desk,
        district: DistrictCode,
        last: Option<&Checkpoint>,
    ) -> Result<Head, ChainFault> {
        let mut tx = desk.database().begin(district).await?;
        let (head, link) = head_and_link(tx.conn(), district, last.map_or(0, Checkpoint::seq)).await?;
        tx.rollback().await?;
        match last {
            Some(last) if head.seq < last.seq() => Err(ChainFault::Truncated {
                last: head.seq,
                seq: last.seq(),
                number: last.number(),
            }),
            Some(last) if link.as_ref() != Some(last.link()) => Err(ChainFault::Rewritten {
                from: 1,
                seq: last.seq(),
                number: last.number(),
            }),
            _ => Ok(head),
        }
    }

    fn seen(&self, district: DistrictCode, now: OffsetDateTime) -> Seen {
        let mut all = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let first = Seen {
            last: None,
            has_looked: false,
            since: now,
        };
        all.entry(district).or_insert(first).clone()
    }

    fn keep(&self, district: DistrictCode, seen: &Seen) {
        let mut all = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(district, seen.clone());
    }
}

impl Job for SealChain {
    fn name(&self) -> &'static str {
        "seal-chain"
    }

    fn every(&self) -> Option<Duration> {
        Some(EVERY)
    }

    fn run_once<'t>(
        &'t self,
        desk: &'t Desk,
        district: DistrictCode,
    ) -> BoxFuture<'t, Result<Progress, Refusal>> {
        async move {
            match self.look(desk, district).await {
                Ok(()) => Ok(Progress::Idle),
                Err(ChainFault::Database(error)) => Err(error.into()),
                Err(fault) => {
                    tracing::error!(%district, %fault, "no audit checkpoint was written");
                    Err(Refusal::try_again(EVERY))
                }
            }
        }
        .boxed()
    }
}

/// The head of a district's chain, and the link of one of its rows.
async fn head_and_link(
    connection: &mut PgConnection,
    district: DistrictCode,
    seq: i64,
) -> Result<(Head, Option<[u8; 32]>), sqlx::Error> {
    let found: Option<(i64, Vec<u8>, Option<Vec<u8>>)> = sqlx::query_as(
        "SELECT h.seq, h.hash, a.hash FROM audit_head h
         LEFT JOIN audit a ON a.district_code = h.district_code AND a.seq = $2
         WHERE h.district_code = $1",
    )
    .bind(district.as_str())
    .bind(seq)
    .fetch_optional(connection)
    .await?;
    let Some((seq, hash, link)) = found else {
        return Ok((Head::START, None));
    };
    let head = Head {
        seq,
        hash: as_hash(hash)?,
    };
    Ok((head, link.map(as_hash).transpose()?))
}

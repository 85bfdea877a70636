//! Walks a district's chain along its checkpoints and names the first thing that is wrong.

use futures::TryStreamExt as _;
use sqlx::PgConnection;
use time::OffsetDateTime;
use xinqiao_kernel::DistrictCode;

use super::checkpoint::{Checkpoint, CheckpointError};
use super::trail::Walk;
use super::{GENESIS, canonical, link};
use crate::desk::Desk;

/// The first thing wrong with a chain.
#[derive(Debug, thiserror::Error)]
pub enum ChainFault {
    /// A row is missing, or two are.
    #[error("audit row {expected} is missing; row {found} follows")]
    Missing {
        /// The row that should be next.
        expected: i64,
        /// The row that is.
        found: i64,
    },
    /// A row does not follow from the one before.
    #[error("audit row {0} does not follow from the row before it")]
    Broken(i64),
    /// A row's bytes do not give its hash, or say something else than its columns.
    #[error("audit row {0} was changed")]
    Changed(i64),
    /// The head does not match the last row.
    #[error("the chain ends at row {last}, its head says {head}")]
    Head {
        /// The last row.
        last: i64,
        /// What the head says.
        head: i64,
    },
    /// The chain holds together but is not the one that was signed.
    #[error(
        "the chain was rewritten between rows {from} and {seq}: row {seq} is not the one that checkpoint {number} signed"
    )]
    Rewritten {
        /// The first row after the checkpoint before.
        from: i64,
        /// The row that was signed.
        seq: i64,
        /// The checkpoint.
        number: u64,
    },
    /// The chain holds together but rows at its end are gone.
    #[error("the chain ends at row {last}, but checkpoint {number} signed row {seq}: the end was cut off")]
    Truncated {
        /// The last row.
        last: i64,
        /// The row that was signed.
        seq: i64,
        /// The checkpoint.
        number: u64,
    },
    /// A checkpoint is not in the object store, later ones are.
    #[error("checkpoint {number} is missing in the object store, which has up to checkpoint {last}")]
    CheckpointMissing {
        /// The checkpoint.
        number: u64,
        /// The last one in the store.
        last: u64,
    },
    /// A checkpoint is signed but does not continue the one before.
    #[error("checkpoint {number} does not follow from the one before it")]
    CheckpointOrder {
        /// The checkpoint.
        number: u64,
    },
    /// An object of the store is not a checkpoint that can be believed.
    #[error("checkpoint {number} cannot be believed: {reason}")]
    Checkpoint {
        /// The checkpoint.
        number: u64,
        /// Why not.
        reason: CheckpointError,
    },
    /// The database did not answer.
    #[error("the audit chain cannot be read: {0}")]
    Database(#[from] sqlx::Error),
    /// The object store did not answer.
    #[error("the checkpoints cannot be read: {0}")]
    Store(#[from] object_store::Error),
}

/// A chain in which nothing is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Number of rows.
    pub rows: i64,
    /// The last checkpoint: rows up to it are signed. `None` when there is none or no keys are set.
    pub checkpoint: Option<Checkpoint>,
    /// Legal time of the first row after it.
    pub unsigned_since: Option<OffsetDateTime>,
}

impl Verified {
    /// Number of rows that no checkpoint covers yet: a chain rewritten from there on would hold.
    pub fn unsigned(&self) -> i64 {
        self.rows - self.signed()
    }

    /// Number of rows that a checkpoint covers.
    pub fn signed(&self) -> i64 {
        self.checkpoint.as_ref().map_or(0, Checkpoint::seq)
    }
}

/// Verifies the whole chain of a district against the checkpoints of the desk's trail, when it has one. Rows and
/// checkpoints go by one at a time, whatever their number.
pub async fn verify(desk: &Desk, district: DistrictCode) -> Result<Verified, ChainFault> {
    // Before the snapshot: what was signed by now is in it.
    let walk = match desk.trail() {
        Some(trail) => Some(trail.walk(district).await?),
        None => None,
    };
    let mut tx = desk.database().begin_snapshot(district).await?;
    let verified = follow(tx.conn(), district, walk).await?;
    tx.rollback().await?;
    Ok(verified)
}

async fn follow(
    connection: &mut PgConnection,
    district: DistrictCode,
    mut walk: Option<Walk<'_>>,
) -> Result<Verified, ChainFault> {
    let (mut seq, mut previous, mut unsigned_since) = (0, GENESIS, None);
    {
        let mut rows = sqlx::query_as::<_, Row>(
            "SELECT seq, object, canonical, prev_hash, hash FROM audit WHERE district_code = $1 ORDER BY seq",
        )
        .bind(district.as_str())
        .fetch(&mut *connection);
        while let Some(row) = rows.try_next().await? {
            seq += 1;
            let (link, occurred_at) = row.follows(district, seq, &previous)?;
            previous = link;
            let signed = match &mut walk {
                Some(walk) => walk.pass(seq, &previous).await?,
                None => false,
            };
            unsigned_since = (!signed).then_some(unsigned_since.unwrap_or(occurred_at));
        }
    }
    let checkpoint = walk.map_or(Ok(None), |walk| walk.end(seq))?;
    let head: Option<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT seq, hash FROM audit_head WHERE district_code = $1")
            .bind(district.as_str())
            .fetch_optional(connection)
            .await?;
    let (head_seq, head_hash) = head.unwrap_or((0, GENESIS.to_vec()));
    if head_seq != seq || head_hash != previous {
        return Err(ChainFault::Head {
            last: seq,
            head: head_seq,
        });
    }
    Ok(Verified {
        rows: seq,
        checkpoint,
        unsigned_since,
    })
}

/// A row as it is read.
#[derive(sqlx::FromRow)]
struct Row {
    seq: i64,
    object: String,
    canonical: Vec<u8>,
    prev_hash: Vec<u8>,
    hash: Vec<u8>,
}

impl Row {
    /// The link of the row and its legal time, when it is the one that follows.
    fn follows(
        &self,
        district: DistrictCode,
        seq: i64,
        previous: &[u8; 32],
    ) -> Result<([u8; 32], OffsetDateTime), ChainFault> {
        if self.seq != seq {
            return Err(ChainFault::Missing {
                expected: seq,
                found: self.seq,
            });
        }
        if self.prev_hash != previous {
            return Err(ChainFault::Broken(seq));
        }
        let link = link(previous, &self.canonical);
        match self.said(district) {
            Some(occurred_at) if self.hash == link => Ok((link, occurred_at)),
            _ => Err(ChainFault::Changed(seq)),
        }
    }

    /// When it says that it happened, if its bytes say the same as its columns.
    fn said(&self, district: DistrictCode) -> Option<OffsetDateTime> {
        let (code, number, entry) = canonical::decode(&self.canonical).ok()?;
        let same = code == district.as_str() && number == self.seq && entry.object == self.object;
        same.then_some(entry.occurred_at)
    }
}

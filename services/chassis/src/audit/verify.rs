//! Walks a district's chain and names the first row that is wrong.

use futures::TryStreamExt as _;
use sqlx::PgConnection;
use xinqiao_kernel::DistrictCode;

use super::{GENESIS, canonical, link};

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
    /// The database did not answer.
    #[error("the audit chain cannot be read: {0}")]
    Database(#[from] sqlx::Error),
}

/// Verifies the whole chain of a district; returns the number of rows.
pub async fn verify(connection: &mut PgConnection, district: DistrictCode) -> Result<i64, ChainFault> {
    let (mut seq, mut previous) = (0, GENESIS.to_vec());
    {
        let mut rows = sqlx::query_as::<_, (i64, String, Vec<u8>, Vec<u8>, Vec<u8>)>(
            "SELECT seq, object, canonical, prev_hash, hash FROM audit WHERE district_code = $1 ORDER BY seq",
        )
        .bind(district.as_str())
        .fetch(&mut *connection);
        while let Some((found, object, bytes, prev_hash, hash)) = rows.try_next().await? {
            seq += 1;
            if found != seq {
                return Err(ChainFault::Missing { expected: seq, found });
            }
            if prev_hash != previous {
                return Err(ChainFault::Broken(seq));
            }
            let before: [u8; 32] = previous.try_into().map_err(|_| ChainFault::Broken(seq))?;
            if link(&before, &bytes).as_slice() != hash || !says(&bytes, district, seq, &object) {
                return Err(ChainFault::Changed(seq));
            }
            previous = hash;
        }
    }
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
    Ok(seq)
}

fn says(bytes: &[u8], district: DistrictCode, seq: i64, object: &str) -> bool {
    canonical::decode(bytes).is_ok_and(|(code, number, entry)| {
        code == district.as_str() && number == seq && entry.object == object
    })
}

//! The audit chain: who did what, when and why, one chain per district.
//!
//! A row is canonical bytes (deterministic, length-prefixed) and two hashes: the leaf is SHA-256 over `0x00` and
//! the bytes, the link SHA-256 over `0x01`, the previous link and the leaf. Leaves are ready for a Merkle tree.
//! Free text (the reason) is in the bytes as ciphertext only.
//!
//! Whoever can write the database could compute the whole chain anew. Therefore its links are signed now and then, by
//! a key that the database does not know, and lie as checkpoints in the object store; [`verify`] compares both.

mod canonical;
mod checkpoint;
mod keys;
pub(crate) mod read;
mod sealer;
mod trail;
mod verify;

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;

pub use canonical::CanonicalError;
pub use checkpoint::{Checkpoint, CheckpointError, Place};
pub use keys::{AuditKeyError, KeyPem, PublicKeys, Signer};
pub use sealer::{Pace, SealChain};
pub use trail::Trail;
pub use verify::{ChainFault, Verified, verify};

use crate::identity::Role;
use crate::random;
use crate::seal::{Compartment, KeyRing, SealContext, Sealed, sha256};

/// Link before the first row.
pub const GENESIS: [u8; 32] = [0; 32];

/// What came of an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was not permitted, and nothing was done.
    Denied,
}

impl Outcome {
    const fn code(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Denied => "denied",
        }
    }
}

/// What is recorded of one act, before it has its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Identifies the row; the sealed reason is bound to it.
    pub entry_id: Uuid,
    /// Legal time, microseconds.
    pub occurred_at: OffsetDateTime,
    /// `person:<id>` or `service:<name>`.
    pub actor_ref: String,
    /// What was done, for example `intake.RegisterVisit`.
    pub action: String,
    /// What it was done to, for example `case:0198…`.
    pub object: String,
    /// The roles he had, by code; none for a service.
    pub roles: Vec<String>,
    /// Whether it was done, or refused for want of a right.
    pub outcome: Outcome,
    /// The policies that permitted or refused it.
    pub policies: Vec<String>,
    /// Which fields were seen or changed; names, never values.
    pub fields: Vec<String>,
    /// Why, sealed.
    pub reason: Option<Sealed>,
    /// The request that asked for it.
    pub request_id: Option<Uuid>,
    /// The trace it belongs to.
    pub trace_id: Option<String>,
}

impl Entry {
    /// Seals the reason of an entry, with the keys of what the act was about.
    pub fn sealed_reason(
        keys: &KeyRing,
        compartment: Compartment,
        district: DistrictCode,
        entry_id: Uuid,
        reason: &str,
    ) -> Sealed {
        let place = SealContext::new(district, "audit", "reason", entry_id);
        keys.seal_in(compartment, &place, reason.as_bytes())
    }

    /// An entry with nothing but the necessary.
    pub fn new(
        occurred_at: OffsetDateTime,
        actor_ref: impl Into<String>,
        action: impl Into<String>,
        object: impl Into<String>,
    ) -> Self {
        Self {
            entry_id: random::new_id(),
            occurred_at,
            actor_ref: actor_ref.into(),
            action: action.into(),
            object: object.into(),
            roles: Vec::new(),
            outcome: Outcome::Done,
            policies: Vec::new(),
            fields: Vec::new(),
            reason: None,
            request_id: None,
            trace_id: None,
        }
    }

    /// It was done, by somebody with these roles, as these policies permit.
    pub fn granted(&mut self, roles: &[Role], policies: &[&str]) {
        self.decided(Outcome::Done, roles, policies);
    }

    /// It was not permitted: by these policies, or by none that would permit it.
    pub fn denied(&mut self, roles: &[Role], policies: &[&str]) {
        self.decided(Outcome::Denied, roles, policies);
    }

    fn decided(&mut self, outcome: Outcome, roles: &[Role], policies: &[&str]) {
        self.outcome = outcome;
        self.roles = roles.iter().map(|role| role.code().to_owned()).collect();
        self.policies = policies.iter().map(|name| (*name).to_owned()).collect();
    }

    /// The row that follows `head`, and the new head.
    pub fn chain(&self, district: DistrictCode, head: Head) -> (AuditRow, Head) {
        let seq = head.seq + 1;
        let canonical = canonical::encode(district, seq, self);
        let hash = link(&head.hash, &canonical);
        let row = AuditRow {
            seq,
            object: self.object.clone(),
            canonical,
            prev_hash: head.hash,
            hash,
        };
        (row, Head { seq, hash })
    }
}

/// The last link of a district's chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of rows.
    pub seq: i64,
    /// Link of the last row, [`GENESIS`] when there is none.
    pub hash: [u8; 32],
}

impl Head {
    /// Before the first row.
    pub const START: Self = Self {
        seq: 0,
        hash: GENESIS,
    };
}

/// One row of `audit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// 1, 2, 3 … per district.
    pub seq: i64,
    /// Copy of the object, for look-ups.
    pub object: String,
    /// What the hashes cover.
    pub canonical: Vec<u8>,
    /// Link of the row before.
    pub prev_hash: [u8; 32],
    /// Link of this row.
    pub hash: [u8; 32],
}

/// The link that follows `previous`.
pub(crate) fn link(previous: &[u8; 32], canonical: &[u8]) -> [u8; 32] {
    let mut leaf = Vec::with_capacity(canonical.len() + 1);
    leaf.push(0);
    leaf.extend_from_slice(canonical);
    let mut node = Vec::with_capacity(65);
    node.push(1);
    node.extend_from_slice(previous);
    node.extend_from_slice(&sha256(&leaf));
    sha256(&node)
}

/// Takes the district's chain for this transaction: writers of a district follow each other from here on.
pub(crate) async fn lock_head(
    connection: &mut PgConnection,
    district: DistrictCode,
) -> Result<Head, sqlx::Error> {
    let (seq, hash): (i64, Vec<u8>) = sqlx::query_as(
        "INSERT INTO audit_head AS h (district_code, seq, hash) VALUES ($1, 0, $2)
         ON CONFLICT (district_code) DO UPDATE SET seq = h.seq
         RETURNING h.seq, h.hash",
    )
    .bind(district.as_str())
    .bind(GENESIS.as_slice())
    .fetch_one(connection)
    .await?;
    Ok(Head {
        seq,
        hash: as_hash(hash)?,
    })
}

/// Appends entries after `head`, which the transaction has locked.
pub(crate) async fn append(
    connection: &mut PgConnection,
    district: DistrictCode,
    mut head: Head,
    entries: &[Entry],
) -> Result<(), sqlx::Error> {
    let mut rows = Vec::with_capacity(entries.len());
    for entry in entries {
        let (row, next) = entry.chain(district, head);
        rows.push(row);
        head = next;
    }
    sqlx::query(
        "WITH moved AS (UPDATE audit_head SET seq = $2, hash = $3 WHERE district_code = $1)
         INSERT INTO audit (district_code, seq, object, canonical, prev_hash, hash)
         SELECT $1, r.* FROM unnest($4::bigint[], $5::text[], $6::bytea[], $7::bytea[], $8::bytea[])
                        AS r (seq, object, canonical, prev_hash, hash)",
    )
    .bind(district.as_str())
    .bind(head.seq)
    .bind(head.hash.as_slice())
    .bind(rows.iter().map(|row| row.seq).collect::<Vec<_>>())
    .bind(rows.iter().map(|row| row.object.as_str()).collect::<Vec<_>>())
    .bind(
        rows.iter()
            .map(|row| row.canonical.as_slice())
            .collect::<Vec<_>>(),
    )
    .bind(
        rows.iter()
            .map(|row| row.prev_hash.as_slice())
            .collect::<Vec<_>>(),
    )
    .bind(rows.iter().map(|row| row.hash.as_slice()).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

fn as_hash(bytes: Vec<u8>) -> Result<[u8; 32], sqlx::Error> {
    bytes
        .try_into()
        .map_err(|_| sqlx::Error::Decode("a hash is not 32 bytes".into()))
}

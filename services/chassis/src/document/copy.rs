//! The copy of every document in the object store: a visibly retried job that may run twice.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, join_all};
use object_store::{ObjectStore, ObjectStoreExt as _, path::Path};
use sqlx::PgConnection;
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;
use xinqiao_proto::common::DocumentRef;

use super::open;
use crate::desk::Desk;
use crate::jobs::{Job, Progress};
use crate::refusal::Refusal;
use crate::seal::{KeyRing, SealError, Sealed, sha256};

/// Documents copied in one turn of a district, and the time between turns: after a morning on which thousands
/// came, the copies follow at a pace that the counters do not feel.
const BATCH: i64 = 16;
const EVERY: Duration = Duration::from_millis(400);

/// Why a document cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Not in the store (yet), or the store does not answer.
    #[error("the object store: {0}")]
    Store(#[from] object_store::Error),
    /// The database does not answer.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// The object is not what its name says.
    #[error("the object {0} is not what its name says")]
    Damaged(String),
    /// It does not open.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// It opens to something else than the act wrote.
    #[error("document {0} is not what its reference says")]
    Different(String),
    /// The reference has no valid identifier.
    #[error("document reference without a valid identifier")]
    Reference,
}

/// Where a document lies: `<district>/<first two digits>/<SHA-256 of the ciphertext>`.
pub fn object_path(district: DistrictCode, ciphertext_sha256: &str) -> Path {
    let shelf = ciphertext_sha256.get(..2).unwrap_or_default();
    Path::from(format!("{district}/{shelf}/{ciphertext_sha256}"))
}

/// Fetches a document by its reference from the object store, checks both hashes and opens it.
/// A document that has not been copied yet is [`FetchError::Store`] with `NotFound`.
pub async fn fetch(
    store: &dyn ObjectStore,
    keys: &KeyRing,
    district: DistrictCode,
    reference: &DocumentRef,
) -> Result<Vec<u8>, FetchError> {
    let document_id: Uuid = reference.document_id.parse().map_err(|_| FetchError::Reference)?;
    let ciphertext = read(store, district, &reference.ciphertext_sha256).await?;
    let plain = open(keys, district, document_id, &Sealed::from_bytes(ciphertext))?;
    if hex::encode(sha256(&plain)) != reference.content_sha256 {
        return Err(FetchError::Different(reference.document_id.clone()));
    }
    Ok(plain)
}

/// Reads ciphertext and checks that it is what its name says.
async fn read(store: &dyn ObjectStore, district: DistrictCode, name: &str) -> Result<Vec<u8>, FetchError> {
    let bytes = store.get(&object_path(district, name)).await?.bytes().await?;
    if hex::encode(sha256(&bytes)) != name {
        return Err(FetchError::Damaged(name.to_owned()));
    }
    Ok(bytes.into())
}

/// Copies what has not been copied: writes when absent or damaged, reads it back, then crosses it off the list.
#[derive(Clone, Debug)]
pub struct CopyDocuments {
    store: Arc<dyn ObjectStore>,
}

impl CopyDocuments {
    /// The job for a store.
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { store }
    }

    async fn copy(&self, desk: &Desk, district: DistrictCode) -> Result<Progress, Refusal> {
        let mut tx = desk.database().begin(district).await?;
        let waiting = uncopied(tx.conn(), district).await?;
        tx.rollback().await?;
        // All at once: what a disk is asked to keep together costs one turn of its journal, and each by itself would
        // make the commits at the counters wait as often.
        let puts = waiting
            .iter()
            .map(|(_, _, content, hash)| self.put(district, hash, content));
        let (mut first_ids, mut document_ids) = (Vec::new(), Vec::new());
        let mut failed = None;
        for ((first_id, document_id, ..), put) in waiting.iter().zip(join_all(puts).await) {
            match put {
                Ok(()) => {
                    first_ids.push(*first_id);
                    document_ids.push(*document_id);
                }
                Err(error) => failed = failed.or_else(|| Some(Refusal::internal(&error))),
            }
        }
        if !document_ids.is_empty() {
            let mut tx = desk.database().begin(district).await?;
            copied(tx.conn(), district, &first_ids, &document_ids).await?;
            tx.commit().await?;
        }
        failed.map_or(Ok(Progress::Idle), Err)
    }

    async fn put(&self, district: DistrictCode, hash: &[u8], content: &Sealed) -> Result<(), FetchError> {
        let name = hex::encode(hash);
        match read(self.store.as_ref(), district, &name).await {
            Ok(_) => return Ok(()),
            Err(FetchError::Damaged(_) | FetchError::Store(object_store::Error::NotFound { .. })) => {}
            Err(error) => return Err(error),
        }
        let payload = content.as_bytes().to_vec().into();
        self.store.put(&object_path(district, &name), payload).await?;
        read(self.store.as_ref(), district, &name).await?;
        Ok(())
    }
}

impl Job for CopyDocuments {
    fn name(&self) -> &'static str {
        "copy-documents"
    }

    fn every(&self) -> Option<Duration> {
        Some(EVERY)
    }

    fn run_once<'t>(
        &'t self,
        desk: &'t Desk,
        district: DistrictCode,
    ) -> BoxFuture<'t, Result<Progress, Refusal>> {
        self.copy(desk, district).boxed()
    }
}

/// The oldest that wait.
async fn uncopied(
    connection: &mut PgConnection,
    district: DistrictCode,
) -> Result<Vec<(Uuid, Uuid, Sealed, Vec<u8>)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT u.first_id, d.document_id, d.content, d.ciphertext_sha256
         FROM uncopied u
         CROSS JOIN LATERAL unnest(u.document_ids) AS e (id)
         CROSS JOIN LATERAL (SELECT * FROM document WHERE district_code = $1 AND document_id = e.id OFFSET 0) d
         WHERE u.district_code = $1 ORDER BY u.first_id LIMIT $2",
    )
    .bind(district.as_str())
    .bind(BATCH)
    .fetch_all(connection)
    .await
}

/// Crosses documents off the list; `first_ids` are the rows of it that name them.
async fn copied(
    connection: &mut PgConnection,
    district: DistrictCode,
    first_ids: &[Uuid],
    document_ids: &[Uuid],
) -> Result<(), sqlx::Error> {
    // Lost in a crash, it is found that the store has the copy already.
    sqlx::query("SET LOCAL synchronous_commit = off")
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "UPDATE uncopied SET document_ids = ARRAY(
             SELECT id FROM unnest(document_ids) WITH ORDINALITY AS e (id, place) WHERE id <> ALL ($3) ORDER BY place)
         WHERE district_code = $1 AND first_id = ANY ($2)",
    )
    .bind(district.as_str())
    .bind(first_ids)
    .bind(document_ids)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "DELETE FROM uncopied WHERE district_code = $1 AND first_id = ANY ($2) AND document_ids = '{}'",
    )
    .bind(district.as_str())
    .bind(first_ids)
    .execute(connection)
    .await?;
    Ok(())
}

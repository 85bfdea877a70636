//! Legal documents of acts: canonical bytes, sealed, in the same transaction; a copy in the object store later.
//!
//! A document is opened with its district, its identifier and the key ring; its name in the object store is the
//! SHA-256 of its ciphertext, so that a copy can be checked without a key.

mod copy;

use prost_types::Timestamp;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;
use xinqiao_proto::common::DocumentRef;

pub use copy::{CopyDocuments, FetchError, fetch, object_path};

use crate::seal::{Compartment, KeyRing, Opening, SealContext, SealError, Sealed, sha256};

/// One row of `document`.
#[derive(Clone, Debug)]
pub struct DocumentRow {
    /// Identifier of the document.
    pub document_id: Uuid,
    /// The case it belongs to.
    pub case_id: Uuid,
    /// Form code, for example `D12`.
    pub form: String,
    /// Item of the archival file, `01` to `21`.
    pub archive_item: String,
    /// The sealed content.
    pub content: Sealed,
    /// SHA-256 of the canonical content.
    pub content_sha256: [u8; 32],
    /// SHA-256 of the sealed content.
    pub ciphertext_sha256: [u8; 32],
    /// Version of the key.
    pub key_version: u16,
    /// Legal time of the act.
    pub created_at: OffsetDateTime,
    /// `person:<id>` or `service:<name>`.
    pub created_by: String,
}

/// What a document is, beside its content.
#[derive(Clone, Copy, Debug)]
pub struct Heading<'a> {
    /// Identifier of the document.
    pub document_id: Uuid,
    /// The case it belongs to.
    pub case_id: Uuid,
    /// Form code, for example `D12`.
    pub form: &'a str,
    /// Item of the archival file, `01` to `21`.
    pub archive_item: &'a str,
    /// Legal time of the act.
    pub created_at: OffsetDateTime,
    /// `person:<id>` or `service:<name>`.
    pub created_by: &'a str,
}

impl DocumentRow {
    /// Seals canonical, already salted bytes into a row.
    pub fn new(keys: &KeyRing, district: DistrictCode, heading: &Heading<'_>, canonical: &[u8]) -> Self {
        Self::new_in(Compartment::Ordinary, keys, district, heading, canonical)
    }

    /// The same with the keys of a compartment.
    pub fn new_in(
        compartment: Compartment,
        keys: &KeyRing,
        district: DistrictCode,
        heading: &Heading<'_>,
        canonical: &[u8],
    ) -> Self {
        let content = keys.seal_in(compartment, &context(district, heading.document_id), canonical);
        Self {
            document_id: heading.document_id,
            case_id: heading.case_id,
            form: heading.form.to_owned(),
            archive_item: heading.archive_item.to_owned(),
            content_sha256: sha256(canonical),
            ciphertext_sha256: sha256(content.as_bytes()),
            key_version: content.key_version().expect("just sealed"),
            content,
            created_at: heading.created_at,
            created_by: heading.created_by.to_owned(),
        }
    }

    /// What events say of the document.
    pub fn reference(&self) -> DocumentRef {
        DocumentRef {
            document_id: self.document_id.to_string(),
            form: self.form.clone(),
            archive_item: self.archive_item.clone(),
            content_sha256: hex::encode(self.content_sha256),
            ciphertext_sha256: hex::encode(self.ciphertext_sha256),
            ciphertext_bytes: self.content.as_bytes().len() as u64,
            created_at: Some(timestamp(self.created_at)),
            key_version: u32::from(self.key_version),
        }
    }
}

/// The protobuf form of an instant.
pub fn timestamp(instant: OffsetDateTime) -> Timestamp {
    Timestamp {
        seconds: instant.unix_timestamp(),
        nanos: i32::try_from(instant.nanosecond()).expect("below 10^9"),
    }
}

/// The parts of an instant as contracts carry it, to be read by [`xinqiao_kernel::Fields::instant`].
pub fn stamp(stamp: Timestamp) -> (i64, i32) {
    (stamp.seconds, stamp.nanos)
}

fn context(district: DistrictCode, document_id: Uuid) -> SealContext<'static> {
    SealContext::new(district, "document", "content", document_id)
}

/// Opens a document that came from the object store or the table; the canonical bytes.
pub fn open(
    keys: &KeyRing,
    district: DistrictCode,
    document_id: Uuid,
    ciphertext: &Sealed,
) -> Result<Vec<u8>, SealError> {
    open_with(None, keys, district, document_id, ciphertext)
}

/// The same; a document of the sealed compartment only with an opening that reaches it.
pub fn open_with(
    opening: Option<&Opening>,
    keys: &KeyRing,
    district: DistrictCode,
    document_id: Uuid,
    ciphertext: &Sealed,
) -> Result<Vec<u8>, SealError> {
    keys.open_with(opening, &context(district, document_id), ciphertext)
}

/// Reads the own document and opens it; `None` when there is none in this district.
pub async fn load(
    connection: &mut PgConnection,
    keys: &KeyRing,
    district: DistrictCode,
    document_id: Uuid,
) -> Result<Option<Vec<u8>>, FetchError> {
    let sealed: Option<Sealed> =
        sqlx::query_scalar("SELECT content FROM document WHERE district_code = $1 AND document_id = $2")
            .bind(district.as_str())
            .bind(document_id)
            .fetch_optional(connection)
            .await?;
    Ok(sealed
        .map(|sealed| open(keys, district, document_id, &sealed))
        .transpose()?)
}

pub(crate) async fn insert(
    connection: &mut PgConnection,
    district: DistrictCode,
    rows: &[DocumentRow],
) -> Result<(), sqlx::Error> {
    for row in rows {
        sqlx::query(
            "INSERT INTO document (district_code, document_id, case_id, form, archive_item, content, content_sha256,
                                   ciphertext_sha256, ciphertext_bytes, key_version, created_at, created_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(district.as_str())
        .bind(row.document_id)
        .bind(row.case_id)
        .bind(&row.form)
        .bind(&row.archive_item)
        .bind(&row.content)
        .bind(row.content_sha256.as_slice())
        .bind(row.ciphertext_sha256.as_slice())
        .bind(i64::try_from(row.content.as_bytes().len()).expect("documents are small"))
        .bind(i32::from(row.key_version))
        .bind(row.created_at)
        .bind(&row.created_by)
        .execute(&mut *connection)
        .await?;
    }
    let ids: Vec<Uuid> = rows.iter().map(|row| row.document_id).collect();
    let Some(first) = ids.first() else {
        return Ok(());
    };
    sqlx::query("INSERT INTO uncopied (district_code, first_id, document_ids) VALUES ($1, $2, $3)")
        .bind(district.as_str())
        .bind(first)
        .bind(&ids)
        .execute(connection)
        .await?;
    Ok(())
}

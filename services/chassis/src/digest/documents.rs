//! The documents a service keeps, against what its events said of them. No key is needed: the ciphertext is what
//! was told, and nothing else opens to the content that was told.

use std::collections::BTreeMap;

use futures::TryStreamExt as _;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_proto::common::DocumentRef;

use super::collect::Found;
use crate::document::timestamp;

/// The documents that events named, by identifier, each with its case.
#[derive(Default)]
pub(super) struct Papers(BTreeMap<Uuid, (Uuid, DocumentRef)>);

impl Papers {
    /// Takes a reference; `None` when its identifier does not read.
    pub(super) fn told(&mut self, case_id: Uuid, document: &DocumentRef) -> Option<()> {
        let id = document.document_id.parse().ok()?;
        self.0.insert(id, (case_id, document.clone()));
        Some(())
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    document_id: Uuid,
    case_id: Uuid,
    form: String,
    archive_item: String,
    content_sha256: Vec<u8>,
    ciphertext_sha256: Vec<u8>,
    ciphertext_bytes: i64,
    key_version: i32,
    created_at: OffsetDateTime,
    /// Of the ciphertext that is there.
    found_sha256: Vec<u8>,
    found_bytes: i64,
}

impl Row {
    fn is_what_its_columns_say(&self) -> bool {
        self.found_sha256 == self.ciphertext_sha256 && self.found_bytes == self.ciphertext_bytes
    }

    fn reference(&self) -> DocumentRef {
        DocumentRef {
            document_id: self.document_id.to_string(),
            form: self.form.clone(),
            archive_item: self.archive_item.clone(),
            content_sha256: hex::encode(&self.content_sha256),
            ciphertext_sha256: hex::encode(&self.ciphertext_sha256),
            ciphertext_bytes: self.ciphertext_bytes.unsigned_abs(),
            created_at: Some(timestamp(self.created_at)),
            key_version: self.key_version.unsigned_abs(),
        }
    }
}

impl Found {
    /// Judges every document of the district.
    pub(super) async fn documents(
        &mut self,
        connection: &mut PgConnection,
        Papers(mut told): Papers,
    ) -> Result<(), sqlx::Error> {
        let district = self.district;
        let mut rows = sqlx::query_as::<_, Row>(
            "SELECT document_id, case_id, form, archive_item, content_sha256, ciphertext_sha256, ciphertext_bytes,
                    key_version, created_at, sha256(content) AS found_sha256,
                    octet_length(content)::bigint AS found_bytes
             FROM document WHERE district_code = $1 ORDER BY case_id, document_id",
        )
        .bind(district.as_str())
        .fetch(connection);
        while let Some(row) = rows.try_next().await? {
            let reference = row.reference();
            match told.remove(&row.document_id) {
                None => self
                    .line(row.case_id, "case")
                    .documents
                    .unannounced
                    .push(name(&reference)),
                Some((case_id, told)) => {
                    if case_id != row.case_id || told != reference || !row.is_what_its_columns_say() {
                        self.line(case_id, "case").documents.altered.push(name(&told));
                    }
                }
            }
        }
        for (case_id, document) in told.into_values() {
            self.line(case_id, "case").documents.lost.push(name(&document));
        }
        Ok(())
    }
}

fn name(document: &DocumentRef) -> String {
    format!("{} {}", document.form, document.document_id)
}

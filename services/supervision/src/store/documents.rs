//! Rows of `seen_document`: references to the documents of a case, from every service.

use std::collections::BTreeMap;

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;

use super::Stamp;
use crate::domain::sheet::SheetDocument;

/// A reference.
#[derive(Debug, Clone)]
pub(crate) struct SeenDocument {
    /// Identifier.
    pub(crate) document_id: Uuid,
    /// The case it belongs to.
    pub(crate) case_id: Uuid,
    /// Form code.
    pub(crate) form: String,
    /// Archive item, two digits.
    pub(crate) archive_item: String,
    /// SHA-256 of the canonical content.
    pub(crate) content_sha256: Vec<u8>,
    /// Legal time of the act.
    pub(crate) created_at: OffsetDateTime,
}

/// Keeps a reference; the same document again changes nothing.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    stamp: &Stamp,
    document: &SeenDocument,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO seen_document (district_code, document_id, case_id, form, archive_item, content_sha256, created_at,
                                    created_by, updated_at, updated_by, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8, 1)
         ON CONFLICT (district_code, document_id) DO NOTHING",
    )
    .bind(stamp.district.as_str())
    .bind(document.document_id)
    .bind(document.case_id)
    .bind(&document.form)
    .bind(&document.archive_item)
    .bind(&document.content_sha256)
    .bind(document.created_at)
    .bind(&stamp.by)
    .bind(stamp.at)
    .execute(connection)
    .await?;
    Ok(())
}

/// The forms of the documents that each archive item of a case has, one for each document.
pub(crate) async fn forms(
    connection: &mut PgConnection,
    district: DistrictCode,
    case_id: Uuid,
) -> Result<BTreeMap<String, Vec<String>>, sqlx::Error> {
    let rows: Vec<(String, Vec<String>)> = sqlx::query_as(
        "SELECT archive_item, array_agg(form ORDER BY form) FROM seen_document
          WHERE district_code = $1 AND case_id = $2 GROUP BY archive_item",
    )
    .bind(district.as_str())
    .bind(case_id)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().collect())
}

/// The documents of some items, for the signing sheet.
pub(crate) async fn of_items(
    connection: &mut PgConnection,
    district: DistrictCode,
    case_id: Uuid,
    items: &[&str],
) -> Result<Vec<SheetDocument>, sqlx::Error> {
    let rows: Vec<(String, Vec<u8>, String)> = sqlx::query_as(
        "SELECT archive_item, content_sha256, form FROM seen_document
          WHERE district_code = $1 AND case_id = $2 AND archive_item = ANY ($3)",
    )
    .bind(district.as_str())
    .bind(case_id)
    .bind(items)
    .fetch_all(connection)
    .await?;
    let sheet = |(archive_item, content_sha256, form)| SheetDocument {
        archive_item,
        content_sha256: hex::encode::<Vec<u8>>(content_sha256),
        form,
    };
    Ok(rows.into_iter().map(sheet).collect())
}

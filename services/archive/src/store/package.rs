//! The register of packages and the counters of archival numbers.

use sqlx::{FromRow, PgConnection, Row as _, postgres::PgRow};
use time::{Date, OffsetDateTime};
use uuid::Uuid;
use xinqiao_kernel::{CaseNumber, DistrictCode};

use super::dossier::parsed;
use crate::domain::retention::Retention;

/// One package.
#[derive(Clone, Debug)]
pub(crate) struct PackageRow {
    pub(crate) package_id: Uuid,
    pub(crate) case_id: Uuid,
    pub(crate) case_no: CaseNumber,
    pub(crate) archival_no: String,
    pub(crate) year: i32,
    pub(crate) retention: Retention,
    pub(crate) item: i32,
    pub(crate) tagmanifest_sha512: Vec<u8>,
    pub(crate) file_count: i32,
    pub(crate) payload_bytes: i64,
    pub(crate) document_count: i32,
    pub(crate) event_count: i32,
    pub(crate) sealed_at: OffsetDateTime,
    pub(crate) final_on: Option<Date>,
    pub(crate) version: i64,
}

impl FromRow<'_, PgRow> for PackageRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            package_id: row.try_get("package_id")?,
            case_id: row.try_get("case_id")?,
            case_no: parsed(row, "case_no")?,
            archival_no: row.try_get("archival_no")?,
            year: row.try_get("year")?,
            retention: parsed(row, "retention")?,
            item: row.try_get("item")?,
            tagmanifest_sha512: row.try_get("tagmanifest_sha512")?,
            file_count: row.try_get("file_count")?,
            payload_bytes: row.try_get("payload_bytes")?,
            document_count: row.try_get("document_count")?,
            event_count: row.try_get("event_count")?,
            sealed_at: row.try_get("sealed_at")?,
            final_on: row.try_get("final_on")?,
            version: row.try_get("version")?,
        })
    }
}

/// Reads a package.
pub(crate) async fn find(
    connection: &mut PgConnection,
    district: DistrictCode,
    package_id: Uuid,
) -> Result<Option<PackageRow>, sqlx::Error> {
    sqlx::query_as(
        "SELECT package_id, case_id, case_no, archival_no, year, retention, item, tagmanifest_sha512, file_count,
                payload_bytes, document_count, event_count, sealed_at, final_on, version
         FROM package WHERE district_code = $1 AND package_id = $2",
    )
    .bind(district.as_str())
    .bind(package_id)
    .fetch_optional(connection)
    .await
}

/// Takes the next item of a series; others wait until the transaction ends, so that no number is lost.
pub(crate) async fn next_item(
    connection: &mut PgConnection,
    district: DistrictCode,
    year: i32,
    retention: Retention,
) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar(
        "INSERT INTO archival_series (district_code, year, retention, last) VALUES ($1, $2, $3, 1)
         ON CONFLICT (district_code, year, retention) DO UPDATE SET last = archival_series.last + 1
         RETURNING last",
    )
    .bind(district.as_str())
    .bind(year)
    .bind(retention.code())
    .fetch_one(connection)
    .await
}

/// The items of a series that packages carry, and its counter.
pub(crate) async fn series(
    connection: &mut PgConnection,
    district: DistrictCode,
    year: i32,
    retention: Retention,
) -> Result<(Vec<i32>, i32), sqlx::Error> {
    let items = sqlx::query_scalar(
        "SELECT item FROM package WHERE district_code = $1 AND year = $2 AND retention = $3 ORDER BY item",
    )
    .bind(district.as_str())
    .bind(year)
    .bind(retention.code())
    .fetch_all(&mut *connection)
    .await?;
    let last: Option<i32> = sqlx::query_scalar(
        "SELECT last FROM archival_series WHERE district_code = $1 AND year = $2 AND retention = $3",
    )
    .bind(district.as_str())
    .bind(year)
    .bind(retention.code())
    .fetch_optional(connection)
    .await?;
    Ok((items, last.unwrap_or_default()))
}

/// Registers a sealed package, provisional.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    district: DistrictCode,
    row: &PackageRow,
    actor: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO package (district_code, package_id, case_id, case_no, archival_no, year, retention, item, state,
                              tagmanifest_sha512, file_count, payload_bytes, document_count, event_count, sealed_at,
                              created_at, created_by, updated_at, updated_by, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'SEALED_PROVISIONAL', $9, $10, $11, $12, $13, $14, $14, $15, $14,
                 $15, $16)",
    )
    .bind(district.as_str())
    .bind(row.package_id)
    .bind(row.case_id)
    .bind(row.case_no.to_string())
    .bind(&row.archival_no)
    .bind(row.year)
    .bind(row.retention.code())
    .bind(row.item)
    .bind(&row.tagmanifest_sha512)
    .bind(row.file_count)
    .bind(row.payload_bytes)
    .bind(row.document_count)
    .bind(row.event_count)
    .bind(row.sealed_at)
    .bind(actor)
    .bind(row.version)
    .execute(connection)
    .await?;
    Ok(())
}

/// When and by what a package became final.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finality {
    pub(crate) on: Date,
    pub(crate) event_id: Option<Uuid>,
    pub(crate) now: OffsetDateTime,
}

/// Makes a provisional package final, with its supplement record; false when it was final already.
pub(crate) async fn finalise(
    connection: &mut PgConnection,
    district: DistrictCode,
    package_id: Uuid,
    finality: Finality,
    actor: &str,
) -> Result<bool, sqlx::Error> {
    let changed = sqlx::query(
        "UPDATE package SET state = 'SEALED_FINAL', final_on = $3, updated_at = $4, updated_by = $5
         WHERE district_code = $1 AND package_id = $2 AND state = 'SEALED_PROVISIONAL'",
    )
    .bind(district.as_str())
    .bind(package_id)
    .bind(finality.on)
    .bind(finality.now)
    .bind(actor)
    .execute(&mut *connection)
    .await?
    .rows_affected();
    if changed == 0 {
        return Ok(false);
    }
    sqlx::query(
        "INSERT INTO package_supplement (district_code, package_id, number, kind, effective_on, event_id, created_at,
                                         created_by)
         SELECT $1, $2, count(*) + 1, 'FINAL', $3, $4, $5, $6
         FROM package_supplement WHERE district_code = $1 AND package_id = $2",
    )
    .bind(district.as_str())
    .bind(package_id)
    .bind(finality.on)
    .bind(finality.event_id)
    .bind(finality.now)
    .bind(actor)
    .execute(connection)
    .await?;
    Ok(true)
}

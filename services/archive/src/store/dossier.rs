//! Rows of dossiers, their events and their references.

use sqlx::{FromRow, PgConnection, Row as _, postgres::PgRow, types::Json};
use time::{Date, OffsetDateTime};
use uuid::Uuid;
use xinqiao_chassis::seal::Sealed;
use xinqiao_documents::ArchiveItem;
use xinqiao_kernel::{CaseNumber, CaseState, DistrictCode};

use crate::domain::{
    dossier::{LoggedEvent, Reference},
    facts::Facts,
};

/// One dossier.
#[derive(Debug)]
pub(crate) struct DossierRow {
    pub(crate) case_id: Uuid,
    pub(crate) case_no: CaseNumber,
    pub(crate) title: Option<Sealed>,
    pub(crate) facts: Facts,
    pub(crate) held_at: Option<OffsetDateTime>,
    pub(crate) k15: Option<Vec<u8>>,
    pub(crate) k15_due_eff: Option<Date>,
    pub(crate) event_count: i32,
    pub(crate) package_id: Option<Uuid>,
    pub(crate) version: i64,
}

impl FromRow<'_, PgRow> for DossierRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let Json(facts) = row.try_get("facts")?;
        Ok(Self {
            case_id: row.try_get("case_id")?,
            case_no: parsed(row, "case_no")?,
            title: row.try_get("title")?,
            facts,
            held_at: row.try_get("held_at")?,
            k15: row.try_get("k15")?,
            k15_due_eff: row.try_get("k15_due_eff")?,
            event_count: row.try_get("event_count")?,
            package_id: row.try_get("package_id")?,
            version: row.try_get("version")?,
        })
    }
}

/// Text of a column as a value of the domain.
pub(super) fn parsed<T>(row: &PgRow, column: &str) -> Result<T, sqlx::Error>
where
    T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    let text: String = row.try_get(column)?;
    text.parse().map_err(|source| sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: Box::new(source),
    })
}

/// Reads a dossier.
pub(crate) async fn find(
    connection: &mut PgConnection,
    district: DistrictCode,
    case_id: Uuid,
) -> Result<Option<DossierRow>, sqlx::Error> {
    sqlx::query_as(
        "SELECT case_id, case_no, title, facts, held_at, k15, k15_due_eff, event_count, package_id, version
         FROM dossier WHERE district_code = $1 AND case_id = $2",
    )
    .bind(district.as_str())
    .bind(case_id)
    .fetch_optional(connection)
    .await
}

/// Reads a dossier and keeps everybody else from changing it until the transaction ends.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    district: DistrictCode,
    case_id: Uuid,
) -> Result<Option<DossierRow>, sqlx::Error> {
    sqlx::query_as(
        "SELECT case_id, case_no, title, facts, held_at, k15, k15_due_eff, event_count, package_id, version
         FROM dossier WHERE district_code = $1 AND case_id = $2 FOR UPDATE",
    )
    .bind(district.as_str())
    .bind(case_id)
    .fetch_optional(connection)
    .await
}

/// Opens the dossier of a case unless it is open already.
pub(crate) async fn open(
    connection: &mut PgConnection,
    district: DistrictCode,
    case_id: Uuid,
    case_no: CaseNumber,
    now: OffsetDateTime,
    actor: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO dossier (district_code, case_id, case_no, facts, event_count, created_at, created_by,
                              updated_at, updated_by, version)
         VALUES ($1, $2, $3, $4, 0, $5, $6, $5, $6, 1) ON CONFLICT DO NOTHING",
    )
    .bind(district.as_str())
    .bind(case_id)
    .bind(case_no.to_string())
    .bind(Json(Facts::default()))
    .bind(now)
    .bind(actor)
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes what an event changed in the dossier.
pub(crate) async fn update(
    connection: &mut PgConnection,
    district: DistrictCode,
    row: &DossierRow,
    now: OffsetDateTime,
    actor: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE dossier SET title = $3, facts = $4, held_at = $5, k15 = $6, k15_due_eff = $7, event_count = $8,
                            package_id = $9, version = $10, updated_at = $11, updated_by = $12
         WHERE district_code = $1 AND case_id = $2",
    )
    .bind(district.as_str())
    .bind(row.case_id)
    .bind(&row.title)
    .bind(Json(&row.facts))
    .bind(row.held_at)
    .bind(&row.k15)
    .bind(row.k15_due_eff)
    .bind(row.event_count)
    .bind(row.package_id)
    .bind(row.version)
    .bind(now)
    .bind(actor)
    .execute(connection)
    .await?;
    Ok(())
}

/// Where a page of the desk begins: after this end of K15 and this case.
pub(crate) type DeskKey = (Date, Uuid);

/// Stands for "no K15" in the order of the desk: filed cases come last.
pub(crate) const NO_K15: Date = time::macros::date!(9999 - 12 - 31);

/// Cases held and not sealed, the earliest end of K15 first.
pub(crate) async fn desk(
    connection: &mut PgConnection,
    district: DistrictCode,
    after: Option<DeskKey>,
    limit: i64,
) -> Result<Vec<DossierRow>, sqlx::Error> {
    let (due, case_id) = after.unwrap_or((Date::MIN.max(time::macros::date!(0001 - 01 - 01)), Uuid::nil()));
    sqlx::query_as(
        "SELECT case_id, case_no, title, facts, held_at, k15, k15_due_eff, event_count, package_id, version
         FROM dossier
         WHERE district_code = $1 AND held_at IS NOT NULL AND package_id IS NULL
           AND (COALESCE(k15_due_eff, DATE '9999-12-31'), case_id) > ($2, $3)
         ORDER BY COALESCE(k15_due_eff, DATE '9999-12-31'), case_id LIMIT $4",
    )
    .bind(district.as_str())
    .bind(due)
    .bind(case_id)
    .bind(limit)
    .fetch_all(connection)
    .await
}

struct ReferenceRow(Reference, Uuid, Option<Uuid>);

impl FromRow<'_, PgRow> for ReferenceRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let hex = |column: &str| row.try_get::<Vec<u8>, _>(column).map(hex::encode);
        let reference = Reference {
            document_id: row.try_get("document_id")?,
            form: row.try_get("form")?,
            item: parsed::<ArchiveItem>(row, "archive_item")?,
            content_sha256: hex("content_sha256")?,
            ciphertext_sha256: hex("ciphertext_sha256")?,
            ciphertext_bytes: u64::try_from(row.try_get::<i64, _>("ciphertext_bytes")?).unwrap_or_default(),
            key_version: u32::try_from(row.try_get::<i32, _>("key_version")?).unwrap_or_default(),
            created_at: row.try_get("created_at")?,
            publisher: row.try_get("publisher")?,
        };
        Ok(Self(
            reference,
            row.try_get("case_id")?,
            row.try_get("package_id")?,
        ))
    }
}

/// The references of some cases: each with its case and, once sealed, its package.
pub(crate) async fn references(
    connection: &mut PgConnection,
    district: DistrictCode,
    cases: &[Uuid],
) -> Result<Vec<(Reference, Uuid, Option<Uuid>)>, sqlx::Error> {
    let rows: Vec<ReferenceRow> = sqlx::query_as(
        "SELECT document_id, case_id, form, archive_item, content_sha256, ciphertext_sha256, ciphertext_bytes,
                key_version, created_at, publisher, package_id
         FROM dossier_document WHERE district_code = $1 AND case_id = ANY($2)
         ORDER BY archive_item, created_at, document_id",
    )
    .bind(district.as_str())
    .bind(cases)
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|ReferenceRow(reference, case, package)| (reference, case, package))
        .collect())
}

/// Keeps a reference; false when it was there already.
pub(crate) async fn add_reference(
    connection: &mut PgConnection,
    district: DistrictCode,
    case_id: Uuid,
    reference: &Reference,
) -> Result<(), sqlx::Error> {
    let digest = |text: &str| hex::decode(text).map_err(|error| sqlx::Error::Encode(Box::new(error)));
    sqlx::query(
        "INSERT INTO dossier_document (district_code, document_id, case_id, form, archive_item, content_sha256,
                                       ciphertext_sha256, ciphertext_bytes, key_version, created_at, publisher)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(district.as_str())
    .bind(reference.document_id)
    .bind(case_id)
    .bind(&reference.form)
    .bind(reference.item.number())
    .bind(digest(&reference.content_sha256)?)
    .bind(digest(&reference.ciphertext_sha256)?)
    .bind(i64::try_from(reference.ciphertext_bytes).map_err(|error| sqlx::Error::Encode(Box::new(error)))?)
    .bind(i32::try_from(reference.key_version).map_err(|error| sqlx::Error::Encode(Box::new(error)))?)
    .bind(reference.created_at)
    .bind(&reference.publisher)
    .execute(connection)
    .await?;
    Ok(())
}

/// Marks the references that went into a package.
pub(crate) async fn mark_sealed(
    connection: &mut PgConnection,
    district: DistrictCode,
    package_id: Uuid,
    documents: &[Uuid],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE dossier_document SET package_id = $2 WHERE district_code = $1 AND document_id = ANY($3)",
    )
    .bind(district.as_str())
    .bind(package_id)
    .bind(documents)
    .execute(connection)
    .await?;
    Ok(())
}

struct EventRow(LoggedEvent);

impl FromRow<'_, PgRow> for EventRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self(LoggedEvent {
            position: u32::try_from(row.try_get::<i32, _>("position")?).unwrap_or_default(),
            event_id: row.try_get("event_id")?,
            kind: row.try_get("kind")?,
            publisher: row.try_get("publisher")?,
            sequence: u64::try_from(row.try_get::<i64, _>("sequence")?).unwrap_or_default(),
            occurred_at: row.try_get("occurred_at")?,
            actor_ref: row.try_get("actor_ref")?,
            causation_id: row.try_get("causation_id")?,
            body: row.try_get("body")?,
            state: parsed::<CaseState>(row, "state")?,
            clock: None,
        }))
    }
}

/// The events of a case up to a position, in order. What they say of clocks is left to the reader.
pub(crate) async fn events(
    connection: &mut PgConnection,
    district: DistrictCode,
    case_id: Uuid,
    up_to: i32,
) -> Result<Vec<LoggedEvent>, sqlx::Error> {
    let rows: Vec<EventRow> = sqlx::query_as(
        "SELECT position, event_id, kind, publisher, sequence, occurred_at, actor_ref, causation_id, body, state
         FROM dossier_event WHERE district_code = $1 AND case_id = $2 AND position <= $3 ORDER BY position",
    )
    .bind(district.as_str())
    .bind(case_id)
    .bind(up_to)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|EventRow(event)| event).collect())
}

/// Keeps an event.
pub(crate) async fn add_event(
    connection: &mut PgConnection,
    district: DistrictCode,
    case_id: Uuid,
    event: &LoggedEvent,
) -> Result<(), sqlx::Error> {
    let encode = |error: std::num::TryFromIntError| sqlx::Error::Encode(Box::new(error));
    sqlx::query(
        "INSERT INTO dossier_event (district_code, case_id, position, event_id, kind, publisher, sequence,
                                    occurred_at, actor_ref, causation_id, body, state)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(district.as_str())
    .bind(case_id)
    .bind(i32::try_from(event.position).map_err(encode)?)
    .bind(event.event_id)
    .bind(&event.kind)
    .bind(&event.publisher)
    .bind(i64::try_from(event.sequence).map_err(encode)?)
    .bind(event.occurred_at)
    .bind(&event.actor_ref)
    .bind(event.causation_id)
    .bind(&event.body)
    .bind(event.state.code())
    .execute(connection)
    .await?;
    Ok(())
}

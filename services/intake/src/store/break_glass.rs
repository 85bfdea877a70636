//! Requests of city support to be let into a case.

use sqlx::{FromRow, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_chassis::seal::{KeyRing, SealContext, SealError, Sealed};
use xinqiao_kernel::{CaseNumber, DistrictCode};

use super::cases::By;
use crate::domain::break_glass::{BreakGlass, PATIENCE};

const TABLE: &str = "break_glass";

/// A request, its free text still sealed.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct Row {
    pub(crate) id: Uuid,
    pub(crate) case_id: Uuid,
    reason: Sealed,
    approved: Option<bool>,
    pub(crate) decided_by: Option<String>,
    pub(crate) decided_at: Option<OffsetDateTime>,
    refusal: Option<Sealed>,
    ended_at: Option<OffsetDateTime>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) created_by: String,
}

impl Row {
    /// What the rules look at.
    pub(crate) fn request(&self) -> BreakGlass {
        BreakGlass {
            requested_by: self.created_by.clone(),
            requested_at: self.created_at,
            decision: self.approved.zip(self.decided_at),
            ended_at: self.ended_at,
        }
    }

    /// Why it was asked for, and why it was refused.
    pub(crate) fn words(
        &self,
        keys: &KeyRing,
        district: DistrictCode,
    ) -> Result<(String, String), SealError> {
        let open = |column, sealed| keys.open_text(&place(district, column, self.id), sealed);
        let refusal = self.refusal.as_ref().map(|sealed| open("refusal", sealed));
        Ok((
            open("reason", &self.reason)?,
            refusal.transpose()?.unwrap_or_default(),
        ))
    }
}

const fn place(district: DistrictCode, column: &'static str, id: Uuid) -> SealContext<'static> {
    SealContext::new(district, TABLE, column, id)
}

/// The key of the list: when it was asked for, and the id.
pub(crate) type Key = (OffsetDateTime, Uuid);

/// Writes a request.
pub(crate) async fn ask(
    connection: &mut PgConnection,
    keys: &KeyRing,
    district: DistrictCode,
    (id, case_id): (Uuid, Uuid),
    reason: &str,
    by: By<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO break_glass (district_code, id, case_id, reason, created_at, created_by, updated_at, updated_by,
                                  version)
         VALUES ($1, $2, $3, $4, $5, $6, $5, $6, 1)",
    )
    .bind(district.as_str())
    .bind(id)
    .bind(case_id)
    .bind(keys.seal_text(&place(district, "reason", id), reason))
    .bind(by.at)
    .bind(by.actor)
    .execute(connection)
    .await?;
    Ok(())
}

/// Finds a request and keeps others from deciding it until the transaction ends.
pub(crate) async fn take(
    connection: &mut PgConnection,
    district: DistrictCode,
    id: Uuid,
) -> Result<Option<Row>, sqlx::Error> {
    sqlx::query_as(
        "SELECT id, case_id, reason, approved, decided_by, decided_at, refusal, ended_at, created_at, created_by
         FROM break_glass WHERE district_code = $1 AND id = $2 FOR UPDATE",
    )
    .bind(district.as_str())
    .bind(id)
    .fetch_optional(connection)
    .await
}

/// Writes the decision; words are there when it was refused.
pub(crate) async fn decide(
    connection: &mut PgConnection,
    keys: &KeyRing,
    district: DistrictCode,
    id: Uuid,
    refusal: Option<&str>,
    by: By<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE break_glass SET approved = $3, refusal = $4, decided_by = $5, decided_at = $6, updated_by = $5,
                                updated_at = $6, version = version + 1
         WHERE district_code = $1 AND id = $2",
    )
    .bind(district.as_str())
    .bind(id)
    .bind(refusal.is_none())
    .bind(refusal.map(|words| keys.seal_text(&place(district, "refusal", id), words)))
    .bind(by.actor)
    .bind(by.at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends one before its time.
pub(crate) async fn end(
    connection: &mut PgConnection,
    district: DistrictCode,
    id: Uuid,
    by: By<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE break_glass SET ended_at = $4, updated_by = $3, updated_at = $4, version = version + 1
         WHERE district_code = $1 AND id = $2",
    )
    .bind(district.as_str())
    .bind(id)
    .bind(by.actor)
    .bind(by.at)
    .execute(connection)
    .await?;
    Ok(())
}

/// A page of the requests, newest first, each with the number of its case.
pub(crate) async fn list(
    connection: &mut PgConnection,
    district: DistrictCode,
    waiting_at: Option<OffsetDateTime>,
    after: Option<Key>,
    limit: i64,
) -> Result<Vec<(Row, CaseNumber)>, sqlx::Error> {
    let (at, id) = after.unzip();
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, case_id, reason, approved, decided_by, decided_at, refusal, ended_at, created_at, created_by
         FROM break_glass WHERE district_code = $1 AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3))
           AND ($4::timestamptz IS NULL OR (approved IS NULL AND created_at > $4))
         ORDER BY created_at DESC, id DESC LIMIT $5",
    )
    .bind(district.as_str())
    .bind(at)
    .bind(id)
    .bind(waiting_at.map(|now| now - PATIENCE))
    .bind(limit)
    .fetch_all(&mut *connection)
    .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.case_id).collect();
    let cases = super::cases::find_all(connection, district, &ids).await?;
    let number = |row: Row| {
        let case = cases.iter().find(|case| case.id == row.case_id);
        let number = case.expect("invariant: a foreign key").number(district);
        (row, number)
    };
    Ok(rows.into_iter().map(number).collect())
}

//! The void register 作废登记簿: what was confirmed, and which supervisor has looked at it.

use sqlx::{FromRow, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_chassis::seal::{KeyRing, SealContext, SealError, Sealed};
use xinqiao_kernel::DistrictCode;

use super::cases::By;

macro_rules! void_query {
    ($rest:literal) => {
        concat!(
            "SELECT case_id, reason, explanation, told, proposed_by, confirmed_by, confirmed_role, confirmed_at, reviewed_at
             FROM void_register WHERE district_code = $1 AND confirmed_at IS NOT NULL AND ",
            $rest
        )
    };
}

/// An entry, its explanation still sealed.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct Row {
    pub(crate) case_id: Uuid,
    pub(crate) reason: i16,
    explanation: Sealed,
    pub(crate) told: Option<i16>,
    proposed_by: String,
    confirmed_by: String,
    pub(crate) confirmed_role: String,
    pub(crate) confirmed_at: OffsetDateTime,
    pub(crate) reviewed_at: Option<OffsetDateTime>,
}

impl Row {
    /// The explanation in clear.
    pub(crate) fn explanation(&self, keys: &KeyRing, district: DistrictCode) -> Result<String, SealError> {
        let place = SealContext::new(district, "void_register", "explanation", self.case_id);
        keys.open_text(&place, &self.explanation)
    }

    /// Whether somebody took part in the void.
    pub(crate) fn is_of(&self, actor: &str) -> bool {
        [&self.proposed_by, &self.confirmed_by]
            .iter()
            .any(|who| *who == actor)
    }
}

/// The key of the list: when it was confirmed, and the case.
pub(crate) type Key = (OffsetDateTime, Uuid);

/// A page of the register, newest first.
pub(crate) async fn list(
    connection: &mut PgConnection,
    district: DistrictCode,
    unreviewed: bool,
    after: Option<Key>,
    limit: i64,
) -> Result<Vec<Row>, sqlx::Error> {
    let (at, case_id) = after.unzip();
    sqlx::query_as(void_query!(
        "($2::timestamptz IS NULL OR (confirmed_at, case_id) < ($2, $3)) AND (NOT $4 OR reviewed_at IS NULL)
         ORDER BY confirmed_at DESC, case_id DESC LIMIT $5"
    ))
    .bind(district.as_str())
    .bind(at)
    .bind(case_id)
    .bind(unreviewed)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// The entry of a case.
pub(crate) async fn find(
    connection: &mut PgConnection,
    district: DistrictCode,
    case_id: Uuid,
) -> Result<Option<Row>, sqlx::Error> {
    sqlx::query_as(void_query!("case_id = $2"))
        .bind(district.as_str())
        .bind(case_id)
        .fetch_optional(connection)
        .await
}

/// Keeps that a supervisor has looked at it, unless another one was before him.
pub(crate) async fn reviewed(
    connection: &mut PgConnection,
    district: DistrictCode,
    case_id: Uuid,
    by: By<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE void_register SET reviewed_by = $3, reviewed_at = $4, updated_by = $3, updated_at = $4,
                                  version = version + 1
         WHERE district_code = $1 AND case_id = $2 AND reviewed_at IS NULL",
    )
    .bind(district.as_str())
    .bind(case_id)
    .bind(by.actor)
    .bind(by.at)
    .execute(connection)
    .await?;
    Ok(())
}

//! Drafts of field tablets: which case each is or becomes.

use sqlx::{FromRow, PgConnection};
use uuid::Uuid;
use xinqiao_kernel::{DistrictCode, TemporaryNumber};

use super::cases::By;
use crate::domain::submission::FieldDraft;

/// The registration of a draft, the same at every attempt.
#[derive(Clone, Copy, Debug, FromRow)]
pub(crate) struct Claim {
    pub(crate) case_id: Uuid,
    pub(crate) request_id: Uuid,
}

/// Claims a draft for its registration, unless an earlier attempt has; none when its temporary number is another draft's.
pub(crate) async fn claim(
    connection: &mut PgConnection,
    district: DistrictCode,
    draft: &FieldDraft,
    fresh: Claim,
    by: By<'_>,
) -> Result<Option<Claim>, sqlx::Error> {
    sqlx::query(
        "INSERT INTO field_draft (district_code, device, draft_id, temporary_no, case_id, request_id, created_at, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
    )
    .bind(district.as_str())
    .bind(draft.number.device())
    .bind(draft.id)
    .bind(draft.number.to_string())
    .bind(fresh.case_id)
    .bind(fresh.request_id)
    .bind(by.at)
    .bind(by.actor)
    .execute(&mut *connection)
    .await?;
    sqlx::query_as(
        "SELECT case_id, request_id FROM field_draft WHERE district_code = $1 AND device = $2 AND draft_id = $3",
    )
    .bind(district.as_str())
    .bind(draft.number.device())
    .bind(draft.id)
    .fetch_optional(connection)
    .await
}

/// The case that a temporary number stands for.
pub(crate) async fn case_of(
    connection: &mut PgConnection,
    district: DistrictCode,
    number: &TemporaryNumber,
) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar("SELECT case_id FROM field_draft WHERE district_code = $1 AND temporary_no = $2")
        .bind(district.as_str())
        .bind(number.to_string())
        .fetch_optional(connection)
        .await
}

/// The temporary number of a case that a tablet took down.
pub(crate) async fn number_of(
    connection: &mut PgConnection,
    district: DistrictCode,
    case_id: Uuid,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT temporary_no FROM field_draft WHERE district_code = $1 AND case_id = $2")
        .bind(district.as_str())
        .bind(case_id)
        .fetch_optional(connection)
        .await
}

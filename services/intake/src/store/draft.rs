//! Rows of drafts.

use prost::Message as _;
use sqlx::{FromRow, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_chassis::refusal::Refusal;
use xinqiao_chassis::seal::{KeyRing, SealContext, Sealed};
use xinqiao_kernel::DistrictCode;
use xinqiao_proto::intake::DraftContent;

use crate::domain::codes::{Channel, DiscardReason};
use crate::domain::draft::Draft;
use crate::store::cases::By;

const TABLE: &str = "draft";

macro_rules! draft_query {
    ($rest:literal) => {
        concat!(
            "SELECT id, channel, content, expires_at, registering, case_id, discard_reason, discarded_by, explanation,
                    created_at, created_by, version
             FROM draft WHERE district_code = $1 AND ",
            $rest
        )
    };
}

/// A draft with what is sealed still sealed.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct Row {
    pub(crate) id: Uuid,
    pub(crate) channel: i16,
    content: Option<Sealed>,
    pub(crate) expires_at: OffsetDateTime,
    registering: bool,
    pub(crate) case_id: Option<Uuid>,
    pub(crate) discard_reason: Option<i16>,
    pub(crate) discarded_by: Option<String>,
    explanation: Option<Sealed>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) created_by: String,
    pub(crate) version: i64,
}

impl Row {
    /// What the rules look at.
    pub(crate) fn draft(&self) -> Draft {
        Draft {
            version: self.version,
            expires_at: self.expires_at,
            registering: self.registering,
            registered: self.case_id.is_some(),
            discarded: self.discarded_by.is_some(),
        }
    }

    /// What was entered; nothing once a case has it.
    pub(crate) fn content(
        &self,
        keys: &KeyRing,
        district: DistrictCode,
    ) -> Result<Option<DraftContent>, Refusal> {
        let Some(sealed) = &self.content else {
            return Ok(None);
        };
        let plain = keys.open(&place(district, "content", self.id), sealed);
        let plain = plain.map_err(|error| Refusal::internal(&error))?;
        let content = DraftContent::decode(plain.as_slice());
        content.map(Some).map_err(|error| Refusal::internal(&error))
    }

    /// Why it was discarded, in words.
    pub(crate) fn explanation(&self, keys: &KeyRing, district: DistrictCode) -> Result<String, Refusal> {
        let open = |sealed| keys.open_text(&place(district, "explanation", self.id), sealed);
        let words = self.explanation.as_ref().map(open).transpose();
        Ok(words
            .map_err(|error| Refusal::internal(&error))?
            .unwrap_or_default())
    }
}

const fn place(district: DistrictCode, column: &'static str, id: Uuid) -> SealContext<'static> {
    SealContext::new(district, TABLE, column, id)
}

fn sealed(keys: &KeyRing, district: DistrictCode, id: Uuid, content: &DraftContent) -> Sealed {
    keys.seal(&place(district, "content", id), &content.encode_to_vec())
}

/// The key of the list: when it was first saved, and the id.
pub(crate) type Key = (OffsetDateTime, Uuid);

/// Writes a new draft.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    keys: &KeyRing,
    district: DistrictCode,
    id: Uuid,
    (channel, content): (Channel, &DraftContent),
    expires_at: OffsetDateTime,
    by: By<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO draft (district_code, id, channel, content, expires_at, registering, created_at, created_by,
                            updated_at, updated_by, version)
         VALUES ($1, $2, $3, $4, $5, false, $6, $7, $6, $7, 1)",
    )
    .bind(district.as_str())
    .bind(id)
    .bind(channel.number())
    .bind(sealed(keys, district, id, content))
    .bind(expires_at)
    .bind(by.at)
    .bind(by.actor)
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes what was entered anew.
pub(crate) async fn save(
    connection: &mut PgConnection,
    keys: &KeyRing,
    district: DistrictCode,
    id: Uuid,
    (channel, content): (Channel, &DraftContent),
    by: By<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE draft SET channel = $3, content = $4, updated_at = $5, updated_by = $6, version = version + 1
         WHERE district_code = $1 AND id = $2",
    )
    .bind(district.as_str())
    .bind(id)
    .bind(channel.number())
    .bind(sealed(keys, district, id, content))
    .bind(by.at)
    .bind(by.actor)
    .execute(connection)
    .await?;
    Ok(())
}

/// Discards it.
pub(crate) async fn discard(
    connection: &mut PgConnection,
    keys: &KeyRing,
    district: DistrictCode,
    id: Uuid,
    (reason, explanation): (DiscardReason, &str),
    by: By<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE draft SET discard_reason = $3, discarded_by = $4, explanation = $5, updated_at = $6, updated_by = $4,
                          version = version + 1
         WHERE district_code = $1 AND id = $2",
    )
    .bind(district.as_str())
    .bind(id)
    .bind(reason.number())
    .bind(by.actor)
    .bind(keys.seal_text(&place(district, "explanation", id), explanation))
    .bind(by.at)
    .execute(connection)
    .await?;
    Ok(())
}

/// Keeps others from changing it until it is a case, or lets them again.
pub(crate) async fn hold(
    connection: &mut PgConnection,
    district: DistrictCode,
    id: Uuid,
    registering: bool,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE draft SET registering = $3 WHERE district_code = $1 AND id = $2 AND case_id IS NULL")
        .bind(district.as_str())
        .bind(id)
        .bind(registering)
        .execute(connection)
        .await?;
    Ok(())
}

/// A case has it now; what was entered is there.
pub(crate) async fn registered(
    connection: &mut PgConnection,
    district: DistrictCode,
    id: Uuid,
    case_id: Uuid,
    by: By<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE draft SET case_id = $3, content = NULL, registering = false, updated_at = $4, updated_by = $5,
                          version = version + 1
         WHERE district_code = $1 AND id = $2 AND case_id IS NULL",
    )
    .bind(district.as_str())
    .bind(id)
    .bind(case_id)
    .bind(by.at)
    .bind(by.actor)
    .execute(connection)
    .await?;
    Ok(())
}

/// Finds a draft.
pub(crate) async fn find(
    connection: &mut PgConnection,
    district: DistrictCode,
    id: Uuid,
) -> Result<Option<Row>, sqlx::Error> {
    sqlx::query_as(draft_query!("id = $2"))
        .bind(district.as_str())
        .bind(id)
        .fetch_optional(connection)
        .await
}

/// Finds a draft and keeps others from changing it until the transaction ends.
pub(crate) async fn take(
    connection: &mut PgConnection,
    district: DistrictCode,
    id: Uuid,
) -> Result<Option<Row>, sqlx::Error> {
    sqlx::query_as(draft_query!("id = $2 FOR UPDATE"))
        .bind(district.as_str())
        .bind(id)
        .fetch_optional(connection)
        .await
}

/// A page of the drafts, newest first: of the whole office, or of one person.
pub(crate) async fn list(
    connection: &mut PgConnection,
    district: DistrictCode,
    (waiting, only_of): (bool, Option<&str>),
    after: Option<Key>,
    limit: i64,
) -> Result<Vec<Row>, sqlx::Error> {
    let (at, id) = after.unzip();
    sqlx::query_as(draft_query!(
        "($2::timestamptz IS NULL OR (created_at, id) < ($2, $3))
           AND (NOT $4 OR (case_id IS NULL AND discarded_by IS NULL))
           AND ($5::text IS NULL OR created_by = $5)
         ORDER BY created_at DESC, id DESC LIMIT $6"
    ))
    .bind(district.as_str())
    .bind(at)
    .bind(id)
    .bind(waiting)
    .bind(only_of)
    .bind(limit)
    .fetch_all(connection)
    .await
}

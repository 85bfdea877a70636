//! Rows of `paper`: contents are canonical JSON, sealed.

use serde::{Serialize, de::DeserializeOwned};
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_chassis::{desk::Act, random, seal::Sealed};

use crate::domain::paper::PaperKind;

const TABLE: &str = "paper";
const COLUMN: &str = "content";

/// One paper, opened.
#[derive(Debug, Clone)]
pub(crate) struct PaperText {
    /// Which act.
    pub(crate) kind: String,
    /// Number among its kind.
    pub(crate) number: i32,
    /// When it was entered.
    pub(crate) made_at: OffsetDateTime,
    /// Who entered it.
    pub(crate) made_by: String,
    /// Canonical JSON.
    pub(crate) content: String,
}

/// Files a paper as the next of its kind.
pub(crate) async fn append<C: Serialize>(
    act: &mut Act,
    case_id: Uuid,
    kind: PaperKind,
    content: &C,
) -> Result<(), sqlx::Error> {
    let number = next_number(act, case_id, kind).await?;
    insert(act, case_id, kind, number, content).await
}

/// The number that the next paper of a kind will have; the case is locked.
pub(crate) async fn next_number(act: &mut Act, case_id: Uuid, kind: PaperKind) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT COALESCE(max(number), 0) + 1 FROM paper WHERE district_code = $1 AND case_id = $2 AND kind = $3",
    )
    .bind(act.district().as_str())
    .bind(case_id)
    .bind(kind.code())
    .fetch_one(act.conn())
    .await
}

/// Writes or replaces the one draft of its kind.
pub(crate) async fn replace<C: Serialize>(
    act: &mut Act,
    case_id: Uuid,
    kind: PaperKind,
    content: &C,
) -> Result<(), sqlx::Error> {
    remove(act, case_id, kind).await?;
    insert(act, case_id, kind, 1, content).await
}

/// Takes a draft away: it was issued, or its round has ended.
pub(crate) async fn remove(act: &mut Act, case_id: Uuid, kind: PaperKind) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM paper WHERE district_code = $1 AND case_id = $2 AND kind = $3")
        .bind(act.district().as_str())
        .bind(case_id)
        .bind(kind.code())
        .execute(act.conn())
        .await?;
    Ok(())
}

async fn insert<C: Serialize>(
    act: &mut Act,
    case_id: Uuid,
    kind: PaperKind,
    number: i32,
    content: &C,
) -> Result<(), sqlx::Error> {
    let paper_id = random::new_id();
    let json = serde_json::to_string(content).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let sealed = act.seal(TABLE, COLUMN, paper_id, &json);
    let (district, by, at) = (act.district(), act.actor_ref().to_owned(), act.now());
    sqlx::query(
        "INSERT INTO paper (district_code, paper_id, case_id, kind, number, content, created_at, created_by, updated_at,
                            updated_by, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $7, $8, 1)",
    )
    .bind(district.as_str())
    .bind(paper_id)
    .bind(case_id)
    .bind(kind.code())
    .bind(number)
    .bind(sealed)
    .bind(at)
    .bind(by)
    .execute(act.conn())
    .await?;
    Ok(())
}

/// The latest paper of a kind.
pub(crate) async fn latest<C: DeserializeOwned>(
    act: &mut Act,
    case_id: Uuid,
    kind: PaperKind,
) -> Result<Option<C>, sqlx::Error> {
    let found: Option<(Uuid, Sealed)> = sqlx::query_as(
        "SELECT paper_id, content FROM paper WHERE district_code = $1 AND case_id = $2 AND kind = $3
         ORDER BY number DESC LIMIT 1",
    )
    .bind(act.district().as_str())
    .bind(case_id)
    .bind(kind.code())
    .fetch_optional(act.conn())
    .await?;
    let Some((paper_id, sealed)) = found else {
        return Ok(None);
    };
    let json = open(act, paper_id, &sealed)?;
    serde_json::from_str(&json)
        .map(Some)
        .map_err(|error| sqlx::Error::Decode(error.into()))
}

/// The papers of a case that are of these kinds, in the order in which they were entered.
pub(crate) async fn of_kinds(
    act: &mut Act,
    case_id: Uuid,
    kinds: &[PaperKind],
) -> Result<Vec<PaperText>, sqlx::Error> {
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.code()).collect();
    let rows: Vec<(Uuid, String, i32, OffsetDateTime, String, Sealed)> = sqlx::query_as(
        "SELECT paper_id, kind, number, created_at, created_by, content FROM paper
         WHERE district_code = $1 AND case_id = $2 AND kind = ANY ($3::text[]) ORDER BY created_at, paper_id",
    )
    .bind(act.district().as_str())
    .bind(case_id)
    .bind(kinds)
    .fetch_all(act.conn())
    .await?;
    rows.into_iter()
        .map(|(paper_id, kind, number, made_at, made_by, sealed)| {
            let content = open(act, paper_id, &sealed)?;
            Ok(PaperText {
                kind,
                number,
                made_at,
                made_by,
                content,
            })
        })
        .collect()
}

fn open(act: &Act, paper_id: Uuid, sealed: &Sealed) -> Result<String, sqlx::Error> {
    act.open(TABLE, COLUMN, paper_id, sealed)
        .map_err(|error| sqlx::Error::Decode(error.into()))
}

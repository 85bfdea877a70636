//! The index over sealed petition texts: filled by a job, asked by a search.
//!
//! The tokens are not written by the statement that registers. A text has some three hundred, each of them an entry of
//! the index, and together they would cost more than everything else that a registration writes. The job needs no list of
//! work from it either: numbers have no gaps and are committed in their order, so what is not in yet is what lies
//! between the last number given out and the last one done. The registration stays as it is, and the index fills by
//! itself with what was there before it.
//!
//! The price is that a search may come before the job. So it is told how many numbers are still to come ([`waiting`]);
//! when there are none it has seen every text that was committed before it began.

mod fill;

use std::time::Duration;

use sqlx::{FromRow, PgConnection};
use tonic::Code;
use uuid::Uuid;
use xinqiao_chassis::document;
use xinqiao_chassis::refusal::Refusal;
use xinqiao_chassis::seal::{KeyRing, Sealed};
use xinqiao_chassis::search::fold;
use xinqiao_documents::Opened;
use xinqiao_documents::forms::registration::Original;
use xinqiao_kernel::DistrictCode;

pub(crate) use fill::FillSearch;

/// A submission whose text has all tokens of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub(crate) struct Candidate {
    pub(crate) case_id: Uuid,
    pub(crate) ordinal: i16,
}

/// What bounds one search.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Texts opened at the most.
    pub(crate) texts_max: usize,
    /// Longest run of one of its statements.
    pub(crate) statement_timeout: Duration,
}

/// Registrations whose texts are not in the index yet; sealed ones, which never come in, are counted until their turn.
pub(crate) async fn waiting(
    connection: &mut PgConnection,
    keys: &KeyRing,
    district: DistrictCode,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT COALESCE(sum(c.last - COALESCE(p.done, 0)), 0)
         FROM number_counter c
         LEFT JOIN search_progress p ON p.district_code = c.district_code AND p.year = c.year AND p.scheme = $2
         WHERE c.district_code = $1",
    )
    .bind(district.as_str())
    .bind(keys.search_scheme(district))
    .fetch_one(connection)
    .await
}

/// The newest submissions that have all the tokens, one more than may be opened. Only those in one of the states, when
/// some are named. The rest of the transaction is under the search's time limit.
pub(crate) async fn candidates(
    connection: &mut PgConnection,
    district: DistrictCode,
    tokens: &[i32],
    states: &[&str],
    bounds: Bounds,
) -> Result<Vec<Candidate>, Refusal> {
    let wanted: Vec<String> = tokens.iter().map(i32::to_string).collect();
    sqlx::query("SELECT set_config('app.search', $1, true), set_config('statement_timeout', $2, true)")
        .bind(format!("{{{}}}", wanted.join(",")))
        .bind(bounds.statement_timeout.as_millis().to_string())
        .execute(&mut *connection)
        .await?;
    // Identifiers begin with their time.
    let found = sqlx::query_as(
        "SELECT s.case_id, s.ordinal FROM search_text s
         WHERE s.district_code = $1
           AND (cardinality($2::text[]) = 0 OR EXISTS (
               SELECT FROM case_file c WHERE c.district_code = $1 AND c.id = s.case_id AND c.state = ANY ($2)))
         ORDER BY s.case_id DESC, s.ordinal DESC LIMIT $3",
    )
    .bind(district.as_str())
    .bind(states)
    .bind(i64::try_from(bounds.texts_max).unwrap_or(i64::MAX).saturating_add(1))
    .fetch_all(connection)
    .await;
    found.map_err(|error| {
        if took_too_long(&error) {
            too_broad()
        } else {
            error.into()
        }
    })
}

/// Whether the statement was ended by its time limit.
fn took_too_long(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .is_some_and(|code| code == "57014")
}

fn too_broad() -> Refusal {
    Refusal::new(
        Code::ResourceExhausted,
        "SEARCH_TOO_BROAD",
        "检索范围太大，未能在限定时间内完成；请增加检索词或选定事项状态后再试",
        "the search took longer than it may; add a word or name states and try again",
    )
}

/// The text of a submission, still sealed.
#[derive(Debug, FromRow)]
pub(crate) struct SealedText {
    pub(crate) case_id: Uuid,
    ordinal: i16,
    original_id: Uuid,
    original: Sealed,
}

impl SealedText {
    /// Opens title, content and requests and folds them, one after the other.
    pub(crate) fn folded(&self, keys: &KeyRing, district: DistrictCode) -> Result<String, Refusal> {
        let canonical = document::open(keys, district, self.original_id, &self.original)
            .map_err(|error| Refusal::internal(&error))?;
        let original: Original = xinqiao_documents::open(&canonical)
            .and_then(Opened::into_form)
            .map_err(|error| Refusal::internal(&error))?;
        let mut text = original.subject;
        for part in std::iter::once(original.content).chain(original.requests) {
            text.push('\n');
            text.push_str(&part);
        }
        Ok(fold(&text))
    }
}

/// Reads the texts of candidates; of cases that are sealed none, whatever the index says.
pub(crate) async fn texts(
    connection: &mut PgConnection,
    district: DistrictCode,
    candidates: &[Candidate],
) -> Result<Vec<SealedText>, sqlx::Error> {
    let (cases, ordinals): (Vec<Uuid>, Vec<i16>) =
        candidates.iter().map(|one| (one.case_id, one.ordinal)).unzip();
    sqlx::query_as(
        "SELECT s.case_id, s.ordinal, s.original_id, d.content AS original
         FROM unnest($2::uuid[], $3::smallint[]) AS w (case_id, ordinal)
         CROSS JOIN LATERAL (SELECT s.case_id, s.ordinal, s.original_id FROM submission s
             WHERE s.district_code = $1 AND s.case_id = w.case_id AND s.ordinal = w.ordinal OFFSET 0) s
         CROSS JOIN LATERAL (SELECT content FROM document
             WHERE district_code = $1 AND document_id = s.original_id OFFSET 0) d
         CROSS JOIN LATERAL (SELECT FROM case_file c
             WHERE c.district_code = $1 AND c.id = s.case_id AND NOT c.sealed OFFSET 0) c",
    )
    .bind(district.as_str())
    .bind(cases)
    .bind(ordinals)
    .fetch_all(connection)
    .await
}

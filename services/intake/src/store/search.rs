//! The index over sealed petition texts: filled by a job, asked by a search.
//!
//! The tokens are not written by the statement that registers. A text has some three hundred, each of them an entry of
//! the index, and together they would cost more than everything else that a registration writes. The job needs no list of
//! work from it either: numbers have no gaps and are committed in their order, so what is not in yet is what lies
//! between the last number given out and the last one done. The registration stays as it is, and the index fills by
//! itself with what was there before it.
//!
//! With the tokens goes the folded text, sealed, so that a search verifies a candidate from the row it found.
//!
//! The price is that a search may come before the job. So it is told how many numbers are still to come ([`waiting`]);
//! when there are none it has seen every text that was committed before it began.

mod fill;
mod metrics;

use std::collections::BTreeMap;
use std::time::Duration;

use futures::stream::TryChunksError;
use futures::{StreamExt as _, TryStreamExt as _};
use sqlx::{FromRow, PgConnection};
use tonic::Code;
use uuid::Uuid;
use xinqiao_chassis::document;
use xinqiao_chassis::refusal::Refusal;
use xinqiao_chassis::seal::{KeyRing, SealContext, Sealed, sha256};
use xinqiao_chassis::search::{Query, fold};
use xinqiao_documents::Opened;
use xinqiao_documents::forms::registration::Original;
use xinqiao_kernel::DistrictCode;

pub(crate) use fill::FillSearch;

/// Texts opened in one go: other calls have their turn in between.
const PIECE: usize = 64;

/// A submission whose text has all tokens of a query, the folded text still sealed.
#[derive(Debug, FromRow)]
struct Candidate {
    case_id: Uuid,
    ordinal: i16,
    body: Sealed,
}

/// What a search has read.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// How often the words stand in the texts of a case, of those in which all of them do.
    pub(crate) counts: BTreeMap<Uuid, u32>,
    /// There are more candidates than may be opened.
    pub(crate) more: bool,
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
                + (SELECT COALESCE(sum(taken - searchable), 0) FROM number_block WHERE district_code = $1)
         FROM number_counter c
         LEFT JOIN search_progress p ON p.district_code = c.district_code AND p.year = c.year AND p.scheme = $2
         WHERE c.district_code = $1",
    )
    .bind(district.as_str())
    .bind(keys.search_scheme(district))
    .fetch_one(connection)
    .await
}

/// Opens the newest texts that have all the tokens, as many as may be, and reads in which the words stand. Only those of
/// cases in one of the states, when some are named. The rest of the transaction is under the search's time limit.
pub(crate) async fn find(
    connection: &mut PgConnection,
    keys: &KeyRing,
    district: DistrictCode,
    wanted: &Query,
    states: &[&str],
    bounds: Bounds,
) -> Result<Found, Refusal> {
    let tokens = keys.search_tokens(district, &wanted.pairs());
    let tokens: Vec<String> = tokens.iter().map(i32::to_string).collect();
    sqlx::query("SELECT set_config('app.search', $1, true), set_config('statement_timeout', $2, true)")
        .bind(format!("{{{}}}", tokens.join(",")))
        .bind(bounds.statement_timeout.as_millis().to_string())
        .execute(&mut *connection)
        .await?;
    let limit = i64::try_from(bounds.texts_max)
        .unwrap_or(i64::MAX)
        .saturating_add(1);
    // Identifiers begin with their time.
    let mut pieces = sqlx::query_as::<_, Candidate>(
        "SELECT s.case_id, s.ordinal, s.body FROM search_text s
         WHERE s.district_code = $1
           AND (cardinality($2::text[]) = 0 OR EXISTS (
               SELECT FROM case_file c WHERE c.district_code = $1 AND c.id = s.case_id AND c.state = ANY ($2)))
         ORDER BY s.case_id DESC, s.ordinal DESC LIMIT $3",
    )
    .bind(district.as_str())
    .bind(states)
    .bind(limit)
    .fetch(connection)
    .try_chunks(PIECE);
    let (mut found, mut read) = (Found::default(), 0);
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|TryChunksError(_, error)| refusal(error))?;
        for candidate in piece {
            read += 1;
            if read > bounds.texts_max {
                found.more = true;
                break;
            }
            let count = wanted.occurrences(&candidate.folded(keys, district)?);
            if count > 0 {
                *found.counts.entry(candidate.case_id).or_default() += count;
            }
        }
        // The calls share this thread.
        tokio::task::yield_now().await;
    }
    Ok(found)
}

impl Candidate {
    fn folded(&self, keys: &KeyRing, district: DistrictCode) -> Result<String, Refusal> {
        let opened = keys.open_text(&place(district, self.case_id, self.ordinal), &self.body);
        opened.map_err(|error| Refusal::internal(&error))
    }
}

/// What a folded text is bound to: its submission. The table computes the same, `search_text.place`.
fn place(district: DistrictCode, case_id: Uuid, ordinal: i16) -> SealContext<'static> {
    let key = [&case_id.as_bytes()[..], &ordinal.to_be_bytes()].concat();
    let hash = sha256(&key);
    let (row, _) = hash.split_first_chunk().expect("invariant: a hash has 32 bytes");
    SealContext::new(district, "search_text", "body", Uuid::from_bytes(*row))
}

fn refusal(error: sqlx::Error) -> Refusal {
    if took_too_long(&error) {
        too_broad()
    } else {
        error.into()
    }
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

/// The text of a submission as it was filed, still sealed.
#[derive(Debug, FromRow)]
struct SealedText {
    case_id: Uuid,
    ordinal: i16,
    original_id: Uuid,
    original: Sealed,
}

impl SealedText {
    /// Opens title, content and requests and folds them, one after the other.
    fn folded(&self, keys: &KeyRing, district: DistrictCode) -> Result<String, Refusal> {
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

//! The job that fills the index, year by year in the order of numbers. It may run twice and beside another replica's:
//! the tokens of a text are always the same, and only the one who moves the progress from where he found it commits.

use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use sqlx::PgConnection;
use uuid::Uuid;
use xinqiao_chassis::desk::Desk;
use xinqiao_chassis::jobs::{Job, Progress};
use xinqiao_chassis::refusal::Refusal;
use xinqiao_chassis::seal::{KeyRing, Sealed};
use xinqiao_chassis::search::pairs;
use xinqiao_kernel::DistrictCode;

use super::{SealedText, metrics, place};

/// Fills the index at a pace that the counters do not feel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FillSearch {
    /// Numbers done in one transaction.
    pub(crate) batch: usize,
    /// Time between two of them.
    pub(crate) every: Duration,
}

/// A year, or a block of one, that has numbers whose texts are not in.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
struct Behind {
    year: i16,
    last: i32,
    done: i32,
    block: Option<Uuid>,
}

/// Texts of submissions as rows of the index.
#[derive(Debug, Default)]
struct Rows {
    cases: Vec<Uuid>,
    ordinals: Vec<i16>,
    /// Each as the text form of an array: arrays of arrays must all have one length.
    tokens: Vec<String>,
    bodies: Vec<Sealed>,
}

impl FillSearch {
    async fn fill(self, desk: &Desk, district: DistrictCode) -> Result<Progress, Refusal> {
        let mut tx = desk.database().begin(district).await?;
        let scheme = desk.keys().search_scheme(district);
        let Some(behind) = behind(tx.conn(), district, scheme).await? else {
            tx.rollback().await?;
            return Ok(Progress::Idle);
        };
        let batch = i32::try_from(self.batch).unwrap_or(i32::MAX);
        let upto = behind.last.min(behind.done.saturating_add(batch));
        let texts = texts_between(tx.conn(), district, behind, upto).await?;
        let mut rows = Rows::default();
        for text in &texts {
            if let Err(refusal) = rows.add(desk.keys(), district, text) {
                passed_over(district, text, &refusal);
            }
            // The calls share this thread.
            tokio::task::yield_now().await;
        }
        rows.write(tx.conn(), district).await?;
        if moved(tx.conn(), district, scheme, behind, upto).await? {
            tx.commit().await?;
        } else {
            tx.rollback().await?;
        }
        Ok(Progress::Idle)
    }
}

impl Job for FillSearch {
    fn name(&self) -> &'static str {
        "fill-search"
    }

    fn every(&self) -> Option<Duration> {
        Some(self.every)
    }

    fn run_once<'t>(
        &'t self,
        desk: &'t Desk,
        district: DistrictCode,
    ) -> BoxFuture<'t, Result<Progress, Refusal>> {
        self.fill(desk, district).boxed()
    }
}

/// A text that does not open keeps no other from being found. It comes in when the index is filled anew.
fn passed_over(district: DistrictCode, text: &SealedText, refusal: &Refusal) {
    let SealedText { case_id, ordinal, .. } = text;
    tracing::error!(%district, %case_id, ordinal, reason = refusal.reason(), "text does not open, search goes on without it");
    metrics::passed_over(district);
}

impl Rows {
    fn add(&mut self, keys: &KeyRing, district: DistrictCode, text: &SealedText) -> Result<(), Refusal> {
        let folded = text.folded(keys, district)?;
        let tokens = keys.search_tokens(district, &pairs(&folded));
        let tokens: Vec<String> = tokens.iter().map(i32::to_string).collect();
        let body = keys.seal_text(&place(district, text.case_id, text.ordinal), &folded);
        self.bodies.push(body);
        self.cases.push(text.case_id);
        self.ordinals.push(text.ordinal);
        self.tokens.push(format!("{{{}}}", tokens.join(",")));
        Ok(())
    }

    async fn write(self, connection: &mut PgConnection, district: DistrictCode) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO search_text (district_code, case_id, ordinal, tokens, body)
             SELECT $1, r.case_id, r.ordinal, r.tokens::integer[], r.body
             FROM unnest($2::uuid[], $3::smallint[], $4::text[], $5::bytea[]) AS r (case_id, ordinal, tokens, body)
             ON CONFLICT (district_code, case_id, ordinal)
             DO UPDATE SET tokens = excluded.tokens, body = excluded.body",
        )
        .bind(district.as_str())
        .bind(self.cases)
        .bind(self.ordinals)
        .bind(self.tokens)
        .bind(self.bodies.iter().map(Sealed::as_bytes).collect::<Vec<_>>())
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// The newest year with numbers that are not in; before it a block, whose numbers are given out when the year has gone past
/// them. Progress with tokens of another key or scheme counts as none.
async fn behind(
    connection: &mut PgConnection,
    district: DistrictCode,
    scheme: i32,
) -> Result<Option<Behind>, sqlx::Error> {
    sqlx::query_as(
        "SELECT year, taken AS last, searchable AS done, id AS block
         FROM number_block WHERE district_code = $1 AND taken > searchable
         UNION ALL
         SELECT c.year, c.last, COALESCE(p.done, 0), NULL
         FROM number_counter c
         LEFT JOIN search_progress p ON p.district_code = c.district_code AND p.year = c.year AND p.scheme = $2
         WHERE c.district_code = $1 AND c.last > COALESCE(p.done, 0)
         ORDER BY block NULLS LAST, year DESC LIMIT 1",
    )
    .bind(district.as_str())
    .bind(scheme)
    .fetch_optional(connection)
    .await
}

/// The texts of ordinary cases with the next numbers.
async fn texts_between(
    connection: &mut PgConnection,
    district: DistrictCode,
    behind: Behind,
    upto: i32,
) -> Result<Vec<SealedText>, sqlx::Error> {
    sqlx::query_as(
        "SELECT s.case_id, s.ordinal, s.original_id, d.content AS original
         FROM case_file c
         CROSS JOIN LATERAL (SELECT * FROM submission
             WHERE district_code = $1 AND case_id = c.id OFFSET 0) s
         CROSS JOIN LATERAL (SELECT * FROM document
             WHERE district_code = $1 AND document_id = s.original_id OFFSET 0) d
         WHERE c.district_code = $1 AND c.year = $2 AND c.sequence > $3 AND c.sequence <= $4 AND NOT c.sealed",
    )
    .bind(district.as_str())
    .bind(behind.year)
    .bind(behind.done)
    .bind(upto)
    .fetch_all(connection)
    .await
}

/// Moves the progress; false when somebody else has moved it meanwhile.
async fn moved(
    connection: &mut PgConnection,
    district: DistrictCode,
    scheme: i32,
    behind: Behind,
    upto: i32,
) -> Result<bool, sqlx::Error> {
    if let Some(block) = behind.block {
        return moved_in_block(connection, district, block, (behind.done, upto)).await;
    }
    let done = sqlx::query(
        "INSERT INTO search_progress AS p (district_code, year, done, scheme) VALUES ($1, $2, $4, $5)
         ON CONFLICT (district_code, year) DO UPDATE SET done = excluded.done, scheme = excluded.scheme
         WHERE p.scheme <> excluded.scheme OR p.done = $3",
    )
    .bind(district.as_str())
    .bind(behind.year)
    .bind(behind.done)
    .bind(upto)
    .bind(scheme)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn moved_in_block(
    connection: &mut PgConnection,
    district: DistrictCode,
    block: Uuid,
    (done, upto): (i32, i32),
) -> Result<bool, sqlx::Error> {
    let moved = sqlx::query(
        "UPDATE number_block SET searchable = $4 WHERE district_code = $1 AND id = $2 AND searchable = $3",
    )
    .bind(district.as_str())
    .bind(block)
    .bind(done)
    .bind(upto)
    .execute(connection)
    .await?;
    Ok(moved.rows_affected() == 1)
}

//! Blocks of numbers 预留号段: kept for one counter of the hall, given out by registrations that name them.

use sqlx::{FromRow, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;
use xinqiao_kernel::number::MAX_SEQUENCE;

use super::cases::By;
use super::registration::open_counter;
use crate::domain::codes::BlockCloseReason;

macro_rules! block_query {
    ($rest:literal) => {
        concat!(
            "SELECT id, year, first, last, taken, counter, close_reason, closed_at, created_at
             FROM number_block WHERE district_code = $1 AND ",
            $rest
        )
    };
}

/// A block.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct Row {
    pub(crate) id: Uuid,
    pub(crate) year: i16,
    pub(crate) first: i32,
    pub(crate) last: i32,
    pub(crate) taken: i32,
    pub(crate) counter: String,
    pub(crate) close_reason: Option<i16>,
    pub(crate) closed_at: Option<OffsetDateTime>,
    pub(crate) created_at: OffsetDateTime,
}

/// What is wanted of the counter of a year.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) id: Uuid,
    pub(crate) year: i16,
    pub(crate) numbers: u32,
    pub(crate) counter: &'a str,
    /// The last number used on paper, should the year have no counter yet.
    pub(crate) paper: u32,
}

/// What became of it.
#[derive(Debug)]
pub(crate) enum Reserved {
    /// The block.
    Block(Row),
    /// As many as may be are open.
    TooMany,
    /// The counter has not so many left.
    Exhausted,
}

/// Moves the counter past so many numbers and keeps them as a block, when fewer than `open_max` are open. Registrations
/// wait from here to the commit.
pub(crate) async fn reserve(
    connection: &mut PgConnection,
    district: DistrictCode,
    wanted: Wanted<'_>,
    open_max: u32,
    by: By<'_>,
) -> Result<Reserved, sqlx::Error> {
    open_counter(connection, district, wanted.year, wanted.paper).await?;
    let last: Option<i32> = sqlx::query_scalar(
        "UPDATE number_counter SET last = last + $3
         WHERE district_code = $1 AND year = $2 AND last + $3 <= $4 RETURNING last",
    )
    .bind(district.as_str())
    .bind(wanted.year)
    .bind(wanted.numbers.cast_signed())
    .bind(MAX_SEQUENCE.cast_signed())
    .fetch_optional(&mut *connection)
    .await?;
    let Some(last) = last else {
        return Ok(Reserved::Exhausted);
    };
    // Counted by who holds the counter: nobody else reserves meanwhile.
    let row: Option<Row> = sqlx::query_as(
        "INSERT INTO number_block (district_code, id, year, first, last, taken, searchable, counter,
                                   created_at, created_by, updated_at, updated_by, version)
         SELECT $1, $2, $3, $4 - $5 + 1, $4, $4 - $5, $4 - $5, $6, $7, $8, $7, $8, 1
         WHERE (SELECT count(*) FROM number_block
                WHERE district_code = $1 AND year = $3 AND closed_at IS NULL) < $9
         RETURNING id, year, first, last, taken, counter, close_reason, closed_at, created_at",
    )
    .bind(district.as_str())
    .bind(wanted.id)
    .bind(wanted.year)
    .bind(last)
    .bind(wanted.numbers.cast_signed())
    .bind(wanted.counter)
    .bind(by.at)
    .bind(by.actor)
    .bind(i64::from(open_max))
    .fetch_optional(connection)
    .await?;
    Ok(row.map_or(Reserved::TooMany, Reserved::Block))
}

/// Finds a block and keeps its numbers from being given out until the transaction ends.
pub(crate) async fn take(
    connection: &mut PgConnection,
    district: DistrictCode,
    id: Uuid,
) -> Result<Option<Row>, sqlx::Error> {
    sqlx::query_as(block_query!("id = $2 FOR UPDATE"))
        .bind(district.as_str())
        .bind(id)
        .fetch_optional(connection)
        .await
}

/// Whether the district has it.
pub(crate) async fn exists(
    connection: &mut PgConnection,
    district: DistrictCode,
    id: Uuid,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM number_block WHERE district_code = $1 AND id = $2)")
        .bind(district.as_str())
        .bind(id)
        .fetch_one(connection)
        .await
}

/// Closes a block.
pub(crate) async fn close(
    connection: &mut PgConnection,
    district: DistrictCode,
    id: Uuid,
    reason: BlockCloseReason,
    by: By<'_>,
) -> Result<Row, sqlx::Error> {
    sqlx::query_as(
        "UPDATE number_block SET close_reason = $3, closed_at = $4, updated_at = $4, updated_by = $5, version = version + 1
         WHERE district_code = $1 AND id = $2
         RETURNING id, year, first, last, taken, counter, close_reason, closed_at, created_at",
    )
    .bind(district.as_str())
    .bind(id)
    .bind(reason.number())
    .bind(by.at)
    .bind(by.actor)
    .fetch_one(connection)
    .await
}

/// A page of the blocks of a year, newest first; the key is their first number.
pub(crate) async fn list(
    connection: &mut PgConnection,
    district: DistrictCode,
    (year, open): (i16, bool),
    before: Option<i32>,
    limit: i64,
) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as(block_query!(
        "year = $2 AND first < $3 AND (NOT $4 OR closed_at IS NULL) ORDER BY first DESC LIMIT $5"
    ))
    .bind(district.as_str())
    .bind(year)
    .bind(before.unwrap_or(i32::MAX))
    .bind(open)
    .bind(limit)
    .fetch_all(connection)
    .await
}

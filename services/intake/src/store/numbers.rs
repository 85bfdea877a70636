//! What became of the numbers of a year.

use sqlx::{FromRow, PgConnection};
use time::OffsetDateTime;
use xinqiao_kernel::DistrictCode;

use crate::domain::codes::{BlockCloseReason, VoidReason};
use crate::domain::gap::{Account, Range};

/// The last number given out in a year; 0 when there is none.
pub(crate) async fn last(
    connection: &mut PgConnection,
    district: DistrictCode,
    year: i16,
) -> Result<u32, sqlx::Error> {
    let last: Option<i32> =
        sqlx::query_scalar("SELECT last FROM number_counter WHERE district_code = $1 AND year = $2")
            .bind(district.as_str())
            .bind(year)
            .fetch_optional(connection)
            .await?;
    Ok(last.unwrap_or_default().unsigned_abs())
}

/// Numbers with an account: in which table it stands, and what it says there.
#[derive(FromRow)]
struct Row {
    first: i32,
    last: i32,
    kind: String,
    reason: Option<i16>,
    told: Option<String>,
    at: Option<OffsetDateTime>,
}

impl From<Row> for Range {
    fn from(row: Row) -> Self {
        let told = row.told.unwrap_or_default();
        let account = match row.kind.as_str() {
            "paper" => Account::Paper,
            "field" => Account::Field { temporary_no: told },
            "block" => match row.reason.and_then(BlockCloseReason::of_number) {
                Some(reason) => Account::BlockUnused {
                    counter: told,
                    reason,
                },
                None => Account::Reserved { counter: told },
            },
            _ => match row.reason.and_then(VoidReason::of_number).zip(row.at) {
                Some((reason, at)) => Account::Void {
                    reason,
                    role: told,
                    at,
                },
                None => Account::Case,
            },
        };
        Self {
            first: row.first.unsigned_abs(),
            last: row.last.unsigned_abs(),
            account,
        }
    }
}

/// The accounts of the numbers after one and up to another, in order, neighbouring cases together. They are all of one
/// moment: no number moves from one to another between them.
pub(crate) async fn accounts(
    connection: &mut PgConnection,
    district: DistrictCode,
    year: i16,
    (after, upto): (u32, u32),
    limit: i64,
) -> Result<Vec<Range>, sqlx::Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "WITH numbered AS (
             SELECT c.sequence, v.reason, v.confirmed_role, v.confirmed_at, d.temporary_no
             FROM case_file c
             LEFT JOIN void_register v
                 ON v.district_code = $1 AND v.case_id = c.id AND v.confirmed_at IS NOT NULL
             LEFT JOIN field_draft d ON d.district_code = $1 AND d.case_id = c.id
             WHERE c.district_code = $1 AND c.year = $2 AND c.sequence > $3 AND c.sequence <= $4
         ), plain AS (
             SELECT sequence, sequence - row_number() OVER (ORDER BY sequence) AS stretch
             FROM numbered WHERE reason IS NULL AND temporary_no IS NULL
         )
         SELECT min(sequence) AS first, max(sequence) AS last, 'case' AS kind, NULL::smallint AS reason,
                NULL::text AS told, NULL::timestamptz AS at
         FROM plain GROUP BY stretch
         UNION ALL SELECT sequence, sequence, 'case', reason, confirmed_role, confirmed_at
         FROM numbered WHERE reason IS NOT NULL
         UNION ALL SELECT sequence, sequence, 'field', NULL, temporary_no, NULL
         FROM numbered WHERE reason IS NULL AND temporary_no IS NOT NULL
         UNION ALL SELECT 1, paper, 'paper', NULL, NULL, NULL
         FROM number_counter WHERE district_code = $1 AND year = $2 AND paper > $3
         UNION ALL SELECT taken + 1, last, 'block', close_reason, counter, closed_at
         FROM number_block WHERE district_code = $1 AND year = $2 AND taken < last AND last > $3 AND taken < $4
         ORDER BY first LIMIT $5",
    )
    .bind(district.as_str())
    .bind(year)
    .bind(after.cast_signed())
    .bind(upto.cast_signed())
    .bind(limit)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Range::from).collect())
}

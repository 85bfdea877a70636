//! The statements of sealing anew. Names of tables and columns come from the program, never from outside.

use sqlx::{AssertSqlSafe, FromRow, PgConnection};
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;

use super::SealedColumn;
use crate::seal::{Header, Purpose, Sealed};

/// How far a column has come.
#[derive(Clone, Debug, FromRow)]
pub(super) struct Mark {
    pub(super) target: String,
    pub(super) walked: Option<Uuid>,
    #[sqlx(rename = "left_over")]
    pub(super) left: i64,
    pub(super) done: i64,
    pub(super) finished: bool,
}

/// A value under an old key.
#[derive(Debug)]
pub(super) struct Old {
    walk: Uuid,
    pub(super) row: Uuid,
    pub(super) sealed: Sealed,
}

/// Some rows of a column.
#[derive(Debug)]
pub(super) struct Page {
    /// The last key; `None` when the walk is at its end.
    pub(super) last: Option<Uuid>,
    /// What in it is under an old key.
    pub(super) old: Vec<Old>,
}

/// What there is in a column of one district.
#[derive(Clone, Debug)]
pub struct ColumnState {
    /// The column.
    pub column: SealedColumn,
    /// Values by purpose and version of their key; what is no sealed value has none.
    pub values: Vec<(Option<(Purpose, u16)>, i64)>,
    /// Values sealed anew since the current keys took over.
    pub done: i64,
    /// True when the job found nothing left under old keys.
    pub finished: bool,
}

impl ColumnState {
    /// How many values are under a key.
    pub fn under(&self, purpose: Purpose, version: u16) -> i64 {
        let under = |(key, count): &(_, i64)| (*key == Some((purpose, version))).then_some(*count);
        self.values.iter().filter_map(under).sum()
    }
}

/// Counts the values of a column by the key they are under; reads the whole table.
pub(in crate::seal) async fn state(
    connection: &mut PgConnection,
    district: DistrictCode,
    column: &SealedColumn,
) -> Result<ColumnState, sqlx::Error> {
    let SealedColumn {
        table, column: name, ..
    } = column;
    let counted: Vec<(Vec<u8>, i64)> = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT substring({name} FROM 1 FOR 4), count(*) FROM {table}
         WHERE district_code = $1 AND {name} IS NOT NULL GROUP BY 1 ORDER BY 1"
    )))
    .bind(district.as_str())
    .fetch_all(&mut *connection)
    .await?;
    let mark: Option<(i64, bool)> = sqlx::query_as(
        "SELECT done, finished FROM reseal WHERE district_code = $1 AND table_name = $2 AND column_name = $3",
    )
    .bind(district.as_str())
    .bind(table)
    .bind(name)
    .fetch_optional(connection)
    .await?;
    let values = counted.into_iter().map(|(head, count)| {
        let header = Header::of(&head).ok();
        (header.map(|header| (header.purpose, header.version)), count)
    });
    let (done, finished) = mark.unwrap_or_default();
    Ok(ColumnState {
        column: *column,
        values: values.collect(),
        done,
        finished,
    })
}

/// Lets the job look at a column again.
pub(in crate::seal) async fn forget_finish(
    connection: &mut PgConnection,
    district: DistrictCode,
    column: &SealedColumn,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM reseal WHERE district_code = $1 AND table_name = $2 AND column_name = $3 AND finished",
    )
    .bind(district.as_str())
    .bind(column.table)
    .bind(column.column)
    .execute(connection)
    .await?;
    Ok(())
}

/// How far a column has come toward a target.
pub(super) async fn mark(
    connection: &mut PgConnection,
    district: DistrictCode,
    column: &SealedColumn,
    target: &str,
) -> Result<Option<Mark>, sqlx::Error> {
    sqlx::query_as(
        "SELECT target, walked, left_over, done, finished FROM reseal
         WHERE district_code = $1 AND table_name = $2 AND column_name = $3 AND target = $4",
    )
    .bind(district.as_str())
    .bind(column.table)
    .bind(column.column)
    .bind(target)
    .fetch_optional(connection)
    .await
}

/// Begins a walk, or ends the last one.
pub(super) async fn set_mark(
    connection: &mut PgConnection,
    district: DistrictCode,
    column: &SealedColumn,
    mark: &Mark,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO reseal (district_code, table_name, column_name, target, walked, left_over, done, finished)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (district_code, table_name, column_name) DO UPDATE
         SET target = excluded.target, walked = excluded.walked, left_over = excluded.left_over,
             done = excluded.done, finished = excluded.finished",
    )
    .bind(district.as_str())
    .bind(column.table)
    .bind(column.column)
    .bind(&mark.target)
    .bind(mark.walked)
    .bind(mark.left)
    .bind(mark.done)
    .bind(mark.finished)
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes rows that were looked at and values that were sealed anew. Returns what is left, or nothing when another
/// process walked the column meanwhile: its mark stays, and rows are looked at twice.
pub(super) async fn advance(
    connection: &mut PgConnection,
    district: DistrictCode,
    column: &SealedColumn,
    mark: &Mark,
    (last, done): (Uuid, i64),
) -> Result<Option<i64>, sqlx::Error> {
    let left: Option<i64> = sqlx::query_scalar(
        "UPDATE reseal SET walked = $5, left_over = greatest(left_over - $6, 0), done = done + $6
         WHERE district_code = $1 AND table_name = $2 AND column_name = $3 AND target = $4 AND NOT finished
           AND walked IS NOT DISTINCT FROM $7
         RETURNING left_over",
    )
    .bind(district.as_str())
    .bind(column.table)
    .bind(column.column)
    .bind(&mark.target)
    .bind(last)
    .bind(done)
    .bind(mark.walked)
    .fetch_optional(&mut *connection)
    .await?;
    if left.is_none() {
        sqlx::query(
            "UPDATE reseal SET left_over = greatest(left_over - $5, 0), done = done + $5
             WHERE district_code = $1 AND table_name = $2 AND column_name = $3 AND target = $4",
        )
        .bind(district.as_str())
        .bind(column.table)
        .bind(column.column)
        .bind(&mark.target)
        .bind(done)
        .execute(connection)
        .await?;
    }
    Ok(left)
}

/// Values under other keys than the current ones; reads the whole table.
pub(super) async fn left(
    connection: &mut PgConnection,
    district: DistrictCode,
    column: &SealedColumn,
    headers: &[Vec<u8>],
) -> Result<i64, sqlx::Error> {
    let SealedColumn {
        table, column: name, ..
    } = column;
    sqlx::query_scalar(AssertSqlSafe(format!(
        "SELECT count(*) FROM {table} WHERE district_code = $1 AND substring({name} FROM 1 FOR 4) <> ALL ($2)"
    )))
    .bind(district.as_str())
    .bind(headers)
    .fetch_one(connection)
    .await
}

/// The next rows after `walked`: about `batch` of them, and always all with the same key.
pub(super) async fn page(
    connection: &mut PgConnection,
    district: DistrictCode,
    column: &SealedColumn,
    (walked, batch): (Option<Uuid>, i64),
    headers: &[Vec<u8>],
) -> Result<Page, sqlx::Error> {
    let SealedColumn {
        table,
        column: name,
        row,
        walk,
    } = column;
    let rows: Vec<(Uuid, Uuid, Option<Vec<u8>>)> = sqlx::query_as(AssertSqlSafe(format!(
        "WITH page AS MATERIALIZED (
             SELECT {walk} AS place FROM {table} WHERE district_code = $1 AND {walk} > $2 ORDER BY {walk} LIMIT $3),
         last AS (SELECT place FROM page ORDER BY place DESC LIMIT 1)
         SELECT t.{walk}, t.{row}, CASE WHEN substring(t.{name} FROM 1 FOR 4) <> ALL ($4) THEN t.{name} END
         FROM last, {table} t WHERE t.district_code = $1 AND t.{walk} > $2 AND t.{walk} <= last.place
         ORDER BY 1, 2"
    )))
    .bind(district.as_str())
    .bind(walked.unwrap_or_default())
    .bind(batch)
    .bind(headers)
    .fetch_all(connection)
    .await?;
    Ok(Page {
        last: rows.last().map(|(walk, ..)| *walk),
        old: rows
            .into_iter()
            .filter_map(|(walk, row, sealed)| {
                sealed.map(|bytes| Old {
                    walk,
                    row,
                    sealed: Sealed::from_bytes(bytes),
                })
            })
            .collect(),
    })
}

/// Puts new bytes in the place of old ones that are still there, in rows that nobody holds. Returns how many.
pub(super) async fn replace(
    connection: &mut PgConnection,
    district: DistrictCode,
    column: &SealedColumn,
    renewed: &[(Old, Vec<u8>)],
) -> Result<i64, sqlx::Error> {
    if renewed.is_empty() {
        return Ok(0);
    }
    let SealedColumn {
        table,
        column: name,
        row,
        walk,
    } = column;
    let walks: Vec<Uuid> = renewed.iter().map(|(old, _)| old.walk).collect();
    // One who waits for a second row while he holds a first one can stop others for good.
    let free: Vec<Uuid> = sqlx::query_scalar(AssertSqlSafe(format!(
        "SELECT {row} FROM {table} WHERE district_code = $1 AND {walk} = ANY ($2) FOR NO KEY UPDATE SKIP LOCKED"
    )))
    .bind(district.as_str())
    .bind(&walks)
    .fetch_all(&mut *connection)
    .await?;
    let done = sqlx::query(AssertSqlSafe(format!(
        "UPDATE {table} t SET {name} = n.becomes
         FROM unnest($2::uuid[], $3::uuid[], $4::bytea[], $5::bytea[]) AS n (place, bound_to, was, becomes)
         WHERE t.district_code = $1 AND t.{walk} = n.place AND t.{row} = n.bound_to AND t.{name} = n.was
           AND n.bound_to = ANY ($6)"
    )))
    .bind(district.as_str())
    .bind(&walks)
    .bind(renewed.iter().map(|(old, _)| old.row).collect::<Vec<_>>())
    .bind(
        renewed
            .iter()
            .map(|(old, _)| old.sealed.as_bytes())
            .collect::<Vec<_>>(),
    )
    .bind(renewed.iter().map(|(_, new)| new.as_slice()).collect::<Vec<_>>())
    .bind(&free)
    .execute(connection)
    .await?;
    Ok(i64::try_from(done.rows_affected()).unwrap_or(i64::MAX))
}

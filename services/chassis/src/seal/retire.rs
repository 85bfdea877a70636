//! Lets an old key go: only when no value of this service is left under it.

use time::Duration;
use xinqiao_kernel::DistrictCode;

use super::book::{BookError, BookFile, Release};
use super::keys::now;
use super::purpose::KeyPlace;
use super::reseal::{ColumnState, SealedColumn, forget_finish, state};
use crate::config::KeySettings;
use crate::desk::Desk;

/// Why a key cannot go.
#[derive(Debug, thiserror::Error)]
pub enum RetireError {
    /// Values are under it.
    #[error(
        "values are left under the {place}: {}; the running service seals them anew, see `keys status`",
        .values.join(", ")
    )]
    Left {
        /// The key.
        place: KeyPlace,
        /// How many, by column.
        values: Vec<String>,
    },
    /// The book does not let it go.
    #[error(transparent)]
    Book(#[from] BookError),
    /// The database does not answer.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
}

/// What is in every column of a district, by key; reads whole tables.
pub async fn states(
    desk: &Desk,
    district: DistrictCode,
    columns: &[SealedColumn],
) -> Result<Vec<ColumnState>, sqlx::Error> {
    let mut tx = desk.database().begin_snapshot(district).await?;
    let mut found = Vec::with_capacity(columns.len());
    for column in columns {
        found.push(state(tx.conn(), district, column).await?);
    }
    tx.rollback().await?;
    Ok(found)
}

/// Notes in the book that this service has nothing left under a key. When it has, nothing is noted and the columns are
/// walked again.
pub async fn retire(
    desk: &Desk,
    settings: &KeySettings,
    columns: &[SealedColumn],
    gone: KeyPlace,
) -> Result<Release, RetireError> {
    let mut values = Vec::new();
    for found in states(desk, gone.district, columns).await? {
        let count = found.under(gone.purpose, gone.version);
        if count == 0 {
            continue;
        }
        let SealedColumn { table, column, .. } = found.column;
        values.push(format!("{count} in {table}.{column}"));
        let mut tx = desk.database().begin(gone.district).await?;
        forget_finish(tx.conn(), gone.district, &found.column).await?;
        tx.commit().await?;
    }
    if !values.is_empty() {
        return Err(RetireError::Left { place: gone, values });
    }
    let settled = Duration::try_from(settings.settled()).unwrap_or(Duration::MAX);
    let book = BookFile::new(&settings.book_file);
    Ok(book
        .change(async |book| book.release(gone, desk.service(), now(), settled))
        .await?)
}

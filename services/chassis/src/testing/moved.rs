//! Sealed values moved about by somebody who can write the whole database: none of them opens where it has come to.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;
use xinqiao_kernel::DistrictCode;

use super::Bench;
use crate::seal::{Opening, SealContext, SealError, Sealed, SealedColumn, columns_of};

/// A value where it belongs.
struct Placed {
    column: SealedColumn,
    district: DistrictCode,
    row: Uuid,
    walk: Uuid,
    sealed: Sealed,
}

#[derive(FromRow)]
struct Found {
    district: String,
    row: Uuid,
    walk: Uuid,
    sealed: Sealed,
}

impl Placed {
    fn place(&self) -> SealContext<'static> {
        SealContext::new(self.district, self.column.table, self.column.column, self.row)
    }
}

impl Bench {
    /// Puts sealed values into the places of others, as many times, from row to row, column to column and district to
    /// district, and tries to open each as who may open everything. Returns the columns that took part.
    ///
    /// # Panics
    /// When a value opens in a place that is not its own, or does not open in its own; when there are too few to move.
    pub async fn moved_values_do_not_open(&self, moves: usize) -> BTreeSet<String> {
        let values = self.all_sealed().await;
        let pairs = values
            .iter()
            .enumerate()
            .flat_map(|(at, from)| {
                values
                    .iter()
                    .enumerate()
                    .map(move |(to, into)| (at, from, to, into))
            })
            .filter(|(at, _, to, _)| at != to);
        let pairs: Vec<_> = pairs.map(|(_, from, _, into)| (from, into)).collect();
        assert!(pairs.len() >= moves, "only {} moves are possible", pairs.len());
        for (from, into) in pairs.iter().step_by(pairs.len() / moves).take(moves) {
            self.move_value(from, into).await;
        }
        let columns = values.iter().map(|value| value.column);
        columns
            .map(|column| format!("{}.{}", column.table, column.column))
            .collect()
    }

    /// Every sealed value of the database.
    async fn all_sealed(&self) -> Vec<Placed> {
        let mut values = Vec::new();
        for column in columns_of(self.sealed) {
            let SealedColumn {
                table,
                column: name,
                row,
                walk,
            } = column;
            let found: Vec<Found> = sqlx::query_as(AssertSqlSafe(format!(
                "SELECT district_code AS district, {row} AS row, {walk} AS walk, {name} AS sealed FROM {table}
                 WHERE {name} IS NOT NULL ORDER BY district_code, {walk}, {row}"
            )))
            .fetch_all(&self.pool)
            .await
            .unwrap();
            for one in found {
                let value = Placed {
                    column,
                    district: one.district.parse().unwrap(),
                    row: one.row,
                    walk: one.walk,
                    sealed: one.sealed,
                };
                let opened = self.opened(&value.place(), &value.sealed);
                assert!(opened.is_ok(), "{table}.{name} of {} does not open", value.row);
                values.push(value);
            }
        }
        values
    }

    /// Writes one value over another, reads it there and undoes it.
    async fn move_value(&self, from: &Placed, into: &Placed) {
        let SealedColumn {
            table,
            column,
            row,
            walk,
        } = into.column;
        let mut tx = self.pool.begin().await.unwrap();
        let there: Sealed = sqlx::query_scalar(AssertSqlSafe(format!(
            "UPDATE {table} SET {column} = $1 WHERE district_code = $2 AND {walk} = $3 AND {row} = $4
             RETURNING {column}"
        )))
        .bind(&from.sealed)
        .bind(into.district.as_str())
        .bind(into.walk)
        .bind(into.row)
        .fetch_one(&mut *tx)
        .await
        .unwrap();
        tx.rollback().await.unwrap();
        assert_eq!(there, from.sealed);
        let opened = self.opened(&into.place(), &there);
        assert_eq!(
            opened,
            Err(SealError::Refused),
            "a value of {:?} opens in {:?}",
            from.place(),
            into.place()
        );
    }

    fn opened(&self, place: &SealContext<'_>, sealed: &Sealed) -> Result<Vec<u8>, SealError> {
        let keys = self.desk().keys();
        keys.open_with(Some(&Opening::of_case()), place, sealed)
    }
}

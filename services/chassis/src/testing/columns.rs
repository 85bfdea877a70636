//! Which columns could hold sealed values, by the schema: what a service declares is held against it.

use std::collections::BTreeSet;

use super::Bench;
use crate::seal::columns_of;

impl Bench {
    /// Every `bytea` column that is not declared to come under new keys, as `table.column`, without digests and
    /// signatures, which the schema knows by their length.
    ///
    /// # Panics
    /// When a declared column is not in the schema, or the app role may not change it.
    pub async fn bytes_not_sealed_anew(&self) -> BTreeSet<String> {
        let all: BTreeSet<String> = self
            .strings(
                "SELECT c.relname || '.' || a.attname FROM pg_class c
                 JOIN pg_namespace n ON n.oid = c.relnamespace
                 JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                 WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relname <> '_sqlx_migrations'
                   AND a.atttypid = 'bytea'::regtype
                   AND NOT EXISTS (
                       SELECT FROM pg_constraint k
                       WHERE k.conrelid = c.oid AND k.contype = 'c' AND a.attnum = ANY (k.conkey)
                         AND pg_get_constraintdef(k.oid) ~ ('octet_length\\(' || a.attname || '\\) = \\d+'))",
            )
            .await;
        let declared: BTreeSet<String> = columns_of(self.sealed)
            .iter()
            .map(|column| format!("{}.{}", column.table, column.column))
            .collect();
        let missing: Vec<_> = declared.difference(&all).collect();
        assert!(missing.is_empty(), "not in the schema: {missing:?}");
        for column in columns_of(self.sealed) {
            let may: bool = sqlx::query_scalar(
                "SELECT has_column_privilege($1, $2, $3, 'UPDATE') AND (
                     SELECT count(*) = (SELECT count(DISTINCT name) FROM unnest($4::text[]) AS names (name))
                     FROM pg_attribute WHERE attrelid = $2::regclass AND attname = ANY ($4) AND atttypid = 'uuid'::regtype)",
            )
            .bind(self.database.app_role())
            .bind(column.table)
            .bind(column.column)
            .bind(vec![column.row, column.walk])
            .fetch_one(&self.pool)
            .await
            .unwrap();
            assert!(may, "cannot be sealed anew by the app role: {column:?}");
        }
        all.difference(&declared).cloned().collect()
    }

    async fn strings(&self, statement: &'static str) -> BTreeSet<String> {
        let found: Vec<String> = sqlx::query_scalar(statement).fetch_all(&self.pool).await.unwrap();
        found.into_iter().collect()
    }
}

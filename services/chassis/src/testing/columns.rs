//! Which columns could hold sealed values, by the schema, and which hold text in clear: what a service declares is held
//! against it.

use std::collections::BTreeSet;

use super::Bench;
use crate::seal::columns_of;

/// What stands in clear in every service.
const CLEAR: &str = include_str!("clear.txt");
/// Classes that may.
const CLASSES: [&str; 2] = ["P0", "P1"];

/// A line of a list: a column or, with a star for its table, the column of that name in every table.
struct Listed<'a>(&'a str);

impl<'a> Listed<'a> {
    fn read(line: &'a str) -> Self {
        let mut words = line.splitn(3, ' ');
        let (column, class, why) = (words.next(), words.next(), words.next());
        assert!(
            class.is_some_and(|class| CLASSES.contains(&class)) && why.is_some(),
            "not a column, its class and why: {line}"
        );
        Self(column.unwrap_or_default())
    }

    fn names(&self, column: &str) -> bool {
        match self.0.strip_prefix('*') {
            Some(name) => column.ends_with(name),
            None => column == self.0,
        }
    }
}

impl Bench {
    /// Every column of bytes that is not declared to come under new keys, as `table.column`, without digests and
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
                   AND a.atttypid IN ('bytea'::regtype, 'bytea[]'::regtype)
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

    /// Every column that could hold text, as `table.column`, and that is neither on the chassis' list nor on the service's
    /// `own`; and every line of them that names none.
    ///
    /// # Panics
    /// When a line does not say class and reason.
    pub async fn text_not_listed(&self, own: &str) -> BTreeSet<String> {
        let columns = self
            .strings(
                "SELECT c.relname || '.' || a.attname FROM pg_class c
                 JOIN pg_namespace n ON n.oid = c.relnamespace
                 JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                 WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relname <> '_sqlx_migrations'
                   AND rtrim(format_type(a.atttypid, NULL), '[]') NOT IN (
                       'bytea', 'uuid', 'boolean', 'smallint', 'integer', 'bigint', 'date',
                       'time without time zone', 'timestamp with time zone')",
            )
            .await;
        let lines = CLEAR.lines().chain(own.lines());
        let lines: Vec<Listed<'_>> = lines
            .filter(|line| !line.starts_with('#'))
            .map(Listed::read)
            .collect();
        let unlisted = columns
            .iter()
            .filter(|column| !lines.iter().any(|line| line.names(column)));
        let without = lines
            .iter()
            .filter(|line| !columns.iter().any(|column| line.names(column)));
        unlisted
            .cloned()
            .chain(without.map(|line| line.0.to_owned()))
            .collect()
    }

    async fn strings(&self, statement: &'static str) -> BTreeSet<String> {
        let found: Vec<String> = sqlx::query_scalar(statement).fetch_all(&self.pool).await.unwrap();
        found.into_iter().collect()
    }
}

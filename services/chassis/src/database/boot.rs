//! What a service refuses to start with.

use sqlx::PgConnection;
use sqlx::migrate::Migrator;

/// Why the database is not fit to be served from.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// It does not answer, or a statement failed.
    #[error("the database does not answer: {0}")]
    Database(#[from] sqlx::Error),
    /// The role sees through row-level security.
    #[error(
        "role {role} may not serve: {why}; use the app role in XINQIAO_DATABASE_URL and the owner role for `migrate` only"
    )]
    Role {
        /// The role.
        role: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Tables that row-level security does not hold for.
    #[error("tables without forced row-level security and a policy: {}", .0.join(", "))]
    OpenTables(Vec<String>),
    /// `migrate` has not been run.
    #[error("the schema is behind this program: versions {0:?} are missing or differ; run `migrate` first")]
    Pending(Vec<i64>),
}

/// A superuser or a role with BYPASSRLS sees every district; an owner can switch the policies off.
pub(super) async fn check_role(connection: &mut PgConnection) -> Result<(), BootError> {
    let (role, superuser, bypasses, owns): (String, bool, bool, bool) = sqlx::query_as(
        "SELECT current_user::text, r.rolsuper, r.rolbypassrls, EXISTS (
             SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = 'public' AND pg_has_role(current_user, c.relowner, 'MEMBER'))
         FROM pg_roles r WHERE r.rolname = current_user",
    )
    .fetch_one(connection)
    .await?;
    let faults = [
        (superuser, "it is a superuser"),
        (bypasses, "it bypasses row-level security"),
        (owns, "it owns tables or belongs to a role that does"),
    ];
    match faults.into_iter().find(|(found, _)| *found) {
        Some((_, why)) => Err(BootError::Role { role, why }),
        None => Ok(()),
    }
}

/// Every table of the schema holds rows of districts, except the migration log.
pub(super) async fn check_tables(connection: &mut PgConnection) -> Result<(), BootError> {
    let open: Vec<String> = sqlx::query_scalar(
        "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relname <> '_sqlx_migrations'
           AND NOT (c.relrowsecurity AND c.relforcerowsecurity
                    AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))
         ORDER BY 1",
    )
    .fetch_all(connection)
    .await?;
    if open.is_empty() {
        Ok(())
    } else {
        Err(BootError::OpenTables(open))
    }
}

/// A newer schema is fine (an older program runs beside it during an update); an older one is not.
pub(super) async fn check_migrations(
    connection: &mut PgConnection,
    wanted: &Migrator,
) -> Result<(), BootError> {
    let known: bool = sqlx::query_scalar("SELECT to_regclass('public._sqlx_migrations') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    let applied: Vec<(i64, Vec<u8>)> = if known {
        sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations WHERE success")
            .fetch_all(connection)
            .await?
    } else {
        Vec::new()
    };
    let pending: Vec<i64> = wanted
        .iter()
        .filter(|step| {
            !applied
                .iter()
                .any(|(v, sum)| *v == step.version && **sum == *step.checksum)
        })
        .map(|step| step.version)
        .collect();
    if pending.is_empty() {
        Ok(())
    } else {
        Err(BootError::Pending(pending))
    }
}

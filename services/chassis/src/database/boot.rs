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
    /// Tables that row-level security does not hold for, and views around it.
    #[error("the walls between districts have holes: {}", .0.join(", "))]
    OpenTables(Vec<String>),
    /// `migrate` has not been run.
    #[error("the schema is behind this program: versions {0:?} are missing or differ; run `migrate` first")]
    Pending(Vec<i64>),
}

/// A superuser or a role with BYPASSRLS sees every district, and so does whoever can become one; an owner can switch the
/// policies off.
pub(super) async fn check_role(connection: &mut PgConnection) -> Result<(), BootError> {
    let (role, superuser, bypasses, becomes, owns): (String, bool, bool, bool, bool) = sqlx::query_as(
        "SELECT current_user::text, r.rolsuper, r.rolbypassrls, EXISTS (
             SELECT FROM pg_roles above
             WHERE (above.rolsuper OR above.rolbypassrls) AND pg_has_role(current_user, above.oid, 'MEMBER')
         ), EXISTS (
             SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = 'public' AND pg_has_role(current_user, c.relowner, 'MEMBER'))
         FROM pg_roles r WHERE r.rolname = current_user",
    )
    .fetch_one(connection)
    .await?;
    let faults = [
        (superuser, "it is a superuser"),
        (bypasses, "it bypasses row-level security"),
        (
            becomes,
            "it belongs to a superuser or to a role that bypasses row-level security",
        ),
        (owns, "it owns tables or belongs to a role that does"),
    ];
    match faults.into_iter().find(|(found, _)| *found) {
        Some((_, why)) => Err(BootError::Role { role, why }),
        None => Ok(()),
    }
}

/// The condition of the one policy that lets rows be seen, as the database writes it.
const OWN_DISTRICT: &str = "(district_code = NULLIF(current_setting('app.district'::text, true), ''::text))";

/// Every table of the schema holds rows of districts, except the migration log. Policies that only take away do no harm;
/// of those that give, there is the one of the district. A view shows what its owner sees, unless it asks as the caller;
/// what it has stored, nothing protects. What an extension brings is not ours.
pub(super) async fn check_tables(connection: &mut PgConnection) -> Result<(), BootError> {
    let open: Vec<String> = sqlx::query_scalar(
        "WITH ours AS (
             SELECT c.* FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = 'public' AND c.relname <> '_sqlx_migrations'
               AND NOT EXISTS (SELECT FROM pg_depend d
                               WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
         ), given AS (
             SELECT polrelid, polname, COALESCE(polcmd = '*' AND pg_get_expr(polqual, polrelid) = $1
                    AND COALESCE(pg_get_expr(polwithcheck, polrelid), $1) = $1, false) AS own
             FROM pg_policy WHERE polpermissive
         )
         SELECT relname || ' has no forced row-level security' FROM ours
         WHERE relkind IN ('r', 'p', 'f') AND NOT (relrowsecurity AND relforcerowsecurity)
         UNION ALL
         SELECT relname || ' has no policy of the district' FROM ours
         WHERE relkind IN ('r', 'p') AND relrowsecurity AND relforcerowsecurity
           AND NOT EXISTS (SELECT FROM given WHERE polrelid = ours.oid AND own)
         UNION ALL
         SELECT relname || ' has the policy ' || polname FROM ours JOIN given ON polrelid = ours.oid AND NOT own
         UNION ALL
         SELECT relname || ' is a view without security_invoker' FROM ours
         WHERE relkind = 'v' AND NOT EXISTS (SELECT FROM pg_options_to_table(reloptions)
                                             WHERE option_name = 'security_invoker' AND option_value::boolean)
         UNION ALL
         SELECT relname || ' is a materialized view' FROM ours WHERE relkind = 'm'
         ORDER BY 1",
    )
    .bind(OWN_DISTRICT)
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

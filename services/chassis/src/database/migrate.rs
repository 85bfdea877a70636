//! `migrate`: the only thing that runs as the owner role.

use secrecy::ExposeSecret as _;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};

use crate::config::MigrateSettings;

static CHASSIS: Migrator = sqlx::migrate!();

/// Why a migration did not happen.
#[derive(Debug, thiserror::Error)]
pub enum MigrateFailure {
    /// The database does not answer, or a grant failed.
    #[error("the database does not answer: {0}")]
    Database(#[from] sqlx::Error),
    /// A step failed; it was rolled back.
    #[error("a migration failed: {0}")]
    Step(#[from] sqlx::migrate::MigrateError),
}

/// The chassis' steps and the service's as one list, in the order of their numbers. Those below 10 and 0090 are the
/// chassis'.
pub fn migrations(service: &Migrator) -> Migrator {
    let mut all = Migrator::with_migrations(CHASSIS.iter().chain(service.iter()).cloned().collect());
    // An older program may meet a newer schema during an update; that is not an error.
    all.set_ignore_missing(true);
    all
}

/// Brings the schema up to date and gives the app role exactly what it needs. Running it again does nothing.
pub async fn migrate(settings: &MigrateSettings, service: &Migrator) -> Result<(), MigrateFailure> {
    let owner: PgConnectOptions = settings.owner_url.expose_secret().parse()?;
    let app: PgConnectOptions = settings.app_url.expose_secret().parse()?;
    // A connection of its own, closed whatever happens: a failed run leaves the advisory lock with it.
    let mut connection = owner.application_name("migrate").connect().await?;
    let done = run(&mut connection, service, app.get_username()).await;
    let closed = connection.close().await;
    done?;
    Ok(closed?)
}

async fn run(connection: &mut PgConnection, service: &Migrator, app: &str) -> Result<(), MigrateFailure> {
    migrations(service).run(&mut *connection).await?;
    grant(connection, app).await?;
    Ok(())
}

/// Journal, audit and documents are append-only for the app role.
async fn grant(connection: &mut PgConnection, app: &str) -> Result<(), sqlx::Error> {
    let app = format!("\"{}\"", app.replace('"', "\"\""));
    let statements = format!(
        "GRANT USAGE ON SCHEMA public TO {app};
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app};
         REVOKE INSERT, UPDATE, DELETE ON _sqlx_migrations FROM {app};
         REVOKE UPDATE, DELETE ON outbox, audit, document FROM {app};
         REVOKE DELETE ON inbox, inbox_position, audit_head FROM {app};"
    );
    sqlx::raw_sql(AssertSqlSafe(statements))
        .execute(connection)
        .await?;
    Ok(())
}

//! A service refuses to start on a database that would not keep districts apart.

use secrecy::SecretString;
use sqlx::migrate::Migrator;
use xinqiao_chassis::config::DatabaseSettings;
use xinqiao_chassis::config::MigrateSettings;
use xinqiao_chassis::database::{BootError, Database, MigrateFailure, migrate};
use xinqiao_chassis::testing::{Bench, eventually};

use super::*;

pub(super) fn settings(url: String, pool_max: u32) -> DatabaseSettings {
    let second = std::time::Duration::from_secs(1);
    DatabaseSettings {
        url: SecretString::from(url),
        pool_max,
        acquire_timeout: 5 * second,
        statement_timeout: 10 * second,
        lock_timeout: 5 * second,
        idle_transaction_timeout: 30 * second,
    }
}

async fn check(url: String, migrator: &Migrator) -> Result<(), BootError> {
    let database = Database::open("intake", &settings(url, 2)).unwrap();
    let checked = database.check(migrator).await;
    database.close().await;
    checked
}

#[tokio::test(flavor = "multi_thread")]
async fn owner_and_superuser_may_not_serve() {
    let bench = Bench::start(service()).await;
    let app = bench.database().app_url();
    check(app.clone(), &MIGRATOR).await.unwrap();
    let owner = check(bench.database().owner_url(), &MIGRATOR).await.unwrap_err();
    assert!(matches!(owner, BootError::Role { .. }), "{owner}");
    let role = app.split(['/', ':']).nth(3).unwrap();
    for (privilege, without) in [("SUPERUSER", "NOSUPERUSER"), ("BYPASSRLS", "NOBYPASSRLS")] {
        alter(&bench, role, privilege).await;
        let refused = check(app.clone(), &MIGRATOR).await.unwrap_err();
        assert!(
            matches!(refused, BootError::Role { .. }),
            "{privilege}: {refused}"
        );
        alter(&bench, role, without).await;
    }
    check(app, &MIGRATOR).await.unwrap();
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_can_become_a_superuser_may_not_serve() {
    let bench = Bench::start(service()).await;
    let app = bench.database().app_url();
    let role = app.split(['/', ':']).nth(3).unwrap();
    for privilege in ["SUPERUSER", "BYPASSRLS"] {
        let (above, between) = (format!("{role}_above"), format!("{role}_between"));
        run(
            &bench,
            format!("CREATE ROLE {above} {privilege}; CREATE ROLE {between} IN ROLE {above}"),
        )
        .await;
        check(app.clone(), &MIGRATOR).await.unwrap();
        // Through another role, and without inheriting anything: SET ROLE is enough.
        run(
            &bench,
            format!("ALTER ROLE {role} NOINHERIT; GRANT {between} TO {role}"),
        )
        .await;
        let refused = check(app.clone(), &MIGRATOR).await.unwrap_err();
        assert!(
            matches!(&refused, BootError::Role { why, .. } if why.contains("belongs to a superuser")),
            "{privilege}: {refused}"
        );
        run(
            &bench,
            format!("DROP ROLE {between}, {above}; ALTER ROLE {role} INHERIT"),
        )
        .await;
    }
    check(app, &MIGRATOR).await.unwrap();
    bench.finish().await;
}

async fn alter(bench: &Bench, role: &str, privilege: &str) {
    run(bench, format!("ALTER ROLE {role} {privilege}")).await;
}

async fn run(bench: &Bench, statement: String) {
    let statement = sqlx::AssertSqlSafe(statement);
    sqlx::raw_sql(statement).execute(bench.pool()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_outside_the_policies_stops_the_start() {
    let bench = Bench::start(service()).await;
    for (open, close) in [
        ("CREATE TABLE loose (id int)", "DROP TABLE loose"),
        (
            "ALTER TABLE note NO FORCE ROW LEVEL SECURITY",
            "ALTER TABLE note FORCE ROW LEVEL SECURITY",
        ),
        (
            "ALTER TABLE inbox DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE inbox ENABLE ROW LEVEL SECURITY",
        ),
        (
            "CREATE POLICY everything ON note USING (true)",
            "DROP POLICY everything ON note",
        ),
        (
            "CREATE POLICY everybody ON note FOR INSERT WITH CHECK (true)",
            "DROP POLICY everybody ON note",
        ),
        ("CREATE VIEW around AS SELECT * FROM note", "DROP VIEW around"),
        (
            "CREATE VIEW around WITH (security_invoker = off) AS SELECT * FROM note",
            "DROP VIEW around",
        ),
        (
            "CREATE MATERIALIZED VIEW stored AS SELECT * FROM note",
            "DROP MATERIALIZED VIEW stored",
        ),
    ] {
        sqlx::raw_sql(open).execute(bench.pool()).await.unwrap();
        let refused = check(bench.database().app_url(), &MIGRATOR).await.unwrap_err();
        assert!(
            matches!(&refused, BootError::OpenTables(tables) if tables.len() == 1),
            "{open}: {refused}"
        );
        sqlx::raw_sql(close).execute(bench.pool()).await.unwrap();
    }
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_of_the_district_must_be_about_the_district() {
    let bench = Bench::start(service()).await;
    let policy = "district_code = NULLIF(current_setting('app.district', true), '')";
    run(&bench, "ALTER POLICY district ON note USING (true)".to_owned()).await;
    let refused = check(bench.database().app_url(), &MIGRATOR).await.unwrap_err();
    assert!(matches!(&refused, BootError::OpenTables(_)), "{refused}");
    run(
        &bench,
        format!("ALTER POLICY district ON note USING ({policy}) WITH CHECK (true)"),
    )
    .await;
    let refused = check(bench.database().app_url(), &MIGRATOR).await.unwrap_err();
    assert!(matches!(&refused, BootError::OpenTables(_)), "{refused}");
    run(
        &bench,
        format!("ALTER POLICY district ON note WITH CHECK ({policy})"),
    )
    .await;
    check(bench.database().app_url(), &MIGRATOR).await.unwrap();
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_asks_as_its_caller_and_a_policy_that_takes_away_do_no_harm() {
    let bench = Bench::start(service()).await;
    for harmless in [
        "CREATE VIEW mine WITH (security_invoker = true) AS SELECT * FROM note",
        "CREATE POLICY fewer ON note AS RESTRICTIVE USING (note_id IS NOT NULL)",
    ] {
        run(&bench, harmless.to_owned()).await;
    }
    check(bench.database().app_url(), &MIGRATOR).await.unwrap();
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_behind_the_program_stops_the_start() {
    let bench = Bench::start(service()).await;
    let newer = Migrator::with_migrations(
        MIGRATOR
            .iter()
            .cloned()
            .map(|mut step| {
                step.version += 1;
                step
            })
            .collect(),
    );
    let refused = check(bench.database().app_url(), &newer).await.unwrap_err();
    assert!(
        matches!(&refused, BootError::Pending(versions) if *versions == [11]),
        "{refused}"
    );
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_migration_leaves_no_lock_behind() {
    let bench = Bench::start(service()).await;
    let settings = MigrateSettings {
        owner_url: SecretString::from(bench.database().owner_url()),
        app_url: SecretString::from(bench.database().app_url()),
    };
    let mut broken: Vec<_> = MIGRATOR.iter().cloned().collect();
    broken[0].checksum = vec![0].into();
    let failed = migrate(&settings, &Migrator::with_migrations(broken))
        .await
        .unwrap_err();
    assert!(matches!(failed, MigrateFailure::Step(_)), "{failed}");
    // The server ends a closed session in its own time, and the relay locks for moments.
    eventually("no lock is left", async || {
        let held = count(
            &bench,
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        )
        .await;
        (held == 0).then_some(())
    })
    .await;
    // Again with the right steps: nothing to do, grants included.
    migrate(&settings, &MIGRATOR).await.unwrap();
    bench.finish().await;
}

//! A database of one test, with an owner and an app role of its own.

use std::env;

use secrecy::SecretString;
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, PgPool,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{config::MigrateSettings, database, random};

/// Tries to create a database: Postgres refuses while another creation copies the same template.
const TRIES: usize = 20;

/// A database of one test.
#[derive(Debug)]
pub struct TestDatabase {
    server: PgConnectOptions,
    name: String,
}

impl TestDatabase {
    pub(super) async fn create(service: &str) -> Self {
        let url = env::var("XINQIAO_TEST_POSTGRES_URL").expect(
            "XINQIAO_TEST_POSTGRES_URL names a superuser of a private Postgres; run under tests/stage",
        );
        let server: PgConnectOptions = url.parse().unwrap();
        let name = format!("test_{service}_{}", hex::encode(random::bytes::<6>()));
        let database = Self { server, name };
        let mut connection = database.server.connect().await.unwrap();
        let name = &database.name;
        for role in ["owner", "app"] {
            let sql = format!("CREATE ROLE {name}_{role} LOGIN PASSWORD 'test' NOSUPERUSER NOBYPASSRLS");
            run(&mut connection, sql).await.unwrap();
        }
        let create = format!("CREATE DATABASE {name} OWNER {name}_owner TEMPLATE template0");
        for left in (0..TRIES).rev() {
            match run(&mut connection, create.clone()).await {
                Ok(()) => break,
                Err(error) => assert!(left > 0, "{error}"),
            }
        }
        run(
            &mut connection,
            format!("REVOKE ALL ON DATABASE {name} FROM PUBLIC"),
        )
        .await
        .unwrap();
        run(
            &mut connection,
            format!("GRANT CONNECT ON DATABASE {name} TO {name}_app"),
        )
        .await
        .unwrap();
        connection.close().await.unwrap();
        database
    }

    pub(super) async fn migrate(&self, migrator: &'static Migrator) {
        let settings = MigrateSettings {
            owner_url: SecretString::from(self.url("owner")),
            app_url: SecretString::from(self.app_url()),
        };
        database::migrate(&settings, migrator).await.unwrap();
    }

    /// Name of the app role.
    pub fn app_role(&self) -> String {
        format!("{}_app", self.name)
    }

    /// URL of the app role.
    pub fn app_url(&self) -> String {
        self.url("app")
    }

    /// URL of the owner role.
    pub fn owner_url(&self) -> String {
        self.url("owner")
    }

    /// The database as the superuser.
    pub(super) async fn pool(&self) -> PgPool {
        let options = self.server.clone().database(&self.name);
        PgPoolOptions::new()
            .max_connections(4)
            .connect_with(options)
            .await
            .unwrap()
    }

    /// Deletes database and roles.
    pub(super) async fn drop_all(&self) {
        let mut connection = self.server.connect().await.unwrap();
        let name = &self.name;
        for sql in [
            format!("DROP DATABASE {name} WITH (FORCE)"),
            format!("DROP ROLE {name}_owner"),
            format!("DROP ROLE {name}_app"),
        ] {
            run(&mut connection, sql).await.unwrap();
        }
        connection.close().await.unwrap();
    }

    fn url(&self, role: &str) -> String {
        let (host, port, name) = (self.server.get_host(), self.server.get_port(), &self.name);
        format!("postgres://{name}_{role}:test@{host}:{port}/{name}")
    }
}

async fn run(connection: &mut PgConnection, sql: String) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await
        .map(|_| ())
}

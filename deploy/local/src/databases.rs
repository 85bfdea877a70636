//! One database for each service, each with an owner and an app role that reach no other database.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use crate::issuer::write_secret;
use crate::postgres::Postgres;

/// The five services, in the order a case goes through them.
pub const SERVICES: [&str; 5] = ["intake", "scheduling", "assignment", "supervision", "archive"];

/// Passwords of the ten roles, kept with the data.
#[derive(Debug)]
pub struct Databases {
    port: u16,
    passwords: BTreeMap<String, Passwords>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Passwords {
    owner: String,
    app: String,
}

impl Databases {
    /// Creates what is missing.
    pub async fn prepare(postgres: &Postgres, data: &Path) -> Result<Self> {
        let passwords = kept_passwords(data)?;
        let mut admin = PgConnection::connect(&postgres.url("postgres")).await?;
        for (service, passwords) in &passwords {
            create(&mut admin, service, passwords)
                .await
                .with_context(|| format!("the database of {service} could not be created"))?;
        }
        admin.close().await?;
        Ok(Self {
            port: postgres.port(),
            passwords,
        })
    }

    /// Those that were prepared before, on the port where their server listens now.
    pub(crate) fn kept(data: &Path, port: u16) -> Result<Self> {
        let passwords = kept_passwords(data)?;
        Ok(Self { port, passwords })
    }

    /// Name of a service's database.
    pub fn name(service: &str) -> String {
        format!("xinqiao_{service}")
    }

    /// The URL the running service connects with.
    pub fn app_url(&self, service: &str) -> Result<String> {
        self.url(service, "app", |passwords| &passwords.app)
    }

    /// The URL migrations connect with.
    pub fn owner_url(&self, service: &str) -> Result<String> {
        self.url(service, "owner", |passwords| &passwords.owner)
    }

    fn url(&self, service: &str, role: &str, pick: impl Fn(&Passwords) -> &String) -> Result<String> {
        let passwords = self
            .passwords
            .get(service)
            .with_context(|| format!("there is no service {service}"))?;
        Ok(format!(
            "postgres://{service}_{role}:{}@127.0.0.1:{}/{}",
            pick(passwords),
            self.port,
            Self::name(service)
        ))
    }
}

fn kept_passwords(data: &Path) -> Result<BTreeMap<String, Passwords>> {
    let file = data.join("passwords.json");
    if file.exists() {
        return Ok(serde_json::from_slice(&std::fs::read(&file)?)?);
    }
    let fresh = || hex::encode(xinqiao_chassis::random::bytes::<16>());
    let passwords: BTreeMap<_, _> = SERVICES
        .iter()
        .map(|service| {
            (
                (*service).to_owned(),
                Passwords {
                    owner: fresh(),
                    app: fresh(),
                },
            )
        })
        .collect();
    write_secret(&file, &serde_json::to_vec_pretty(&passwords)?)?;
    Ok(passwords)
}

async fn create(admin: &mut PgConnection, service: &str, passwords: &Passwords) -> Result<()> {
    let database = Databases::name(service);
    // Names and passwords are our own constants and hexadecimal digits; DDL takes no parameters.
    for (role, password) in [("owner", &passwords.owner), ("app", &passwords.app)] {
        let role = format!("{service}_{role}");
        if !exists(
            admin,
            "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)",
            &role,
        )
        .await?
        {
            let statement = format!("CREATE ROLE {role} LOGIN PASSWORD '{password}'");
            admin.execute(AssertSqlSafe(statement)).await?;
        }
    }
    if !exists(
        admin,
        "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)",
        &database,
    )
    .await?
    {
        let statement = format!("CREATE DATABASE {database} OWNER {service}_owner");
        admin.execute(AssertSqlSafe(statement)).await?;
    }
    // Said at every start: a start that was interrupted is finished by the next.
    for statement in [
        format!("REVOKE ALL ON DATABASE {database} FROM PUBLIC"),
        format!("GRANT CONNECT ON DATABASE {database} TO {service}_app"),
    ] {
        admin.execute(AssertSqlSafe(statement)).await?;
    }
    Ok(())
}

async fn exists(admin: &mut PgConnection, question: &'static str, name: &str) -> Result<bool> {
    Ok(sqlx::query_scalar(question).bind(name).fetch_one(admin).await?)
}

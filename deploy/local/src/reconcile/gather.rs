//! Fetches the digests of the five services from the data folder of a platform, whether it runs or not.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::net::TcpStream;
use xinqiao_chassis::digest::Line;

use super::{Difference, read, reconcile};
use crate::databases::{Databases, SERVICES};
use crate::folder;
use crate::issuer::AUDIENCE;
use crate::platform::{KEY_BOOK, settings_of};
use crate::ports;
use crate::postgres::Postgres;
use crate::tools::Tools;

/// Between two looks at a platform that works: longer than an event is on its way.
const SECOND_LOOK: Duration = Duration::from_secs(3);

/// The differences in a data folder. Of a platform that runs, those that stay: the digests are not of one instant, and
/// an event on its way is none. A platform that does not run gets its Postgres for as long as it takes.
pub async fn differences(tools: &Tools, data: &Path) -> Result<Vec<Difference>> {
    let postgres = data.join("postgres");
    if !data.join(KEY_BOOK).exists() || !postgres.join("data/PG_VERSION").exists() {
        bail!("{} is no data folder of this platform", data.display());
    }
    if let Some(port) = running_port(&postgres).await {
        let databases = Databases::kept(data, port)?;
        let first = look(tools, data, &databases).await?;
        if first.is_empty() {
            return Ok(first);
        }
        tokio::time::sleep(SECOND_LOOK).await;
        let second = look(tools, data, &databases).await?;
        let seen = |found: &Difference| {
            let same = |earlier: &Difference| {
                (
                    &earlier.district,
                    &earlier.subject,
                    &earlier.service,
                    earlier.kind,
                ) == (&found.district, &found.subject, &found.service, found.kind)
            };
            first.iter().any(same)
        };
        return Ok(second.into_iter().filter(seen).collect());
    }
    // Nobody may start the platform in the meantime.
    let Some(_lock) = folder::lock(data)? else {
        bail!("the platform in {} starts or stops; try again", data.display());
    };
    let log = data.join("logs/postgres.log");
    let postgres = Postgres::start(tools, &postgres, &log, ports::free()?).await?;
    let found = match Databases::kept(data, postgres.port()) {
        Ok(databases) => look(tools, data, &databases).await,
        Err(error) => Err(error),
    };
    postgres.stop().await?;
    found
}

async fn look(tools: &Tools, data: &Path, databases: &Databases) -> Result<Vec<Difference>> {
    let mut lines = Vec::new();
    for service in SERVICES {
        lines.extend(digest(tools, data, databases, service).await?);
    }
    Ok(reconcile(&lines))
}

async fn digest(
    tools: &Tools,
    data: &Path,
    databases: &Databases,
    service: &'static str,
) -> Result<Vec<Line>> {
    // A digest needs the database only; the rest must be there to be read as settings.
    let settings = [
        ("XINQIAO_LISTEN", "127.0.0.1:0".to_owned()),
        ("XINQIAO_DATABASE_URL", databases.app_url(service)?),
        ("XINQIAO_NATS_URL", "nats://127.0.0.1:4222".to_owned()),
        ("XINQIAO_TOKEN_ISSUER", "http://127.0.0.1:80".to_owned()),
        ("XINQIAO_TOKEN_AUDIENCE", AUDIENCE.to_owned()),
    ];
    let output = tokio::process::Command::new(tools.service(service)?)
        .arg("digest")
        .envs(settings)
        .envs(settings_of(data, service))
        .output()
        .await?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{service} gives no digest ({}): {said}", output.status);
    }
    read(&String::from_utf8(output.stdout)?).with_context(|| format!("what {service} printed is no digest"))
}

/// Where the folder's Postgres listens; none when it does not run. A file that a killed server left behind names a
/// port nobody answers on.
async fn running_port(folder: &Path) -> Option<u16> {
    let file = std::fs::read_to_string(folder.join("data/postmaster.pid")).ok()?;
    // The fourth line of the file is the port (Postgres, `pidfile.h`).
    let port = file.lines().nth(3)?.trim().parse().ok()?;
    TcpStream::connect(("127.0.0.1", port)).await.ok().map(|_| port)
}

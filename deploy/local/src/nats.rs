//! A private NATS server with JetStream that acknowledges only what is on disk. Each service signs in as itself and
//! reaches its own subjects only.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use async_nats::{Client, ConnectOptions};
use nix::sys::signal::Signal;
use tokio::net::TcpStream;

use xinqiao_chassis::bus::permissions;

use crate::databases::SERVICES;
use crate::issuer::write_secret;
use crate::process::{Program, Running};
use crate::tools::Tools;

const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// Who may do everything: the platform itself, for what it looks at and for tests.
const ADMINISTRATOR: &str = "administrator";

/// A running private NATS server.
#[derive(Debug)]
pub struct Nats {
    running: Option<Running>,
    binary: PathBuf,
    folder: PathBuf,
    log: PathBuf,
    port: u16,
    passwords: BTreeMap<String, String>,
}

impl Nats {
    /// Starts a server on `port` with its store in `folder`.
    pub async fn start(tools: &Tools, folder: &Path, log: &Path, port: u16) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let binary = tools.nats_server()?;
        let mut server = Self {
            running: None,
            binary,
            folder: folder.to_owned(),
            log: log.to_owned(),
            port,
            passwords: kept_passwords(folder)?,
        };
        server.launch().await?;
        Ok(server)
    }

    /// The URL clients connect to.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// The password of a service, whose user has its name.
    pub fn password(&self, service: &str) -> Result<&str> {
        let password = self.passwords.get(service).map(String::as_str);
        password.with_context(|| format!("{service} has no user on the message bus"))
    }

    /// A connection that may do everything.
    pub async fn administrator(&self) -> Result<Client> {
        let password = self.password(ADMINISTRATOR)?.to_owned();
        let options = ConnectOptions::with_user_and_password(ADMINISTRATOR.to_owned(), password);
        Ok(options.connect(self.url()).await?)
    }

    /// Ends it as a power cut would.
    pub async fn kill_hard(&mut self) -> Result<()> {
        match self.running.as_mut() {
            Some(running) => running.kill_hard().await,
            None => Ok(()),
        }
    }

    /// Starts it again on the same store and port.
    pub async fn restart(&mut self) -> Result<()> {
        self.launch().await
    }

    /// Ends it and deletes everything it kept; the journals of the services can fill it again.
    pub async fn lose_everything(&mut self) -> Result<()> {
        self.kill_hard().await?;
        std::fs::remove_dir_all(self.folder.join("jetstream"))?;
        Ok(())
    }

    /// Stops it in order.
    pub async fn stop(mut self) -> Result<()> {
        if let Some(running) = self.running.take() {
            running.stop(STOP_LIMIT).await?;
        }
        Ok(())
    }

    /// Fails when it has ended.
    pub fn check(&mut self) -> Result<()> {
        self.running.as_mut().map_or(Ok(()), Running::check)
    }

    async fn launch(&mut self) -> Result<()> {
        let settings = self.folder.join("nats.conf");
        write_secret(&settings, self.settings().as_bytes())?;
        let mut running = Running::start(Program {
            name: "NATS",
            binary: &self.binary,
            args: vec!["-c".into(), settings.display().to_string()],
            env: vec![],
            user: None,
            log: self.log.clone(),
            stop_signal: Signal::SIGTERM,
        })?;
        let port = self.port;
        running
            .wait_until(START_LIMIT, || async move {
                TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok()
            })
            .await?;
        self.running = Some(running);
        Ok(())
    }

    fn settings(&self) -> String {
        let users: String = self
            .passwords
            .iter()
            .map(|(name, password)| user(name, password))
            .collect();
        format!(
            "host: 127.0.0.1\nport: {port}\nserver_name: xinqiao_local\nmax_payload: 1MB\n\
             jetstream {{\n  store_dir: \"{store}\"\n  sync_interval: always\n  max_file_store: 20GB\n  max_memory_store: 64MB\n}}\n\
             authorization {{\n  users: [\n{users}  ]\n}}\n",
            port = self.port,
            store = self.folder.display(),
        )
    }
}

fn user(name: &str, password: &str) -> String {
    let rights = if name == ADMINISTRATOR {
        String::new()
    } else {
        format!(", permissions: {}", permissions(name))
    };
    format!("    {{ user: {name:?}, password: {password:?}{rights} }}\n")
}

/// Passwords are made once and kept with the data.
fn kept_passwords(folder: &Path) -> Result<BTreeMap<String, String>> {
    let file = folder.join("passwords.json");
    if file.exists() {
        return Ok(serde_json::from_slice(&std::fs::read(&file)?)?);
    }
    let fresh = || hex::encode(xinqiao_chassis::random::bytes::<16>());
    let names = SERVICES.into_iter().chain([ADMINISTRATOR]);
    let passwords: BTreeMap<_, _> = names.map(|name| (name.to_owned(), fresh())).collect();
    write_secret(&file, &serde_json::to_vec_pretty(&passwords)?)?;
    Ok(passwords)
}

//! A private NATS server with JetStream that acknowledges only what is on disk.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use nix::sys::signal::Signal;
use tokio::net::TcpStream;

use crate::process::{Program, Running};
use crate::tools::Tools;

const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// A running private NATS server.
#[derive(Debug)]
pub struct Nats {
    running: Option<Running>,
    binary: PathBuf,
    folder: PathBuf,
    log: PathBuf,
    port: u16,
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
        };
        server.launch().await?;
        Ok(server)
    }

    /// The URL clients connect to.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
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
        std::fs::write(&settings, self.settings())?;
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
        format!(
            "host: 127.0.0.1\nport: {port}\nserver_name: xinqiao_local\nmax_payload: 1MB\n\
             jetstream {{\n  store_dir: \"{store}\"\n  sync_interval: always\n  max_file_store: 20GB\n  max_memory_store: 64MB\n}}\n",
            port = self.port,
            store = self.folder.display(),
        )
    }
}

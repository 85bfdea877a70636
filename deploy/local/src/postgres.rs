//! A private Postgres: its own data folder, loopback only, one superuser with a generated password.

use std::fmt::Write as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::Signal;
use nix::unistd::{User, geteuid};
use tokio::process::Command;

use crate::process::{Program, Running};
use crate::tools::Tools;

/// Postgres refuses to run as root; Debian's package brings this user.
const UNPRIVILEGED_USER: &str = "postgres";
const START_LIMIT: Duration = Duration::from_mins(1);
const STOP_LIMIT: Duration = Duration::from_mins(1);
const RETRY: Duration = Duration::from_millis(100);

/// A running private Postgres.
#[derive(Debug)]
pub struct Postgres {
    running: Option<Running>,
    folder: PathBuf,
    bin: PathBuf,
    log: PathBuf,
    port: u16,
    password: String,
}

impl Postgres {
    /// Starts a server on `port` with its data in `folder`, creating the data when there is none.
    pub async fn start(tools: &Tools, folder: &Path, log: &Path, port: u16) -> Result<Self> {
        let bin = tools.postgres_bin()?;
        if !folder.join("data/PG_VERSION").exists() {
            create(&bin, folder)
                .await
                .context("the private Postgres could not be created")?;
        }
        let password = std::fs::read_to_string(folder.join("password"))?
            .trim()
            .to_owned();
        let mut server = Self {
            running: None,
            folder: folder.to_owned(),
            bin,
            log: log.to_owned(),
            port,
            password,
        };
        server.launch().await?;
        Ok(server)
    }

    /// The connection URL of the superuser, for one database.
    pub fn url(&self, database: &str) -> String {
        format!(
            "postgres://postgres:{}@127.0.0.1:{}/{database}",
            self.password, self.port
        )
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends it as a power cut would, leaving its children to notice.
    pub async fn kill_hard(&mut self) -> Result<()> {
        match self.running.as_mut() {
            Some(running) => running.kill_hard().await,
            None => Ok(()),
        }
    }

    /// Starts it again on the same data and port. Children of a server that was killed hold its memory until
    /// they have noticed: until then a new one refuses to start.
    pub async fn restart(&mut self) -> Result<()> {
        let deadline = tokio::time::Instant::now() + START_LIMIT;
        loop {
            match self.launch().await {
                Err(_) if tokio::time::Instant::now() < deadline => tokio::time::sleep(RETRY).await,
                outcome => return outcome,
            }
        }
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
        let data = self.folder.join("data");
        let mut running = Running::start(Program {
            name: "Postgres",
            binary: &self.bin.join("postgres"),
            args: vec![
                "-D".into(),
                data.display().to_string(),
                "-p".into(),
                self.port.to_string(),
                "-k".into(),
                self.folder.display().to_string(),
            ],
            env: vec![],
            user: unprivileged(),
            log: self.log.clone(),
            stop_signal: Signal::SIGINT,
        })?;
        let ready = self.bin.join("pg_isready");
        let port = self.port.to_string();
        running
            .wait_until(START_LIMIT, || async {
                let answer = Command::new(&ready)
                    .args(["-q", "-h", "127.0.0.1", "-p", &port])
                    .status()
                    .await;
                answer.is_ok_and(|status| status.success())
            })
            .await?;
        self.running = Some(running);
        Ok(())
    }
}

fn unprivileged() -> Option<&'static str> {
    geteuid().is_root().then_some(UNPRIVILEGED_USER)
}

/// Creates the data beside its place and moves it there when it is whole: a first start may be interrupted.
async fn create(bin: &Path, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let fresh = folder.join("data.new");
    if fresh.exists() {
        std::fs::remove_dir_all(&fresh)?;
    }
    let password = hex::encode(xinqiao_chassis::random::bytes::<16>());
    let password_file = folder.join("password");
    std::fs::write(&password_file, &password)?;
    std::fs::set_permissions(&password_file, std::fs::Permissions::from_mode(0o600))?;
    let mut command = if let Some(name) = unprivileged() {
        let Some(user) = User::from_name(name)? else {
            bail!(
                "there is no user {name}; install the Debian package postgresql, or run as an ordinary user"
            );
        };
        for path in [folder, &password_file] {
            chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw()))?;
        }
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid", name, "--regid", name, "--init-groups"])
            .arg(bin.join("initdb"));
        command
    } else {
        Command::new(bin.join("initdb"))
    };
    let output = command
        .arg("-D")
        .arg(&fresh)
        .args([
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-A",
            "scram-sha-256",
        ])
        .arg(format!("--pwfile={}", password_file.display()))
        .current_dir("/")
        .kill_on_drop(true)
        .output()
        .await?;
    if !output.status.success() {
        bail!(
            "initdb failed in {}: {}\nif the folder lies where the user {UNPRIVILEGED_USER} cannot reach it, choose another with --data",
            folder.display(),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let settings = fresh.join("postgresql.conf");
    let mut text = std::fs::read_to_string(&settings)?;
    text.push_str(SETTINGS);
    writeln!(text, "shared_buffers = {}MB", shared_buffers_mib())?;
    std::fs::write(&settings, text)?;
    Ok(std::fs::rename(&fresh, folder.join("data"))?)
}

/// An eighth of the machine's memory: a writer that must first write out somebody else's pages makes callers wait.
fn shared_buffers_mib() -> u64 {
    let told = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total_kib = told
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    (total_kib.unwrap_or_default() / 1024 / 8).clamp(128, 4096)
}

/// What differs from the defaults on every machine: connections and write-ahead log; durability untouched. The hints
/// to write out early are off: while a checkpoint gave them, every commit waited behind its pages. Files of the log are
/// used again, as far as a checkpoint leaves any: to fill a new one with zeros stops every commit meanwhile.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
max_connections = 300
wal_buffers = 64MB
max_wal_size = 4GB
min_wal_size = 4GB
checkpoint_timeout = 15min
checkpoint_flush_after = 0
bgwriter_flush_after = 0
jit = off
fsync = on
synchronous_commit = on
client_connection_check_interval = 2s
tcp_keepalives_idle = 30
timezone = 'UTC'
log_timezone = 'UTC'
log_min_error_statement = panic
log_parameter_max_length_on_error = 0
";

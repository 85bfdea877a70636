//! A process of ours: started with a log file, stopped by its own id, never orphaned.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

/// How many lines of a log a failed start shows.
const LOG_TAIL_LINES: usize = 12;

/// A running process.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
    log: PathBuf,
    stop_signal: Signal,
}

/// How to start a process.
#[derive(Debug)]
pub struct Program<'a> {
    /// What people call it.
    pub name: &'a str,
    /// The binary.
    pub binary: &'a Path,
    /// Arguments.
    pub args: Vec<String>,
    /// Environment, added to nothing: only `PATH` and `HOME` are inherited.
    pub env: Vec<(String, String)>,
    /// The user to become, when we are root and it must not be.
    pub user: Option<&'a str>,
    /// Where its output goes, appended.
    pub log: PathBuf,
    /// The signal that asks it to stop in order.
    pub stop_signal: Signal,
}

impl Running {
    /// Starts the program. The kernel asks it to stop when this process dies, however it dies.
    pub fn start(program: Program<'_>) -> Result<Self> {
        let log = open_log(&program.log)?;
        let mut command = Command::new("setpriv");
        command.args([
            "--pdeathsig",
            program.stop_signal.as_str().trim_start_matches("SIG"),
        ]);
        if let Some(user) = program.user {
            command.args(["--reuid", user, "--regid", user, "--init-groups"]);
        }
        command.arg(program.binary).args(&program.args).env_clear();
        for inherited in ["PATH", "HOME", "TZ"] {
            if let Some(value) = std::env::var_os(inherited) {
                command.env(inherited, value);
            }
        }
        command
            .envs(
                program
                    .env
                    .iter()
                    .map(|(name, value)| (OsStr::new(name), OsStr::new(value))),
            )
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .kill_on_drop(true);
        let child = command
            .spawn()
            .with_context(|| format!("{} could not be started", program.name))?;
        let Program {
            name,
            log,
            stop_signal,
            ..
        } = program;
        Ok(Self {
            name: name.to_owned(),
            child,
            log,
            stop_signal,
        })
    }

    /// Its process id, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Fails when the process has ended, with the end of its log.
    pub fn check(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!(
                "{} ended with {status}; its last lines:\n{}",
                self.name,
                self.log_tail()
            ),
        }
    }

    /// Waits for `ready`, at most `limit`; fails early when the process ends.
    pub async fn wait_until<F>(&mut self, limit: Duration, mut ready: impl FnMut() -> F) -> Result<()>
    where
        F: Future<Output = bool>,
    {
        let deadline = tokio::time::Instant::now() + limit;
        while !ready().await {
            self.check()?;
            if tokio::time::Instant::now() > deadline {
                bail!(
                    "{} was not ready within {limit:?}; its last lines:\n{}",
                    self.name,
                    self.log_tail()
                );
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Ends it at once, as a power cut would.
    pub async fn kill_hard(&mut self) -> Result<()> {
        self.child
            .kill()
            .await
            .with_context(|| format!("{} could not be killed", self.name))
    }

    /// Asks it to stop and waits; past `limit` it is killed and that is an error.
    pub async fn stop(mut self, limit: Duration) -> Result<ExitStatus> {
        if let Some(id) = self.child.id() {
            kill(Pid::from_raw(i32::try_from(id)?), self.stop_signal)?;
        }
        if let Ok(status) = tokio::time::timeout(limit, self.child.wait()).await {
            Ok(status?)
        } else {
            self.child.kill().await?;
            bail!("{} did not stop within {limit:?} and was killed", self.name)
        }
    }

    fn log_tail(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join("\n")
    }
}

fn open_log(path: &Path) -> Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .with_context(|| format!("the log {} could not be opened", path.display()))
}

//! A process of ours: started with a log file, stopped by its own id, in order even when it is dropped.

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
/// How long a process that is dropped may take to stop before it is killed.
const DROP_LIMIT: Duration = Duration::from_secs(30);
/// How often it is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(20);

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

    /// Fails when the process has ended, with the end of its log and what to do.
    pub fn check(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("{} ended with {status}; {}", self.name, self.last_words()),
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
                    "{} was not ready within {limit:?}; {}",
                    self.name,
                    self.last_words()
                );
            }
            tokio::time::sleep(LOOK).await;
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
        self.ask_to_stop()
            .with_context(|| format!("{} could not be asked to stop", self.name))?;
        if let Ok(status) = tokio::time::timeout(limit, self.child.wait()).await {
            Ok(status?)
        } else {
            self.child.kill().await?;
            bail!("{} did not stop within {limit:?} and was killed", self.name)
        }
    }

    fn ask_to_stop(&self) -> Result<()> {
        if let Some(id) = self.child.id() {
            kill(Pid::from_raw(i32::try_from(id)?), self.stop_signal)?;
        }
        Ok(())
    }

    /// The end of its log, and what a person can do about it.
    fn last_words(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let tail = lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join("\n");
        format!(
            "its last lines:\n{tail}\nwhat to do: {}; the whole log is {}",
            advice(&tail),
            self.log.display()
        )
    }
}

/// A start that fails or is given up drops what it has started: that stops in order too, the youngest first.
impl Drop for Running {
    fn drop(&mut self) {
        let deadline = std::time::Instant::now() + DROP_LIMIT;
        if matches!(self.child.try_wait(), Ok(None)) && self.ask_to_stop().is_ok() {
            while matches!(self.child.try_wait(), Ok(None)) && std::time::Instant::now() < deadline {
                std::thread::sleep(LOOK);
            }
        }
    }
}

/// Stops one after the other, whatever becomes of each, and tells every failure.
pub(crate) async fn stop_each(all: impl IntoIterator<Item = Running>, limit: Duration) -> Result<()> {
    let mut outcomes = Vec::new();
    for running in all {
        outcomes.push(running.stop(limit).await.map(drop));
    }
    together(outcomes)
}

/// One outcome of several; a failure tells all that failed.
pub(crate) fn together(outcomes: impl IntoIterator<Item = Result<()>>) -> Result<()> {
    let failures: Vec<String> = outcomes
        .into_iter()
        .filter_map(Result::err)
        .map(|error| format!("{error:#}"))
        .collect();
    if failures.is_empty() {
        Ok(())
    } else {
        bail!("{}", failures.join("\n"))
    }
}

/// What helps against the usual causes.
fn advice(log_tail: &str) -> &'static str {
    [
        (
            "ddress already in use",
            "stop what listens on its port, or choose another --first-port",
        ),
        ("No space left on device", "make room on the disk"),
        (
            "Permission denied",
            "let its user reach the folder, or choose another --data",
        ),
    ]
    .into_iter()
    .find_map(|(sign, advice)| log_tail.contains(sign).then_some(advice))
    .unwrap_or("remove the cause that these lines name and start again; with --data, --reset begins anew")
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

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(folder: &Path, name: &str, script: &str) -> Running {
        Running::start(Program {
            name,
            binary: Path::new("/bin/sh"),
            args: vec!["-c".into(), script.into()],
            env: vec![],
            user: None,
            log: folder.join(name),
            stop_signal: Signal::SIGTERM,
        })
        .unwrap()
    }

    async fn until_it_says(running: &mut Running, word: &str) {
        let log = running.log.clone();
        running
            .wait_until(DROP_LIMIT, || async {
                std::fs::read_to_string(&log).is_ok_and(|said| said.contains(word))
            })
            .await
            .unwrap();
    }

    const OBEDIENT: &str = "trap 'echo stopped; exit' TERM; echo ready; while :; do sleep 0.01; done";
    const DEAF: &str = "trap '' TERM; echo ready; while :; do sleep 0.01; done";

    #[tokio::test]
    async fn one_that_does_not_stop_keeps_no_other_running() {
        let folder = tempfile::tempdir().unwrap();
        let mut all = vec![
            shell(folder.path(), "deaf", DEAF),
            shell(folder.path(), "obedient", OBEDIENT),
        ];
        for running in &mut all {
            until_it_says(running, "ready").await;
        }
        let told = stop_each(all, Duration::from_secs(2))
            .await
            .unwrap_err()
            .to_string();
        assert!(
            told.contains("deaf did not stop") && !told.contains("obedient"),
            "{told}"
        );
        let said = std::fs::read_to_string(folder.path().join("obedient")).unwrap();
        assert!(said.contains("stopped"), "{said}");
    }

    #[tokio::test]
    async fn what_is_dropped_stops_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let mut running = shell(folder.path(), "obedient", OBEDIENT);
        until_it_says(&mut running, "ready").await;
        drop(running);
        let said = std::fs::read_to_string(folder.path().join("obedient")).unwrap();
        assert!(said.contains("stopped"), "{said}");
    }

    #[tokio::test]
    async fn a_start_that_failed_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let mut running = shell(folder.path(), "busy", "echo bind: address already in use; exit 1");
        let told = running.wait_until(DROP_LIMIT, || async { false }).await;
        let told = told.unwrap_err().to_string();
        assert!(told.contains("choose another --first-port"), "{told}");
    }
}

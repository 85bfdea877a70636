//! The options of `up`, and how it ends when it is stopped, met as a person at a terminal meets them.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly too")]

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use xinqiao_local::{databases::SERVICES, folder, tools::SERVICES_BIN_DIR};

/// A machine of its own: no test writes down which platform was started last on the real one.
struct Machine(TempDir);

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        open(folder.path());
        Self(folder)
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn up(&self, options: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xinqiao-local"));
        command
            .args(["up", "--data"])
            .arg(self.data())
            .args(options)
            .env("XDG_CACHE_HOME", self.0.path())
            .env(SERVICES_BIN_DIR, self.0.path().join("bin"))
            .kill_on_drop(true);
        command
    }

    /// Programs in place of the services that never come to an end.
    fn endless_services(&self) {
        let bin = self.0.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        for service in SERVICES {
            let program = bin.join(format!("xinqiao-{service}"));
            std::fs::write(&program, "#!/bin/sh\nexec sleep 600\n").unwrap();
            open(&program);
        }
    }

    fn log(&self, server: &str) -> String {
        std::fs::read_to_string(self.data().join(format!("logs/{server}.log"))).unwrap()
    }
}

fn open(path: &Path) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

async fn until_it_says(child: &mut Child, words: &str) {
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if line.contains(words) {
            return;
        }
    }
    panic!("it ended before it said {words}");
}

#[tokio::test]
async fn a_row_of_ports_that_does_not_exist_is_refused() {
    let machine = Machine::new();
    for port in ["0", "65529", "65535", "70000"] {
        let refused = machine.up(&["--first-port", port]).output().await.unwrap();
        assert!(!refused.status.success());
        assert!(
            said(&refused).contains("begins between 1 and 65528"),
            "{}",
            said(&refused)
        );
    }
    assert!(!machine.data().exists());
}

#[tokio::test]
async fn a_busy_port_is_named_with_what_to_do() {
    let machine = Machine::new();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let refused = machine.up(&["--first-port", &port]).output().await.unwrap();
    assert!(!refused.status.success());
    let said = said(&refused);
    assert!(
        said.contains(&port) && said.contains("choose another --first-port"),
        "{said}"
    );
}

#[tokio::test]
async fn a_reset_leaves_a_running_platform_alone() {
    let machine = Machine::new();
    let running = folder::take(&machine.data(), false).unwrap();
    let kept = machine.data().join("keybook.json");
    std::fs::write(&kept, "keys").unwrap();
    let refused = machine.up(&["--reset"]).output().await.unwrap();
    assert!(!refused.status.success());
    assert!(
        said(&refused).contains("another platform runs"),
        "{}",
        said(&refused)
    );
    assert!(kept.exists());
    drop(running);
}

#[tokio::test]
async fn a_start_that_is_stopped_stops_what_has_started() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let machine = Machine::new();
        machine.endless_services();
        let mut child = machine
            .up(&["--once"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        until_it_says(&mut child, "intake: migrations").await;
        kill(Pid::from_raw(child.id().unwrap().try_into().unwrap()), signal).unwrap();
        let ended = child.wait_with_output().await.unwrap();
        assert_eq!(ended.status.code(), Some(1), "{signal}");
        assert!(
            said(&ended).contains("before the journey was over"),
            "{}",
            said(&ended)
        );
        assert!(machine.log("postgres").contains("database system is shut down"));
        assert!(machine.log("nats").contains("Server Exiting"));
    }
}

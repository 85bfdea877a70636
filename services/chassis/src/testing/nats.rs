//! A private NATS server that acknowledges only what is on disk.

use std::{
    env, fs,
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use secrecy::SecretString;

use super::eventually;
use crate::{
    bus::{PUBLISHERS, stream_config},
    config::BusSettings,
};

/// Ports below the range of outgoing connections.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

const STREAM_MAX_BYTES: i64 = 1 << 28;

/// A NATS server of one test. Dropped, it is killed.
#[derive(Debug)]
pub struct NatsServer {
    folder: PathBuf,
    port: u16,
    child: Option<Child>,
}

impl NatsServer {
    pub(super) async fn start(folder: &Path) -> Self {
        let mut server = Self {
            folder: folder.join("nats"),
            port: 0,
            child: None,
        };
        fs::create_dir_all(&server.folder).unwrap();
        // Somebody may take the port between the look and the start: look again.
        for _ in 0..5 {
            server.port = free_port();
            if server.launch().await {
                server.create_streams().await;
                return server;
            }
        }
        panic!(
            "nats-server does not start; see {}",
            server.folder.join("log").display()
        );
    }

    /// Where clients connect.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Kills it, as a power cut would.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _ = child.kill();
            child.wait().unwrap();
        }
    }

    /// Starts it again on the same store and port.
    pub async fn start_again(&mut self) {
        assert!(self.launch().await, "nats-server does not start again");
    }

    /// Kills it and deletes what it kept.
    pub fn lose_everything(&mut self) {
        self.stop();
        fs::remove_dir_all(self.folder.join("jetstream")).unwrap();
    }

    /// The streams of all services, so that consumers find them at once.
    pub async fn create_streams(&self) {
        let jetstream = async_nats::jetstream::new(async_nats::connect(self.url()).await.unwrap());
        for publisher in PUBLISHERS {
            // The service under test may be making its own at this moment.
            eventually("the stream is there", async || {
                jetstream
                    .get_or_create_stream(stream_config(publisher, &self.settings()))
                    .await
                    .ok()
            })
            .await;
        }
    }

    fn settings(&self) -> BusSettings {
        BusSettings {
            url: SecretString::from(self.url()),
            password: None,
            replicas: 1,
            stream_max_bytes: STREAM_MAX_BYTES,
            monitor_url: None,
        }
    }

    async fn launch(&mut self) -> bool {
        let store = self.folder.display();
        let settings = format!(
            "host: 127.0.0.1\nport: {}\nserver_name: test\njetstream {{\n  store_dir: \"{store}\"\n  sync_interval: always\n}}\n",
            self.port
        );
        let file = self.folder.join("conf");
        fs::write(&file, settings).unwrap();
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.join("log"))
            .unwrap();
        let binary = env::var("XINQIAO_TEST_NATS_SERVER")
            .expect("XINQIAO_TEST_NATS_SERVER names the nats-server binary; run under tests/stage");
        let mut child = Command::new(binary)
            .arg("-c")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let port = self.port;
        let started = eventually("nats-server listens", async || {
            if child.try_wait().unwrap().is_some() {
                return Some(false);
            }
            let address = (Ipv4Addr::LOCALHOST, port).into();
            TcpStream::connect_timeout(&address, Duration::from_millis(100))
                .is_ok()
                .then_some(true)
        })
        .await;
        self.child = Some(child);
        started
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A port nobody listens on now. Each process begins elsewhere.
fn free_port() -> u16 {
    let span = u32::from(PORTS.end - PORTS.start);
    let id = crate::random::bytes::<4>();
    let begin = u16::try_from(u32::from_le_bytes(id) % span).expect("less than the span");
    PORTS
        .cycle()
        .skip(usize::from(begin))
        .take(PORTS.len())
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .expect("a free port")
}

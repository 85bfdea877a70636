//! A small identity provider over HTTP that answers what a test wants it to.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::OwnedMutexGuard,
};

/// Where discovery looks.
pub(super) const WELL_KNOWN: &str = "/.well-known/openid-configuration";

#[derive(Default)]
struct State {
    /// Status line with further headers, and body, by path.
    pages: BTreeMap<String, (String, String)>,
    asked: BTreeMap<String, usize>,
    /// Connections are closed without an answer.
    down: bool,
}

pub(super) struct Provider {
    url: String,
    state: Arc<Mutex<State>>,
    silence: Silence,
}

/// While somebody holds it, whoever asks is kept waiting.
type Silence = Arc<tokio::sync::Mutex<()>>;

impl Provider {
    /// A provider that knows no page yet.
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let silence = Silence::default();
        let (shared, kept) = (Arc::clone(&state), Arc::clone(&silence));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                answer(stream, &shared, &kept).await;
            }
        });
        Self { url, state, silence }
    }

    /// The same with a discovery document and the key set it names.
    pub(super) async fn with_keys(key_set: String) -> Self {
        let provider = Self::start().await;
        provider.put(WELL_KNOWN, &provider.document().to_string());
        provider.put("/keys", &key_set);
        provider
    }

    /// Its name, which is its address.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// A discovery document without fault.
    pub(super) fn document(&self) -> Value {
        json!({
            "issuer": self.url,
            "jwks_uri": format!("{}/keys", self.url),
            "id_token_signing_alg_values_supported": ["RS256", "EdDSA"],
        })
    }

    pub(super) fn put(&self, path: &str, body: &str) {
        self.put_answer(path, "200 OK", body);
    }

    pub(super) fn put_answer(&self, path: &str, status_and_headers: &str, body: &str) {
        let page = (status_and_headers.to_owned(), body.to_owned());
        self.state().pages.insert(path.to_owned(), page);
    }

    pub(super) fn set_down(&self, down: bool) {
        self.state().down = down;
    }

    /// Takes questions and answers none until this is dropped.
    pub(super) async fn silence(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.silence).lock_owned().await
    }

    /// How often a path was asked for.
    pub(super) fn asked(&self, path: &str) -> usize {
        self.state().asked.get(path).copied().unwrap_or_default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

async fn answer(mut stream: TcpStream, state: &Mutex<State>, silence: &Silence) {
    let mut request = [0; 4096];
    let length = stream.read(&mut request).await.unwrap();
    let text = String::from_utf8_lossy(&request[..length]).into_owned();
    let path = text.split(' ').nth(1).unwrap_or_default();
    let (head, body) = {
        let mut state = state.lock().unwrap();
        *state.asked.entry(path.to_owned()).or_default() += 1;
        if state.down {
            return;
        }
        let missing = || ("404 Not Found".to_owned(), String::new());
        state.pages.get(path).cloned().unwrap_or_else(missing)
    };
    drop(silence.lock().await);
    let length = body.len();
    let answer = format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
    // Who finds an answer too large hangs up.
    let _ = stream.write_all(answer.as_bytes()).await;
}

//! What stands for the city's gateway and for a mail server: real servers on loopback that keep what they are sent.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A short message that came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// The header `Idempotency-Key`.
    pub(crate) key: String,
    /// The header `X-Xinqiao-Signature`.
    pub(crate) signature: String,
    /// As it came.
    pub(crate) body: String,
    /// What it was answered with.
    pub(crate) answer: StatusCode,
}

#[derive(Debug)]
struct Shelf {
    answer: StatusCode,
    received: Vec<Received>,
}

/// The gateway of the city.
#[derive(Clone, Debug)]
pub(crate) struct Gateway {
    address: SocketAddr,
    shelf: Arc<Mutex<Shelf>>,
}

impl Gateway {
    /// Opens it; it takes everything.
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shelf = Arc::new(Mutex::new(Shelf {
            answer: StatusCode::OK,
            received: Vec::new(),
        }));
        let gateway = Self {
            address: listener.local_addr().unwrap(),
            shelf,
        };
        let routes = Router::new()
            .route("/sms", post(take))
            .with_state(gateway.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        gateway
    }

    /// Where it takes messages.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/sms", self.address)
    }

    /// What it answers from now on.
    pub(crate) fn answers(&self, answer: StatusCode) {
        self.shelf.lock().unwrap().answer = answer;
    }

    /// Everything that came.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.shelf.lock().unwrap().received.clone()
    }

    /// What it took.
    pub(crate) fn taken(&self) -> Vec<Received> {
        let mut all = self.received();
        all.retain(|one| one.answer == StatusCode::OK);
        all
    }
}

async fn take(State(gateway): State<Gateway>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let text = |name: &str| {
        let value = headers.get(name).map(|value| value.to_str().unwrap());
        value.unwrap_or_default().to_owned()
    };
    let mut shelf = gateway.shelf.lock().unwrap();
    let answer = shelf.answer;
    shelf.received.push(Received {
        key: text("idempotency-key"),
        signature: text("x-xinqiao-signature"),
        body: String::from_utf8(body.to_vec()).unwrap(),
        answer,
    });
    answer
}

/// A mail server that takes every mail.
#[derive(Clone, Debug)]
pub(crate) struct MailServer {
    address: SocketAddr,
    mails: Arc<Mutex<Vec<String>>>,
}

impl MailServer {
    /// Opens it.
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            mails: Arc::default(),
        };
        let mails = Arc::clone(&server.mails);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, Arc::clone(&mails)));
            }
        });
        server
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Every mail: its envelope, and as it came.
    pub(crate) fn mails(&self) -> Vec<String> {
        self.mails.lock().unwrap().clone()
    }
}

/// One conversation (RFC 5321).
async fn talk(stream: TcpStream, mails: Arc<Mutex<Vec<String>>>) {
    let mut stream = BufReader::new(stream);
    let mut mail = String::new();
    stream.write_all(b"220 here\r\n").await.unwrap();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or_default() == 0 {
            return;
        }
        let verb = line.get(..4).unwrap_or_default().to_uppercase();
        let answer: &[u8] = match verb.as_str() {
            "QUIT" => b"221 bye\r\n",
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await.unwrap();
                loop {
                    let mut text = String::new();
                    stream.read_line(&mut text).await.unwrap();
                    if text == ".\r\n" {
                        break;
                    }
                    mail.push_str(&text);
                }
                mails.lock().unwrap().push(std::mem::take(&mut mail));
                b"250 taken\r\n"
            }
            "RCPT" => {
                mail.push_str(&line);
                b"250 yes\r\n"
            }
            _ => b"250 yes\r\n",
        };
        if stream.write_all(answer).await.is_err() {
            return;
        }
    }
}

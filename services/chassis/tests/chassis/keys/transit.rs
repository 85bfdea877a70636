//! The transit engine of a Vault, against a stand-in that answers as its interface is described: no Vault runs here.
//! It keeps keys with versions, binds to associated data, wants token and namespace, and says no in Vault's words.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use xinqiao_chassis::config::VaultSettings;
use xinqiao_chassis::seal::{DataKey, KeyPlace, KeyWrap as _, VaultTransit, WrapError};

use super::*;

const TOKEN: &str = "hvs.first";

/// What the stand-in is.
struct State {
    token: String,
    namespace: Option<String>,
    /// Versions of each key, the first is version 1.
    keys: BTreeMap<String, Vec<[u8; 32]>>,
    sealed: bool,
    /// As a Vault from before associated data.
    ignores_associated_data: bool,
    /// Requests that were answered with a key or a ciphertext, by operation and key.
    answered: BTreeMap<String, usize>,
}

struct StandIn {
    url: String,
    state: Arc<Mutex<State>>,
    folder: TempDir,
}

type Answer = Result<Value, (u16, &'static str)>;

impl State {
    fn answer(&mut self, path: &str, headers: &BTreeMap<String, String>, body: &Value) -> Answer {
        if self.sealed {
            return Err((503, "Vault is sealed"));
        }
        if headers.get("x-vault-token") != Some(&self.token) {
            return Err((403, "permission denied"));
        }
        if headers.get("x-vault-namespace") != self.namespace.as_ref() {
            return Err((404, "no handler for route"));
        }
        let Some((operation, key)) = path
            .strip_prefix("/v1/transit/")
            .and_then(|rest| rest.split_once('/'))
        else {
            return Err((404, "no handler for route"));
        };
        let versions = self.keys.get(key).ok_or((400, "encryption key not found"))?;
        let associated = if self.ignores_associated_data {
            Vec::new()
        } else {
            bytes(&body["associated_data"])?
        };
        let data = match operation {
            "encrypt" => encrypt(versions, &associated, &bytes(&body["plaintext"])?),
            "decrypt" => decrypt(
                versions,
                &associated,
                body["ciphertext"].as_str().unwrap_or_default(),
            )?,
            _ => return Err((404, "unsupported path")),
        };
        *self.answered.entry(format!("{operation} {key}")).or_default() += 1;
        Ok(json!({ "request_id": random::new_id(), "lease_id": "", "renewable": false, "data": data }))
    }
}

fn bytes(value: &Value) -> Result<Vec<u8>, (u16, &'static str)> {
    STANDARD
        .decode(value.as_str().unwrap_or_default())
        .map_err(|_| (400, "failed to base64-decode"))
}

fn cipher(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).unwrap())
}

fn encrypt(versions: &[[u8; 32]], associated: &[u8], plain: &[u8]) -> Value {
    let nonce: [u8; NONCE_LEN] = random::bytes();
    let mut text = plain.to_vec();
    cipher(versions.last().unwrap())
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(associated),
            &mut text,
        )
        .unwrap();
    let text = STANDARD.encode([nonce.as_slice(), &text].concat());
    json!({ "ciphertext": format!("vault:v{}:{text}", versions.len()), "key_version": versions.len() })
}

fn decrypt(versions: &[[u8; 32]], associated: &[u8], ciphertext: &str) -> Answer {
    let invalid = (400, "invalid ciphertext: no prefix");
    let (version, text) = ciphertext
        .strip_prefix("vault:v")
        .and_then(|rest| rest.split_once(':'))
        .ok_or(invalid)?;
    let version: usize = version.parse().map_err(|_| invalid)?;
    let key = versions
        .get(version.wrapping_sub(1))
        .ok_or((400, "invalid ciphertext: version is too new"))?;
    let text = STANDARD.decode(text).map_err(|_| invalid)?;
    let (nonce, text) = text.split_first_chunk::<NONCE_LEN>().ok_or(invalid)?;
    let mut text = text.to_vec();
    let plain = cipher(key)
        .open_in_place(
            Nonce::assume_unique_for_key(*nonce),
            Aad::from(associated),
            &mut text,
        )
        .map_err(|_| (400, "cipher: message authentication failed"))?;
    Ok(json!({ "plaintext": STANDARD.encode(plain) }))
}

impl StandIn {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let key = || vec![random::bytes()];
        let state = Arc::new(Mutex::new(State {
            token: TOKEN.to_owned(),
            namespace: None,
            keys: [
                ("xinqiao".to_owned(), key()),
                ("xinqiao-accusation".to_owned(), key()),
            ]
            .into(),
            sealed: false,
            ignores_associated_data: false,
            answered: BTreeMap::new(),
        }));
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                serve(stream, &shared).await;
            }
        });
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), format!("{TOKEN}\n")).unwrap();
        Self { url, state, folder }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn settings(&self) -> VaultSettings {
        VaultSettings {
            url: self.url.parse().unwrap(),
            token_file: self.folder.path().join("token"),
            ca_file: None,
            namespace: None,
            mount: "transit".to_owned(),
            key: "xinqiao".to_owned(),
            accusation_key: "xinqiao-accusation".to_owned(),
            timeout: Duration::from_secs(5),
        }
    }

    fn source(&self) -> KeySource {
        KeySource {
            book: BookFile::new(self.folder.path().join("book.json")),
            kek: KekSettings::Vault(Box::new(self.settings())),
        }
    }

    fn transit(&self) -> VaultTransit {
        VaultTransit::open(&self.settings()).unwrap()
    }

    /// Makes a book with both districts.
    async fn make_book(&self) {
        let wrap = self.source().wrap().unwrap();
        self.source()
            .book
            .change(async |book| {
                for district in [home(), neighbour()] {
                    book.add_district(wrap.as_ref(), district, now()).await?;
                }
                Ok(())
            })
            .await
            .unwrap();
    }
}

/// One request on a connection.
async fn serve(mut stream: TcpStream, state: &Mutex<State>) {
    let mut text = Vec::new();
    let (head, length) = loop {
        let mut part = [0; 4096];
        let count = stream.read(&mut part).await.unwrap();
        if count == 0 {
            return;
        }
        text.extend_from_slice(&part[..count]);
        let Some(end) = text.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8(text[..end].to_vec()).unwrap();
        let length = header_lines(&head)
            .get("content-length")
            .map_or(0, |text| text.parse().unwrap());
        if text.len() >= end + 4 + length {
            text.drain(..end + 4);
            break (head, length);
        }
    };
    let body = serde_json::from_slice(&text[..length]).unwrap_or_default();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    assert!(head.starts_with("POST "), "{head}");
    let answer = state.lock().unwrap().answer(&path, &header_lines(&head), &body);
    let (status, body) = match answer {
        Ok(data) => (200, data),
        Err((status, error)) => (status, json!({ "errors": [error] })),
    };
    let body = body.to_string();
    let text = format!(
        "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    // Whoever has hung up does not wait for it.
    let _ = stream.write_all(text.as_bytes()).await;
}

fn header_lines(head: &str) -> BTreeMap<String, String> {
    head.lines()
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect()
}

fn place(purpose: Purpose) -> KeyPlace {
    KeyPlace {
        district: home(),
        purpose,
        version: 1,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_book_lives_on_a_vault_and_survives_the_rotation_of_its_key() {
    let vault = StandIn::start().await;
    vault.make_book().await;
    let answered = vault.state().answered.clone();
    // Four of six keys of a district are no accusation's.
    assert_eq!(answered["encrypt xinqiao"], 8);
    assert_eq!(answered["encrypt xinqiao-accusation"], 4);
    let ring = KeyRing::from_book(vault.source(), NEVER).unwrap();
    let (row, sealed) = seal(&ring);
    for versions in vault.state().keys.values_mut() {
        versions.push(random::bytes());
    }
    let wrap = vault.source().wrap().unwrap();
    let book = vault.source().book;
    let done = book.change(async |book| book.rewrap(wrap.as_ref()).await).await;
    assert_eq!(done.unwrap(), 12);
    let lines = book.read().unwrap().lines();
    assert!(lines.iter().all(|line| line.wrapped_by == "vault:v2"));
    // The first version of the key may be destroyed now.
    for versions in vault.state().keys.values_mut() {
        versions[0] = random::bytes();
    }
    let again = KeyRing::from_book(vault.source(), NEVER).unwrap();
    assert_eq!(again.open(&column(row), &sealed).unwrap(), b"text");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_unwraps_at_its_place_only_even_on_a_vault_that_ignores_associated_data() {
    for ignores in [false, true] {
        let vault = StandIn::start().await;
        vault.state().ignores_associated_data = ignores;
        let transit = vault.transit();
        let home = place(Purpose::Column);
        let wrapped = transit.wrap(home, &DataKey::generate()).await.unwrap();
        assert!(wrapped.starts_with("vault:v1:"), "{wrapped}");
        transit.unwrap(home, &wrapped).await.unwrap();
        let elsewhere = [
            KeyPlace {
                district: neighbour(),
                ..home
            },
            KeyPlace { version: 2, ..home },
            place(Purpose::Record),
            place(Purpose::AccusationColumn),
        ];
        for place in elsewhere {
            let refused = transit.unwrap(place, &wrapped).await;
            assert!(refused.is_err(), "{place}, ignoring: {ignores}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_vault_says_is_told_and_the_token_is_not() {
    let vault = StandIn::start().await;
    let home = place(Purpose::Column);
    let wrapped = vault.transit().wrap(home, &DataKey::generate()).await.unwrap();
    let said = async || {
        vault
            .transit()
            .unwrap(home, &wrapped)
            .await
            .unwrap_err()
            .to_string()
    };
    vault.state().sealed = true;
    assert!(said().await.contains("503") && said().await.contains("Vault is sealed"));
    vault.state().sealed = false;
    vault.state().token = "hvs.second".to_owned();
    let denied = said().await;
    assert!(
        denied.contains("permission denied") && !denied.contains("hvs."),
        "{denied}"
    );
    // Whoever renews the token writes it into the file; nothing is started again.
    std::fs::write(vault.settings().token_file, "hvs.second").unwrap();
    vault.transit().unwrap(home, &wrapped).await.unwrap();
    assert!(!format!("{:?}", vault.transit()).contains("hvs."));
    vault.state().keys.remove("xinqiao");
    assert!(said().await.contains("encryption key not found"));
    let foreign = vault.transit().unwrap(home, "local:v1:AAAA").await.unwrap_err();
    assert!(matches!(foreign, WrapError::Foreign(_)), "{foreign}");
    let nowhere = VaultSettings {
        url: "http://127.0.0.1:1".parse().unwrap(),
        ..vault.settings()
    };
    let away = VaultTransit::open(&nowhere).unwrap().unwrap(home, &wrapped).await;
    assert!(matches!(away, Err(WrapError::Manager(_))), "{away:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_goes_with_every_request() {
    let vault = StandIn::start().await;
    vault.state().namespace = Some("city/xinqiao".to_owned());
    let home = place(Purpose::Column);
    assert!(vault.transit().wrap(home, &DataKey::generate()).await.is_err());
    let settings = VaultSettings {
        namespace: Some("city/xinqiao".to_owned()),
        ..vault.settings()
    };
    let transit = VaultTransit::open(&settings).unwrap();
    transit.wrap(home, &DataKey::generate()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn all_who_change_the_book_at_once_succeed() {
    let vault = StandIn::start().await;
    vault.make_book().await;
    let wrap = vault.source().wrap().unwrap();
    let book = vault.source().book;
    let key = (home(), Purpose::Column);
    let from = now();
    // Each waits for the Vault in the middle of it.
    let all = futures::future::join_all((0..8).map(async |_| {
        book.change(async |book| book.add(wrap.as_ref(), key, Suite::default(), from).await)
            .await
            .unwrap()
    }));
    let mut added = all.await;
    added.sort_unstable();
    assert_eq!(added, (2..=9).collect::<Vec<u16>>());
    let lines = book.read().unwrap().lines();
    let versions = lines
        .iter()
        .filter(|line| line.place.district == home() && line.place.purpose == Purpose::Column);
    assert_eq!(versions.count(), 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_that_is_away_does_not_touch_a_running_process() {
    let vault = StandIn::start().await;
    vault.make_book().await;
    let ring = KeyRing::from_book(vault.source(), NEVER).unwrap();
    let (row, sealed) = seal(&ring);
    let wrap = vault.source().wrap().unwrap();
    let key = (home(), Purpose::Column);
    vault
        .source()
        .book
        .change(async |book| book.add(wrap.as_ref(), key, Suite::default(), now()).await)
        .await
        .unwrap();
    vault.state().sealed = true;
    let mut unknown = sealed.clone().into_bytes();
    unknown[3] = 9;
    let unknown = Sealed::from_bytes(unknown);
    assert!(ring.open(&column(row), &unknown).is_err());
    assert_eq!(ring.open(&column(row), &sealed).unwrap(), b"text");
    assert_eq!(version(&seal(&ring).1), 1);
    assert!(KeyRing::from_book(vault.source(), NEVER).is_err());
    vault.state().sealed = false;
    xinqiao_chassis::testing::eventually("the new key seals", async || {
        assert!(ring.open(&column(row), &unknown).is_err());
        (version(&seal(&ring).1) == 2).then_some(())
    })
    .await;
}

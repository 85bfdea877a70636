//! The local token issuer: one Ed25519 key, discovery and key set over HTTP, tokens for the demo people.

use std::net::Ipv4Addr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use axum::{Json, Router, routing::get};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::people::Person;

/// Who the tokens are for.
pub const AUDIENCE: &str = "xinqiao";
/// Identifier of the one key.
const KEY_ID: &str = "local-1";
/// How long a token is good for: a working day.
const TOKEN_LIFE: Duration = Duration::from_hours(8);

/// Signs tokens. Its key lies in the data folder, so that tokens outlive a restart.
#[derive(Debug)]
pub struct Issuer {
    key_pkcs8: Vec<u8>,
    public_key: Vec<u8>,
    port: u16,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    iat: u64,
    nbf: u64,
    exp: u64,
    name: &'a str,
    roles: &'a [&'a str],
    district: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    leader: Option<String>,
}

impl Issuer {
    /// Opens the key in `folder`, making it the first time. The issuer will be reached at `port`.
    pub fn open(folder: &Path, port: u16) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let file = folder.join("issuer-key.pk8");
        if !file.exists() {
            let key = Ed25519KeyPair::generate()?.to_pkcs8()?;
            write_secret(&file, key.as_ref())?;
        }
        std::fs::write(folder.join("port"), port.to_string())?;
        Self::load(&file, port)
    }

    /// Opens the issuer of a platform that runs, to make more tokens.
    pub fn reopen(folder: &Path) -> Result<Self> {
        let port = std::fs::read_to_string(folder.join("port"))
            .with_context(|| format!("no platform keeps its issuer in {}", folder.display()))?;
        Self::load(&folder.join("issuer-key.pk8"), port.trim().parse()?)
    }

    fn load(file: &Path, port: u16) -> Result<Self> {
        let key_pkcs8 = std::fs::read(file)?;
        let public_key = Ed25519KeyPair::from_pkcs8(&key_pkcs8)?
            .public_key()
            .as_ref()
            .to_vec();
        Ok(Self {
            key_pkcs8,
            public_key,
            port,
        })
    }

    /// The issuer's name, which is also its address.
    pub fn name(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Where services fetch the key set.
    pub fn jwks_url(&self) -> String {
        format!("{}/jwks", self.name())
    }

    /// The public keys as a key set.
    pub fn jwks(&self) -> Value {
        json!({ "keys": [{
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": KEY_ID,
            "x": BASE64_URL_SAFE_NO_PAD.encode(&self.public_key),
        }] })
    }

    /// A token for one of the demo people, good for eight hours.
    pub fn token(&self, person: &Person) -> Result<String> {
        self.token_for_audience(person, AUDIENCE)
    }

    /// The same with another audience, which every service must refuse.
    pub fn token_for_audience(&self, person: &Person, audience: &str) -> Result<String> {
        let now = machine_time().duration_since(UNIX_EPOCH)?.as_secs();
        let issuer = self.name();
        let claims = Claims {
            iss: &issuer,
            aud: audience,
            sub: person.id,
            iat: now,
            nbf: now,
            exp: now + TOKEN_LIFE.as_secs(),
            name: person.name,
            roles: person.roles,
            district: person.district,
            unit: person.unit.map(|unit| unit.to_string()),
            leader: person.leader.map(|leader| leader.to_string()),
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(KEY_ID.to_owned());
        let key = EncodingKey::from_ed_der(&self.key_pkcs8);
        jsonwebtoken::encode(&header, &claims, &key).context("the token could not be signed")
    }

    /// Answers discovery and key-set requests until the returned task is dropped or aborted.
    pub async fn serve(&self) -> Result<JoinHandle<()>> {
        let discovery = json!({
            "issuer": self.name(),
            "jwks_uri": self.jwks_url(),
            "id_token_signing_alg_values_supported": ["EdDSA"],
        });
        let jwks = self.jwks();
        let router = Router::new()
            .route(
                "/.well-known/openid-configuration",
                get(move || async move { Json(discovery) }),
            )
            .route("/jwks", get(move || async move { Json(jwks) }));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port))
            .await
            .with_context(|| format!("the token issuer could not listen on port {}", self.port))?;
        Ok(tokio::spawn(async move {
            // Only a broken listener ends this; then the services keep the keys they have.
            let _ended = axum::serve(listener, router).await;
        }))
    }
}

/// Writes a file only its owner reads.
pub fn write_secret(path: &Path, content: &[u8]) -> Result<()> {
    use std::io::Write as _;
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(content)?;
    Ok(())
}

/// Token life runs on machine time, which nobody sets.
#[expect(clippy::disallowed_methods, reason = "token life is machine time")]
fn machine_time() -> SystemTime {
    SystemTime::now()
}

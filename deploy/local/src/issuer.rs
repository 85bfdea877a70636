//! The local identity provider: signing keys, discovery, a login page for the demo people, and their tokens.
//!
//! It is a small OpenID provider with one flow, authorization code with PKCE (S256), for public clients on this
//! machine. Nobody proves who he is: the demo people are fictitious, and choosing a name is the login.

use std::net::Ipv4Addr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result, bail};
use axum::extract::DefaultBodyLimit;
use axum::{Router, routing::get, routing::post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::people::Person;

mod authorize;
mod claims;
mod codes;
mod discovery;
mod keys;
mod page;
mod parameters;
mod pkce;
mod redirect;
mod token;

use codes::Codes;
use keys::Keys;

/// Who the access tokens are for.
pub const AUDIENCE: &str = "xinqiao";

/// Signs tokens. Its keys lie in the data folder, so that tokens outlive a restart; they are read at each use, so
/// that a rotation is seen at once.
#[derive(Debug, Clone)]
pub struct Issuer {
    folder: PathBuf,
    port: u16,
    /// Addresses beside those of this machine to which a login may lead back.
    redirects: Vec<String>,
}

impl Issuer {
    /// Opens the keys in `folder`, making one the first time. The issuer will be reached at `port`.
    pub fn open(folder: &Path, port: u16) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        if Keys::read(folder).is_err() {
            keys::add(folder)?;
        }
        std::fs::write(folder.join("port"), port.to_string())?;
        Self::load(folder, port)
    }

    /// Opens the issuer of a platform that runs, to make more tokens.
    pub fn reopen(folder: &Path) -> Result<Self> {
        let port = std::fs::read_to_string(folder.join("port"))
            .with_context(|| format!("no platform keeps its issuer in {}", folder.display()))?;
        Self::load(folder, port.trim().parse()?)
    }

    fn load(folder: &Path, port: u16) -> Result<Self> {
        Keys::read(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            port,
            redirects: Vec::new(),
        })
    }

    /// The same issuer, whose logins may also lead back to these addresses; an address that could carry a code to
    /// the wrong place is refused.
    pub fn leading_back_to(mut self, redirects: Vec<String>) -> Result<Self> {
        if let Some(wrong) = redirects.iter().find(|address| !redirect::may_be_listed(address)) {
            bail!(
                "{wrong} is no address to lead back to; give an http or https URL without user and fragment"
            );
        }
        self.redirects = redirects;
        Ok(self)
    }

    /// The issuer's name, which is also its address and all that a service must know.
    pub fn name(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The public keys as a key set.
    pub fn jwks(&self) -> Result<Value> {
        Ok(Keys::read(&self.folder)?.jwks())
    }

    /// Makes a new key that signs from now on. The one before stays in the key set until the next rotation, so that
    /// its tokens are good until they expire. Returns the new key's identifier.
    pub fn rotate(&self) -> Result<String> {
        keys::add(&self.folder)
    }

    /// An access token for one of the demo people, good for eight hours.
    pub fn token(&self, person: &Person) -> Result<String> {
        self.token_for_audience(person, AUDIENCE)
    }

    /// The same with another audience, which every service must refuse.
    pub fn token_for_audience(&self, person: &Person, audience: &str) -> Result<String> {
        claims::access_token(&Keys::read(&self.folder)?, &self.name(), person, audience)
    }

    /// Answers on its port until the returned task is dropped or aborted.
    pub async fn serve(&self) -> Result<JoinHandle<()>> {
        let provider = Arc::new(Provider {
            issuer: self.clone(),
            codes: Mutex::default(),
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery::document))
            .route("/jwks", get(discovery::key_set))
            .route("/authorize", get(authorize::show).post(authorize::choose))
            .route("/token", post(token::exchange))
            .layer(DefaultBodyLimit::max(parameters::MAX_BYTES))
            .with_state(provider);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port))
            .await
            .with_context(|| {
                format!(
                    "the token issuer could not listen on port {}; stop what listens there, or choose another --first-port",
                    self.port
                )
            })?;
        Ok(tokio::spawn(async move {
            // Only a broken listener ends this; then the services keep the keys they have.
            let _ended = axum::serve(listener, router).await;
        }))
    }
}

/// What the routes share.
#[derive(Debug)]
struct Provider {
    issuer: Issuer,
    codes: Mutex<Codes>,
}

impl Provider {
    fn codes(&self) -> MutexGuard<'_, Codes> {
        self.codes.lock().unwrap_or_else(PoisonError::into_inner)
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

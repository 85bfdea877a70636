//! Vault transit: key-encrypting keys that never leave Vault (or OpenBao, which speaks the same).
//!
//! Two requests are all that is needed, so this speaks them over the HTTP client that the services have already: the
//! crates for Vault bring a second one, and derive macros, for its whole interface.
//!
//! The place of a key is given as associated data, and its digest is wrapped with the key: a Vault too old to know
//! associated data ignores it in silence.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, Url};
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use serde::{Deserialize, Serialize};

use super::purpose::KeyPlace;
use super::wrap::{DataKey, KEY_LEN, KeyWrap, WrapError};
use super::{Compartment, sha256};
use crate::config::VaultSettings;

/// What a key wrapped by transit begins with.
const WRAPPED: &str = "vault:v";
/// Longest answer that is read.
const ANSWER_MAX_BYTES: usize = 64 << 10;

/// The transit engine of a Vault.
#[derive(Debug)]
pub struct VaultTransit {
    client: Client,
    url: Url,
    mount: String,
    key: String,
    accusation_key: String,
}

#[derive(Serialize)]
struct Encrypt<'a> {
    plaintext: &'a str,
    associated_data: &'a str,
}

#[derive(Serialize)]
struct Decrypt<'a> {
    ciphertext: &'a str,
    associated_data: &'a str,
}

#[derive(Deserialize)]
struct Answer<T> {
    data: T,
}

#[derive(Deserialize)]
struct Encrypted {
    ciphertext: String,
}

#[derive(Deserialize)]
struct Decrypted {
    plaintext: String,
}

/// How Vault says no.
#[derive(Deserialize)]
struct Errors {
    errors: Vec<String>,
}

impl VaultTransit {
    /// A connection with the token as it stands in its file now. Nothing is asked yet.
    pub fn open(settings: &VaultSettings) -> Result<Self, WrapError> {
        let failed = |what: String| WrapError::Manager(what);
        let read = |path: &PathBuf| {
            std::fs::read(path).map_err(|error| failed(format!("{} cannot be read: {error}", path.display())))
        };
        let token = SecretString::from(
            String::from_utf8(read(&settings.token_file)?)
                .map_err(|_| failed("the token is not text".to_owned()))?,
        );
        let mut headers = HeaderMap::new();
        // Asks a Vault Agent in between for what it demands of every request.
        headers.insert("X-Vault-Request", HeaderValue::from_static("true"));
        let mut value = HeaderValue::from_str(token.expose_secret().trim())
            .map_err(|_| failed("the token has characters that no token has".to_owned()))?;
        value.set_sensitive(true);
        headers.insert("X-Vault-Token", value);
        if let Some(namespace) = &settings.namespace {
            let value = HeaderValue::from_str(namespace)
                .map_err(|_| failed("the namespace has characters that no namespace has".to_owned()))?;
            headers.insert("X-Vault-Namespace", value);
        }
        let mut client = Client::builder()
            .default_headers(headers)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(settings.timeout);
        if let Some(path) = &settings.ca_file {
            let authorities = reqwest::Certificate::from_pem_bundle(&read(path)?)
                .map_err(|error| failed(format!("{}: {error}", path.display())))?;
            client = client.tls_certs_only(authorities);
        }
        Ok(Self {
            client: client.build().map_err(|error| failed(error.to_string()))?,
            url: settings.url.clone(),
            mount: settings.mount.clone(),
            key: settings.key.clone(),
            accusation_key: settings.accusation_key.clone(),
        })
    }

    fn key_of(&self, place: KeyPlace) -> &str {
        match place.purpose.compartment() {
            Compartment::Ordinary => &self.key,
            Compartment::Accusation => &self.accusation_key,
        }
    }

    async fn ask<Q: Serialize, A: for<'a> Deserialize<'a>>(
        &self,
        operation: &str,
        key: &str,
        question: &Q,
    ) -> Result<A, WrapError> {
        let mut url = self.url.clone();
        url.path_segments_mut()
            .map_err(|()| WrapError::Manager("its address is no place for a path".to_owned()))?
            .pop_if_empty()
            .push("v1")
            .extend(self.mount.split('/'))
            .extend([operation, key]);
        let failed = |error: reqwest::Error| WrapError::Manager(error.without_url().to_string());
        let mut response = self
            .client
            .post(url)
            .json(question)
            .send()
            .await
            .map_err(failed)?;
        let status = response.status();
        let mut text = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            text.extend_from_slice(&chunk);
            if text.len() > ANSWER_MAX_BYTES {
                return Err(WrapError::Manager("its answer is too long".to_owned()));
            }
        }
        let text = SecretSlice::from(text);
        if status.is_success() {
            // The parser's own message may quote the text, and the text is a key.
            let answer: Result<Answer<A>, _> = serde_json::from_slice(text.expose_secret());
            return answer.map(|answer| answer.data).map_err(|_| {
                WrapError::Manager(format!("its answer to {operation} is not what transit says"))
            });
        }
        let errors: Result<Errors, _> = serde_json::from_slice(text.expose_secret());
        let said = errors.map_or_else(|_| String::new(), |found| found.errors.join("; "));
        Err(WrapError::Manager(format!(
            "{operation} with key {key:?} answered {status}: {said}"
        )))
    }

    async fn wrap_there(&self, place: KeyPlace, key: &DataKey) -> Result<String, WrapError> {
        let associated = place.associated_data();
        let plain = SecretSlice::from([key.bytes().as_slice(), &sha256(&associated)].concat());
        let plaintext = SecretString::from(STANDARD.encode(plain.expose_secret()));
        let question = Encrypt {
            plaintext: plaintext.expose_secret(),
            associated_data: &STANDARD.encode(&associated),
        };
        let answer: Encrypted = self.ask("encrypt", self.key_of(place), &question).await?;
        if answer.ciphertext.starts_with(WRAPPED) {
            Ok(answer.ciphertext)
        } else {
            Err(WrapError::Manager(
                "its ciphertext is not what transit gives".to_owned(),
            ))
        }
    }

    async fn unwrap_there(&self, place: KeyPlace, wrapped: &str) -> Result<DataKey, WrapError> {
        if !wrapped.starts_with(WRAPPED) {
            return Err(WrapError::Foreign(place));
        }
        let associated = place.associated_data();
        let question = Decrypt {
            ciphertext: wrapped,
            associated_data: &STANDARD.encode(&associated),
        };
        let answer: Decrypted = self.ask("decrypt", self.key_of(place), &question).await?;
        let text = SecretString::from(answer.plaintext);
        let plain = STANDARD
            .decode(text.expose_secret())
            .map(SecretSlice::from)
            .map_err(|_| WrapError::Refused(place))?;
        match plain.expose_secret().split_at_checked(KEY_LEN) {
            Some((key, digest)) if digest == sha256(&associated) => {
                DataKey::from_slice(key).ok_or(WrapError::Refused(place))
            }
            _ => Err(WrapError::Refused(place)),
        }
    }
}

impl KeyWrap for VaultTransit {
    fn wrap<'a>(&'a self, place: KeyPlace, key: &'a DataKey) -> BoxFuture<'a, Result<String, WrapError>> {
        self.wrap_there(place, key).boxed()
    }

    fn unwrap<'a>(&'a self, place: KeyPlace, wrapped: &'a str) -> BoxFuture<'a, Result<DataKey, WrapError>> {
        self.unwrap_there(place, wrapped).boxed()
    }
}

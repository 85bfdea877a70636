//! Fetches the key set from where the settings say, within bounds.

use std::{error::Error, fmt::Write as _, time::Duration};

use reqwest::StatusCode;

use super::discovery::{self, DiscoveryError};
use crate::config::{IdentitySettings, KeySource};

/// Longest time discovery and key set may take together.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// Largest document that is read, in bytes.
const DOCUMENT_MAX_BYTES: usize = 256 * 1024;

/// Why a document of the identity provider cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The provider did not answer.
    #[error("the identity provider cannot be asked: {}", with_causes(.0))]
    Ask(#[from] reqwest::Error),
    /// The provider took too long.
    #[error("the identity provider took longer than {FETCH_TIMEOUT:?}")]
    Late,
    /// The provider answered with something else than a document. Redirects are not followed.
    #[error("{url} answered {status}")]
    Status {
        /// What was asked for.
        url: String,
        /// The answer.
        status: StatusCode,
    },
    /// The file cannot be read.
    #[error("the key set file cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// The answer is larger than a document may be.
    #[error("{0} is larger than {DOCUMENT_MAX_BYTES} bytes")]
    TooLarge(String),
    /// The discovery document is not to be believed.
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),
}

/// Asks the provider. It keeps no address: each fetch begins with discovery, so that a key set that has moved
/// is followed.
#[derive(Debug)]
pub(super) struct Fetcher {
    settings: IdentitySettings,
    client: reqwest::Client,
}

impl Fetcher {
    pub(super) fn new(settings: &IdentitySettings) -> Result<Self, FetchError> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self {
            settings: settings.clone(),
            client,
        })
    }

    /// The text of the key set.
    pub(super) async fn key_set(&self) -> Result<Vec<u8>, FetchError> {
        tokio::time::timeout(FETCH_TIMEOUT, self.ask())
            .await
            .map_err(|_| FetchError::Late)?
    }

    async fn ask(&self) -> Result<Vec<u8>, FetchError> {
        match &self.settings.key_source {
            KeySource::Discovery => {
                let document = self.get(&discovery::address(&self.settings.issuer)).await?;
                self.get(&discovery::key_set_url(&document, &self.settings)?)
                    .await
            }
            KeySource::Url(url) => self.get(url).await,
            KeySource::File(path) => {
                let text = tokio::fs::read(path).await?;
                if text.len() > DOCUMENT_MAX_BYTES {
                    return Err(FetchError::TooLarge(path.display().to_string()));
                }
                Ok(text)
            }
        }
    }

    async fn get(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        let mut response = self.client.get(url).send().await?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status {
                url: url.to_owned(),
                status: response.status(),
            });
        }
        let mut text = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            text.extend_from_slice(&chunk);
            if text.len() > DOCUMENT_MAX_BYTES {
                return Err(FetchError::TooLarge(url.to_owned()));
            }
        }
        Ok(text)
    }
}

/// The error with what lies below it: an untrusted certificate and a closed port look the same without.
fn with_causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(cause) = below {
        // Writing to a string cannot fail.
        let _ = write!(text, ": {cause}");
        below = cause.source();
    }
    text
}

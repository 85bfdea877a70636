//! Short messages through the city's gateway: one POST for each.
//!
//! ```text
//! POST <url>
//! Idempotency-Key: <id of the notice>
//! X-Xinqiao-Signature: sha256=<HMAC-SHA-256 of the body, in hexadecimal>
//! {"key": "…", "to": "199…", "text": "…", "text_en": "…"}
//! ```
//!
//! Any 2xx is a message taken. What the gateway calls wrong with the message itself is not tried again.

use std::time::Duration;

use aws_lc_rs::hmac;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, StatusCode, Url};
use secrecy::ExposeSecret as _;

use super::{Gateway, Message, SendError};
use crate::config::WebhookSettings;

/// The gateway of the city.
#[derive(Debug)]
pub(super) struct Webhook {
    client: Client,
    url: Url,
    key: hmac::Key,
}

#[derive(serde::Serialize)]
struct Body<'a> {
    key: String,
    to: &'a str,
    text: &'a str,
    text_en: &'a str,
}

impl Webhook {
    pub(super) fn open(settings: &WebhookSettings, timeout: Duration) -> anyhow::Result<Self> {
        let mut client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(timeout);
        if let Some(path) = &settings.ca_file {
            client = client.tls_certs_only(reqwest::Certificate::from_pem_bundle(&std::fs::read(path)?)?);
        }
        Ok(Self {
            client: client.build()?,
            url: settings.url.clone(),
            key: hmac::Key::new(hmac::HMAC_SHA256, settings.key.expose_secret().as_bytes()),
        })
    }

    async fn post(&self, message: &Message) -> Result<(), SendError> {
        let body = serde_json::to_vec(&Body {
            key: message.key.to_string(),
            to: &message.to,
            text: &message.words.zh,
            text_en: &message.words.en,
        })
        .expect("invariant: texts are plain data");
        let signature = hex::encode(hmac::sign(&self.key, &body));
        let answer = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", message.key.to_string())
            .header("X-Xinqiao-Signature", format!("sha256={signature}"))
            .body(body)
            .send()
            .await
            .map_err(|error| {
                SendError::passing(if error.is_timeout() {
                    "TIMED_OUT"
                } else {
                    "UNREACHABLE"
                })
            })?;
        judge(answer.status())
    }
}

/// Whether it was taken. A gateway that is busy, broken or does not know us says nothing about the message.
fn judge(status: StatusCode) -> Result<(), SendError> {
    match status {
        status if status.is_success() => Ok(()),
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Err(SendError::lasting("REFUSED")),
        _ => Err(SendError::passing("UNREACHABLE")),
    }
}

impl Gateway for Webhook {
    fn send<'m>(&'m self, message: &'m Message) -> BoxFuture<'m, Result<(), SendError>> {
        self.post(message).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_wrong_with_the_message_is_not_tried_again() {
        for (status, lasting) in [
            (400, true),
            (422, true),
            (401, false),
            (404, false),
            (429, false),
            (503, false),
        ] {
            let refused = judge(StatusCode::from_u16(status).unwrap()).unwrap_err();
            assert_eq!(refused.is_final, lasting, "{status}");
        }
        assert_eq!(judge(StatusCode::ACCEPTED), Ok(()));
    }
}

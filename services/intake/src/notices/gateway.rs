//! Who carries a notice to the petitioner: one adapter for each channel, chosen by the settings.

mod log;
mod smtp;
mod webhook;

use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;
use uuid::Uuid;

use crate::config::{EmailSettings, NoticeSettings, SmsSettings};
use crate::domain::codes::{NoticeChannel, NoticeTemplate};
use crate::domain::notice::Words;

/// What is handed to a channel.
pub(crate) struct Message {
    /// The same in every attempt: who has it already does not deliver it again.
    pub(crate) key: Uuid,
    /// What it is about.
    pub(crate) template: NoticeTemplate,
    /// Telephone number or address.
    pub(crate) to: String,
    /// What it says.
    pub(crate) words: Words,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// Why a channel did not take a message: a code that may be shown, and never what somebody answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}")]
pub(crate) struct SendError {
    /// For the office.
    pub(crate) code: &'static str,
    /// Another attempt would fare no better.
    pub(crate) is_final: bool,
}

impl SendError {
    /// Worth another attempt.
    const fn passing(code: &'static str) -> Self {
        Self {
            code,
            is_final: false,
        }
    }

    /// Not worth another one.
    pub(super) const fn lasting(code: &'static str) -> Self {
        Self { code, is_final: true }
    }
}

/// A channel.
pub(crate) trait Gateway: fmt::Debug + Send + Sync {
    /// Hands over a message. Done only once the other side has taken it.
    fn send<'m>(&'m self, message: &'m Message) -> BoxFuture<'m, Result<(), SendError>>;
}

/// The channels of this installation; one that is missing reaches nobody.
#[derive(Clone, Debug)]
pub(crate) struct Gateways {
    sms: Option<Arc<dyn Gateway>>,
    email: Option<Arc<dyn Gateway>>,
}

impl Gateways {
    /// Opens them; nobody is asked yet.
    pub(crate) fn open(settings: &NoticeSettings) -> anyhow::Result<Self> {
        let sms: Option<Arc<dyn Gateway>> = match &settings.sms {
            SmsSettings::Off => None,
            SmsSettings::Log => Some(Arc::new(log::Log)),
            SmsSettings::Webhook(webhook) => {
                Some(Arc::new(webhook::Webhook::open(webhook, settings.timeout)?))
            }
        };
        let email: Option<Arc<dyn Gateway>> = match &settings.email {
            EmailSettings::Off => None,
            EmailSettings::Log => Some(Arc::new(log::Log)),
            EmailSettings::Smtp(smtp) => Some(Arc::new(smtp::Smtp::open(smtp, settings.timeout)?)),
        };
        Ok(Self { sms, email })
    }

    /// The one of a channel.
    pub(crate) fn of(&self, channel: NoticeChannel) -> Option<Arc<dyn Gateway>> {
        match channel {
            NoticeChannel::Sms => self.sms.clone(),
            NoticeChannel::Email => self.email.clone(),
            NoticeChannel::Letter | NoticeChannel::Phone | NoticeChannel::InPerson => None,
        }
    }

    /// Whether there is one.
    pub(crate) fn has(&self, channel: NoticeChannel) -> bool {
        self.of(channel).is_some()
    }
}

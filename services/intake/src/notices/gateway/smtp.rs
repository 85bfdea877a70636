//! Mail. The id of the notice is also that of the mail, so that a second one is known as the first.

use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message as Mail};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::{AsyncSmtpTransport, Error};
use lettre::{Address, AsyncTransport as _, Tokio1Executor};
use secrecy::ExposeSecret as _;

use super::{Gateway, Message, SendError};
use crate::config::{SmtpSettings, SmtpTls};

/// Says no more than the text does.
const SUBJECT: &str = "有新进展 / There is news";

/// A mail server.
#[derive(Debug)]
pub(super) struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Smtp {
    pub(super) fn open(settings: &SmtpSettings, timeout: Duration) -> anyhow::Result<Self> {
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port)
            .tls(tls(settings)?)
            .timeout(Some(timeout));
        if let Some((user, password)) = &settings.credentials {
            let password = password.expose_secret().to_owned();
            transport = transport.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Self {
            transport: transport.build(),
            from: Mailbox::new(None, settings.from.clone()),
        })
    }

    async fn post(&self, message: &Message) -> Result<(), SendError> {
        let to: Address = message
            .to
            .parse()
            .map_err(|_| SendError::lasting("BAD_CONTACT"))?;
        let mail = Mail::builder()
            .message_id(Some(format!("<{}@{}>", message.key, self.from.email.domain())))
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(SUBJECT)
            .header(ContentType::TEXT_PLAIN)
            .body(format!("{}\r\n\r\n{}\r\n", message.words.zh, message.words.en))
            .map_err(|_| SendError::lasting("BAD_CONTACT"))?;
        self.transport
            .send(mail)
            .await
            .map(drop)
            .map_err(|error| judge(&error))
    }
}

fn tls(settings: &SmtpSettings) -> anyhow::Result<Tls> {
    let parameters = || -> anyhow::Result<TlsParameters> {
        let mut builder = TlsParameters::builder(settings.host.clone());
        if let Some(path) = &settings.ca_file {
            builder = builder.add_root_certificate(Certificate::from_pem(&std::fs::read(path)?)?);
        }
        Ok(builder.build()?)
    };
    Ok(match settings.tls {
        SmtpTls::StartTls => Tls::Required(parameters()?),
        SmtpTls::Tls => Tls::Wrapper(parameters()?),
        SmtpTls::Off => Tls::None,
    })
}

/// A server that refuses for good says so by 5xx. Refused credentials are ours, not the message's.
fn judge(error: &Error) -> SendError {
    let code = error.status().map(u16::from);
    if error.is_timeout() {
        SendError::passing("TIMED_OUT")
    } else if error.is_permanent() && !matches!(code, Some(530..=538)) {
        SendError::lasting("REFUSED")
    } else {
        SendError::passing("UNREACHABLE")
    }
}

impl Gateway for Smtp {
    fn send<'m>(&'m self, message: &'m Message) -> BoxFuture<'m, Result<(), SendError>> {
        self.post(message).boxed()
    }
}

//! How petitioners are told.

use std::path::PathBuf;
use std::time::Duration;

use lettre::Address;
use reqwest::Url;
use secrecy::SecretString;
use xinqiao_chassis::config::{Reader, Variable};

use crate::domain::notice::Pace;

/// The channel of short messages.
const SMS: Variable = Variable::with_default(
    "XINQIAO_NOTICE_SMS",
    "off",
    "off | log | webhook",
    "How short messages to petitioners are sent: not at all, as a line of the log (evaluation only), or through the gateway \
     of the city.",
);
/// Address of the gateway.
const SMS_URL: Variable = Variable::with_default(
    "XINQIAO_NOTICE_SMS_URL",
    "",
    "https URL",
    "Where the gateway takes a short message; http on this machine only.",
);
/// Key of the gateway.
const SMS_KEY: Variable = Variable::with_default(
    "XINQIAO_NOTICE_SMS_KEY",
    "",
    "text",
    "Signs what the gateway is sent: HMAC-SHA-256 of the body; 16 characters at least.",
)
.secret();
/// Authorities of the gateway.
const SMS_CA_FILE: Variable = Variable::with_default(
    "XINQIAO_NOTICE_SMS_CA_FILE",
    "",
    "path",
    "Authorities (PEM) that the gateway's certificate comes from, instead of those of the system.",
);
/// The channel of mail.
const EMAIL: Variable = Variable::with_default(
    "XINQIAO_NOTICE_EMAIL",
    "off",
    "off | log | smtp",
    "How mail to petitioners is sent: not at all, as a line of the log (evaluation only), or through a mail server.",
);
/// Host of the mail server.
const SMTP_HOST: Variable = Variable::with_default(
    "XINQIAO_NOTICE_SMTP_HOST",
    "",
    "host",
    "The mail server, as its certificate names it.",
);
/// Port of the mail server.
const SMTP_PORT: Variable = Variable::with_default(
    "XINQIAO_NOTICE_SMTP_PORT",
    "587",
    "port",
    "Its port for submissions.",
);
/// TLS of the mail server.
const SMTP_TLS: Variable = Variable::with_default(
    "XINQIAO_NOTICE_SMTP_TLS",
    "starttls",
    "starttls | tls | off",
    "TLS with the mail server: asked for and demanded, from the first byte, or none, which is for a server on this machine \
     only.",
);
/// Authorities of the mail server.
const SMTP_CA_FILE: Variable = Variable::with_default(
    "XINQIAO_NOTICE_SMTP_CA_FILE",
    "",
    "path",
    "Authorities (PEM) that the mail server's certificate comes from, beside those of the system.",
);
/// User at the mail server.
const SMTP_USER: Variable = Variable::with_default(
    "XINQIAO_NOTICE_SMTP_USER",
    "",
    "text",
    "Signs in at the mail server.",
);
/// Password at the mail server.
const SMTP_PASSWORD: Variable =
    Variable::with_default("XINQIAO_NOTICE_SMTP_PASSWORD", "", "text", "Its password.").secret();
/// Sender.
const SMTP_FROM: Variable = Variable::with_default(
    "XINQIAO_NOTICE_SMTP_FROM",
    "",
    "address",
    "From which address petitioners are written to.",
);
/// Time of an attempt.
const TIMEOUT_MS: Variable = Variable::with_default(
    "XINQIAO_NOTICE_TIMEOUT_MS",
    "10000",
    "ms",
    "Longest wait for a channel to take one notice.",
);
/// Notices tried at once.
const BATCH_MAX: Variable = Variable::with_default(
    "XINQIAO_NOTICE_BATCH_MAX",
    "16",
    "notices",
    "Notices of one district that are tried at the same time.",
);
/// Pause of the sender.
const EVERY_MS: Variable = Variable::with_default(
    "XINQIAO_NOTICE_EVERY_MS",
    "1000",
    "ms",
    "How often notices that are due are looked for.",
);
/// Attempts.
const ATTEMPTS_MAX: Variable = Variable::with_default(
    "XINQIAO_NOTICE_ATTEMPTS_MAX",
    "12",
    "attempts",
    "Attempts of one notice at the most; then it has failed, and the office tells the petitioner.",
);
/// First pause of a notice.
const BACKOFF_MS: Variable = Variable::with_default(
    "XINQIAO_NOTICE_BACKOFF_MS",
    "30000",
    "ms",
    "Time after the first attempt that failed; twice as long after each further one.",
);
/// Longest pause of a notice.
const BACKOFF_MAX_MS: Variable = Variable::with_default(
    "XINQIAO_NOTICE_BACKOFF_MAX_MS",
    "3600000",
    "ms",
    "Longest time between two attempts of one notice.",
);

/// Shortest key that signs.
const KEY_MIN: usize = 16;

/// Settings of notices.
#[derive(Debug, Clone)]
pub struct NoticeSettings {
    /// Short messages.
    pub sms: SmsSettings,
    /// Mail.
    pub email: EmailSettings,
    /// Longest wait for a channel.
    pub timeout: Duration,
    /// Tried at the same time.
    pub batch_max: u32,
    /// Time between two looks.
    pub every: Duration,
    /// How often one is tried.
    pub pace: Pace,
}

/// How short messages are sent.
#[derive(Debug, Clone)]
pub enum SmsSettings {
    /// Not at all.
    Off,
    /// As a line of the log.
    Log,
    /// Through the gateway of the city.
    Webhook(WebhookSettings),
}

/// The gateway of the city.
#[derive(Debug, Clone)]
pub struct WebhookSettings {
    /// Where it takes messages.
    pub url: Url,
    /// Signs them.
    pub key: SecretString,
    /// Its authorities.
    pub ca_file: Option<PathBuf>,
}

/// How mail is sent.
#[derive(Debug, Clone)]
pub enum EmailSettings {
    /// Not at all.
    Off,
    /// As a line of the log.
    Log,
    /// Through a mail server.
    Smtp(SmtpSettings),
}

/// A mail server.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is spoken to.
    pub tls: SmtpTls,
    /// Further authorities.
    pub ca_file: Option<PathBuf>,
    /// Who signs in.
    pub credentials: Option<(String, SecretString)>,
    /// Who writes.
    pub from: Address,
}

/// TLS with a mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// Asked for, and demanded.
    StartTls,
    /// From the first byte.
    Tls,
    /// None.
    Off,
}

/// What a channel is.
#[derive(Clone, Copy)]
enum Kind {
    Off,
    Log,
    Real,
}

impl NoticeSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let settings = Self {
            sms: sms(reader),
            email: email(reader),
            timeout: reader.millis(&TIMEOUT_MS, 10..=60_000),
            batch_max: reader.number(&BATCH_MAX, 1..=200),
            every: reader.millis(&EVERY_MS, 10..=60_000),
            pace: Pace {
                attempts_max: reader.number(&ATTEMPTS_MAX, 1..=100),
                first: reader.millis(&BACKOFF_MS, 10..=3_600_000),
                longest: reader.millis(&BACKOFF_MAX_MS, 10..=86_400_000),
            },
        };
        if settings.pace.longest < settings.pace.first {
            reader.problem(
                &BACKOFF_MAX_MS,
                format!("must not be less than {}", BACKOFF_MS.name),
            );
        }
        settings
    }
}

fn sms(reader: &mut Reader) -> SmsSettings {
    let kinds = [("off", Kind::Off), ("log", Kind::Log), ("webhook", Kind::Real)];
    let kind = reader.choice(&SMS, &kinds);
    let is_real = matches!(kind, Kind::Real);
    let url = reader.parse(&SMS_URL, None, |text| match Url::parse(text) {
        _ if text.is_empty() && !is_real => Ok(None),
        Ok(url) if url.scheme() == "https" || url.scheme() == "http" && is_here(url.host_str()) => {
            Ok(Some(url))
        }
        _ => Err("must be an https URL".to_owned()),
    });
    let key = reader.parse(&SMS_KEY, SecretString::default(), |text| {
        if is_real && text.len() < KEY_MIN {
            return Err(format!("must have {KEY_MIN} characters at least"));
        }
        Ok(SecretString::from(text))
    });
    let ca_file = reader.optional_path(&SMS_CA_FILE);
    match (kind, url) {
        (Kind::Off, _) | (Kind::Real, None) => SmsSettings::Off,
        (Kind::Log, _) => SmsSettings::Log,
        (Kind::Real, Some(url)) => SmsSettings::Webhook(WebhookSettings { url, key, ca_file }),
    }
}

fn email(reader: &mut Reader) -> EmailSettings {
    let kinds = [("off", Kind::Off), ("log", Kind::Log), ("smtp", Kind::Real)];
    let kind = reader.choice(&EMAIL, &kinds);
    let is_real = matches!(kind, Kind::Real);
    let host = reader.optional(&SMTP_HOST).unwrap_or_default();
    if is_real && host.is_empty() {
        reader.problem(&SMTP_HOST, "must be given");
    }
    let port = reader.number(&SMTP_PORT, 1..=u16::MAX);
    let ways = [
        ("starttls", SmtpTls::StartTls),
        ("tls", SmtpTls::Tls),
        ("off", SmtpTls::Off),
    ];
    let tls = reader.choice(&SMTP_TLS, &ways);
    if tls == SmtpTls::Off && !is_here(Some(&host)) {
        reader.problem(&SMTP_TLS, "may be off for a server on this machine only");
    }
    let ca_file = reader.optional_path(&SMTP_CA_FILE);
    let user = reader.optional(&SMTP_USER);
    let password = reader.optional(&SMTP_PASSWORD).map(SecretString::from);
    if user.is_some() != password.is_some() {
        reader.problem(&SMTP_PASSWORD, format!("goes with {}", SMTP_USER.name));
    }
    let from = reader.parse(&SMTP_FROM, None, |text| match text.parse::<Address>() {
        _ if text.is_empty() && !is_real => Ok(None),
        Ok(address) => Ok(Some(address)),
        Err(_) => Err("must be an address".to_owned()),
    });
    match (kind, from) {
        (Kind::Off, _) | (Kind::Real, None) => EmailSettings::Off,
        (Kind::Log, _) => EmailSettings::Log,
        (Kind::Real, Some(from)) => EmailSettings::Smtp(SmtpSettings {
            host,
            port,
            tls,
            ca_file,
            credentials: user.zip(password),
            from,
        }),
    }
}

/// What is sent there does not leave the machine.
fn is_here(host: Option<&str>) -> bool {
    matches!(host, Some("localhost" | "127.0.0.1" | "[::1]" | "::1"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn read(values: &[(&str, &str)]) -> Result<NoticeSettings, Vec<String>> {
        let owned = values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut reader = Reader::from_map(owned.collect::<BTreeMap<_, _>>());
        let settings = NoticeSettings::read(&mut reader);
        let names = |problems: Vec<xinqiao_chassis::config::Problem>| {
            problems.into_iter().map(|problem| problem.variable).collect()
        };
        reader.finish(settings).map_err(|error| names(error.problems))
    }

    #[test]
    fn nothing_is_sent_unless_somebody_says_how() {
        let settings = read(&[]).unwrap();
        assert!(matches!(settings.sms, SmsSettings::Off) && matches!(settings.email, EmailSettings::Off));
    }

    #[test]
    fn a_channel_names_everything_it_lacks() {
        let wrong = read(&[
            ("XINQIAO_NOTICE_SMS", "webhook"),
            ("XINQIAO_NOTICE_EMAIL", "smtp"),
        ])
        .unwrap_err();
        let lacking = [
            "XINQIAO_NOTICE_SMS_URL",
            "XINQIAO_NOTICE_SMS_KEY",
            "XINQIAO_NOTICE_SMTP_HOST",
            "XINQIAO_NOTICE_SMTP_FROM",
        ];
        assert_eq!(wrong, lacking);
    }

    #[test]
    fn contacts_leave_the_machine_only_under_tls() {
        let sms = |url| {
            read(&[
                ("XINQIAO_NOTICE_SMS", "webhook"),
                ("XINQIAO_NOTICE_SMS_URL", url),
                ("XINQIAO_NOTICE_SMS_KEY", "0123456789abcdef"),
            ])
        };
        assert_eq!(
            sms("http://sms.example/send").unwrap_err(),
            ["XINQIAO_NOTICE_SMS_URL"]
        );
        assert!(sms("https://sms.example/send").is_ok() && sms("http://127.0.0.1:9/").is_ok());
        let mail = |host| {
            read(&[
                ("XINQIAO_NOTICE_EMAIL", "smtp"),
                ("XINQIAO_NOTICE_SMTP_HOST", host),
                ("XINQIAO_NOTICE_SMTP_TLS", "off"),
                ("XINQIAO_NOTICE_SMTP_FROM", "xinqiao@example.cn"),
            ])
        };
        assert_eq!(mail("mail.example").unwrap_err(), ["XINQIAO_NOTICE_SMTP_TLS"]);
        assert!(mail("127.0.0.1").is_ok());
    }
}

//! E-mail addresses, checked for what a mail server will surely refuse and nothing more.

use crate::explain::Explain;
use crate::{mask, text};
use std::fmt;
use std::str::FromStr;

/// The longest address a mail server accepts (RFC 5321, 4.5.3.1.3, without the angle brackets).
const MAX_LENGTH: usize = 254;

/// An address. Class P2: `Debug` shows the mask and there is no `Display` and no serde form.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// The address as typed, with half-width characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form for lists.
    pub fn masked(&self) -> String {
        mask::email(&self.0)
    }
}

impl FromStr for Email {
    type Err = EmailError;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        let address = text::half_width(typed).trim().to_owned();
        let (local, domain) = address.rsplit_once('@').ok_or(EmailError)?;
        let labels_fit = domain.contains('.') && domain.split('.').all(|label| !label.is_empty());
        let no_space = !address.contains(|found: char| found.is_whitespace() || found.is_control());
        let fits = !local.is_empty() && !local.contains('@') && labels_fit && no_space;
        if fits && address.len() <= MAX_LENGTH {
            Ok(Self(address))
        } else {
            Err(EmailError)
        }
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Email({})", self.masked())
    }
}

/// Not an e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an e-mail address has the form name@host.domain")]
pub struct EmailError;

impl Explain for EmailError {
    fn reason(&self) -> &'static str {
        "EMAIL"
    }

    fn zh(&self) -> String {
        "电子邮箱应为“名称@域名”的形式".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_lightly() {
        assert_eq!(
            "wang@example.cn".parse::<Email>().unwrap().as_str(),
            "wang@example.cn"
        );
        assert_eq!(
            " wang＠example.cn".parse::<Email>().unwrap().as_str(),
            "wang@example.cn"
        );
        assert!("王@例子.中国".parse::<Email>().is_ok());
        for wrong in [
            "",
            "wang",
            "wang@",
            "@example.cn",
            "wang@example",
            "wang@example..cn",
            "w@x@y.cn",
            "w g@y.cn",
        ] {
            assert_eq!(wrong.parse::<Email>(), Err(EmailError), "{wrong:?}");
        }
        assert_eq!(
            format!("{}@y.cn", "w".repeat(250)).parse::<Email>(),
            Err(EmailError)
        );
    }
}

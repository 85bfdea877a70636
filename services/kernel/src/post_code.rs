//! Post codes 邮政编码: six digits.

use crate::explain::Explain;
use crate::text;
use std::fmt;
use std::str::FromStr;

/// A post code, such as `134001`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PostCode([u8; 6]);

impl FromStr for PostCode {
    type Err = PostCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text::digits(text::half_width(text).trim())
            .map(Self)
            .map_err(|_| PostCodeError)
    }
}

impl fmt::Display for PostCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(text::ascii(&self.0))
    }
}

text::serde_as_text!(PostCode);

/// Not six digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a post code has 6 digits")]
pub struct PostCodeError;

impl Explain for PostCodeError {
    fn reason(&self) -> &'static str {
        "POST_CODE"
    }

    fn zh(&self) -> String {
        "邮政编码应为6位数字".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_code_is_six_digits() {
        assert_eq!("134001".parse::<PostCode>().unwrap().to_string(), "134001");
        assert_eq!(
            " １３４００１ ".parse::<PostCode>().unwrap().to_string(),
            "134001"
        );
        for wrong in ["", "13400", "1340011", "13400X"] {
            assert_eq!(wrong.parse::<PostCode>(), Err(PostCodeError), "{wrong:?}");
        }
    }
}

//! The submission number 信访件编号: the case number it was registered under with the suffix `/Snn` (DEC-02).

use super::case::{CaseNumber, CaseNumberError};
use crate::explain::Explain;
use crate::text;
use std::fmt;
use std::str::FromStr;

/// The number of one letter, visit, call or web post of a case; `S01` is the first, `S02` a repeat.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubmissionNumber {
    case: CaseNumber,
    ordinal: u8,
}

impl SubmissionNumber {
    /// The number of the `ordinal`-th submission (1–99) registered under `case`.
    pub fn new(case: CaseNumber, ordinal: u8) -> Result<Self, SubmissionNumberError> {
        if (1..=99).contains(&ordinal) {
            Ok(Self { case, ordinal })
        } else {
            Err(SubmissionNumberError::Ordinal)
        }
    }

    /// The number of the submission that opened the case.
    pub fn first(case: CaseNumber) -> Self {
        Self { case, ordinal: 1 }
    }

    /// The case number it was registered under.
    pub fn case(&self) -> CaseNumber {
        self.case
    }

    /// Which submission of the case it is, from 1.
    pub fn ordinal(&self) -> u8 {
        self.ordinal
    }
}

impl FromStr for SubmissionNumber {
    type Err = SubmissionNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (case, suffix) = text.split_once('/').ok_or(SubmissionNumberError::Suffix)?;
        let digits = suffix.strip_prefix('S').ok_or(SubmissionNumberError::Suffix)?;
        let [tens, ones] = text::digits::<2>(digits).map_err(|_| SubmissionNumberError::Suffix)?;
        Self::new(case.parse()?, (tens - b'0') * 10 + (ones - b'0'))
    }
}

impl fmt::Display for SubmissionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/S{:02}", self.case, self.ordinal)
    }
}

impl fmt::Debug for SubmissionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SubmissionNumber({self})")
    }
}

text::serde_as_text!(SubmissionNumber);

/// Which part of a submission number is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmissionNumberError {
    /// The part before the slash.
    #[error(transparent)]
    Case(#[from] CaseNumberError),
    /// No `/Snn` at the end.
    #[error("a submission number ends with /S and two digits")]
    Suffix,
    /// Outside 01–99.
    #[error("submissions of a case are numbered from S01 to S99")]
    Ordinal,
}

impl Explain for SubmissionNumberError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Case(fault) => fault.reason(),
            Self::Suffix => "SUBMISSION_NUMBER_SUFFIX",
            Self::Ordinal => "SUBMISSION_NUMBER_ORDINAL",
        }
    }

    fn zh(&self) -> String {
        match self {
            Self::Case(fault) => fault.zh(),
            Self::Suffix => "信访件编号应以“/S”加两位数字结尾".to_owned(),
            Self::Ordinal => "同一编号下的信访件序号为S01至S99".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: &str = "XF-220502-2026-2-000123-9";

    #[test]
    fn the_first_submission_is_s01_and_reads_back() {
        let first = SubmissionNumber::first(CASE.parse().unwrap());
        assert_eq!(first.to_string(), "XF-220502-2026-2-000123-9/S01");
        assert_eq!(first.to_string().parse(), Ok(first));
        assert_eq!(first.case().to_string(), CASE);
    }

    #[test]
    fn each_wrong_part_is_named() {
        let parse = |text: &str| text.parse::<SubmissionNumber>().unwrap_err();
        assert_eq!(parse(CASE), SubmissionNumberError::Suffix);
        assert_eq!(parse(&format!("{CASE}/S1")), SubmissionNumberError::Suffix);
        assert_eq!(parse(&format!("{CASE}/01")), SubmissionNumberError::Suffix);
        assert_eq!(parse(&format!("{CASE}/S00")), SubmissionNumberError::Ordinal);
        assert_eq!(
            parse("XF-220502-2026-2-000123-8/S01"),
            SubmissionNumberError::Case(CaseNumberError::CheckDigit)
        );
    }
}

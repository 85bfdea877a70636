//! The remedy overlay: where review and re-review stand, independent of the main state.

use super::UnknownState;
use crate::text;
use std::fmt;
use std::str::FromStr;

/// Where the petitioner's remedies stand `[R:35] [R:36]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Remedy {
    /// R0: no opinion served yet, or none to remedy.
    #[default]
    None,
    /// R1 复查申请期内: review can be requested.
    ReviewWindow,
    /// R2 复查中: under review.
    UnderReview,
    /// R3 复核申请期内: re-review can be requested.
    RereviewWindow,
    /// R4 复核中: under re-review.
    UnderRereview,
    /// R5 责令重新处理: to be handled again.
    RedoOrdered,
    /// R6 终结: the procedure has ended.
    Final,
}

impl Remedy {
    /// Every stage in the order of its code.
    pub const ALL: [Self; 7] = [
        Self::None,
        Self::ReviewWindow,
        Self::UnderReview,
        Self::RereviewWindow,
        Self::UnderRereview,
        Self::RedoOrdered,
        Self::Final,
    ];

    /// The code, such as `R1`; this is what databases and events store.
    pub fn code(self) -> &'static str {
        self.words().0
    }

    /// The Chinese name.
    pub fn zh(self) -> &'static str {
        self.words().1
    }

    /// The English name.
    pub fn en(self) -> &'static str {
        self.words().2
    }

    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::None => ("R0", "无", "none"),
            Self::ReviewWindow => ("R1", "复查申请期内", "review window"),
            Self::UnderReview => ("R2", "复查中", "under review"),
            Self::RereviewWindow => ("R3", "复核申请期内", "re-review window"),
            Self::UnderRereview => ("R4", "复核中", "under re-review"),
            Self::RedoOrdered => ("R5", "责令重新处理", "redo ordered"),
            Self::Final => ("R6", "终结", "final"),
        }
    }
}

impl FromStr for Remedy {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|remedy| remedy.code() == text)
            .ok_or(UnknownState)
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

text::serde_as_text!(Remedy);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_reads_back_from_its_code() {
        for remedy in Remedy::ALL {
            assert_eq!(remedy.code().parse(), Ok(remedy));
        }
        assert_eq!(Remedy::default().code(), "R0");
        assert!("R7".parse::<Remedy>().is_err());
    }
}

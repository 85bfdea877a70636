//! The names of the clocks.

use super::{ClockRule, RULES};
use crate::text;
use std::fmt;
use std::str::FromStr;

/// Every clock of a case.
///
/// The clock of the simplified procedure has three legs with a length each; they are three codes here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClockCode {
    /// Finalise the reception record.
    K0,
    /// Disposal by the office.
    K1,
    /// New assignment after an upheld objection.
    K1b,
    /// The unit's written notice.
    K2,
    /// The unit's objection.
    K3,
    /// Handling.
    K4,
    /// Extended handling; replaces K4.
    K5,
    /// Feedback date set by the office.
    K5a,
    /// Petitioner's request for review.
    K6,
    /// Review decision.
    K7,
    /// Petitioner's request for re-review.
    K8,
    /// Re-review decision.
    K9,
    /// Simplified procedure: acceptance.
    K10a,
    /// Simplified procedure: opinion.
    K10b,
    /// Simplified procedure: passing on by an intermediate level.
    K10c,
    /// Leader's review.
    K11,
    /// Petitioner's opinion, with the attempts to obtain it.
    K12,
    /// Rework.
    K13,
    /// Next review of a follow-up.
    K14,
    /// Archiving.
    K15,
    /// Reply to a suggestion.
    K16,
    /// Rating window.
    K17,
    /// Report of a major or urgent matter.
    K18,
    /// Service of the opinion.
    K19,
    /// Execution of the opinion.
    K20,
    /// Completeness check.
    K21,
    /// Decision on an objection.
    K22,
    /// Filing of a diverted, refused or withdrawn case.
    K23,
}

impl ClockCode {
    /// Every clock, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        RULES.iter().map(|rule| rule.code)
    }

    /// The code, such as `K1b`.
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

    /// Its row in the table of clocks.
    pub fn rule(self) -> &'static ClockRule {
        RULES
            .iter()
            .find(|rule| rule.code == self)
            .expect("invariant: every clock has a row")
    }

    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::K0 => ("K0", "接访记录整理归类", "finalise reception record"),
            Self::K1 => ("K1", "信访部门分流处理", "office disposal"),
            Self::K1b => (
                "K1b",
                "异议成立后重新交办",
                "re-assignment after an upheld objection",
            ),
            Self::K2 => ("K2", "责任单位书面告知", "unit's written notice"),
            Self::K3 => ("K3", "责任单位提出异议", "objection"),
            Self::K4 => ("K4", "办理", "handling"),
            Self::K5 => ("K5", "延期办理", "extended handling"),
            Self::K5a => ("K5a", "指定反馈期限", "assigned feedback date"),
            Self::K6 => ("K6", "信访人申请复查", "petitioner may request review"),
            Self::K7 => ("K7", "作出复查意见", "review decision"),
            Self::K8 => ("K8", "信访人申请复核", "petitioner may request re-review"),
            Self::K9 => ("K9", "作出复核意见", "re-review decision"),
            Self::K10a => ("K10a", "简易办理受理", "simplified procedure: acceptance"),
            Self::K10b => ("K10b", "简易办理答复", "simplified procedure: opinion"),
            Self::K10c => ("K10c", "简易办理转送", "simplified procedure: passing on"),
            Self::K11 => ("K11", "领导审阅签字", "leader's review"),
            Self::K12 => ("K12", "信访人签署意见", "petitioner's opinion"),
            Self::K13 => ("K13", "退回重办", "rework"),
            Self::K14 => ("K14", "包保跟进回顾", "follow-up review"),
            Self::K15 => ("K15", "归档", "archiving"),
            Self::K16 => ("K16", "建议答复", "reply to a suggestion"),
            Self::K17 => ("K17", "满意度评价", "rating window"),
            Self::K18 => ("K18", "重大紧急信访报告", "report of a major or urgent matter"),
            Self::K19 => ("K19", "送达处理意见书", "service of the opinion"),
            Self::K20 => ("K20", "落实处理意见", "execution of the opinion"),
            Self::K21 => ("K21", "结案材料审核", "completeness check"),
            Self::K22 => ("K22", "异议审核", "decision on an objection"),
            Self::K23 => (
                "K23",
                "不予受理等事项备案",
                "filing of a diverted, refused or withdrawn case",
            ),
        }
    }
}

impl FromStr for ClockCode {
    type Err = UnknownClock;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        RULES
            .iter()
            .map(|rule| rule.code)
            .find(|code| code.code() == text)
            .ok_or(UnknownClock)
    }
}

impl fmt::Display for ClockCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

text::serde_as_text!(ClockCode);

/// A text that names no clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("clocks are named K0, K1, K1b … K23")]
pub struct UnknownClock;

//! The clocks of a case: what each one limits, who owes the act, how long it runs and where that is written.

mod code;
mod length;

pub use code::ClockCode;
pub use length::{Length, LengthError};

use crate::term::Term;
use serde::{Deserialize, Serialize};

/// Who owes the act that stops a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Owner {
    /// 信访工作人员: clerk.
    Clerk,
    /// 区联席办: the office.
    Office,
    /// 责任单位: the unit.
    Unit,
    /// 责任单位负责人: head of the unit.
    UnitHead,
    /// 信访人: the petitioner; a right, not a duty.
    Petitioner,
    /// 复查机关: review organ.
    ReviewOrgan,
    /// 复核机关: re-review organ.
    RereviewOrgan,
    /// 接访领导: responsible leader.
    Leader,
    /// 档案人员: archivist.
    Archivist,
    /// 被建议单位: addressee of a suggestion.
    Addressee,
}

impl Owner {
    /// Its name.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Clerk => "信访工作人员",
            Self::Office => "区联席办",
            Self::Unit => "责任单位",
            Self::UnitHead => "责任单位负责人",
            Self::Petitioner => "信访人",
            Self::ReviewOrgan => "复查机关",
            Self::RereviewOrgan => "复核机关",
            Self::Leader => "接访领导",
            Self::Archivist => "档案人员",
            Self::Addressee => "被建议单位",
        }
    }
}

/// One row of the table of clocks, with the national length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockRule {
    /// Which clock.
    pub code: ClockCode,
    /// How long it runs unless a district's rule set says otherwise.
    pub length: Length,
    /// Who owes the act.
    pub owner: Owner,
    /// The article or decision the length rests on.
    pub source: &'static str,
    /// What starts it.
    pub start: &'static str,
    /// What stops it.
    pub stop: &'static str,
}

const fn rule(
    code: ClockCode,
    length: Length,
    owner: Owner,
    source: &'static str,
    start: &'static str,
    stop: &'static str,
) -> ClockRule {
    ClockRule {
        code,
        length,
        owner,
        source,
        start,
        stop,
    }
}

const fn days(count: u16) -> Length {
    Length::Term(Term::Days(count))
}

const fn working_days(count: u16) -> Length {
    Length::Term(Term::WorkingDays(count))
}

/// The table of clocks; nothing pauses a clock except K9 (hearing time, `[R:36(2)]`) and K11 (recorded leave leads to
/// delegation). A clock that has stopped is never started again by a repeat petition, a new submission or a change of
/// clerk.
#[rustfmt::skip] // one row, one line: the table is read beside the rules it comes from
pub const RULES: [ClockRule; 28] = {
    use ClockCode as K;
    use Owner as O;
    [
        rule(K::K0, working_days(1), O::Clerk, "S:L42, DES", "reception ended", "record finalised"),
        rule(K::K1, days(15), O::Office, "R:22", "first submission received", "disposal committed"),
        rule(K::K1b, working_days(3), O::Office, "DES", "objection upheld", "assigned again or disposed of"),
        rule(K::K2, days(15), O::Unit, "R:23(3)", "assignment delivered", "written notice or upheld objection"),
        rule(K::K3, working_days(5), O::Unit, "R:23(3)", "assignment delivered", "objection or expiry"),
        rule(K::K4, days(60), O::Unit, "R:34", "acceptance", "opinion issued"),
        rule(K::K5, Length::AtMostDays(30), O::UnitHead, "R:34", "raw end of K4", "opinion issued"),
        rule(K::K5a, Length::SetByAct, O::Unit, "R:22(3)", "assignment", "closure report"),
        rule(K::K6, days(30), O::Petitioner, "R:35", "opinion served", "request or expiry"),
        rule(K::K7, days(30), O::ReviewOrgan, "R:35", "request received", "decision"),
        rule(K::K8, days(30), O::Petitioner, "R:36", "review opinion served", "request or expiry"),
        rule(K::K9, days(30), O::RereviewOrgan, "R:36(2)", "request received", "decision"),
        rule(K::K10a, working_days(3), O::Unit, "W:1", "simple matter received", "acceptance"),
        rule(K::K10b, working_days(10), O::Unit, "W:1", "simple matter accepted", "opinion"),
        rule(K::K10c, working_days(1), O::Unit, "W:1", "simple matter received on its way", "passed on"),
        rule(K::K11, working_days(5), O::Leader, "DES", "leader review begun", "signed or sent back"),
        rule(K::K12, working_days(15), O::Clerk, "DES", "completeness passed", "opinion recorded"),
        rule(K::K13, days(15), O::Unit, "DES", "sent back", "new closure report"),
        rule(K::K14, Length::AtMostMonths(6), O::Unit, "DES", "follow-up begun", "review recorded"),
        rule(K::K15, working_days(10), O::Archivist, "DES", "case closed", "archived"),
        rule(K::K16, days(30), O::Addressee, "R:40(4), SD:59", "suggestion served", "written reply"),
        rule(K::K17, days(30), O::Petitioner, "DES", "opinion served", "rating"),
        rule(K::K18, Length::Hours(2), O::Office, "R:25, DES", "urgent flag", "report logged"),
        rule(K::K19, working_days(5), O::Unit, "DES", "opinion issued", "opinion served"),
        rule(K::K20, Length::SetByAct, O::Unit, "R:32, DES", "execution begun", "closure report"),
        rule(K::K21, working_days(3), O::Clerk, "DES", "closure reported", "passed or returned"),
        rule(K::K22, working_days(3), O::Office, "DES", "objection raised", "upheld or refused"),
        rule(K::K23, working_days(10), O::Office, "DES", "diverted, refused or withdrawn", "filed"),
    ]
};

#[cfg(test)]
mod tests;

//! Retention periods 保管期限: the schedule, as data (first match wins).
//!
//! Rows for a systemic issue, for batches 4 and 5 and for accountability suggestions belong to rule 1; they
//! join the table together with the events that tell of them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::facts::{Closure, Facts};

/// How long a package is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Retention {
    /// 永久.
    Y,
    /// 30 年.
    D30,
    /// 10 年.
    D10,
}

impl Retention {
    /// The code in archival numbers.
    pub fn code(self) -> &'static str {
        match self {
            Self::Y => "Y",
            Self::D30 => "D30",
            Self::D10 => "D10",
        }
    }

    /// The Chinese name.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Y => "永久",
            Self::D30 => "30年",
            Self::D10 => "10年",
        }
    }
}

impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// A text that names no retention period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("retention periods are named Y, D30 and D10")]
pub struct UnknownRetention;

impl FromStr for Retention {
    type Err = UnknownRetention;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Y, Self::D30, Self::D10]
            .into_iter()
            .find(|period| period.code() == text)
            .ok_or(UnknownRetention)
    }
}

/// One row of the schedule.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Order of the rule, 1 first.
    pub order: u8,
    /// How long.
    pub retention: Retention,
    /// The condition, 中文.
    pub zh: &'static str,
    /// The condition, English.
    pub en: &'static str,
    applies: fn(&Facts) -> bool,
}

const fn rule(
    order: u8,
    retention: Retention,
    zh: &'static str,
    en: &'static str,
    applies: fn(&Facts) -> bool,
) -> Rule {
    Rule {
        order,
        retention,
        zh,
        en,
        applies,
    }
}

/// Persons from which a joint matter is kept for ever.
pub const JOINT_PERSONS: u32 = 5;

/// The schedule; the last row always applies.
pub const SCHEDULE: &[Rule] = &[
    rule(
        1,
        Retention::Y,
        "有领导批办意见且有处理结果",
        "a leader's instruction and a result",
        |facts| facts.leader_received && has_result(facts),
    ),
    rule(
        1,
        Retention::Y,
        "经复核作出决定",
        "decided in re-review",
        |facts| facts.rereviewed,
    ),
    rule(
        1,
        Retention::Y,
        "五人以上共同事项",
        "a joint matter of five or more persons",
        |facts| facts.persons >= JOINT_PERSONS,
    ),
    rule(
        2,
        Retention::D30,
        "有处理意见、复查决定或已落实的处理",
        "a handling opinion, a review decision or an executed settlement",
        has_result,
    ),
    rule(
        3,
        Retention::D10,
        "已导入法定途径、转送、不予受理、撤回或答复的事项",
        "diverted, transferred, not accepted, withdrawn or answered",
        |_| true,
    ),
];

fn has_result(facts: &Facts) -> bool {
    facts.opinion.is_some() || facts.executed || facts.closure == Some(Closure::Onsite)
}

/// The first rule of the schedule that applies.
pub fn decide(facts: &Facts) -> &'static Rule {
    SCHEDULE
        .iter()
        .find(|rule| (rule.applies)(facts))
        .expect("the last rule always applies")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::facts::Outcome;
    use xinqiao_kernel::CaseState;

    fn case(change: impl FnOnce(&mut Facts)) -> (u8, Retention) {
        let mut facts = Facts {
            persons: 1,
            ..Facts::default()
        };
        change(&mut facts);
        let rule = decide(&facts);
        (rule.order, rule.retention)
    }

    #[test]
    fn the_schedule_decides_as_written() {
        let table = [
            (
                "leader and opinion",
                case(|f| {
                    f.leader_received = true;
                    f.opinion = Some(Outcome::Support);
                }),
                (1, Retention::Y),
            ),
            ("re-review", case(|f| f.rereviewed = true), (1, Retention::Y)),
            ("five persons", case(|f| f.persons = 5), (1, Retention::Y)),
            (
                "opinion without a leader",
                case(|f| {
                    f.persons = 4;
                    f.opinion = Some(Outcome::Explain);
                }),
                (2, Retention::D30),
            ),
            (
                "settled on the spot",
                case(|f| f.closure = Some(Closure::Onsite)),
                (2, Retention::D30),
            ),
            (
                "diverted",
                case(|f| f.state = CaseState::Diverted),
                (3, Retention::D10),
            ),
            (
                "leader, but diverted",
                case(|f| {
                    f.leader_received = true;
                    f.state = CaseState::Diverted;
                }),
                (3, Retention::D10),
            ),
        ];
        for (name, found, expected) in table {
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn codes_read_back() {
        for period in [Retention::Y, Retention::D30, Retention::D10] {
            assert_eq!(period.code().parse(), Ok(period));
        }
        assert_eq!("D50".parse::<Retention>(), Err(UnknownRetention));
    }
}

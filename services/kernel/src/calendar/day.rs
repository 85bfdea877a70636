//! What kind of day a date is, and the sentence that says why.

use crate::local::weekday_zh;
use serde::{Deserialize, Serialize};
use std::fmt;
use time::Date;

/// The four kinds of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DayKind {
    /// 工作日: Monday to Friday without an entry, or entered as one.
    Workday,
    /// 调休上班日: a Saturday or Sunday on which people work to make up for a holiday.
    MakeUpWorkday,
    /// 休息日: Saturday or Sunday.
    Weekend,
    /// 节假日: a rest day of a holiday, weekends inside it included.
    Holiday,
}

impl DayKind {
    /// Whether people work on such a day.
    pub fn is_work(self) -> bool {
        matches!(self, Self::Workday | Self::MakeUpWorkday)
    }

    /// Its name.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Workday => "工作日",
            Self::MakeUpWorkday => "调休上班日",
            Self::Weekend => "休息日",
            Self::Holiday => "节假日",
        }
    }
}

/// A date as the calendar sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day<'a> {
    /// The date.
    pub date: Date,
    /// Its kind.
    pub kind: DayKind,
    /// The holiday it belongs to, if it has an entry.
    pub name: Option<&'a str>,
    /// True when the year's notice is not published.
    pub provisional: bool,
}

/// The reason in words: `工作日（星期二）`, `春节放假（星期三）`, `春节调休上班（星期六）`, `休息日（星期日）`, with a remark when
/// the year is provisional.
impl fmt::Display for Day<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.kind, self.name) {
            (DayKind::Holiday, Some(name)) => write!(f, "{name}放假")?,
            (DayKind::MakeUpWorkday, Some(name)) => write!(f, "{name}调休上班")?,
            (DayKind::Workday, Some(name)) => write!(f, "工作日·{name}")?,
            (kind, _) => write!(f, "{}", kind.zh())?,
        }
        let remark = if self.provisional { "，暂定日历" } else { "" };
        write!(f, "（{}{remark}）", weekday_zh(self.date))
    }
}

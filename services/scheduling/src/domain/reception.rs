//! The reception record 接访记录 `[S:L28, S:L30, S:L42]`: what it must hold, and when it is complete.
//!
//! | from | act | to | guard |
//! |---|---|---|---|
//! | – | record | OPEN | the day is open, the leader of the session received, every section filled in |
//! | OPEN | finalise | FINALISED | – (after the end of K0 it is late, but never impossible) |

use time::{Date, OffsetDateTime};
use uuid::Uuid;
use xinqiao_kernel::local;

mod check;

pub use check::check;

/// Most visitors who speak for a group `[R:20]`.
pub const REPRESENTATIVES_MAX: usize = 5;
/// Trusted persons who may accompany a visitor besides.
pub const COMPANIONS_MAX: usize = 1;
/// Most measures of one record.
pub const MEASURES_MAX: usize = 20;
/// Longest text of a section, in characters.
pub const SECTION_MAX: usize = 4000;
/// Shortest account of the demands, in characters.
pub const DEMANDS_MIN: usize = 5;

/// Where a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Written, not yet sorted.
    Open,
    /// Sorted and classified 整理归类.
    Finalised,
}

impl State {
    /// The code kept in the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Finalised => "FINALISED",
        }
    }

    /// Reads the code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Open, Self::Finalised]
            .into_iter()
            .find(|state| state.code() == code)
    }
}

/// What becomes of the demand after the talk `[S:L30]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Branch {
    /// 诉求合理: reasonable, to be solved as soon as possible.
    Reasonable,
    /// 部分合理、短时期内没有政策依据: partly reasonable, no basis for now.
    PartlyNoBasis,
    /// 诉求不合理: not reasonable `[R:32(3)]`.
    NotReasonable,
    /// 当场解决: settled on the spot.
    OnsiteSettled,
    /// 导入其他法定途径: another legal route.
    OtherRoute,
}

impl Branch {
    /// Every branch.
    pub const ALL: [Self; 5] = [
        Self::Reasonable,
        Self::PartlyNoBasis,
        Self::NotReasonable,
        Self::OnsiteSettled,
        Self::OtherRoute,
    ];

    /// The code kept in the database and in documents.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Reasonable => "A_REASONABLE",
            Self::PartlyNoBasis => "B_PARTLY_NO_BASIS",
            Self::NotReasonable => "C_NOT_REASONABLE",
            Self::OnsiteSettled => "D_ONSITE_SETTLED",
            Self::OtherRoute => "E_OTHER_ROUTE",
        }
    }

    /// The words people use.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Reasonable => "诉求合理",
            Self::PartlyNoBasis => "部分合理，短期内没有政策依据",
            Self::NotReasonable => "诉求不合理",
            Self::OnsiteSettled => "当场解决",
            Self::OtherRoute => "导入其他法定途径",
        }
    }

    /// Reads the code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|branch| branch.code() == code)
    }

    /// True when the leader has to say what is to be done, by whom and by when: everywhere but where the matter
    /// is settled already.
    pub const fn needs_instruction(self) -> bool {
        !matches!(self, Self::OnsiteSettled)
    }
}

/// In what part somebody came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A petitioner.
    Petitioner,
    /// Elected by the others.
    Representative,
    /// A trusted person who accompanies.
    Companion,
}

impl Part {
    /// The code kept in records.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Petitioner => "PETITIONER",
            Self::Representative => "REPRESENTATIVE",
            Self::Companion => "COMPANION",
        }
    }

    /// Reads the code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Petitioner, Self::Representative, Self::Companion]
            .into_iter()
            .find(|part| part.code() == code)
    }

    /// The word people use.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Petitioner => "信访人",
            Self::Representative => "代表",
            Self::Companion => "陪同人",
        }
    }
}

/// Somebody who was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attendee {
    /// Name.
    pub name: String,
    /// In what part; unknown when the caller named none of the known ones.
    pub part: Option<Part>,
}

/// The five integrations 五个结合 `[S:L28]`, every part mandatory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Integrations {
    /// ① Solving the problem.
    pub solution: String,
    /// ① Preventing the next one.
    pub prevention: String,
    /// ② Measures for this case.
    pub measures: Vec<String>,
    /// ③ Hardship found and relieved.
    pub difficulty: String,
    /// ③ Advice on policy.
    pub policy_ideas: String,
    /// ④ What was explained.
    pub explanation: String,
    /// ④ The law it rests on.
    pub legal_basis: String,
    /// ⑤ The responsible unit.
    pub lead_unit_id: Option<Uuid>,
    /// ⑤ Units that help.
    pub assist_unit_ids: Vec<Uuid>,
}

/// A reception as it was written down, not yet looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Who received; the leader of the session when nobody is named.
    pub leader_id: Option<Uuid>,
    /// Staff who were there.
    pub staff: Vec<String>,
    /// When the talk began.
    pub started_at: Option<OffsetDateTime>,
    /// When it ended.
    pub ended_at: Option<OffsetDateTime>,
    /// Where.
    pub place: String,
    /// Who came.
    pub attendees: Vec<Attendee>,
    /// The demands in the visitors' own words.
    pub demands_own_words: String,
    /// Read back and confirmed.
    pub readback_ok: bool,
    /// The five integrations.
    pub integrations: Integrations,
    /// What becomes of it; unknown when the caller named none of the known ones.
    pub branch: Option<Branch>,
    /// The leader's instruction.
    pub instruction: String,
    /// When the leader wants a result.
    pub due_hint: Option<Date>,
}

/// The session the talk belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// The reception day.
    pub day: Date,
    /// The leader of the session.
    pub leader_id: Uuid,
    /// Who stands in for him.
    pub backup_leader_id: Option<Uuid>,
}

/// What the record is judged against.
#[derive(Debug, Clone)]
pub struct Setting<'a> {
    /// The session; unknown when the request names none, and then nothing is judged by it.
    pub session: Option<Session>,
    /// Legal time.
    pub now: OffsetDateTime,
    /// Who may receive for the leader of the session by delegation.
    pub delegates: &'a [Uuid],
    /// Those of the units named in the draft that are known and active.
    pub known_units: &'a [Uuid],
}

/// True when a record finalised at `now` meets K0, whose last day is `due`.
pub fn within_k0(now: OffsetDateTime, due: Date) -> bool {
    local::local_date(now) <= due
}

#[cfg(test)]
mod tests;

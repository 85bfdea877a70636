//! Delegation 委托: a leader's part done by another member of the team for some days (DEC-07, domain rule 3.4).
//!
//! | from | act | to | guard |
//! |---|---|---|---|
//! | DRAFT | confirm | PROPOSED | by the leader who delegates |
//! | PROPOSED | approve | APPROVED | by the delegate, another person; not over |
//! | PROPOSED | refuse | REFUSED | by the delegate, with a reason |
//! | DRAFT, PROPOSED, APPROVED | revoke | REVOKED | by the leader who delegates |

use time::{Date, Duration};
use uuid::Uuid;
use xinqiao_kernel::Fields;

use super::roster::{self, Turn};

/// What is delegated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// To receive visitors in a session of the leader.
    Receive,
    /// To review and sign the cases he is responsible for.
    ReviewSign,
    /// Both.
    All,
}

impl Scope {
    const EVERY: [Self; 3] = [Self::Receive, Self::ReviewSign, Self::All];

    /// The code kept in the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Receive => "RECEIVE",
            Self::ReviewSign => "REVIEW_SIGN",
            Self::All => "ALL",
        }
    }

    /// Reads the code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|scope| scope.code() == code)
    }

    /// The delegate signs, for which he needs a certificate.
    pub const fn signs(self) -> bool {
        matches!(self, Self::ReviewSign | Self::All)
    }
}

/// Where a delegation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Written by the aide.
    Draft,
    /// Wanted by the leader.
    Proposed,
    /// In force on its days.
    Approved,
    /// The delegate does not do it.
    Refused,
    /// Taken back.
    Revoked,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Draft,
        Self::Proposed,
        Self::Approved,
        Self::Refused,
        Self::Revoked,
    ];

    /// The code kept in the database and told to callers.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Proposed => "PROPOSED",
            Self::Approved => "APPROVED",
            Self::Refused => "REFUSED",
            Self::Revoked => "REVOKED",
        }
    }

    /// The word people use.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Draft => "尚未提出",
            Self::Proposed => "待受托人同意",
            Self::Approved => "已同意",
            Self::Refused => "未获同意",
            Self::Revoked => "已撤回",
        }
    }

    /// Reads the code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// The state after an act, or nothing when the act is not possible here.
    pub const fn after(self, act: Act) -> Option<Self> {
        match (self, act) {
            (Self::Draft, Act::Confirm) => Some(Self::Proposed),
            (Self::Proposed, Act::Approve) => Some(Self::Approved),
            (Self::Proposed, Act::Refuse) => Some(Self::Refused),
            (Self::Draft | Self::Proposed | Self::Approved, Act::Revoke) => Some(Self::Revoked),
            _ => None,
        }
    }
}

/// What can be done to a delegation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// The leader takes over a draft.
    Confirm,
    /// The delegate agrees.
    Approve,
    /// The delegate does not.
    Refuse,
    /// The leader takes it back.
    Revoke,
}

impl Act {
    /// Every act.
    pub const ALL: [Self; 4] = [Self::Confirm, Self::Approve, Self::Refuse, Self::Revoke];
}

/// A delegation as it was entered; what could not be read is missing and named elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Who delegates.
    pub leader_id: Option<Uuid>,
    /// Who is to act.
    pub delegate_id: Option<Uuid>,
    /// What.
    pub scope: Option<Scope>,
    /// From when.
    pub first_day: Option<Date>,
    /// Until when.
    pub last_day: Option<Date>,
}

/// Names what is wrong with days and delegate. `can_sign` are the members of the team with a certificate.
pub fn check(fields: &mut Fields, entry: &Entry, today: Date, team: &[Turn], can_sign: &[Uuid]) {
    check_days(fields, entry, today);
    let Some(delegate) = entry.delegate_id else {
        return;
    };
    if Some(delegate) == entry.leader_id {
        fields.about(
            "delegate_id",
            "SAME_LEADER",
            "不能是委托人本人",
            "cannot be the leader himself",
        );
        return;
    }
    let first = entry.first_day.unwrap_or(today);
    let last = entry.last_day.unwrap_or(first);
    roster::check_member(fields, "delegate_id", delegate, team, first, last);
    let signs = entry.scope.is_some_and(Scope::signs);
    let is_member = team.iter().any(|turn| turn.leader_id == delegate);
    if signs && is_member && !can_sign.contains(&delegate) {
        fields.about(
            "delegate_id",
            "NO_CERTIFICATE",
            "尚未登记签名证书，不能代为审阅签字",
            "has no certificate registered and cannot sign",
        );
    }
}

fn check_days(fields: &mut Fields, entry: &Entry, today: Date) {
    let Some((first, last)) = entry.first_day.zip(entry.last_day) else {
        return;
    };
    if first < today {
        fields.wrong(
            "first_day",
            "IN_PAST",
            "委托不能从过去的日期开始",
            "a delegation does not begin in the past",
        );
    }
    if last < first {
        fields.wrong(
            "last_day",
            "BEFORE_FIRST",
            "结束日期早于开始日期",
            "last_day is before first_day",
        );
    } else if last - first > Duration::days(366) {
        fields.wrong(
            "last_day",
            "TOO_LONG",
            "委托最长一年",
            "a delegation is at most one year long",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    const TODAY: Date = date!(2026 - 03 - 06);
    const ZHANG: Uuid = Uuid::from_u128(1);
    const LIU: Uuid = Uuid::from_u128(2);

    fn entry() -> Entry {
        Entry {
            leader_id: Some(ZHANG),
            delegate_id: Some(LIU),
            scope: Some(Scope::All),
            first_day: Some(TODAY),
            last_day: Some(date!(2026 - 03 - 20)),
        }
    }

    fn wrong(entry: Entry) -> Vec<(String, String)> {
        let turn = |leader_id, leave| Turn { leader_id, leave };
        let away = vec![(date!(2026 - 04 - 01), date!(2026 - 04 - 03))];
        let team = [turn(ZHANG, Vec::new()), turn(LIU, away)];
        let mut fields = Fields::new();
        check(&mut fields, &entry, TODAY, &team, &[LIU]);
        let named = fields.violations().iter();
        named
            .map(|wrong| (wrong.field.clone(), wrong.reason.to_owned()))
            .collect()
    }

    #[test]
    fn only_the_rows_of_the_table_are_possible() {
        let possible: Vec<_> = State::ALL
            .into_iter()
            .flat_map(|from| Act::ALL.map(|act| (from, act, from.after(act))))
            .filter_map(|(from, act, to)| to.map(|to| (from, act, to)))
            .collect();
        assert_eq!(
            possible,
            [
                (State::Draft, Act::Confirm, State::Proposed),
                (State::Draft, Act::Revoke, State::Revoked),
                (State::Proposed, Act::Approve, State::Approved),
                (State::Proposed, Act::Refuse, State::Refused),
                (State::Proposed, Act::Revoke, State::Revoked),
                (State::Approved, Act::Revoke, State::Revoked),
            ]
        );
    }

    #[test]
    fn a_delegation_begins_today_at_the_earliest_and_ends_within_a_year() {
        assert_eq!(wrong(entry()), []);
        let past = Entry {
            first_day: Some(date!(2026 - 03 - 05)),
            ..entry()
        };
        assert_eq!(wrong(past), [("first_day".to_owned(), "IN_PAST".to_owned())]);
        let backwards = Entry {
            last_day: Some(date!(2026 - 03 - 05)),
            ..entry()
        };
        assert_eq!(
            wrong(backwards),
            [("last_day".to_owned(), "BEFORE_FIRST".to_owned())]
        );
    }

    #[test]
    fn the_delegate_is_another_member_of_the_team_who_is_here_and_can_sign() {
        let to = |delegate, last| {
            let found = wrong(Entry {
                delegate_id: Some(delegate),
                last_day: Some(last),
                ..entry()
            });
            found.into_iter().map(|(_, reason)| reason).collect::<Vec<_>>()
        };
        let soon = date!(2026 - 03 - 20);
        assert_eq!(to(ZHANG, soon), ["SAME_LEADER"]);
        assert_eq!(to(Uuid::from_u128(9), soon), ["UNKNOWN_LEADER"]);
        assert_eq!(to(LIU, date!(2026 - 04 - 01)), ["ON_LEAVE"]);
        let from_liu = Entry {
            leader_id: Some(LIU),
            delegate_id: Some(ZHANG),
            ..entry()
        };
        assert_eq!(
            wrong(from_liu),
            [("delegate_id".to_owned(), "NO_CERTIFICATE".to_owned())]
        );
        let receives = Entry {
            scope: Some(Scope::Receive),
            ..from_liu
        };
        assert_eq!(wrong(receives), [], "whoever only receives needs none");
    }
}

//! Appointments 约访: the sub-machine of domain rule 4.9, and who may hold one.
//!
//! | from | act | to |
//! |---|---|---|
//! | – | book | CONFIRMED |
//! | – | hold a slot, or wait for one | REQUESTED |
//! | REQUESTED | confirm, while the slot is held | CONFIRMED |
//! | REQUESTED | decline, with a reason | DECLINED |
//! | REQUESTED with a slot | its time is over | EXPIRED |
//! | CONFIRMED | check in | `CHECKED_IN` |
//! | `CHECKED_IN` | start | `IN_MEETING` |
//! | `CHECKED_IN`, `IN_MEETING` | complete (with the reception record) | COMPLETED |
//! | REQUESTED, CONFIRMED | move | RESCHEDULED |
//! | REQUESTED, CONFIRMED, `CHECKED_IN` | cancel | `CANCELLED_BY_PETITIONER`, `CANCELLED_BY_OFFICE` |
//! | CONFIRMED | miss | `NO_SHOW` |
//!
//! Missing an appointment has no consequence: nothing counts misses, and the person may book again at once.

use time::{Date, OffsetDateTime};
use xinqiao_kernel::{Fields, Phone, ResidentId};

/// Most visitors of one appointment `[R:20]`.
pub const VISITORS_MAX: usize = 5;

/// Where an appointment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// A slot is held, or waited for.
    Requested,
    /// The slot is promised.
    Confirmed,
    /// The visitors are in the hall.
    CheckedIn,
    /// They are talking to the leader.
    InMeeting,
    /// The talk is over and recorded.
    Completed,
    /// Another appointment replaces it.
    Rescheduled,
    /// Called off by the visitors.
    CancelledByPetitioner,
    /// Called off by the office, with a reason.
    CancelledByOffice,
    /// Not given by the office, with a reason.
    Declined,
    /// Held, and not confirmed in time.
    Expired,
    /// Nobody came.
    NoShow,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 11] = [
        Self::Requested,
        Self::Confirmed,
        Self::CheckedIn,
        Self::InMeeting,
        Self::Completed,
        Self::Rescheduled,
        Self::CancelledByPetitioner,
        Self::CancelledByOffice,
        Self::Declined,
        Self::Expired,
        Self::NoShow,
    ];

    /// The code kept in the database and told to callers.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Requested => "REQUESTED",
            Self::Confirmed => "CONFIRMED",
            Self::CheckedIn => "CHECKED_IN",
            Self::InMeeting => "IN_MEETING",
            Self::Completed => "COMPLETED",
            Self::Rescheduled => "RESCHEDULED",
            Self::CancelledByPetitioner => "CANCELLED_BY_PETITIONER",
            Self::CancelledByOffice => "CANCELLED_BY_OFFICE",
            Self::Declined => "DECLINED",
            Self::Expired => "EXPIRED",
            Self::NoShow => "NO_SHOW",
        }
    }

    /// The word people use.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Requested => "待确认",
            Self::Confirmed => "已确认",
            Self::CheckedIn => "已签到",
            Self::InMeeting => "接谈中",
            Self::Completed => "已完成",
            Self::Rescheduled => "已改期",
            Self::CancelledByPetitioner => "信访人已取消",
            Self::CancelledByOffice => "已由办公室取消",
            Self::Declined => "未能安排",
            Self::Expired => "已过保留时间",
            Self::NoShow => "未到",
        }
    }

    /// Reads the code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// The state after an act, or nothing when the act is not possible here.
    pub const fn after(self, act: Act) -> Option<Self> {
        match (self, act) {
            (Self::Requested, Act::Confirm) => Some(Self::Confirmed),
            (Self::Requested, Act::Decline) => Some(Self::Declined),
            (Self::Confirmed, Act::CheckIn) => Some(Self::CheckedIn),
            (Self::CheckedIn, Act::Start) => Some(Self::InMeeting),
            (Self::CheckedIn | Self::InMeeting, Act::Complete) => Some(Self::Completed),
            (Self::Requested | Self::Confirmed, Act::Move) => Some(Self::Rescheduled),
            (Self::Requested | Self::Confirmed | Self::CheckedIn, Act::CancelByPetitioner) => {
                Some(Self::CancelledByPetitioner)
            }
            (Self::Requested | Self::Confirmed | Self::CheckedIn, Act::CancelByOffice) => {
                Some(Self::CancelledByOffice)
            }
            (Self::Confirmed, Act::Miss) => Some(Self::NoShow),
            _ => None,
        }
    }

    /// The state now of an appointment that was stored in this one: a hold whose time is over is none.
    #[must_use]
    pub fn at(self, held_until: Option<OffsetDateTime>, now: OffsetDateTime) -> Self {
        if self == Self::Requested && held_until.is_some_and(|until| until <= now) {
            Self::Expired
        } else {
            self
        }
    }

    /// True while the slot is taken. The partial unique indexes of the database say the same.
    pub const fn holds_slot(self) -> bool {
        matches!(
            self,
            Self::Requested | Self::Confirmed | Self::CheckedIn | Self::InMeeting | Self::Completed
        )
    }
}

/// How the wish for an appointment came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// At the counter.
    Counter,
    /// By telephone.
    Phone,
    /// Over the network.
    Online,
}

impl Channel {
    /// The code kept in the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Counter => "COUNTER",
            Self::Phone => "PHONE",
            Self::Online => "ONLINE",
        }
    }

    /// Reads the code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Counter, Self::Phone, Self::Online]
            .into_iter()
            .find(|channel| channel.code() == code)
    }
}

/// What can be done to an appointment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// The slot that is held is wanted.
    Confirm,
    /// The office gives none, with a reason.
    Decline,
    /// The visitors report at the counter.
    CheckIn,
    /// The talk begins.
    Start,
    /// The talk is over and recorded.
    Complete,
    /// Replaced by another slot.
    Move,
    /// Called off by the visitors.
    CancelByPetitioner,
    /// Called off by the office.
    CancelByOffice,
    /// Nobody came.
    Miss,
}

/// A visitor as the clerk typed him.
#[derive(Debug, Clone, Copy)]
pub struct VisitorEntry<'a> {
    /// Name.
    pub name: &'a str,
    /// Resident identity number, or empty.
    pub id_no: &'a str,
    /// Telephone, or empty.
    pub phone: &'a str,
}

/// A visitor whose data is checked and normalised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    /// Name.
    pub name: String,
    /// Resident identity number.
    pub id_no: Option<ResidentId>,
    /// Telephone.
    pub phone: Option<Phone>,
}

impl Visitor {
    /// What tells this person from others: each pair of field and normalised value. A person has at most one live
    /// appointment per day, and one shared value is enough to be the same person.
    pub fn identities(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let id_no = self.id_no.as_ref().map(|id| ("id_no", id.as_str()));
        let phone = self.phone.as_ref().map(|phone| ("phone", phone.as_str()));
        id_no.into_iter().chain(phone)
    }
}

/// Checks who comes. `today` is the legal date against which dates of birth are compared.
pub fn visitors(fields: &mut Fields, entries: &[VisitorEntry<'_>], today: Date) -> Vec<Visitor> {
    match entries.len() {
        0 => fields.wrong(
            "visitors",
            "REQUIRED",
            "至少登记一名来访人",
            "name at least one visitor",
        ),
        1..=VISITORS_MAX => {}
        _ => fields.wrong(
            "visitors",
            "TOO_MANY_REPRESENTATIVES",
            "来访代表不得超过五人，请推选代表（《信访工作条例》第二十条）",
            "elect at most 5 representatives (R:20)",
        ),
    }
    let mut found: Vec<Visitor> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let visitor = visitor(fields, index, entry, today);
        let known = |identity| {
            found
                .iter()
                .any(|other| other.identities().any(|one| one == identity))
        };
        if visitor.identities().any(known) {
            fields.wrong(
                format!("visitors[{index}]"),
                "DUPLICATE",
                "同一来访人重复登记",
                "the same person is named twice",
            );
        }
        found.push(visitor);
    }
    found
}

fn visitor(fields: &mut Fields, index: usize, entry: &VisitorEntry<'_>, today: Date) -> Visitor {
    let field = |name: &str| format!("visitors[{index}].{name}");
    fields.text(&field("name"), entry.name, 2..=100);
    if entry.id_no.trim().is_empty() && entry.phone.trim().is_empty() {
        fields.wrong(
            field("phone"),
            "REQUIRED",
            "预约须留联系电话或居民身份证号；两者都没有的，可在接访日直接来访",
            "an appointment needs a telephone or an identity number; without either, come as a walk-in",
        );
    }
    let mut id_no = None;
    if !entry.id_no.trim().is_empty() {
        id_no = fields.take(field("id_no"), ResidentId::parse(entry.id_no, today));
    }
    let mut phone = None;
    if !entry.phone.trim().is_empty() {
        phone = fields.take(field("phone"), Phone::parse(entry.phone));
    }
    Visitor {
        name: entry.name.trim().to_owned(),
        id_no,
        phone,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;
    use time::macros::{date, datetime};

    const TODAY: Date = date!(2026 - 03 - 03);

    fn entry<'a>(name: &'a str, id_no: &'a str, phone: &'a str) -> VisitorEntry<'a> {
        VisitorEntry { name, id_no, phone }
    }

    fn faults_of(entries: &[VisitorEntry<'_>]) -> Vec<(String, &'static str)> {
        let mut fields = Fields::new();
        visitors(&mut fields, entries, TODAY);
        fields
            .violations()
            .iter()
            .map(|wrong| (wrong.field.clone(), wrong.reason))
            .collect()
    }

    #[test]
    fn an_end_is_an_end() {
        let acts = [
            Act::Confirm,
            Act::Decline,
            Act::CheckIn,
            Act::Start,
            Act::Complete,
            Act::Move,
            Act::CancelByPetitioner,
            Act::CancelByOffice,
            Act::Miss,
        ];
        for state in State::ALL {
            let open = matches!(
                state,
                State::Requested | State::Confirmed | State::CheckedIn | State::InMeeting
            );
            assert_eq!(
                acts.iter().any(|act| state.after(*act).is_some()),
                open,
                "{state:?}"
            );
            assert_eq!(State::from_code(state.code()), Some(state));
        }
    }

    #[test]
    fn whoever_gave_the_slot_back_does_not_hold_it() {
        let given_back = [Act::Move, Act::CancelByPetitioner, Act::CancelByOffice, Act::Miss];
        for act in given_back {
            assert!(!State::Confirmed.after(act).unwrap().holds_slot());
        }
        assert!(State::Completed.holds_slot(), "a slot that was used is not free");
    }

    #[test]
    fn a_hold_ends_by_itself_and_waiting_does_not() {
        let until = datetime!(2026-03-03 09:15 +8);
        assert_eq!(
            State::Requested.at(Some(until), until - Duration::SECOND),
            State::Requested
        );
        assert_eq!(State::Requested.at(Some(until), until), State::Expired);
        assert_eq!(State::Requested.at(None, until), State::Requested);
        assert_eq!(State::Confirmed.at(Some(until), until), State::Confirmed);
    }

    #[test]
    fn an_identity_number_or_a_telephone_is_enough() {
        assert_eq!(faults_of(&[entry("测试甲", "11010519491231002x", "")]), []);
        assert_eq!(faults_of(&[entry("测试甲", "", "199 0000 0001")]), []);
        assert_eq!(
            faults_of(&[entry("测试甲", "", "")]),
            [("visitors[0].phone".to_owned(), "REQUIRED")]
        );
    }

    #[test]
    fn every_wrong_field_of_every_visitor_is_named() {
        let found = faults_of(&[
            entry("测试甲", "", "19900000001"),
            entry("乙", "220502189001010011", "12"),
            entry("测试丙", "", "19900000001"),
        ]);
        let fields: Vec<_> = found.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "visitors[1].name",
                "visitors[1].id_no",
                "visitors[1].phone",
                "visitors[2]"
            ]
        );
    }

    #[test]
    fn a_sixth_representative_is_refused() {
        let phones = ["1", "2", "3", "4", "5", "6"].map(|last| format!("1990000000{last}"));
        let six: Vec<_> = phones.iter().map(|phone| entry("测试甲", "", phone)).collect();
        assert_eq!(
            faults_of(&six),
            [("visitors".to_owned(), "TOO_MANY_REPRESENTATIVES")]
        );
        assert_eq!(faults_of(&six[..5]), []);
    }
}

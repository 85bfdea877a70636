//! Why this service does not do what it was asked, and the one place where that becomes a refusal.

use time::Date;
use tonic::Code;
use xinqiao_chassis::refusal::{Refusal, Violation};

use crate::domain::{appointment, calendar, delegation, queue, reception_day, roster::NoLeader};

/// Everything but wrong fields, stale versions and failures inside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    /// Does not exist in this district.
    #[error("the {0:?} was not found")]
    NotFound(What),
    /// The token belongs to another leader.
    #[error("this person is another leader")]
    PersonIsAnotherLeader,
    /// Nobody can receive on a day.
    #[error(transparent)]
    NoLeader(#[from] NoLeader),
    /// No planned day can be published any more.
    #[error("no day can be published")]
    NothingToPublish {
        /// The days that come too soon, each with the last day on which it could have been published.
        too_late: Vec<(Date, Date)>,
    },
    /// The date has a session.
    #[error("{0} has a reception day already")]
    DayTaken(Date),
    /// The act is not possible in this state of a reception day.
    #[error("the reception day is {0:?}")]
    DayState(reception_day::State),
    /// The date has passed.
    #[error("{0} is over")]
    DayOver(Date),
    /// Cases of the session concern the leader who is to receive.
    #[error("{} cases of the session concern the leader", .0.len())]
    LeaderRecused(Vec<String>),
    /// Only on the day itself.
    #[error("only on {0}")]
    NotToday(Date),
    /// Records of the day are open.
    #[error("{} records are open", .0.len())]
    OpenRecords(Vec<String>),
    /// No session on that date.
    #[error("{day} is no reception day")]
    NotAReceptionDay {
        /// What was asked for.
        day: Date,
        /// Field of the request.
        field: &'static str,
        /// The next dates that are reception days.
        next: Vec<Date>,
    },
    /// Somebody else holds the slot.
    #[error("the slot is taken")]
    SlotTaken {
        /// The next free ones, as `YYYY-MM-DD HH:MM room`.
        next: Vec<String>,
    },
    /// One of the visitors holds an appointment on that day.
    #[error("a visitor has an appointment on that day")]
    PersonHasAppointment,
    /// The day is not open for bookings.
    #[error("the slot cannot be booked")]
    NotBookable,
    /// Too far ahead in a year whose calendar is not published.
    #[error("{0} is provisional")]
    ProvisionalDay(Date),
    /// Kept for people without an appointment.
    #[error("the slot is kept for walk-in visitors")]
    WalkInSlot,
    /// The act is not possible in this state of an appointment.
    #[error("the appointment is {0:?}")]
    AppointmentState(appointment::State),
    /// People wait for the slot, and it is theirs first.
    #[error("people wait for the slot; you may book it from {from} on")]
    WaitingFirst {
        /// As `YYYY-MM-DD HH:MM`, local.
        from: String,
    },
    /// Nobody waits for what he can have.
    #[error("slots of that day are free")]
    SlotsFree {
        /// The next ones, as `YYYY-MM-DD HH:MM room`.
        next: Vec<String>,
    },
    /// Who waits has no slot to confirm.
    #[error("no slot was taken yet")]
    NoSlotYet,
    /// The visitors of an appointment take a number once, when they are in the hall.
    #[error("a number is for an appointment of the day that is checked in")]
    NotInTheHall,
    /// The visitors have their number.
    #[error("the appointment has number {0}")]
    HasNumber(i32),
    /// The queue is empty.
    #[error("nobody waits")]
    NobodyWaits,
    /// The act is not possible in this state of a number.
    #[error("the number is {0:?}")]
    QueueState(queue::State),
    /// Nobody is late yet.
    #[error("the slot has not begun")]
    NotYetDue,
    /// The session does not receive.
    #[error("the reception day is not open")]
    DayNotOpen,
    /// The case has a record of that day.
    #[error("the case has a record of that day")]
    AlreadyReceived,
    /// The act is not possible in this state of a delegation.
    #[error("the delegation is {0:?}")]
    DelegationState(delegation::State),
    /// Its last day has passed.
    #[error("the delegation ended on {0}")]
    DelegationOver(Date),
    /// Whoever proposed it does not approve it.
    #[error("another person than the one who proposed must approve")]
    SamePerson,
    /// Not possible with this proposal of a calendar, or not for this person.
    #[error(transparent)]
    Calendar(calendar::Denied),
    /// Another calendar came into force since the proposal was made.
    #[error("another version of the calendar has come into force since this was proposed; propose it again")]
    CalendarChanged,
    /// The year is in force like that.
    #[error("the calendar in force says the same of {0}")]
    CalendarUnchanged(i32),
    /// The record is sorted already.
    #[error("the record is finalised")]
    RecordFinalised,
}

/// What was not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Leader,
    ReceptionDay,
    Appointment,
    QueueEntry,
    Case,
    Reception,
    Delegation,
    CalendarProposal,
}

impl What {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Leader => ("该领导", "the leader"),
            Self::ReceptionDay => ("该接访日", "the reception day"),
            Self::Appointment => ("该预约", "the appointment"),
            Self::QueueEntry => ("该排号", "the queue number"),
            Self::Case => ("该信访事项", "the case"),
            Self::Reception => ("该接访记录", "the reception record"),
            Self::Delegation => ("该委托", "the delegation"),
            Self::CalendarProposal => ("该工作日历提案", "the proposal of a calendar"),
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound(what) => {
                let (zh, en) = what.words();
                Self::not_found(zh, en)
            }
            Error::PersonIsAnotherLeader
            | Error::DayTaken(_)
            | Error::PersonHasAppointment
            | Error::HasNumber(_)
            | Error::AlreadyReceived => exists_already(&error),
            Error::SlotTaken { next } => slot_taken(&next),
            Error::NotAReceptionDay { day, field, next } => not_a_reception_day(day, field, &next),
            Error::Calendar(denied) => calendar_denied(denied),
            Error::CalendarChanged => failed(
                "CALENDAR_CHANGED",
                "提案之后已有其他版本的工作日历生效，请重新提案".to_owned(),
                &error,
            ),
            Error::CalendarUnchanged(year) => failed(
                "CALENDAR_UNCHANGED",
                format!("现行工作日历中{year}年的安排与此相同"),
                &error,
            ),
            _ => not_possible_now(error),
        }
    }
}

fn failed(reason: &'static str, zh: String, error: &dyn std::fmt::Display) -> Refusal {
    Refusal::new(Code::FailedPrecondition, reason, zh, error.to_string())
}

fn calendar_denied(denied: calendar::Denied) -> Refusal {
    use calendar::Denied;
    let (reason, zh) = match denied {
        Denied::State(state) => {
            let zh = format!("工作日历提案{}，不能办理此操作", state.zh());
            return Refusal::wrong_state(state.code(), zh, denied.to_string());
        }
        Denied::SamePerson => ("SAME_PERSON", "工作日历须由提案人以外的人批准"),
        Denied::AnotherPersons => ("ANOTHER_PERSONS", "只有提案人可以撤回工作日历提案"),
        Denied::PreviewNotReady => (
            "PREVIEW_NOT_READY",
            "正在测算该工作日历对在办期限的影响，请稍后再批准",
        ),
    };
    failed(reason, zh.to_owned(), &denied)
}

fn exists_already(error: &Error) -> Refusal {
    let (reason, zh, en) = match error {
        Error::PersonIsAnotherLeader => (
            "PERSON_IS_ANOTHER_LEADER",
            "该用户已登记为另一位领导".to_owned(),
            "this person is another leader",
        ),
        Error::DayTaken(day) => (
            "DAY_TAKEN",
            format!("{day} 已有接访安排"),
            "that date has a reception day already",
        ),
        Error::PersonHasAppointment => (
            "PERSON_HAS_APPOINTMENT",
            "来访人当天已有预约（按证件号或电话核对），如需换时段请办理改期".to_owned(),
            "a visitor has an appointment on that day (by identity number or telephone); reschedule it instead",
        ),
        Error::HasNumber(number) => (
            "HAS_NUMBER",
            format!("该预约已取号，号码为{number}"),
            "the visitors of the appointment have their number",
        ),
        _ => (
            "ALREADY_RECEIVED",
            "该信访事项当天已有接访记录".to_owned(),
            "the case has a reception record of that day already",
        ),
    };
    Refusal::new(Code::AlreadyExists, reason, zh, en)
}

fn slot_taken(next: &[String]) -> Refusal {
    let offer = next.join("、");
    let offer_en = next.join(", ");
    Refusal::new(
        Code::Aborted,
        "SLOT_TAKEN",
        format!("该时段已被预约，最近的空闲时段：{offer}"),
        format!("the slot is taken; the next free ones are {offer_en}"),
    )
    .with_metadata("next_free_slots", next.join(";"))
}

fn not_a_reception_day(day: Date, field: &'static str, next: &[Date]) -> Refusal {
    let dates: Vec<String> = next.iter().map(Date::to_string).collect();
    let (zh, en) = (dates.join("、"), dates.join(", "));
    let zh = format!("{day} 不是接访日，最近的接访日：{zh}");
    let en = format!("{day} is no reception day; the next ones are {en}");
    Refusal::new(
        Code::InvalidArgument,
        "NOT_A_RECEPTION_DAY",
        zh.as_str(),
        en.as_str(),
    )
    .with_metadata("next_days", dates.join(","))
    .with_violation(Violation::new(field, "NOT_A_RECEPTION_DAY", zh, en))
}

fn nothing_to_publish(too_late: &[(Date, Date)]) -> Refusal {
    let joined = |date: fn(&(Date, Date)) -> Date| {
        let dates: Vec<_> = too_late.iter().map(|days| date(days).to_string()).collect();
        dates.join(",")
    };
    let (zh, en) = match too_late.last() {
        Some((day, last)) => (
            format!("没有可公布的接访日：须至少提前三个工作日公布，{day} 最迟应于 {last} 公布"),
            format!(
                "no day can be published: {day} had to be published by {last}, three working days before"
            ),
        ),
        None => (
            "没有可公布的接访日".to_owned(),
            "no day can be published: none is planned".to_owned(),
        ),
    };
    Refusal::new(Code::FailedPrecondition, "NOTHING_TO_PUBLISH", zh, en)
        .with_metadata("too_late", joined(|(day, _)| *day))
        .with_metadata("last_days", joined(|(_, last)| *last))
}

fn not_possible_now(error: Error) -> Refusal {
    let refuse = |reason, zh: String, en: String| Refusal::new(Code::FailedPrecondition, reason, zh, en);
    let en = error.to_string();
    match error {
        Error::DayState(state) => {
            Refusal::wrong_state(state.code(), format!("接访日{}，不能办理此操作", state.zh()), en)
        }
        Error::AppointmentState(state) => {
            Refusal::wrong_state(state.code(), format!("预约{}，不能办理此操作", state.zh()), en)
        }
        Error::DelegationState(state) => {
            Refusal::wrong_state(state.code(), format!("委托{}，不能办理此操作", state.zh()), en)
        }
        Error::DelegationOver(day) => refuse("DELEGATION_OVER", format!("委托已于 {day} 到期"), en),
        Error::SamePerson => refuse("SAME_PERSON", "须由提出人以外的人同意".to_owned(), en),
        Error::RecordFinalised => Refusal::wrong_state("FINALISED", "接访记录已整理归类", en),
        Error::NoLeader(NoLeader { day }) => {
            refuse("NO_LEADER", format!("{day} 没有可接访的领导"), en).with_metadata("day", day.to_string())
        }
        Error::NothingToPublish { too_late } => nothing_to_publish(&too_late),
        Error::DayOver(day) => refuse("DAY_OVER", format!("接访日 {day} 已过"), en),
        Error::LeaderRecused(numbers) => {
            let list = numbers.join("、");
            refuse(
                "LEADER_RECUSED",
                format!("该领导应当回避当日的信访事项：{list}，请先改期"),
                en,
            )
            .with_metadata("case_numbers", numbers.join(","))
        }
        Error::NotToday(day) => refuse("NOT_TODAY", format!("只能在当天（{day}）办理"), en),
        Error::OpenRecords(numbers) => {
            let list = numbers.join("、");
            refuse("OPEN_RECORDS", format!("尚有接访记录未整理归类：{list}"), en)
                .with_metadata("reception_numbers", numbers.join(","))
        }
        Error::NotBookable => refuse(
            "NOT_BOOKABLE",
            "该时段不可预约：接访日未公布、已结束或时段已过".to_owned(),
            "the slot cannot be booked: its day is not published or over, or it has begun".to_owned(),
        ),
        Error::ProvisionalDay(day) => refuse(
            "PROVISIONAL_DAY",
            format!("{day} 的工作日历尚未公布，只能预约三十天以内的接访日"),
            format!("the calendar for {day} is not published; only the next thirty days can be booked"),
        ),
        Error::WalkInSlot => refuse("WALK_IN_SLOT", "该时段留给直接来访的群众".to_owned(), en),
        Error::WaitingFirst { from } => refuse(
            "WAITING_FIRST",
            format!("该时段先由候补在前的群众选择，{from}起您可以预约"),
            en,
        )
        .with_metadata("from", from),
        Error::SlotsFree { next } => {
            let list = next.join("、");
            refuse("SLOTS_FREE", format!("当天尚有空闲时段，可直接预约：{list}"), en)
                .with_metadata("next_free_slots", next.join(";"))
        }
        Error::NoSlotYet => refuse(
            "NO_SLOT_YET",
            "尚未选定时段，请先在空出的时段中选择".to_owned(),
            en,
        ),
        Error::QueueState(state) => {
            Refusal::wrong_state(state.code(), format!("该号{}，不能办理此操作", state.zh()), en)
        }
        Error::NotInTheHall => refuse(
            "NOT_IN_THE_HALL",
            "请先为当天的预约办理签到，再取号".to_owned(),
            en,
        ),
        Error::NobodyWaits => refuse("NOBODY_WAITS", "目前无人等候".to_owned(), en),
        Error::NotYetDue => refuse("NOT_YET_DUE", "预约时段尚未开始".to_owned(), en),
        _ => refuse("DAY_NOT_OPEN", "接访日未开放或当日编号已用完".to_owned(), en),
    }
}

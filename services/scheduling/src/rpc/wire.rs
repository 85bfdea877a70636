//! Between contract and domain: dates, times, terms and enums.

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, OffsetDateTime, Time};
use uuid::Uuid;
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::permission::{Resource, Right};
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_kernel::{Due, Term, local};
use xinqiao_proto::common::{Bilingual, LegalTerm, TermUnit};
use xinqiao_proto::{event, scheduling};

use super::error::{Error, What};
use crate::domain::{appointment, reception, reception_day};
use crate::store::days::ReceptionDay;

pub(super) use xinqiao_chassis::document::{stamp, timestamp};

/// Year in which a list without an end ends.
const FAR_AHEAD_YEAR: i32 = 2200;

const TIME: &[BorrowedFormatItem<'_>] = format_description!("[hour]:[minute]");

/// `HH:MM`.
pub(super) fn hour_minute(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// `YYYY-MM-DD HH:MM`, local.
pub(super) fn local_minute(at: OffsetDateTime) -> String {
    format!("{} {}", local::local_date(at), hour_minute(local::local_time(at)))
}

/// A local time of day written HH:MM.
pub(super) fn read_time(fields: &mut Fields, field: &str, typed: &str) -> Option<Time> {
    let found = Time::parse(typed, TIME).ok();
    if typed.is_empty() {
        fields.missing(field);
    } else if found.is_none() {
        fields.about(
            field,
            "NOT_A_TIME",
            "须为时间，格式如09:30",
            "must be a time written like 09:30",
        );
    }
    found
}

/// A required identifier in a request that names a row; anything but a UUID names no row.
pub(super) fn row_id(field: &'static str, value: &str) -> Result<Uuid, Refusal> {
    let mut fields = Fields::new();
    let id = fields.uuid(field, value);
    fields.finish()?;
    Ok(id.unwrap_or_default())
}

/// Refuses when the version seen is not the version of the row.
pub(super) fn same_version(seen: u64, now: i64) -> Result<(), Refusal> {
    if seen == now.unsigned_abs() {
        Ok(())
    } else {
        Err(Refusal::stale_version())
    }
}

/// Identifiers as text.
pub(super) fn texts(ids: &[Uuid]) -> Vec<String> {
    ids.iter().map(Uuid::to_string).collect()
}

/// An identifier as text, empty for none.
pub(super) fn text_or_empty(id: Option<Uuid>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

/// A term as it was computed.
pub(super) fn legal_term(clock: &str, due: &Due) -> LegalTerm {
    let unit = match due.term {
        Term::Days(_) => TermUnit::Day,
        Term::WorkingDays(_) => TermUnit::WorkingDay,
    };
    LegalTerm {
        clock: clock.to_owned(),
        start_date: due.start.to_string(),
        length: u32::from(due.term.count()),
        unit: unit.into(),
        calendar_version: due.calendar_version.clone(),
        due_raw: due.raw.to_string(),
        due_eff: due.eff.to_string(),
        due_safe: due.safe.to_string(),
        provisional: due.provisional,
    }
}

/// A sentence in both languages.
pub(super) fn bilingual((zh, en): (String, String)) -> Bilingual {
    Bilingual { zh, en }
}

/// A reception day as the contract shows it.
pub(super) fn reception_day(day: &ReceptionDay) -> scheduling::ReceptionDay {
    scheduling::ReceptionDay {
        reception_day_id: day.id.to_string(),
        day: day.day.to_string(),
        kind: day_kind(day.kind).into(),
        state: day_state(day.state).into(),
        leader_id: day.leader_id.to_string(),
        backup_leader_id: text_or_empty(day.backup_leader_id),
        hall: day.hall.clone(),
        open_from: hour_minute(day.open_from),
        open_to: hour_minute(day.open_to),
        provisional: day.provisional,
        published_at: day.published_at.map(timestamp),
        cancel_reason: day.cancel_reason.clone().unwrap_or_default(),
        substitute_id: text_or_empty(day.substitute_id),
        version: day.version.unsigned_abs(),
        joint_leader_ids: texts(&day.joint_leader_ids),
        duty_unit_ids: texts(&day.duty_unit_ids),
    }
}

/// The kind of a reception day.
pub(super) fn day_kind(kind: reception_day::Kind) -> event::ReceptionDayKind {
    match kind {
        reception_day::Kind::Regular => event::ReceptionDayKind::Regular,
        reception_day::Kind::Substitute => event::ReceptionDayKind::Substitute,
        reception_day::Kind::Extra => event::ReceptionDayKind::Extra,
    }
}

fn day_state(state: reception_day::State) -> scheduling::ReceptionDayState {
    match state {
        reception_day::State::Planned => scheduling::ReceptionDayState::Planned,
        reception_day::State::Published => scheduling::ReceptionDayState::Published,
        reception_day::State::Open => scheduling::ReceptionDayState::Open,
        reception_day::State::Closed => scheduling::ReceptionDayState::Closed,
        reception_day::State::Cancelled => scheduling::ReceptionDayState::Cancelled,
    }
}

/// The state of an appointment.
pub(super) fn appointment_state(state: appointment::State) -> scheduling::AppointmentState {
    match state {
        appointment::State::Confirmed => scheduling::AppointmentState::Confirmed,
        appointment::State::CheckedIn => scheduling::AppointmentState::CheckedIn,
        appointment::State::InMeeting => scheduling::AppointmentState::InMeeting,
        appointment::State::Completed => scheduling::AppointmentState::Completed,
        appointment::State::Rescheduled => scheduling::AppointmentState::Rescheduled,
        appointment::State::CancelledByPetitioner => scheduling::AppointmentState::CancelledByPetitioner,
        appointment::State::CancelledByOffice => scheduling::AppointmentState::CancelledByOffice,
        appointment::State::Requested => scheduling::AppointmentState::Requested,
        appointment::State::Declined => scheduling::AppointmentState::Declined,
        appointment::State::Expired => scheduling::AppointmentState::Expired,
        appointment::State::NoShow => scheduling::AppointmentState::NoShow,
    }
}

/// The channel of a booking.
pub(super) fn channel(channel: appointment::Channel) -> scheduling::BookingChannel {
    match channel {
        appointment::Channel::Counter => scheduling::BookingChannel::Counter,
        appointment::Channel::Phone => scheduling::BookingChannel::Phone,
        appointment::Channel::Online => scheduling::BookingChannel::Online,
    }
}

/// The channel a caller named.
pub(super) fn read_channel(value: scheduling::BookingChannel) -> Option<appointment::Channel> {
    match value {
        scheduling::BookingChannel::Unspecified => None,
        scheduling::BookingChannel::Counter => Some(appointment::Channel::Counter),
        scheduling::BookingChannel::Phone => Some(appointment::Channel::Phone),
        scheduling::BookingChannel::Online => Some(appointment::Channel::Online),
    }
}

/// The branch of a record.
pub(super) fn branch(branch: reception::Branch) -> event::Branch {
    match branch {
        reception::Branch::Reasonable => event::Branch::AReasonable,
        reception::Branch::PartlyNoBasis => event::Branch::BPartlyNoBasis,
        reception::Branch::NotReasonable => event::Branch::CNotReasonable,
        reception::Branch::OnsiteSettled => event::Branch::DOnsiteSettled,
        reception::Branch::OtherRoute => event::Branch::EOtherRoute,
    }
}

/// The branch a caller named.
pub(super) fn read_branch(value: i32) -> Option<reception::Branch> {
    match event::Branch::try_from(value).ok()? {
        event::Branch::Unspecified => None,
        event::Branch::AReasonable => Some(reception::Branch::Reasonable),
        event::Branch::BPartlyNoBasis => Some(reception::Branch::PartlyNoBasis),
        event::Branch::CNotReasonable => Some(reception::Branch::NotReasonable),
        event::Branch::DOnsiteSettled => Some(reception::Branch::OnsiteSettled),
        event::Branch::EOtherRoute => Some(reception::Branch::OtherRoute),
    }
}

/// The part an attendee took.
pub(super) fn part(part: reception::Part) -> scheduling::AttendeePart {
    match part {
        reception::Part::Petitioner => scheduling::AttendeePart::Petitioner,
        reception::Part::Representative => scheduling::AttendeePart::Representative,
        reception::Part::Companion => scheduling::AttendeePart::Companion,
    }
}

/// The part a caller named.
pub(super) fn read_part(value: i32) -> Option<reception::Part> {
    match scheduling::AttendeePart::try_from(value).ok()? {
        scheduling::AttendeePart::Unspecified => None,
        scheduling::AttendeePart::Petitioner => Some(reception::Part::Petitioner),
        scheduling::AttendeePart::Representative => Some(reception::Part::Representative),
        scheduling::AttendeePart::Companion => Some(reception::Part::Companion),
    }
}

/// The leader for whom the caller works, when he may act for no other: whoever reads the whole register may.
pub(super) fn only_leader(act: &Act) -> Option<Uuid> {
    let free = act.permits(Right::ReadRegister, &Resource::District(act.district()));
    // Somebody who works for a leader but whose token names none works for nobody.
    (!free).then(|| act.caller().leader_id.unwrap_or_default())
}

/// Asks for the right on the district as a whole.
pub(super) fn authorise_here(act: &mut Act) -> Result<(), Refusal> {
    let district = Resource::District(act.district());
    act.authorise(&district, || Error::NotFound(What::Case).into())
}

/// The last day of a list without an end.
pub(super) fn far_ahead(today: Date) -> Date {
    year_bounds(FAR_AHEAD_YEAR).map_or(today, |(_, last)| last)
}

/// The first and the last day of a year.
pub(super) fn year_bounds(year: i32) -> Option<(Date, Date)> {
    let first = Date::from_ordinal_date(year, 1).ok()?;
    let last = Date::from_calendar_date(year, time::Month::December, 31).ok()?;
    Some((first, last))
}

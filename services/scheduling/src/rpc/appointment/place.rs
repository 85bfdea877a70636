//! The slot that a caller names: whether it may be booked, and what he is offered instead.

use time::{Date, Duration, Time};
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_kernel::local;
use xinqiao_proto::scheduling as wire_v1;

use super::waiting_list;
use crate::domain::reception_day::{self, PROVISIONAL_HORIZON_DAYS};
use crate::domain::roster;
use crate::domain::waiting;
use crate::rpc::error::Error;
use crate::rpc::wire;
use crate::store;
use crate::store::appointments::Appointment;
use crate::store::slots::{DaySlot, FreeSlot, Search, Seeker};

/// How many other slots a caller is offered whose slot is taken.
const OFFERS: i64 = 3;
/// How many dates a caller is offered who asked for a day without a session.
const DATES: usize = 2;

/// The place of a slot as the caller named it.
pub(super) struct Place {
    pub(super) day: Date,
    pub(super) start: Time,
    pub(super) room: String,
}

pub(super) fn read(fields: &mut Fields, slot: Option<&wire_v1::SlotRef>) -> Option<Place> {
    if slot.is_none() {
        fields.unchosen("slot");
    }
    let slot = slot?;
    let day = fields.date("slot.day", &slot.day);
    let start = wire::read_time(fields, "slot.start", &slot.start);
    let room = fields.text("slot.room", &slot.room, 1..=20);
    Some(Place {
        day: day?,
        start: start?,
        room,
    })
}

pub(super) fn shown(slot: &FreeSlot) -> wire_v1::SlotRef {
    wire_v1::SlotRef {
        day: slot.day.to_string(),
        start: wire::hour_minute(slot.starts_at),
        room: slot.room.clone(),
    }
}

/// True while a day takes bookings.
pub(super) const fn takes_bookings(state: reception_day::State) -> bool {
    matches!(
        state,
        reception_day::State::Published | reception_day::State::Open
    )
}

/// The slot at a place, when these people may have it now, instead of an appointment of theirs or not.
///
/// What is taken is refused here, before anything is written: so nobody waits for a slot while others wait for his.
pub(super) async fn bookable(
    act: &mut Act,
    place: &Place,
    persons: &[Vec<u8>],
    moving: Option<&Appointment>,
) -> Result<DaySlot, Refusal> {
    let seeker = Seeker {
        persons,
        instead_of: moving.map(|seen| seen.id),
    };
    let at = (place.day, place.start, place.room.as_str());
    let Some(slot) = store::slots::at(act, at, seeker).await? else {
        return Err(no_such_slot(act, place.day).await?);
    };
    let begun = local::at(slot.day, slot.starts_at) <= act.now();
    if !takes_bookings(slot.state) || begun {
        return Err(Error::NotBookable.into());
    }
    if reception_day::too_far_ahead(slot.provisional, act.today(), slot.day) {
        return Err(Error::ProvisionalDay(slot.day).into());
    }
    if slot.walk_in {
        return Err(Error::WalkInSlot.into());
    }
    if slot.taken {
        return Err(taken(act, &slot).await?);
    }
    if slot.busy {
        return Err(Error::PersonHasAppointment.into());
    }
    his_turn(act, &slot, moving).await?;
    Ok(slot)
}

/// Refuses while the slot is first of all for others, who wait.
async fn his_turn(act: &mut Act, slot: &DaySlot, moving: Option<&Appointment>) -> Result<(), Refusal> {
    if slot.freed_at.is_none() {
        return Ok(());
    }
    let entry = moving.filter(|seen| seen.slot.is_none() && seen.reception_day_id == slot.reception_day_id);
    let entry = entry.map(|seen| (seen.created_at, seen.id));
    let before = store::appointments::waiting_before(act, slot.reception_day_id, entry).await?;
    let before = u32::try_from(before).unwrap_or(u32::MAX);
    match waiting::open_from(slot.freed_at, before, waiting_list::turn(act)) {
        Some(from) if from > act.now() => {
            let from = wire::local_minute(from);
            Err(Error::WaitingFirst { from }.into())
        }
        _ => Ok(()),
    }
}

async fn no_such_slot(act: &mut Act, day: Date) -> Result<Refusal, Refusal> {
    if store::days::on(act, day).await?.is_none() {
        return no_session(act, day, "slot.day").await;
    }
    let mut fields = Fields::new();
    fields.wrong(
        "slot",
        "NO_SUCH_SLOT",
        "当天没有该时段或接访室",
        "that day has no such slot",
    );
    Ok(fields
        .finish()
        .err()
        .map_or_else(Refusal::stale_version, Refusal::from))
}

/// The refusal for a date without a session, with the next dates: published ones, or those of the calendar when the
/// roster does not reach so far.
pub(super) async fn no_session(act: &mut Act, day: Date, field: &'static str) -> Result<Refusal, Refusal> {
    let from = day.max(act.today());
    let wanted = i64::try_from(DATES).unwrap_or(i64::MAX);
    let published = store::days::next_bookable(act, from, wanted).await?;
    let next = if published.len() == DATES {
        published
    } else {
        roster::next_session_days(act.calendar(), from, DATES)
    };
    Ok(Error::NotAReceptionDay { day, field, next }.into())
}

/// The refusal for a slot that somebody else has, with the next free ones.
pub(super) async fn taken(act: &mut Act, slot: &DaySlot) -> Result<Refusal, Refusal> {
    let search = Search {
        after: (slot.day, slot.starts_at, &slot.room),
        provisional_until: act.today() + Duration::days(PROVISIONAL_HORIZON_DAYS),
    };
    let next = store::slots::next_free(act, search, OFFERS).await?;
    Ok(Error::SlotTaken {
        next: next.iter().map(offer).collect(),
    }
    .into())
}

/// A slot in one line.
pub(super) fn offer(slot: &FreeSlot) -> String {
    format!("{} {} {}", slot.day, wire::hour_minute(slot.starts_at), slot.room)
}

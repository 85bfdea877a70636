//! Taking a slot: one statement decides who has it, whatever happens beside it.

use time::Date;
use uuid::Uuid;
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::random;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_kernel::local;
use xinqiao_proto::scheduling as wire_v1;

use super::people::{self, SealedVisitor};
use super::place::{self, Place};
use super::{announce, booked_for, end, open_visitors, shown, take};
use crate::domain::appointment::{self as rules, Channel, State, VisitorEntry};
use crate::domain::reception_day;
use crate::rpc::error::{Error, What};
use crate::rpc::wire;
use crate::store;
use crate::store::appointments::Appointment;
use crate::store::slots::DaySlot;

/// What somebody wants to book for whom, checked.
pub(super) struct Wish {
    /// Those who were named; nobody where a petitioner books for his case.
    pub(super) visitors: Vec<SealedVisitor>,
    pub(super) subject: String,
    pub(super) case_id: Option<Uuid>,
    pub(super) channel: Channel,
}

pub(super) async fn list_free(
    act: &mut Act,
    query: wire_v1::ListFreeSlotsRequest,
) -> Result<wire_v1::ListFreeSlotsResponse, Refusal> {
    wire::authorise_here(act)?;
    let mut fields = Fields::new();
    let day = fields.date("day", &query.day);
    fields.finish()?;
    let Some(day) = day else {
        return Err(Refusal::internal(&"the day was checked"));
    };
    let Some(session) = store::days::on(act, day).await? else {
        return Err(place::no_session(act, day, "day").await?);
    };
    let bookable = place::takes_bookings(session.state)
        && !reception_day::too_far_ahead(session.provisional, act.today(), day);
    let mut slots = if bookable {
        store::slots::of_day(act, session.id).await?
    } else {
        Vec::new()
    };
    let now = act.now();
    slots.retain(|slot| slot.free && !slot.walk_in && local::at(slot.day, slot.starts_at) > now);
    Ok(wire_v1::ListFreeSlotsResponse {
        reception_day_id: session.id.to_string(),
        slots: slots.into_iter().map(place::shown).collect(),
    })
}

pub(super) async fn book(
    act: &mut Act,
    query: wire_v1::BookAppointmentRequest,
) -> Result<wire_v1::BookAppointmentResponse, Refusal> {
    let mut fields = Fields::new();
    let place = place::read(&mut fields, query.slot.as_ref());
    let wish = read_wish(&mut fields, &query, act.today());
    fields.finish()?;
    let (Some(place), Some(wish)) = (place, wish) else {
        return Err(Refusal::internal(&"fields were checked"));
    };
    let resource = booked_for(act, wish.case_id).await?;
    act.authorise(&resource, || Error::NotFound(What::Case).into())?;
    let persons = people::of(act, &wish.visitors, wish.case_id).await?;
    let appointment = take_slot(act, &place, &wish, &persons).await?;
    Ok(wire_v1::BookAppointmentResponse {
        appointment: Some(shown(act, &appointment)?),
    })
}

pub(super) async fn reschedule(
    act: &mut Act,
    query: wire_v1::RescheduleAppointmentRequest,
) -> Result<wire_v1::RescheduleAppointmentResponse, Refusal> {
    let place = read_place(query.slot.as_ref())?;
    let seen = take(act, &query.appointment_id, query.version).await?;
    let appointment = move_to(act, &seen, &place).await?;
    Ok(wire_v1::RescheduleAppointmentResponse {
        appointment: Some(shown(act, &appointment)?),
    })
}

/// The place of a request that names nothing else.
pub(super) fn read_place(slot: Option<&wire_v1::SlotRef>) -> Result<Place, Refusal> {
    let mut fields = Fields::new();
    let place = place::read(&mut fields, slot);
    fields.finish()?;
    place.ok_or_else(|| Refusal::internal(&"the slot was checked"))
}

/// Takes a slot for the people told by these indexes.
pub(super) async fn take_slot(
    act: &mut Act,
    place: &Place,
    wish: &Wish,
    persons: &[String],
) -> Result<Appointment, Refusal> {
    let slot = place::bookable(act, place).await?;
    let appointment = new_appointment(act, &slot, wish, None)?;
    hold(act, &slot, &appointment, persons).await?;
    Ok(appointment)
}

/// Replaces an appointment by one in another slot: both or neither.
pub(super) async fn move_to(
    act: &mut Act,
    seen: &Appointment,
    place: &Place,
) -> Result<Appointment, Refusal> {
    // The new day is locked before the old appointment: whoever calls a day off takes them in this order too.
    let slot = place::bookable(act, place).await?;
    if seen.state != State::Confirmed {
        return Err(Error::AppointmentState(seen.state).into());
    }
    let subject = act
        .open("appointment", "subject", seen.id, &seen.subject)
        .map_err(|error| Refusal::internal(&error))?;
    let wish = Wish {
        visitors: open_visitors(act, seen)?,
        subject,
        case_id: seen.case_id,
        channel: seen.channel,
    };
    let persons = people::of(act, &wish.visitors, wish.case_id).await?;
    let appointment = new_appointment(act, &slot, &wish, Some(seen.id))?;
    end(act, seen, rules::Act::Move, None).await?;
    hold(act, &slot, &appointment, &persons).await?;
    Ok(appointment)
}

fn read_wish(fields: &mut Fields, query: &wire_v1::BookAppointmentRequest, today: Date) -> Option<Wish> {
    let entries: Vec<VisitorEntry<'_>> = (query.visitors.iter())
        .map(|visitor| VisitorEntry {
            name: &visitor.name,
            id_no: &visitor.id_no,
            phone: &visitor.phone,
        })
        .collect();
    let visitors = rules::visitors(fields, &entries, today);
    fields.text("subject", &query.subject, 2..=100);
    let case_id = fields.optional_uuid("case_id", &query.case_id);
    let channel = fields.choice::<wire_v1::BookingChannel>("channel", query.channel);
    let channel = channel.and_then(wire::read_channel)?;
    Some(Wish {
        visitors: visitors.iter().map(SealedVisitor::from).collect(),
        subject: query.subject.trim().to_owned(),
        case_id,
        channel,
    })
}

fn new_appointment(
    act: &Act,
    slot: &DaySlot,
    wish: &Wish,
    moved_from: Option<Uuid>,
) -> Result<Appointment, Refusal> {
    let id = random::new_id();
    let visitors = serde_json::to_string(&wish.visitors).map_err(|error| Refusal::internal(&error))?;
    Ok(Appointment {
        id,
        reception_day_id: slot.reception_day_id,
        slot_id: slot.id,
        day: slot.day,
        starts_at: slot.starts_at,
        room: slot.room.clone(),
        minutes: slot.minutes,
        state: State::Confirmed,
        visitors: act.seal("appointment", "visitors", id, &visitors),
        subject: act.seal("appointment", "subject", id, &wish.subject),
        case_id: wish.case_id,
        channel: wish.channel,
        moved_from,
        end_reason: None,
        created_at: act.now(),
        version: 1,
    })
}

/// Takes the slot for its people, or says which slots are free instead.
async fn hold(
    act: &mut Act,
    slot: &DaySlot,
    appointment: &Appointment,
    persons: &[String],
) -> Result<(), Refusal> {
    if !store::appointments::insert(act, appointment).await? {
        return Err(place::taken(act, slot).await?);
    }
    let persons = people::on(act, appointment.day, persons);
    if !store::appointments::claim_persons(act, appointment, &persons).await? {
        return Err(Error::PersonHasAppointment.into());
    }
    announce(act, "appointment.confirmed", appointment);
    Ok(())
}

//! Taking a slot: one statement decides who has it, whatever happens beside it.

use time::{Date, Duration};
use uuid::Uuid;
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::random;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_proto::event::NotificationTemplate;
use xinqiao_proto::scheduling as wire_v1;

use super::people::{self, SealedVisitor};
use super::place::{self, Place};
use super::{announce, booked_for, end, event_of, open_visitors, shown, take, tell};
use crate::domain::appointment::{self as rules, Channel, State, VisitorEntry};
use crate::rpc::error::{Error, What};
use crate::rpc::wire;
use crate::store;
use crate::store::appointments::{Appointment, SlotOf};
use crate::store::slots::DaySlot;

/// What somebody wants to book for whom, checked.
pub(super) struct Wish {
    /// Those who were named; nobody where a petitioner books for his case.
    pub(super) visitors: Vec<SealedVisitor>,
    pub(super) subject: String,
    pub(super) case_id: Option<Uuid>,
    pub(super) channel: Channel,
    /// Only hold the slot.
    pub(super) hold: bool,
}

/// What a clerk typed.
pub(super) struct Asked<'a> {
    pub(super) visitors: &'a [wire_v1::AppointmentVisitor],
    pub(super) subject: &'a str,
    pub(super) case_id: &'a str,
    pub(super) channel: i32,
    pub(super) hold: bool,
}

impl<'a> From<&'a wire_v1::BookAppointmentRequest> for Asked<'a> {
    fn from(query: &'a wire_v1::BookAppointmentRequest) -> Self {
        Self {
            visitors: &query.visitors,
            subject: &query.subject,
            case_id: &query.case_id,
            channel: query.channel,
            hold: query.hold,
        }
    }
}

impl Wish {
    pub(super) fn read(fields: &mut Fields, asked: &Asked<'_>, today: Date) -> Option<Self> {
        let entries: Vec<VisitorEntry<'_>> = (asked.visitors.iter())
            .map(|visitor| VisitorEntry {
                name: &visitor.name,
                id_no: &visitor.id_no,
                phone: &visitor.phone,
            })
            .collect();
        let visitors = rules::visitors(fields, &entries, today);
        let subject = fields.text("subject", asked.subject, 2..=100);
        let case_id = fields.optional_uuid("case_id", asked.case_id);
        let channel = fields.choice::<wire_v1::BookingChannel>("channel", asked.channel);
        let channel = channel.and_then(wire::read_channel)?;
        Some(Self {
            visitors: visitors.iter().map(SealedVisitor::from).collect(),
            subject,
            case_id,
            channel,
            hold: asked.hold,
        })
    }
}

pub(super) async fn book(
    act: &mut Act,
    query: wire_v1::BookAppointmentRequest,
) -> Result<wire_v1::BookAppointmentResponse, Refusal> {
    let mut fields = Fields::new();
    let place = place::read(&mut fields, query.slot.as_ref());
    let wish = Wish::read(&mut fields, &Asked::from(&query), act.today());
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
    let persons = people::on(act, place.day, persons);
    let slot = place::bookable(act, place, &persons, None).await?;
    let mut appointment = new_appointment(act, wish, &slot, None)?;
    if wish.hold {
        let minutes = act.district_file().reception.hold_minutes;
        appointment.state = State::Requested;
        appointment.held_until = Some(act.now() + Duration::minutes(minutes.into()));
    }
    hold(act, &slot, &appointment, &persons).await?;
    if appointment.state == State::Confirmed {
        tell(act, &appointment, NotificationTemplate::AppointmentConfirmed);
    }
    Ok(appointment)
}

/// Replaces an appointment, or a place on the waiting list, by one in another slot: both or neither.
pub(super) async fn move_to(
    act: &mut Act,
    seen: &Appointment,
    place: &Place,
) -> Result<Appointment, Refusal> {
    let subject = act
        .open("appointment", "subject", seen.id, &seen.subject)
        .map_err(|error| Refusal::internal(&error))?;
    let wish = Wish {
        visitors: open_visitors(act, seen)?,
        subject,
        case_id: seen.case_id,
        channel: seen.channel,
        hold: false,
    };
    let persons = people::of(act, &wish.visitors, wish.case_id).await?;
    let persons = people::on(act, place.day, &persons);
    // The new day is locked before the old appointment: whoever calls a day off takes them in this order too.
    let slot = place::bookable(act, place, &persons, Some(seen)).await?;
    let appointment = new_appointment(act, &wish, &slot, Some(seen.id))?;
    end(act, seen, rules::Act::Move, None).await?;
    hold(act, &slot, &appointment, &persons).await?;
    tell(act, &appointment, NotificationTemplate::AppointmentRescheduled);
    Ok(appointment)
}

/// An appointment in a slot.
fn new_appointment(
    act: &Act,
    wish: &Wish,
    slot: &DaySlot,
    moved_from: Option<Uuid>,
) -> Result<Appointment, Refusal> {
    Ok(Appointment {
        slot: Some(SlotOf {
            id: slot.id,
            starts_at: slot.starts_at,
            room: slot.room.clone(),
            minutes: slot.minutes,
        }),
        state: State::Confirmed,
        moved_from,
        ..wished(act, wish, slot.reception_day_id, slot.day)?
    })
}

/// What is wished for a day, without a slot.
pub(super) fn wished(act: &Act, wish: &Wish, day_id: Uuid, day: Date) -> Result<Appointment, Refusal> {
    let id = random::new_id();
    let visitors = serde_json::to_string(&wish.visitors).map_err(|error| Refusal::internal(&error))?;
    Ok(Appointment {
        id,
        reception_day_id: day_id,
        day,
        slot: None,
        state: State::Requested,
        held_until: None,
        visitors: act.seal("appointment", "visitors", id, &visitors),
        subject: act.seal("appointment", "subject", id, &wish.subject),
        case_id: wish.case_id,
        channel: wish.channel,
        moved_from: None,
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
    persons: &[Vec<u8>],
) -> Result<(), Refusal> {
    if !store::appointments::insert(act, appointment, persons).await? {
        return Err(place::taken(act, slot).await?);
    }
    claim(act, appointment, persons).await
}

/// Notes who has the appointment, and announces it.
pub(super) async fn claim(
    act: &mut Act,
    appointment: &Appointment,
    persons: &[Vec<u8>],
) -> Result<(), Refusal> {
    if !store::appointments::claim_persons(act, appointment, persons).await? {
        return Err(Error::PersonHasAppointment.into());
    }
    if let Some(kind) = event_of(appointment.state) {
        announce(act, kind, appointment);
    }
    Ok(())
}

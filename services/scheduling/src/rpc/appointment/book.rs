//! Taking a slot: one statement decides who has it, whatever happens beside it.

use time::{Date, Duration};
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::random;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_kernel::local;
use xinqiao_proto::event::NotificationTemplate;
use xinqiao_proto::scheduling as wire_v1;

use super::{SealedVisitor, announce, booked_for, end, open_visitors, shown, take, tell};
use crate::domain::appointment::{self as rules, Channel, State, Visitor, VisitorEntry};
use crate::domain::reception_day::{self, PROVISIONAL_HORIZON_DAYS};
use crate::domain::roster;
use crate::rpc::error::{Error, What};
use crate::rpc::wire;
use crate::store;
use crate::store::appointments::Appointment;
use crate::store::slots::{DaySlot, FreeSlot, Search};

/// How many other slots a caller is offered whose slot is taken.
const OFFERS: i64 = 3;
/// How many dates a caller is offered who asked for a day without a session.
const DATES: usize = 2;

/// What a caller wants to book, checked.
struct Wish {
    visitors: Vec<Visitor>,
    subject: String,
    case_id: Option<uuid::Uuid>,
    channel: Channel,
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
        return Err(no_session(act, day, "day").await?);
    };
    let bookable =
        can_be_booked(session.state) && !reception_day::too_far_ahead(session.provisional, act.today(), day);
    let mut slots = if bookable {
        store::slots::of_day(act, session.id).await?
    } else {
        Vec::new()
    };
    let now = act.now();
    slots.retain(|slot| slot.free && !slot.walk_in && local::at(slot.day, slot.starts_at) > now);
    Ok(wire_v1::ListFreeSlotsResponse {
        reception_day_id: session.id.to_string(),
        slots: slots
            .into_iter()
            .map(|slot| wire_v1::SlotRef {
                day: slot.day.to_string(),
                start: wire::hour_minute(slot.starts_at),
                room: slot.room,
            })
            .collect(),
    })
}

pub(super) async fn book(
    act: &mut Act,
    query: wire_v1::BookAppointmentRequest,
) -> Result<wire_v1::BookAppointmentResponse, Refusal> {
    let mut fields = Fields::new();
    let place = read_slot(&mut fields, query.slot.as_ref());
    let wish = read_wish(&mut fields, &query, act.today());
    fields.finish()?;
    let (Some(place), Some(wish)) = (place, wish) else {
        return Err(Refusal::internal(&"fields were checked"));
    };
    let resource = booked_for(act, wish.case_id).await?;
    act.authorise(&resource, || Error::NotFound(What::Case).into())?;
    let slot = bookable_slot(act, &place).await?;
    let sealed: Vec<SealedVisitor> = wish.visitors.iter().map(sealed_visitor).collect();
    let appointment = new_appointment(
        act,
        &slot,
        &sealed,
        &wish.subject,
        (wish.case_id, wish.channel, None),
    )?;
    hold(act, &appointment, &sealed).await?;
    tell(act, &appointment, NotificationTemplate::AppointmentConfirmed);
    Ok(wire_v1::BookAppointmentResponse {
        appointment: Some(shown(act, &appointment)?),
    })
}

pub(super) async fn reschedule(
    act: &mut Act,
    query: wire_v1::RescheduleAppointmentRequest,
) -> Result<wire_v1::RescheduleAppointmentResponse, Refusal> {
    let mut fields = Fields::new();
    let place = read_slot(&mut fields, query.slot.as_ref());
    fields.finish()?;
    let Some(place) = place else {
        return Err(Refusal::internal(&"the slot was checked"));
    };
    // The new day is locked before the old appointment: whoever calls a day off takes them in this order too.
    let slot = bookable_slot(act, &place).await?;
    let seen = take(act, &query.appointment_id, query.version).await?;
    if seen.state != State::Confirmed {
        return Err(Error::AppointmentState(seen.state).into());
    }
    let visitors = open_visitors(act, &seen)?;
    let subject = act
        .open("appointment", "subject", seen.id, &seen.subject)
        .map_err(|error| Refusal::internal(&error))?;
    let origin = (seen.case_id, seen.channel, Some(seen.id));
    let appointment = new_appointment(act, &slot, &visitors, &subject, origin)?;
    end(act, &seen, rules::Act::Move, None).await?;
    hold(act, &appointment, &visitors).await?;
    tell(act, &appointment, NotificationTemplate::AppointmentRescheduled);
    Ok(wire_v1::RescheduleAppointmentResponse {
        appointment: Some(shown(act, &appointment)?),
    })
}

/// The place of a slot as the caller named it.
type Place = (Date, time::Time, String);

fn read_slot(fields: &mut Fields, slot: Option<&wire_v1::SlotRef>) -> Option<Place> {
    if slot.is_none() {
        fields.unchosen("slot");
    }
    let slot = slot?;
    let day = fields.date("slot.day", &slot.day);
    let start = wire::read_time(fields, "slot.start", &slot.start);
    let room = fields.text("slot.room", &slot.room, 1..=20);
    Some((day?, start?, room))
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
        visitors,
        subject: query.subject.trim().to_owned(),
        case_id,
        channel,
    })
}

const fn can_be_booked(state: reception_day::State) -> bool {
    matches!(
        state,
        reception_day::State::Published | reception_day::State::Open
    )
}

/// The slot at a place, when it may be booked at all.
async fn bookable_slot(act: &mut Act, (day, start, room): &Place) -> Result<DaySlot, Refusal> {
    let Some(slot) = store::slots::at(act, *day, *start, room).await? else {
        if store::days::on(act, *day).await?.is_none() {
            return Err(no_session(act, *day, "slot.day").await?);
        }
        let mut fields = Fields::new();
        fields.wrong(
            "slot",
            "NO_SUCH_SLOT",
            "当天没有该时段或接访室",
            "that day has no such slot",
        );
        return Err(fields
            .finish()
            .err()
            .map_or_else(Refusal::stale_version, Refusal::from));
    };
    let begun = local::at(slot.day, slot.starts_at) <= act.now();
    if !can_be_booked(slot.state) || begun {
        return Err(Error::NotBookable.into());
    }
    if reception_day::too_far_ahead(slot.provisional, act.today(), slot.day) {
        return Err(Error::ProvisionalDay(slot.day).into());
    }
    if slot.walk_in {
        return Err(Error::WalkInSlot.into());
    }
    Ok(slot)
}

/// The refusal for a date without a session, with the next dates: published ones, or those of the calendar when the
/// roster does not reach so far.
async fn no_session(act: &mut Act, day: Date, field: &'static str) -> Result<Refusal, Refusal> {
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

fn sealed_visitor(visitor: &Visitor) -> SealedVisitor {
    SealedVisitor {
        name: visitor.name.clone(),
        id_no: visitor.id_no.as_ref().map(|id| id.as_str().to_owned()),
        phone: visitor.phone.as_ref().map(|phone| phone.as_str().to_owned()),
    }
}

/// Blind indexes of everything that tells the visitors from others, sorted and without doubles. The day is in them, so
/// that nobody can be followed from day to day.
fn persons(act: &Act, day: uuid::Uuid, visitors: &[SealedVisitor]) -> Vec<Vec<u8>> {
    let identities = visitors.iter().flat_map(SealedVisitor::identities);
    let index = |(field, value): (&'static str, &str)| {
        let keys = act.keys();
        keys.blind_index(act.district(), field, &format!("{day}/{value}"))
            .to_vec()
    };
    let mut persons: Vec<Vec<u8>> = identities.map(index).collect();
    persons.sort_unstable();
    persons.dedup();
    persons
}

fn new_appointment(
    act: &Act,
    slot: &DaySlot,
    visitors: &[SealedVisitor],
    subject: &str,
    (case_id, channel, moved_from): (Option<uuid::Uuid>, Channel, Option<uuid::Uuid>),
) -> Result<Appointment, Refusal> {
    let id = random::new_id();
    let visitors = serde_json::to_string(visitors).map_err(|error| Refusal::internal(&error))?;
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
        subject: act.seal("appointment", "subject", id, subject),
        case_id,
        channel,
        moved_from,
        end_reason: None,
        created_at: act.now(),
        version: 1,
    })
}

/// Takes the slot for the visitors, or says which slots are free instead.
async fn hold(act: &mut Act, appointment: &Appointment, visitors: &[SealedVisitor]) -> Result<(), Refusal> {
    if !store::appointments::insert(act, appointment).await? {
        let search = Search {
            after: (appointment.day, appointment.starts_at, &appointment.room),
            provisional_until: act.today() + Duration::days(PROVISIONAL_HORIZON_DAYS),
        };
        let next = store::slots::next_free(act, search, OFFERS).await?;
        return Err(Error::SlotTaken {
            next: next.iter().map(offer).collect(),
        }
        .into());
    }
    let persons = persons(act, appointment.reception_day_id, visitors);
    if !store::appointments::claim_persons(act, appointment, &persons).await? {
        return Err(Error::PersonHasAppointment.into());
    }
    announce(act, "appointment.confirmed", appointment);
    Ok(())
}

fn offer(slot: &FreeSlot) -> String {
    format!("{} {} {}", slot.day, wire::hour_minute(slot.starts_at), slot.room)
}

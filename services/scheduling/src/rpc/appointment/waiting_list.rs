//! Free slots and the waiting list of a day: who may take which slot now.

use time::{Date, Duration};
use uuid::Uuid;
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_kernel::local;
use xinqiao_proto::common::Bilingual;
use xinqiao_proto::scheduling as wire_v1;

use super::book::{self, Asked, Wish};
use super::{booked_for, leave_known, people, place, shown};
use crate::domain::reception_day;
use crate::domain::waiting;
use crate::rpc::error::{Error, What};
use crate::rpc::wire;
use crate::store;
use crate::store::appointments::Appointment;
use crate::store::days::ReceptionDay;
use crate::store::slots::FreeSlot;

/// Most entries of a list that are shown.
const SHOWN: i64 = 200;
/// How many slots somebody is told who need not wait.
const OFFERS: usize = 3;

/// How long each has a freed slot to himself.
pub(super) fn turn(act: &Act) -> Duration {
    Duration::minutes(act.district_file().reception.waiting_turn_minutes.into())
}

/// The rule in words.
pub(super) fn rule(act: &Act) -> Bilingual {
    wire::bilingual(waiting::rule(turn(act)))
}

pub(super) async fn list_free(
    act: &mut Act,
    query: wire_v1::ListFreeSlotsRequest,
) -> Result<wire_v1::ListFreeSlotsResponse, Refusal> {
    wire::authorise_here(act)?;
    let session = session(act, &query.day).await?;
    let before = store::appointments::waiting_before(act, session.id, None).await?;
    let waiting = u32::try_from(before).unwrap_or(u32::MAX);
    let slots = free(act, &session).await?;
    Ok(wire_v1::ListFreeSlotsResponse {
        reception_day_id: session.id.to_string(),
        slots: open_to(act, &slots, waiting),
        waiting,
    })
}

/// The session of a day that somebody typed.
async fn session(act: &mut Act, typed: &str) -> Result<ReceptionDay, Refusal> {
    let mut fields = Fields::new();
    let day = fields.date("day", typed);
    fields.finish()?;
    let day = day.ok_or_else(|| Refusal::internal(&"the day was checked"))?;
    session_on(act, day).await
}

async fn session_on(act: &mut Act, day: Date) -> Result<ReceptionDay, Refusal> {
    match store::days::on(act, day).await? {
        Some(session) => Ok(session),
        None => Err(place::no_session(act, day, "day").await?),
    }
}

/// True while somebody may book on that day at all.
fn is_bookable(act: &Act, session: &ReceptionDay) -> bool {
    place::takes_bookings(session.state)
        && !reception_day::too_far_ahead(session.provisional, act.today(), session.day)
}

/// The slots of a day that nobody has and that are still to come.
async fn free(act: &mut Act, session: &ReceptionDay) -> Result<Vec<FreeSlot>, Refusal> {
    if !is_bookable(act, session) {
        return Ok(Vec::new());
    }
    let mut slots = store::slots::of_day(act, session.id).await?;
    let now = act.now();
    slots.retain(|slot| slot.free && !slot.walk_in && local::at(slot.day, slot.starts_at) > now);
    Ok(slots)
}

/// Those of the free slots that somebody may take now before whom so many wait.
fn open_to(act: &Act, slots: &[FreeSlot], before: u32) -> Vec<wire_v1::SlotRef> {
    let (turn, now) = (turn(act), act.now());
    slots
        .iter()
        .filter(|slot| waiting::may_take(slot.freed_at, before, turn, now))
        .map(place::shown)
        .collect()
}

pub(super) async fn join(
    act: &mut Act,
    query: wire_v1::JoinWaitingListRequest,
) -> Result<wire_v1::JoinWaitingListResponse, Refusal> {
    let mut fields = Fields::new();
    let day = fields.date("day", &query.day);
    let asked = Asked {
        visitors: &query.visitors,
        subject: &query.subject,
        case_id: &query.case_id,
        channel: query.channel,
        hold: false,
    };
    let wish = Wish::read(&mut fields, &asked, act.today());
    fields.finish()?;
    let (Some(day), Some(wish)) = (day, wish) else {
        return Err(Refusal::internal(&"fields were checked"));
    };
    let resource = booked_for(act, wish.case_id).await?;
    act.authorise(&resource, || Error::NotFound(What::Case).into())?;
    let persons = people::of(act, &wish.visitors, wish.case_id).await?;
    Ok(wire_v1::JoinWaitingListResponse {
        waiting: Some(wait(act, day, &wish, &persons).await?),
        rule: Some(rule(act)),
    })
}

/// Puts people at the end of the list of a day.
pub(super) async fn wait(
    act: &mut Act,
    day: Date,
    wish: &Wish,
    persons: &[String],
) -> Result<wire_v1::Waiting, Refusal> {
    let session = session_on(act, day).await?;
    if !is_bookable(act, &session) || session.day < act.today() {
        return Err(Error::NotBookable.into());
    }
    let before = store::appointments::waiting_before(act, session.id, None).await?;
    let before = u32::try_from(before).unwrap_or(u32::MAX);
    let slots = free(act, &session).await?;
    let (turn, now) = (turn(act), act.now());
    let open = |slot: &&FreeSlot| waiting::may_take(slot.freed_at, before, turn, now);
    let next: Vec<String> = slots.iter().filter(open).take(OFFERS).map(place::offer).collect();
    if !next.is_empty() {
        return Err(Error::SlotsFree { next }.into());
    }
    let entry = book::wished(act, wish, session.id, session.day)?;
    let persons = people::on(act, session.day, persons);
    store::appointments::insert(act, &entry, &persons).await?;
    book::claim(act, &entry, &persons).await?;
    Ok(wire_v1::Waiting {
        appointment: Some(shown(act, &entry)?),
        before,
        slots: Vec::new(),
    })
}

pub(super) async fn list(
    act: &mut Act,
    query: wire_v1::ListWaitingRequest,
) -> Result<wire_v1::ListWaitingResponse, Refusal> {
    wire::authorise_here(act)?;
    let day_id = wire::row_id("reception_day_id", &query.reception_day_id)?;
    let rows = store::appointments::waiting_of_day(act, day_id, SHOWN).await?;
    let order: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut seen = rows;
    leave_known(act, day_id, &mut seen).await?;
    let slots = free_on(act, day_id).await?;
    let mut waiting = Vec::new();
    for row in &seen {
        let before = order.iter().position(|id| *id == row.id).unwrap_or_default();
        waiting.push(entry(
            act,
            row,
            u32::try_from(before).unwrap_or(u32::MAX),
            &slots,
        )?);
    }
    Ok(wire_v1::ListWaitingResponse {
        waiting,
        rule: Some(rule(act)),
    })
}

async fn free_on(act: &mut Act, day_id: Uuid) -> Result<Vec<FreeSlot>, Refusal> {
    match store::days::find(act, day_id).await? {
        Some(session) => free(act, &session).await,
        None => Ok(Vec::new()),
    }
}

/// Where one who waits stands now.
pub(super) async fn standing(act: &mut Act, row: &Appointment) -> Result<wire_v1::Waiting, Refusal> {
    let entry_key = Some((row.created_at, row.id));
    let before = store::appointments::waiting_before(act, row.reception_day_id, entry_key).await?;
    let slots = free_on(act, row.reception_day_id).await?;
    entry(act, row, u32::try_from(before).unwrap_or(u32::MAX), &slots)
}

fn entry(act: &Act, row: &Appointment, before: u32, slots: &[FreeSlot]) -> Result<wire_v1::Waiting, Refusal> {
    Ok(wire_v1::Waiting {
        appointment: Some(shown(act, row)?),
        before,
        slots: open_to(act, slots, before),
    })
}

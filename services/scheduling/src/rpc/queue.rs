//! The queue of a reception day: numbers are taken, called and shown on the screen.

use futures::stream::BoxStream;
use tonic::{Request, Response, Status};
use uuid::Uuid;
use xinqiao_chassis::desk::{Act, Desk};
use xinqiao_chassis::permission::Resource;
use xinqiao_chassis::random;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_kernel::local;
use xinqiao_proto::common::Bilingual;
use xinqiao_proto::scheduling as wire_v1;
use xinqiao_proto::scheduling::queue_service_server::QueueService;

use super::error::{Error, What};
use super::wire;
use crate::domain::appointment;
use crate::domain::queue::{self, State};
use crate::store;
use crate::store::days::ReceptionDay;
use crate::store::queue::Entry;

mod screen;

/// Implements `QueueService`.
#[derive(Debug)]
pub(super) struct Queue {
    desk: Desk,
}

impl Queue {
    pub(super) const fn new(desk: Desk) -> Self {
        Self { desk }
    }
}

#[tonic::async_trait]
impl QueueService for Queue {
    type WatchScreenStream = BoxStream<'static, Result<wire_v1::WatchScreenResponse, Status>>;

    async fn take_number(
        &self,
        request: Request<wire_v1::TakeNumberRequest>,
    ) -> Result<Response<wire_v1::TakeNumberResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(take_number(act, query)))
            .await
    }

    async fn call_next(
        &self,
        request: Request<wire_v1::CallNextRequest>,
    ) -> Result<Response<wire_v1::CallNextResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(call_next(act, query)))
            .await
    }

    async fn end_call(
        &self,
        request: Request<wire_v1::EndCallRequest>,
    ) -> Result<Response<wire_v1::EndCallResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(end_call(act, query)))
            .await
    }

    async fn watch_screen(
        &self,
        request: Request<wire_v1::WatchScreenRequest>,
    ) -> Result<Response<Self::WatchScreenStream>, Status> {
        screen::watch(&self.desk, request).await
    }
}

/// Numbers that wait, in the order in which they are called.
async fn waiting(act: &mut Act, day_id: Uuid) -> Result<Vec<Entry>, Refusal> {
    let mut waiting = store::queue::in_state(act, day_id, State::Waiting).await?;
    queue::sort(&mut waiting, local::local_time(act.now()), Entry::place);
    Ok(waiting)
}

async fn take_number(
    act: &mut Act,
    query: wire_v1::TakeNumberRequest,
) -> Result<wire_v1::TakeNumberResponse, Refusal> {
    wire::authorise_here(act)?;
    let mut fields = Fields::new();
    let day_id = fields.uuid("reception_day_id", &query.reception_day_id);
    let appointment_id = fields.optional_uuid("appointment_id", &query.appointment_id);
    fields.finish()?;
    let day_id = day_id.unwrap_or_default();
    if store::days::find(act, day_id).await?.is_none() {
        return Err(Error::NotFound(What::ReceptionDay).into());
    }
    // The number is taken first: whoever takes one for the same day waits here, so that no two have one appointment or
    // one of the slots that are kept.
    let number = store::queue::next_number(act, day_id)
        .await?
        .ok_or(Error::DayNotOpen)?;
    if let Some(id) = appointment_id {
        is_in_the_hall(act, day_id, id).await?;
    }
    let id = random::new_id();
    store::queue::insert(act, day_id, number, (id, appointment_id, query.with_needs)).await?;
    act.audit(format!("queue_entry:{id}"), &["number"], None);
    let waiting = waiting(act, day_id).await?;
    let before = waiting.iter().position(|entry| entry.id == id);
    let entry = before.and_then(|place| waiting.get(place));
    Ok(wire_v1::TakeNumberResponse {
        entry: entry.map(shown),
        before: before
            .and_then(|place| u32::try_from(place).ok())
            .unwrap_or_default(),
        rule: Some(rule()),
    })
}

/// Refuses unless the appointment is of the day, checked in, and without a number.
async fn is_in_the_hall(act: &mut Act, day_id: Uuid, id: Uuid) -> Result<(), Refusal> {
    let appointment = store::appointments::find(act, id)
        .await?
        .ok_or(Error::NotFound(What::Appointment))?;
    let here = appointment.state == appointment::State::CheckedIn;
    if appointment.reception_day_id != day_id || !here {
        return Err(Error::NotInTheHall.into());
    }
    match store::queue::of_appointment(act, id).await? {
        Some(entry) => Err(Error::HasNumber(entry.number).into()),
        None => Ok(()),
    }
}

/// The day, for whoever runs the hall of its leader.
async fn hall(act: &mut Act, day_id: Uuid, missing: What) -> Result<ReceptionDay, Refusal> {
    let day = store::days::find(act, day_id)
        .await?
        .ok_or(Error::NotFound(missing))?;
    let hall = Resource::Leader(act.district(), day.leader_id);
    act.authorise(&hall, || Error::NotFound(missing).into())?;
    Ok(day)
}

async fn call_next(
    act: &mut Act,
    query: wire_v1::CallNextRequest,
) -> Result<wire_v1::CallNextResponse, Refusal> {
    let mut fields = Fields::new();
    let day_id = fields.uuid("reception_day_id", &query.reception_day_id);
    let known = act.district_file().reception.rooms.contains(&query.room);
    fields.require(
        "room",
        known,
        "UNKNOWN_ROOM",
        "大厅没有该接访室",
        "the hall has no such room",
    );
    fields.finish()?;
    let day = hall(act, day_id.unwrap_or_default(), What::ReceptionDay).await?;
    // One call after the other: two rooms never call one number.
    store::days::lock(act, day.id).await?;
    for entry in store::queue::in_state(act, day.id, State::Called).await? {
        if entry.room.as_ref() == Some(&query.room) {
            put(act, &entry, State::Done, Some(&query.room)).await?;
        }
    }
    let waiting = waiting(act, day.id).await?;
    let next = waiting.first().ok_or(Error::NobodyWaits)?;
    let why = next.place().why(local::local_time(act.now()));
    let called = put(act, next, State::Called, Some(&query.room)).await?;
    Ok(wire_v1::CallNextResponse {
        entry: Some(shown(&called)),
        reason: Some(said(why.words())),
        rule: Some(rule()),
    })
}

async fn end_call(
    act: &mut Act,
    query: wire_v1::EndCallRequest,
) -> Result<wire_v1::EndCallResponse, Refusal> {
    let id = wire::row_id("queue_entry_id", &query.queue_entry_id)?;
    let entry = store::queue::find(act, id)
        .await?
        .ok_or(Error::NotFound(What::QueueEntry))?;
    hall(act, entry.reception_day_id, What::QueueEntry).await?;
    wire::same_version(query.version, entry.version)?;
    if entry.state != State::Called {
        return Err(Error::QueueState(entry.state).into());
    }
    let next = if query.absent { State::Absent } else { State::Done };
    let ended = put(act, &entry, next, entry.room.as_deref()).await?;
    Ok(wire_v1::EndCallResponse {
        entry: Some(shown(&ended)),
    })
}

/// Changes a number by compare and swap.
async fn put(act: &mut Act, seen: &Entry, next: State, room: Option<&str>) -> Result<Entry, Refusal> {
    if !store::queue::change(act, seen, next, room).await? {
        return Err(Refusal::stale_version());
    }
    act.audit(format!("queue_entry:{}", seen.id), &["state"], None);
    Ok(Entry {
        state: next,
        room: room.map(str::to_owned),
        version: seen.version + 1,
        ..seen.clone()
    })
}

fn rule() -> Bilingual {
    said(queue::RULE)
}

fn said((zh, en): (&str, &str)) -> Bilingual {
    wire::bilingual((zh.to_owned(), en.to_owned()))
}

fn shown(entry: &Entry) -> wire_v1::QueueEntry {
    let state = match entry.state {
        State::Waiting => wire_v1::QueueState::Waiting,
        State::Called => wire_v1::QueueState::Called,
        State::Done => wire_v1::QueueState::Done,
        State::Absent => wire_v1::QueueState::Absent,
    };
    wire_v1::QueueEntry {
        queue_entry_id: entry.id.to_string(),
        reception_day_id: entry.reception_day_id.to_string(),
        number: entry.number.unsigned_abs(),
        state: state.into(),
        with_needs: entry.with_needs,
        appointment_id: wire::text_or_empty(entry.appointment_id),
        start: entry.starts_at.map(wire::hour_minute).unwrap_or_default(),
        room: entry.room.clone().unwrap_or_default(),
        version: entry.version.unsigned_abs(),
    }
}

//! Appointments: booking, checking in, moving, giving back.

use time::{OffsetDateTime, Time};
use tonic::{Request, Response, Status};
use uuid::Uuid;
use xinqiao_chassis::desk::{Act, Desk, Notice};
use xinqiao_chassis::journal::{Entity, EntityKind};
use xinqiao_chassis::permission::{Resource, Right};
use xinqiao_chassis::refusal::{Fields, Page, Refusal};
use xinqiao_kernel::{local, mask};
use xinqiao_proto::event::{AppointmentChanged, NotificationTemplate};
use xinqiao_proto::scheduling as wire_v1;
use xinqiao_proto::scheduling::appointment_service_server::AppointmentService;

use super::error::{Error, What};
use super::wire;
use crate::domain::appointment::{self as rules, State};
use crate::store;
use crate::store::appointments::Appointment;

mod book;
mod course;
mod own;
mod people;
mod place;
mod waiting_list;

pub(super) use own::OwnAppointments;
use people::SealedVisitor;

/// Implements `AppointmentService`.
#[derive(Debug)]
pub(super) struct Appointments {
    desk: Desk,
}

impl Appointments {
    pub(super) const fn new(desk: Desk) -> Self {
        Self { desk }
    }
}

#[tonic::async_trait]
impl AppointmentService for Appointments {
    async fn list_free_slots(
        &self,
        request: Request<wire_v1::ListFreeSlotsRequest>,
    ) -> Result<Response<wire_v1::ListFreeSlotsResponse>, Status> {
        self.desk
            .read(request, |act, query| {
                Box::pin(waiting_list::list_free(act, query))
            })
            .await
    }

    async fn book_appointment(
        &self,
        request: Request<wire_v1::BookAppointmentRequest>,
    ) -> Result<Response<wire_v1::BookAppointmentResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(book::book(act, query)))
            .await
    }

    async fn confirm_appointment(
        &self,
        request: Request<wire_v1::ConfirmAppointmentRequest>,
    ) -> Result<Response<wire_v1::ConfirmAppointmentResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(course::confirm(act, query)))
            .await
    }

    async fn decline_appointment(
        &self,
        request: Request<wire_v1::DeclineAppointmentRequest>,
    ) -> Result<Response<wire_v1::DeclineAppointmentResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(course::decline(act, query)))
            .await
    }

    async fn join_waiting_list(
        &self,
        request: Request<wire_v1::JoinWaitingListRequest>,
    ) -> Result<Response<wire_v1::JoinWaitingListResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(waiting_list::join(act, query)))
            .await
    }

    async fn list_waiting(
        &self,
        request: Request<wire_v1::ListWaitingRequest>,
    ) -> Result<Response<wire_v1::ListWaitingResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(waiting_list::list(act, query)))
            .await
    }

    async fn check_in_appointment(
        &self,
        request: Request<wire_v1::CheckInAppointmentRequest>,
    ) -> Result<Response<wire_v1::CheckInAppointmentResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(course::check_in(act, query)))
            .await
    }

    async fn start_meeting(
        &self,
        request: Request<wire_v1::StartMeetingRequest>,
    ) -> Result<Response<wire_v1::StartMeetingResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(course::start(act, query)))
            .await
    }

    async fn cancel_appointment(
        &self,
        request: Request<wire_v1::CancelAppointmentRequest>,
    ) -> Result<Response<wire_v1::CancelAppointmentResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(course::cancel(act, query)))
            .await
    }

    async fn reschedule_appointment(
        &self,
        request: Request<wire_v1::RescheduleAppointmentRequest>,
    ) -> Result<Response<wire_v1::RescheduleAppointmentResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(book::reschedule(act, query)))
            .await
    }

    async fn mark_no_show(
        &self,
        request: Request<wire_v1::MarkNoShowRequest>,
    ) -> Result<Response<wire_v1::MarkNoShowResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(course::mark_no_show(act, query)))
            .await
    }

    async fn list_appointments(
        &self,
        request: Request<wire_v1::ListAppointmentsRequest>,
    ) -> Result<Response<wire_v1::ListAppointmentsResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(list(act, query)))
            .await
    }
}

/// Leaves of the appointments of a day those without a case, and those of cases that the caller may know of; the cases are
/// of the leader whose day it is. Nobody who accuses stands in a list (DEC-14).
async fn leave_known(act: &mut Act, day_id: Uuid, rows: &mut Vec<Appointment>) -> Result<(), Refusal> {
    let ids: Vec<Uuid> = rows.iter().filter_map(|row| row.case_id).collect();
    let Some(day) = store::days::find(act, day_id).await?.filter(|_| !ids.is_empty()) else {
        return Ok(());
    };
    let mut cases = Vec::new();
    for case in store::known::cases(act, &ids).await? {
        let resource = store::known::received_by(act, &case, day.leader_id).await?;
        if !case.sealed && act.permits(Right::ReadCaseHeader, &resource) {
            cases.push(case);
        }
    }
    rows.retain(|row| {
        row.case_id
            .is_none_or(|id| cases.iter().any(|case| case.id == id))
    });
    Ok(())
}

/// What an appointment is booked for: its case, or the district when it has none.
async fn booked_for(act: &mut Act, case_id: Option<Uuid>) -> Result<Resource, Refusal> {
    let Some(case_id) = case_id else {
        return Ok(Resource::District(act.district()));
    };
    let case = store::known::case(act, case_id)
        .await?
        .ok_or(Error::NotFound(What::Case))?;
    Ok(store::known::resource(act, &case).await?)
}

/// The appointment in the version the caller saw.
async fn take(act: &mut Act, id: &str, version: u64) -> Result<Appointment, Refusal> {
    let appointment = found(act, id).await?;
    let resource = booked_for(act, appointment.case_id).await?;
    act.authorise(&resource, || Error::NotFound(What::Appointment).into())?;
    wire::same_version(version, appointment.version)?;
    Ok(appointment)
}

/// The appointment, for whoever runs the hall of its leader.
async fn take_to_meeting(act: &mut Act, id: &str, version: u64) -> Result<Appointment, Refusal> {
    let appointment = found(act, id).await?;
    let day = store::days::find(act, appointment.reception_day_id)
        .await?
        .ok_or(Error::NotFound(What::Appointment))?;
    let hall = Resource::Leader(act.district(), day.leader_id);
    act.authorise(&hall, || Error::NotFound(What::Appointment).into())?;
    wire::same_version(version, appointment.version)?;
    Ok(appointment)
}

async fn found(act: &mut Act, id: &str) -> Result<Appointment, Refusal> {
    let id = wire::row_id("appointment_id", id)?;
    let appointment = store::appointments::find(act, id).await?;
    Ok(appointment.ok_or(Error::NotFound(What::Appointment))?)
}

/// Does one act on an appointment by compare and swap, gives its slot and its persons back when it no longer holds
/// them, and announces it where others want to know.
pub(super) async fn end(
    act: &mut Act,
    seen: &Appointment,
    deed: rules::Act,
    reason: Option<&str>,
) -> Result<Appointment, Refusal> {
    let state = seen.state_at(act.now());
    let next = state.after(deed).ok_or(Error::AppointmentState(state))?;
    let end_reason = reason.map(|text| act.seal("appointment", "end_reason", seen.id, text));
    if !store::appointments::change(act, seen, next, end_reason.as_ref()).await? {
        return Err(Refusal::stale_version());
    }
    let changed = Appointment {
        state: next,
        end_reason,
        version: seen.version + 1,
        ..seen.clone()
    };
    if !next.holds_slot() {
        store::appointments::release_persons(act, seen.id).await?;
    }
    match event_of(next) {
        Some(kind) => announce(act, kind, &changed),
        None => act.audit(format!("appointment:{}", seen.id), &["state"], None),
    }
    Ok(changed)
}

/// The event of a state; that a talk began concerns nobody else, and when a hold ends was told when it began.
const fn event_of(state: State) -> Option<&'static str> {
    match state {
        State::Requested => Some("appointment.requested"),
        State::Confirmed => Some("appointment.confirmed"),
        State::CheckedIn => Some("appointment.checked_in"),
        State::InMeeting | State::Expired => None,
        State::Completed => Some("appointment.completed"),
        State::Rescheduled => Some("appointment.rescheduled"),
        State::CancelledByPetitioner | State::CancelledByOffice => Some("appointment.cancelled"),
        State::Declined => Some("appointment.declined"),
        State::NoShow => Some("appointment.no_show"),
    }
}

fn announce(act: &mut Act, kind: &'static str, appointment: &Appointment) {
    let body = AppointmentChanged {
        appointment_id: appointment.id.to_string(),
        reception_day_id: appointment.reception_day_id.to_string(),
        slot_start: (appointment.slot.as_ref())
            .map(|slot| wire::timestamp(local::at(appointment.day, slot.starts_at))),
        case_id: wire::text_or_empty(appointment.case_id),
        held_until: held_until(appointment).map(wire::timestamp),
    };
    act.publish(kind, Entity::of(EntityKind::Appointment, appointment.id), &body);
}

/// Asks that the petitioners of its case be told; who comes without a case is told at the counter.
pub(super) fn tell(act: &mut Act, appointment: &Appointment, template: NotificationTemplate) {
    let Some(case_id) = appointment.case_id else {
        return;
    };
    let notice = Notice::of(case_id, template);
    act.tell(match &appointment.slot {
        Some(slot) => notice.at(local::at(appointment.day, slot.starts_at)),
        None => notice,
    });
}

/// Until when its slot is held.
fn held_until(appointment: &Appointment) -> Option<OffsetDateTime> {
    appointment
        .held_until
        .filter(|_| appointment.state == State::Requested)
}

fn open_visitors(act: &Act, appointment: &Appointment) -> Result<Vec<SealedVisitor>, Refusal> {
    let json = act
        .open("appointment", "visitors", appointment.id, &appointment.visitors)
        .map_err(|error| Refusal::internal(&error))?;
    serde_json::from_str(&json).map_err(|error| Refusal::internal(&error))
}

fn shown(act: &Act, appointment: &Appointment) -> Result<wire_v1::Appointment, Refusal> {
    let visitors = open_visitors(act, appointment)?;
    let slot = appointment.slot.as_ref();
    let reason = appointment.end_reason.as_ref();
    let reason = reason.map(|sealed| act.open("appointment", "end_reason", appointment.id, sealed));
    let reason = reason.transpose().map_err(|error| Refusal::internal(&error))?;
    Ok(wire_v1::Appointment {
        appointment_id: appointment.id.to_string(),
        reception_day_id: appointment.reception_day_id.to_string(),
        day: appointment.day.to_string(),
        start: slot.map_or_else(String::new, |slot| wire::hour_minute(slot.starts_at)),
        room: slot.map_or_else(String::new, |slot| slot.room.clone()),
        minutes: slot.map_or(0, |slot| slot.minutes.unsigned_abs()),
        state: wire::appointment_state(appointment.state_at(act.now())).into(),
        masked_names: visitors.iter().map(|visitor| mask::name(&visitor.name)).collect(),
        channel: wire::channel(appointment.channel).into(),
        case_id: wire::text_or_empty(appointment.case_id),
        moved_from: wire::text_or_empty(appointment.moved_from),
        reason: reason.unwrap_or_default(),
        booked_at: Some(wire::timestamp(appointment.created_at)),
        version: appointment.version.unsigned_abs(),
        held_until: held_until(appointment).map(wire::timestamp),
    })
}

async fn list(
    act: &mut Act,
    query: wire_v1::ListAppointmentsRequest,
) -> Result<wire_v1::ListAppointmentsResponse, Refusal> {
    wire::authorise_here(act)?;
    let mut fields = Fields::new();
    let page: Page<(Time, String, Uuid)> = Page::read(&mut fields, "page", query.page.as_ref());
    let day_id = fields.uuid("reception_day_id", &query.reception_day_id);
    fields.finish()?;
    let day_id = day_id.unwrap_or_default();
    let mut rows = store::appointments::page(act, day_id, page.after.clone(), page.limit()).await?;
    let next = page.cut(&mut rows, |row| {
        let room = row.slot.as_ref().map(|slot| slot.room.clone());
        (row.starts_at(), room.unwrap_or_default(), row.id)
    });
    leave_known(act, day_id, &mut rows).await?;
    let appointments = rows.iter().map(|row| shown(act, row)).collect::<Result<_, _>>()?;
    Ok(wire_v1::ListAppointmentsResponse {
        appointments,
        page: Some(next),
    })
}

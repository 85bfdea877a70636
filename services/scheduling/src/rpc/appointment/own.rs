//! What a petitioner does with the appointments of his own case.

use tonic::{Request, Response, Status};
use uuid::Uuid;
use xinqiao_chassis::desk::{Act, Desk};
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_proto::scheduling as wire_v1;
use xinqiao_proto::scheduling::own_appointment_service_server::OwnAppointmentService;

use super::book::{self, Wish};
use super::{course, end, found, people, place, shown, waiting_list};
use crate::domain::appointment::{self as rules, Channel, State};
use crate::rpc::error::{Error, What};
use crate::rpc::wire;
use crate::store;
use crate::store::appointments::Appointment;
use crate::store::known::KnownCase;

/// Implements `OwnAppointmentService`.
#[derive(Debug)]
pub(in crate::rpc) struct OwnAppointments {
    desk: Desk,
}

impl OwnAppointments {
    pub(in crate::rpc) const fn new(desk: Desk) -> Self {
        Self { desk }
    }
}

#[tonic::async_trait]
impl OwnAppointmentService for OwnAppointments {
    async fn list_own_appointments(
        &self,
        request: Request<wire_v1::ListOwnAppointmentsRequest>,
    ) -> Result<Response<wire_v1::ListOwnAppointmentsResponse>, Status> {
        self.desk.read(request, |act, _| Box::pin(list(act))).await
    }

    async fn book_own_appointment(
        &self,
        request: Request<wire_v1::BookOwnAppointmentRequest>,
    ) -> Result<Response<wire_v1::BookOwnAppointmentResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(book(act, query)))
            .await
    }

    async fn confirm_own_appointment(
        &self,
        request: Request<wire_v1::ConfirmOwnAppointmentRequest>,
    ) -> Result<Response<wire_v1::ConfirmOwnAppointmentResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(confirm(act, query)))
            .await
    }

    async fn join_own_waiting_list(
        &self,
        request: Request<wire_v1::JoinOwnWaitingListRequest>,
    ) -> Result<Response<wire_v1::JoinOwnWaitingListResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(join(act, query)))
            .await
    }

    async fn reschedule_own_appointment(
        &self,
        request: Request<wire_v1::RescheduleOwnAppointmentRequest>,
    ) -> Result<Response<wire_v1::RescheduleOwnAppointmentResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(reschedule(act, query)))
            .await
    }

    async fn cancel_own_appointment(
        &self,
        request: Request<wire_v1::CancelOwnAppointmentRequest>,
    ) -> Result<Response<wire_v1::CancelOwnAppointmentResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(cancel(act, query)))
            .await
    }
}

/// The case of the token, once he may do with it what he called for.
async fn own_case(act: &mut Act) -> Result<KnownCase, Refusal> {
    let missing = || Refusal::from(Error::NotFound(What::Case));
    let id = act.caller().case_id.ok_or_else(missing)?;
    let case = store::known::case(act, id).await?.ok_or_else(missing)?;
    let resource = store::known::resource(act, &case).await?;
    act.authorise(&resource, missing)?;
    if case.sealed {
        return Err(missing());
    }
    Ok(case)
}

/// An appointment of his case, in the version he saw.
async fn take_own(act: &mut Act, id: &str, version: u64) -> Result<Appointment, Refusal> {
    let case = own_case(act).await?;
    let appointment = found(act, id).await?;
    if appointment.case_id != Some(case.id) {
        return Err(Error::NotFound(What::Appointment).into());
    }
    wire::same_version(version, appointment.version)?;
    Ok(appointment)
}

async fn list(act: &mut Act) -> Result<wire_v1::ListOwnAppointmentsResponse, Refusal> {
    let case = own_case(act).await?;
    let mut answer = wire_v1::ListOwnAppointmentsResponse {
        rule: Some(waiting_list::rule(act)),
        ..wire_v1::ListOwnAppointmentsResponse::default()
    };
    for row in store::appointments::live_of_case(act, case.id).await? {
        if row.slot.is_none() {
            answer.waiting.push(waiting_list::standing(act, &row).await?);
        } else if row.state_at(act.now()) != State::Expired {
            answer.appointments.push(shown(act, &row)?);
        }
    }
    Ok(answer)
}

async fn book(
    act: &mut Act,
    query: wire_v1::BookOwnAppointmentRequest,
) -> Result<wire_v1::BookOwnAppointmentResponse, Refusal> {
    let mut fields = Fields::new();
    let place = place::read(&mut fields, query.slot.as_ref());
    let subject = fields.text("subject", &query.subject, 2..=100);
    fields.finish()?;
    let place = place.ok_or_else(|| Refusal::internal(&"the slot was checked"))?;
    let case = own_case(act).await?;
    let persons = people::of_case(act, &case)?;
    let wish = own_wish(case.id, subject, query.hold);
    let appointment = book::take_slot(act, &place, &wish, &persons).await?;
    Ok(wire_v1::BookOwnAppointmentResponse {
        appointment: Some(shown(act, &appointment)?),
    })
}

fn own_wish(case_id: Uuid, subject: String, hold: bool) -> Wish {
    Wish {
        visitors: Vec::new(),
        subject,
        case_id: Some(case_id),
        channel: Channel::Online,
        hold,
    }
}

async fn confirm(
    act: &mut Act,
    query: wire_v1::ConfirmOwnAppointmentRequest,
) -> Result<wire_v1::ConfirmOwnAppointmentResponse, Refusal> {
    let seen = take_own(act, &query.appointment_id, query.version).await?;
    let changed = course::confirmed(act, &seen).await?;
    Ok(wire_v1::ConfirmOwnAppointmentResponse {
        appointment: Some(shown(act, &changed)?),
    })
}

async fn join(
    act: &mut Act,
    query: wire_v1::JoinOwnWaitingListRequest,
) -> Result<wire_v1::JoinOwnWaitingListResponse, Refusal> {
    let mut fields = Fields::new();
    let day = fields.date("day", &query.day);
    let subject = fields.text("subject", &query.subject, 2..=100);
    fields.finish()?;
    let day = day.ok_or_else(|| Refusal::internal(&"the day was checked"))?;
    let case = own_case(act).await?;
    let persons = people::of_case(act, &case)?;
    let wish = own_wish(case.id, subject, false);
    Ok(wire_v1::JoinOwnWaitingListResponse {
        waiting: Some(waiting_list::wait(act, day, &wish, &persons).await?),
        rule: Some(waiting_list::rule(act)),
    })
}

async fn reschedule(
    act: &mut Act,
    query: wire_v1::RescheduleOwnAppointmentRequest,
) -> Result<wire_v1::RescheduleOwnAppointmentResponse, Refusal> {
    let place = book::read_place(query.slot.as_ref())?;
    let seen = take_own(act, &query.appointment_id, query.version).await?;
    let appointment = book::move_to(act, &seen, &place).await?;
    Ok(wire_v1::RescheduleOwnAppointmentResponse {
        appointment: Some(shown(act, &appointment)?),
    })
}

async fn cancel(
    act: &mut Act,
    query: wire_v1::CancelOwnAppointmentRequest,
) -> Result<wire_v1::CancelOwnAppointmentResponse, Refusal> {
    let seen = take_own(act, &query.appointment_id, query.version).await?;
    let changed = end(act, &seen, rules::Act::CancelByPetitioner, None).await?;
    Ok(wire_v1::CancelOwnAppointmentResponse {
        appointment: Some(shown(act, &changed)?),
    })
}

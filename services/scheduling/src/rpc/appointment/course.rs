//! The course of an appointment: confirmed or declined, checked in, talked to, called off, missed.

use xinqiao_chassis::desk::Act;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_kernel::local;
use xinqiao_proto::event::NotificationTemplate;
use xinqiao_proto::scheduling as wire_v1;

use super::{end, shown, take, take_to_meeting, tell};
use crate::domain::appointment::{self as rules, State};
use crate::rpc::error::Error;
use crate::store::appointments::Appointment;

pub(super) async fn confirm(
    act: &mut Act,
    query: wire_v1::ConfirmAppointmentRequest,
) -> Result<wire_v1::ConfirmAppointmentResponse, Refusal> {
    let seen = take(act, &query.appointment_id, query.version).await?;
    let changed = confirmed(act, &seen).await?;
    Ok(wire_v1::ConfirmAppointmentResponse {
        appointment: Some(shown(act, &changed)?),
    })
}

/// Confirms a slot while it is held.
pub(super) async fn confirmed(act: &mut Act, seen: &Appointment) -> Result<Appointment, Refusal> {
    if seen.state == State::Requested && seen.slot.is_none() {
        return Err(Error::NoSlotYet.into());
    }
    let changed = end(act, seen, rules::Act::Confirm, None).await?;
    tell(act, &changed, NotificationTemplate::AppointmentConfirmed);
    Ok(changed)
}

pub(super) async fn decline(
    act: &mut Act,
    query: wire_v1::DeclineAppointmentRequest,
) -> Result<wire_v1::DeclineAppointmentResponse, Refusal> {
    let mut fields = Fields::new();
    let reason = fields.text("reason", &query.reason, 2..=200);
    fields.finish()?;
    let seen = take(act, &query.appointment_id, query.version).await?;
    let changed = end(act, &seen, rules::Act::Decline, Some(&reason)).await?;
    Ok(wire_v1::DeclineAppointmentResponse {
        appointment: Some(shown(act, &changed)?),
    })
}

pub(super) async fn check_in(
    act: &mut Act,
    query: wire_v1::CheckInAppointmentRequest,
) -> Result<wire_v1::CheckInAppointmentResponse, Refusal> {
    let seen = take(act, &query.appointment_id, query.version).await?;
    if seen.state == State::Confirmed && seen.day != act.today() {
        return Err(Error::NotToday(seen.day).into());
    }
    let changed = end(act, &seen, rules::Act::CheckIn, None).await?;
    Ok(wire_v1::CheckInAppointmentResponse {
        appointment: Some(shown(act, &changed)?),
    })
}

pub(super) async fn start(
    act: &mut Act,
    query: wire_v1::StartMeetingRequest,
) -> Result<wire_v1::StartMeetingResponse, Refusal> {
    let seen = take_to_meeting(act, &query.appointment_id, query.version).await?;
    let changed = end(act, &seen, rules::Act::Start, None).await?;
    Ok(wire_v1::StartMeetingResponse {
        appointment: Some(shown(act, &changed)?),
    })
}

pub(super) async fn cancel(
    act: &mut Act,
    query: wire_v1::CancelAppointmentRequest,
) -> Result<wire_v1::CancelAppointmentResponse, Refusal> {
    let mut fields = Fields::new();
    if query.by_office {
        fields.text("reason", &query.reason, 2..=200);
    } else if !query.reason.is_empty() {
        fields.wrong(
            "reason",
            "NOT_ASKED",
            "信访人取消预约无需说明原因",
            "a petitioner need not give a reason",
        );
    }
    fields.finish()?;
    let seen = take(act, &query.appointment_id, query.version).await?;
    let changed = if query.by_office {
        let changed = end(act, &seen, rules::Act::CancelByOffice, Some(query.reason.trim())).await?;
        tell(act, &changed, NotificationTemplate::AppointmentCancelled);
        changed
    } else {
        end(act, &seen, rules::Act::CancelByPetitioner, None).await?
    };
    Ok(wire_v1::CancelAppointmentResponse {
        appointment: Some(shown(act, &changed)?),
    })
}

pub(super) async fn mark_no_show(
    act: &mut Act,
    query: wire_v1::MarkNoShowRequest,
) -> Result<wire_v1::MarkNoShowResponse, Refusal> {
    let seen = take(act, &query.appointment_id, query.version).await?;
    if act.now() < local::at(seen.day, seen.starts_at()) {
        return Err(Error::NotYetDue.into());
    }
    let changed = end(act, &seen, rules::Act::Miss, None).await?;
    Ok(wire_v1::MarkNoShowResponse {
        appointment: Some(shown(act, &changed)?),
    })
}

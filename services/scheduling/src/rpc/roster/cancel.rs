//! Calling a reception day off.

use time::Date;
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_kernel::Calendar;
use xinqiao_proto::event::NotificationTemplate;
use xinqiao_proto::scheduling as wire_v1;

use super::{announce_to, generate, put, take, told};
use crate::domain::{appointment, reception_day};
use crate::rpc::appointment::{end, tell};
use crate::rpc::error::Error;
use crate::rpc::wire;
use crate::store;

pub(super) async fn cancel(
    act: &mut Act,
    query: wire_v1::CancelReceptionDayRequest,
) -> Result<wire_v1::CancelReceptionDayResponse, Refusal> {
    wire::authorise_here(act)?;
    let mut fields = Fields::new();
    fields.text("reason", &query.reason, 2..=200);
    let substitute_day = fields.optional_date("substitute_day", &query.substitute_day);
    if let Some(day) = substitute_day {
        check_substitute(&mut fields, act.calendar(), act.today(), day);
    }
    fields.finish()?;
    let (mut day, next) = take(
        act,
        &query.reception_day_id,
        query.version,
        reception_day::Act::Cancel,
    )
    .await?;
    let substitute = substitute_day.map(|date| generate::substitute(act, &day, date));
    day.state = next;
    day.cancel_reason = Some(query.reason.trim().to_owned());
    day.substitute_id = substitute.as_ref().map(|substitute| substitute.id);
    let expecting = told::expecting(act, &day).await?;
    put(act, &mut day).await?;
    announce_to(act, "reception_day.cancelled", &day, &expecting, None);
    let held = store::appointments::open_of_day(act, day.id).await?;
    for appointment in &held {
        end(
            act,
            appointment,
            appointment::Act::CancelByOffice,
            day.cancel_reason.as_deref(),
        )
        .await?;
        tell(act, appointment, NotificationTemplate::ReceptionDayCancelled);
    }
    if let Some(substitute) = &substitute
        && !generate::add(act, substitute).await?
    {
        return Err(Error::DayTaken(substitute.day).into());
    }
    Ok(wire_v1::CancelReceptionDayResponse {
        reception_day: Some(wire::reception_day(&day)),
        substitute: substitute.as_ref().map(wire::reception_day),
        cancelled_appointments: u32::try_from(held.len()).unwrap_or(u32::MAX),
        case_ids: wire::texts(&expecting.case_ids),
        appointments_without_case: expecting.without_case,
    })
}

/// A substitute that could not be published in time would never be held.
fn check_substitute(fields: &mut Fields, calendar: &Calendar, today: Date, day: Date) {
    fields.require(
        "substitute_day",
        day > today && calendar.is_working_day(day),
        "NOT_A_WORKING_DAY_AHEAD",
        "替代日须为今天以后的工作日",
        "the substitute is a working day after today",
    );
    let first = reception_day::first_day_published(calendar, today);
    if day > today && day < first {
        fields.wrong(
            "substitute_day",
            "TOO_SOON_TO_PUBLISH",
            format_args!("替代日须至少提前三个工作日公布，最早为 {first}"),
            format_args!(
                "it is published at least three working days before, so {first} is the first possible day"
            ),
        );
    }
}

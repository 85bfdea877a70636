//! Calling a reception day off.

use time::Date;
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_kernel::Calendar;
use xinqiao_proto::scheduling as wire_v1;

use super::{announce, generate, put, take};
use crate::domain::{appointment, reception_day};
use crate::rpc::appointment::end;
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
    let works = substitute_day.is_none_or(|day| can_stand_in(act.calendar(), act.today(), day));
    fields.require(
        "substitute_day",
        works,
        "NOT_A_WORKING_DAY_AHEAD",
        "替代日须为今天以后的工作日",
        "the substitute is a working day after today",
    );
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
    put(act, &mut day).await?;
    announce(act, "reception_day.cancelled", &day);
    let held = store::appointments::open_of_day(act, day.id).await?;
    for appointment in &held {
        end(
            act,
            appointment,
            appointment::Act::CancelByOffice,
            day.cancel_reason.as_deref(),
        )
        .await?;
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
    })
}

fn can_stand_in(calendar: &Calendar, today: Date, day: Date) -> bool {
    day > today && calendar.is_working_day(day)
}

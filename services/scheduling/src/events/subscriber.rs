//! Events of other services that this one needs.
//!
//! | event | effect |
//! |---|---|
//! | case.registered | the case is known: it can be received, and waits in the queue of its day |
//! | case.released, case.assigned, case.investigation_started | whom the case concerns does not act on it |
//! | case.assigned | the units it is assigned to may read its record |
//! | case.closure_reported, case.diverted, case.not_accepted, case.no_longer_accepted, case.transferred_out, case.filed, case.closed | the archivist may read its record |
//! | case.returned, leader.sent_back | no longer |
//! | clock.recomputed | K0 of an open record has the dates of another calendar |
//! | calendar.previewed | it is known what a proposed calendar would move: it can be approved |
//! | unit.changed | the unit can be named as responsible, or no longer; where it stands |

use futures::future::BoxFuture;
use uuid::Uuid;
use xinqiao_chassis::concern;
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::inbox::{Incoming, Subscriber};
use xinqiao_chassis::refusal::Refusal;
use xinqiao_kernel::local::parse_date;
use xinqiao_kernel::{ClockCode, Due, Term};
use xinqiao_proto::event::{CalendarPreviewed, CaseAssigned, CaseRegistered, ClockChanged, UnitChanged};

use crate::store::known::{self, KnownCase};
use crate::store::{calendar_proposals, receptions};

/// Applies what concerns this service and passes the rest by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SchedulingSubscriber;

impl Subscriber for SchedulingSubscriber {
    fn apply<'t>(&'t self, act: &'t mut Act, event: &'t Incoming) -> BoxFuture<'t, Result<(), Refusal>> {
        Box::pin(async move {
            concern::follow(act, event).await?;
            match event.kind.as_str() {
                "case.registered" => case_registered(act, event).await,
                "case.assigned" => case_assigned(act, event).await,
                "case.closure_reported"
                | "case.diverted"
                | "case.not_accepted"
                | "case.no_longer_accepted"
                | "case.transferred_out"
                | "case.filed"
                | "case.closed" => Ok(known::close_case(act, event.entity_id, true).await?),
                "case.returned" | "leader.sent_back" => {
                    Ok(known::close_case(act, event.entity_id, false).await?)
                }
                "clock.recomputed" => clock_recomputed(act, event).await,
                "calendar.previewed" => calendar_previewed(act, event).await,
                "unit.changed" => unit_changed(act, event).await,
                _ => Ok(()),
            }
        })
    }
}

async fn case_registered(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    let body: CaseRegistered = event.decode()?;
    let number = event
        .case_no
        .ok_or_else(|| Refusal::internal(&"case.registered without a case number"))?;
    let district = act.district();
    let told = |sealed| (act.keys()).open_field(district, event.event_id, "persons", sealed);
    let persons = body.persons.as_ref().map(told).transpose();
    let persons = persons.map_err(|error| Refusal::internal(&error))?;
    let case = KnownCase {
        id: event.entity_id,
        case_no: number.to_string(),
        registered_at: event.occurred_at,
        reception_day_id: optional_id(&body.reception_day_id)?,
        unit_ids: Vec::new(),
        closing: false,
        sealed: body.sealed,
        persons: persons.map(|plain| act.seal("known_case", "persons", event.entity_id, &plain)),
    };
    Ok(known::insert_case(act, &case).await?)
}

async fn case_assigned(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    let body: CaseAssigned = event.decode()?;
    let named = std::iter::once(&body.lead_unit_id).chain(&body.assist_unit_ids);
    let units = named.map(|text| id(text)).collect::<Result<Vec<_>, _>>()?;
    Ok(known::assign_case(act, event.entity_id, &units).await?)
}

/// Another calendar came into force: the last day that people are shown follows supervision's.
async fn clock_recomputed(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    let body: ClockChanged = event.decode()?;
    let term = body.term.unwrap_or_default();
    if term.clock != ClockCode::K0.code() {
        return Ok(());
    }
    let day =
        |date: &str| parse_date(date).ok_or_else(|| Refusal::internal(&"clock.recomputed without dates"));
    let length = u16::try_from(term.length).unwrap_or(Term::MAX);
    let k0 = Due {
        start: day(&term.start_date)?,
        term: Term::WorkingDays(length),
        raw: day(&term.due_raw)?,
        eff: day(&term.due_eff)?,
        safe: day(&term.due_safe)?,
        provisional: term.provisional,
        calendar_version: term.calendar_version,
        derivation: Vec::new(),
    };
    Ok(receptions::k0_recomputed(act, event.entity_id, &k0).await?)
}

async fn calendar_previewed(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    let body: CalendarPreviewed = event.decode()?;
    let effect = body
        .effect
        .ok_or_else(|| Refusal::internal(&"calendar.previewed without an effect"))?;
    let counts = [
        effect.open,
        effect.moving,
        effect.told,
        effect.kept,
        effect.certainty,
    ];
    let counts = counts.map(|count| i64::try_from(count).unwrap_or(i64::MAX));
    Ok(calendar_proposals::previewed(act, event.entity_id, counts).await?)
}

async fn unit_changed(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    let body: UnitChanged = event.decode()?;
    Ok(known::put_unit(act, event.entity_id, &body.name, body.active).await?)
}

fn id(text: &str) -> Result<Uuid, Refusal> {
    Uuid::try_parse(text).map_err(|error| Refusal::internal(&error))
}

fn optional_id(text: &str) -> Result<Option<Uuid>, Refusal> {
    if text.is_empty() {
        Ok(None)
    } else {
        id(text).map(Some)
    }
}

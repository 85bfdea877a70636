//! What this service does with foreign events. Kinds that do not concern it have no effect.

use futures::{FutureExt as _, future::BoxFuture};
use uuid::Uuid;
use xinqiao_chassis::{
    concern,
    desk::Act,
    inbox::{Incoming, Subscriber},
    refusal::Refusal,
};
use xinqiao_kernel::{Term, local::parse_date};
use xinqiao_proto::{
    common::{self, TermUnit},
    event,
};

use crate::{
    domain::{
        assign::Instruction,
        case::{Case, Purpose, Triage},
        leader::Leader,
        terms::LegalTerm,
    },
    store::{cases, masters},
};

/// The subscriber of the service.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Inbound;

impl Subscriber for Inbound {
    fn apply<'t>(&'t self, act: &'t mut Act, event: &'t Incoming) -> BoxFuture<'t, Result<(), Refusal>> {
        apply(act, event).boxed()
    }
}

async fn apply(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    concern::follow(act, event).await?;
    match event.kind.as_str() {
        "case.registered" => registered(act, event).await,
        "case.released" => released(act, event).await,
        "case.linked"
        | "case.diverted"
        | "case.not_accepted"
        | "case.no_longer_accepted"
        | "case.transferred_out"
        | "case.voided" => ended_elsewhere(act, event).await,
        "reception.finalised" => reception_finalised(act, event).await,
        "leader.changed" => leader_changed(act, event).await,
        "case.returned" => returned(act, event).await,
        "leader.sent_back" => sent_back(act, event).await,
        "clock.recomputed" => recomputed(act, event).await,
        _ => Ok(()),
    }
}

async fn registered(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    let body: event::CaseRegistered = event.decode()?;
    let number = event.case_no.ok_or_else(|| unreadable("case number"))?;
    let purpose = purpose(body.purpose())?;
    let mut case = Case::registered(
        event.entity_id,
        number,
        purpose,
        body.anonymous,
        body.leader_received,
    );
    case.due_on = body.k1.as_ref().and_then(|k1| parse_date(&k1.due_eff));
    Ok(cases::save(act, &mut case).await?)
}

async fn released(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    let body: event::CaseReleased = event.decode()?;
    let mut case = known(act, event).await?;
    let triage = Triage {
        sixty_days: body.legal_route() == event::LegalRoute::LegalRoute316,
        field_code: body.field_code.clone(),
        town_code: body.problem_town_code.clone(),
        reception_id: optional_id(&body.reception_id)?,
        complained_units: body
            .complained_unit_ids
            .iter()
            .map(|unit| id(unit))
            .collect::<Result<_, _>>()?,
        request_count: body.request_count,
    };
    case.leader_received = body.leader_received;
    case.release(
        purpose(body.purpose())?,
        triage,
        optional_id(&body.responsible_leader_id)?,
    );
    Ok(cases::save(act, &mut case).await?)
}

async fn ended_elsewhere(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    let mut case = known(act, event).await?;
    case.ended_elsewhere();
    Ok(cases::save(act, &mut case).await?)
}

async fn reception_finalised(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    let body: event::ReceptionFinalised = event.decode()?;
    let instruction = Instruction {
        leader: id(&body.leader_id)?,
        lead_unit: optional_id(&body.lead_unit_id)?,
    };
    let reception_id = id(&body.reception_id)?;
    masters::save_instruction(act, event.entity_id, reception_id, &instruction).await?;
    Ok(())
}

async fn leader_changed(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    let body: event::LeaderChanged = event.decode()?;
    let leader = Leader {
        id: id(&body.leader_id)?,
        name: body.name,
        post: body.post,
        portfolio: body.portfolio,
        linked_towns: body.linked_towns,
        active: body.active,
    };
    masters::save_leader(act, &leader).await?;
    Ok(())
}

async fn returned(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    let mut case = known(act, event).await?;
    case.take_back_returned()
        .map_err(|denied| Refusal::internal(&denied))?;
    Ok(cases::save(act, &mut case).await?)
}

async fn sent_back(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    let body: event::LeaderSentBack = event.decode()?;
    let mut case = known(act, event).await?;
    case.take_back_sent_back(parse_date(&body.rework_due))
        .map_err(|denied| Refusal::internal(&denied))?;
    Ok(cases::save(act, &mut case).await?)
}

async fn recomputed(act: &mut Act, event: &Incoming) -> Result<(), Refusal> {
    let body: event::ClockChanged = event.decode()?;
    let Some(term) = body.term.as_ref().and_then(read_term) else {
        return Err(unreadable("term"));
    };
    let district = act.district();
    let Some(mut case) = cases::lock(act.conn(), district, event.entity_id).await? else {
        return Ok(());
    };
    let eff = term.eff;
    let before = case.terms.get(term.clock).map(|own| own.eff);
    if case.terms.follow(term) {
        if case.due_on == before {
            case.due_on = Some(eff);
        }
        cases::save(act, &mut case).await?;
    }
    Ok(())
}

/// The case, locked. Every event on a case follows `case.registered`, so a missing row is a fault to be looked at.
async fn known(act: &mut Act, event: &Incoming) -> Result<Case, Refusal> {
    let district = act.district();
    let case = cases::lock(act.conn(), district, event.entity_id).await?;
    case.ok_or_else(|| unreadable("case: it was never registered here"))
}

/// A body that its publisher cannot have meant; the event is tried again and then parked with this reason.
fn unreadable(what: &str) -> Refusal {
    Refusal::internal(&format_args!("the event has no readable {what}"))
}

fn id(text: &str) -> Result<Uuid, Refusal> {
    Uuid::try_parse(text).map_err(|_| unreadable("identifier"))
}

fn optional_id(text: &str) -> Result<Option<Uuid>, Refusal> {
    if text.is_empty() {
        Ok(None)
    } else {
        id(text).map(Some)
    }
}

fn purpose(purpose: event::Purpose) -> Result<Purpose, Refusal> {
    match purpose {
        event::Purpose::Suggestion => Ok(Purpose::Suggestion),
        event::Purpose::Accusation => Ok(Purpose::Accusation),
        event::Purpose::Appeal => Ok(Purpose::Appeal),
        event::Purpose::Consult => Ok(Purpose::Consult),
        event::Purpose::Thanks => Ok(Purpose::Thanks),
        event::Purpose::Unspecified => Err(unreadable("purpose")),
    }
}

fn read_term(term: &common::LegalTerm) -> Option<LegalTerm> {
    let count = u16::try_from(term.length).ok()?;
    Some(LegalTerm {
        clock: term.clock.parse().ok()?,
        start: parse_date(&term.start_date)?,
        length: match term.unit() {
            TermUnit::Day => Term::Days(count),
            TermUnit::WorkingDay => Term::WorkingDays(count),
            TermUnit::Unspecified => return None,
        },
        calendar_version: term.calendar_version.clone(),
        raw: parse_date(&term.due_raw)?,
        eff: parse_date(&term.due_eff)?,
        safe: parse_date(&term.due_safe)?,
        provisional: term.provisional,
    })
}

//! Foreign events read as what happened to a case.

use uuid::Uuid;
use xinqiao_chassis::{inbox::Incoming, refusal::Refusal};
use xinqiao_kernel::local::local_date;
use xinqiao_proto::event::{
    CaseAccepted, CaseAssigned, CaseClosureReported, CaseDiverted, CaseExecutionStarted, CaseExtended,
    CaseNoLongerAccepted, CaseNotAccepted, CaseObjected, CaseObjectionDecided, CaseOpinionIssued,
    CaseOpinionServed, CaseRegistered, CaseReleased, CaseReworkStarted, CaseTransferredOut, ClosureOutcome,
    ReceptionFinalised, ReceptionHeld,
};

use super::wire::{date, instant, outcome_code, published, route_code};
use crate::domain::{case::Case, clocks::Happening, trigger::Trigger};

/// A transition and what its event says of the case.
pub(super) struct Told {
    pub(super) happening: Happening,
    pub(super) facts: Facts,
}

/// What an event says of the case, beside the transition itself. What it does not say stays as it is.
#[derive(Debug, Default)]
pub(super) struct Facts {
    legal_route: Option<&'static str>,
    leader_received: Option<bool>,
    responsible_leader_id: Option<Uuid>,
    outcome: Option<&'static str>,
    noticed_on: Option<time::Date>,
    acceptance_served: Option<bool>,
    ended_early: Option<bool>,
    unit_ids: Option<Vec<Uuid>>,
}

impl Facts {
    /// Puts them into the case.
    pub(super) fn write_to(&self, case: &mut Case) {
        if let Some(route) = self.legal_route {
            case.legal_route = Some(route.to_owned());
        }
        if let Some(received) = self.leader_received {
            case.leader_received = received;
        }
        if self.responsible_leader_id.is_some() {
            case.responsible_leader_id = self.responsible_leader_id;
        }
        if let Some(outcome) = self.outcome {
            case.outcome = Some(outcome.to_owned());
        }
        if self.noticed_on.is_some() {
            case.noticed_on = self.noticed_on;
        }
        if self.acceptance_served.is_some() {
            case.acceptance_served = self.acceptance_served;
        }
        if let Some(ended_early) = self.ended_early {
            case.ended_early = ended_early;
        }
        if let Some(units) = &self.unit_ids {
            case.unit_ids.clone_from(units);
        }
    }
}

/// A registration: the case, and the start of K1 on the day its submission was received. It ends on the date that an organ
/// above has set when that is earlier.
pub(super) fn registered(event: &Incoming, body: &CaseRegistered) -> Result<(Case, Happening), Refusal> {
    let number = event
        .case_no
        .ok_or_else(|| Refusal::internal(&"case.registered without a case number"))?;
    let received = instant(body.received_at.as_ref())
        .ok_or_else(|| Refusal::internal(&"case.registered without received_at"))?;
    let mut case = Case::registered(event.entity_id, number);
    case.leader_received = body.leader_received;
    case.sealed = body.sealed;
    case.registered_by = Some(event.actor_ref.clone());
    case.persons = body.visit_count.max(1);
    case.representatives = body.representative_count.max(1);
    let happening = Happening::now(Trigger::Registered, event.occurred_at)
        .on(local_date(received))
        .until(date(&body.sender_due))
        .published(published([&body.k1]));
    Ok((case, happening))
}

/// A transition of a known case; `None` for kinds that do not concern supervision.
pub(super) fn transition(event: &Incoming) -> Result<Option<Told>, Refusal> {
    let now = |trigger| Happening::now(trigger, event.occurred_at);
    let plain = |trigger| {
        Ok(Some(Told {
            happening: now(trigger),
            facts: Facts::default(),
        }))
    };
    match event.kind.as_str() {
        "reception.held" => {
            let body: ReceptionHeld = event.decode()?;
            let ended = instant(body.ended_at.as_ref()).unwrap_or(event.occurred_at);
            let held = now(Trigger::ReceptionHeld)
                .on(local_date(ended))
                .at_reception(body.reception_id.parse().ok())
                .published(published([&body.k0]));
            Ok(Some(Told {
                happening: held,
                facts: Facts::default(),
            }))
        }
        "reception.finalised" => {
            let body: ReceptionFinalised = event.decode()?;
            let facts = Facts {
                leader_received: Some(true),
                ..leader(&body.leader_id)
            };
            Ok(Some(Told {
                happening: now(Trigger::ReceptionFinalised).at_reception(body.reception_id.parse().ok()),
                facts,
            }))
        }
        "case.released" => released(event),
        "case.linked" => plain(Trigger::Linked),
        "case.diverted" | "case.not_accepted" | "case.no_longer_accepted" | "case.transferred_out" => {
            left(event)
        }
        "case.voided" => plain(Trigger::Voided),
        "case.investigation_started" => plain(Trigger::InvestigationStarted),
        "case.report_submitted" => plain(Trigger::ReportSubmitted),
        "case.report_returned" => plain(Trigger::ReportReturned),
        "case.rework_started" => {
            let body: CaseReworkStarted = event.decode()?;
            plain(if body.investigate_again {
                Trigger::ReworkInvestigated
            } else {
                Trigger::ReworkExecuted
            })
        }
        "case.archived" => plain(Trigger::Archived),
        _ => handling(event),
    }
}

fn leader(id: &str) -> Facts {
    Facts {
        responsible_leader_id: id.parse().ok(),
        ..Facts::default()
    }
}

fn released(event: &Incoming) -> Result<Option<Told>, Refusal> {
    let body: CaseReleased = event.decode()?;
    let facts = Facts {
        legal_route: route_code(body.legal_route()),
        leader_received: Some(body.leader_received),
        ..leader(&body.responsible_leader_id)
    };
    Ok(Some(Told {
        happening: Happening::now(Trigger::Released, event.occurred_at),
        facts,
    }))
}

/// Diverted, not accepted or passed on, by the office or by the unit: told to the petitioner, and to be filed.
fn left(event: &Incoming) -> Result<Option<Told>, Refusal> {
    let (trigger, route, received, leader_id, k23) = match event.kind.as_str() {
        "case.diverted" => {
            let body: CaseDiverted = event.decode()?;
            let route = route_code(body.legal_route());
            let told = (body.leader_received, body.responsible_leader_id, body.k23);
            (Trigger::Diverted, route, told.0, told.1, told.2)
        }
        "case.not_accepted" => {
            let body: CaseNotAccepted = event.decode()?;
            let told = (body.leader_received, body.responsible_leader_id, body.k23);
            (Trigger::NotAccepted, None, told.0, told.1, told.2)
        }
        "case.no_longer_accepted" => {
            let body: CaseNoLongerAccepted = event.decode()?;
            let told = (body.leader_received, body.responsible_leader_id, body.k23);
            (Trigger::NoLongerAccepted, None, told.0, told.1, told.2)
        }
        _ => {
            let body: CaseTransferredOut = event.decode()?;
            let told = (body.leader_received, body.responsible_leader_id, body.k23);
            (Trigger::TransferredOut, None, told.0, told.1, told.2)
        }
    };
    let facts = Facts {
        legal_route: route,
        leader_received: Some(received),
        noticed_on: Some(local_date(event.occurred_at)),
        ..leader(&leader_id)
    };
    let happening = Happening::now(trigger, event.occurred_at).published(published([&k23]));
    Ok(Some(Told { happening, facts }))
}

/// Transitions at the unit.
fn handling(event: &Incoming) -> Result<Option<Told>, Refusal> {
    let now = |trigger| Happening::now(trigger, event.occurred_at);
    let mut facts = Facts::default();
    let happening = match event.kind.as_str() {
        "case.assigned" => {
            let body: CaseAssigned = event.decode()?;
            let delivered = instant(body.delivered_at.as_ref()).unwrap_or(event.occurred_at);
            let units = std::iter::once(&body.lead_unit_id).chain(&body.assist_unit_ids);
            let unit_ids = Some(units.filter_map(|unit| unit.parse().ok()).collect());
            facts = Facts {
                unit_ids,
                ..leader(&body.responsible_leader_id)
            };
            now(Trigger::Assigned)
                .on(local_date(delivered))
                .until(date(&body.feedback_due))
                .published(published([&body.k2, &body.k3]))
        }
        "case.objected" => {
            let body: CaseObjected = event.decode()?;
            now(Trigger::Objected).published(published([&body.k22]))
        }
        "case.objection_upheld" => {
            let body: CaseObjectionDecided = event.decode()?;
            now(Trigger::ObjectionUpheld).published(published([&body.k1b]))
        }
        "case.objection_refused" => now(Trigger::ObjectionRefused),
        "case.accepted" => {
            let body: CaseAccepted = event.decode()?;
            let day = date(&body.accepted_on).unwrap_or_else(|| local_date(event.occurred_at));
            facts.acceptance_served = Some(body.notice_served);
            now(Trigger::Accepted).on(day).published(published([&body.k4]))
        }
        "case.extended" => {
            let body: CaseExtended = event.decode()?;
            let added_days = u16::try_from(body.days).map_err(|error| Refusal::internal(&error))?;
            Happening {
                added_days,
                ..now(Trigger::Extended).published(published([&body.k5]))
            }
        }
        "case.opinion_issued" => {
            let body: CaseOpinionIssued = event.decode()?;
            facts.outcome = outcome_code(body.outcome());
            now(Trigger::OpinionIssued).published(published([&body.k19]))
        }
        "case.opinion_served" => {
            let body: CaseOpinionServed = event.decode()?;
            let day = date(&body.served_on).unwrap_or_else(|| local_date(event.occurred_at));
            now(Trigger::OpinionServed)
                .on(day)
                .published(published([&body.k6]))
        }
        "case.execution_started" => {
            let body: CaseExecutionStarted = event.decode()?;
            now(Trigger::ExecutionStarted).until(date(&body.plan_due))
        }
        "case.closure_reported" => {
            let body: CaseClosureReported = event.decode()?;
            let ended_early = matches!(
                body.closure_outcome(),
                ClosureOutcome::Onsite | ClosureOutcome::Withdrawn | ClosureOutcome::Diverted
            );
            facts = Facts {
                outcome: outcome_code(body.outcome()),
                ended_early: Some(ended_early),
                leader_received: Some(body.leader_received),
                ..leader(&body.responsible_leader_id)
            };
            now(Trigger::ClosureReported).published(published([&body.k21]))
        }
        _ => return Ok(None),
    };
    Ok(Some(Told { happening, facts }))
}

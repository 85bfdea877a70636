//! Bodies of the events this service publishes; exactly one for each transition, and what petitioners are to be told.

use time::{Date, OffsetDateTime};
use uuid::Uuid;
use xinqiao_chassis::{
    desk::{Act, Notice},
    document::timestamp,
    journal::{Entity, EntityKind},
};
use xinqiao_kernel::Term;
use xinqiao_proto::{
    common::{self, TermUnit},
    event::{self, NotificationTemplate},
};

use crate::domain::{
    assign::Assignment,
    case::{Case, Outcome},
    closure::ClosureOutcome,
    terms::LegalTerm,
    unit::Unit,
};

/// The case as the entity of its events.
pub(crate) fn entity(case: &Case) -> Entity {
    Entity::case(case.id, case.number)
}

/// A term as the contracts write it.
pub(crate) fn legal_term(term: &LegalTerm) -> common::LegalTerm {
    let unit = match term.length {
        Term::Days(_) => TermUnit::Day,
        Term::WorkingDays(_) => TermUnit::WorkingDay,
    };
    common::LegalTerm {
        clock: term.clock.to_string(),
        start_date: term.start.to_string(),
        length: u32::from(term.length.count()),
        unit: unit.into(),
        calendar_version: term.calendar_version.clone(),
        due_raw: term.raw.to_string(),
        due_eff: term.eff.to_string(),
        due_safe: term.safe.to_string(),
        provisional: term.provisional,
    }
}

/// An identifier that may be missing.
pub(crate) fn id_or_empty(id: Option<Uuid>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

/// An outcome as the contracts write it.
pub(crate) fn outcome(outcome: Outcome) -> event::Outcome {
    match outcome {
        Outcome::Support => event::Outcome::Support,
        Outcome::Explain => event::Outcome::Explain,
        Outcome::NotSupport => event::Outcome::NotSupport,
    }
}

/// `unit.changed`.
pub(crate) fn unit_changed(act: &mut Act, unit: &Unit) {
    let body = event::UnitChanged {
        unit_id: unit.id.to_string(),
        name: unit.name.clone(),
        parent_unit_id: id_or_empty(unit.parent),
        successor_unit_id: id_or_empty(unit.successor),
        active: unit.active,
    };
    act.publish("unit.changed", Entity::of(EntityKind::Unit, unit.id), &body);
}

/// `case.assigned` (T08).
pub(crate) fn assigned(
    act: &mut Act,
    case: &Case,
    entered: &Assignment,
    excluded: Vec<Vec<u8>>,
    terms: &[LegalTerm],
) {
    let term = |code: &str| {
        terms
            .iter()
            .find(|term| term.clock.code() == code)
            .map(legal_term)
    };
    let body = event::CaseAssigned {
        round: case.round,
        lead_unit_id: entered.lead_unit.to_string(),
        assist_unit_ids: entered.assist_units.iter().map(Uuid::to_string).collect(),
        delivered_at: Some(timestamp(act.now())),
        k2: term("K2"),
        k3: term("K3"),
        feedback_due: entered.feedback_due.to_string(),
        responsible_leader_id: id_or_empty(case.responsible_leader),
        excluded_person_marks: excluded.into_iter().map(Into::into).collect(),
    };
    act.publish("case.assigned", entity(case), &body);
}

/// `case.objected` (T11).
pub(crate) fn objected(act: &mut Act, case: &Case, k22: &LegalTerm) {
    let body = event::CaseObjected {
        round: case.round,
        k22: Some(legal_term(k22)),
    };
    act.publish("case.objected", entity(case), &body);
}

/// `case.objection_upheld` (T12) or `case.objection_refused` (T13).
pub(crate) fn objection_decided(act: &mut Act, case: &Case, upheld: bool, k1b: Option<&LegalTerm>) {
    let kind = if upheld {
        "case.objection_upheld"
    } else {
        "case.objection_refused"
    };
    let body = event::CaseObjectionDecided {
        round: case.round,
        upheld,
        k1b: k1b.map(legal_term),
    };
    act.publish(kind, entity(case), &body);
}

/// `case.accepted` (T10), of which the petitioners are told.
pub(crate) fn accepted(act: &mut Act, case: &Case, k4: Option<&LegalTerm>, notice_served: bool) {
    let body = event::CaseAccepted {
        unit_id: id_or_empty(case.lead_unit),
        accepted_on: act.today().to_string(),
        k4: k4.map(legal_term),
        notice_served,
    };
    act.publish("case.accepted", entity(case), &body);
    act.tell(Notice::of(case.id, NotificationTemplate::Accepted));
}

/// `case.investigation_started` (T16).
pub(crate) fn investigation_started(act: &mut Act, case: &Case, recused: Vec<Vec<u8>>) {
    let count = u32::try_from(case.investigators.len()).unwrap_or(u32::MAX);
    let body = event::CaseInvestigationStarted {
        investigator_count: count,
        recused_person_marks: recused.into_iter().map(Into::into).collect(),
    };
    act.publish("case.investigation_started", entity(case), &body);
}

/// `case.report_submitted` (T17).
pub(crate) fn report_submitted(act: &mut Act, case: &Case, at: OffsetDateTime) {
    let body = event::CaseReportSubmitted {
        submitted_to_leader_at: Some(timestamp(at)),
    };
    act.publish("case.report_submitted", entity(case), &body);
}

/// `case.report_returned` (T18).
pub(crate) fn report_returned(act: &mut Act, case: &Case) {
    act.publish(
        "case.report_returned",
        entity(case),
        &event::CaseReportReturned {},
    );
}

/// `case.extended` (T20), of which the petitioners are told.
pub(crate) fn extended(act: &mut Act, case: &Case, k5: &LegalTerm) {
    let body = event::CaseExtended {
        days: u32::from(k5.length.count()),
        k5: Some(legal_term(k5)),
    };
    act.publish("case.extended", entity(case), &body);
    act.tell(Notice::of(case.id, NotificationTemplate::Extended));
}

/// `case.opinion_issued` (T19).
pub(crate) fn opinion_issued(act: &mut Act, case: &Case, overall: Outcome, k19: &LegalTerm) {
    let body = event::CaseOpinionIssued {
        outcome: outcome(overall).into(),
        k19: Some(legal_term(k19)),
    };
    act.publish("case.opinion_issued", entity(case), &body);
}

/// `case.opinion_served` (T19s), of which the petitioners are told.
pub(crate) fn opinion_served(act: &mut Act, case: &Case, served_on: Date, k6: Option<&LegalTerm>) {
    let body = event::CaseOpinionServed {
        served_on: served_on.to_string(),
        k6: k6.map(legal_term),
    };
    act.publish("case.opinion_served", entity(case), &body);
    act.tell(Notice::of(case.id, NotificationTemplate::OpinionServed));
}

/// `case.execution_started` (T22).
pub(crate) fn execution_started(act: &mut Act, case: &Case, plan_due: Date) {
    let body = event::CaseExecutionStarted {
        plan_due: plan_due.to_string(),
    };
    act.publish("case.execution_started", entity(case), &body);
}

/// `case.closure_reported` (T23, T24): the hold passes to supervision.
pub(crate) fn closure_reported(
    act: &mut Act,
    case: &Case,
    opinion: Outcome,
    closure: ClosureOutcome,
    k21: &LegalTerm,
) {
    let closure_outcome = match closure {
        ClosureOutcome::Resolved => event::ClosureOutcome::Resolved,
        ClosureOutcome::PartlyResolved => event::ClosureOutcome::PartlyResolved,
        ClosureOutcome::Explained => event::ClosureOutcome::Explained,
        ClosureOutcome::NotSupported => event::ClosureOutcome::NotSupported,
    };
    let body = event::CaseClosureReported {
        outcome: outcome(opinion).into(),
        closure_outcome: closure_outcome.into(),
        k21: Some(legal_term(k21)),
        responsible_leader_id: id_or_empty(case.responsible_leader),
        leader_received: case.leader_received,
    };
    act.publish("case.closure_reported", entity(case), &body);
}

/// `case.rework_started` (T35).
pub(crate) fn rework_started(act: &mut Act, case: &Case, investigate_again: bool) {
    act.publish(
        "case.rework_started",
        entity(case),
        &event::CaseReworkStarted { investigate_again },
    );
}

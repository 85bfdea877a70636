//! Domain values as the contracts write them.

use xinqiao_kernel::CaseState;
use xinqiao_proto::{
    assignment::{self, ActResult, CaseHold, CaseStanding, investigation_report::PetitionerStatement},
    common::DocumentRef,
};

use crate::{
    domain::{
        case::{Case, Hold},
        investigation::{Evidence, Finding, LegalBasis, Report, Statement},
        terms::LegalTerm,
        transitions::possible,
        unit::{Unit, UnitKind, UnitProposal},
    },
    events::outgoing::{id_or_empty, legal_term},
};
use xinqiao_chassis::document::timestamp;

/// Answer of an act.
pub(super) fn result(case: &Case, terms: &[LegalTerm], documents: Vec<DocumentRef>) -> ActResult {
    ActResult {
        standing: Some(standing(case)),
        terms: terms.iter().map(legal_term).collect(),
        documents,
    }
}

/// Where a case stands.
pub(super) fn standing(case: &Case) -> CaseStanding {
    let here = case.hold == Hold::Here;
    CaseStanding {
        case_id: case.id.to_string(),
        case_no: case.number.to_string(),
        version: u64::try_from(case.version).unwrap_or_default(),
        state: state(case.state).into(),
        hold: hold(case.hold).into(),
        round: case.round,
        lead_unit_id: id_or_empty(case.lead_unit),
        responsible_leader_id: id_or_empty(case.responsible_leader),
        due_on: case.due_on.map(|day| day.to_string()).unwrap_or_default(),
        possible_next: if here {
            possible(case.state).into_iter().map(str::to_owned).collect()
        } else {
            Vec::new()
        },
    }
}

fn hold(hold: Hold) -> CaseHold {
    match hold {
        Hold::Awaited => CaseHold::Awaited,
        Hold::Here => CaseHold::Here,
        Hold::Passed => CaseHold::Passed,
    }
}

/// The states of the contract and of the kernel.
const STATES: &[(assignment::CaseState, CaseState)] = &[
    (assignment::CaseState::Registered, CaseState::Registered),
    (assignment::CaseState::Assigned, CaseState::Assigned),
    (assignment::CaseState::Objected, CaseState::Objected),
    (assignment::CaseState::Accepted, CaseState::Accepted),
    (assignment::CaseState::Investigating, CaseState::Investigating),
    (assignment::CaseState::Reported, CaseState::Reported),
    (assignment::CaseState::OpinionIssued, CaseState::OpinionIssued),
    (assignment::CaseState::Executing, CaseState::Executing),
    (assignment::CaseState::ClosureReported, CaseState::ClosureReported),
    (assignment::CaseState::Rework, CaseState::Rework),
];

fn state(state: CaseState) -> assignment::CaseState {
    let known = STATES.iter().find(|(_, own)| *own == state);
    known.map_or(assignment::CaseState::Unspecified, |(wire, _)| *wire)
}

/// The state a caller filters by; none for an unknown one.
pub(super) fn state_asked(asked: assignment::CaseState) -> Option<CaseState> {
    STATES
        .iter()
        .find(|(wire, _)| *wire == asked)
        .map(|(_, own)| *own)
}

/// A unit.
pub(super) fn unit(unit: &Unit) -> assignment::Unit {
    assignment::Unit {
        unit_id: unit.id.to_string(),
        name: unit.name.clone(),
        kind: unit_kind(unit.kind).into(),
        parent_unit_id: id_or_empty(unit.parent),
        successor_unit_id: id_or_empty(unit.successor),
        uscc: unit.uscc.clone().unwrap_or_default(),
        active: unit.active,
        version: u64::try_from(unit.version).unwrap_or_default(),
    }
}

/// A change that waits for another person.
pub(super) fn unit_proposal(proposal: UnitProposal) -> assignment::UnitProposal {
    assignment::UnitProposal {
        proposal_id: proposal.id.to_string(),
        unit: Some(unit(&proposal.unit)),
        proposed_by: proposal.name,
        proposed_at: Some(timestamp(proposal.at)),
    }
}

fn unit_kind(kind: UnitKind) -> assignment::UnitKind {
    match kind {
        UnitKind::PartyOrgan => assignment::UnitKind::PartyOrgan,
        UnitKind::GovernmentDepartment => assignment::UnitKind::GovernmentDepartment,
        UnitKind::Township => assignment::UnitKind::Township,
        UnitKind::OtherStateOrgan => assignment::UnitKind::OtherStateOrgan,
        UnitKind::MassOrganisation => assignment::UnitKind::MassOrganisation,
        UnitKind::EnterpriseOrInstitution => assignment::UnitKind::EnterpriseOrInstitution,
        UnitKind::Subdivision => assignment::UnitKind::Subdivision,
    }
}

/// An investigation report.
pub(super) fn report(report: Report) -> assignment::InvestigationReport {
    let finding = |finding: Option<Finding>| {
        finding.map(|Finding { holds, reason }| assignment::Finding { holds, reason })
    };
    assignment::InvestigationReport {
        cause: report.cause,
        problem: report.problem,
        resolution_opinion: report.resolution_opinion,
        facts: report.facts,
        evidence: report.evidence.into_iter().map(evidence).collect(),
        petitioner_statement: report.statement.map(|statement| match statement {
            Statement::HeardAt(at) => PetitionerStatement::PetitionerHeardAt(timestamp(at)),
            Statement::NotHeard(reason) => PetitionerStatement::NotHeardReason(reason),
        }),
        legal_basis: report.legal_basis.into_iter().map(legal_basis).collect(),
        lawful: finding(report.lawful),
        fair_reasonable: finding(report.fair_reasonable),
        basis: finding(report.basis),
        barred: finding(report.barred),
        affects_overall: finding(report.affects_overall),
    }
}

fn evidence(evidence: Evidence) -> assignment::Evidence {
    assignment::Evidence {
        title: evidence.title,
        description: evidence.description,
        file_sha256: evidence.file_sha256.unwrap_or_default(),
    }
}

fn legal_basis(basis: LegalBasis) -> assignment::LegalBasis {
    assignment::LegalBasis {
        title: basis.title,
        article: basis.article,
        text: basis.text,
    }
}

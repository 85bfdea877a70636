//! What was entered, as domain values. Whether it is right is decided in the domain; here only what cannot be read.

use xinqiao_chassis::refusal::Fields;
use xinqiao_proto::{
    assignment::{self, ServiceMethod, investigation_report::PetitionerStatement, notice::How},
    event,
};

use crate::domain::{
    case::Outcome,
    closure::ClosureOutcome,
    investigation::{Evidence, Finding, Investigator, LegalBasis, Report, Statement},
    notice::{Method, Notice, Service},
    unit::UnitKind,
};

/// A text that may be missing.
pub(super) fn optional(text: String) -> Option<String> {
    if text.trim().is_empty() { None } else { Some(text) }
}

/// How a notice was served, or why not; under the field `notice`.
pub(super) fn notice(notice: Option<assignment::Notice>, fields: &mut Fields) -> Option<Notice> {
    match notice.and_then(|notice| notice.how) {
        Some(How::Served(entered)) => service(Some(entered), "notice.served", fields).map(Notice::Served),
        Some(How::ExemptReason(reason)) => Some(Notice::Exempt(reason)),
        None => {
            fields.wrong(
                "notice",
                "REQUIRED",
                "请填写送达情况，或说明免于书面告知的理由",
                "say how the notice was served, or why it is exempt",
            );
            None
        }
    }
}

/// A service.
pub(super) fn service(
    service: Option<assignment::Service>,
    field: &str,
    fields: &mut Fields,
) -> Option<Service> {
    let entered = service.unwrap_or_default();
    let method = fields
        .choice(&format!("{field}.method"), entered.method)
        .and_then(method);
    let served_on = fields.date(&format!("{field}.served_on"), &entered.served_on);
    // A missing proof is named together with a missing date; with a date the domain looks at it.
    if method.is_none() || served_on.is_none() {
        fields.text(&format!("{field}.proof"), &entered.proof, 2..=1000);
    }
    Some(Service {
        method: method?,
        served_on: served_on?,
        proof: entered.proof,
    })
}

/// A method of service; none for an unknown one.
fn method(entered: ServiceMethod) -> Option<Method> {
    match entered {
        ServiceMethod::InPerson => Some(Method::InPerson),
        ServiceMethod::RegisteredMail => Some(Method::RegisteredMail),
        ServiceMethod::Online => Some(Method::Online),
        ServiceMethod::Representative => Some(Method::Representative),
        ServiceMethod::LeftWithWitness => Some(Method::LeftWithWitness),
        ServiceMethod::Unspecified => None,
    }
}

/// Investigators.
pub(super) fn investigators(entered: Vec<assignment::Investigator>) -> Vec<Investigator> {
    entered
        .into_iter()
        .map(|person| Investigator {
            person_id: person.person_id,
            name: person.name,
            declaration: person.declaration,
            no_interest: person.no_interest,
        })
        .collect()
}

/// Those who recused themselves.
pub(super) fn recused(entered: Vec<assignment::Recusal>) -> Vec<Investigator> {
    entered
        .into_iter()
        .map(|person| Investigator {
            person_id: person.person_id,
            name: person.name,
            declaration: person.declaration,
            no_interest: false,
        })
        .collect()
}

/// An investigation report.
pub(super) fn report(entered: assignment::InvestigationReport, fields: &mut Fields) -> Report {
    let statement = entered
        .petitioner_statement
        .and_then(|statement| match statement {
            PetitionerStatement::PetitionerHeardAt(at) => fields
                .instant("report.petitioner_heard_at", Some((at.seconds, at.nanos)))
                .map(Statement::HeardAt),
            PetitionerStatement::NotHeardReason(reason) => Some(Statement::NotHeard(reason)),
        });
    Report {
        cause: entered.cause,
        problem: entered.problem,
        resolution_opinion: entered.resolution_opinion,
        facts: entered.facts,
        evidence: evidence(entered.evidence),
        statement,
        legal_basis: legal_basis(entered.legal_basis),
        lawful: entered.lawful.map(finding),
        fair_reasonable: entered.fair_reasonable.map(finding),
        basis: entered.basis.map(finding),
        barred: entered.barred.map(finding),
        affects_overall: entered.affects_overall.map(finding),
    }
}

fn finding(entered: assignment::Finding) -> Finding {
    Finding {
        holds: entered.holds,
        reason: entered.reason,
    }
}

/// Evidence.
pub(super) fn evidence(entered: Vec<assignment::Evidence>) -> Vec<Evidence> {
    entered
        .into_iter()
        .map(|item| Evidence {
            title: item.title,
            description: item.description,
            file_sha256: optional(item.file_sha256),
        })
        .collect()
}

/// Clauses.
pub(super) fn legal_basis(entered: Vec<assignment::LegalBasis>) -> Vec<LegalBasis> {
    entered
        .into_iter()
        .map(|clause| LegalBasis {
            title: clause.title,
            article: clause.article,
            text: clause.text,
        })
        .collect()
}

/// An outcome; none for an unknown one.
pub(super) fn outcome(entered: event::Outcome) -> Option<Outcome> {
    match entered {
        event::Outcome::Support => Some(Outcome::Support),
        event::Outcome::Explain => Some(Outcome::Explain),
        event::Outcome::NotSupport => Some(Outcome::NotSupport),
        event::Outcome::Unspecified => None,
    }
}

/// An outcome of a closure report; none for those that other acts report.
pub(super) fn closure_outcome(entered: event::ClosureOutcome) -> Option<ClosureOutcome> {
    match entered {
        event::ClosureOutcome::Resolved => Some(ClosureOutcome::Resolved),
        event::ClosureOutcome::PartlyResolved => Some(ClosureOutcome::PartlyResolved),
        event::ClosureOutcome::Explained => Some(ClosureOutcome::Explained),
        event::ClosureOutcome::NotSupported => Some(ClosureOutcome::NotSupported),
        event::ClosureOutcome::Unspecified
        | event::ClosureOutcome::UnresolvedFollowup
        | event::ClosureOutcome::Diverted
        | event::ClosureOutcome::Withdrawn
        | event::ClosureOutcome::Onsite => None,
    }
}

/// A kind of unit; none for an unknown one.
pub(super) fn unit_kind(entered: assignment::UnitKind) -> Option<UnitKind> {
    match entered {
        assignment::UnitKind::PartyOrgan => Some(UnitKind::PartyOrgan),
        assignment::UnitKind::GovernmentDepartment => Some(UnitKind::GovernmentDepartment),
        assignment::UnitKind::Township => Some(UnitKind::Township),
        assignment::UnitKind::OtherStateOrgan => Some(UnitKind::OtherStateOrgan),
        assignment::UnitKind::MassOrganisation => Some(UnitKind::MassOrganisation),
        assignment::UnitKind::EnterpriseOrInstitution => Some(UnitKind::EnterpriseOrInstitution),
        assignment::UnitKind::Subdivision => Some(UnitKind::Subdivision),
        assignment::UnitKind::Unspecified => None,
    }
}

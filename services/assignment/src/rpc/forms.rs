//! The legal documents of the acts: every text as it was entered, with who issued it.

mod closing;

pub(super) use closing::{closure, execution_plan};

use uuid::Uuid;
use xinqiao_chassis::{desk::Act, identity::Caller, refusal::Refusal};
use xinqiao_documents::{
    Day, Form, Moment, document_number,
    forms::{
        assignment::{
            self as order, AssignmentOrder, LeadSource as Source, RecusalCheck, RecusalDeclaration,
        },
        handling::{
            AcceptanceNotice, ExtensionNotice, HandlingOpinion, Hearing, InvestigationReport, Remedy,
            ReportReturn, RequestOutcome, ServiceProof, ServiceResult,
        },
    },
    part::{self, Issue, Official, ServiceMethod},
};
use xinqiao_proto::common::DocumentRef;

use crate::{
    domain::{
        assign::{Assigned, Assignment, LeadSource},
        case::{Case, Outcome},
        extension::Extension,
        investigation::{Evidence, Finding, Investigator, LegalBasis, Report, Statement},
        leader::Leader,
        notice::{Method, Notice, Service},
        objection::{Decision, Objection},
        paper::{Acceptance, DraftedOpinion},
        terms::LegalTerm,
        unit::{RecusalCheck as Check, Units},
    },
    events::outgoing::entity,
};

fn file<D: Form>(act: &mut Act, case: &Case, document: &D) -> DocumentRef {
    act.file(entity(case), document)
}

fn official(caller: &Caller) -> Official {
    Official {
        id: caller.person_id.clone(),
        name: caller.name.clone(),
        post: None,
    }
}

fn unit(units: &Units, id: Option<Uuid>) -> part::Unit {
    let id = id.unwrap_or_default();
    let name = units.get(id).map(|unit| unit.name.clone()).unwrap_or_default();
    part::Unit {
        id: id.to_string(),
        name,
    }
}

fn term(term: &LegalTerm) -> part::Term {
    part::Term {
        clock: term.clock.to_string(),
        start: Day(term.start),
        due_raw: Day(term.raw),
        due_eff: Day(term.eff),
        due_safe: Day(term.safe),
    }
}

/// Issued by the unit, under the number of the document in its case.
fn issue<D: Form>(act: &Act, case: &Case, units: &Units, ordinal: u16) -> Issue {
    Issue {
        document_no: document_number::<D>(case.number, ordinal),
        issuer: unit(units, case.lead_unit).name,
        signed_by: official(act.caller()),
        issued_at: Moment(act.now()),
    }
}

fn clauses(basis: &[LegalBasis]) -> Vec<part::LegalBasis> {
    basis
        .iter()
        .map(|clause| part::LegalBasis {
            title: clause.title.clone(),
            article: clause.article.clone(),
            text: clause.text.clone(),
        })
        .collect()
}

fn evidence(items: &[Evidence]) -> Vec<part::Evidence> {
    items
        .iter()
        .map(|item| part::Evidence {
            title: item.title.clone(),
            description: item.description.clone(),
            file_sha256: item.file_sha256.clone(),
        })
        .collect()
}

/// D07 交办单.
pub(super) fn assignment_order(
    act: &mut Act,
    case: &Case,
    units: &Units,
    leader: Option<&Leader>,
    (entered, assigned): (&Assignment, &Assigned),
) -> DocumentRef {
    let complained = case
        .triage
        .as_ref()
        .map(|triage| triage.complained_units.as_slice())
        .unwrap_or_default();
    let document = AssignmentOrder {
        case_no: case.number,
        round: case.round,
        lead_unit: unit(units, case.lead_unit),
        assist_units: entered
            .assist_units
            .iter()
            .map(|id| unit(units, Some(*id)))
            .collect(),
        lead_source: match assigned.lead_source {
            LeadSource::Office => Source::Office,
            LeadSource::Leader => Source::Leader,
        },
        lead_unit_reason: entered.lead_unit_reason.clone(),
        responsible_leader: case.responsible_leader.map(|id| Official {
            id: id.to_string(),
            name: leader.map(|leader| leader.name.clone()).unwrap_or_default(),
            post: leader.map(|leader| leader.post.clone()),
        }),
        portfolio_reason: entered.portfolio_reason.clone(),
        requirements: entered.requirements.clone(),
        feedback_due: Day(entered.feedback_due),
        delivered_at: Moment(act.now()),
        terms: assigned.terms.iter().map(term).collect(),
        recusal: RecusalCheck {
            complained_units: complained.iter().map(|id| unit(units, Some(*id)).name).collect(),
            excluded_persons: entered.excluded_person_ids.clone(),
            result: match assigned.recusal {
                Check::Clear => "牵头单位不是被反映的单位或其下属单位".to_owned(),
                Check::ApprovedByLeader => "牵头单位被反映，经责任领导说明理由并批准".to_owned(),
            },
        },
        assigned_by: official(act.caller()),
    };
    file(act, case, &document)
}

/// D08 异议书.
pub(super) fn objection(act: &mut Act, case: &Case, units: &Units, entered: &Objection) -> DocumentRef {
    let document = order::Objection {
        case_no: case.number,
        round: case.round,
        unit: unit(units, case.lead_unit),
        reason: entered.reason.clone(),
        suggested_unit: entered.suggested_unit.map(|id| unit(units, Some(id))),
        raised_at: Moment(act.now()),
        raised_by: official(act.caller()),
    };
    file(act, case, &document)
}

/// D09 异议答复.
pub(super) fn objection_answer(
    act: &mut Act,
    case: &Case,
    entered: &Decision,
    told: &[LegalTerm],
) -> DocumentRef {
    let document = order::ObjectionAnswer {
        case_no: case.number,
        round: case.round,
        upheld: entered.upheld,
        reason: entered.reason.clone(),
        terms: told.iter().map(term).collect(),
        decided_at: Moment(act.now()),
        decided_by: official(act.caller()),
    };
    file(act, case, &document)
}

/// D02 受理告知书, and D14 when it was served.
pub(super) fn acceptance(
    act: &mut Act,
    case: &Case,
    units: &Units,
    entered: &Acceptance,
    k4: Option<&LegalTerm>,
) -> Vec<DocumentRef> {
    let ordinal = ordinal(case.round);
    let document = AcceptanceNotice {
        case_no: case.number,
        issue: issue::<AcceptanceNotice>(act, case, units, ordinal),
        unit: unit(units, case.lead_unit),
        text: entered.draft.text.clone(),
        contact: entered.draft.contact.clone(),
        k4: k4.map(term),
        exempt_reason: exempt_reason(&entered.notice),
    };
    let mut filed = vec![file(act, case, &document)];
    if let Some(service) = entered.notice.service() {
        filed.push(service_proof::<AcceptanceNotice>(
            act,
            case,
            units,
            &document.issue.document_no,
            service,
        ));
    }
    filed
}

fn exempt_reason(notice: &Notice) -> Option<String> {
    match notice {
        Notice::Served(_) => None,
        Notice::Exempt(reason) => Some(reason.clone()),
    }
}

/// D14 送达回证 of a document of form `D`.
pub(super) fn service_proof<D: Form>(
    act: &mut Act,
    case: &Case,
    units: &Units,
    document_no: &str,
    service: &Service,
) -> DocumentRef {
    let (method, result) = match service.method {
        Method::InPerson => (ServiceMethod::InPerson, ServiceResult::Served),
        Method::RegisteredMail => (ServiceMethod::RegisteredMail, ServiceResult::Served),
        Method::Online => (ServiceMethod::Online, ServiceResult::Served),
        Method::Representative => (ServiceMethod::Representative, ServiceResult::Served),
        // Left before a witness because it was not accepted; served all the same.
        Method::LeftWithWitness => (ServiceMethod::LeftWithWitness, ServiceResult::Refused),
    };
    let document = ServiceProof {
        case_no: case.number,
        served_form: D::CODE.to_owned(),
        served_title: D::TITLE_ZH.to_owned(),
        served_document_no: document_no.to_owned(),
        served_item: D::ARCHIVE_ITEM,
        unit: unit(units, case.lead_unit).name,
        method,
        served_on: Day(service.served_on),
        proof: service.proof.clone(),
        result,
        served_by: official(act.caller()),
        recorded_at: Moment(act.now()),
    };
    file(act, case, &document)
}

/// D14 of the opinion.
pub(super) fn opinion_service(
    act: &mut Act,
    case: &Case,
    units: &Units,
    document_no: &str,
    service: &Service,
) -> DocumentRef {
    service_proof::<HandlingOpinion>(act, case, units, document_no, service)
}

/// One recusal declaration 回避声明.
pub(super) fn recusal(act: &mut Act, case: &Case, units: &Units, person: &Investigator) -> DocumentRef {
    let document = RecusalDeclaration {
        case_no: case.number,
        round: case.round,
        unit: unit(units, case.lead_unit),
        investigator: Official {
            id: person.person_id.clone(),
            name: person.name.clone(),
            post: None,
        },
        declaration: person.declaration.clone(),
        no_interest: person.no_interest,
        declared_at: Moment(act.now()),
    };
    file(act, case, &document)
}

/// D10 调查报告.
pub(super) fn report(
    act: &mut Act,
    case: &Case,
    units: &Units,
    entered: &Report,
) -> Result<DocumentRef, Refusal> {
    let finding = |finding: &Option<Finding>| match finding {
        Some(Finding { holds, reason }) => Ok(part::Finding {
            holds: *holds,
            reason: reason.clone(),
        }),
        None => Err(Refusal::internal(&"a checked report lacks a finding")),
    };
    let document = InvestigationReport {
        case_no: case.number,
        round: case.round,
        unit: unit(units, case.lead_unit),
        cause: entered.cause.clone(),
        problem: entered.problem.clone(),
        resolution_opinion: entered.resolution_opinion.clone(),
        facts: entered.facts.clone(),
        evidence: evidence(&entered.evidence),
        hearing: match &entered.statement {
            Some(Statement::HeardAt(at)) => Hearing {
                heard_at: Some(Moment(*at)),
                not_heard_reason: None,
            },
            Some(Statement::NotHeard(reason)) => Hearing {
                heard_at: None,
                not_heard_reason: Some(reason.clone()),
            },
            None => Hearing {
                heard_at: None,
                not_heard_reason: None,
            },
        },
        legal_basis: clauses(&entered.legal_basis),
        investigators: case
            .investigators
            .iter()
            .map(|person| Official {
                id: person.person_id.clone(),
                name: person.name.clone(),
                post: None,
            })
            .collect(),
        recusal_declared: true,
        lawful: finding(&entered.lawful)?,
        fair_reasonable: finding(&entered.fair_reasonable)?,
        basis: finding(&entered.basis)?,
        barred: finding(&entered.barred)?,
        affects_overall: finding(&entered.affects_overall)?,
        submitted_at: Moment(act.now()),
        submitted_by: official(act.caller()),
    };
    Ok(file(act, case, &document))
}

/// The leader's instruction to investigate further.
pub(super) fn report_return(act: &mut Act, case: &Case, reason: &str) -> DocumentRef {
    let document = ReportReturn {
        case_no: case.number,
        round: case.round,
        leader: official(act.caller()),
        reason: reason.to_owned(),
        returned_at: Moment(act.now()),
    };
    file(act, case, &document)
}

/// D11 延期告知书, and D14 when it was served.
pub(super) fn extension(
    act: &mut Act,
    case: &Case,
    units: &Units,
    (entered, notice): (&Extension, &Notice),
    k5: &LegalTerm,
) -> Vec<DocumentRef> {
    let document = ExtensionNotice {
        case_no: case.number,
        issue: issue::<ExtensionNotice>(act, case, units, ordinal(case.round)),
        unit: unit(units, case.lead_unit),
        days: entered.days,
        reason: entered.reason.clone(),
        k5: term(k5),
        exempt_reason: exempt_reason(notice),
    };
    let mut filed = vec![file(act, case, &document)];
    if let Some(service) = notice.service() {
        filed.push(service_proof::<ExtensionNotice>(
            act,
            case,
            units,
            &document.issue.document_no,
            service,
        ));
    }
    filed
}

/// The remedy clause of an opinion `[R:35]`: organ from the district file, days from its rules.
#[derive(Debug, Clone)]
pub(super) struct RemedyClause {
    /// The clause as printed.
    pub(super) text: String,
    organ: String,
    days: u16,
}

impl RemedyClause {
    /// The clause for an organ and a number of days from receipt.
    pub(super) fn new(organ: &str, days: u16) -> Self {
        let text = format!("如不服本处理意见，可以自收到本意见书之日起{days}日内，书面向{organ}申请复查。");
        Self {
            text,
            organ: organ.to_owned(),
            days,
        }
    }
}

/// D12 处理意见书; returns its number too.
pub(super) fn opinion(
    act: &mut Act,
    case: &Case,
    units: &Units,
    (drafted, number): (&DraftedOpinion, u16),
    remedy: Option<&RemedyClause>,
) -> (DocumentRef, String) {
    let draft = &drafted.draft;
    let outcomes = draft.outcomes.iter().filter_map(|decided| {
        Some(RequestOutcome {
            request_no: decided.request_no,
            outcome: match decided.outcome? {
                Outcome::Support => part::Outcome::Support,
                Outcome::Explain => part::Outcome::Explain,
                Outcome::NotSupport => part::Outcome::NotSupport,
            },
            reasons: decided.reasons.clone(),
            legal_basis: clauses(&decided.legal_basis),
        })
    });
    let document = HandlingOpinion {
        case_no: case.number,
        round: case.round,
        issue: issue::<HandlingOpinion>(act, case, units, number),
        unit: unit(units, case.lead_unit),
        facts: draft.facts.clone(),
        outcomes: outcomes.collect(),
        execution_plan: draft.execution_plan.clone(),
        remedy: remedy.map(|remedy| Remedy {
            clause: remedy.text.clone(),
            organ: remedy.organ.clone(),
            days: remedy.days,
        }),
        drafted_by: Official {
            id: drafted.drafter_id.clone(),
            name: drafted.drafter_name.clone(),
            post: None,
        },
    };
    (file(act, case, &document), document.issue.document_no)
}

/// Number of a document that there is one of in each round.
fn ordinal(round: u32) -> u16 {
    u16::try_from(round).unwrap_or(u16::MAX)
}

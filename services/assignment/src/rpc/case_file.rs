//! What this service has of a case, for those involved.

use xinqiao_chassis::{
    desk::Act,
    document::timestamp,
    permission::{Resource, Right},
    refusal::Refusal,
};
use xinqiao_proto::assignment::{GetCaseFileRequest, GetCaseFileResponse, Investigator, Paper};

use super::{encode, opened};
use crate::{
    domain::{denied::Denied, investigation, paper::PaperKind},
    events::outgoing::legal_term,
    store::{
        cases,
        papers::{self, PaperText},
    },
};

/// Reads of the file what the caller may read.
pub(super) async fn get_case_file(
    act: &mut Act,
    request: GetCaseFileRequest,
) -> Result<GetCaseFileResponse, Refusal> {
    let case_id = opened::identifier(&request.case_id)?;
    let district = act.district();
    let case = cases::load(act.conn(), district, case_id).await?;
    let case = case.ok_or(Denied::NotFound)?;
    let resource = opened::resource(act, &case, case.responsible_leader).await?;
    act.authorise(&resource, || Denied::NotFound.into())?;
    act.opened(case_id).await?;
    let kinds = readable(act, &resource);
    let named: Option<Vec<investigation::Investigator>> = if kinds.contains(&PaperKind::Investigators) {
        papers::latest(act, case_id, PaperKind::Investigators).await?
    } else {
        None
    };
    let papers = papers::of_kinds(act, case_id, &kinds).await?;
    let report = case.report.filter(|_| kinds.contains(&PaperKind::Report));
    Ok(GetCaseFileResponse {
        standing: Some(encode::standing(&case)),
        terms: case.terms.iter().map(legal_term).collect(),
        assist_unit_ids: case.assist_units.iter().map(ToString::to_string).collect(),
        request_count: case
            .triage
            .as_ref()
            .map(|triage| triage.request_count)
            .unwrap_or_default(),
        investigators: named.into_iter().flatten().map(investigator).collect(),
        report_read_at: report.and_then(|report| report.read_at).map(timestamp),
        papers: papers.into_iter().map(paper).collect(),
    })
}

/// The papers that the caller may read.
fn readable(act: &Act, resource: &Resource) -> Vec<PaperKind> {
    PaperKind::ALL
        .into_iter()
        .filter(|kind| readers(*kind).iter().any(|right| act.permits(*right, resource)))
        .collect()
}

/// The rights of which each lets a paper be read (§5.2): that of its row, and where nobody but they would, those of who
/// has to act on it. A draft is the lead unit's own.
const fn readers(kind: PaperKind) -> &'static [Right] {
    match kind {
        PaperKind::Assignment => &[
            Right::ReadAssignment,
            Right::InstructAssignment,
            // The unit that the order is addressed to, and that may object to it.
            Right::WriteObjection,
            Right::ApproveObjection,
        ],
        PaperKind::UnitApproval => &[Right::ReadAssignment, Right::InstructAssignment],
        PaperKind::Objection | PaperKind::ObjectionDecision => &[Right::ReadObjection],
        PaperKind::AcceptanceDraft | PaperKind::OpinionDraft => &[Right::WriteOpinion, Right::ApproveOpinion],
        PaperKind::Acceptance | PaperKind::Opinion | PaperKind::OpinionService => &[Right::ReadOpinion],
        PaperKind::Investigators | PaperKind::Recusals | PaperKind::Report | PaperKind::ReportReturn => {
            &[Right::ReadInvestigation]
        }
        PaperKind::Extension => &[Right::ReadExtension],
        PaperKind::Execution | PaperKind::Closure => &[Right::ReadClosure],
    }
}

fn investigator(person: investigation::Investigator) -> Investigator {
    Investigator {
        person_id: person.person_id,
        name: person.name,
        declaration: person.declaration,
        no_interest: person.no_interest,
    }
}

fn paper(text: PaperText) -> Paper {
    Paper {
        kind: text.kind,
        number: u32::try_from(text.number).unwrap_or_default(),
        made_at: Some(timestamp(text.made_at)),
        made_by: text.made_by,
        content_json: text.content,
    }
}

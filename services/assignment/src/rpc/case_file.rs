//! What this service has of a case, for those involved.

use xinqiao_chassis::{desk::Act, document::timestamp, refusal::Refusal};
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

/// Reads the file.
pub(super) async fn get_case_file(
    act: &mut Act,
    request: GetCaseFileRequest,
) -> Result<GetCaseFileResponse, Refusal> {
    let case_id = opened::identifier(&request.case_id)?;
    let district = act.district();
    let case = cases::load(act.conn(), district, case_id).await?;
    let case = case.ok_or(Denied::NotFound)?;
    opened::authorise(act, &case, case.responsible_leader).await?;
    act.opened(case_id).await?;
    let named: Option<Vec<investigation::Investigator>> =
        papers::latest(act, case_id, PaperKind::Investigators).await?;
    let papers = papers::all(act, case_id).await?;
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
        report_read_at: case.report.and_then(|report| report.read_at).map(timestamp),
        papers: papers.into_iter().map(paper).collect(),
    })
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

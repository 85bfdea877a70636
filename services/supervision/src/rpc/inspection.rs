//! The leader's own inspection 督查 `[OB-46]`: at least one before he signs.

use xinqiao_chassis::{
    desk::Act,
    document::stamp,
    random,
    refusal::{Fields, Refusal},
};
use xinqiao_documents::forms::review as form;
use xinqiao_proto::supervision::{InspectionManner, RecordInspectionRequest, RecordInspectionResponse};

use super::{official, paper, refuse, take};
use crate::{
    domain::case::Case,
    events::casefile,
    store::{self, reviews::NewInspection},
};

/// Longest text of an inspection.
const TEXT_MAX: usize = 4_000;

/// Records an inspection.
pub(super) async fn record_inspection(
    act: &mut Act,
    query: RecordInspectionRequest,
) -> Result<RecordInspectionResponse, Refusal> {
    let mut fields = Fields::new();
    let case_id = refuse::case_id(&mut fields, &query.case_id);
    let inspected_at = fields.instant("inspected_at", query.inspected_at.map(stamp));
    if let Some(at) = inspected_at {
        fields.require(
            "inspected_at",
            at <= act.now(),
            "IN_FUTURE",
            "督查时间尚未到来",
            "the inspection is in the future",
        );
    }
    let manner = fields
        .choice::<InspectionManner>("manner", query.manner)
        .and_then(manner_of);
    let findings = fields.text("findings", &query.findings, 5..=TEXT_MAX);
    let instruction = fields.text("instruction", &query.instruction, 0..=TEXT_MAX);
    fields.finish()?;
    let (Some(inspected_at), Some(manner)) = (inspected_at, manner) else {
        return Err(Refusal::internal(&"an inspection without faults did not read"));
    };

    let mut file = take(act, case_id, query.version, Case::require_inspectable).await?;
    let Some(leader_id) = file.case.responsible_leader_id else {
        return Err(Refusal::internal(&"a case without a leader was inspectable"));
    };
    let inspection_id = random::new_id();
    let row = NewInspection {
        inspection_id,
        case_id,
        leader_id,
        inspected_at,
        manner: manner.code(),
        findings: act.seal("inspection", "findings", inspection_id, &findings),
        instruction: act.seal("inspection", "instruction", inspection_id, &instruction),
    };
    let stamp = casefile::stamp(act);
    store::reviews::insert_inspection(act.conn(), &stamp, &row).await?;
    let document = form::Inspection {
        case_no: file.case.number,
        leader: official(act),
        manner,
        inspected_at: inspected_at.into(),
        findings,
        instruction: (!instruction.is_empty()).then_some(instruction),
        recorded_at: act.now().into(),
    };
    paper(act, &file, &document).await?;
    file.case.version += 1;
    file.save(act).await?;
    let district = act.district();
    let inspections = store::reviews::count_inspections(act.conn(), district, case_id).await?;
    Ok(RecordInspectionResponse {
        version: file.case.version,
        inspection_id: inspection_id.to_string(),
        inspections,
    })
}

const fn manner_of(manner: InspectionManner) -> Option<form::InspectionManner> {
    Some(match manner {
        InspectionManner::Unspecified => return None,
        InspectionManner::OnSite => form::InspectionManner::OnSite,
        InspectionManner::File => form::InspectionManner::File,
        InspectionManner::HearingUnit => form::InspectionManner::HearingUnit,
    })
}

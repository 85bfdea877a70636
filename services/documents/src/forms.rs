//! The forms, by chapter of a case's life.

pub mod assignment;
pub mod catalogue;
pub mod closing;
pub mod handling;
pub mod reception;
pub mod registration;
pub mod review;
pub mod triage;

use crate::form::FormInfo;

/// Every form, in the order of the archival file.
pub const ALL: [FormInfo; 30] = [
    FormInfo::of::<catalogue::Catalogue>(),
    FormInfo::of::<registration::Registration>(),
    FormInfo::of::<registration::Original>(),
    FormInfo::of::<reception::ReceptionRecord>(),
    FormInfo::of::<reception::Instruction>(),
    FormInfo::of::<triage::TriageSheet>(),
    FormInfo::of::<triage::DiversionNotice>(),
    FormInfo::of::<triage::NonAcceptanceNotice>(),
    FormInfo::of::<triage::NoLongerAcceptedNotice>(),
    FormInfo::of::<triage::TransferLetter>(),
    FormInfo::of::<triage::TransferNotice>(),
    FormInfo::of::<triage::LinkNotice>(),
    FormInfo::of::<handling::AcceptanceNotice>(),
    FormInfo::of::<handling::ServiceProof>(),
    FormInfo::of::<assignment::AssignmentOrder>(),
    FormInfo::of::<assignment::Objection>(),
    FormInfo::of::<assignment::ObjectionAnswer>(),
    FormInfo::of::<assignment::RecusalDeclaration>(),
    FormInfo::of::<handling::InvestigationReport>(),
    FormInfo::of::<handling::ReportReturn>(),
    FormInfo::of::<handling::ExtensionNotice>(),
    FormInfo::of::<handling::HandlingOpinion>(),
    FormInfo::of::<closing::ExecutionPlan>(),
    FormInfo::of::<closing::ExecutionEvidence>(),
    FormInfo::of::<closing::ClosureReport>(),
    FormInfo::of::<closing::Completeness>(),
    FormInfo::of::<review::PetitionerOpinion>(),
    FormInfo::of::<review::Inspection>(),
    FormInfo::of::<review::SignatureSheet>(),
    FormInfo::of::<review::SendBack>(),
];

/// The form with a code.
pub fn by_code(code: &str) -> Option<&'static FormInfo> {
    const FORMS: &[FormInfo] = &ALL;
    FORMS.iter().find(|form| form.code == code)
}

#[cfg(test)]
mod tests;

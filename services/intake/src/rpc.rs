//! The operations, one file per group: decode, decide, store, answer.

pub(crate) mod break_glass;
pub(crate) mod cases;
pub(crate) mod draft;
pub(crate) mod exit;
pub(crate) mod export;
pub(crate) mod notices;
pub(crate) mod numbers;
pub(crate) mod petitioner;
pub(crate) mod refused;
pub(crate) mod registration;
pub(crate) mod sealed;
pub(crate) mod triage;

use uuid::Uuid;
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::permission::{Right, RightTable};
use xinqiao_chassis::refusal::{Fields, Refusal};

use crate::store::cases::{self as rows, CaseRow};
use crate::store::onlooker::Onlooker;

/// Whoever shows what only the petitioner has is answered.
pub(crate) const OPEN: &[&str] = &["/xinqiao.intake.v1.PetitionerService/SignInByQueryCode"];

/// The right each RPC needs (rule book §5.2).
pub(crate) const RIGHTS: RightTable = &[
    (
        "/xinqiao.intake.v1.RegistrationService/RegisterVisit",
        Right::RegisterCase,
    ),
    (
        "/xinqiao.intake.v1.RegistrationService/RegisterLetter",
        Right::RegisterCase,
    ),
    (
        "/xinqiao.intake.v1.RegistrationService/RegisterCall",
        Right::RegisterCase,
    ),
    (
        "/xinqiao.intake.v1.RegistrationService/RegisterFax",
        Right::RegisterCase,
    ),
    (
        "/xinqiao.intake.v1.RegistrationService/RegisterOnline",
        Right::RegisterOnline,
    ),
    (
        "/xinqiao.intake.v1.RegistrationService/RegisterForwarded",
        Right::RegisterCase,
    ),
    (
        "/xinqiao.intake.v1.RegistrationService/RegisterOutsideVisit",
        Right::RegisterCase,
    ),
    (
        "/xinqiao.intake.v1.RegistrationService/FindRepeatCandidates",
        Right::RegisterCase,
    ),
    ("/xinqiao.intake.v1.DraftService/SaveDraft", Right::RegisterCase),
    ("/xinqiao.intake.v1.DraftService/GetDraft", Right::RegisterCase),
    ("/xinqiao.intake.v1.DraftService/ListDrafts", Right::RegisterCase),
    (
        "/xinqiao.intake.v1.DraftService/DiscardDraft",
        Right::RegisterCase,
    ),
    (
        "/xinqiao.intake.v1.DraftService/RegisterDraft",
        Right::RegisterCase,
    ),
    (
        "/xinqiao.intake.v1.TriageService/TriageCase",
        Right::PrepareAssignment,
    ),
    ("/xinqiao.intake.v1.TriageService/ReleaseCase", Right::Assign),
    ("/xinqiao.intake.v1.TriageService/DivertCase", Right::Assign),
    (
        "/xinqiao.intake.v1.TriageService/ProposeVoid",
        Right::PrepareCaseChange,
    ),
    (
        "/xinqiao.intake.v1.TriageService/VoidCase",
        Right::ApproveCaseChange,
    ),
    (
        "/xinqiao.intake.v1.ExitService/ProposeExit",
        Right::PrepareAssignment,
    ),
    (
        "/xinqiao.intake.v1.ExitService/GetProposedExit",
        Right::PrepareAssignment,
    ),
    ("/xinqiao.intake.v1.ExitService/ConfirmExit", Right::Assign),
    ("/xinqiao.intake.v1.CaseService/GetCase", Right::ReadCaseHeader),
    (
        "/xinqiao.intake.v1.CaseService/BatchGetHeaders",
        Right::ReadCaseHeader,
    ),
    ("/xinqiao.intake.v1.CaseService/ListRegister", Right::ReadRegister),
    ("/xinqiao.intake.v1.CaseService/SearchCases", Right::ReadRegister),
    ("/xinqiao.intake.v1.CaseService/GetTimeline", Right::ReadCase),
    (
        "/xinqiao.intake.v1.CaseService/UnmaskPetitioner",
        Right::UnmaskPetitioner,
    ),
    (
        "/xinqiao.intake.v1.BreakGlassService/RequestBreakGlass",
        Right::RequestBreakGlass,
    ),
    (
        "/xinqiao.intake.v1.BreakGlassService/ListBreakGlass",
        Right::ApproveBreakGlass,
    ),
    (
        "/xinqiao.intake.v1.BreakGlassService/ApproveBreakGlass",
        Right::ApproveBreakGlass,
    ),
    (
        "/xinqiao.intake.v1.BreakGlassService/RefuseBreakGlass",
        Right::ApproveBreakGlass,
    ),
    (
        "/xinqiao.intake.v1.BreakGlassService/EndBreakGlass",
        Right::ApproveBreakGlass,
    ),
    (
        "/xinqiao.intake.v1.BreakGlassService/EnterBreakGlass",
        Right::RequestBreakGlass,
    ),
    (
        "/xinqiao.intake.v1.ExportService/PrepareExport",
        Right::PrepareImport,
    ),
    ("/xinqiao.intake.v1.ExportService/ListExports", Right::ReadImport),
    (
        "/xinqiao.intake.v1.ExportService/ApproveExport",
        Right::ApproveImport,
    ),
    (
        "/xinqiao.intake.v1.ExportService/RefuseExport",
        Right::ApproveImport,
    ),
    (
        "/xinqiao.intake.v1.ExportService/FetchExport",
        Right::PrepareImport,
    ),
    (
        "/xinqiao.intake.v1.NotificationService/ListNotifications",
        Right::ReadCase,
    ),
    (
        "/xinqiao.intake.v1.NotificationService/ListFailed",
        Right::ReadRegister,
    ),
    (
        "/xinqiao.intake.v1.NotificationService/RetryNotification",
        Right::PrepareAssignment,
    ),
    (
        "/xinqiao.intake.v1.NotificationService/MarkToldByHand",
        Right::PrepareAssignment,
    ),
    (
        "/xinqiao.intake.v1.NumberService/GetGapReport",
        Right::ReadRegister,
    ),
    (
        "/xinqiao.intake.v1.NumberService/ReserveBlock",
        Right::RegisterCase,
    ),
    ("/xinqiao.intake.v1.NumberService/CloseBlock", Right::RegisterCase),
    ("/xinqiao.intake.v1.NumberService/ListBlocks", Right::ReadRegister),
    ("/xinqiao.intake.v1.NumberService/ListVoids", Right::ReadRegister),
    ("/xinqiao.intake.v1.NumberService/GetVoid", Right::ReadCaseChange),
    (
        "/xinqiao.intake.v1.PetitionerService/GetOwnCase",
        Right::ReadOwnCase,
    ),
    (
        "/xinqiao.intake.v1.SealedService/GetSealedCase",
        Right::FollowSealed,
    ),
    (
        "/xinqiao.intake.v1.SealedService/ProposeSealedTransfer",
        Right::TransferSealed,
    ),
    (
        "/xinqiao.intake.v1.SealedService/ConfirmSealedTransfer",
        Right::TransferSealed,
    ),
    ("/xinqiao.intake.v1.SealedService/OpenSealed", Right::OpenSealed),
    (
        "/xinqiao.intake.v1.SealedService/ConfirmOpening",
        Right::ConfirmOpenSealed,
    ),
    ("/xinqiao.intake.v1.SealedService/EndOpening", Right::EndOpening),
    (
        "/xinqiao.intake.v1.SealedService/ReadSealedCase",
        Right::ReadSealed,
    ),
];

/// Takes a case for an act of somebody who may do it: nobody else changes it until the commit.
async fn take(act: &mut Act, id: Uuid) -> Result<CaseRow, Refusal> {
    let district = act.district();
    let row = rows::take(act.conn(), district, id)
        .await?
        .ok_or_else(refused::no_such_case)?;
    let onlooker = Onlooker::of(act).await?;
    act.authorise(&row.resource(&onlooker), refused::no_such_case)?;
    Ok(row)
}

/// The case an act is about, by its identifier as typed, taken.
async fn subject(act: &mut Act, case_id: &str) -> Result<CaseRow, Refusal> {
    let mut fields = Fields::new();
    let id = fields.uuid("case_id", case_id);
    fields.finish()?;
    take(act, id.expect("invariant: nothing was wrong")).await
}

/// A version as the database counts it; one that cannot be is stale.
fn seen(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(-1)
}

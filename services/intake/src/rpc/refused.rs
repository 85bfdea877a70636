//! Refused acts as a clerk reads them: what is wrong, and what to do.

use time::Duration;
use tonic::Code;
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::refusal::Refusal;
use xinqiao_kernel::local;

use crate::domain::case::CaseError;
use crate::domain::sealed::SealedError;

impl From<CaseError> for Refusal {
    fn from(error: CaseError) -> Self {
        let failed = |reason, zh: String, en: &str| Self::new(Code::FailedPrecondition, reason, zh, en);
        match &error {
            CaseError::WrongHolder(holder) => failed(
                "WRONG_HOLDER",
                format!("该信访事项已移交“{}”环节，请在该环节办理", holder.zh()),
                "the case has been handed over; act on it in the service that holds it",
            )
            .with_metadata("holder", holder.service()),
            CaseError::WrongState(state) => failed(
                "WRONG_STATE",
                format!("该信访事项处于“{}”状态，不能进行此操作", state.zh()),
                "the state of the case does not allow this act",
            )
            .with_metadata("state", state.code()),
            CaseError::Stale => Self::stale_version(),
            CaseError::Sealed => failed(
                "SEALED",
                "检举控告事项已保密隔离，须按专门程序办理".to_owned(),
                "an accusation is sealed and handled by its own procedure",
            ),
            CaseError::AccusationFixed => failed(
                "ACCUSATION_FIXED",
                "分类时不能将信访事项改为检举控告，请作废后按检举控告重新登记".to_owned(),
                "triage cannot turn a petition into an accusation; void it and register it as an accusation",
            ),
            CaseError::NotTriaged => failed(
                "NOT_TRIAGED",
                "尚未填写分类审核单，请先完成分类".to_owned(),
                "the case has no triage sheet yet; complete it first",
            ),
            CaseError::RouteNeedsDiversion(route) => failed(
                "ROUTE_NEEDS_DIVERSION",
                format!("依法分类为“{}”，应导入法定途径，不能交办", route.zh()),
                "this legal route is diverted into its statutory procedure, not released to handling",
            )
            .with_metadata("legal_route", route.code()),
            CaseError::ReceptionNotHeld => failed(
                "NOT_YET_HERE",
                "该事项属于领导接访日，接访记录尚未到达，请在领导接访并形成记录后再移交".to_owned(),
                "the case belongs to a leaders' reception day and no reception record has arrived; release it after \
                 the leader has received",
            )
            .with_metadata("missing", "reception.held"),
            CaseError::ReceptionNotFinalised => failed(
                "NOT_YET_HERE",
                "接访记录尚未整理定稿，请先完成定稿再移交".to_owned(),
                "the reception record is not finalised yet, or has not arrived; finalise it first",
            )
            .with_metadata("missing", "reception.finalised"),
            CaseError::NotProposed => failed(
                "NOT_PROPOSED",
                "尚无作废申请，请先由登记员提出".to_owned(),
                "nobody has proposed to void the case; a clerk proposes first",
            ),
            CaseError::SamePerson => failed(
                "SAME_PERSON",
                "作废须由提出人以外的人确认".to_owned(),
                "another person than the one who proposed must confirm",
            ),
        }
    }
}

impl From<SealedError> for Refusal {
    fn from(error: SealedError) -> Self {
        let (reason, zh, en) = match error {
            SealedError::Case(error) => return error.into(),
            SealedError::TransferNotProposed => (
                "TRANSFER_NOT_PROPOSED",
                "尚无转送申请，请先由一名分办员提出",
                "nobody has proposed the transfer; a dispatcher proposes first",
            ),
            SealedError::SamePerson => (
                "SAME_PERSON",
                "须由提出人以外的人确认",
                "another person than the one who began must confirm",
            ),
            SealedError::NotTransferred => (
                "NOT_TRANSFERRED",
                "该事项尚未转送纪检监察机关，不能启封；请先办理转送",
                "the case is not with the discipline inspection yet; transfer it first",
            ),
            SealedError::OpeningConfirmed => (
                "OPENING_CONFIRMED",
                "该次启封已经确认",
                "the opening is confirmed already",
            ),
            SealedError::OpeningOver => (
                "OPENING_OVER",
                "该次启封已经结束，确需查阅的请重新提请启封",
                "the opening is over; ask for another if the case must be read again",
            ),
        };
        Self::new(Code::FailedPrecondition, reason, zh, en)
    }
}

/// What may be done only so often a day is used up; the next legal day is a new one.
pub(crate) fn used_up_today(
    act: &Act,
    reason: &'static str,
    zh: impl Into<String>,
    en: impl Into<String>,
) -> Refusal {
    let wait = local::end_of_day(act.today()) - act.now() + Duration::MICROSECOND;
    Refusal::new(Code::ResourceExhausted, reason, zh, en)
        .with_retry_after(wait.try_into().unwrap_or_default())
}

/// The same for a case that does not exist, one of another district, and one the caller may not see.
pub(crate) fn no_such_case() -> Refusal {
    Refusal::not_found("该信访事项", "the case")
}

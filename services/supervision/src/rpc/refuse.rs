//! What a caller is told when the domain says no.

use time::{Date, Duration};
use tonic::Code;
use uuid::Uuid;
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_kernel::Explain;

use crate::domain::{
    case::{Misplaced, ReviewFault},
    signature::SignatureFault,
};

/// The same for a case that does not exist, belongs to another district, or is not the caller's.
pub(super) fn unknown_case() -> Refusal {
    Refusal::not_found("该信访事项", "the case")
}

/// The same for a proposal that does not exist, is over, or belongs to another district.
pub(super) fn unknown_proposal() -> Refusal {
    Refusal::not_found("该工作日历提案的预览", "the preview of the proposal")
}

/// Where the case is instead.
pub(super) fn misplaced(misplaced: Misplaced) -> Refusal {
    match misplaced {
        Misplaced::NotYetHere => Refusal::not_yet_here(),
        Misplaced::WrongHolder(holder) => Refusal::wrong_holder(holder.service()),
        Misplaced::WrongState(state) => Refusal::wrong_state(
            state.code(),
            format!("该信访事项处于“{}”状态，不能进行此项操作", state.zh()),
            format!(
                "the case is in the state \"{}\"; this act is not possible now",
                state.en()
            ),
        ),
    }
}

/// Whoever registered a case does not record a refusal to sign alone (§5.2, hard rule 1).
pub(super) fn registrar() -> Refusal {
    Refusal::forbidden(
        "SEPARATION_OF_DUTIES",
        "登记该事项的人员不得单独记录拒签，请由另一名工作人员记录",
        "whoever registered the case does not record a refusal alone; let another person record it",
    )
}

/// Why a review is refused; a missing comment is a wrong field.
pub(super) fn review(fault: ReviewFault) -> Refusal {
    if fault == ReviewFault::CommentRequired {
        let mut fields = Fields::new();
        fields.wrong("comment", fault.reason(), fault.zh(), fault.en());
        return fields.finish().err().map_or_else(unknown_case, Refusal::from);
    }
    Refusal::new(Code::FailedPrecondition, fault.reason(), fault.zh(), fault.en())
}

/// Why a signature does not count.
pub(super) fn signature(fault: SignatureFault) -> Refusal {
    let code = match fault {
        SignatureFault::SignatureInvalid => Code::InvalidArgument,
        _ => Code::FailedPrecondition,
    };
    Refusal::new(code, fault.reason(), fault.zh(), fault.en())
}

/// The identifier of a case in a command. A text that is none is a wrong field; the nil value stands in until
/// the fields are finished.
pub(super) fn case_id(fields: &mut Fields, text: &str) -> Uuid {
    fields.uuid("case_id", text).unwrap_or_default()
}

/// The longest term an act sets.
const TERM_MAX: Duration = Duration::days(366);

/// A last day that is still to come, within a year; none when the text is empty.
pub(super) fn coming_day(fields: &mut Fields, field: &str, text: &str, today: Date) -> Option<Date> {
    let day = fields.optional_date(field, text)?;
    if day <= today {
        fields.about(field, "NOT_IN_FUTURE", "须晚于今天", "must be later than today");
    }
    if day > today.saturating_add(TERM_MAX) {
        fields.about(field, "TOO_FAR", "不得超过一年", "is at most a year ahead");
    }
    Some(day)
}

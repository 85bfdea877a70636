//! The one place that turns [`Denied`] into what a caller is told.

use tonic::Code;
use xinqiao_chassis::refusal::Refusal;

use crate::domain::{denied::Denied, transitions::possible};

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Fields(wrong) => wrong.into(),
            Denied::NotFound => Self::not_found("该信访事项", "the case"),
            Denied::NoProposal => Self::not_found("该单位变更提议", "the proposal"),
            Denied::NotYetHere => Self::not_yet_here(),
            Denied::WrongHolder => Self::gone_on(),
            Denied::StaleVersion => Self::stale_version(),
            Denied::WrongState { state, .. } => {
                let next = possible(state).join(",");
                Self::wrong_state(
                    state.code(),
                    format!("该信访事项处于“{}”状态，不能进行此项操作", state.zh()),
                    format!(
                        "the case is in the state \"{}\"; this act is not possible now",
                        state.en()
                    ),
                )
                .with_metadata("possible", next)
            }
            other => guard(&other),
        }
    }
}

/// Guards that look at more than the state: a reason of their own each.
fn guard(denied: &Denied) -> Refusal {
    let (reason, zh) = match denied {
        Denied::SamePerson => ("SAME_PERSON", "须由提出人以外的人确认".to_owned()),
        Denied::AccusedUnit => (
            "ACCUSED_UNIT",
            "被检举控告的单位及其下属单位不得承办或查阅该事项".to_owned(),
        ),
        Denied::ApprovalNeeded => (
            "APPROVAL_NEEDED",
            "该事项反映的是拟交办单位，须经责任领导说明理由并批准后方可交办".to_owned(),
        ),
        Denied::ApprovalNotNeeded => (
            "APPROVAL_NOT_NEEDED",
            "该事项并不反映此单位，无需批准，可直接交办".to_owned(),
        ),
        Denied::ObjectionTooLate { last_day } => (
            "OBJECTION_TOO_LATE",
            format!("提出异议的期限已于 {last_day} 届满，请依法受理"),
        ),
        Denied::ObjectionUsed => ("OBJECTION_USED", "本次交办已提出过异议，请依法受理".to_owned()),
        Denied::DraftMissing => ("DRAFT_MISSING", "尚无草稿，请承办人先行拟稿".to_owned()),
        Denied::NoHandlingLimit => (
            "NO_HANDLING_LIMIT",
            "该事项没有正在计算的六十日办理期限，无需延期".to_owned(),
        ),
        Denied::ExtensionTooLate { last_day } => (
            "EXTENSION_TOO_LATE",
            format!("办理期限已于 {last_day} 届满，不能再延期"),
        ),
        Denied::ExtensionUsed => ("EXTENSION_USED", "该事项已延期一次，不能再次延期".to_owned()),
        Denied::ReportNotRead { until } => (
            "REPORT_NOT_READ",
            format!("责任领导尚未审阅调查报告；{until} 之后领导仍无批示的，可依法出具意见"),
        ),
        Denied::SeparationOfDuties => (
            "SEPARATION_OF_DUTIES",
            "调查人员不得审批处理意见，请由其他负责人审批".to_owned(),
        ),
        Denied::AlreadyServed => ("ALREADY_SERVED", "处理意见书已送达".to_owned()),
        Denied::NotSupportedOutcome => (
            "NOT_SUPPORTED_OUTCOME",
            "处理意见未支持诉求，没有需要落实的事项".to_owned(),
        ),
        Denied::OpinionNotServed => (
            "OPINION_NOT_SERVED",
            "处理意见书尚未送达信访人，请先送达或说明免送理由".to_owned(),
        ),
        Denied::ExecutionNeeded => (
            "EXECUTION_NEEDED",
            "处理意见支持诉求，请先落实再报结案".to_owned(),
        ),
        Denied::Fields(_)
        | Denied::NotFound
        | Denied::NoProposal
        | Denied::NotYetHere
        | Denied::WrongHolder
        | Denied::StaleVersion
        | Denied::WrongState { .. } => unreachable!("told apart before"),
    };
    Refusal::new(Code::FailedPrecondition, reason, zh, denied.to_string())
}

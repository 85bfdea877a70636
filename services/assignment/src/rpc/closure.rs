//! T22–T24 and T35: execution, closure report, rework.

use xinqiao_chassis::{
    desk::Act,
    refusal::{Fields, Refusal},
};
use xinqiao_proto::assignment::{
    StartExecutionRequest, StartExecutionResponse, StartReworkRequest, StartReworkResponse,
    SubmitClosureReportRequest, SubmitClosureReportResponse,
};

use super::{decode, decode::optional, forms, opened};
use crate::{
    domain::{
        closure::{Closure, Execution},
        denied::Denied,
        paper::PaperKind,
        transitions,
    },
    events::outgoing,
    store::{papers, units},
};

/// T22.
pub(super) async fn start_execution(
    act: &mut Act,
    request: StartExecutionRequest,
) -> Result<StartExecutionResponse, Refusal> {
    let version = request.version;
    let mut case = opened::for_act(act, &request.case_id, version, transitions::Act::StartExecution).await?;
    let today = act.today();
    let mut fields = Fields::new();
    let plan_due = fields.date("plan_due", &request.plan_due);
    let entered = Execution {
        plan: request.plan,
        // A date that cannot be read is already named; today adds nothing to that.
        plan_due: plan_due.unwrap_or(today),
        reply_exempt_reason: optional(request.reply_exempt_reason),
    };
    let entered = entered.check(today, &mut fields);
    fields.finish()?;

    let k20 = case.start_execution(version, &entered, &opened::law(act))?;
    papers::append(act, case.id, PaperKind::Execution, &entered).await?;
    outgoing::execution_started(act, &case, entered.plan_due);
    let district = act.district();
    let units = units::all(act.conn(), district).await?;
    let document = forms::execution_plan(act, &case, &units, &entered);
    let result = opened::close(act, case, &[k20], vec![document]).await?;
    Ok(StartExecutionResponse { result })
}

/// T23 or T24: the hold passes to supervision.
pub(super) async fn submit_closure_report(
    act: &mut Act,
    request: SubmitClosureReportRequest,
) -> Result<SubmitClosureReportResponse, Refusal> {
    let version = request.version;
    let mut case = opened::authorised(act, &request.case_id).await?;
    let exempt = !request.reply_exempt_reason.trim().is_empty();
    let opinion = case.may_close(version, exempt)?;
    let mut fields = Fields::new();
    let closure = Closure {
        outcome: decode::closure_outcome(request.outcome()),
        summary: request.summary,
        measures: request.measures,
        execution_evidence: decode::evidence(request.execution_evidence),
        explanation: optional(request.explanation),
        assistance: request.assistance,
        lessons: optional(request.lessons),
        reply_exempt_reason: optional(request.reply_exempt_reason),
    };
    let mut closure = closure.check(opinion, &mut fields);
    fields.finish()?;
    let Some(outcome) = closure.outcome else {
        return Err(Denied::OpinionNotServed.into());
    };

    let k21 = case.close(version, exempt, &opened::law(act))?;
    if closure.reply_exempt_reason.is_none() && case.opinion.is_some_and(|opinion| opinion.exempt) {
        let execution: Option<Execution> = papers::latest(act, case.id, PaperKind::Execution).await?;
        closure.reply_exempt_reason = execution.and_then(|execution| execution.reply_exempt_reason);
    }
    papers::append(act, case.id, PaperKind::Closure, &closure).await?;
    outgoing::closure_reported(act, &case, opinion, outcome, &k21);
    let district = act.district();
    let units = units::all(act.conn(), district).await?;
    let documents = forms::closure(act, &case, &units, &closure, outcome);
    let result = opened::close(act, case, &[k21], documents).await?;
    Ok(SubmitClosureReportResponse { result })
}

/// T35.
pub(super) async fn start_rework(
    act: &mut Act,
    request: StartReworkRequest,
) -> Result<StartReworkResponse, Refusal> {
    let what = transitions::Act::ReworkInvestigation;
    let mut case = opened::for_act(act, &request.case_id, request.version, what).await?;
    case.start_rework(request.version, request.investigate_again)?;
    outgoing::rework_started(act, &case, request.investigate_again);
    let result = opened::close(act, case, &[], Vec::new()).await?;
    Ok(StartReworkResponse { result })
}

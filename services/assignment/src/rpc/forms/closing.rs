//! Documents of execution and closure.

use xinqiao_chassis::desk::Act;
use xinqiao_documents::{
    Day, Moment,
    forms::closing::{ClosureOutcome as Ending, ClosureReport, ExecutionEvidence, ExecutionPlan},
};
use xinqiao_proto::common::DocumentRef;

use super::{evidence, file, official, unit};
use crate::domain::{
    case::Case,
    closure::{Closure, ClosureOutcome, Execution},
    unit::Units,
};

/// 落实计划.
pub(in crate::rpc) fn execution_plan(
    act: &mut Act,
    case: &Case,
    units: &Units,
    entered: &Execution,
) -> DocumentRef {
    let document = ExecutionPlan {
        case_no: case.number,
        round: case.round,
        unit: unit(units, case.lead_unit),
        plan: entered.plan.clone(),
        plan_due: Day(entered.plan_due),
        planned_at: Moment(act.now()),
        planned_by: official(act.caller()),
    };
    file(act, case, &document)
}

/// D15 结案报告, and the evidence of execution when there is any.
pub(in crate::rpc) fn closure(
    act: &mut Act,
    case: &Case,
    units: &Units,
    entered: &Closure,
    outcome: ClosureOutcome,
) -> Vec<DocumentRef> {
    let document = ClosureReport {
        case_no: case.number,
        round: case.round,
        unit: unit(units, case.lead_unit),
        summary: entered.summary.clone(),
        measures: entered.measures.clone(),
        execution_evidence: evidence(&entered.execution_evidence),
        explanation: entered.explanation.clone(),
        assistance: entered.assistance.clone(),
        reply_served_on: case.opinion.and_then(|opinion| opinion.served_on).map(Day),
        reply_exempt_reason: entered.reply_exempt_reason.clone(),
        outcome: match outcome {
            ClosureOutcome::Resolved => Ending::Resolved,
            ClosureOutcome::PartlyResolved => Ending::PartlyResolved,
            ClosureOutcome::Explained => Ending::Explained,
            ClosureOutcome::NotSupported => Ending::NotSupported,
        },
        lessons: entered.lessons.clone(),
        approved_by: official(act.caller()),
        reported_at: Moment(act.now()),
    };
    let mut filed = vec![file(act, case, &document)];
    if !entered.execution_evidence.is_empty() {
        let document = ExecutionEvidence {
            case_no: case.number,
            round: case.round,
            unit: unit(units, case.lead_unit),
            evidence: evidence(&entered.execution_evidence),
            submitted_at: Moment(act.now()),
            submitted_by: official(act.caller()),
        };
        filed.push(file(act, case, &document));
    }
    filed
}

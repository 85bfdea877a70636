//! Carrying out and closing: plan, evidence, closure report, and the check that the file is complete.

use crate::archive_item::ArchiveItem;
use crate::form::{choice, form, part};
use crate::part::{Evidence, Official, Term, Unit};
use crate::value::{Day, Moment};
use xinqiao_kernel::CaseNumber;

form! {
    /// How and by when a supported demand is carried out `[R:32]`.
    ExecutionPlan = "PLAN", "处理意见落实计划", "execution plan", Execution;
    "信访事项编号" case_no: CaseNumber,
    "轮次" round: u32,
    "承办单位" unit: Unit,
    "落实计划" plan: String,
    "计划完成日期" plan_due: Day,
    "制定时间" planned_at: Moment,
    "制定人" planned_by: Official,
}

form! {
    /// What proves that the opinion was carried out.
    ExecutionEvidence = "EXECUTION", "处理意见落实情况材料", "evidence of execution", Execution;
    "信访事项编号" case_no: CaseNumber,
    "轮次" round: u32,
    "承办单位" unit: Unit,
    "落实证明" evidence: Vec<Evidence>,
    "提交时间" submitted_at: Moment,
    "提交人" submitted_by: Official,
}

choice! {
    /// How the matter stands when it is closed.
    ClosureOutcome;
    "RESOLVED" "已解决" Resolved,
    "PARTLY_RESOLVED" "部分解决" PartlyResolved,
    "EXPLAINED" "已解释说明" Explained,
    "NOT_SUPPORTED" "不予支持" NotSupported,
    "UNRESOLVED_FOLLOWUP" "暂无法解决，包保跟进" UnresolvedFollowUp,
    "DIVERTED" "已导入法定途径" Diverted,
    "WITHDRAWN" "已撤回" Withdrawn,
    "ONSITE" "当场解决" Onsite,
}

form! {
    /// What was done and how it ended `[S:L40]`.
    ClosureReport = "D15", "结案报告", "closure report", Closure;
    "信访事项编号" case_no: CaseNumber,
    "轮次" round: u32,
    "承办单位" unit: Unit,
    "办理情况" summary: String,
    "采取的措施" measures: Vec<String>,
    "落实证明" execution_evidence: Vec<Evidence>,
    /// Needed when nothing was supported.
    "解释说明记录" explanation: Option<String>,
    "帮扶救助" assistance: Vec<String>,
    "答复送达日期" reply_served_on: Option<Day>,
    "未能送达答复的原因" reply_exempt_reason: Option<String>,
    "办理结果" outcome: ClosureOutcome,
    /// Without personal data.
    "经验教训" lessons: Option<String>,
    "批准人" approved_by: Official,
    "报告时间" reported_at: Moment,
}

part! {
    /// One line of the check list.
    CheckedItem;
    "归档项" item: ArchiveItem,
    "名称" name: String,
    "是否必备" mandatory: bool,
    "文书件数" documents: u32,
}

part! {
    /// What is missing or wrong.
    Gap;
    "归档项" item: ArchiveItem,
    "缺失内容" text: String,
}

form! {
    /// The clerk's check of the file before the petitioner is asked: complete, or returned with the list of gaps.
    Completeness = "CHECKLIST", "结案材料审核单", "completeness check", Closure;
    "信访事项编号" case_no: CaseNumber,
    "材料是否齐全" complete: bool,
    "材料清单" items: Vec<CheckedItem>,
    "缺失材料" gaps: Vec<Gap>,
    "备注" note: Option<String>,
    /// K12 when complete, K13 when returned.
    "时限" term: Term,
    "审核人" checked_by: Official,
    "审核时间" checked_at: Moment,
}

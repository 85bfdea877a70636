//! Assignment: the order to the unit, its objection, and who must keep out.

use crate::form::{choice, form, part};
use crate::part::{Official, Term, Unit};
use crate::value::{Day, Moment};
use xinqiao_kernel::CaseNumber;

choice! {
    /// Who decided on the lead unit.
    LeadSource;
    "OFFICE" "区联席办" Office,
    "LEADER" "接访领导" Leader,
}

part! {
    /// The test that no unit complained about handles the matter (DEC-14).
    RecusalCheck;
    "被反映的单位" complained_units: Vec<String>,
    "应回避的人员" excluded_persons: Vec<String>,
    "核查结论" result: String,
}

form! {
    /// The office hands the matter to a lead unit, with what is asked and by when `[R:22(3)]`.
    AssignmentOrder = "D07", "信访事项交办单", "assignment order", Assignment;
    "信访事项编号" case_no: CaseNumber,
    "轮次" round: u32,
    "牵头单位" lead_unit: Unit,
    "协办单位" assist_units: Vec<Unit>,
    "牵头单位的确定" lead_source: LeadSource,
    /// Needed when the leader instructed another unit.
    "另定牵头单位的理由" lead_unit_reason: Option<String>,
    "责任领导" responsible_leader: Option<Official>,
    /// Needed when neither portfolio nor township matches.
    "确定责任领导的理由" portfolio_reason: Option<String>,
    "办理要求" requirements: String,
    "反馈期限" feedback_due: Day,
    "送达时间" delivered_at: Moment,
    "时限" terms: Vec<Term>,
    "回避核查" recusal: RecusalCheck,
    "交办人" assigned_by: Official,
}

form! {
    /// The unit is not competent and says why, within five working days `[R:23(3)]`.
    Objection = "D08", "信访事项交办异议书", "objection to an assignment", Assignment;
    "信访事项编号" case_no: CaseNumber,
    "轮次" round: u32,
    "提出单位" unit: Unit,
    "异议理由" reason: String,
    "建议的承办单位" suggested_unit: Option<Unit>,
    "提出时间" raised_at: Moment,
    "提出人" raised_by: Official,
}

form! {
    /// The office verifies the objection and answers it.
    ObjectionAnswer = "D09", "信访事项交办异议答复", "answer to an objection", Assignment;
    "信访事项编号" case_no: CaseNumber,
    "轮次" round: u32,
    "异议是否成立" upheld: bool,
    "答复理由" reason: String,
    "时限" terms: Vec<Term>,
    "答复时间" decided_at: Moment,
    "答复人" decided_by: Official,
}

form! {
    /// An investigator declares that he has no direct interest in the matter `[R:28(3)]`.
    RecusalDeclaration = "RECUSAL", "回避声明", "recusal declaration", Recusal;
    "信访事项编号" case_no: CaseNumber,
    "轮次" round: u32,
    "承办单位" unit: Unit,
    "调查人员" investigator: Official,
    "声明内容" declaration: String,
    "与信访事项无直接利害关系" no_interest: bool,
    "声明时间" declared_at: Moment,
}

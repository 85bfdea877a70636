//! Handling by the unit: acceptance, investigation, extension, the written opinion, and proof that it was served.

use crate::archive_item::ArchiveItem;
use crate::form::{choice, form, part};
use crate::part::{Evidence, Finding, Issue, LegalBasis, Official, Outcome, ServiceMethod, Term, Unit};
use crate::value::{Day, Moment};
use xinqiao_kernel::CaseNumber;

form! {
    /// The unit tells the petitioner that it has his matter, by which procedure, and whom he can ask `[R:23(3)]`.
    AcceptanceNotice = "D02", "受理告知书", "notice of acceptance", Notices;
    "信访事项编号" case_no: CaseNumber,
    "制发" issue: Issue,
    "承办单位" unit: Unit,
    "告知内容" text: String,
    "联系人及办公电话" contact: String,
    /// None for a matter without the sixty days.
    "办理期限" k4: Option<Term>,
    /// Name or address unclear `[R:23(2)]`: why no written notice was possible.
    "免予书面告知的原因" exempt_reason: Option<String>,
}

part! {
    /// Whether the petitioner was heard `[R:31(6)]`.
    Hearing;
    "听取陈述时间" heard_at: Option<Moment>,
    "未能听取的原因" not_heard_reason: Option<String>,
}

form! {
    /// What the unit found, for the receiving leader: cause, problem and how to settle it `[S:L40]`.
    InvestigationReport = "D10", "调查报告", "investigation report", Investigation;
    "信访事项编号" case_no: CaseNumber,
    "轮次" round: u32,
    "承办单位" unit: Unit,
    "产生的原因" cause: String,
    "存在的问题" problem: String,
    "化解的意见" resolution_opinion: String,
    "查明的事实" facts: Vec<String>,
    "证据" evidence: Vec<Evidence>,
    "听取信访人陈述" hearing: Hearing,
    "依据" legal_basis: Vec<LegalBasis>,
    "调查人员" investigators: Vec<Official>,
    "调查人员是否均已作出回避声明" recusal_declared: bool,
    "诉求是否合法" lawful: Finding,
    "诉求是否合情合理" fair_reasonable: Finding,
    "是否有法律政策依据" basis: Finding,
    "法律政策是否规定不予解决" barred: Finding,
    "是否影响全局" affects_overall: Finding,
    "报接访领导时间" submitted_at: Moment,
    "报送人" submitted_by: Official,
}

form! {
    /// The leader has read the report and asks for more.
    ReportReturn = "RETURN", "调查报告退回补充意见", "instruction to investigate further", Instruction;
    "信访事项编号" case_no: CaseNumber,
    "轮次" round: u32,
    "领导" leader: Official,
    "补充调查的要求及理由" reason: String,
    "时间" returned_at: Moment,
}

form! {
    /// The head of the organ extends the handling once and tells the petitioner why `[R:34]`.
    ExtensionNotice = "D11", "延期告知书", "notice of extension", Extension;
    "信访事项编号" case_no: CaseNumber,
    "制发" issue: Issue,
    "承办单位" unit: Unit,
    "延长天数" days: u16,
    "延期理由" reason: String,
    "延长后的期限" k5: Term,
    "免予书面告知的原因" exempt_reason: Option<String>,
}

part! {
    /// The outcome of one request, with its reasons.
    RequestOutcome;
    /// 1 first.
    "诉求序号" request_no: u32,
    "处理结果" outcome: Outcome,
    "理由" reasons: String,
    "依据" legal_basis: Vec<LegalBasis>,
}

part! {
    /// Where and until when a review can be requested `[R:35]`.
    Remedy;
    "救济告知" clause: String,
    "复查机关" organ: String,
    /// Calendar days from receipt.
    "申请期限（日）" days: u16,
}

form! {
    /// The written opinion on the matter: facts, an outcome for each request, the law, and the remedy `[R:32]`.
    HandlingOpinion = "D12", "信访处理意见书", "handling opinion", Opinion;
    "信访事项编号" case_no: CaseNumber,
    "轮次" round: u32,
    "制发" issue: Issue,
    "承办单位" unit: Unit,
    "事实和理由" facts: String,
    "各项诉求的处理结果" outcomes: Vec<RequestOutcome>,
    /// Needed when a request is supported.
    "落实计划" execution_plan: Option<String>,
    /// None where the law gives none: suggestion, consultation, thanks.
    "救济途径" remedy: Option<Remedy>,
    "拟稿人" drafted_by: Official,
}

choice! {
    /// How the service ended.
    ServiceResult;
    "SERVED" "已送达" Served,
    "REFUSED" "拒收" Refused,
    "RETURNED" "退回" Returned,
}

form! {
    /// Proof that a document reached the petitioner. It lies in the file with the document that was served.
    ServiceProof = "D14", "送达回证", "proof of service", Notices or served_item;
    "信访事项编号" case_no: CaseNumber,
    "所送文书代码" served_form: String,
    "所送文书名称" served_title: String,
    "所送文书文号" served_document_no: String,
    "所送文书归档项" served_item: ArchiveItem,
    "送达单位" unit: String,
    "送达方式" method: ServiceMethod,
    "送达日期" served_on: Day,
    "送达凭证" proof: String,
    "送达结果" result: ServiceResult,
    "送达人" served_by: Official,
    "登记时间" recorded_at: Moment,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Form;
    use time::macros::{date, datetime};

    #[test]
    fn a_proof_of_service_lies_with_what_was_served() {
        let mut proof = ServiceProof {
            case_no: "XF-220502-2026-2-000123-9".parse().unwrap(),
            served_form: HandlingOpinion::CODE.to_owned(),
            served_title: HandlingOpinion::TITLE_ZH.to_owned(),
            served_document_no: "XF-220502-2026-2-000123-9/D12-1".to_owned(),
            served_item: HandlingOpinion::ARCHIVE_ITEM,
            unit: "区住建局".to_owned(),
            method: ServiceMethod::InPerson,
            served_on: Day(date!(2026 - 04 - 21)),
            proof: "本人签收".to_owned(),
            result: ServiceResult::Served,
            served_by: Official {
                id: "p-2".to_owned(),
                name: "赵承办".to_owned(),
                post: None,
            },
            recorded_at: Moment(datetime!(2026-04-21 10:00 +8)),
        };
        assert_eq!(proof.archive_item().number(), "12");
        proof.served_item = AcceptanceNotice::ARCHIVE_ITEM;
        assert_eq!(proof.archive_item().number(), "07");
    }
}

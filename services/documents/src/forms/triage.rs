//! Triage: the office sorts the matter and, where it ends there, tells the petitioner.

use crate::form::form;
use crate::part::{Issue, Official};
use crate::value::{Day, Moment};
use xinqiao_kernel::CaseNumber;

form! {
    /// What kind of matter it is, where it belongs, and who released it to handling.
    TriageSheet = "TRIAGE", "信访事项分类审核单", "triage sheet", Notices;
    "信访事项编号" case_no: CaseNumber,
    "信访目的" purpose: String,
    "依法分类" legal_route: String,
    "依法分类名称" legal_route_name: String,
    "内容分类" content_code: String,
    "问题属地" problem_loc_code: String,
    "问题所在乡镇街" problem_town_code: String,
    "分管领域" field_code: String,
    "信访原因" cause_code: Option<String>,
    "概况" summary: String,
    "被反映对象" complained: Vec<String>,
    /// Bound by the reception record (DEC-07).
    "接访领导" responsible_leader: Option<String>,
    "分流时间" released_at: Moment,
    "分流人" released_by: String,
}

form! {
    /// The matter goes a legal way of its own `[R:31]`; the petitioner learns which, to whom and until when.
    DiversionNotice = "D05", "依法分类处理告知书", "notice of diversion", Notices;
    "信访事项编号" case_no: CaseNumber,
    "制发" issue: Issue,
    "依法分类" legal_route: String,
    "依法分类名称" legal_route_name: String,
    "应向其提出的机关" addressee: String,
    "提出的时限" time_limit: String,
    "理由" reasons: String,
}

form! {
    /// The matter is not accepted, with the reason and the way that is open.
    NonAcceptanceNotice = "D03", "不予受理告知书", "notice of non-acceptance", Notices;
    "信访事项编号" case_no: CaseNumber,
    "制发" issue: Issue,
    "不予受理的原因" reason: String,
    "依据" basis: String,
    "可以寻求的途径" guidance: String,
    /// The second of the two persons who must agree.
    "复核人" second_person: String,
}

form! {
    /// The matter goes to the organ that is competent for it `[R:22]`, an accusation to the discipline inspection
    /// `[R:30(3)]`. What the petitioner has written is not in it; that is read under an opening.
    TransferLetter = "D06", "转送函", "letter of transfer", Notices;
    "信访事项编号" case_no: CaseNumber,
    "制发" issue: Issue,
    "转送机关" addressee: String,
    "转送理由" reasons: String,
    "收到日期" received_on: Day,
    /// The first of the two persons who must agree.
    "提出人" proposed_by: String,
    /// The second.
    "复核人" second_person: Official,
}

form! {
    /// The petitioner learns that his matter was passed on. Whoever else sees the paper learns neither to whom nor
    /// about what.
    TransferNotice = "TRANSFER_NOTICE", "转送告知书", "notice of transfer", Notices;
    "信访事项编号" case_no: CaseNumber,
    "制发" issue: Issue,
    "告知内容" text: String,
}

form! {
    /// The same matter with the same facts and reasons was decided to the end `[R:36(3)]`; help is offered `[R:37(3)]`.
    NoLongerAcceptedNotice = "D04", "不再受理告知书", "notice of no further acceptance", Notices;
    "信访事项编号" case_no: CaseNumber,
    "制发" issue: Issue,
    "已经终结的信访事项编号" final_case_no: CaseNumber,
    "理由" reasons: String,
    "帮扶救助途径" help: String,
    /// The second of the two persons who must agree.
    "复核人" second_person: String,
}

form! {
    /// The petitioner learns with which open case his matter goes on and where that stands (RP-1).
    LinkNotice = "LINK_NOTICE", "并入告知书", "notice of joining", Notices;
    "信访事项编号" case_no: CaseNumber,
    "制发" issue: Issue,
    "并入的信访事项编号" open_case_no: CaseNumber,
    "目前状态" state: String,
    "理由" reasons: String,
    "告知内容" text: String,
    /// The second of the two persons who must agree.
    "复核人" second_person: String,
}

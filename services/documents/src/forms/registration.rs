//! Registration: the form with its receipt, and the petitioner's own words.

use crate::form::{form, part};
use crate::part::Term;
use crate::value::{Day, Moment};
use xinqiao_kernel::{CaseNumber, SubmissionNumber};

part! {
    /// Who acts for a petitioner: an agent by his mandate, or a guardian.
    Proxy;
    "姓名" name: String,
    "证件类型" id_kind: Option<String>,
    "证件号码" id_no: Option<String>,
    "手机号码" mobile: Option<String>,
    "授权委托书或监护证明存放处" paper_reference: String,
}

part! {
    /// A petitioner as entered at the counter. The resident ID is optional everywhere `[R:19(1)]`.
    Petitioner;
    "信访人类别" kind: String,
    "姓名或名称" name: String,
    "性别" sex: Option<String>,
    "证件类型" id_kind: Option<String>,
    "证件号码" id_no: Option<String>,
    "手机号码" mobile: Option<String>,
    "固定电话" landline: Option<String>,
    "住址区划代码" addr_code: Option<String>,
    "住址" addr_detail: Option<String>,
    "送达方式偏好" preferred_channel: String,
    "是否推选的代表" representative: bool,
    /// Calls only.
    #[serde(skip_serializing_if = "Option::is_none")]
    "来电号码" caller_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    "统一社会信用代码" uscc: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    "出生日期" birth_date: Option<Day>,
    /// Only said when it is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    "是否拒绝出示证件" id_refused: Option<bool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    "代理人" agents: Vec<Proxy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    "监护人" guardian: Option<Proxy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    "电子邮箱" email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    "通讯地址" post_addr: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    "邮政编码" post_code: Option<String>,
}

part! {
    /// The number of the same matter in a system above.
    ExternalRef;
    "编号类别" system: String,
    "编号" number: String,
}

part! {
    /// What an organ above said when it passed the submission on.
    Forwarded;
    "来源级别" source_level: String,
    "来件机关" sender_org: String,
    "来文号" sender_number: String,
    "来文日期" sender_on: Day,
    "要求办理期限" sender_due: Option<Day>,
    "外部编号" external_refs: Vec<ExternalRef>,
}

part! {
    /// The outside visit at which the petitioner spoke.
    OutsideVisit;
    "处访形式" outside_form: String,
    "处访地点" visit_place: Option<String>,
    "工作人员" staff: Vec<String>,
    "是否同意入户" consent_home_visit: bool,
}

form! {
    /// What the counter entered, and the receipt that the petitioner takes home: number and the day until which the
    /// office answers. The query code is printed beside them and is not on file: nothing stores it (§6.2).
    Registration = "D01", "信访事项登记表及登记回执", "registration form and receipt", Registration;
    "信访事项编号" case_no: CaseNumber,
    "信访件编号" submission_no: SubmissionNumber,
    "区" district: String,
    "登记机关" office: String,
    "信访形式" channel: String,
    "信访目的" purpose: String,
    "收到时间" received_at: Moment,
    "登记时间" registered_at: Moment,
    /// Letters only.
    "邮戳日期" postmark_on: Option<Day>,
    /// The reception day of a visit to a leader.
    "接待日" reception_day: Option<String>,
    "是否匿名" anonymous: bool,
    "信访人" petitioners: Vec<Petitioner>,
    "信访人数" visit_count: u32,
    "涉及人数" affected_count: u32,
    "是否联名信或集体访" joint: bool,
    "标题" subject: String,
    "诉求" requests: Vec<String>,
    "是否要求保密" confidential: bool,
    "是否同意公开" consent_public: bool,
    "办理时限" k1: Term,
    "登记人" registered_by: String,
    /// Calls only: the caller was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    "是否已告知录音" recording_told: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    "上级来件" forwarded: Option<Forwarded>,
    #[serde(skip_serializing_if = "Option::is_none")]
    "处访情况" outside_visit: Option<OutsideVisit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    "回执送达方式" receipt_way: Option<String>,
}

form! {
    /// The demand in the petitioner's own words: letter, online text, or oral record read back to him.
    Original = "ORIGINAL", "信访人原文（口述记录）", "original text or oral record", Original;
    /// The number stands on the registration form; the text is filed before it is given out.
    "信访事项标识" case_id: String,
    "材料种类" kind: String,
    "标题" subject: String,
    "内容" content: String,
    "诉求" requests: Vec<String>,
    /// Taken down from the mouth and read back `[R:19(1)]`.
    "是否经口述核对" read_back: bool,
    "扫描件存放处" scan_reference: Option<String>,
}

//! Registration: the form with its receipt, and the petitioner's own words.

use crate::form::{form, part};
use crate::part::Term;
use crate::value::{Day, Moment};
use xinqiao_kernel::{CaseNumber, SubmissionNumber};

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

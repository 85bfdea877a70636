//! What a field is called on the form: one list for all services.

/// The name of a field, as sentences use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// 表单上的名称.
    pub zh: String,
    /// Name in English.
    pub en: String,
}

impl Label {
    /// Whether the list has every part of it.
    pub fn is_known(&self) -> bool {
        !self.zh.contains(UNKNOWN.0)
    }
}

/// The name of the field at a path of a request, such as `submission.petitioners[1].name`: 第2个信访人的姓名/名称.
///
/// Every field of every request has one; a test over the contracts sees to it.
pub fn label(path: &str) -> Label {
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    let mut bare = String::new();
    let mut segments = path.split('.').peekable();
    while let Some(segment) = segments.next() {
        let (name, index) = split(segment);
        if !bare.is_empty() {
            bare.push('.');
        }
        bare.push_str(name);
        let is_last = segments.peek().is_none();
        let (own_zh, own_en) = named(&bare).unwrap_or(UNKNOWN);
        if let Some(index) = index {
            zh.push(format!("第{}个{own_zh}", index + 1));
            en.push(format!("entry {} of {own_en}", index + 1));
        } else if is_last {
            zh.push(own_zh.to_owned());
            en.push(own_en.to_owned());
        }
    }
    en.reverse();
    Label {
        zh: zh.join("的"),
        en: en.join(" in "),
    }
}

/// The name of a path without its indices: of the longest end of it that the list has.
pub fn named(bare: &str) -> Option<(&'static str, &'static str)> {
    let ends_with = |name: &str| {
        bare.strip_suffix(name)
            .is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    NAMES
        .iter()
        .filter(|(name, ..)| ends_with(name))
        .max_by_key(|(name, ..)| name.len())
        .map(|(_, zh, en)| (*zh, *en))
}

/// `petitioners[1]` as its name and its index.
fn split(segment: &str) -> (&str, Option<usize>) {
    segment
        .strip_suffix(']')
        .and_then(|rest| rest.split_once('['))
        .and_then(|(name, index)| Some((name, Some(index.parse().ok()?))))
        .unwrap_or((segment, None))
}

/// What a field without a name is called.
const UNKNOWN: (&str, &str) = ("该项内容", "the field");

/// By the end of the path, in the order of the alphabet: a longer end is the name in that message only.
const NAMES: &[(&str, &str, &str)] = &[
    ("absent", "是否未到", "whether nobody came"),
    ("accused", "被检举控告对象", "the accused"),
    ("accused.name", "名称", "the name"),
    ("accused.person_id", "人员标识", "the person"),
    ("active", "是否在用", "whether it is active"),
    ("addr_code", "住址代码", "the address code"),
    ("addr_detail", "住址", "the address"),
    ("addressee", "受理机关", "the addressee"),
    ("affected_count", "涉及人数", "the number of persons affected"),
    (
        "affects_overall",
        "是否影响全局",
        "the effect on the overall work",
    ),
    (
        "affects_overall.reason",
        "是否影响全局的理由",
        "the reason about the overall work",
    ),
    ("after_case_no", "接续的信访事项编号", "the number to go on after"),
    ("agents", "代理人", "the agents"),
    (
        "agree_closed",
        "是否认可已办结",
        "whether he agrees that the matter is settled",
    ),
    ("anonymous", "是否匿名", "whether it is anonymous"),
    ("appointment_id", "预约", "the appointment"),
    ("article", "条款", "the article"),
    ("assist_unit_ids", "协办单位", "the assisting units"),
    ("assistance", "帮扶措施", "the assistance"),
    ("at", "联系时间", "the time of the attempt"),
    ("attempts", "联系记录", "the attempts"),
    ("attendees", "到场人员", "the attendees"),
    ("attendees.name", "姓名", "the name"),
    ("attitude", "满意程度", "the attitude"),
    ("backup_leader_id", "备岗领导", "the leader who stands in"),
    ("barred", "是否明令禁止", "whether it is expressly barred"),
    (
        "barred.reason",
        "是否明令禁止的理由",
        "the reason about what is barred",
    ),
    ("basis", "有无依据", "whether a basis exists"),
    ("basis.reason", "有无依据的理由", "the reason about the basis"),
    ("birth_date", "出生日期", "the date of birth"),
    ("branch", "处理分支", "the branch"),
    ("break_glass_id", "应急访问申请", "the request for access"),
    ("by", "联系人员", "who tried"),
    ("by_office", "取消方", "who cancels"),
    ("calendar_days", "放假调休日期", "the days"),
    ("calendar_days.date", "日期", "the date"),
    ("calendar_days.kind", "放假或上班", "the kind of day"),
    ("calendar_days.name", "节日名称", "the holiday"),
    ("calendar_notice", "放假安排通知", "the notice"),
    ("call", "来电登记表", "the call"),
    ("caller_number", "来电号码", "the number of the caller"),
    ("case_id", "信访事项", "the case"),
    ("case_ids", "信访事项", "the cases"),
    ("case_no", "信访事项编号", "the case number"),
    ("cause", "产生的原因", "the cause"),
    ("cause_code", "信访原因代码", "the cause code"),
    ("certificate_pem", "签名证书", "the certificate"),
    ("channel", "预约渠道", "the channel"),
    ("clocks", "期限代码", "the clocks"),
    ("colours", "期限颜色", "the colours"),
    ("comment", "审阅意见", "the comment"),
    ("complained", "被反映对象", "the objects of complaint"),
    ("complained.kind", "类别", "the kind"),
    ("complained.name", "名称", "the name"),
    (
        "confidential_request",
        "是否要求保密",
        "the wish for confidentiality",
    ),
    ("consent_home_visit", "是否同意入户", "the consent to the visit"),
    ("consent_public", "是否同意公开", "the consent to publication"),
    ("contact", "联系方式", "the contact"),
    ("content", "反映内容", "the content"),
    ("content_code", "内容分类代码", "the content category"),
    ("counter", "窗口", "the counter"),
    ("day", "接访日期", "the day"),
    ("days", "延长天数", "the days"),
    ("decision", "决定", "the decision"),
    ("declaration", "回避声明", "the declaration"),
    ("delegate_id", "受托领导", "the delegate"),
    ("delegation_id", "委托", "the delegation"),
    ("demands_own_words", "诉求原话", "the demands"),
    ("description", "内容说明", "the description"),
    ("difficulty", "五个结合③为民排忧", "integration 3, difficulty"),
    ("district_code", "区县代码", "the district code"),
    ("draft_id", "暂存件", "the draft"),
    ("due", "办理期限", "the last day"),
    ("due_hint", "办理期限", "the last day"),
    ("email", "电子邮箱", "the e-mail address"),
    ("ended_at", "结束时间", "the end of the talk"),
    ("evidence", "证据", "the evidence"),
    ("excluded_person_ids", "回避人员", "the excluded persons"),
    ("execution_evidence", "落实证据", "the evidence of execution"),
    ("execution_plan", "落实方案", "the execution plan"),
    (
        "exempt_reason",
        "免于书面告知的理由",
        "the reason of the exemption",
    ),
    ("exit", "结束办理的方式", "how the case ends"),
    ("explanation", "说明", "the explanation"),
    ("export_id", "导出申请", "the request for export"),
    ("external_refs", "外部编号", "the external numbers"),
    ("external_refs.number", "编号", "the number"),
    ("external_refs.system", "编号类别", "the kind of number"),
    ("facts", "查明的事实", "the facts"),
    (
        "fair_reasonable",
        "是否公平合理",
        "whether it is fair and reasonable",
    ),
    (
        "fair_reasonable.reason",
        "是否公平合理的理由",
        "the reason about fairness",
    ),
    ("fax", "传真登记表", "the fax"),
    ("feedback_due", "办理期限", "the feedback date"),
    ("field_code", "分管领域代码", "the portfolio field"),
    ("field_draft", "平板登记", "what the tablet took down"),
    ("fields", "查看项目", "the fields"),
    ("file_sha256", "文件校验值", "the digest of the file"),
    ("filter", "筛选条件", "the filter"),
    (
        "final_case_id",
        "已经终结的信访事项",
        "the case that is at its end",
    ),
    ("findings", "督查情况", "the findings"),
    ("first_day", "开始日期", "the first day"),
    ("form", "登记表", "the form"),
    ("forwarded", "上级来件登记表", "what was forwarded"),
    ("from", "起始日期", "the first day"),
    ("gaps", "缺失材料", "the gaps"),
    ("gaps.text", "缺失说明", "what is missing"),
    ("guardian", "监护人", "the guardian"),
    ("guidance", "可以寻求的途径", "the way that is open"),
    ("hall", "接访场所", "the hall"),
    ("held_here", "是否由本环节办理", "whether it is held here"),
    ("help", "帮扶救助途径", "the help offered"),
    ("hold", "是否只保留时段", "whether the slot is only held"),
    ("holds", "判定", "the answer"),
    ("id_no", "证件号码", "the number of the paper"),
    (
        "id_refused",
        "是否拒绝出示证件",
        "whether he refuses to show a paper",
    ),
    ("id_type", "证件类型", "the kind of paper"),
    ("identity_checked", "身份核对", "the check of identity"),
    (
        "include_inactive",
        "是否包括停用单位",
        "whether inactive units are shown",
    ),
    ("inspected_at", "督查时间", "the time of the inspection"),
    ("instruction", "批办意见", "the instruction"),
    ("integrations", "五个结合", "the five integrations"),
    (
        "integrations.explanation",
        "五个结合④思想疏导",
        "integration 4, explanation",
    ),
    (
        "integrations.legal_basis",
        "五个结合④依法处理",
        "integration 4, legal basis",
    ),
    (
        "integrations.measures",
        "五个结合②措施",
        "integration 2, measures",
    ),
    (
        "investigate_again",
        "是否重新调查",
        "whether it is investigated again",
    ),
    ("investigators", "调查人员", "the investigators"),
    ("investigators.name", "姓名", "the name"),
    ("item", "归档项", "the archive item"),
    ("joint", "是否联名", "whether it is joint"),
    ("joint_reception", "联合接访", "the joint reception"),
    ("kind", "类别", "the kind"),
    ("landline", "固定电话", "the landline"),
    ("last_day", "结束日期", "the last day"),
    ("lawful", "是否合法", "whether it is lawful"),
    ("lawful.reason", "是否合法的理由", "the reason about lawfulness"),
    ("lead_unit_id", "牵头单位", "the lead unit"),
    (
        "lead_unit_reason",
        "另定牵头单位的理由",
        "the reason for another lead unit",
    ),
    ("leader_id", "领导", "the leader"),
    ("leader_ids", "领导", "the leaders"),
    ("legal_basis", "法律依据", "the legal basis"),
    ("legal_basis.text", "条文", "the words of the clause"),
    ("legal_basis.title", "名称", "the title"),
    ("legal_route", "依法分类", "the legal route"),
    ("lessons", "经验教训", "the lessons"),
    ("letter", "来信登记表", "the letter"),
    ("linked", "并入", "the joining"),
    ("linked_towns", "联系乡镇街", "the linked townships"),
    ("manner", "督查方式", "the manner"),
    ("measures", "措施", "the measures"),
    ("method", "方式", "the method"),
    ("minutes", "启封时限", "the minutes"),
    ("mobile", "手机号码", "the mobile number"),
    ("name", "姓名", "the name"),
    ("needs_reading_aloud", "是否需要代读", "whether it is read aloud"),
    ("no_adverse_effect_told", "拒签后果告知", "the notice on refusals"),
    ("no_interest", "无利害关系声明", "the declaration of no interest"),
    ("no_longer_accepted", "不再受理", "the end of acceptance"),
    ("not_accepted", "不予受理", "the non-acceptance"),
    ("not_accepted.basis", "依据", "the basis"),
    (
        "not_heard_reason",
        "未能听取陈述的原因",
        "the reason why he was not heard",
    ),
    ("note", "备注", "the note"),
    ("notice", "送达情况", "the notice"),
    ("notice_served_on", "告知书送达日期", "the day of service"),
    ("notice_service", "告知书送达方式", "the way of service"),
    ("notification_id", "通知", "the notice"),
    ("number_block_id", "预留号段", "the block of numbers"),
    (
        "number_withheld",
        "来电号码是否未显示",
        "whether the number was withheld",
    ),
    ("numbers", "号码数量", "how many numbers"),
    ("open", "是否只看未关闭的", "whether only open ones are shown"),
    ("open_case_id", "并入的信访事项", "the case it is joined to"),
    (
        "open_only",
        "是否只列待处理的",
        "whether only open ones are listed",
    ),
    ("opening_id", "启封", "the opening"),
    ("oral", "是否口述", "whether it was taken down"),
    ("oral_readback", "口述核对", "the reading back"),
    ("order", "排序", "the order"),
    ("outcome", "处理结果", "the outcome"),
    ("outcomes", "处理结果", "the outcomes"),
    ("outside_form", "处访形式", "the form of the visit"),
    ("outside_visit", "处访登记表", "the outside visit"),
    ("package_id", "档案包", "the package"),
    ("page", "分页", "the page"),
    ("page_size", "每页条数", "the page size"),
    ("page_token", "翻页标记", "the page token"),
    (
        "paper_reference",
        "授权委托书或监护证明存放处",
        "where the mandate or proof is kept",
    ),
    ("parent_unit_id", "上级单位", "the unit above"),
    ("part", "到场身份", "the part"),
    ("path", "文件路径", "the path"),
    ("person_id", "用户标识", "the person"),
    ("petitioner_heard_at", "听取陈述的时间", "the time he was heard"),
    ("petitioner_id", "信访人", "the petitioner"),
    (
        "petitioner_told",
        "告知信访人的方式",
        "how the petitioner was told",
    ),
    ("petitioners", "信访人", "the petitioners"),
    ("petitioners.kind", "信访人类别", "the kind of petitioner"),
    ("petitioners.name", "姓名/名称", "the name"),
    (
        "petitioners.representative",
        "是否代表",
        "whether he represents others",
    ),
    ("phone", "联系电话", "the telephone"),
    (
        "phone_last_four",
        "电话号码后四位",
        "the last four digits of the telephone number",
    ),
    ("place", "接访地点", "the place"),
    ("plan", "落实方案", "the plan"),
    ("plan_due", "计划完成日期", "the plan date"),
    ("policy_ideas", "五个结合③问政于民", "integration 3, policy ideas"),
    ("portfolio", "分管领域", "the portfolio"),
    (
        "portfolio_reason",
        "确定责任领导的理由",
        "the reason for the leader",
    ),
    ("post", "职务", "the post"),
    ("post_addr", "通讯地址", "the postal address"),
    ("post_code", "邮政编码", "the post code"),
    ("postmark_on", "邮戳日期", "the postmark"),
    ("preferred_channel", "送达方式", "the preferred channel"),
    ("prevention", "五个结合①防范问题", "integration 1, prevention"),
    ("problem", "存在的问题", "the problem"),
    ("problem_loc_code", "问题属地代码", "the place of the problem"),
    ("problem_town_code", "乡镇街代码", "the township"),
    ("proof", "送达凭证", "the proof of service"),
    ("proposal_id", "待确认的提案", "the proposal"),
    ("purpose", "信访目的", "the purpose"),
    ("query", "检索词", "the query"),
    ("query_code", "查询码", "the query code"),
    ("queue_entry_id", "排号", "the queue number"),
    ("read_aloud_by", "代读人", "the reader"),
    ("readback_ok", "宣读核对", "the reading back"),
    ("readers", "启封人员", "the readers"),
    ("reason", "理由", "the reason"),
    ("reasons", "理由", "the reasons"),
    ("received_at", "收到时间", "the time of receipt"),
    ("received_on", "收到日期", "the day of receipt"),
    ("reception_day_id", "接访日", "the reception day"),
    ("reception_day_ids", "接访日", "the reception days"),
    ("reception_id", "接访记录", "the reception record"),
    ("recording_told", "录音告知", "the notice of the recording"),
    ("recused", "回避人员", "those recused"),
    ("refused", "拒签情况", "the refusal"),
    ("remedy_told", "救济途径告知", "the notice of remedies"),
    (
        "reply_exempt_reason",
        "免送答复的理由",
        "the reason why the reply is not served",
    ),
    ("report", "调查报告", "the report"),
    ("representative", "代表序号", "the representative"),
    ("request_id", "请求编号", "the request id"),
    ("request_no", "诉求序号", "the number of the request"),
    ("requests", "诉求", "the requests"),
    ("requirements", "办理要求", "the requirements"),
    ("resolution_opinion", "化解的意见", "the opinion on resolution"),
    ("responsible_leader_id", "责任领导", "the responsible leader"),
    ("result", "联系结果", "the result"),
    ("room", "接访室", "the room"),
    ("scan_reference", "扫描件编号", "the scan reference"),
    ("scope", "委托范围", "the scope"),
    ("sender_due", "要求办理期限", "the sender's last day"),
    ("sender_number", "来文号", "the sender's number"),
    ("sender_on", "来文日期", "the date of the sender's paper"),
    ("sender_org", "来件机关", "the sender"),
    ("served", "送达情况", "the service"),
    ("served_on", "送达日期", "the day of service"),
    ("service", "送达情况", "the service"),
    ("sex", "性别", "the sex"),
    ("sheet_sha256", "签字单校验值", "the digest of the sheet"),
    ("signature", "电子签名", "the signature"),
    ("signature_type", "签字方式", "the kind of signature"),
    ("signed", "签署情况", "the signing"),
    ("signs_only", "仅代签", "signing only"),
    ("slot", "时段", "the slot"),
    ("solution", "五个结合①解决问题", "integration 1, solution"),
    ("source_level", "来源级别", "the level of the sender"),
    ("staff", "工作人员", "the staff"),
    ("start", "开始时间", "the start"),
    ("started_at", "开始时间", "the beginning of the talk"),
    ("state", "状态", "the state"),
    ("states", "状态", "the states"),
    ("subject", "预约事由", "the subject"),
    ("submission", "信访件内容", "the submission"),
    ("substitute_day", "补充接访日期", "the day instead"),
    ("successor_unit_id", "承接单位", "the successor"),
    ("suggested_unit_id", "建议承办单位", "the suggested unit"),
    ("summary", "概况", "the summary"),
    ("taken_at", "平板登记时间", "the time on the tablet"),
    ("temporary_no", "临时号", "the temporary number"),
    ("text", "内容", "the text"),
    ("time_limit", "办理时限", "the time limit"),
    ("title", "标题", "the title"),
    ("to", "截止日期", "the last day"),
    ("told_by", "告知方式", "the way of telling"),
    ("told_on", "告知日期", "the day of telling"),
    (
        "told_only",
        "是否只列已告知的",
        "whether only those told are listed",
    ),
    ("transferred_out", "转送", "the transfer"),
    ("transferred_out.addressee", "转送机关", "the organ"),
    ("unit", "单位信息", "the unit"),
    ("unit.kind", "单位类别", "the kind of unit"),
    ("unit.name", "单位名称", "the name of the unit"),
    ("unit_id", "单位", "the unit"),
    ("unit_ids", "单位", "the units"),
    ("unreachable", "无法联系情况", "the record of attempts"),
    (
        "unreviewed",
        "是否只看未审阅的",
        "whether only unreviewed ones are shown",
    ),
    ("uscc", "统一社会信用代码", "the credit code"),
    ("version", "版本号", "the version"),
    ("visit", "来访登记表", "the visit"),
    ("visit_count", "信访人数", "the number of persons"),
    ("visit_place", "处访地点", "the place of the visit"),
    ("visited_at", "处访时间", "the time of the visit"),
    ("visitors", "来访人", "the visitors"),
    ("visitors.name", "姓名", "the name"),
    ("waiting", "是否待批", "whether it waits"),
    (
        "with_needs",
        "是否需要优先照顾",
        "whether there are special needs",
    ),
    (
        "without_derivation",
        "是否省略推算",
        "whether the derivation is left out",
    ),
    ("witnesses", "见证人", "the witnesses"),
    ("witnesses.kind", "类别", "the kind"),
    ("witnesses.name", "姓名", "the name"),
    ("year", "年份", "the year"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn zh(path: &str) -> String {
        label(path).zh
    }

    #[test]
    fn a_name_is_that_of_the_message_it_stands_in() {
        assert_eq!(zh("unit.name"), "单位名称");
        assert_eq!(zh("name"), "姓名");
        assert_eq!(zh("submission.petitioners[0].name"), "第1个信访人的姓名/名称");
        assert_eq!(
            zh("outcomes[0].legal_basis[1].title"),
            "第1个处理结果的第2个法律依据的名称"
        );
        assert_eq!(
            label("outcomes[0].legal_basis[1].title").en,
            "the title in entry 2 of the legal basis in entry 1 of the outcomes"
        );
    }

    #[test]
    fn only_whole_names_are_found() {
        assert_eq!(named("surname"), None);
        assert_eq!(named("petitioners.surname"), None);
        assert!(!label("surname").is_known());
    }

    #[test]
    fn every_name_stands_once_in_its_order() {
        assert!(NAMES.is_sorted_by(|one, next| one.0 < next.0));
    }
}

//! The petitioner's opinion and the leader's review. The petitioner's signature records what he thinks: it is no
//! consent and no condition of anything, and its absence never holds up the case (DEC-06).

use crate::form::{choice, form, part};
use crate::part::{Official, Term};
use crate::value::Moment;
use xinqiao_kernel::CaseNumber;

choice! {
    /// What the petitioner thinks.
    Attitude;
    "SATISFIED" "满意" Satisfied,
    "BASICALLY" "基本满意" Basically,
    "DISSATISFIED" "不满意" Dissatisfied,
    "NO_COMMENT" "不表态" NoComment,
}

choice! {
    /// How he signed; the picture of a signature or fingerprint is no part of the form.
    SignatureType;
    "HANDWRITTEN" "手写签名" Handwritten,
    "FINGERPRINT" "捺印" Fingerprint,
    "E_SIGN" "电子签名" ElectronicSignature,
}

choice! {
    /// From which side a witness is.
    WitnessKind;
    "STAFF" "工作人员" Staff,
    "INDEPENDENT" "无利害关系的见证人" Independent,
}

choice! {
    /// A way of reaching a petitioner; a visit to his home unasked is none.
    ContactMethod;
    "PHONE" "电话" Phone,
    "SMS" "短信" Sms,
    "REGISTERED_LETTER" "挂号信" RegisteredLetter,
    "ONLINE_MESSAGE" "网上留言" OnlineMessage,
}

part! {
    /// He signed.
    Signed;
    "态度" attitude: Attitude,
    "是否认可已办结" agree_closed: bool,
    "意见" text: Option<String>,
    "签署方式" signature_type: SignatureType,
    "是否核对身份" identity_checked: bool,
    "代读人" read_aloud_by: Option<String>,
}

part! {
    /// Who saw the refusal.
    Witness;
    "姓名" name: String,
    "身份" kind: WitnessKind,
}

part! {
    /// He did not sign; that has no adverse effect, and he was told so.
    Refused;
    "拒签原因" reason: String,
    "已告知拒签不产生不利影响" no_adverse_effect_told: bool,
    "见证人" witnesses: Vec<Witness>,
}

part! {
    /// One attempt to reach him.
    Attempt;
    "时间" at: Moment,
    "方式" method: ContactMethod,
    "联系人" by: String,
    "结果" result: String,
}

choice! {
    /// What happened when the opinion was asked for.
    OpinionResult;
    "SIGNED" "已签署" Signed,
    "REFUSED" "拒绝签署" Refused,
    "UNREACHABLE" "无法联系" Unreachable,
}

form! {
    /// The opinion of the petitioner or of one representative: signed, refused, or not to be had.
    PetitionerOpinion = "D16", "信访人意见表", "petitioner's opinion", PetitionerOpinion;
    "信访事项编号" case_no: CaseNumber,
    /// Which representative of a joint matter, 1 first (DEC-18).
    "代表序号" representative: u32,
    "结果" result: OpinionResult,
    "签署意见" signed: Option<Signed>,
    "拒签说明" refused: Option<Refused>,
    "无法联系说明" attempts: Vec<Attempt>,
    "已告知救济途径" remedy_told: bool,
    "记录人" recorded_by: Official,
    "记录时间" recorded_at: Moment,
}

choice! {
    /// How the leader looked into it.
    InspectionManner;
    "ON_SITE" "实地督查" OnSite,
    "FILE" "查阅案卷" File,
    "HEARING_UNIT" "听取单位汇报" HearingUnit,
}

form! {
    /// The leader's own inspection that the matter is carried out 亲自督查落实 `[S:L28]`.
    Inspection = "INSPECTION", "领导督查记录", "leader's inspection", LeaderReview;
    "信访事项编号" case_no: CaseNumber,
    "领导" leader: Official,
    "督查方式" manner: InspectionManner,
    "督查时间" inspected_at: Moment,
    "督查情况" findings: String,
    "督查要求" instruction: Option<String>,
    "记录时间" recorded_at: Moment,
}

part! {
    /// A detached signature and what it was checked against.
    Signature;
    "签名算法" algorithm: String,
    "签名值" value_hex: String,
    "证书" certificate_pem: String,
    "证书指纹" certificate_sha256: String,
}

form! {
    /// The leader has read the file and signs; the signature is over the SHA-256 of the very sheet he saw `[S:L42]`.
    SignatureSheet = "D17", "领导审阅签字单", "leader's signature sheet", LeaderReview;
    "信访事项编号" case_no: CaseNumber,
    "审阅领导" leader: Official,
    /// Named when a delegate signs.
    "授权依据" delegation: Option<String>,
    "督查次数" inspections: u32,
    "审阅意见" comment: Option<String>,
    /// Byte for byte.
    "签字单原文" sheet: String,
    "签字单校验值" sheet_sha256: String,
    "电子签名" signature: Signature,
    "签字时间" signed_at: Moment,
}

form! {
    /// The leader sends the matter back, with a reason and a date.
    SendBack = "SENDBACK", "领导退回重办意见", "leader's decision to send back", LeaderReview;
    "信访事项编号" case_no: CaseNumber,
    "审阅领导" leader: Official,
    "退回理由及要求" reason: String,
    "重办期限" k13: Term,
    "退回时间" sent_back_at: Moment,
}

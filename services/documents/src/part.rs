//! Groups of fields that several forms share.

use crate::form::{choice, part};
use crate::value::{Day, Moment};

part! {
    /// An official in his duty (class P1).
    Official;
    /// The subject of his token, or the identifier of the leader.
    "人员标识" id: String,
    "姓名" name: String,
    "职务" post: Option<String>,
}

part! {
    /// A unit of the district.
    Unit;
    "单位标识" id: String,
    "单位名称" name: String,
}

part! {
    /// A clause that a text rests on.
    LegalBasis;
    "法律法规或政策名称" title: String,
    "条款" article: String,
    "条文内容" text: String,
}

part! {
    /// One piece of evidence.
    Evidence;
    "名称" title: String,
    "证明内容" description: String,
    /// SHA-256 of the file it stands for, hexadecimal; none for a thing that is no file.
    "文件校验值" file_sha256: Option<String>,
}

part! {
    /// A yes or no with its reason.
    Finding;
    "结论" holds: bool,
    "理由" reason: String,
}

part! {
    /// A deadline as it is told on paper.
    Term;
    /// `K1` and so on.
    "时限代码" clock: String,
    "起算日" start: Day,
    "届满日" due_raw: Day,
    "法定最后一日" due_eff: Day,
    "工作目标日" due_safe: Day,
}

choice! {
    /// How a document reaches the petitioner 送达方式.
    ServiceMethod;
    "IN_PERSON" "当面送达" InPerson,
    "REGISTERED_MAIL" "挂号邮寄" RegisteredMail,
    "ONLINE" "经同意网上送达" Online,
    "REPRESENTATIVE" "代表人转交" Representative,
    "LEFT_WITH_WITNESS" "留置送达" LeftWithWitness,
}

choice! {
    /// Outcome of one request of a petition `[R:32]`.
    Outcome;
    "SUPPORT" "予以支持" Support,
    "EXPLAIN" "解释说明" Explain,
    "NOT_SUPPORT" "不予支持" NotSupport,
}

part! {
    /// Who issued a document for the office or unit, and when.
    Issue;
    /// Unique in the district.
    "文号" document_no: String,
    "制发机关" issuer: String,
    "签发人" signed_by: Official,
    "制发时间" issued_at: Moment,
}

//! The papers of a case: every text people entered, by kind. Their contents stand with their acts.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use xinqiao_kernel::Fields;

use super::{
    acceptance::AcceptanceDraft,
    notice::{Notice, Service},
    opinion::OpinionDraft,
};

/// What a paper is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaperKind {
    /// 交办单; one for each round.
    Assignment,
    /// A leader approved a unit complained about.
    UnitApproval,
    /// 异议书.
    Objection,
    /// 异议答复.
    ObjectionDecision,
    /// Draft of the acceptance notice.
    AcceptanceDraft,
    /// 受理告知书 with its service.
    Acceptance,
    /// Investigators with their declarations.
    Investigators,
    /// Declarations of those who recused themselves.
    Recusals,
    /// 调查报告.
    Report,
    /// The leader asked for more.
    ReportReturn,
    /// 延期告知书.
    Extension,
    /// Draft of the opinion.
    OpinionDraft,
    /// 处理意见书.
    Opinion,
    /// 送达回证 of the opinion.
    OpinionService,
    /// 落实方案.
    Execution,
    /// 结案报告.
    Closure,
}

impl PaperKind {
    /// Every kind.
    pub const ALL: [Self; 16] = [
        Self::Assignment,
        Self::UnitApproval,
        Self::Objection,
        Self::ObjectionDecision,
        Self::AcceptanceDraft,
        Self::Acceptance,
        Self::Investigators,
        Self::Recusals,
        Self::Report,
        Self::ReportReturn,
        Self::Extension,
        Self::OpinionDraft,
        Self::Opinion,
        Self::OpinionService,
        Self::Execution,
        Self::Closure,
    ];

    /// The word that is stored and shown.
    pub fn code(self) -> &'static str {
        match self {
            Self::Assignment => "assignment",
            Self::UnitApproval => "unit_approval",
            Self::Objection => "objection",
            Self::ObjectionDecision => "objection_decision",
            Self::AcceptanceDraft => "acceptance_draft",
            Self::Acceptance => "acceptance",
            Self::Investigators => "investigators",
            Self::Recusals => "recusals",
            Self::Report => "report",
            Self::ReportReturn => "report_return",
            Self::Extension => "extension",
            Self::OpinionDraft => "opinion_draft",
            Self::Opinion => "opinion",
            Self::OpinionService => "opinion_service",
            Self::Execution => "execution",
            Self::Closure => "closure",
        }
    }
}

/// A leader's approval of a unit complained about (DEC-14).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitApproval {
    /// The unit.
    pub unit: Uuid,
    /// Who approved.
    pub leader: Uuid,
    /// Why.
    pub reason: String,
}

/// An issued acceptance notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// What was drafted and approved.
    pub draft: AcceptanceDraft,
    /// Its service, or exemption.
    pub notice: Notice,
}

/// What the leader asked for when he returned a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportReturn {
    /// What more is asked, and why.
    pub reason: String,
}

impl ReportReturn {
    /// Checks the reason.
    #[must_use]
    pub fn check(mut self, fields: &mut Fields) -> Self {
        self.reason = fields.text("reason", &self.reason, 5..=4000);
        self
    }
}

/// An extension with how the petitioner was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtensionNotice {
    /// Length and reason.
    pub extension: super::extension::Extension,
    /// Service of the notice, or exemption.
    pub notice: Notice,
}

/// A draft of an opinion, with who wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftedOpinion {
    /// What was drafted.
    pub draft: OpinionDraft,
    /// Subject of the drafter's token.
    pub drafter_id: String,
    /// His name (class P1).
    pub drafter_name: String,
}

/// An issued opinion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opinion {
    /// What was drafted and approved.
    pub drafted: DraftedOpinion,
    /// Remedy clause as printed; none where the law gives no review.
    pub remedy_clause: Option<String>,
    /// Number of the document 文号.
    pub document_no: String,
}

/// Service of an opinion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpinionService {
    /// Method, date and proof.
    pub service: Service,
}

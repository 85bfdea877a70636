//! A case as supervision knows it, who may act on it, and when.

use time::{Date, OffsetDateTime};
use uuid::Uuid;
use xinqiao_documents::FileFacts;
use xinqiao_kernel::{CaseNumber, CaseState, Explain, Holder, Remedy};

use crate::domain::{opinion::Outcome, trigger::Trigger};

/// The legal route that starts the sixty days `[R:31(6)]`.
pub const HANDLED_ROUTE: &str = "31-6";

/// A case, built from events from its registration on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Identifier.
    pub id: Uuid,
    /// Number.
    pub number: CaseNumber,
    /// Main state as known here.
    pub state: CaseState,
    /// Who may commit its transitions.
    pub holder: Holder,
    /// 依法分类, once triaged: `31-1` … `31-6`, `LITIGATION`, `NONE`.
    pub legal_route: Option<String>,
    /// A leader received the petitioner.
    pub leader_received: bool,
    /// In the sealed compartment (DEC-14).
    pub sealed: bool,
    /// Who registered it, as events name him.
    pub registered_by: Option<String>,
    /// Bound by DEC-07.
    pub responsible_leader_id: Option<Uuid>,
    /// The units it is assigned to, lead unit first.
    pub unit_ids: Vec<Uuid>,
    /// How many persons came or signed.
    pub persons: u32,
    /// How many representatives are heard one by one (DEC-18).
    pub representatives: u32,
    /// A unit objected to the assignment.
    pub objected: bool,
    /// Whether the notice of acceptance was served, or exempt; none before the acceptance.
    pub acceptance_served: Option<bool>,
    /// Investigators were named.
    pub investigated: bool,
    /// The handling limit was extended.
    pub extended: bool,
    /// A written opinion was issued.
    pub opinion_issued: bool,
    /// The opinion was served; false when exempt.
    pub opinion_served: bool,
    /// Settled on the spot, withdrawn or diverted: it ended before anything was investigated.
    pub ended_early: bool,
    /// `SUPPORT`, `EXPLAIN` or `NOT_SUPPORT`, from the closure report.
    pub outcome: Option<String>,
    /// How often it came back from here.
    pub returns: u32,
    /// Local date of the completeness check in force.
    pub opinion_pending_since: Option<Date>,
    /// Local date of the diversion, refusal or transfer.
    pub noticed_on: Option<Date>,
    /// Remedy overlay.
    pub remedy: Remedy,
    /// From when the overlay holds.
    pub remedy_effective_on: Option<Date>,
    /// When the leader signed.
    pub signed_at: Option<OffsetDateTime>,
    /// Optimistic lock: moves with what people act on.
    pub version: u64,
}

/// Why an act on a case is refused because of where the case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misplaced {
    /// The closure report has not arrived.
    NotYetHere,
    /// Another service holds it again.
    WrongHolder(Holder),
    /// It is here, in another state.
    WrongState(CaseState),
}

/// Why a review is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReviewFault {
    /// `[§6.4.14]` at least one inspection entry.
    #[error("record at least one inspection before signing")]
    InspectionMissing,
    /// `[§6.4.14]` a written view unless signed and satisfied.
    #[error("give a written view: the petitioner did not sign as satisfied")]
    CommentRequired,
}

impl Explain for ReviewFault {
    fn reason(&self) -> &'static str {
        match self {
            Self::InspectionMissing => "INSPECTION_MISSING",
            Self::CommentRequired => "COMMENT_REQUIRED",
        }
    }

    fn zh(&self) -> String {
        match self {
            Self::InspectionMissing => "签字前须至少有一次督查记录",
            Self::CommentRequired => "信访人未签署“满意”，须填写书面意见",
        }
        .to_owned()
    }
}

impl Case {
    /// A case just registered.
    pub fn registered(id: Uuid, number: CaseNumber) -> Self {
        Self {
            id,
            number,
            state: CaseState::Registered,
            holder: Holder::Intake,
            legal_route: None,
            leader_received: false,
            sealed: false,
            registered_by: None,
            responsible_leader_id: None,
            unit_ids: Vec::new(),
            persons: 1,
            representatives: 1,
            objected: false,
            acceptance_served: None,
            investigated: false,
            extended: false,
            opinion_issued: false,
            opinion_served: false,
            ended_early: false,
            outcome: None,
            returns: 0,
            opinion_pending_since: None,
            noticed_on: None,
            remedy: Remedy::None,
            remedy_effective_on: None,
            signed_at: None,
            version: 1,
        }
    }

    /// Moves state and holder as the machine says.
    pub fn happen(&mut self, trigger: Trigger) {
        if let Some(state) = trigger.state() {
            self.state = state;
        }
        if let Some(holder) = trigger.hands_to() {
            self.holder = holder;
        }
        match trigger {
            Trigger::Objected => self.objected = true,
            Trigger::InvestigationStarted => self.investigated = true,
            Trigger::Extended => self.extended = true,
            Trigger::OpinionIssued => self.opinion_issued = true,
            Trigger::OpinionServed => self.opinion_served = true,
            Trigger::Returned => {
                self.returns += 1;
                // A supported demand is carried out; any other is looked into again (T29).
                if self.opinion_issued && self.outcome.as_deref() == Some("SUPPORT") {
                    self.state = CaseState::Executing;
                }
            }
            Trigger::SentBack => self.returns += 1,
            _ => {}
        }
    }

    /// True when the matter is handled within sixty days `[R:31(6), R:34]`.
    pub fn is_handled(&self) -> bool {
        self.legal_route.as_deref() == Some(HANDLED_ROUTE)
    }

    /// The round of closing it is in: 1, and one more each time it came back.
    pub fn round(&self) -> u32 {
        self.returns + 1
    }

    /// True when it was filed for review without having been handled (T39).
    pub fn was_filed(&self) -> bool {
        self.noticed_on.is_some()
    }

    /// What the completeness check depends on.
    pub fn file_facts(&self) -> FileFacts {
        FileFacts {
            leader_received: self.leader_received,
            route_31_6: self.is_handled(),
            objected: self.objected,
            acceptance_served: self.acceptance_served,
            investigated: self.investigated,
            extended: self.extended,
            opinion_issued: self.opinion_issued,
            opinion_served: self.opinion_served,
            ended_early: self.ended_early,
            filed: self.was_filed(),
        }
    }

    /// Refuses unless the case is held here in this state (one holder, §0.2).
    pub fn require(&self, state: CaseState) -> Result<(), Misplaced> {
        match self.holder {
            Holder::Supervision if self.state == state => Ok(()),
            Holder::Supervision => Err(Misplaced::WrongState(self.state)),
            Holder::Intake | Holder::Assignment if self.returns == 0 => Err(Misplaced::NotYetHere),
            holder => Err(Misplaced::WrongHolder(holder)),
        }
    }

    /// Refuses unless the case was diverted, not accepted or transferred and waits to be filed (T39).
    pub fn require_fileable(&self) -> Result<(), Misplaced> {
        match (self.holder, self.state) {
            (
                Holder::Intake,
                CaseState::Diverted
                | CaseState::NotAccepted
                | CaseState::NoLongerAccepted
                | CaseState::TransferredOut,
            ) => Ok(()),
            (Holder::Supervision, state) => Err(Misplaced::WrongState(state)),
            (Holder::Intake, CaseState::Registered) => Err(Misplaced::NotYetHere),
            (holder, _) => Err(Misplaced::WrongHolder(holder)),
        }
    }

    /// Refuses an inspection (OB-46) before a leader is bound, and after the case has gone to the archive.
    pub fn require_inspectable(&self) -> Result<(), Misplaced> {
        match (self.holder, self.responsible_leader_id) {
            (Holder::Archive, _) => Err(Misplaced::WrongHolder(Holder::Archive)),
            (_, None) => Err(Misplaced::NotYetHere),
            (_, Some(_)) => Ok(()),
        }
    }

    /// True for whoever registered the case: a refusal to sign is recorded by another (§5.2, hard rule 1).
    pub fn was_registered_by(&self, actor: &str) -> bool {
        self.registered_by.as_deref() == Some(actor)
    }

    /// What a signature still lacks, the reviewer being the right one `[§6.4.14]`.
    pub fn signature_faults(
        &self,
        inspections: u32,
        opinions: &[Outcome],
        comment: &str,
    ) -> Vec<ReviewFault> {
        let mut faults = Vec::new();
        if self.leader_received && inspections == 0 {
            faults.push(ReviewFault::InspectionMissing);
        }
        let satisfied = Outcome::gravest(opinions.iter().copied()).is_some_and(Outcome::needs_no_comment);
        if !satisfied && comment.trim().is_empty() {
            faults.push(ReviewFault::CommentRequired);
        }
        faults
    }
}

#[cfg(test)]
mod tests;

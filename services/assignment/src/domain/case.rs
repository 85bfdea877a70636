//! A case as this service knows it: what its rules decide on. The texts people wrote are in [`super::paper`].

use time::{Date, OffsetDateTime};
use uuid::Uuid;
use xinqiao_kernel::{CaseNumber, CaseState, ClockCode};

use super::{
    denied::Denied,
    terms::Terms,
    transitions::{self, Act},
};

/// Whether this service may commit transitions of a case (one holder, domain §0.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// Registered; the hand-over has not arrived, or the office re-routes the case after an objection.
    Awaited,
    /// This service holds the case.
    Here,
    /// The hold has passed on, or will never come.
    Passed,
}

impl Hold {
    /// The word that is stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::Awaited => "AWAITED",
            Self::Here => "HERE",
            Self::Passed => "PASSED",
        }
    }

    /// Reads the stored word.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Awaited, Self::Here, Self::Passed]
            .into_iter()
            .find(|hold| hold.code() == code)
    }
}

/// What the petitioner wants 信访目的 `[R:29–31]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// 建议意见.
    Suggestion,
    /// 检举控告.
    Accusation,
    /// 申诉求决.
    Appeal,
    /// 咨询.
    Consult,
    /// 感谢.
    Thanks,
}

impl Purpose {
    /// The word that is stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::Suggestion => "SUGGESTION",
            Self::Accusation => "ACCUSATION",
            Self::Appeal => "APPEAL",
            Self::Consult => "CONSULT",
            Self::Thanks => "THANKS",
        }
    }

    /// Reads the stored word.
    pub fn from_code(code: &str) -> Option<Self> {
        [
            Self::Suggestion,
            Self::Accusation,
            Self::Appeal,
            Self::Consult,
            Self::Thanks,
        ]
        .into_iter()
        .find(|purpose| purpose.code() == code)
    }
}

/// Outcome of a request, and of the opinion as a whole `[R:32]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// 支持.
    Support,
    /// 解释.
    Explain,
    /// 不支持.
    NotSupport,
}

impl Outcome {
    /// The word that is stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::Support => "SUPPORT",
            Self::Explain => "EXPLAIN",
            Self::NotSupport => "NOT_SUPPORT",
        }
    }

    /// Reads the stored word.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Support, Self::Explain, Self::NotSupport]
            .into_iter()
            .find(|outcome| outcome.code() == code)
    }
}

/// What triage found, told by `case.released`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Triage {
    /// Whether the legal route is 31-6, the only one with the sixty days `[R:31(6), R:34]`.
    pub sixty_days: bool,
    /// Portfolio field, two digits.
    pub field_code: String,
    /// Township, nine digits.
    pub town_code: String,
    /// The finalised reception record of a leader-received case.
    pub reception_id: Option<Uuid>,
    /// Units complained about (DEC-14).
    pub complained_units: Vec<Uuid>,
    /// How many requests the petition holds.
    pub request_count: u32,
}

/// One named investigator.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct InvestigatorFact {
    /// Subject of his token.
    pub person_id: String,
    /// Name (class P1).
    pub name: String,
}

/// The current investigation report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportFact {
    /// When it was submitted to the leader.
    pub submitted_at: OffsetDateTime,
    /// When the leader read it.
    pub read_at: Option<OffsetDateTime>,
}

/// The current opinion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpinionFact {
    /// Overall outcome: support when any request is supported.
    pub outcome: Outcome,
    /// Date of issue.
    pub issued_on: Date,
    /// Date of service.
    pub served_on: Option<Date>,
    /// Service is exempt: name or address unclear.
    pub exempt: bool,
}

impl OpinionFact {
    /// Whether the duty to reply is met or does not exist.
    pub fn replied(&self) -> bool {
        self.served_on.is_some() || self.exempt
    }
}

/// A case in this service.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Identifier.
    pub id: Uuid,
    /// Case number.
    pub number: CaseNumber,
    /// Version of the row.
    pub version: i64,
    /// Whether this service holds it.
    pub hold: Hold,
    /// Main state.
    pub state: CaseState,
    /// What the petitioner wants.
    pub purpose: Purpose,
    /// No name is known; duties to notify are off `[R:23(2)]`.
    pub anonymous: bool,
    /// Received by a leader in person.
    pub leader_received: bool,
    /// Responsible leader (DEC-07).
    pub responsible_leader: Option<Uuid>,
    /// What triage found; none before the release.
    pub triage: Option<Triage>,
    /// Round of assignment; 0 before the first.
    pub round: u32,
    /// Lead unit of the round.
    pub lead_unit: Option<Uuid>,
    /// Assisting units of the round.
    pub assist_units: Vec<Uuid>,
    /// Units that the leader approved although the petition complains about them (DEC-14).
    pub approved_units: Vec<Uuid>,
    /// An objection was raised in this round.
    pub objected: bool,
    /// Legal terms of this service by clock.
    pub terms: Terms,
    /// Who investigates.
    pub investigators: Vec<InvestigatorFact>,
    /// The current report.
    pub report: Option<ReportFact>,
    /// The current opinion.
    pub opinion: Option<OpinionFact>,
    /// The day it is sorted under at its desk.
    pub due_on: Option<Date>,
}

impl Case {
    /// A case that has just been registered elsewhere.
    pub fn registered(
        id: Uuid,
        number: CaseNumber,
        purpose: Purpose,
        anonymous: bool,
        leader_received: bool,
    ) -> Self {
        Self {
            id,
            number,
            version: 0,
            hold: Hold::Awaited,
            state: CaseState::Registered,
            purpose,
            anonymous,
            leader_received,
            responsible_leader: None,
            triage: None,
            round: 0,
            lead_unit: None,
            assist_units: Vec::new(),
            approved_units: Vec::new(),
            objected: false,
            terms: Terms::default(),
            investigators: Vec::new(),
            report: None,
            opinion: None,
            due_on: None,
        }
    }

    /// `case.released`: the hold comes here. Also after an upheld objection.
    pub fn release(&mut self, purpose: Purpose, triage: Triage, leader: Option<Uuid>) {
        self.hold = Hold::Here;
        self.state = CaseState::Registered;
        self.purpose = purpose;
        self.responsible_leader = leader.or(self.responsible_leader);
        self.triage = Some(triage);
    }

    /// The case ended at the office (diverted, not accepted, void): the hold will never come.
    pub fn ended_elsewhere(&mut self) {
        if self.hold == Hold::Awaited {
            self.hold = Hold::Passed;
        }
    }

    /// `case.returned` (T29): the closure report has gaps. A supported demand is executed again, others are
    /// investigated again.
    pub fn take_back_returned(&mut self) -> Result<(), Denied> {
        let act = if self.supported() {
            Act::ReturnToExecution
        } else {
            Act::ReturnToInvestigation
        };
        self.take_back(act, None)
    }

    /// `leader.sent_back` (T34): the leader did not sign.
    pub fn take_back_sent_back(&mut self, rework_due: Option<Date>) -> Result<(), Denied> {
        self.take_back(Act::SendBack, rework_due)
    }

    fn take_back(&mut self, act: Act, due: Option<Date>) -> Result<(), Denied> {
        self.state = transitions::after(self.state, act)?;
        self.hold = Hold::Here;
        self.due_on = due.or_else(|| self.terms.get(ClockCode::K5a).map(|feedback| feedback.eff));
        Ok(())
    }

    /// The gate of every act: hold, version, and a line in the table, in this order. Returns the state afterwards.
    pub fn gate(&self, version: u64, act: Act) -> Result<CaseState, Denied> {
        match self.hold {
            Hold::Awaited => return Err(Denied::NotYetHere),
            Hold::Passed => return Err(Denied::WrongHolder),
            Hold::Here => {}
        }
        if u64::try_from(self.version) != Ok(version) {
            return Err(Denied::StaleVersion);
        }
        Ok(transitions::after(self.state, act)?)
    }

    /// Whether the current opinion supports a request.
    pub fn supported(&self) -> bool {
        self.opinion
            .is_some_and(|opinion| opinion.outcome == Outcome::Support)
    }

    /// Triage of a case that is held here.
    pub fn triage(&self) -> Result<&Triage, Denied> {
        self.triage.as_ref().ok_or(Denied::NotYetHere)
    }
}

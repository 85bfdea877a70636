//! What the archive knows of a case, gathered from the events of all services.

use serde::{Deserialize, Serialize};
use time::Date;
use uuid::Uuid;
use xinqiao_documents::FileFacts;
use xinqiao_kernel::{CaseState, Remedy, local::local_date};

/// The facts of one case. Nothing here is above class P1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// State as the events tell it.
    pub state: CaseState,
    /// Remedy overlay.
    pub remedy: Remedy,
    /// Since when the overlay stands as it does.
    pub remedy_on: Option<Date>,
    /// Rule set in force at registration.
    pub rule_version: String,
    /// How many persons the petition names.
    pub persons: u32,
    /// In the sealed compartment (DEC-14).
    pub sealed: bool,
    /// A leader received the petitioner; binds DEC-07.
    pub leader_received: bool,
    /// The leader responsible for the case.
    pub responsible_leader_id: Option<Uuid>,
    /// Triage put it under article 31(6), the only route with an investigation and a written opinion.
    pub route_31_6: bool,
    /// Some unit was charged with it.
    pub assigned: bool,
    /// A unit objected to the assignment.
    pub objected: bool,
    /// The unit accepted it (C40).
    pub accepted: bool,
    /// The acceptance notice was served; false when exempt `[R:23(2)]`.
    pub notice_served: bool,
    /// Investigators were named (C41).
    pub investigated: bool,
    /// The handling limit was extended.
    pub extended: bool,
    /// Outcome of the written opinion.
    pub opinion: Option<Outcome>,
    /// The opinion was served; from then on remedies run.
    pub opinion_served: bool,
    /// A supported demand was carried out (C51).
    pub executed: bool,
    /// How the matter stood at the closure report.
    pub closure: Option<Closure>,
    /// A re-review took place.
    pub rereviewed: bool,
    /// Local date on which the archive became the holder: closed, or filed.
    pub held_on: Option<Date>,
    /// It came by filing (diverted, refused, withdrawn), not by closing.
    pub filed: bool,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            state: CaseState::Draft,
            remedy: Remedy::None,
            remedy_on: None,
            rule_version: String::new(),
            persons: 0,
            sealed: false,
            leader_received: false,
            responsible_leader_id: None,
            route_31_6: false,
            assigned: false,
            objected: false,
            accepted: false,
            notice_served: false,
            investigated: false,
            extended: false,
            opinion: None,
            opinion_served: false,
            executed: false,
            closure: None,
            rereviewed: false,
            held_on: None,
            filed: false,
        }
    }
}

/// Outcome of a written opinion `[R:32]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// 支持.
    Support,
    /// 解释说明.
    Explain,
    /// 不予支持.
    NotSupport,
}

/// How a matter stands at the closure report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Closure {
    /// 已解决.
    Resolved,
    /// 部分解决.
    PartlyResolved,
    /// 已解释.
    Explained,
    /// 不予支持.
    NotSupported,
    /// 暂未解决, follow-up goes on.
    UnresolvedFollowup,
    /// 已导入法定途径.
    Diverted,
    /// 已撤回.
    Withdrawn,
    /// 当场解决.
    Onsite,
}

/// What one event tells about a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseFact {
    /// `case.registered`.
    Registered {
        /// Persons who came or signed.
        persons: u32,
        /// The visit belongs to a leaders' session.
        leader_received: bool,
        /// An accusation.
        sealed: bool,
        /// Rule set in force.
        rule_version: String,
    },
    /// `case.released`.
    Released {
        /// Route 31-6.
        route_31_6: bool,
        /// A leader received it.
        leader_received: bool,
        /// Leader bound by DEC-07.
        responsible_leader_id: Option<Uuid>,
    },
    /// `case.linked`, `case.voided`, `case.diverted`, … : intake ended the case in this state.
    Ended {
        /// C11, C12, C20 to C23, C90.
        state: CaseState,
        /// A leader received it.
        leader_received: bool,
        /// Leader bound by DEC-07.
        responsible_leader_id: Option<Uuid>,
    },
    /// `case.assigned`.
    Assigned {
        /// Leader bound by DEC-07.
        responsible_leader_id: Option<Uuid>,
    },
    /// `case.objected`.
    Objected,
    /// `case.objection_upheld`, `case.objection_refused`.
    ObjectionDecided {
        /// Back to the office, or the unit keeps it.
        upheld: bool,
    },
    /// `case.accepted`.
    Accepted {
        /// False when exempt.
        notice_served: bool,
    },
    /// `case.investigation_started`, `case.report_returned`.
    Investigating,
    /// `case.report_submitted`.
    Reported,
    /// `case.extended`.
    Extended,
    /// `case.opinion_issued`.
    OpinionIssued(Option<Outcome>),
    /// `case.opinion_served`.
    OpinionServed,
    /// `case.execution_started`.
    Executing,
    /// `case.closure_reported`.
    ClosureReported {
        /// How the matter stands.
        closure: Option<Closure>,
        /// A leader received it.
        leader_received: bool,
        /// Leader bound by DEC-07.
        responsible_leader_id: Option<Uuid>,
    },
    /// `case.completeness_passed`.
    CompletenessPassed,
    /// `case.returned`.
    Returned,
    /// `petitioner.opinion_recorded`.
    PetitionerHeard,
    /// `leader.sent_back`.
    SentBack,
    /// `case.closed`: the archive holds the case.
    Closed {
        /// A leader received it.
        leader_received: bool,
        /// Persons the case is about, 0 when not told.
        persons: u32,
        /// Local date of closing.
        on: Date,
    },
    /// `case.filed`.
    Filed {
        /// Goes to a leader first; the archive holds it otherwise.
        to_leader_review: bool,
        /// Local date of filing.
        on: Date,
    },
    /// `case.remedy_changed`.
    RemedyChanged {
        /// Where remedies stand now.
        remedy: Remedy,
        /// Since when.
        on: Date,
    },
}

impl Facts {
    /// Takes over what an event tells.
    pub fn apply(&mut self, fact: &CaseFact) {
        match fact {
            CaseFact::Registered {
                persons,
                leader_received,
                sealed,
                rule_version,
            } => {
                self.sealed = *sealed;
                self.state = CaseState::Registered;
                self.persons = *persons;
                self.leader_received |= leader_received;
                self.rule_version.clone_from(rule_version);
            }
            CaseFact::Released {
                route_31_6,
                leader_received,
                responsible_leader_id,
            } => {
                self.route_31_6 = *route_31_6;
                self.leader(*leader_received, *responsible_leader_id);
            }
            CaseFact::Ended {
                state,
                leader_received,
                responsible_leader_id,
            } => {
                self.state = *state;
                self.leader(*leader_received, *responsible_leader_id);
            }
            CaseFact::ClosureReported {
                closure,
                leader_received,
                responsible_leader_id,
            } => {
                self.state = CaseState::ClosureReported;
                self.closure = *closure;
                self.leader(*leader_received, *responsible_leader_id);
            }
            CaseFact::Closed {
                leader_received,
                persons,
                on,
            } => {
                self.state = CaseState::Closed;
                self.leader_received |= leader_received;
                self.persons = self.persons.max(*persons);
                self.held_on = Some(*on);
            }
            CaseFact::Filed { to_leader_review, on } => {
                self.filed = true;
                if *to_leader_review {
                    self.state = CaseState::LeaderReview;
                } else {
                    self.held_on = Some(*on);
                }
            }
            CaseFact::RemedyChanged { remedy, on } => {
                self.rereviewed |= *remedy == Remedy::UnderRereview;
                self.remedy = *remedy;
                self.remedy_on = Some(*on);
            }
            handling => self.apply_handling(handling),
        }
    }

    fn apply_handling(&mut self, fact: &CaseFact) {
        self.state = match fact {
            CaseFact::Assigned {
                responsible_leader_id,
            } => {
                self.assigned = true;
                self.leader(false, *responsible_leader_id);
                CaseState::Assigned
            }
            CaseFact::Objected => {
                self.objected = true;
                CaseState::Objected
            }
            CaseFact::ObjectionDecided { upheld: true } => CaseState::Registered,
            CaseFact::ObjectionDecided { upheld: false } => CaseState::Assigned,
            CaseFact::Accepted { notice_served } => {
                self.accepted = true;
                self.notice_served = *notice_served;
                CaseState::Accepted
            }
            CaseFact::Investigating => {
                self.investigated = true;
                CaseState::Investigating
            }
            CaseFact::Reported => CaseState::Reported,
            CaseFact::OpinionIssued(outcome) => {
                self.opinion = *outcome;
                CaseState::OpinionIssued
            }
            CaseFact::Executing => {
                self.executed = true;
                CaseState::Executing
            }
            CaseFact::CompletenessPassed => CaseState::OpinionPending,
            CaseFact::PetitionerHeard => CaseState::LeaderReview,
            CaseFact::SentBack => CaseState::Rework,
            // Back to the unit: to execution when it had begun, to the investigation otherwise (T29).
            CaseFact::Returned if self.executed => CaseState::Executing,
            CaseFact::Returned => CaseState::Investigating,
            CaseFact::Extended => {
                self.extended = true;
                self.state
            }
            CaseFact::OpinionServed => {
                self.opinion_served = true;
                self.state
            }
            _ => self.state,
        };
    }

    fn leader(&mut self, received: bool, id: Option<Uuid>) {
        self.leader_received |= received;
        self.responsible_leader_id = id.or(self.responsible_leader_id);
    }

    /// True once the case has come to the archive (T36: C70; T39: filed without a leader's review).
    pub fn held(&self) -> bool {
        self.held_on.is_some()
    }

    /// What its file depends on.
    pub fn file(&self) -> FileFacts {
        let ended_early = matches!(
            self.closure,
            Some(Closure::Onsite | Closure::Withdrawn | Closure::Diverted)
        );
        FileFacts {
            leader_received: self.leader_received,
            route_31_6: self.route_31_6,
            objected: self.objected,
            acceptance_served: self.accepted.then_some(self.notice_served),
            investigated: self.investigated,
            extended: self.extended,
            opinion_issued: self.opinion.is_some(),
            opinion_served: self.opinion_served,
            ended_early,
            filed: self.filed,
        }
    }

    /// True when no remedy is open (T37): the overlay reached R6, or it never began and there is nothing to review,
    /// since only an opinion under article 31(6) can be `[§4.4]`.
    pub fn no_remedy_open(&self) -> bool {
        let reviewable = self.route_31_6 && self.opinion.is_some();
        self.remedy == Remedy::Final || (self.remedy == Remedy::None && !reviewable)
    }

    /// The date on which the package is final when it is sealed at `sealed_at` and no remedy is open.
    pub fn final_on(&self, sealed_at: time::OffsetDateTime) -> Date {
        let sealed_on = local_date(sealed_at);
        self.remedy_on.map_or(sealed_on, |on| on.max(sealed_on))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    fn after(facts: &[CaseFact]) -> Facts {
        let mut known = Facts::default();
        for fact in facts {
            known.apply(fact);
        }
        known
    }

    #[test]
    fn the_archive_holds_a_closed_case() {
        let closed = CaseFact::Closed {
            leader_received: true,
            persons: 1,
            on: date!(2026 - 04 - 28),
        };
        assert!(!after(&[CaseFact::PetitionerHeard]).held());
        let facts = after(&[CaseFact::PetitionerHeard, closed]);
        assert!(facts.held() && facts.leader_received);
        assert_eq!(facts.state, CaseState::Closed);
    }

    #[test]
    fn a_filed_case_comes_only_without_leader_review() {
        let on = date!(2026 - 06 - 01);
        assert!(
            !after(&[CaseFact::Filed {
                to_leader_review: true,
                on
            }])
            .held()
        );
        let facts = after(&[CaseFact::Filed {
            to_leader_review: false,
            on,
        }]);
        assert!(facts.held() && facts.no_remedy_open());
    }

    #[test]
    fn a_returned_case_goes_back_to_where_it_came_from() {
        assert_eq!(
            after(&[CaseFact::Executing, CaseFact::Returned]).state,
            CaseState::Executing
        );
        assert_eq!(
            after(&[CaseFact::Investigating, CaseFact::Returned]).state,
            CaseState::Investigating
        );
    }

    #[test]
    fn a_package_is_never_final_before_it_is_sealed() {
        let on = date!(2026 - 05 - 22);
        let facts = after(&[CaseFact::RemedyChanged {
            remedy: Remedy::Final,
            on,
        }]);
        assert_eq!(facts.final_on(time::macros::datetime!(2026-04-29 08:00 +8)), on);
        assert_eq!(
            facts.final_on(time::macros::datetime!(2026-06-02 08:00 +8)),
            date!(2026 - 06 - 02)
        );
    }

    #[test]
    fn facts_survive_storage() {
        let mut facts = after(&[
            CaseFact::OpinionIssued(Some(Outcome::Support)),
            CaseFact::OpinionServed,
        ]);
        facts.held_on = Some(date!(2026 - 04 - 28));
        let text = serde_json::to_string(&facts).unwrap();
        assert_eq!(serde_json::from_str::<Facts>(&text).unwrap(), facts);
    }
}

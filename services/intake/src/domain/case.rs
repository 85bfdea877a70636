//! The acts of intake on a case it holds: which are allowed, and why not.

use uuid::Uuid;
use xinqiao_kernel::{CaseState as State, Holder};

use super::codes::{LegalRoute, Purpose};
use super::transition::{self, Standing};

/// What decides whether an act is allowed.
#[derive(Clone, Debug)]
pub struct Case {
    /// State and holder.
    pub standing: Standing,
    /// Acts of intake on it so far.
    pub version: i64,
    /// Purpose as registered or corrected at triage.
    pub purpose: Purpose,
    /// An accusation (DEC-14).
    pub sealed: bool,
    /// The talk with a leader, when the case belongs to a reception day.
    pub reception: Option<Reception>,
    /// Legal route of the triage sheet, once there is one.
    pub route: Option<LegalRoute>,
    /// Who proposed to void it.
    pub void_proposed_by: Option<String>,
    /// Who proposed to transfer it.
    pub transfer_proposed_by: Option<String>,
}

/// A leader's reception of the case, as its record tells (DEC-07).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reception {
    /// The reception day.
    pub day: Uuid,
    /// The talk has taken place and its record is open.
    pub held: bool,
    /// The finalised record.
    pub record: Option<Record>,
}

/// A finalised reception record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Identifier of the record.
    pub id: Uuid,
    /// The leader who received: responsible, supervising and signing from now on (DEC-07).
    pub leader: Uuid,
}

/// Why an act is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaseError {
    /// Another service holds the case.
    #[error("the case is held by {}", .0.service())]
    WrongHolder(Holder),
    /// The table has no such line from this state.
    #[error("not possible in state {}", .0.code())]
    WrongState(State),
    /// The case has changed since the caller saw it.
    #[error("the case has changed since it was read")]
    Stale,
    /// Accusations are handled in their own compartment.
    #[error("an accusation is handled in its own compartment")]
    Sealed,
    /// A purpose changed to or from an accusation.
    #[error("triage cannot turn a petition into an accusation or back")]
    AccusationFixed,
    /// No triage sheet yet.
    #[error("the case has no triage sheet yet")]
    NotTriaged,
    /// The route leads out of the petition procedure.
    #[error("route {} is diverted, not released", .0.code())]
    RouteNeedsDiversion(LegalRoute),
    /// The leader has not received yet, or the note of it has not arrived.
    #[error("the leader has not received the petitioner yet, or the record has not arrived")]
    ReceptionNotHeld,
    /// The record is not finalised yet, or the note of it has not arrived.
    #[error("the reception record is not finalised yet, or has not arrived")]
    ReceptionNotFinalised,
    /// Nobody has proposed to void the case.
    #[error("nobody has proposed to void the case")]
    NotProposed,
    /// The proposer cannot confirm.
    #[error("another person than the one who proposed must confirm")]
    SamePerson,
}

impl Case {
    /// Whether an act on the case is open to intake: held here, in C10, and seen as it is.
    pub(super) fn open_for_acts(&self, seen: i64) -> Result<(), CaseError> {
        if self.standing.holder != Holder::Intake {
            return Err(CaseError::WrongHolder(self.standing.holder));
        }
        if self.standing.state != State::Registered {
            return Err(CaseError::WrongState(self.standing.state));
        }
        if self.version != seen {
            return Err(CaseError::Stale);
        }
        Ok(())
    }

    pub(super) fn step(&self, event: &str) -> Result<Standing, CaseError> {
        transition::find(self.standing.state, event)
            .filter(|line| line.by == Holder::Intake)
            .and_then(|_| self.standing.follow(event, false))
            .ok_or(CaseError::WrongState(self.standing.state))
    }

    /// Writes the triage sheet. The purpose may be corrected, but sealing is decided at the counter.
    pub fn triage(&self, seen: i64, purpose: Purpose) -> Result<(), CaseError> {
        self.open_for_acts(seen)?;
        if self.sealed {
            return Err(CaseError::Sealed);
        }
        if purpose == Purpose::Accusation {
            return Err(CaseError::AccusationFixed);
        }
        Ok(())
    }

    /// Releases to handling (T07r): triaged, not sealed, and, when a leader received, with his finalised
    /// record.
    pub fn release(&self, seen: i64) -> Result<Standing, CaseError> {
        self.open_for_acts(seen)?;
        if self.sealed {
            return Err(CaseError::Sealed);
        }
        let route = self.route.ok_or(CaseError::NotTriaged)?;
        if route.diverts() {
            return Err(CaseError::RouteNeedsDiversion(route));
        }
        match self.reception {
            Some(Reception {
                held: false,
                record: None,
                ..
            }) => Err(CaseError::ReceptionNotHeld),
            Some(Reception { record: None, .. }) => Err(CaseError::ReceptionNotFinalised),
            _ => self.step("case.released"),
        }
    }

    /// Diverts into a statutory procedure (T04).
    pub fn divert(&self, seen: i64) -> Result<Standing, CaseError> {
        self.open_for_acts(seen)?;
        if self.sealed {
            return Err(CaseError::Sealed);
        }
        self.step("case.diverted")
    }

    /// Proposes to void the case (T40, first half).
    pub fn propose_void(&self, seen: i64) -> Result<(), CaseError> {
        self.open_for_acts(seen)
    }

    /// Voids the case (T40): four eyes.
    pub fn void(&self, seen: i64, by: &str) -> Result<Standing, CaseError> {
        self.open_for_acts(seen)?;
        match self.void_proposed_by.as_deref() {
            None => Err(CaseError::NotProposed),
            Some(proposer) if proposer == by => Err(CaseError::SamePerson),
            Some(_) => self.step("case.voided"),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::domain) fn triaged() -> Case {
        Case {
            standing: Standing::REGISTERED,
            version: 2,
            purpose: Purpose::Appeal,
            sealed: false,
            reception: None,
            route: Some(LegalRoute::Petition),
            void_proposed_by: None,
            transfer_proposed_by: None,
        }
    }

    fn received(held: bool, record: Option<Record>) -> Case {
        Case {
            reception: Some(Reception {
                day: Uuid::nil(),
                held,
                record,
            }),
            ..triaged()
        }
    }

    #[test]
    fn a_release_passes_the_hold_and_keeps_the_state() {
        let standing = triaged().release(2).unwrap();
        assert_eq!(
            (standing.state, standing.holder),
            (State::Registered, Holder::Assignment)
        );
    }

    #[test]
    fn a_leader_received_case_waits_for_its_finalised_record() {
        let record = Record {
            id: Uuid::nil(),
            leader: Uuid::nil(),
        };
        assert_eq!(received(false, None).release(2), Err(CaseError::ReceptionNotHeld));
        assert_eq!(
            received(true, None).release(2),
            Err(CaseError::ReceptionNotFinalised)
        );
        assert!(received(true, Some(record)).release(2).is_ok());
    }

    #[test]
    fn a_release_needs_a_triage_sheet_and_a_route_inside_the_procedure() {
        assert_eq!(
            Case {
                route: None,
                ..triaged()
            }
            .release(2),
            Err(CaseError::NotTriaged)
        );
        let arbitration = Case {
            route: Some(LegalRoute::Arbitration),
            ..triaged()
        };
        assert_eq!(
            arbitration.release(2),
            Err(CaseError::RouteNeedsDiversion(LegalRoute::Arbitration))
        );
    }

    #[test]
    fn accusations_leave_only_by_their_own_path() {
        let sealed = Case {
            sealed: true,
            purpose: Purpose::Accusation,
            ..triaged()
        };
        assert_eq!(sealed.release(2), Err(CaseError::Sealed));
        assert_eq!(sealed.divert(2), Err(CaseError::Sealed));
        assert_eq!(sealed.triage(2, Purpose::Appeal), Err(CaseError::Sealed));
        assert_eq!(
            triaged().triage(2, Purpose::Accusation),
            Err(CaseError::AccusationFixed)
        );
    }

    #[test]
    fn nothing_is_done_on_a_stale_version_or_by_the_wrong_holder() {
        assert_eq!(triaged().release(1), Err(CaseError::Stale));
        let passed = Case {
            standing: triaged().release(2).unwrap(),
            ..triaged()
        };
        for refused in [
            passed.release(2).err(),
            passed.divert(2).err(),
            passed.void(2, "x").err(),
        ] {
            assert_eq!(refused, Some(CaseError::WrongHolder(Holder::Assignment)));
        }
    }

    #[test]
    fn a_void_takes_two_persons() {
        assert_eq!(triaged().void(2, "wang"), Err(CaseError::NotProposed));
        let proposed = Case {
            void_proposed_by: Some("li".to_owned()),
            ..triaged()
        };
        assert_eq!(proposed.void(2, "li"), Err(CaseError::SamePerson));
        assert_eq!(proposed.void(2, "wang").unwrap().state, State::Void);
    }

    #[test]
    fn an_ended_case_takes_no_act() {
        let void = Case {
            standing: Standing {
                state: State::Void,
                ..Standing::REGISTERED
            },
            ..triaged()
        };
        assert_eq!(void.divert(2), Err(CaseError::WrongState(State::Void)));
    }
}

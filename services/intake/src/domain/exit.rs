//! The ends of a case in C10 that two persons decide: joined to another (T03), not accepted (T05), no longer accepted
//! (T06), passed on to an organ outside the district (T07).

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use xinqiao_kernel::{CaseState as State, Remedy};

use super::case::{Case, CaseError};
use super::codes::NotAcceptedReason;
use super::transition::Standing;

/// An end, with what the papers say of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exit {
    /// T03: goes on with an open case of the same facts and request (RP-1).
    Linked {
        /// The open case.
        open: Uuid,
        /// Why it is the same matter.
        reasons: String,
    },
    /// T05
    NotAccepted {
        /// Why.
        reason: NotAcceptedReason,
        /// Provision it rests on.
        basis: String,
        /// Where the petitioner can turn to.
        guidance: String,
    },
    /// T06: facts and reasons were decided to the end `[R:36(3)]`.
    NoLongerAccepted {
        /// The case whose remedies are exhausted.
        ended: Uuid,
        /// Why facts and reasons are the same.
        reasons: String,
        /// Help that is offered `[R:37(3)]`.
        help: String,
    },
    /// T07
    TransferredOut {
        /// The organ.
        addressee: String,
        /// Why that one.
        reasons: String,
    },
}

impl Exit {
    /// Its number in the database.
    pub const fn number(&self) -> i16 {
        match self {
            Self::Linked { .. } => Self::LINKED,
            Self::NotAccepted { .. } => 2,
            Self::NoLongerAccepted { .. } => 3,
            Self::TransferredOut { .. } => 4,
        }
    }

    /// The number of [`Self::Linked`].
    pub const LINKED: i16 = 1;

    /// The event that tells of it.
    pub const fn event(&self) -> &'static str {
        match self {
            Self::Linked { .. } => "case.linked",
            Self::NotAccepted { .. } => "case.not_accepted",
            Self::NoLongerAccepted { .. } => "case.no_longer_accepted",
            Self::TransferredOut { .. } => "case.transferred_out",
        }
    }

    /// The other case that it names.
    pub const fn other(&self) -> Option<Uuid> {
        match self {
            Self::Linked { open: other, .. } | Self::NoLongerAccepted { ended: other, .. } => Some(*other),
            Self::NotAccepted { .. } | Self::TransferredOut { .. } => None,
        }
    }

    fn fits(&self, case: Uuid, other: Option<Other>) -> Result<(), ExitError> {
        match (self, other) {
            (_, Some(other)) if other.id == case => Err(ExitError::Itself),
            (Self::Linked { .. }, Some(other)) if !other.state.is_open() => Err(ExitError::NotOpen),
            (Self::NoLongerAccepted { .. }, Some(other)) if other.remedy != Remedy::Final => {
                Err(ExitError::NotFinal)
            }
            _ => Ok(()),
        }
    }
}

/// Where the other case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Other {
    /// Identifier.
    pub id: Uuid,
    /// Main state.
    pub state: State,
    /// Remedy overlay.
    pub remedy: Remedy,
}

/// What is proposed, by whom, and on which version of the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The end.
    pub exit: Exit,
    /// `person:<id>`.
    pub by: String,
    /// Version after the proposal.
    pub version: i64,
}

/// Why an end is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExitError {
    /// What every act on a case is refused for.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// Nothing is proposed, or the case has been acted on since.
    #[error("no end of the case is proposed")]
    NotProposed,
    /// Two persons are needed.
    #[error("another person than the one who proposed must decide")]
    SamePerson,
    /// The other case is this one.
    #[error("a case cannot be joined to itself")]
    Itself,
    /// T03 leads to an open case.
    #[error("the other case is not open")]
    NotOpen,
    /// A case number counts 99 submissions (DEC-02).
    #[error("the other case takes no further submission")]
    Full,
    /// T06 needs a case whose remedies are exhausted.
    #[error("the remedies of the other case are not exhausted")]
    NotFinal,
}

impl Case {
    /// Proposes an end.
    pub fn propose_exit(
        &self,
        id: Uuid,
        seen: i64,
        exit: &Exit,
        other: Option<Other>,
    ) -> Result<(), ExitError> {
        self.open_for_exits(seen)?;
        exit.fits(id, other)
    }

    /// Decides: four eyes, and what was proposed is what is decided.
    pub fn leave(
        &self,
        id: Uuid,
        seen: i64,
        by: &str,
        proposal: Option<&Proposal>,
        other: Option<Other>,
    ) -> Result<Standing, ExitError> {
        self.open_for_exits(seen)?;
        let proposal = self.proposed(proposal)?;
        if proposal.by == by {
            return Err(ExitError::SamePerson);
        }
        proposal.exit.fits(id, other)?;
        Ok(self.step(proposal.exit.event())?)
    }

    /// The proposal that waits for a decision.
    pub fn proposed<'p>(&self, proposal: Option<&'p Proposal>) -> Result<&'p Proposal, ExitError> {
        proposal
            .filter(|proposal| proposal.version == self.version)
            .ok_or(ExitError::NotProposed)
    }

    fn open_for_exits(&self, seen: i64) -> Result<(), CaseError> {
        self.open_for_acts(seen)?;
        if self.sealed {
            return Err(CaseError::Sealed);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use xinqiao_kernel::Holder;

    use super::super::case::tests::triaged;
    use super::super::codes::Purpose;
    use super::*;

    const HERE: Uuid = Uuid::from_u128(1);
    const THERE: Uuid = Uuid::from_u128(2);

    fn other(state: State, remedy: Remedy) -> Other {
        Other {
            id: THERE,
            state,
            remedy,
        }
    }

    fn linked() -> Exit {
        Exit::Linked {
            open: THERE,
            reasons: "同一事项".to_owned(),
        }
    }

    fn ended() -> Exit {
        Exit::NoLongerAccepted {
            ended: THERE,
            reasons: "事实和理由相同".to_owned(),
            help: "可以申请救助".to_owned(),
        }
    }

    fn transferred() -> Exit {
        Exit::TransferredOut {
            addressee: "市住房局".to_owned(),
            reasons: "属其职权".to_owned(),
        }
    }

    fn proposed(exit: Exit) -> Proposal {
        Proposal {
            exit,
            by: "li".to_owned(),
            version: 2,
        }
    }

    #[test]
    fn an_end_takes_two_persons_and_stays_with_intake() {
        let proposal = proposed(transferred());
        assert_eq!(
            triaged().leave(HERE, 2, "wang", None, None),
            Err(ExitError::NotProposed)
        );
        assert_eq!(
            triaged().leave(HERE, 2, "li", Some(&proposal), None),
            Err(ExitError::SamePerson)
        );
        let standing = triaged().leave(HERE, 2, "wang", Some(&proposal), None).unwrap();
        assert_eq!(
            (standing.state, standing.holder),
            (State::TransferredOut, Holder::Intake)
        );
    }

    #[test]
    fn what_was_done_since_makes_a_proposal_void() {
        let later = Case {
            version: 3,
            ..triaged()
        };
        let proposal = proposed(transferred());
        assert_eq!(
            later.leave(HERE, 2, "wang", Some(&proposal), None),
            Err(CaseError::Stale.into())
        );
        assert_eq!(
            later.leave(HERE, 3, "wang", Some(&proposal), None),
            Err(ExitError::NotProposed)
        );
    }

    #[test]
    fn a_case_is_joined_to_another_open_one() {
        for state in State::ALL {
            let joined = triaged().propose_exit(HERE, 2, &linked(), Some(other(state, Remedy::None)));
            assert_eq!(joined.is_ok(), state.is_open(), "{state}");
        }
        let itself = Other {
            id: HERE,
            state: State::Registered,
            remedy: Remedy::None,
        };
        assert_eq!(
            triaged().propose_exit(HERE, 2, &linked(), Some(itself)),
            Err(ExitError::Itself)
        );
        let closed = Some(other(State::Closed, Remedy::None));
        assert_eq!(
            triaged().leave(HERE, 2, "wang", Some(&proposed(linked())), closed),
            Err(ExitError::NotOpen),
            "closed since the proposal"
        );
    }

    #[test]
    fn only_exhausted_remedies_end_acceptance() {
        for remedy in Remedy::ALL {
            let found = triaged().propose_exit(HERE, 2, &ended(), Some(other(State::Archived, remedy)));
            assert_eq!(found.is_ok(), remedy == Remedy::Final, "{remedy:?}");
        }
    }

    #[test]
    fn accusations_do_not_leave_this_way() {
        let sealed = Case {
            sealed: true,
            purpose: Purpose::Accusation,
            ..triaged()
        };
        assert_eq!(
            sealed.propose_exit(HERE, 2, &transferred(), None),
            Err(CaseError::Sealed.into())
        );
    }
}

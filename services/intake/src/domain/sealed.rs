//! The procedure of sealed cases (DEC-14): the transfer of an accusation by two dispatchers, and its openings.

use std::ops::RangeInclusive;

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::case::{Case, CaseError};
use super::transition::Standing;

/// Persons and units that one accusation may name.
pub const ACCUSED_MAX: usize = 20;
/// Readers that one opening may name.
pub const READERS: RangeInclusive<usize> = 1..=5;

/// A person or unit that an accusation is about (class P4).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Accused {
    /// The unit, or the one the person works in.
    pub unit: Option<Uuid>,
    /// The person, by the subject of his token.
    pub person: Option<String>,
    /// As the petitioner names it.
    pub name: Option<String>,
}

/// Why an act of the procedure is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealedError {
    /// What every act on a case is refused for.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// Nobody has proposed the transfer.
    #[error("nobody has proposed to transfer the case")]
    TransferNotProposed,
    /// Two persons are needed.
    #[error("another person than the one who began must confirm")]
    SamePerson,
    /// Not with the discipline inspection.
    #[error("the case has not been transferred to the discipline inspection")]
    NotTransferred,
    /// Confirmed before.
    #[error("the opening is confirmed already")]
    OpeningConfirmed,
    /// Ended, or its time has run out.
    #[error("the opening is over")]
    OpeningOver,
}

impl Case {
    /// Proposes the transfer out of the sealed compartment (T07, first half).
    pub fn propose_transfer(&self, seen: i64) -> Result<(), SealedError> {
        Ok(self.open_for_acts(seen)?)
    }

    /// Transfers (T07): four eyes, and what was proposed is what is confirmed.
    pub fn transfer(&self, seen: i64, by: &str) -> Result<Standing, SealedError> {
        self.open_for_acts(seen)?;
        match self.transfer_proposed_by.as_deref() {
            None => Err(SealedError::TransferNotProposed),
            Some(proposer) if proposer == by => Err(SealedError::SamePerson),
            Some(_) => Ok(self.step("case.transferred_out")?),
        }
    }
}

/// An opening 启封: who may read, from its confirmation until its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// How long it holds.
    pub minutes: u16,
    /// Who asked for it.
    pub asked_by: String,
    /// From when until when, once it is confirmed.
    pub window: Option<(OffsetDateTime, OffsetDateTime)>,
    /// When somebody ended it before its time.
    pub ended_at: Option<OffsetDateTime>,
}

/// Where an opening is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpeningState {
    /// To be confirmed.
    Asked,
    /// The readers may read.
    InForce,
    /// Ended, or its time has run out.
    Over,
}

impl Opening {
    /// Where it is at a moment. Its last moment does not belong to it.
    pub fn state(&self, now: OffsetDateTime) -> OpeningState {
        match (self.ended_at, self.window) {
            (None, None) => OpeningState::Asked,
            (None, Some((from, until))) if (from..until).contains(&now) => OpeningState::InForce,
            (Some(_), _) | (None, Some(_)) => OpeningState::Over,
        }
    }

    /// Confirms it: four eyes. Until when it holds.
    pub fn confirm(&self, by: &str, now: OffsetDateTime) -> Result<OffsetDateTime, SealedError> {
        match self.state(now) {
            OpeningState::InForce => Err(SealedError::OpeningConfirmed),
            OpeningState::Over => Err(SealedError::OpeningOver),
            OpeningState::Asked if self.asked_by == by => Err(SealedError::SamePerson),
            OpeningState::Asked => Ok(now + Duration::minutes(self.minutes.into())),
        }
    }

    /// Ends it, or withdraws it before it was confirmed.
    pub fn end(&self, now: OffsetDateTime) -> Result<(), SealedError> {
        match self.state(now) {
            OpeningState::Asked | OpeningState::InForce => Ok(()),
            OpeningState::Over => Err(SealedError::OpeningOver),
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use xinqiao_kernel::{CaseState, Holder};

    use super::super::case::tests::triaged;
    use super::super::codes::Purpose;
    use super::*;

    const NOON: OffsetDateTime = datetime!(2026-04-15 12:00 +8);

    fn accusation(proposed_by: Option<&str>) -> Case {
        Case {
            purpose: Purpose::Accusation,
            sealed: true,
            route: None,
            transfer_proposed_by: proposed_by.map(ToOwned::to_owned),
            ..triaged()
        }
    }

    fn asked() -> Opening {
        Opening {
            minutes: 60,
            asked_by: "wang".to_owned(),
            window: None,
            ended_at: None,
        }
    }

    #[test]
    fn a_transfer_takes_two_persons_and_stays_with_intake() {
        assert_eq!(
            accusation(None).transfer(2, "fang"),
            Err(SealedError::TransferNotProposed)
        );
        assert_eq!(
            accusation(Some("wang")).transfer(2, "wang"),
            Err(SealedError::SamePerson)
        );
        let standing = accusation(Some("wang")).transfer(2, "fang").unwrap();
        assert_eq!(
            (standing.state, standing.holder),
            (CaseState::TransferredOut, Holder::Intake)
        );
    }

    #[test]
    fn what_changed_since_the_proposal_is_not_confirmed() {
        assert_eq!(
            accusation(Some("wang")).transfer(1, "fang"),
            Err(CaseError::Stale.into())
        );
        let done = Case {
            standing: accusation(Some("wang")).transfer(2, "fang").unwrap(),
            ..accusation(Some("wang"))
        };
        let wrong = Err(CaseError::WrongState(CaseState::TransferredOut).into());
        assert_eq!(done.transfer(2, "fang"), wrong);
        assert_eq!(done.propose_transfer(2).err(), wrong.err());
    }

    #[test]
    fn an_opening_holds_from_its_confirmation_for_its_minutes() {
        assert_eq!(asked().state(NOON), OpeningState::Asked);
        let until = asked().confirm("jiang", NOON).unwrap();
        assert_eq!(until, NOON + Duration::HOUR);
        let confirmed = Opening {
            window: Some((NOON, until)),
            ..asked()
        };
        let last = until - Duration::MICROSECOND;
        for (at, state) in [
            (NOON - Duration::MICROSECOND, OpeningState::Over),
            (NOON, OpeningState::InForce),
            (last, OpeningState::InForce),
            (until, OpeningState::Over),
        ] {
            assert_eq!(confirmed.state(at), state, "{at}");
        }
        assert_eq!(
            confirmed.confirm("jiang", NOON),
            Err(SealedError::OpeningConfirmed)
        );
        assert_eq!(confirmed.confirm("jiang", until), Err(SealedError::OpeningOver));
        assert_eq!(confirmed.end(until), Err(SealedError::OpeningOver));
    }

    #[test]
    fn an_opening_takes_two_persons_and_ends_for_good() {
        assert_eq!(asked().confirm("wang", NOON), Err(SealedError::SamePerson));
        assert_eq!(asked().end(NOON), Ok(()));
        let withdrawn = Opening {
            ended_at: Some(NOON),
            ..asked()
        };
        assert_eq!(withdrawn.confirm("jiang", NOON), Err(SealedError::OpeningOver));
        let ended = Opening {
            window: Some((NOON, NOON + Duration::HOUR)),
            ended_at: Some(NOON + Duration::MINUTE),
            ..asked()
        };
        assert_eq!(ended.state(NOON + 2 * Duration::MINUTE), OpeningState::Over);
    }
}

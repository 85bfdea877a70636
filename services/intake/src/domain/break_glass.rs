//! Break-glass 应急访问: when city support may read one case (§5.2, rule 3).

use time::{Duration, OffsetDateTime};

/// How long the case is open from the approval on.
pub const WINDOW: Duration = Duration::hours(4);
/// How long a request waits for its decision.
pub const PATIENCE: Duration = Duration::hours(24);

/// A request to be let into a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakGlass {
    /// Who asked.
    pub requested_by: String,
    /// When.
    pub requested_at: OffsetDateTime,
    /// What was decided, and when.
    pub decision: Option<(bool, OffsetDateTime)>,
    /// When it was ended before its time.
    pub ended_at: Option<OffsetDateTime>,
}

/// Where it stands at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Waits for a decision.
    Requested,
    /// Was not decided in time.
    Lapsed,
    /// Refused.
    Refused,
    /// Open until then.
    Open(OffsetDateTime),
    /// Open no more.
    Over,
}

/// Why an act on a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BreakGlassError {
    /// Whoever asked does not decide.
    #[error("the person who asked cannot decide")]
    SamePerson,
    /// There is nothing to decide any more.
    #[error("decided before, or lapsed")]
    NotWaiting,
    /// It is not open.
    #[error("not open")]
    NotOpen,
    /// Another person's; he is not told of it.
    #[error("asked for by another person")]
    NotYours,
}

impl BreakGlass {
    /// Where it stands.
    pub fn standing(&self, now: OffsetDateTime) -> Standing {
        match self.decision {
            None if now < self.requested_at + PATIENCE => Standing::Requested,
            None => Standing::Lapsed,
            Some((false, _)) => Standing::Refused,
            Some((true, at)) if self.ended_at.is_none() && now < at + WINDOW => Standing::Open(at + WINDOW),
            Some((true, _)) => Standing::Over,
        }
    }

    /// Decides, as another person than the one who asked.
    pub fn decide(&self, who: &str, now: OffsetDateTime) -> Result<(), BreakGlassError> {
        if self.standing(now) != Standing::Requested {
            return Err(BreakGlassError::NotWaiting);
        }
        if self.requested_by == who {
            return Err(BreakGlassError::SamePerson);
        }
        Ok(())
    }

    /// Until when whoever asked may read.
    pub fn enter(&self, who: &str, now: OffsetDateTime) -> Result<OffsetDateTime, BreakGlassError> {
        if self.requested_by != who {
            return Err(BreakGlassError::NotYours);
        }
        self.open_until(now)
    }

    /// Until when it is open, for ending it before.
    pub fn open_until(&self, now: OffsetDateTime) -> Result<OffsetDateTime, BreakGlassError> {
        match self.standing(now) {
            Standing::Open(until) => Ok(until),
            _ => Err(BreakGlassError::NotOpen),
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOON: OffsetDateTime = datetime!(2026-03-03 12:00 UTC);
    const OPERATOR: &str = "person:operator";
    const HEAD: &str = "person:head";

    fn asked() -> BreakGlass {
        BreakGlass {
            requested_by: OPERATOR.to_owned(),
            requested_at: NOON,
            decision: None,
            ended_at: None,
        }
    }

    fn approved() -> BreakGlass {
        BreakGlass {
            decision: Some((true, NOON)),
            ..asked()
        }
    }

    #[test]
    fn it_is_open_for_four_hours_from_the_approval() {
        let last = NOON + WINDOW - Duration::SECOND;
        assert_eq!(approved().enter(OPERATOR, last), Ok(NOON + Duration::hours(4)));
        assert_eq!(
            approved().enter(OPERATOR, NOON + WINDOW),
            Err(BreakGlassError::NotOpen)
        );
    }

    #[test]
    fn nobody_enters_by_anothers_request() {
        assert_eq!(approved().enter(HEAD, NOON), Err(BreakGlassError::NotYours));
    }

    #[test]
    fn nobody_decides_his_own_request() {
        assert_eq!(asked().decide(OPERATOR, NOON), Err(BreakGlassError::SamePerson));
        assert_eq!(asked().decide(HEAD, NOON), Ok(()));
    }

    #[test]
    fn what_is_not_decided_in_a_day_lapses() {
        let day = NOON + PATIENCE;
        assert_eq!(asked().standing(day - Duration::SECOND), Standing::Requested);
        assert_eq!(asked().decide(HEAD, day), Err(BreakGlassError::NotWaiting));
    }

    #[test]
    fn what_is_decided_or_ended_stays_so() {
        let refused = BreakGlass {
            decision: Some((false, NOON)),
            ..asked()
        };
        let ended = BreakGlass {
            ended_at: Some(NOON),
            ..approved()
        };
        for (one, standing) in [(refused, Standing::Refused), (ended, Standing::Over)] {
            assert_eq!(one.standing(NOON), standing);
            assert_eq!(one.decide(HEAD, NOON), Err(BreakGlassError::NotWaiting));
            assert_eq!(one.enter(OPERATOR, NOON), Err(BreakGlassError::NotOpen));
        }
    }
}

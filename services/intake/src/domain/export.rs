//! Export 导出 of register rows: prepared by one person, approved by another, fetched once (§5.2, EG-10).

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// How long a request waits for its decision.
pub const PATIENCE: Duration = Duration::hours(24);
/// How long it may be fetched from the approval on.
pub const WINDOW: Duration = Duration::hours(24);
/// Days of registration in one export at the most.
pub const DAYS_MAX: i64 = 366;

/// A request to export rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Who prepared it.
    pub prepared_by: String,
    /// When.
    pub prepared_at: OffsetDateTime,
    /// What was decided: until when it may be fetched, or that it is refused.
    pub decision: Option<Decision>,
    /// The request that fetched it.
    pub fetched_with: Option<Uuid>,
}

/// What somebody decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may be fetched until then.
    Approved(OffsetDateTime),
    /// It may not.
    Refused,
}

/// Where it stands at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Waits for a decision.
    Prepared,
    /// Was not decided in time.
    Lapsed,
    /// Refused.
    Refused,
    /// May be fetched.
    Approved,
    /// Was fetched.
    Fetched,
    /// Was not fetched in time.
    Over,
}

/// Why an act on an export is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// Whoever prepared it does not decide.
    #[error("the person who prepared it cannot decide")]
    SamePerson,
    /// There is nothing to decide any more.
    #[error("decided before, or lapsed")]
    NotWaiting,
    /// Nobody has let it go.
    #[error("not approved")]
    NotApproved,
    /// The time to fetch it is over.
    #[error("the time is over")]
    Over,
    /// Another request has fetched it.
    #[error("fetched before")]
    Fetched,
    /// Another person's; he is not told of it.
    #[error("prepared by another person")]
    NotYours,
}

impl Export {
    /// Where it stands.
    pub fn standing(&self, now: OffsetDateTime) -> Standing {
        match self.decision {
            None if now < self.prepared_at + PATIENCE => Standing::Prepared,
            None => Standing::Lapsed,
            Some(Decision::Refused) => Standing::Refused,
            Some(Decision::Approved(_)) if self.fetched_with.is_some() => Standing::Fetched,
            Some(Decision::Approved(until)) if now < until => Standing::Approved,
            Some(Decision::Approved(_)) => Standing::Over,
        }
    }

    /// Decides, as another person than the one who prepared it.
    pub fn decide(&self, who: &str, now: OffsetDateTime) -> Result<(), ExportError> {
        if self.standing(now) != Standing::Prepared {
            return Err(ExportError::NotWaiting);
        }
        if self.prepared_by == who {
            return Err(ExportError::SamePerson);
        }
        Ok(())
    }

    /// Fetches it with a request; the one that fetched it before goes on.
    pub fn fetch(&self, who: &str, request: Uuid, now: OffsetDateTime) -> Result<(), ExportError> {
        if self.prepared_by != who {
            return Err(ExportError::NotYours);
        }
        let Some(Decision::Approved(until)) = self.decision else {
            return Err(ExportError::NotApproved);
        };
        if now >= until {
            return Err(ExportError::Over);
        }
        match self.fetched_with {
            Some(before) if before != request => Err(ExportError::Fetched),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOON: OffsetDateTime = datetime!(2026-03-03 12:00 UTC);
    const CLERK: &str = "person:clerk";
    const HEAD: &str = "person:head";
    const FIRST: Uuid = Uuid::from_u128(1);
    const SECOND: Uuid = Uuid::from_u128(2);

    fn prepared() -> Export {
        Export {
            prepared_by: CLERK.to_owned(),
            prepared_at: NOON,
            decision: None,
            fetched_with: None,
        }
    }

    fn approved() -> Export {
        Export {
            decision: Some(Decision::Approved(NOON + WINDOW)),
            ..prepared()
        }
    }

    #[test]
    fn nobody_decides_what_he_prepared() {
        assert_eq!(prepared().decide(CLERK, NOON), Err(ExportError::SamePerson));
        assert_eq!(prepared().decide(HEAD, NOON), Ok(()));
    }

    #[test]
    fn what_is_not_decided_in_a_day_lapses() {
        let day = NOON + PATIENCE;
        assert_eq!(prepared().standing(day - Duration::SECOND), Standing::Prepared);
        assert_eq!(prepared().standing(day), Standing::Lapsed);
        assert_eq!(prepared().decide(HEAD, day), Err(ExportError::NotWaiting));
        assert_eq!(prepared().fetch(CLERK, FIRST, day), Err(ExportError::NotApproved));
    }

    #[test]
    fn only_who_prepared_it_fetches_and_only_in_time() {
        let last = NOON + WINDOW - Duration::SECOND;
        assert_eq!(approved().fetch(CLERK, FIRST, last), Ok(()));
        assert_eq!(approved().fetch(HEAD, FIRST, last), Err(ExportError::NotYours));
        let over = NOON + WINDOW;
        assert_eq!(approved().fetch(CLERK, FIRST, over), Err(ExportError::Over));
        assert_eq!(approved().standing(over), Standing::Over);
    }

    #[test]
    fn it_is_fetched_once_and_the_same_request_goes_on() {
        let fetched = Export {
            fetched_with: Some(FIRST),
            ..approved()
        };
        assert_eq!(fetched.standing(NOON), Standing::Fetched);
        assert_eq!(fetched.fetch(CLERK, FIRST, NOON), Ok(()));
        assert_eq!(fetched.fetch(CLERK, SECOND, NOON), Err(ExportError::Fetched));
    }

    #[test]
    fn what_was_refused_stays_so() {
        let refused = Export {
            decision: Some(Decision::Refused),
            ..prepared()
        };
        assert_eq!(refused.standing(NOON), Standing::Refused);
        assert_eq!(refused.decide(HEAD, NOON), Err(ExportError::NotWaiting));
        assert_eq!(refused.fetch(CLERK, FIRST, NOON), Err(ExportError::NotApproved));
    }
}

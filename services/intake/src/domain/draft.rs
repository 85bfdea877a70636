//! Drafts of registrations 暂存 (C00): what may be done with one, and how it stands.

use time::OffsetDateTime;

/// What the rules look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Changes so far.
    pub version: i64,
    /// When it expires, or has.
    pub expires_at: OffsetDateTime,
    /// On its way into a case.
    pub registering: bool,
    /// It has become a case.
    pub registered: bool,
    /// Somebody has discarded it.
    pub discarded: bool,
}

/// How a draft stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// 暂存中.
    Open,
    /// 已过期: to be registered or discarded.
    Expired,
    /// 已登记.
    Registered,
    /// 已弃用.
    Discarded,
}

/// Why an act is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// It has changed since the caller saw it.
    #[error("the draft has changed since it was read")]
    Stale,
    /// Its time is over.
    #[error("the draft has expired")]
    Expired,
    /// A case has it.
    #[error("the draft is registered")]
    Registered,
    /// Somebody has discarded it.
    #[error("the draft is discarded")]
    Discarded,
    /// It is on its way into a case.
    #[error("the draft is being registered")]
    BeingRegistered,
}

impl Draft {
    /// How it stands.
    pub fn standing(&self, now: OffsetDateTime) -> Standing {
        if self.registered {
            Standing::Registered
        } else if self.discarded {
            Standing::Discarded
        } else if now >= self.expires_at {
            Standing::Expired
        } else {
            Standing::Open
        }
    }

    /// Saves it anew: while it is open.
    pub fn save(&self, seen: i64, now: OffsetDateTime) -> Result<(), DraftError> {
        self.discard(seen, now)?;
        match self.standing(now) {
            Standing::Expired => Err(DraftError::Expired),
            _ => Ok(()),
        }
    }

    /// Discards it: open or expired.
    pub fn discard(&self, seen: i64, now: OffsetDateTime) -> Result<(), DraftError> {
        self.register(now)?;
        if self.registering {
            return Err(DraftError::BeingRegistered);
        }
        if self.version != seen {
            return Err(DraftError::Stale);
        }
        Ok(())
    }

    /// Registers it: an expired one too, for nothing that was brought is lost.
    pub fn register(&self, now: OffsetDateTime) -> Result<(), DraftError> {
        match self.standing(now) {
            Standing::Registered => Err(DraftError::Registered),
            Standing::Discarded => Err(DraftError::Discarded),
            Standing::Open | Standing::Expired => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const END: OffsetDateTime = datetime!(2026-03-04 09:00 +8);
    const BEFORE: OffsetDateTime = datetime!(2026-03-04 08:59 +8);

    fn open() -> Draft {
        Draft {
            version: 2,
            expires_at: END,
            registering: false,
            registered: false,
            discarded: false,
        }
    }

    #[test]
    fn an_expired_draft_is_not_changed_but_neither_is_it_lost() {
        assert_eq!(open().save(2, BEFORE), Ok(()));
        assert_eq!(open().standing(END), Standing::Expired);
        assert_eq!(open().save(2, END), Err(DraftError::Expired));
        assert_eq!(open().register(END), Ok(()));
        assert_eq!(open().discard(2, END), Ok(()));
    }

    #[test]
    fn what_is_done_is_done_once() {
        let registered = Draft {
            registered: true,
            ..open()
        };
        let discarded = Draft {
            discarded: true,
            ..open()
        };
        for now in [BEFORE, END] {
            assert_eq!(registered.register(now), Err(DraftError::Registered));
            assert_eq!(registered.discard(2, now), Err(DraftError::Registered));
            assert_eq!(discarded.register(now), Err(DraftError::Discarded));
            assert_eq!(discarded.save(2, now), Err(DraftError::Discarded));
        }
    }

    #[test]
    fn nobody_changes_what_is_on_its_way_or_what_he_has_not_seen() {
        let on_its_way = Draft {
            registering: true,
            ..open()
        };
        assert_eq!(on_its_way.save(2, BEFORE), Err(DraftError::BeingRegistered));
        assert_eq!(on_its_way.register(BEFORE), Ok(()), "it may be asked for again");
        assert_eq!(open().save(1, BEFORE), Err(DraftError::Stale));
        assert_eq!(open().discard(1, BEFORE), Err(DraftError::Stale));
    }
}

//! A transition as the clocks see it.

use time::{Date, OffsetDateTime};
use uuid::Uuid;
use xinqiao_kernel::{ClockCode, local::local_date};

use crate::domain::trigger::Trigger;

/// Dates as the publisher of an event had them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishedDue {
    /// Which clock.
    pub code: ClockCode,
    /// Plain arithmetic.
    pub raw: Date,
    /// Overdue in law after this day.
    pub eff: Date,
    /// What staff aim at.
    pub safe: Date,
}

/// A transition with what the clocks need to know of it.
#[derive(Debug, Clone)]
pub struct Happening {
    /// Which.
    pub trigger: Trigger,
    /// Legal time at which it was committed.
    pub at: OffsetDateTime,
    /// The local date of its proof: counter stamp, delivery, service. Terms count from here.
    pub day: Date,
    /// The last day it sets: of K1, K5a, K20 or K13.
    pub last_day: Option<Date>,
    /// The days it adds: of K5.
    pub added_days: u16,
    /// The publisher's own dates.
    pub published: Vec<PublishedDue>,
    /// Of which reception; only those of a talk have one.
    pub reception_id: Option<Uuid>,
}

impl Happening {
    /// A transition whose proof is the act itself.
    pub fn now(trigger: Trigger, at: OffsetDateTime) -> Self {
        Self {
            trigger,
            at,
            day: local_date(at),
            last_day: None,
            added_days: 0,
            published: Vec::new(),
            reception_id: None,
        }
    }

    /// The same, proven on another day.
    #[must_use]
    pub fn on(self, day: Date) -> Self {
        Self { day, ..self }
    }

    /// The same, setting a last day.
    #[must_use]
    pub fn until(self, last_day: Option<Date>) -> Self {
        Self { last_day, ..self }
    }

    /// The same, of a reception.
    #[must_use]
    pub fn at_reception(self, reception_id: Option<Uuid>) -> Self {
        Self { reception_id, ..self }
    }

    /// The same, with the publisher's dates.
    #[must_use]
    pub fn published(self, published: Vec<PublishedDue>) -> Self {
        Self { published, ..self }
    }
}

//! Which columns rest: a walk that changes nothing would change nothing again at once, and the next columns wait.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use xinqiao_kernel::DistrictCode;

use super::SealedColumn;
use crate::jobs::backoff;

/// Longest rest.
const REST_MAX: Duration = Duration::from_hours(1);

/// A column of a district.
type Key = (DistrictCode, &'static str, &'static str);

/// The columns that this process has walked to their end. What it does not remember does not rest.
#[derive(Debug)]
pub(super) struct Rests {
    first: Duration,
    walked: Mutex<HashMap<Key, Walked>>,
}

/// The last whole walk of a column.
#[derive(Clone, Copy, Debug)]
struct Walked {
    /// Values sealed anew up to its end, by whatever process.
    done: i64,
    /// Walks in a row that changed nothing.
    fruitless: u32,
    until: Instant,
}

impl Rests {
    /// The first rest is so long; each further one is double the one before.
    pub(super) fn new(first: Duration) -> Self {
        Self {
            first,
            walked: Mutex::default(),
        }
    }

    /// Whether a column rests now.
    pub(super) fn has(&self, district: DistrictCode, column: &SealedColumn) -> bool {
        let walked = self.walked.lock().unwrap_or_else(PoisonError::into_inner);
        walked
            .get(&key(district, column))
            .is_some_and(|walked| walked.until > Instant::now())
    }

    /// The column is to come under other keys: nothing has been done yet.
    pub(super) fn begins(&self, district: DistrictCode, column: &SealedColumn) {
        let mut walked = self.walked.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = Walked {
            done: 0,
            fruitless: 0,
            until: Instant::now(),
        };
        walked.insert(key(district, column), fresh);
    }

    /// A walk is at its end, and so many values have been sealed anew by now. It rests when they are no more than at the
    /// end of the walk before.
    pub(super) fn walked(&self, district: DistrictCode, column: &SealedColumn, done: i64) {
        let now = Instant::now();
        let mut walked = self.walked.lock().unwrap_or_else(PoisonError::into_inner);
        let before = walked.get(&key(district, column));
        let fruitless = before
            .filter(|before| before.done == done)
            .map_or(0, |before| before.fruitless.saturating_add(1));
        let rest = match fruitless {
            0 => Duration::ZERO,
            _ => backoff(self.first, fruitless, REST_MAX),
        };
        let until = now + rest;
        walked.insert(
            key(district, column),
            Walked {
                done,
                fruitless,
                until,
            },
        );
    }
}

const fn key(district: DistrictCode, column: &SealedColumn) -> Key {
    (district, column.table, column.column)
}

//! The query code 查询码 as people type it, what must be shown with it, and when attempts are locked (§6.2).

use time::{Duration, OffsetDateTime};

/// Failed attempts after which a code is locked.
pub const FAILURES_MAX: i16 = 5;
/// How long it is locked then.
pub const LOCK: Duration = Duration::minutes(15);
/// Characters of a code: no letter or digit that is taken for another.
const ALPHABET: &str = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
const LENGTH: usize = 10;

/// A code in its one form; none when it cannot be one. Spaces, hyphens and small letters are forgiven.
pub fn query_code(typed: &str) -> Option<String> {
    let code: String = typed
        .chars()
        .filter(|letter| !letter.is_whitespace() && *letter != '-')
        .map(|letter| letter.to_ascii_uppercase())
        .collect();
    let fits = code.chars().count() == LENGTH && code.chars().all(|letter| ALPHABET.contains(letter));
    fits.then_some(code)
}

/// Four digits; none when it is anything else.
pub fn last_four(typed: &str) -> Option<&str> {
    let typed = typed.trim();
    (typed.len() == 4 && typed.bytes().all(|byte| byte.is_ascii_digit())).then_some(typed)
}

/// Attempts on one code so far. Each is counted before it is looked at, so that many at once are counted too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    /// Failures, this attempt among them.
    pub failures: i16,
    /// When the last that counted was made.
    pub last_at: OffsetDateTime,
}

impl Attempts {
    /// The first attempt, or the first after a lock has ended.
    pub const fn first(now: OffsetDateTime) -> Self {
        Self {
            failures: 1,
            last_at: now,
        }
    }

    /// One more. What is tried while the code is locked does not prolong the lock.
    #[must_use]
    pub fn and_now(self, now: OffsetDateTime) -> Self {
        if now >= self.last_at + LOCK {
            return Self::first(now);
        }
        if self.failures >= FAILURES_MAX {
            return Self {
                failures: FAILURES_MAX + 1,
                ..self
            };
        }
        Self {
            failures: self.failures + 1,
            last_at: now,
        }
    }

    /// Whether the code is locked when this attempt fails.
    pub fn is_last(self) -> bool {
        self.failures == FAILURES_MAX
    }

    /// How long the code is still locked; none when this attempt is looked at.
    pub fn locked_for(self, now: OffsetDateTime) -> Option<Duration> {
        (self.failures > FAILURES_MAX).then(|| self.last_at + LOCK - now)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOON: OffsetDateTime = datetime!(2026-03-03 12:00 UTC);

    #[test]
    fn a_code_is_read_as_people_type_it() {
        assert_eq!(query_code(" abcde-23456 "), Some("ABCDE23456".to_owned()));
        for wrong in ["", "ABCDE2345", "ABCDE234567", "ABCDE2345O", "ABCDE2345查"] {
            assert_eq!(query_code(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn four_digits_are_four_digits() {
        assert_eq!(last_four(" 0001 "), Some("0001"));
        assert_eq!(
            (last_four("001"), last_four("00011"), last_four("000x")),
            (None, None, None)
        );
    }

    #[test]
    fn the_fifth_failure_locks_for_a_quarter_of_an_hour() {
        let mut attempts = Attempts::first(NOON);
        for minute in 1..5 {
            let now = NOON + Duration::minutes(minute);
            attempts = attempts.and_now(now);
            assert_eq!(attempts.locked_for(now), None, "{attempts:?}");
            assert_eq!(attempts.is_last(), minute == 4);
        }
        let later = NOON + Duration::minutes(10);
        let locked = attempts.and_now(later).and_now(later);
        assert_eq!(
            locked.locked_for(later),
            Some(Duration::minutes(9)),
            "from the fifth on"
        );
        let after = NOON + Duration::minutes(19);
        assert_eq!(locked.and_now(after), Attempts::first(after));
    }
}

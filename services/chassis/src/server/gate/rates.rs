//! A bucket of calls for each person of a district.
//!
//! A bucket is one instant: when it will be full again. A call moves that by the time one call takes to come back;
//! a call that would move it further away than a whole bucket takes to fill is refused.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;
use xinqiao_kernel::DistrictCode;

use super::told;
use crate::config::CallerSettings;

/// A person is known by district and identifier: the same identifier elsewhere is somebody else.
type Person = (DistrictCode, Arc<str>);

/// The buckets that are not full. A full one needs no memory.
#[derive(Debug)]
pub(super) struct Rates {
    /// In which one call comes back.
    step: Duration,
    /// In which an empty bucket fills.
    whole: Duration,
    callers_max: usize,
    full_at: HashMap<Person, Instant>,
    /// The same, the fullest first.
    order: BTreeSet<(Instant, Person)>,
}

impl Rates {
    pub(super) fn new(settings: &CallerSettings) -> Self {
        let step = Duration::from_mins(1) / settings.calls_per_minute;
        Self {
            step,
            whole: step * settings.burst,
            callers_max: settings.callers_max,
            full_at: HashMap::new(),
            order: BTreeSet::new(),
        }
    }

    /// Takes one call from the person's bucket, or says how long until there is one in it.
    pub(super) fn take(
        &mut self,
        district: DistrictCode,
        person: &str,
        now: Instant,
    ) -> Result<(), Duration> {
        self.forget_full(now);
        let person: Person = (district, Arc::from(person));
        let known = self.full_at.get(&person).copied();
        let full_at = known.map_or(now, |known| known.max(now)) + self.step;
        let over = (full_at - now).saturating_sub(self.whole);
        if !over.is_zero() {
            return Err(told(over));
        }
        if let Some(known) = known {
            self.order.remove(&(known, person.clone()));
        }
        self.order.insert((full_at, person.clone()));
        self.full_at.insert(person, full_at);
        // Of too many, the fullest is given up: that forgives the least, and never who makes the flood.
        if self.full_at.len() > self.callers_max {
            self.forget_fullest();
        }
        Ok(())
    }

    fn forget_full(&mut self, now: Instant) {
        while self.order.first().is_some_and(|(full_at, _)| *full_at <= now) {
            self.forget_fullest();
        }
    }

    fn forget_fullest(&mut self) {
        if let Some((_, person)) = self.order.pop_first() {
            self.full_at.remove(&person);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// One call a second, three at once.
    fn rates(callers_max: usize) -> Rates {
        Rates::new(&CallerSettings {
            calls_per_minute: 60,
            burst: 3,
            callers_max,
        })
    }

    fn district(code: &str) -> DistrictCode {
        code.parse().unwrap()
    }

    fn take(rates: &mut Rates, person: &str, now: Instant) -> Result<(), Duration> {
        rates.take(district("220502"), person, now)
    }

    #[test]
    fn after_the_burst_a_call_passes_at_the_time_it_was_told_and_no_sooner() {
        let (mut rates, now) = (rates(10), Instant::now());
        for _ in 0..3 {
            take(&mut rates, "li", now).unwrap();
        }
        assert_eq!(take(&mut rates, "li", now), Err(SECOND));
        let later = now + Duration::from_millis(400);
        assert_eq!(take(&mut rates, "li", later), Err(Duration::from_millis(600)));
        take(&mut rates, "li", now + SECOND).unwrap();
        assert_eq!(take(&mut rates, "li", now + SECOND), Err(SECOND));
    }

    #[test]
    fn nobody_pays_for_another_person_nor_for_his_namesake_elsewhere() {
        let (mut rates, now) = (rates(10), Instant::now());
        while take(&mut rates, "li", now).is_ok() {}
        take(&mut rates, "he", now).unwrap();
        rates.take(district("220503"), "li", now).unwrap();
    }

    #[test]
    fn the_memory_is_bounded_and_keeps_who_has_called_most() {
        let (mut rates, now) = (rates(10), Instant::now());
        while take(&mut rates, "flood", now).is_ok() {}
        for number in 0..1000 {
            take(&mut rates, &format!("person-{number}"), now).unwrap();
            assert!(rates.full_at.len() <= 10 && rates.order.len() == rates.full_at.len());
        }
        take(&mut rates, "flood", now).unwrap_err();
    }

    #[test]
    fn who_rests_is_forgotten() {
        let (mut rates, now) = (rates(10), Instant::now());
        for person in ["li", "he", "wu"] {
            take(&mut rates, person, now).unwrap();
        }
        take(&mut rates, "li", now + SECOND).unwrap();
        assert_eq!((rates.full_at.len(), rates.order.len()), (1, 1));
    }

    proptest! {
        #[test]
        fn no_more_pass_than_burst_and_rate_allow_and_every_hint_is_true(
            pauses in proptest::collection::vec(0_u64..1500, 1..200),
        ) {
            let (mut rates, begun) = (rates(10), Instant::now());
            let (mut now, mut passed) = (begun, 0);
            for pause in pauses {
                now += Duration::from_millis(pause);
                match take(&mut rates, "li", now) {
                    Ok(()) => passed += 1,
                    Err(wait) => {
                        let early = now + wait - Duration::from_millis(1);
                        prop_assert!(take(&mut rates, "li", early).is_err());
                        now += wait;
                        prop_assert_eq!(take(&mut rates, "li", now), Ok(()));
                        passed += 1;
                    }
                }
                prop_assert!(passed <= 3 + (now - begun).as_secs());
            }
        }
    }
}

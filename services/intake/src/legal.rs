//! Deadlines of intake's own clocks, and how contracts and documents write them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use time::Date;
use xinqiao_chassis::districts::District;
use xinqiao_documents::part;
use xinqiao_kernel::{Calendar, ClockCode, DistrictCode, Due, RuleSet, Term};
use xinqiao_proto::common::{LegalTerm, TermUnit};

/// Deadlines that are remembered, at most.
const REMEMBERED_MAX: usize = 256;

/// A deadline, and how contracts write it.
#[derive(Debug)]
pub(crate) struct Deadline {
    /// Its dates.
    pub(crate) due: Due,
    /// Its dates in the contract.
    pub(crate) term: LegalTerm,
    rule_version: String,
}

/// The deadlines of registrations: everybody who comes on one day has the same, and it is worked out once.
#[derive(Debug, Default)]
pub(crate) struct Deadlines {
    known: RwLock<HashMap<(DistrictCode, Date), Arc<Deadline>>>,
}

impl Deadlines {
    /// K1 of a submission received on `start`: it ends on the sender's date when that is earlier (T02g).
    pub(crate) fn k1(
        &self,
        district: &District,
        calendar: &Calendar,
        start: Date,
        sender_due: Option<Date>,
    ) -> Arc<Deadline> {
        let by_rule = self.k1_by_rule(district, calendar, start);
        let Some(last) = sender_due.filter(|last| *last < by_rule.due.raw) else {
            return by_rule;
        };
        let due = xinqiao_kernel::term::due(start, Term::until(start, last), calendar);
        Arc::new(Deadline {
            term: legal_term(ClockCode::K1, &due),
            due,
            rule_version: by_rule.rule_version.clone(),
        })
    }

    fn k1_by_rule(&self, district: &District, calendar: &Calendar, start: Date) -> Arc<Deadline> {
        let key = (district.code, start);
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let found = known.get(&key).filter(|known| {
            known.due.calendar_version == calendar.version() && known.rule_version == district.rules.version
        });
        if let Some(found) = found {
            return Arc::clone(found);
        }
        drop(known);
        let due = due(&district.rules, calendar, ClockCode::K1, start);
        let deadline = Arc::new(Deadline {
            term: legal_term(ClockCode::K1, &due),
            due,
            rule_version: district.rules.version.clone(),
        });
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED_MAX {
            known.clear();
        }
        known.insert(key, Arc::clone(&deadline));
        deadline
    }
}

/// A deadline of a clock whose length the rule set gives.
pub(crate) fn due(rules: &RuleSet, calendar: &Calendar, clock: ClockCode, start: Date) -> Due {
    let term = rules
        .term(clock)
        .expect("invariant: the clocks of intake have a period");
    xinqiao_kernel::term::due(start, term, calendar)
}

/// A deadline as contracts write it.
pub(crate) fn legal_term(clock: ClockCode, due: &Due) -> LegalTerm {
    let unit = match due.term {
        Term::Days(_) => TermUnit::Day,
        Term::WorkingDays(_) => TermUnit::WorkingDay,
    };
    LegalTerm {
        clock: clock.code().to_owned(),
        start_date: due.start.to_string(),
        length: u32::from(due.term.count()),
        unit: unit.into(),
        calendar_version: due.calendar_version.clone(),
        due_raw: due.raw.to_string(),
        due_eff: due.eff.to_string(),
        due_safe: due.safe.to_string(),
        provisional: due.provisional,
    }
}

/// A deadline as documents write it.
pub(crate) fn on_paper(clock: ClockCode, due: &Due) -> part::Term {
    part::Term {
        clock: clock.code().to_owned(),
        start: due.start.into(),
        due_raw: due.raw.into(),
        due_eff: due.eff.into(),
        due_safe: due.safe.into(),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn k1_of_the_happy_path_ends_on_the_eighteenth() {
        let due = due(
            &RuleSet::national(),
            &Calendar::national(),
            ClockCode::K1,
            date!(2026 - 03 - 03),
        );
        let term = legal_term(ClockCode::K1, &due);
        let dates = (
            term.due_raw.as_str(),
            term.due_eff.as_str(),
            term.due_safe.as_str(),
        );
        assert_eq!(dates, ("2026-03-18", "2026-03-18", "2026-03-18"));
        assert_eq!(
            (term.clock.as_str(), term.length, term.unit()),
            ("K1", 15, TermUnit::Day)
        );
    }

    #[test]
    fn a_letter_before_spring_festival_rolls_past_it() {
        let due = due(
            &RuleSet::national(),
            &Calendar::national(),
            ClockCode::K1,
            date!(2026 - 02 - 03),
        );
        let dates = (due.raw, due.eff, due.safe);
        assert_eq!(
            dates,
            (
                date!(2026 - 02 - 18),
                date!(2026 - 02 - 24),
                date!(2026 - 02 - 14)
            )
        );
    }
}

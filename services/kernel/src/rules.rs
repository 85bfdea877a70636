//! The rule set of a district: lengths of the clocks and parameters, national by default.
//!
//! Provinces differ in nearly every number, so none is written into code that uses it. A district file names what it
//! changes; everything else stays national. A case keeps the version in force when it was registered (OB-01).

mod parameters;

pub use parameters::Parameters;

use crate::clock::{ClockCode, Length, RULES};
use crate::term::Term;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the national rules: the year of the regulation in force, then a running number.
pub const NATIONAL_VERSION: &str = "national-2022.1";

/// The rules of one district.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(from = "RuleFile")]
pub struct RuleSet {
    /// Stored with every case.
    pub version: String,
    clocks: BTreeMap<ClockCode, Length>,
    /// Numbers and switches that are no clock.
    pub parameters: Parameters,
}

/// How a district file writes its rules: what it leaves out is national.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    version: String,
    #[serde(default)]
    clocks: BTreeMap<ClockCode, Length>,
    #[serde(default)]
    parameters: Parameters,
}

impl RuleSet {
    /// The national rules.
    pub fn national() -> Self {
        RuleFile {
            version: NATIONAL_VERSION.to_owned(),
            clocks: BTreeMap::new(),
            parameters: Parameters::default(),
        }
        .into()
    }

    /// The length of a clock.
    pub fn length(&self, code: ClockCode) -> Length {
        self.clocks.get(&code).copied().unwrap_or(code.rule().length)
    }

    /// The period of a clock; none for a clock whose end an act sets, and for one counted in hours.
    pub fn term(&self, code: ClockCode) -> Option<Term> {
        self.length(code).term()
    }

    /// The longest extension of the handling limit, in calendar days (`[R:34]`, DEC-13).
    pub fn longest_extension(&self) -> u16 {
        match self.length(ClockCode::K5) {
            Length::AtMostDays(days) | Length::Term(Term::Days(days) | Term::WorkingDays(days)) => days,
            Length::AtMostMonths(_) | Length::Hours(_) | Length::SetByAct => 30,
        }
    }

    /// The same rules with another length for one clock.
    #[must_use]
    pub fn with_length(mut self, code: ClockCode, length: Length) -> Self {
        self.clocks.insert(code, length);
        self
    }
}

impl From<RuleFile> for RuleSet {
    fn from(file: RuleFile) -> Self {
        let mut clocks: BTreeMap<_, _> = RULES.iter().map(|rule| (rule.code, rule.length)).collect();
        clocks.extend(file.clocks);
        Self {
            version: file.version,
            clocks,
            parameters: file.parameters,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn national_rules_are_the_table_of_clocks() {
        let rules = RuleSet::national();
        for row in &RULES {
            assert_eq!(rules.length(row.code), row.length, "{}", row.code);
        }
        assert_eq!(rules.longest_extension(), 30);
        assert!(rules.parameters.final_on_expiry);
    }

    #[test]
    fn a_district_changes_what_it_names_and_nothing_else() {
        let rules: RuleSet = serde_json::from_str(
            r#"{"version": "zj-2026.1", "clocks": {"K1": "5wd", "K4": "30d", "K5": "<=60d"},
                "parameters": {"final_on_expiry": false}}"#,
        )
        .unwrap();
        assert_eq!(rules.term(ClockCode::K1), Some(Term::WorkingDays(5)));
        assert_eq!(rules.term(ClockCode::K4), Some(Term::Days(30)));
        assert_eq!(rules.longest_extension(), 60);
        assert_eq!(
            rules.term(ClockCode::K6),
            Some(Term::Days(30)),
            "not named, so national"
        );
        assert!(!rules.parameters.final_on_expiry);
        assert_eq!(rules.parameters.representatives_max, 5);
    }

    #[test]
    fn a_misspelt_name_or_length_is_refused() {
        for text in [
            r#"{"version": "1", "clocks": {"K99": "5wd"}}"#,
            r#"{"version": "1", "clocks": {"K1": "5 weeks"}}"#,
            r#"{"version": "1", "parameters": {"representives_max": 6}}"#,
            r#"{"version": "1", "clock": {}}"#,
            r#"{"clocks": {}}"#,
        ] {
            assert!(serde_json::from_str::<RuleSet>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_rule_set_survives_its_serialised_form() {
        let rules = RuleSet::national().with_length(ClockCode::K13, Length::Term(Term::Days(10)));
        let json = serde_json::to_string(&rules).unwrap();
        assert_eq!(serde_json::from_str::<RuleSet>(&json).unwrap(), rules);
    }
}

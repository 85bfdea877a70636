//! T20 延期: the handling limit, longer once `[R:34]`, DEC-13.

use serde::{Deserialize, Serialize};
use xinqiao_kernel::{ClockCode, Fields};

use super::{
    case::Case,
    denied::Denied,
    terms::{Law, LegalTerm},
    transitions::Act,
};

/// An extension as entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// Calendar days.
    pub days: u16,
    /// Why; the petitioner is told it.
    pub reason: String,
}

impl Extension {
    /// Checks length and reason; `longest` is the district's limit in days.
    #[must_use]
    pub fn check(mut self, longest: u16, fields: &mut Fields) -> Self {
        if !(1..=longest).contains(&self.days) {
            fields.wrong(
                "days",
                "OUT_OF_RANGE",
                format!("延长期限为 1 至 {longest} 日"),
                format!("an extension is 1 to {longest} days"),
            );
        }
        self.reason = fields.text("reason", &self.reason, 20..=4000);
        self
    }
}

impl Case {
    /// T20, up to the effective end of K4. K5 counts from the raw date of K4.
    pub fn extend(&mut self, version: u64, days: u16, law: &Law<'_>) -> Result<LegalTerm, Denied> {
        let next = self.gate(version, Act::Extend)?;
        // An issued opinion has stopped K4 for good, even when the leader sent the case back.
        let k4 = self
            .terms
            .get(ClockCode::K4)
            .filter(|_| self.opinion.is_none())
            .ok_or(Denied::NoHandlingLimit)?;
        if self.terms.get(ClockCode::K5).is_some() {
            return Err(Denied::ExtensionUsed);
        }
        if law.today > k4.eff {
            return Err(Denied::ExtensionTooLate { last_day: k4.eff });
        }
        let k5 = law.days(ClockCode::K5, k4.raw, days);
        self.state = next;
        self.due_on = Some(k5.eff);
        self.terms.put(k5.clone());
        Ok(k5)
    }
}

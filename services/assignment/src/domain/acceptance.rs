//! T10 受理: the unit tells the petitioner that, and how, it handles the matter `[R:23(3)]`.

use serde::{Deserialize, Serialize};
use xinqiao_kernel::{ClockCode, Fields};

use super::{
    case::Case,
    denied::Denied,
    terms::{Law, LegalTerm},
    transitions::Act,
};

/// Acceptance notice 受理告知书 as drafted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptanceDraft {
    /// What the petitioner is told.
    pub text: String,
    /// Whom he can ask.
    pub contact: String,
}

impl AcceptanceDraft {
    /// Checks the texts.
    #[must_use]
    pub fn check(mut self, fields: &mut Fields) -> Self {
        self.text = fields.text("text", &self.text, 10..=4000);
        self.contact = fields.text("contact", &self.contact, 2..=200);
        self
    }
}

impl Case {
    /// T10. Starts K4 for route 31-6: on the day of acceptance, or at the end of K2 when the unit let it expire (U3).
    pub fn accept(&mut self, version: u64, law: &Law<'_>) -> Result<Option<LegalTerm>, Denied> {
        let next = self.gate(version, Act::IssueAcceptance)?;
        let k4 = if self.triage()?.sixty_days {
            let k2_end = self.terms.get(ClockCode::K2).map_or(law.today, |k2| k2.eff);
            Some(law.term(ClockCode::K4, law.today.min(k2_end)))
        } else {
            None
        };
        self.state = next;
        self.due_on = k4
            .as_ref()
            .or_else(|| self.terms.get(ClockCode::K5a))
            .map(|term| term.eff);
        if let Some(k4) = &k4 {
            self.terms.put(k4.clone());
        }
        Ok(k4)
    }
}

//! T11–T13 异议: the unit says it is not competent, the office verifies `[R:23(3)]`.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use xinqiao_kernel::{ClockCode, Fields};

use super::{
    case::{Case, Hold},
    denied::Denied,
    terms::{Law, LegalTerm},
    transitions::Act,
    unit::Units,
};

/// An objection as entered 异议书.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    /// Detailed reasons.
    pub reason: String,
    /// Unit thought competent.
    pub suggested_unit: Option<Uuid>,
}

impl Objection {
    /// Checks the texts and the suggested unit.
    #[must_use]
    pub fn check(mut self, units: &Units, fields: &mut Fields) -> Self {
        self.reason = fields.text("reason", &self.reason, 20..=4000);
        fields.require(
            "suggested_unit_id",
            self.suggested_unit.is_none_or(|unit| units.get(unit).is_some()),
            "UNKNOWN_UNIT",
            "没有这个单位",
            "there is no such unit",
        );
        self
    }
}

/// The office's decision as entered 异议答复.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Whether the objection is upheld.
    pub upheld: bool,
    /// Why.
    pub reason: String,
}

impl Decision {
    /// Checks the reason.
    #[must_use]
    pub fn check(mut self, fields: &mut Fields) -> Self {
        self.reason = fields.text("reason", &self.reason, 5..=4000);
        self
    }
}

impl Case {
    /// T11, up to the last day of K3. Starts K22; K2 keeps running. A stopped K3 never starts again, so there is one
    /// objection in a round.
    pub fn object(&mut self, version: u64, law: &Law<'_>) -> Result<LegalTerm, Denied> {
        let next = self.gate(version, Act::RaiseObjection)?;
        if self.objected {
            return Err(Denied::ObjectionUsed);
        }
        if let Some(k3) = self.terms.get(ClockCode::K3)
            && law.today > k3.eff
        {
            return Err(Denied::ObjectionTooLate { last_day: k3.eff });
        }
        let k22 = law.term(ClockCode::K22, law.today);
        self.state = next;
        self.objected = true;
        self.due_on = Some(k22.eff);
        self.terms.put(k22.clone());
        Ok(k22)
    }

    /// T12 or T13. Upheld: the hold goes to the office with K1b, which is returned. Refused: K2 is unchanged.
    pub fn decide_objection(
        &mut self,
        version: u64,
        upheld: bool,
        law: &Law<'_>,
    ) -> Result<Option<LegalTerm>, Denied> {
        let act = if upheld {
            Act::UpholdObjection
        } else {
            Act::RefuseObjection
        };
        self.state = self.gate(version, act)?;
        if upheld {
            let k1b = law.term(ClockCode::K1b, law.today);
            self.hold = Hold::Awaited;
            self.due_on = Some(k1b.eff);
            Ok(Some(k1b))
        } else {
            self.due_on = self.terms.get(ClockCode::K2).map(|k2| k2.eff);
            Ok(None)
        }
    }

    /// K2, which a refused objection does not extend.
    pub fn notice_term(&self) -> Option<&LegalTerm> {
        self.terms.get(ClockCode::K2)
    }
}

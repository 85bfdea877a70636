//! T22–T24 and T35: carrying out what was supported, the closure report 结案报告, and rework.

use serde::{Deserialize, Serialize};
use time::{Date, Duration};
use xinqiao_kernel::{CaseState, ClockCode, Fields, local::iso_date};

use super::{
    case::{Case, Hold, Outcome},
    denied::Denied,
    investigation::{Evidence, check_evidence},
    terms::{Law, LegalTerm},
    transitions::Act,
};

/// Longest plan of an execution.
const PLAN_MAX: Duration = Duration::days(3 * 366);

/// How a supported demand is carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    /// What will be done.
    pub plan: String,
    /// By when (K20).
    #[serde(with = "iso_date")]
    pub plan_due: Date,
    /// Why the opinion cannot be served.
    pub reply_exempt_reason: Option<String>,
}

impl Execution {
    /// Checks plan and date.
    #[must_use]
    pub fn check(mut self, today: Date, fields: &mut Fields) -> Self {
        self.plan = fields.text("plan", &self.plan, 10..=4000);
        if self.plan_due < today {
            fields.wrong(
                "plan_due",
                "IN_PAST",
                "计划完成日期不得早于今天",
                "the plan date must not be before today",
            );
        } else if self.plan_due > today + PLAN_MAX {
            fields.wrong(
                "plan_due",
                "TOO_FAR",
                "计划完成日期不得超过三年",
                "the plan date is at most three years ahead",
            );
        }
        self.reply_exempt_reason = self
            .reply_exempt_reason
            .map(|reason| fields.text("reply_exempt_reason", &reason, 5..=1000));
        self
    }
}

/// How the matter stands at the closure report (§6.4.12), as far as this service reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClosureOutcome {
    /// 已解决.
    Resolved,
    /// 部分解决.
    PartlyResolved,
    /// 已解释.
    Explained,
    /// 不予支持.
    NotSupported,
}

impl ClosureOutcome {
    /// Whether the closure report agrees with the opinion it ends.
    fn follows(self, opinion: Outcome) -> bool {
        match opinion {
            Outcome::Support => matches!(self, Self::Resolved | Self::PartlyResolved),
            Outcome::Explain => self == Self::Explained,
            Outcome::NotSupport => self == Self::NotSupported,
        }
    }
}

/// Closure report 结案报告.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closure {
    /// What was done and how it ended.
    pub summary: String,
    /// Measures taken.
    pub measures: Vec<String>,
    /// Evidence of execution.
    pub execution_evidence: Vec<Evidence>,
    /// Record of the explanation given.
    pub explanation: Option<String>,
    /// Assistance given or arranged.
    pub assistance: Vec<String>,
    /// How the matter stands; none until chosen.
    pub outcome: Option<ClosureOutcome>,
    /// Lessons.
    pub lessons: Option<String>,
    /// Why the reply cannot be served.
    pub reply_exempt_reason: Option<String>,
}

impl Closure {
    /// Checks the report against the opinion it ends.
    #[must_use]
    pub fn check(mut self, opinion: Outcome, fields: &mut Fields) -> Self {
        let supported = opinion == Outcome::Support;
        self.summary = fields.text("summary", &self.summary, 20..=8000);
        self.measures = fields.texts("measures", &self.measures, 1..=50, 2000);
        check_evidence(
            "execution_evidence",
            &mut self.execution_evidence,
            usize::from(supported),
            fields,
        );
        let explanation = self.explanation.take().unwrap_or_default();
        let least = if supported { 0 } else { 10 };
        self.explanation =
            Some(fields.text("explanation", &explanation, least..=4000)).filter(|text| !text.is_empty());
        self.assistance = fields.texts("assistance", &self.assistance, 0..=50, 1000);
        if let Some(outcome) = fields.chosen("outcome", self.outcome) {
            fields.require(
                "outcome",
                outcome.follows(opinion),
                "DISAGREES",
                "结案结果与处理意见不一致",
                "the outcome does not agree with the opinion",
            );
        }
        self.lessons = self
            .lessons
            .map(|lessons| fields.text("lessons", &lessons, 1..=4000));
        self.reply_exempt_reason = self
            .reply_exempt_reason
            .map(|reason| fields.text("reply_exempt_reason", &reason, 5..=1000));
        self
    }
}

impl Case {
    /// T22. Only what was supported is carried out, and the petitioner hears of it first.
    pub fn start_execution(
        &mut self,
        version: u64,
        execution: &Execution,
        law: &Law<'_>,
    ) -> Result<LegalTerm, Denied> {
        let next = self.gate(version, Act::StartExecution)?;
        if !self.supported() {
            return Err(Denied::NotSupportedOutcome);
        }
        self.reply_or_exempt(execution.reply_exempt_reason.is_some())?;
        let k20 = law.until(ClockCode::K20, law.today, execution.plan_due);
        self.state = next;
        self.due_on = Some(k20.eff);
        self.terms.put(k20.clone());
        Ok(k20)
    }

    /// The outcome a closure report has to agree with, once its line and its guards are clear (T23, T24).
    pub fn may_close(&self, version: u64, exempt: bool) -> Result<Outcome, Denied> {
        self.gate(version, self.closing_act())?;
        let opinion = self.opinion.ok_or(Denied::OpinionNotServed)?;
        if opinion.outcome == Outcome::Support && self.state == CaseState::OpinionIssued {
            return Err(Denied::ExecutionNeeded);
        }
        if opinion.replied() || exempt {
            Ok(opinion.outcome)
        } else {
            Err(Denied::OpinionNotServed)
        }
    }

    /// T23 or T24. The hold passes to supervision; starts K21, which is returned.
    pub fn close(&mut self, version: u64, exempt: bool, law: &Law<'_>) -> Result<LegalTerm, Denied> {
        self.may_close(version, exempt)?;
        self.reply_or_exempt(exempt)?;
        self.state = self.gate(version, self.closing_act())?;
        self.hold = Hold::Passed;
        self.due_on = None;
        let k21 = law.term(ClockCode::K21, law.today);
        self.terms.put(k21.clone());
        Ok(k21)
    }

    /// T35. Investigated again, or executed again when the opinion supports.
    pub fn start_rework(&mut self, version: u64, investigate_again: bool) -> Result<(), Denied> {
        let act = if investigate_again {
            Act::ReworkInvestigation
        } else {
            Act::ReworkExecution
        };
        let next = self.gate(version, act)?;
        if !investigate_again && !self.supported() {
            return Err(Denied::NotSupportedOutcome);
        }
        self.state = next;
        Ok(())
    }

    fn closing_act(&self) -> Act {
        if self.state == CaseState::Executing {
            Act::CloseExecuted
        } else {
            Act::CloseExplained
        }
    }

    fn reply_or_exempt(&mut self, exempt: bool) -> Result<(), Denied> {
        match &mut self.opinion {
            Some(opinion) if opinion.replied() => Ok(()),
            Some(opinion) if exempt => {
                opinion.exempt = true;
                Ok(())
            }
            _ => Err(Denied::OpinionNotServed),
        }
    }
}

//! T19 and T19s 处理意见书: the written opinion `[R:31(6), R:32]` and its service.

use serde::{Deserialize, Serialize};
use time::Date;
use xinqiao_kernel::{ClockCode, Fields};

use super::{
    case::{Case, OpinionFact, Outcome},
    denied::Denied,
    investigation::{LegalBasis, check_basis},
    terms::{Law, LegalTerm},
    transitions::Act,
};

/// What is decided on one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestOutcome {
    /// Number of the request, 1 first.
    pub request_no: u32,
    /// The outcome; none until one is chosen.
    pub outcome: Option<Outcome>,
    /// Why.
    pub reasons: String,
    /// Clauses.
    pub legal_basis: Vec<LegalBasis>,
}

/// The opinion as drafted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpinionDraft {
    /// Facts and reasons.
    pub facts: String,
    /// One outcome for each request.
    pub outcomes: Vec<RequestOutcome>,
    /// How a supported demand is carried out.
    pub execution_plan: Option<String>,
}

impl OpinionDraft {
    /// Checks the draft against the number of requests of the petition.
    #[must_use]
    pub fn check(mut self, request_count: u32, fields: &mut Fields) -> Self {
        self.facts = fields.text("facts", &self.facts, 20..=8000);
        let numbers: Vec<_> = self.outcomes.iter().map(|outcome| outcome.request_no).collect();
        for missing in (1..=request_count).filter(|number| !numbers.contains(number)) {
            fields.wrong(
                "outcomes",
                "REQUEST_MISSING",
                format!("第 {missing} 项诉求没有处理意见"),
                format!("request {missing} has no outcome"),
            );
        }
        for (index, outcome) in self.outcomes.iter_mut().enumerate() {
            let field = format!("outcomes[{index}]");
            if outcome.request_no == 0 || outcome.request_no > request_count {
                fields.about(
                    &format!("{field}.request_no"),
                    "UNKNOWN_REQUEST",
                    "不存在",
                    "does not exist",
                );
            } else if numbers[..index].contains(&outcome.request_no) {
                fields.about(
                    &format!("{field}.request_no"),
                    "DUPLICATE",
                    "重复",
                    "is decided twice",
                );
            }
            fields.chosen(&format!("{field}.outcome"), outcome.outcome);
            outcome.reasons = fields.text(&format!("{field}.reasons"), &outcome.reasons, 10..=4000);
            check_basis(&format!("{field}.legal_basis"), &mut outcome.legal_basis, fields);
        }
        if self.overall() == Outcome::Support {
            let plan = self.execution_plan.take().unwrap_or_default();
            self.execution_plan = Some(fields.text("execution_plan", &plan, 10..=4000));
        }
        self
    }

    /// Overall outcome: support when any request is supported, else explain when any is explained.
    pub fn overall(&self) -> Outcome {
        let any = |wanted| {
            self.outcomes
                .iter()
                .any(|outcome| outcome.outcome == Some(wanted))
        };
        if any(Outcome::Support) {
            Outcome::Support
        } else if any(Outcome::Explain) {
            Outcome::Explain
        } else {
            Outcome::NotSupport
        }
    }
}

impl Case {
    /// T19. Stops K4 or K5 and starts K19, which is returned.
    pub fn issue_opinion(
        &mut self,
        version: u64,
        approver: &str,
        outcome: Outcome,
        law: &Law<'_>,
    ) -> Result<LegalTerm, Denied> {
        let next = self.gate(version, Act::IssueOpinion)?;
        if self
            .investigators
            .iter()
            .any(|investigator| investigator.person_id == approver)
        {
            return Err(Denied::SeparationOfDuties);
        }
        self.leader_has_had_his_say(law)?;
        let k19 = law.term(ClockCode::K19, law.today);
        self.state = next;
        self.opinion = Some(OpinionFact {
            outcome,
            issued_on: law.today,
            served_on: None,
            exempt: false,
        });
        self.due_on = Some(k19.eff);
        self.terms.put(k19.clone());
        Ok(k19)
    }

    /// T19s. Starts K6 on the day of service, for opinions that can be reviewed `[R:35]`.
    pub fn serve_opinion(
        &mut self,
        version: u64,
        served_on: Date,
        law: &Law<'_>,
    ) -> Result<Option<LegalTerm>, Denied> {
        let next = self.gate(version, Act::ServeOpinion)?;
        let sixty_days = self.triage()?.sixty_days;
        let Some(opinion) = &mut self.opinion else {
            return Err(Denied::OpinionNotServed);
        };
        if opinion.served_on.is_some() {
            return Err(Denied::AlreadyServed);
        }
        opinion.served_on = Some(served_on);
        self.state = next;
        self.due_on = self.terms.get(ClockCode::K5a).map(|term| term.eff);
        let k6 = sixty_days.then(|| law.term(ClockCode::K6, served_on));
        if let Some(k6) = &k6 {
            self.terms.put(k6.clone());
        }
        Ok(k6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(request_no: u32, outcome: Outcome) -> RequestOutcome {
        RequestOutcome {
            request_no,
            outcome: Some(outcome),
            reasons: "经调查核实，反映情况属实。".to_owned(),
            legal_basis: vec![LegalBasis {
                title: "信访工作条例".to_owned(),
                article: "第三十二条".to_owned(),
                text: "应当予以支持".to_owned(),
            }],
        }
    }

    fn draft(outcomes: Vec<RequestOutcome>, execution_plan: Option<&str>) -> OpinionDraft {
        OpinionDraft {
            facts: "经查，该房屋外墙渗水情况属实，施工单位应负维修责任。".to_owned(),
            outcomes,
            execution_plan: execution_plan.map(str::to_owned),
        }
    }

    fn wrong(draft: OpinionDraft, requests: u32) -> Vec<String> {
        let mut fields = Fields::new();
        let _ = draft.check(requests, &mut fields);
        fields
            .violations()
            .iter()
            .map(|wrong| format!("{} {}", wrong.field, wrong.reason))
            .collect()
    }

    #[test]
    fn every_request_is_decided_once() {
        let twice = draft(
            vec![outcome(1, Outcome::Explain), outcome(1, Outcome::Explain)],
            None,
        );
        assert_eq!(
            wrong(twice, 2),
            ["outcomes REQUEST_MISSING", "outcomes[1].request_no DUPLICATE"]
        );
        let unknown = draft(
            vec![outcome(1, Outcome::Explain), outcome(2, Outcome::Explain)],
            None,
        );
        assert_eq!(wrong(unknown, 1), ["outcomes[1].request_no UNKNOWN_REQUEST"]);
    }

    #[test]
    fn a_supported_request_needs_a_plan() {
        assert_eq!(
            wrong(draft(vec![outcome(1, Outcome::Support)], None), 1),
            ["execution_plan REQUIRED"]
        );
        assert!(
            wrong(
                draft(vec![outcome(1, Outcome::Support)], Some("六月底前完成外墙维修")),
                1
            )
            .is_empty()
        );
    }

    #[test]
    fn one_supported_request_makes_the_opinion_support() {
        let mixed = draft(
            vec![outcome(1, Outcome::NotSupport), outcome(2, Outcome::Support)],
            None,
        );
        assert_eq!(mixed.overall(), Outcome::Support);
        assert_eq!(
            draft(vec![outcome(1, Outcome::NotSupport)], None).overall(),
            Outcome::NotSupport
        );
    }
}

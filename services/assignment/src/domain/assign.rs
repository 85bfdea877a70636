//! T08 交办: to whom a released case goes, and by when he has to report back.

use serde::{Deserialize, Serialize};
use time::{Date, Duration};
use uuid::Uuid;
use xinqiao_kernel::{ClockCode, Fields, local::iso_date};

use super::{
    case::{Case, Purpose, Triage},
    denied::Denied,
    leader::Leader,
    terms::{Law, LegalTerm},
    transitions::Act,
    unit::{RecusalCheck, Units, recusal_check},
};

/// Longest feedback term an office sets.
const FEEDBACK_MAX: Duration = Duration::days(366);

/// The instruction of the receiving leader, told by `reception.finalised`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// Who received.
    pub leader: Uuid,
    /// Lead unit he named.
    pub lead_unit: Option<Uuid>,
}

/// Who decided on the lead unit (§6.4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LeadSource {
    /// The office.
    Office,
    /// The receiving leader.
    Leader,
}

/// What was entered on an assignment 交办单.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// Lead unit.
    pub lead_unit: Uuid,
    /// Assisting units.
    pub assist_units: Vec<Uuid>,
    /// What the unit is to do.
    pub requirements: String,
    /// Feedback date (K5a).
    #[serde(with = "iso_date")]
    pub feedback_due: Date,
    /// Leader named for a case that none received.
    pub responsible_leader: Option<Uuid>,
    /// Why the leader without a match.
    pub portfolio_reason: Option<String>,
    /// Why another lead unit than instructed.
    pub lead_unit_reason: Option<String>,
    /// Staff who may not investigate.
    pub excluded_person_ids: Vec<String>,
}

/// What an assignment fixed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned {
    /// K2, K3 and K5a.
    pub terms: Vec<LegalTerm>,
    /// Who decided on the lead unit.
    pub lead_source: LeadSource,
    /// Result of the test of DEC-14 on the lead unit.
    pub recusal: RecusalCheck,
}

/// What the district knows that an assignment is checked against.
#[derive(Debug, Clone, Copy)]
pub struct Masters<'a> {
    /// Units of the district.
    pub units: &'a Units,
    /// The responsible leader, as far as known here.
    pub leader: Option<&'a Leader>,
    /// The receiving leader's instruction.
    pub instruction: Option<&'a Instruction>,
}

impl Assignment {
    /// Checks the texts and the date.
    #[must_use]
    pub fn check(mut self, today: Date, fields: &mut Fields) -> Self {
        self.requirements = fields.text("requirements", &self.requirements, 5..=4000);
        if self.feedback_due <= today {
            fields.wrong(
                "feedback_due",
                "NOT_IN_FUTURE",
                "办理期限须晚于今天",
                "the feedback date must be after today",
            );
        } else if self.feedback_due > today + FEEDBACK_MAX {
            fields.wrong(
                "feedback_due",
                "TOO_FAR",
                "办理期限不得超过一年",
                "the feedback date is at most a year ahead",
            );
        }
        self.portfolio_reason = self
            .portfolio_reason
            .map(|reason| fields.text("portfolio_reason", &reason, 5..=1000));
        self.lead_unit_reason = self
            .lead_unit_reason
            .map(|reason| fields.text("lead_unit_reason", &reason, 5..=1000));
        self.excluded_person_ids =
            fields.texts("excluded_person_ids", &self.excluded_person_ids, 0..=20, 100);
        self
    }
}

impl Case {
    /// T08. Assigns the case; `today` is the day of delivery.
    pub fn assign(
        &mut self,
        version: u64,
        entered: &Assignment,
        masters: Masters<'_>,
        law: &Law<'_>,
    ) -> Result<Assigned, Denied> {
        let next = self.gate(version, Act::Assign)?;
        let triage = self.triage()?;
        if self.leader_received && masters.instruction.is_none() {
            return Err(Denied::NotYetHere);
        }
        let mut fields = Fields::new();
        masters
            .units
            .check_assignees(Some(entered.lead_unit), &entered.assist_units, &mut fields);
        self.check_leader(entered, masters, triage, &mut fields);
        let lead_source = check_lead_unit(entered, masters.instruction, &mut fields);
        fields.finish()?;
        let recusal = self.check_recusal(entered, masters.units, triage)?;

        let terms = vec![
            law.term(ClockCode::K2, law.today),
            law.term(ClockCode::K3, law.today),
            law.until(ClockCode::K5a, law.today, entered.feedback_due),
        ];
        self.responsible_leader = self.responsible_leader.or(entered.responsible_leader);
        self.state = next;
        self.round += 1;
        self.lead_unit = Some(entered.lead_unit);
        self.assist_units.clone_from(&entered.assist_units);
        self.objected = false;
        self.investigators.clear();
        self.report = None;
        self.opinion = None;
        self.terms.clear();
        for term in &terms {
            self.terms.put(term.clone());
        }
        self.due_on = Some(terms[0].eff);
        Ok(Assigned {
            terms,
            lead_source,
            recusal,
        })
    }

    /// DEC-07 binds the receiving leader; another case may be given one by portfolio or township, or by reason.
    fn check_leader(&self, entered: &Assignment, masters: Masters<'_>, triage: &Triage, fields: &mut Fields) {
        if let (Some(bound), Some(asked)) = (self.responsible_leader, entered.responsible_leader)
            && bound != asked
        {
            fields.wrong(
                "responsible_leader_id",
                "LEADER_BOUND",
                "谁接访、谁负责：责任领导为接访领导，此处不得更换",
                "the receiving leader is responsible; he is not changed here",
            );
            return;
        }
        if self.responsible_leader.or(entered.responsible_leader).is_none() {
            return;
        }
        match masters.leader {
            None if self.responsible_leader.is_none() => {
                fields.wrong(
                    "responsible_leader_id",
                    "UNKNOWN_LEADER",
                    "没有这位领导",
                    "there is no such leader",
                );
            }
            Some(leader) if !leader.active && self.responsible_leader.is_none() => {
                fields.wrong(
                    "responsible_leader_id",
                    "INACTIVE",
                    "该领导已不在任",
                    "the leader is no longer in office",
                );
            }
            leader => {
                fields.require(
                    "portfolio_reason",
                    leader.is_some_and(|leader| leader.matches(triage)) || entered.portfolio_reason.is_some(),
                    "REQUIRED",
                    "责任领导的分管领域和联系乡镇街与本事项不符，请说明理由",
                    "neither portfolio nor township of the leader matches; give a reason",
                );
            }
        }
    }

    fn check_recusal(
        &self,
        entered: &Assignment,
        units: &Units,
        triage: &Triage,
    ) -> Result<RecusalCheck, Denied> {
        let check = |unit| {
            recusal_check(
                units,
                self.purpose,
                &triage.complained_units,
                unit,
                &self.approved_units,
            )
        };
        for unit in &entered.assist_units {
            check(*unit)?;
        }
        check(entered.lead_unit)
    }

    /// Before an assignment a case that no leader received is open to the leaders whom portfolio or township concerns;
    /// any other case to its responsible leader only.
    pub fn concerns_leader(&self, leader: &Leader) -> bool {
        match self.responsible_leader {
            Some(bound) => bound == leader.id,
            None => self.triage.as_ref().is_some_and(|triage| leader.matches(triage)),
        }
    }

    /// DEC-14: a leader approves a unit that the petition complains about; never for an accusation.
    pub fn approve_unit(&mut self, version: u64, unit: Uuid, units: &Units) -> Result<(), Denied> {
        self.gate(version, Act::ApproveUnit)?;
        let mut fields = Fields::new();
        units.check_assignee(&mut fields, "unit_id", unit);
        fields.finish()?;
        let triage = self.triage()?;
        if !units.is_or_is_under(unit, &triage.complained_units) {
            return Err(Denied::ApprovalNotNeeded);
        }
        if self.purpose == Purpose::Accusation {
            return Err(Denied::AccusedUnit);
        }
        if !self.approved_units.contains(&unit) {
            self.approved_units.push(unit);
        }
        Ok(())
    }
}

/// The lead unit of a leader-received case is the one he named, or the office says why not.
fn check_lead_unit(
    entered: &Assignment,
    instruction: Option<&Instruction>,
    fields: &mut Fields,
) -> LeadSource {
    match instruction.and_then(|instruction| instruction.lead_unit) {
        Some(named) if named == entered.lead_unit => LeadSource::Leader,
        Some(_) => {
            fields.require(
                "lead_unit_reason",
                entered.lead_unit_reason.is_some(),
                "REQUIRED",
                "牵头单位与接访领导批办意见不一致，请说明理由",
                "the lead unit differs from the leader's instruction; give a reason",
            );
            LeadSource::Office
        }
        None => LeadSource::Office,
    }
}

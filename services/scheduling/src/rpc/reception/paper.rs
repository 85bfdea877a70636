//! The papers of a reception: its record (D27) and the leader's instruction (D29).

use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_documents::forms::reception as forms;
use xinqiao_documents::part::{Official, Unit};
use xinqiao_kernel::CaseNumber;

use super::Texts;
use crate::domain::reception::{Branch, Part};
use crate::store::leaders::Leader;
use crate::store::receptions::Reception;

/// What the instruction says where the matter was settled while the leader received.
const SETTLED: &str = "当场解决，不另作批办。";

/// What the papers are written from.
pub(super) struct Facts<'a> {
    pub(super) reception: &'a Reception,
    pub(super) case_no: CaseNumber,
    pub(super) texts: &'a Texts,
    pub(super) leader: &'a Leader,
    pub(super) units: &'a [(Uuid, String)],
}

impl Facts<'_> {
    fn leader(&self) -> Official {
        Official {
            id: self.leader.id.to_string(),
            name: self.leader.name.clone(),
            post: Some(self.leader.post.clone()),
        }
    }

    fn unit(&self, id: Uuid) -> Unit {
        let name = self
            .units
            .iter()
            .find(|(unit, _)| *unit == id)
            .map(|(_, name)| name.clone());
        Unit {
            id: id.to_string(),
            name: name.unwrap_or_default(),
        }
    }

    fn lead_unit(&self) -> Option<Unit> {
        self.reception.lead_unit_id.map(|id| self.unit(id))
    }

    fn assist_units(&self) -> Vec<Unit> {
        self.reception
            .assist_unit_ids
            .iter()
            .map(|id| self.unit(*id))
            .collect()
    }
}

/// 领导接访记录 (D27, item 05).
pub(super) fn record(facts: &Facts<'_>, finalised_at: OffsetDateTime) -> forms::ReceptionRecord {
    let Facts { reception, texts, .. } = facts;
    forms::ReceptionRecord {
        reception_no: reception.reception_no.clone(),
        case_no: facts.case_no,
        leader: facts.leader(),
        staff: reception.staff.clone(),
        started_at: reception.started_at.into(),
        ended_at: reception.ended_at.into(),
        place: texts.place.clone(),
        attendees: texts
            .attendees
            .iter()
            .map(|present| forms::Attendee {
                name: present.name.clone(),
                part: part(present.part()),
            })
            .collect(),
        demands_own_words: texts.demands_own_words.clone(),
        readback_ok: true,
        integrations: forms::Integrations {
            solution: texts.solution.clone(),
            prevention: texts.prevention.clone(),
            measures: texts.measures.clone(),
            difficulty: texts.difficulty.clone(),
            policy_ideas: texts.policy_ideas.clone(),
            explanation: texts.explanation.clone(),
            legal_basis: texts.legal_basis.clone(),
            lead_unit: facts.lead_unit(),
            assist_units: facts.assist_units(),
        },
        branch: branch(reception.branch),
        finalised_at: finalised_at.into(),
    }
}

/// 领导批办意见单 (D29, item 06).
pub(super) fn instruction(facts: &Facts<'_>) -> forms::Instruction {
    let given = facts.texts.instruction.as_str();
    forms::Instruction {
        case_no: facts.case_no,
        reception_no: Some(facts.reception.reception_no.clone()),
        leader: facts.leader(),
        instruction: if given.trim().is_empty() {
            SETTLED.to_owned()
        } else {
            given.to_owned()
        },
        lead_unit: facts.lead_unit(),
        assist_units: facts.assist_units(),
        due_hint: facts.reception.due_hint.map(Into::into),
        instructed_at: facts.reception.ended_at.into(),
    }
}

fn part(part: Part) -> forms::AttendeePart {
    match part {
        Part::Petitioner => forms::AttendeePart::Petitioner,
        Part::Representative => forms::AttendeePart::Representative,
        Part::Companion => forms::AttendeePart::Companion,
    }
}

fn branch(branch: Branch) -> forms::Branch {
    match branch {
        Branch::Reasonable => forms::Branch::Reasonable,
        Branch::PartlyNoBasis => forms::Branch::PartlyNoBasis,
        Branch::NotReasonable => forms::Branch::NotReasonable,
        Branch::OnsiteSettled => forms::Branch::OnsiteSettled,
        Branch::OtherRoute => forms::Branch::OtherRoute,
    }
}

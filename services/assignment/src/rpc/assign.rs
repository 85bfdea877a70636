//! T08: the office assigns a case; a leader approves a unit complained about.

use time::{Date, Duration};
use uuid::Uuid;
use xinqiao_chassis::{
    concern::{self, Said, Source},
    desk::Act,
    refusal::{Fields, Refusal},
};
use xinqiao_proto::assignment::{
    ApproveAccusedUnitRequest, ApproveAccusedUnitResponse, AssignCaseRequest, AssignCaseResponse,
};

use super::{decode::optional, forms, opened};
use crate::{
    domain::{
        assign::{Assignment, Masters},
        case::Case,
        denied::Denied,
        leader::Leader,
        paper::{PaperKind, UnitApproval},
        transitions,
    },
    events::outgoing,
    store::{masters, papers, units},
};

/// T08 交办.
pub(super) async fn assign_case(
    act: &mut Act,
    request: AssignCaseRequest,
) -> Result<AssignCaseResponse, Refusal> {
    let version = request.version;
    let mut case = opened::for_act(act, &request.case_id, version, transitions::Act::Assign).await?;
    let entered = read(request, act.today())?;

    let district = act.district();
    let units = units::all(act.conn(), district).await?;
    let instruction = masters::instruction(act.conn(), district, case.id).await?;
    let leader = responsible_leader(act, &case, &entered).await?;
    let masters = Masters {
        units: &units,
        leader: leader.as_ref(),
        instruction: instruction.as_ref(),
    };
    let assigned = case.assign(version, &entered, masters, &opened::law(act))?;

    papers::append(act, case.id, PaperKind::Assignment, &entered).await?;
    let excluded = Said {
        marks: concern::marks(act, case.id, &entered.excluded_person_ids),
        units: Vec::new(),
    };
    concern::put(act, case.id, Source::Order, &excluded).await?;
    opened::authorise_again(act, &case).await?;
    outgoing::assigned(act, &case, &entered, excluded.marks, &assigned.terms);
    let document = forms::assignment_order(act, &case, &units, leader.as_ref(), (&entered, &assigned));
    let result = opened::close(act, case, &assigned.terms, vec![document]).await?;
    Ok(AssignCaseResponse { result })
}

fn read(request: AssignCaseRequest, today: Date) -> Result<Assignment, Refusal> {
    let mut fields = Fields::new();
    let lead_unit = fields.uuid("lead_unit_id", &request.lead_unit_id);
    let assist_units: Vec<_> = request
        .assist_unit_ids
        .iter()
        .enumerate()
        .filter_map(|(index, unit)| fields.uuid(&format!("assist_unit_ids[{index}]"), unit))
        .collect();
    let responsible_leader = fields.optional_uuid("responsible_leader_id", &request.responsible_leader_id);
    let feedback_due = fields.date("feedback_due", &request.feedback_due);
    let entered = Assignment {
        lead_unit: lead_unit.unwrap_or_default(),
        assist_units,
        requirements: request.requirements,
        // A date that cannot be read is already named; tomorrow adds nothing to that.
        feedback_due: feedback_due.unwrap_or(today + Duration::DAY),
        responsible_leader,
        portfolio_reason: optional(request.portfolio_reason),
        lead_unit_reason: optional(request.lead_unit_reason),
        excluded_person_ids: request.excluded_person_ids,
    };
    let entered = entered.check(today, &mut fields);
    fields.finish()?;
    Ok(entered)
}

async fn responsible_leader(
    act: &mut Act,
    case: &Case,
    entered: &Assignment,
) -> Result<Option<Leader>, Refusal> {
    let Some(leader) = case.responsible_leader.or(entered.responsible_leader) else {
        return Ok(None);
    };
    let district = act.district();
    Ok(masters::leader(act.conn(), district, leader).await?)
}

/// DEC-14: the leader approves with his reason.
pub(super) async fn approve_accused_unit(
    act: &mut Act,
    request: ApproveAccusedUnitRequest,
) -> Result<ApproveAccusedUnitResponse, Refusal> {
    let mut case = opened::locked(act, &request.case_id).await?;
    let district = act.district();
    let leader = match act.caller().leader_id {
        Some(leader) => masters::leader(act.conn(), district, leader).await?,
        None => None,
    };
    let leader = leader.ok_or(Denied::NotFound)?;
    let whose = case.concerns_leader(&leader).then_some(leader.id);
    opened::authorise(act, &case, whose).await?;
    let mut fields = Fields::new();
    let unit: Option<Uuid> = fields.uuid("unit_id", &request.unit_id);
    let reason = fields.text("reason", &request.reason, 10..=4000);
    fields.finish()?;

    let unit = unit.unwrap_or_default();
    let units = units::all(act.conn(), district).await?;
    case.approve_unit(request.version, unit, &units)?;
    let approval = UnitApproval {
        unit,
        leader: leader.id,
        reason,
    };
    papers::append(act, case.id, PaperKind::UnitApproval, &approval).await?;
    let result = opened::close(act, case, &[], Vec::new()).await?;
    Ok(ApproveAccusedUnitResponse { result })
}

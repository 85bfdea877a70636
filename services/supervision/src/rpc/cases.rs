//! A case as supervision sees it.

use xinqiao_chassis::{desk::Act, permission::Right, refusal::Refusal};
use xinqiao_proto::{
    event,
    supervision::{GetCaseSupervisionRequest, GetCaseSupervisionResponse, RecordedOpinion},
};

use super::{access, closure::checklist, visible};
use crate::{
    domain::opinion::Outcome,
    events::wire,
    store::{self, clocks::Ledger, opinions::Opinion},
};

/// Shows of a case what the caller may see (§5.2); who records or signs sees what he has recorded or signed.
pub(super) async fn get_case_supervision(
    act: &mut Act,
    query: GetCaseSupervisionRequest,
) -> Result<GetCaseSupervisionResponse, Refusal> {
    let case = visible(act, &query.case_id).await?;
    act.opened(case.id).await?;
    let district = act.district();
    let papers = store::documents::forms(act.conn(), district, case.id).await?;
    let resource = access::resource(act, &case).await?;
    let permits = |one, other| act.permits(one, &resource) || act.permits(other, &resource);
    let hears = permits(Right::ReadPetitionerOpinion, Right::RecordPetitionerOpinion);
    let signs = permits(Right::ReadSignature, Right::SignReview);
    let inspects = permits(Right::ReadInspection, Right::RecordInspection);
    let opinions = if hears {
        store::opinions::of_round(act.conn(), district, case.id, case.round()).await?
    } else {
        Vec::new()
    };
    let inspections = if inspects {
        store::reviews::count_inspections(act.conn(), district, case.id).await?
    } else {
        0
    };
    let clocks = store::clocks::of_case(act.conn(), district, case.id, Ledger::Leave).await?;
    Ok(GetCaseSupervisionResponse {
        case_id: case.id.to_string(),
        case_no: case.number.to_string(),
        state: case.state.code().to_owned(),
        holder: case.holder.service().to_owned(),
        version: case.version,
        remedy: wire::remedy(case.remedy).into(),
        remedy_effective_on: case
            .remedy_effective_on
            .map(|day| day.to_string())
            .unwrap_or_default(),
        leader_received: case.leader_received,
        responsible_leader_id: case
            .responsible_leader_id
            .map(|id| id.to_string())
            .unwrap_or_default(),
        outcome: wire::outcome(case.outcome.as_deref()).into(),
        checklist: checklist(&case, &papers),
        opinions: opinions.iter().map(recorded).collect(),
        representatives: case.representatives,
        inspections,
        signed_at: case.signed_at.filter(|_| signs).map(wire::timestamp),
        running_clocks: u32::try_from(clocks.running().count()).unwrap_or(u32::MAX),
        returns: case.returns,
    })
}

fn recorded(opinion: &Opinion) -> RecordedOpinion {
    let result = match opinion.outcome {
        Outcome::Signed(_) => event::OpinionResult::Signed,
        Outcome::Refused => event::OpinionResult::Refused,
        Outcome::Unreachable => event::OpinionResult::Unreachable,
    };
    RecordedOpinion {
        representative: opinion.representative,
        result: result.into(),
        attitude: wire::attitude(opinion.outcome.attitude()).into(),
        agree_closed: opinion.agree_closed,
        recorded_at: Some(wire::timestamp(opinion.recorded_at)),
    }
}

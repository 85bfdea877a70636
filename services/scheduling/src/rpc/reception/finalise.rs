//! The record is sorted and classified 整理归类: its papers are filed and the leader is bound.

use xinqiao_chassis::desk::Act;
use xinqiao_chassis::journal::Entity;
use xinqiao_chassis::refusal::Refusal;
use xinqiao_kernel::CaseNumber;
use xinqiao_proto::event::ReceptionFinalised;
use xinqiao_proto::scheduling as wire_v1;

use super::paper::{self, Facts};
use super::{find, open_texts};
use crate::domain::reception::{self, State};
use crate::rpc::error::{Error, What};
use crate::rpc::wire;
use crate::store;
use crate::store::receptions::Reception;

pub(super) async fn finalise(
    act: &mut Act,
    query: wire_v1::FinaliseReceptionRequest,
) -> Result<wire_v1::FinaliseReceptionResponse, Refusal> {
    let (seen, case) = find(act, &query.reception_id).await?;
    wire::same_version(query.version, seen.version)?;
    if seen.state != State::Open {
        return Err(Error::RecordFinalised.into());
    }
    if !store::receptions::finalise(act, &seen).await? {
        return Err(Refusal::stale_version());
    }
    let case_no: CaseNumber = case.case_no.parse().map_err(|error| Refusal::internal(&error))?;
    let entity = Entity::case(case.id, case_no);
    let texts = open_texts(act, &seen)?;
    let leader = store::leaders::find(act, seen.leader_id)
        .await?
        .ok_or(Error::NotFound(What::Leader))?;
    let named: Vec<_> = seen
        .lead_unit_id
        .iter()
        .chain(&seen.assist_unit_ids)
        .copied()
        .collect();
    let units = store::known::unit_names(act, &named).await?;
    let facts = Facts {
        reception: &seen,
        case_no,
        texts: &texts,
        leader: &leader,
        units: &units,
    };
    let documents = vec![
        act.file(entity, &paper::record(&facts, act.now())),
        act.file(entity, &paper::instruction(&facts)),
    ];
    act.publish("reception.finalised", entity, &finalised(&seen));
    Ok(wire_v1::FinaliseReceptionResponse {
        reception_id: seen.id.to_string(),
        reception_no: seen.reception_no.clone(),
        state: super::state(State::Finalised).into(),
        version: seen.version.unsigned_abs() + 1,
        finalised_at: Some(wire::timestamp(act.now())),
        within_k0: reception::within_k0(act.now(), seen.k0.eff),
        responsible_leader_id: seen.leader_id.to_string(),
        documents,
    })
}

fn finalised(reception: &Reception) -> ReceptionFinalised {
    ReceptionFinalised {
        reception_id: reception.id.to_string(),
        reception_no: reception.reception_no.clone(),
        reception_day_id: reception.reception_day_id.to_string(),
        leader_id: reception.leader_id.to_string(),
        branch: wire::branch(reception.branch).into(),
        lead_unit_id: wire::text_or_empty(reception.lead_unit_id),
        assist_unit_ids: wire::texts(&reception.assist_unit_ids),
        due_hint: reception.due_hint.map(|due| due.to_string()).unwrap_or_default(),
    }
}

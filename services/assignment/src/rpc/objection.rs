//! T11–T13: the unit objects, the office decides.

use xinqiao_chassis::{
    desk::Act,
    refusal::{Fields, Refusal},
};
use xinqiao_proto::assignment::{
    DecideObjectionRequest, DecideObjectionResponse, ObjectionDecision, RaiseObjectionRequest,
    RaiseObjectionResponse,
};

use super::{forms, opened};
use crate::{
    domain::{
        objection::{Decision, Objection},
        paper::PaperKind,
        transitions,
    },
    events::outgoing,
    store::{papers, units},
};

/// T11 异议.
pub(super) async fn raise_objection(
    act: &mut Act,
    request: RaiseObjectionRequest,
) -> Result<RaiseObjectionResponse, Refusal> {
    let version = request.version;
    let mut case = opened::for_act(act, &request.case_id, version, transitions::Act::RaiseObjection).await?;
    let district = act.district();
    let units = units::all(act.conn(), district).await?;
    let mut fields = Fields::new();
    let suggested_unit = fields.optional_uuid("suggested_unit_id", &request.suggested_unit_id);
    let entered = Objection {
        reason: request.reason,
        suggested_unit,
    }
    .check(&units, &mut fields);
    fields.finish()?;

    let k22 = case.object(version, &opened::law(act))?;
    papers::append(act, case.id, PaperKind::Objection, &entered).await?;
    outgoing::objected(act, &case, &k22);
    let document = forms::objection(act, &case, &units, &entered);
    let result = opened::close(act, case, &[k22], vec![document]).await?;
    Ok(RaiseObjectionResponse { result })
}

/// T12 or T13.
pub(super) async fn decide_objection(
    act: &mut Act,
    request: DecideObjectionRequest,
) -> Result<DecideObjectionResponse, Refusal> {
    let version = request.version;
    let mut case = opened::for_act(act, &request.case_id, version, transitions::Act::RefuseObjection).await?;
    let mut fields = Fields::new();
    let decision: Option<ObjectionDecision> = fields.choice("decision", request.decision);
    let upheld = decision == Some(ObjectionDecision::Upheld);
    let entered = Decision {
        upheld,
        reason: request.reason,
    }
    .check(&mut fields);
    fields.finish()?;

    let k1b = case.decide_objection(version, upheld, &opened::law(act))?;
    let told: Vec<_> = k1b
        .iter()
        .chain(case.notice_term().filter(|_| !upheld))
        .cloned()
        .collect();
    papers::append(act, case.id, PaperKind::ObjectionDecision, &entered).await?;
    if upheld {
        // The next round may have another unit, which must not find this one's draft.
        papers::remove(act, case.id, PaperKind::AcceptanceDraft).await?;
    }
    outgoing::objection_decided(act, &case, upheld, k1b.as_ref());
    let document = forms::objection_answer(act, &case, &entered, &told);
    let result = opened::close(act, case, &told, vec![document]).await?;
    Ok(DecideObjectionResponse { result })
}

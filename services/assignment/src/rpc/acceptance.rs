//! T10: the unit accepts the case and tells the petitioner.

use xinqiao_chassis::{
    desk::Act,
    refusal::{Fields, Refusal},
};
use xinqiao_proto::assignment::{
    DraftAcceptanceRequest, DraftAcceptanceResponse, IssueAcceptanceRequest, IssueAcceptanceResponse,
};

use super::{decode, forms, opened};
use crate::{
    domain::{
        acceptance::AcceptanceDraft,
        denied::Denied,
        paper::{Acceptance, PaperKind},
        transitions,
    },
    events::outgoing,
    store::{papers, units},
};

/// Writes or replaces the draft.
pub(super) async fn draft_acceptance(
    act: &mut Act,
    request: DraftAcceptanceRequest,
) -> Result<DraftAcceptanceResponse, Refusal> {
    let what = transitions::Act::DraftAcceptance;
    let case = opened::for_act(act, &request.case_id, request.version, what).await?;
    let mut fields = Fields::new();
    let draft = AcceptanceDraft {
        text: request.text,
        contact: request.contact,
    }
    .check(&mut fields);
    fields.finish()?;
    papers::replace(act, case.id, PaperKind::AcceptanceDraft, &draft).await?;
    let result = opened::close(act, case, &[], Vec::new()).await?;
    Ok(DraftAcceptanceResponse { result })
}

/// T10 受理告知.
pub(super) async fn issue_acceptance(
    act: &mut Act,
    request: IssueAcceptanceRequest,
) -> Result<IssueAcceptanceResponse, Refusal> {
    let version = request.version;
    let mut case = opened::for_act(act, &request.case_id, version, transitions::Act::IssueAcceptance).await?;
    let draft: Option<AcceptanceDraft> = papers::latest(act, case.id, PaperKind::AcceptanceDraft).await?;
    let draft = draft.ok_or(Denied::DraftMissing)?;
    let today = act.today();
    let mut fields = Fields::new();
    let assigned_on = case.notice_term().map_or(today, |k2| k2.start);
    let notice = decode::notice(request.notice, &mut fields)
        .map(|notice| notice.check(assigned_on, today, &mut fields));
    fields.finish()?;
    let Some(notice) = notice else {
        return Err(Denied::DraftMissing.into());
    };

    let k4 = case.accept(version, &opened::law(act))?;
    let acceptance = Acceptance { draft, notice };
    papers::remove(act, case.id, PaperKind::AcceptanceDraft).await?;
    papers::append(act, case.id, PaperKind::Acceptance, &acceptance).await?;
    outgoing::accepted(act, &case, k4.as_ref(), acceptance.notice.service().is_some());
    let district = act.district();
    let units = units::all(act.conn(), district).await?;
    let documents = forms::acceptance(act, &case, &units, &acceptance, k4.as_ref());
    let terms: Vec<_> = k4.into_iter().collect();
    let result = opened::close(act, case, &terms, documents).await?;
    Ok(IssueAcceptanceResponse { result })
}

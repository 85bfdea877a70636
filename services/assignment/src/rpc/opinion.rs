//! T19 and T19s: the written opinion and its service.

use xinqiao_chassis::{
    desk::Act,
    refusal::{Fields, Refusal},
};
use xinqiao_kernel::ClockCode;
use xinqiao_proto::assignment::{
    DraftOpinionRequest, DraftOpinionResponse, IssueOpinionRequest, IssueOpinionResponse,
    ServeOpinionRequest, ServeOpinionResponse,
};

use super::{decode, forms, forms::RemedyClause, opened};
use crate::{
    domain::{
        case::Case,
        denied::Denied,
        opinion::{OpinionDraft, RequestOutcome},
        paper::{DraftedOpinion, Opinion, OpinionService, PaperKind},
        transitions,
    },
    events::outgoing,
    store::{papers, units},
};

/// Writes or replaces the draft.
pub(super) async fn draft_opinion(
    act: &mut Act,
    request: DraftOpinionRequest,
) -> Result<DraftOpinionResponse, Refusal> {
    let what = transitions::Act::DraftOpinion;
    let case = opened::for_act(act, &request.case_id, request.version, what).await?;
    let request_count = case.triage()?.request_count;
    let mut fields = Fields::new();
    let outcomes = request
        .outcomes
        .into_iter()
        .map(|entered| RequestOutcome {
            request_no: entered.request_no,
            outcome: decode::outcome(entered.outcome()),
            reasons: entered.reasons,
            legal_basis: decode::legal_basis(entered.legal_basis),
        })
        .collect();
    let draft = OpinionDraft {
        facts: request.facts,
        outcomes,
        execution_plan: decode::optional(request.execution_plan),
    };
    let draft = draft.check(request_count, &mut fields);
    fields.finish()?;

    let caller = act.caller();
    let drafted = DraftedOpinion {
        draft,
        drafter_id: caller.person_id.clone(),
        drafter_name: caller.name.clone(),
    };
    papers::replace(act, case.id, PaperKind::OpinionDraft, &drafted).await?;
    let result = opened::close(act, case, &[], Vec::new()).await?;
    Ok(DraftOpinionResponse { result })
}

/// T19 信访处理意见书.
pub(super) async fn issue_opinion(
    act: &mut Act,
    request: IssueOpinionRequest,
) -> Result<IssueOpinionResponse, Refusal> {
    let version = request.version;
    let mut case = opened::for_act(act, &request.case_id, version, transitions::Act::IssueOpinion).await?;
    let drafted: Option<DraftedOpinion> = papers::latest(act, case.id, PaperKind::OpinionDraft).await?;
    let drafted = drafted.ok_or(Denied::DraftMissing)?;
    let overall = drafted.draft.overall();
    let approver = act.caller().person_id.clone();
    let k19 = case.issue_opinion(version, &approver, overall, &opened::law(act))?;

    let remedy = remedy(act, &case)?;
    let district = act.district();
    let units = units::all(act.conn(), district).await?;
    let number = papers::next_number(act, case.id, PaperKind::Opinion).await?;
    outgoing::opinion_issued(act, &case, overall, &k19);
    let number = u16::try_from(number).unwrap_or(u16::MAX);
    let (document, document_no) = forms::opinion(act, &case, &units, (&drafted, number), remedy.as_ref());
    let remedy_clause = remedy.map(|remedy| remedy.text);
    let opinion = Opinion {
        drafted,
        remedy_clause: remedy_clause.clone(),
        document_no,
    };
    papers::remove(act, case.id, PaperKind::OpinionDraft).await?;
    papers::append(act, case.id, PaperKind::Opinion, &opinion).await?;
    let result = opened::close(act, case, &[k19], vec![document]).await?;
    Ok(IssueOpinionResponse {
        result,
        remedy_clause: remedy_clause.unwrap_or_default(),
    })
}

/// The remedy clause of a matter that can be reviewed `[R:35]`.
fn remedy(act: &Act, case: &Case) -> Result<Option<RemedyClause>, Refusal> {
    if !case.triage()?.sixty_days {
        return Ok(None);
    }
    let days = opened::law(act).term(ClockCode::K6, act.today()).length.count();
    Ok(Some(RemedyClause::new(
        &act.district_file().review_organ.name_zh,
        days,
    )))
}

/// T19s 送达.
pub(super) async fn serve_opinion(
    act: &mut Act,
    request: ServeOpinionRequest,
) -> Result<ServeOpinionResponse, Refusal> {
    let version = request.version;
    let mut case = opened::for_act(act, &request.case_id, version, transitions::Act::ServeOpinion).await?;
    let today = act.today();
    let issued_on = case.opinion.map_or(today, |opinion| opinion.issued_on);
    let mut fields = Fields::new();
    let service = decode::service(request.service, "service", &mut fields)
        .map(|service| service.check("service", issued_on, today, &mut fields));
    fields.finish()?;
    let Some(service) = service else {
        return Err(Denied::OpinionNotServed.into());
    };
    let opinion: Option<Opinion> = papers::latest(act, case.id, PaperKind::Opinion).await?;
    let opinion = opinion.ok_or_else(|| Refusal::internal(&"an issued opinion has no paper"))?;

    let k6 = case.serve_opinion(version, service.served_on, &opened::law(act))?;
    let served = OpinionService { service };
    papers::append(act, case.id, PaperKind::OpinionService, &served).await?;
    outgoing::opinion_served(act, &case, served.service.served_on, k6.as_ref());
    let district = act.district();
    let units = units::all(act.conn(), district).await?;
    let document = forms::opinion_service(act, &case, &units, &opinion.document_no, &served.service);
    let terms: Vec<_> = k6.into_iter().collect();
    let result = opened::close(act, case, &terms, vec![document]).await?;
    Ok(ServeOpinionResponse { result })
}

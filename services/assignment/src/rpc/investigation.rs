//! T16–T18: investigators, their report, and the leader who reads it.

use xinqiao_chassis::{
    concern,
    desk::Act,
    refusal::{Fields, Refusal},
};
use xinqiao_proto::assignment::{
    NameInvestigatorsRequest, NameInvestigatorsResponse, ReadReportRequest, ReadReportResponse,
    ReturnReportRequest, ReturnReportResponse, SubmitInvestigationReportRequest,
    SubmitInvestigationReportResponse,
};

use super::{decode, encode, forms, opened};
use crate::{
    domain::{
        investigation::{Report, check_investigators, check_recused},
        paper::{PaperKind, ReportReturn},
        transitions,
    },
    events::outgoing,
    store::{papers, units},
};

/// T16.
pub(super) async fn name_investigators(
    act: &mut Act,
    request: NameInvestigatorsRequest,
) -> Result<NameInvestigatorsResponse, Refusal> {
    let version = request.version;
    let what = transitions::Act::NameInvestigators;
    let mut case = opened::for_act(act, &request.case_id, version, what).await?;
    let investigators = decode::investigators(request.investigators);
    let thought_of: Vec<_> = investigators
        .iter()
        .map(|person| person.person_id.trim().to_owned())
        .collect();
    let concerned = concern::among(act, case.id, thought_of).await?;
    let mut fields = Fields::new();
    let named = check_investigators(investigators, &concerned, &mut fields);
    let recused = check_recused(decode::recused(request.recused), &named, &mut fields);
    fields.finish()?;

    case.name_investigators(version, &named)?;
    papers::append(act, case.id, PaperKind::Investigators, &named).await?;
    if !recused.is_empty() {
        papers::append(act, case.id, PaperKind::Recusals, &recused).await?;
    }
    let recused_ids: Vec<_> = recused.iter().map(|person| person.person_id.clone()).collect();
    let marks = concern::marks(act, case.id, &recused_ids);
    concern::recuse(act, case.id, &marks).await?;
    opened::authorise_again(act, &case).await?;
    outgoing::investigation_started(act, &case, marks);
    let district = act.district();
    let units = units::all(act.conn(), district).await?;
    let documents = named
        .iter()
        .chain(&recused)
        .map(|person| forms::recusal(act, &case, &units, person))
        .collect();
    let result = opened::close(act, case, &[], documents).await?;
    Ok(NameInvestigatorsResponse { result })
}

/// T17.
pub(super) async fn submit_investigation_report(
    act: &mut Act,
    request: SubmitInvestigationReportRequest,
) -> Result<SubmitInvestigationReportResponse, Refusal> {
    let version = request.version;
    let mut case = opened::for_act(act, &request.case_id, version, transitions::Act::SubmitReport).await?;
    let now = act.now();
    let mut fields = Fields::new();
    let report = decode::report(request.report.unwrap_or_default(), &mut fields).check(now, &mut fields);
    fields.finish()?;

    case.submit_report(version, now)?;
    papers::append(act, case.id, PaperKind::Report, &report).await?;
    outgoing::report_submitted(act, &case, now);
    let district = act.district();
    let units = units::all(act.conn(), district).await?;
    let document = forms::report(act, &case, &units, &report)?;
    let result = opened::close(act, case, &[], vec![document]).await?;
    Ok(SubmitInvestigationReportResponse { result })
}

/// The leader reads the report; the first reading is kept.
pub(super) async fn read_report(
    act: &mut Act,
    request: ReadReportRequest,
) -> Result<ReadReportResponse, Refusal> {
    let version = request.version;
    let mut case = opened::for_act(act, &request.case_id, version, transitions::Act::ReadReport).await?;
    let now = act.now();
    case.read_report(version, now)?;
    let report: Option<Report> = papers::latest(act, case.id, PaperKind::Report).await?;
    act.audit(format!("case:{}", case.id), &["report"], None);
    act.opened(case.id).await?;
    let result = opened::close(act, case, &[], Vec::new()).await?;
    Ok(ReadReportResponse {
        result,
        report: report.map(encode::report),
    })
}

/// T18.
pub(super) async fn return_report(
    act: &mut Act,
    request: ReturnReportRequest,
) -> Result<ReturnReportResponse, Refusal> {
    let version = request.version;
    let mut case = opened::for_act(act, &request.case_id, version, transitions::Act::ReturnReport).await?;
    let mut fields = Fields::new();
    let entered = ReportReturn {
        reason: request.reason,
    }
    .check(&mut fields);
    fields.finish()?;

    case.return_report(version)?;
    papers::append(act, case.id, PaperKind::ReportReturn, &entered).await?;
    outgoing::report_returned(act, &case);
    let document = forms::report_return(act, &case, &entered.reason);
    let result = opened::close(act, case, &[], vec![document]).await?;
    Ok(ReturnReportResponse { result })
}

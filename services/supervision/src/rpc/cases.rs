//! A case as supervision sees it, and T39: filing what never reached a unit.

use time::Date;
use xinqiao_chassis::{
    desk::Act,
    refusal::{Fields, Refusal},
};
use xinqiao_kernel::ClockCode;
use xinqiao_proto::{
    event::{self, CaseFiled},
    supervision::{
        FileCaseRequest, FileCaseResponse, GetCaseSupervisionRequest, GetCaseSupervisionResponse,
        RecordedOpinion,
    },
};

use super::{closure::checklist, refuse, take, visible};
use crate::{
    domain::{case::Case, clocks::Happening, opinion::Outcome, trigger::Trigger},
    events::wire,
    store::{self, clocks::Ledger, opinions::Opinion},
};

/// Shows a case.
pub(super) async fn get_case_supervision(
    act: &mut Act,
    query: GetCaseSupervisionRequest,
) -> Result<GetCaseSupervisionResponse, Refusal> {
    let case = visible(act, &query.case_id).await?;
    let district = act.district();
    let counts = store::documents::counts(act.conn(), district, case.id).await?;
    let opinions = store::opinions::of_round(act.conn(), district, case.id, case.round()).await?;
    let inspections = store::reviews::count_inspections(act.conn(), district, case.id).await?;
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
        checklist: checklist(&case, &counts),
        opinions: opinions.iter().map(recorded).collect(),
        representatives: case.representatives,
        inspections,
        signed_at: case.signed_at.map(wire::timestamp),
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

/// T39
pub(super) async fn file_case(act: &mut Act, query: FileCaseRequest) -> Result<FileCaseResponse, Refusal> {
    let mut fields = Fields::new();
    let case_id = refuse::case_id(&mut fields, &query.case_id);
    let served_on = fields.date("notice_served_on", &query.notice_served_on);
    if let Some(served_on) = served_on {
        fields.require(
            "notice_served_on",
            served_on <= act.today(),
            "IN_FUTURE",
            "送达日期尚未到来",
            "the day of service is in the future",
        );
    }
    fields.finish()?;
    let mut file = take(act, case_id, query.version, Case::require_fileable).await?;
    served_after_notice(&file.case, served_on)?;

    let to_leader_review = file.case.leader_received;
    let (trigger, code) = if to_leader_review {
        (Trigger::FiledForReview, ClockCode::K11)
    } else {
        (Trigger::FiledForArchive, ClockCode::K15)
    };
    let changes = file.happen(act, &Happening::now(trigger, act.now()));
    let clock = file.running(code)?;
    let term = Some(wire::legal_term(clock));
    let due = clock.due.eff.to_string();
    let body = CaseFiled {
        to_leader_review,
        k11: term.clone().filter(|_| to_leader_review),
        k15: term.filter(|_| !to_leader_review),
    };
    act.publish("case.filed", file.entity(), &body);
    file.keep(act, &changes).await?;
    file.save(act).await?;
    Ok(FileCaseResponse {
        version: file.case.version,
        state: file.case.state.code().to_owned(),
        due,
    })
}

/// A notice cannot have been served before it was written.
fn served_after_notice(case: &Case, served_on: Option<Date>) -> Result<(), Refusal> {
    let mut fields = Fields::new();
    fields.require(
        "notice_served_on",
        case.noticed_on.is_none_or(|noticed| served_on >= Some(noticed)),
        "BEFORE_NOTICE",
        "送达日期早于告知书日期",
        "the day of service is before the notice",
    );
    Ok(fields.finish()?)
}

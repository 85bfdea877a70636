//! Ends a case in C10 without handling it: one person proposes, another decides (T03, T05, T06, T07).

mod form;
mod papers;

use tonic::{Request, Response, Status};
use uuid::Uuid;
use xinqiao_chassis::desk::{Act, Desk, object_ref};
use xinqiao_chassis::document::timestamp;
use xinqiao_chassis::journal::Entity;
use xinqiao_chassis::permission::Right;
use xinqiao_chassis::refusal::Refusal;
use xinqiao_kernel::{ClockCode, SubmissionNumber};
use xinqiao_proto::common::LegalTerm;
use xinqiao_proto::event::{
    CaseLinked, CaseNoLongerAccepted, CaseNotAccepted, CaseSubmissionAttached, CaseTransferredOut,
};
use xinqiao_proto::intake::exit_service_server::ExitService;
use xinqiao_proto::intake::{
    ConfirmExitRequest, ConfirmExitResponse, GetProposedExitRequest, GetProposedExitResponse,
    ProposeExitRequest, ProposeExitResponse,
};

use super::refused::no_such_case;
use super::triage::{commit_step, note};
use super::{seen, subject};
use crate::contract;
use crate::domain::codes::NoticeTemplate;
use crate::domain::exit::{Exit, ExitError, Other, Proposal};
use crate::domain::transition::Standing;
use crate::legal;
use crate::notices;
use crate::store::cases::{self as rows, By, CaseRow};
use crate::store::exit::{self as exits, Proposed, attach};
use crate::store::onlooker::Onlooker;

/// Where two persons end a case.
#[derive(Clone, Debug)]
pub(crate) struct Exits {
    pub(crate) desk: Desk,
}

#[tonic::async_trait]
impl ExitService for Exits {
    async fn propose_exit(
        &self,
        request: Request<ProposeExitRequest>,
    ) -> Result<Response<ProposeExitResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(propose(act, query)))
            .await
    }

    async fn get_proposed_exit(
        &self,
        request: Request<GetProposedExitRequest>,
    ) -> Result<Response<GetProposedExitResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(proposed(act, query)))
            .await
    }

    async fn confirm_exit(
        &self,
        request: Request<ConfirmExitRequest>,
    ) -> Result<Response<ConfirmExitResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(confirm(act, query)))
            .await
    }
}

async fn propose(act: &mut Act, query: ProposeExitRequest) -> Result<ProposeExitResponse, Refusal> {
    let exit = form::read(&query)?;
    let row = subject(act, &query.case_id).await?;
    let other = other(act, &exit).await?;
    if exit.other().is_some() && other.is_none() {
        return Err(form::unknown_other(&exit));
    }
    let standing = other.as_ref().map(standing_of);
    row.case()
        .propose_exit(row.id, seen(query.version), &exit, standing)?;
    let version = commit_step(act, &row, row.standing()).await?;
    let (desk, district, at) = (act.desk().clone(), act.district(), act.now());
    let proposal = Proposal {
        exit,
        by: act.actor_ref().to_owned(),
        version: seen(version),
    };
    let name = act.caller().name.clone();
    exits::propose(act.conn(), desk.keys(), district, row.id, &proposal, &name, at).await?;
    Ok(ProposeExitResponse {
        state: contract::state(row.standing().state),
        version,
    })
}

async fn proposed(act: &mut Act, query: GetProposedExitRequest) -> Result<GetProposedExitResponse, Refusal> {
    let row = subject(act, &query.case_id).await?;
    let found = find(act, row.id).await?;
    row.case().proposed(found.as_ref().map(|found| &found.proposal))?;
    let found = found.expect("invariant: it is proposed");
    act.audit(object_ref("case", row.id), &["exit"], None);
    Ok(GetProposedExitResponse {
        version: row.version.unsigned_abs(),
        exit: Some(form::shown(found.proposal.exit)),
        proposed_by_name: found.name,
        proposed_at: Some(timestamp(found.at)),
    })
}

async fn confirm(act: &mut Act, query: ConfirmExitRequest) -> Result<ConfirmExitResponse, Refusal> {
    let row = subject(act, &query.case_id).await?;
    let found = find(act, row.id).await?;
    let other = match &found {
        Some(found) => other(act, &found.proposal.exit).await?,
        None => None,
    };
    let (district, actor, at) = (act.district(), act.actor_ref().to_owned(), act.now());
    let proposal = found.as_ref().map(|found| &found.proposal);
    let there = other.as_ref().map(standing_of);
    let standing = row
        .case()
        .leave(row.id, seen(query.version), &actor, proposal, there)?;
    let found = found.expect("invariant: it is proposed");
    if found.proposal.exit.other().is_some() && other.is_none() {
        return Err(form::unknown_other(&found.proposal.exit));
    }
    exits::decide(act.conn(), district, row.id, By { actor: &actor, at }).await?;
    let version = commit_step(act, &row, standing).await?;
    let k23 = publish(act, &row, &found.proposal.exit, standing, other.as_ref()).await?;
    notices::tell(act, &row, template(&found.proposal.exit)).await?;
    Ok(ConfirmExitResponse {
        state: contract::state(standing.state),
        version,
        documents: papers::file(act, &row, &found, other.as_ref()),
        k23,
    })
}

async fn find(act: &mut Act, case: Uuid) -> Result<Option<Proposed>, Refusal> {
    let (desk, district) = (act.desk().clone(), act.district());
    exits::find(act.conn(), desk.keys(), district, case).await
}

/// The other case that an end names, taken, when the caller may know of it and it is no accusation.
async fn other(act: &mut Act, exit: &Exit) -> Result<Option<CaseRow>, Refusal> {
    let Some(id) = exit.other() else { return Ok(None) };
    let district = act.district();
    let found = rows::take(act.conn(), district, id).await?;
    let onlooker = Onlooker::of(act).await?;
    Ok(found.filter(|row| !row.sealed && act.permits(Right::ReadCaseHeader, &row.resource(&onlooker))))
}

fn standing_of(row: &CaseRow) -> Other {
    Other {
        id: row.id,
        state: row.standing().state,
        remedy: row.remedy(),
    }
}

const fn template(exit: &Exit) -> NoticeTemplate {
    match exit {
        Exit::Linked { .. } => NoticeTemplate::Linked,
        Exit::NotAccepted { .. } => NoticeTemplate::NotAccepted,
        Exit::NoLongerAccepted { .. } => NoticeTemplate::NoLongerAccepted,
        Exit::TransferredOut { .. } => NoticeTemplate::TransferredOut,
    }
}

/// Tells of the end; when it must be filed by.
async fn publish(
    act: &mut Act,
    row: &CaseRow,
    exit: &Exit,
    standing: Standing,
    other: Option<&CaseRow>,
) -> Result<Option<LegalTerm>, Refusal> {
    let entity = Entity::case(row.id, row.number(act.district()));
    let due = legal::due(act.rules(), act.calendar(), ClockCode::K23, act.today());
    let k23 = Some(legal::legal_term(ClockCode::K23, &due));
    let leader_received = row.reception_day_id.is_some();
    let responsible_leader_id = row
        .responsible_leader_id
        .map(|id| id.to_string())
        .unwrap_or_default();
    let kind = exit.event();
    let event = match exit {
        Exit::NotAccepted { reason, .. } => {
            let body = CaseNotAccepted {
                reason_code: reason.code().to_owned(),
                k23: k23.clone(),
                leader_received,
                responsible_leader_id,
            };
            act.publish(kind, entity, &body)
        }
        Exit::NoLongerAccepted { ended, .. } => {
            let body = CaseNoLongerAccepted {
                k23: k23.clone(),
                leader_received,
                responsible_leader_id,
                final_case_id: ended.to_string(),
            };
            act.publish(kind, entity, &body)
        }
        Exit::TransferredOut { .. } => {
            let body = CaseTransferredOut {
                k23: k23.clone(),
                leader_received,
                responsible_leader_id,
                sealed: false,
            };
            act.publish(kind, entity, &body)
        }
        Exit::Linked { .. } => {
            let open = other.expect("invariant: an end that joins names another case");
            return link(act, row, standing, open).await.map(|()| None);
        }
    };
    note(act, row, kind, event, standing).await?;
    Ok(k23)
}

/// Tells of both cases that they are one matter. The open one goes on as it is (RP-1).
async fn link(act: &mut Act, row: &CaseRow, standing: Standing, open: &CaseRow) -> Result<(), Refusal> {
    let district = act.district();
    let (number, open_number) = (row.number(district), open.number(district));
    let linked = CaseLinked {
        open_case_id: open.id.to_string(),
        open_case_no: open_number.to_string(),
    };
    let event = act.publish("case.linked", Entity::case(row.id, number), &linked);
    note(act, row, "case.linked", event, standing).await?;
    let (desk, actor, at) = (act.desk().clone(), act.actor_ref().to_owned(), act.now());
    let (cases, by) = ((row.id, open.id), By { actor: &actor, at });
    let ordinal = attach::attach(act.conn(), desk.keys(), district, cases, by).await?;
    let submission_no = u8::try_from(ordinal)
        .ok()
        .and_then(|ordinal| SubmissionNumber::new(open_number, ordinal).ok())
        .ok_or(ExitError::Full)?;
    let attached = CaseSubmissionAttached {
        linked_case_id: row.id.to_string(),
        submission_no: submission_no.to_string(),
    };
    let kind = "case.submission_attached";
    let event = act.publish(kind, Entity::case(open.id, open_number), &attached);
    note(act, open, kind, event, open.standing()).await
}

impl From<ExitError> for Refusal {
    fn from(error: ExitError) -> Self {
        let (reason, zh, en) = match error {
            ExitError::Case(error) => return error.into(),
            ExitError::NotProposed => (
                "EXIT_NOT_PROPOSED",
                "尚无有效的结束办理提议，或者提议之后事项又有办理，请重新提出",
                "no end of the case is proposed, or the case was acted on since; propose again",
            ),
            ExitError::SamePerson => (
                "SAME_PERSON",
                "须由提出人以外的人决定",
                "another person than the one who proposed must decide",
            ),
            ExitError::Itself => (
                "TARGET_NOT_OPEN",
                "不能并入或指向事项自身，请另选信访事项",
                "a case cannot name itself; choose another",
            ),
            ExitError::NotOpen => (
                "TARGET_NOT_OPEN",
                "所选信访事项已经办结，不能并入；有新的事实或请求的，请作为新事项办理",
                "the other case is not open; with new facts or requests this is a case of its own",
            ),
            ExitError::Full => (
                "TARGET_FULL",
                "所选信访事项名下的信访件已满99件，请联系系统管理员",
                "the other case has 99 submissions, which is all that its number allows; tell the administrator",
            ),
            ExitError::NotFinal => (
                "TARGET_NOT_FINAL",
                "所选信访事项的复查复核程序尚未终结，不能据此不再受理",
                "the remedies of the other case are not exhausted, so this one cannot be refused for it",
            ),
        };
        Self::new(tonic::Code::FailedPrecondition, reason, zh, en)
    }
}

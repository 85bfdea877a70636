//! Break-glass 应急访问: city support is let into one case by the head of the office, reads, and is seen.

use tonic::{Code, Request, Response, Status};
use uuid::Uuid;
use xinqiao_chassis::desk::{Act, Desk, object_ref};
use xinqiao_chassis::document::timestamp;
use xinqiao_chassis::permission::Resource;
use xinqiao_chassis::random;
use xinqiao_chassis::refusal::{Fields, Page, Refusal};
use xinqiao_kernel::CaseNumber;
use xinqiao_proto::intake::break_glass_service_server::BreakGlassService;
use xinqiao_proto::intake::{
    ApproveBreakGlassRequest, ApproveBreakGlassResponse, BreakGlass, BreakGlassState, EndBreakGlassRequest,
    EndBreakGlassResponse, EnterBreakGlassRequest, EnterBreakGlassResponse, ListBreakGlassRequest,
    ListBreakGlassResponse, RefuseBreakGlassRequest, RefuseBreakGlassResponse, RequestBreakGlassRequest,
    RequestBreakGlassResponse,
};

use super::cases::note_access;
use super::refused::no_such_case;
use crate::domain::break_glass::{BreakGlassError, PATIENCE, Standing, WINDOW};
use crate::domain::case::CaseError;
use crate::store::break_glass::{self as rows, Row};
use crate::store::cases::{self, By};

/// The head of the office and the city operator.
#[derive(Clone, Debug)]
pub(crate) struct BreakGlasses {
    pub(crate) desk: Desk,
}

#[tonic::async_trait]
impl BreakGlassService for BreakGlasses {
    async fn request_break_glass(
        &self,
        request: Request<RequestBreakGlassRequest>,
    ) -> Result<Response<RequestBreakGlassResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(ask(act, query)))
            .await
    }

    async fn list_break_glass(
        &self,
        request: Request<ListBreakGlassRequest>,
    ) -> Result<Response<ListBreakGlassResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(list(act, query)))
            .await
    }

    async fn approve_break_glass(
        &self,
        request: Request<ApproveBreakGlassRequest>,
    ) -> Result<Response<ApproveBreakGlassResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(approve(act, query)))
            .await
    }

    async fn refuse_break_glass(
        &self,
        request: Request<RefuseBreakGlassRequest>,
    ) -> Result<Response<RefuseBreakGlassResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(refuse(act, query)))
            .await
    }

    async fn end_break_glass(
        &self,
        request: Request<EndBreakGlassRequest>,
    ) -> Result<Response<EndBreakGlassResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(end(act, query)))
            .await
    }

    async fn enter_break_glass(
        &self,
        request: Request<EnterBreakGlassRequest>,
    ) -> Result<Response<EnterBreakGlassResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(enter(act, query)))
            .await
    }
}

async fn ask(act: &mut Act, query: RequestBreakGlassRequest) -> Result<RequestBreakGlassResponse, Refusal> {
    let district = act.district();
    act.authorise(&Resource::District(district), no_such_case)?;
    let mut fields = Fields::new();
    let number = fields.take("case_no", query.case_no.trim().parse::<CaseNumber>());
    let reason = fields.text("reason", &query.reason, 5..=500);
    fields.finish()?;
    let number = number.expect("invariant: nothing was wrong");
    // A number of another district is not looked up at all.
    let case = if number.district() == district {
        cases::find_by_number(act.conn(), number).await?
    } else {
        None
    };
    let case = case.ok_or_else(no_such_case)?;
    let (desk, id, at) = (act.desk().clone(), random::new_id(), act.now());
    let actor = act.actor_ref().to_owned();
    let by = By { actor: &actor, at };
    rows::ask(act.conn(), desk.keys(), district, (id, case.id), &reason, by).await?;
    act.audit(object_ref("case", case.id), &["break_glass"], Some(&reason));
    Ok(RequestBreakGlassResponse {
        break_glass_id: id.to_string(),
        lapses_at: Some(timestamp(at + PATIENCE)),
    })
}

async fn list(act: &mut Act, query: ListBreakGlassRequest) -> Result<ListBreakGlassResponse, Refusal> {
    let (desk, district, now) = (act.desk().clone(), act.district(), act.now());
    act.authorise(&Resource::District(district), no_such_request)?;
    let mut fields = Fields::new();
    let page: Page<rows::Key> = Page::read(&mut fields, "page", query.page.as_ref());
    fields.finish()?;
    let waiting = query.waiting.then_some(now);
    let mut found = rows::list(act.conn(), district, waiting, page.after, page.limit()).await?;
    let info = page.cut(&mut found, |(row, _)| (row.created_at, row.id));
    let view = |(row, number): (Row, CaseNumber)| {
        let words = row.words(desk.keys(), district);
        let (reason, refusal) = words.map_err(|error| Refusal::internal(&error))?;
        Ok(view(row, number, reason, refusal, now))
    };
    Ok(ListBreakGlassResponse {
        requests: found.into_iter().map(view).collect::<Result<_, Refusal>>()?,
        page: Some(info),
    })
}

fn view(
    row: Row,
    number: CaseNumber,
    reason: String,
    refusal: String,
    now: time::OffsetDateTime,
) -> BreakGlass {
    let request = row.request();
    let approved = request.decision.filter(|(approved, _)| *approved);
    let state = match request.standing(now) {
        Standing::Requested => BreakGlassState::Requested,
        Standing::Lapsed => BreakGlassState::Lapsed,
        Standing::Refused => BreakGlassState::Refused,
        Standing::Open(_) => BreakGlassState::Open,
        Standing::Over => BreakGlassState::Over,
    };
    let until = approved.map(|(_, at)| request.ended_at.unwrap_or(at + WINDOW));
    BreakGlass {
        break_glass_id: row.id.to_string(),
        case_id: row.case_id.to_string(),
        case_no: number.to_string(),
        state: state.into(),
        reason,
        requested_by: row.created_by,
        requested_at: Some(timestamp(row.created_at)),
        decided_by: row.decided_by.unwrap_or_default(),
        decided_at: row.decided_at.map(timestamp),
        refusal,
        open_until: until.map(timestamp),
    }
}

async fn approve(
    act: &mut Act,
    query: ApproveBreakGlassRequest,
) -> Result<ApproveBreakGlassResponse, Refusal> {
    let row = take(act, &query.break_glass_id).await?;
    let district = act.district();
    let case = cases::find(act.conn(), district, row.case_id).await?;
    if case.is_none_or(|case| case.sealed) {
        return Err(CaseError::Sealed.into());
    }
    decide(act, &row, None).await?;
    Ok(ApproveBreakGlassResponse {
        open_until: Some(timestamp(act.now() + WINDOW)),
    })
}

async fn refuse(act: &mut Act, query: RefuseBreakGlassRequest) -> Result<RefuseBreakGlassResponse, Refusal> {
    let mut fields = Fields::new();
    let reason = fields.text("reason", &query.reason, 5..=500);
    let row = take_checked(act, &query.break_glass_id, fields).await?;
    decide(act, &row, Some(&reason)).await?;
    Ok(RefuseBreakGlassResponse {})
}

/// Decides a request: refused when there are words for it.
async fn decide(act: &mut Act, row: &Row, refusal: Option<&str>) -> Result<(), Refusal> {
    let (desk, district, at) = (act.desk().clone(), act.district(), act.now());
    let actor = act.actor_ref().to_owned();
    row.request().decide(&actor, at)?;
    let by = By { actor: &actor, at };
    rows::decide(act.conn(), desk.keys(), district, row.id, refusal, by).await?;
    act.audit(object_ref("case", row.case_id), &["break_glass"], refusal);
    Ok(())
}

async fn end(act: &mut Act, query: EndBreakGlassRequest) -> Result<EndBreakGlassResponse, Refusal> {
    let row = take(act, &query.break_glass_id).await?;
    row.request().open_until(act.now())?;
    let (district, at, actor) = (act.district(), act.now(), act.actor_ref().to_owned());
    let by = By { actor: &actor, at };
    rows::end(act.conn(), district, row.id, by).await?;
    act.audit(object_ref("case", row.case_id), &["break_glass"], None);
    Ok(EndBreakGlassResponse {})
}

async fn enter(act: &mut Act, query: EnterBreakGlassRequest) -> Result<EnterBreakGlassResponse, Refusal> {
    let row = take(act, &query.break_glass_id).await?;
    let (district, now) = (act.district(), act.now());
    let until = row.request().enter(act.actor_ref(), now)?;
    let left = (until - now).try_into().unwrap_or_default();
    let person = act.caller().person_id.clone();
    let (access_token, life) = act.desk().support_token(district, row.case_id, &person, left);
    act.audit(object_ref("case", row.case_id), &["break_glass"], None);
    note_access(act, row.case_id).await?;
    Ok(EnterBreakGlassResponse {
        access_token,
        expires_in_seconds: u32::try_from(life.as_secs()).unwrap_or(u32::MAX),
        case_id: row.case_id.to_string(),
        open_until: Some(timestamp(until)),
    })
}

async fn take(act: &mut Act, id: &str) -> Result<Row, Refusal> {
    take_checked(act, id, Fields::new()).await
}

/// Takes a request for somebody who may do this with it, when nothing else of the message is wrong either.
async fn take_checked(act: &mut Act, id: &str, mut fields: Fields) -> Result<Row, Refusal> {
    let district = act.district();
    act.authorise(&Resource::District(district), no_such_request)?;
    let id: Option<Uuid> = fields.uuid("break_glass_id", id);
    fields.finish()?;
    let id = id.expect("invariant: nothing was wrong");
    rows::take(act.conn(), district, id)
        .await?
        .ok_or_else(no_such_request)
}

/// The same for a request that does not exist and one the caller may not know of.
fn no_such_request() -> Refusal {
    Refusal::not_found("该应急访问申请", "the request")
}

impl From<BreakGlassError> for Refusal {
    fn from(error: BreakGlassError) -> Self {
        let failed = |reason, zh, en| Self::new(Code::FailedPrecondition, reason, zh, en);
        match error {
            BreakGlassError::SamePerson => failed(
                "SAME_PERSON",
                "应急访问须由申请人以外的人批准",
                "another person than the one who asked must decide",
            ),
            BreakGlassError::NotWaiting => failed(
                "NOT_WAITING",
                "该申请已有决定或者已过期，如仍需要请重新申请",
                "the request was decided before or has lapsed; ask anew if it is still needed",
            ),
            BreakGlassError::NotOpen => failed(
                "NOT_OPEN",
                "该应急访问未获批准、已被终止或者已满四小时",
                "not approved, ended, or the four hours are over; ask anew if it is still needed",
            ),
            BreakGlassError::NotYours => no_such_request(),
        }
    }
}

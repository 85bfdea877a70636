//! Drafts 暂存 (C00): saved, gone on with, registered once, or discarded with a reason.

mod content;
mod register;

use time::{Duration, OffsetDateTime};
use tonic::{Code, Request, Response, Status};
use tracing::{Instrument as _, Span};
use uuid::Uuid;
use xinqiao_chassis::desk::{Act, Desk, object_ref};
use xinqiao_chassis::document::timestamp;
use xinqiao_chassis::permission::{Resource, Right};
use xinqiao_chassis::random;
use xinqiao_chassis::refusal::{Fields, Page, Refusal};
use xinqiao_proto::intake::draft_service_server::DraftService;
use xinqiao_proto::intake::{
    DiscardDraftRequest, DiscardDraftResponse, Draft, DraftState, GetDraftRequest, GetDraftResponse,
    ListDraftsRequest, ListDraftsResponse, RegisterDraftRequest, RegisterDraftResponse, SaveDraftRequest,
    SaveDraftResponse,
};

use super::registration::Registration;
use super::seen;
use crate::domain::codes::DiscardReason;
use crate::domain::draft::{DraftError, Standing};
use crate::store::cases::By;
use crate::store::draft::{self as rows, Row};

/// The desk with the drafts, and the counter that registers them.
#[derive(Clone, Debug)]
pub(crate) struct Drafts {
    pub(crate) desk: Desk,
    pub(crate) counter: Registration,
}

#[tonic::async_trait]
impl DraftService for Drafts {
    async fn save_draft(
        &self,
        request: Request<SaveDraftRequest>,
    ) -> Result<Response<SaveDraftResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(save(act, query)))
            .await
    }

    async fn get_draft(
        &self,
        request: Request<GetDraftRequest>,
    ) -> Result<Response<GetDraftResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(get(act, query)))
            .await
    }

    async fn list_drafts(
        &self,
        request: Request<ListDraftsRequest>,
    ) -> Result<Response<ListDraftsResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(list(act, query)))
            .await
    }

    async fn discard_draft(
        &self,
        request: Request<DiscardDraftRequest>,
    ) -> Result<Response<DiscardDraftResponse>, Status> {
        self.desk
            .act(request, |act, query| Box::pin(discard(act, query)))
            .await
    }

    async fn register_draft(
        &self,
        request: Request<RegisterDraftRequest>,
    ) -> Result<Response<RegisterDraftResponse>, Status> {
        // On a task of its own: a caller who hangs up does not leave a draft behind of which a case is known.
        let work = register::register(self.clone(), request);
        let task = tokio::spawn(work.instrument(Span::current()));
        task.await
            .unwrap_or_else(|error| Err(Refusal::internal(&error).into()))
    }
}

async fn save(act: &mut Act, query: SaveDraftRequest) -> Result<SaveDraftResponse, Refusal> {
    let (desk, district, now) = (act.desk().clone(), act.district(), act.now());
    act.authorise(&Resource::District(district), no_such_draft)?;
    let mut fields = Fields::new();
    let id = fields.optional_uuid("draft_id", &query.draft_id);
    let read = content::read(&mut fields, query.form);
    fields.finish()?;
    let (channel, mut entered) = read.expect("invariant: nothing was wrong");
    let actor = act.actor_ref().to_owned();
    let by = By {
        actor: &actor,
        at: now,
    };
    let id = if let Some(id) = id {
        let row = taken(act, id).await?;
        row.draft().save(seen(query.version), now)?;
        content::came_at(&mut entered, row.created_at);
        rows::save(act.conn(), desk.keys(), district, id, (channel, &entered), by).await?;
        id
    } else {
        let id = random::new_id();
        content::came_at(&mut entered, now);
        let kept = Duration::hours(act.rules().parameters.draft_hours.into());
        let draft = (channel, &entered);
        rows::insert(act.conn(), desk.keys(), district, id, draft, now + kept, by).await?;
        id
    };
    act.audit(object_ref("draft", id), &["content"], None);
    Ok(SaveDraftResponse {
        draft: Some(shown(act, id).await?),
    })
}

async fn get(act: &mut Act, query: GetDraftRequest) -> Result<GetDraftResponse, Refusal> {
    let district = act.district();
    act.authorise(&Resource::District(district), no_such_draft)?;
    let mut fields = Fields::new();
    let id = fields.uuid("draft_id", &query.draft_id);
    fields.finish()?;
    let row = rows::find(act.conn(), district, id.expect("invariant: nothing was wrong")).await?;
    let row = row.filter(|row| is_his(act, row)).ok_or_else(no_such_draft)?;
    act.audit(object_ref("draft", row.id), &["content"], None);
    Ok(GetDraftResponse {
        form: row.content(act.keys(), district)?,
        draft: Some(view(act, row)?),
    })
}

async fn list(act: &mut Act, query: ListDraftsRequest) -> Result<ListDraftsResponse, Refusal> {
    let district = act.district();
    act.authorise(&Resource::District(district), no_such_draft)?;
    let mut fields = Fields::new();
    let page: Page<rows::Key> = Page::read(&mut fields, "page", query.page.as_ref());
    fields.finish()?;
    let actor = act.actor_ref().to_owned();
    let only_of = Some(actor.as_str()).filter(|_| !sees_all(act));
    let wanted = (query.waiting, only_of);
    let mut found = rows::list(act.conn(), district, wanted, page.after, page.limit()).await?;
    let info = page.cut(&mut found, |row| (row.created_at, row.id));
    let drafts = found.into_iter().map(|row| view(act, row));
    Ok(ListDraftsResponse {
        drafts: drafts.collect::<Result<_, Refusal>>()?,
        page: Some(info),
    })
}

async fn discard(act: &mut Act, query: DiscardDraftRequest) -> Result<DiscardDraftResponse, Refusal> {
    let (desk, district, now) = (act.desk().clone(), act.district(), act.now());
    act.authorise(&Resource::District(district), no_such_draft)?;
    let mut fields = Fields::new();
    let id = fields.uuid("draft_id", &query.draft_id);
    let reason = fields.choice::<DiscardReason>("reason", query.reason);
    let explanation = fields.text("explanation", &query.explanation, 5..=200);
    fields.finish()?;
    let (id, reason) = id.zip(reason).expect("invariant: nothing was wrong");
    let row = taken(act, id).await?;
    row.draft().discard(seen(query.version), now)?;
    let actor = act.actor_ref().to_owned();
    let by = By {
        actor: &actor,
        at: now,
    };
    rows::discard(act.conn(), desk.keys(), district, id, (reason, &explanation), by).await?;
    act.audit(object_ref("draft", id), &["discarded"], Some(&explanation));
    Ok(DiscardDraftResponse {
        draft: Some(shown(act, id).await?),
    })
}

/// Takes a draft for a change by somebody who may see it.
async fn taken(act: &mut Act, id: Uuid) -> Result<Row, Refusal> {
    let district = act.district();
    let row = rows::take(act.conn(), district, id).await?;
    row.filter(|row| is_his(act, row)).ok_or_else(no_such_draft)
}

/// The office sees every draft; a leader and his aide see their own.
fn is_his(act: &Act, row: &Row) -> bool {
    sees_all(act) || row.created_by == act.actor_ref()
}

fn sees_all(act: &Act) -> bool {
    act.permits(Right::ReadRegister, &Resource::District(act.district()))
}

async fn shown(act: &mut Act, id: Uuid) -> Result<Draft, Refusal> {
    let district = act.district();
    let row = rows::find(act.conn(), district, id).await?;
    view(act, row.ok_or_else(no_such_draft)?)
}

fn view(act: &Act, row: Row) -> Result<Draft, Refusal> {
    Ok(Draft {
        draft_id: row.id.to_string(),
        version: row.version.unsigned_abs(),
        state: state(&row, act.now()).into(),
        channel: row.channel.into(),
        saved_at: Some(timestamp(row.created_at)),
        explanation: row.explanation(act.keys(), act.district())?,
        expires_at: Some(timestamp(row.expires_at)),
        case_id: row.case_id.map(|id| id.to_string()).unwrap_or_default(),
        discard_reason: row.discard_reason.unwrap_or_default().into(),
        discarded_by: row.discarded_by.unwrap_or_default(),
        saved_by: row.created_by,
    })
}

fn state(row: &Row, now: OffsetDateTime) -> DraftState {
    match row.draft().standing(now) {
        Standing::Open => DraftState::Open,
        Standing::Expired => DraftState::Expired,
        Standing::Registered => DraftState::Registered,
        Standing::Discarded => DraftState::Discarded,
    }
}

fn no_such_draft() -> Refusal {
    Refusal::not_found("该暂存件", "the draft")
}

impl From<DraftError> for Refusal {
    fn from(error: DraftError) -> Self {
        let (reason, zh, en) = match error {
            DraftError::Stale => return Self::stale_version(),
            DraftError::Expired => (
                "DRAFT_EXPIRED",
                "该暂存件已过期，不能再修改，请登记或者注明原因后弃用",
                "the draft has expired and is not changed any more; register it, or discard it with a reason",
            ),
            DraftError::Registered => (
                "DRAFT_REGISTERED",
                "该暂存件已经登记",
                "the draft has become a case already",
            ),
            DraftError::Discarded => ("DRAFT_DISCARDED", "该暂存件已弃用", "the draft is discarded"),
            DraftError::BeingRegistered => (
                "DRAFT_BEING_REGISTERED",
                "该暂存件正在登记，请稍后查看",
                "the draft is just being registered; look again in a moment",
            ),
        };
        Self::new(Code::FailedPrecondition, reason, zh, en)
    }
}

//! A draft becomes a case, once: the id of the draft is the id of the request that the writer knows it by.

use time::OffsetDateTime;
use tonic::{Request, Response, Status};
use uuid::Uuid;
use xinqiao_chassis::desk::{Authorised, Command as _, object_ref, person_ref};
use xinqiao_chassis::idempotency::{self, IdempotencyRow};
use xinqiao_chassis::permission::{Permissions, Resource, Right};
use xinqiao_chassis::refusal::{Fields, Refusal};
use xinqiao_proto::intake::{RegisterDraftRequest, RegisterDraftResponse, Registered};

use super::{Drafts, content, no_such_draft};
use crate::domain::submission::Submission;
use crate::rpc::registration::marked;
use crate::store::cases::By;
use crate::store::draft::{self as rows, Row};
use crate::store::registration::{known, told_before};

/// What a draft is when somebody wants it registered.
enum Found {
    /// A case already: what was told then.
    Answered(Box<Registered>),
    /// Held until it is one.
    Ready(Box<Submission>),
}

/// Registers a draft, or answers with the case it has become.
pub(super) async fn register(
    drafts: Drafts,
    request: Request<RegisterDraftRequest>,
) -> Result<Response<RegisterDraftResponse>, Status> {
    let by = drafts.desk.authorised(&request).await?;
    let now = drafts.desk.clock().now();
    let id = read(&request.into_inner())?;
    let same = the_request(&drafts, &by, id, now);
    let (case, replayed) = match hold(&drafts, &by, (id, &same), now).await? {
        Found::Answered(case) => (*case, true),
        Found::Ready(submission) => {
            let registered = drafts.counter.register(&by, same, now, *submission).await;
            if registered.is_err() {
                let_go(&drafts, &by, id).await?;
            }
            registered?
        }
    };
    done(&drafts, &by, (id, &case), now).await?;
    let registered = Some(case);
    Ok(marked(RegisterDraftResponse { registered }, replayed))
}

fn read(query: &RegisterDraftRequest) -> Result<Uuid, Refusal> {
    let mut fields = Fields::new();
    fields.uuid("request_id", &query.request_id);
    let id = fields.uuid("draft_id", &query.draft_id);
    fields.finish()?;
    Ok(id.expect("invariant: nothing was wrong"))
}

/// The one request that registers this draft, whoever makes it and whatever he calls it.
fn the_request(drafts: &Drafts, by: &Authorised, id: Uuid, now: OffsetDateTime) -> IdempotencyRow {
    let body = RegisterDraftRequest {
        request_id: id.to_string(),
        draft_id: id.to_string(),
    };
    let (keys, district) = (drafts.desk.keys(), by.caller().district);
    let action = RegisterDraftRequest::ACTION;
    let hash = idempotency::body_hash(keys, district, &object_ref("draft", id), action, &body);
    IdempotencyRow::new(id, action, hash, now)
}

/// Looks whether it is a case already; checks it otherwise, and keeps others from changing it.
async fn hold(
    drafts: &Drafts,
    by: &Authorised,
    (id, same): (Uuid, &IdempotencyRow),
    now: OffsetDateTime,
) -> Result<Found, Refusal> {
    let (keys, district) = (drafts.desk.keys(), by.caller().district);
    let mut tx = drafts.desk.database().begin(district).await?;
    let row = rows::take(tx.conn(), district, id).await?;
    let row = row.filter(|row| is_his(by, row)).ok_or_else(no_such_draft)?;
    let before = known(tx.conn(), district, &[id], now).await?.pop();
    if let Some(before) = before {
        let told = told_before(keys, district, same, before)?;
        tx.rollback().await?;
        return Ok(Found::Answered(Box::new(told)));
    }
    row.draft().register(now)?;
    let entered = row.content(keys, district)?;
    let entered = entered.ok_or_else(|| Refusal::internal(&"a draft without content"))?;
    let submission = content::checked(entered, &id.to_string(), now)?;
    rows::hold(tx.conn(), district, id, true).await?;
    tx.commit().await?;
    Ok(Found::Ready(Box::new(submission)))
}

/// It has become no case, so it may be changed again.
async fn let_go(drafts: &Drafts, by: &Authorised, id: Uuid) -> Result<(), Refusal> {
    let district = by.caller().district;
    let mut tx = drafts.desk.database().begin(district).await?;
    rows::hold(tx.conn(), district, id, false).await?;
    Ok(tx.commit().await?)
}

/// The office registers every draft, a leader and his aide their own.
fn is_his(by: &Authorised, row: &Row) -> bool {
    let caller = by.caller();
    let district = Resource::District(caller.district);
    let office = Permissions::shipped().decide(caller, Right::ReadRegister, &district);
    office.allowed || row.created_by == person_ref(&caller.person_id)
}

/// Notes which case it has become. Should this be cut short, whoever asks again finds the case by the request.
async fn done(
    drafts: &Drafts,
    by: &Authorised,
    (id, case): (Uuid, &Registered),
    now: OffsetDateTime,
) -> Result<(), Refusal> {
    let district = by.caller().district;
    let case_id = Uuid::parse_str(&case.case_id).map_err(|error| Refusal::internal(&error))?;
    let actor = person_ref(&by.caller().person_id);
    let by = By {
        actor: &actor,
        at: now,
    };
    let mut tx = drafts.desk.database().begin(district).await?;
    rows::registered(tx.conn(), district, id, case_id, by).await?;
    tx.commit().await?;
    Ok(())
}

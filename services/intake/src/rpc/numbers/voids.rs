//! The void register as people read it.

use uuid::Uuid;
use xinqiao_chassis::desk::Act;
use xinqiao_chassis::document::timestamp;
use xinqiao_chassis::identity::Role;
use xinqiao_chassis::permission::Resource;
use xinqiao_chassis::refusal::{Fields, Page, Refusal};
use xinqiao_kernel::CaseNumber;
use xinqiao_proto::intake::{GetVoidRequest, GetVoidResponse, ListVoidsRequest, ListVoidsResponse, Void};

use crate::rpc::refused::no_such_case;
use crate::store::cases::{self, By};
use crate::store::onlooker::Onlooker;
use crate::store::voids::{self as rows, Row};

pub(super) async fn list(act: &mut Act, query: ListVoidsRequest) -> Result<ListVoidsResponse, Refusal> {
    let district = act.district();
    act.authorise(&Resource::District(district), no_such_case)?;
    let mut fields = Fields::new();
    let page: Page<rows::Key> = Page::read(&mut fields, "page", query.page.as_ref());
    fields.finish()?;
    let mut found = rows::list(act.conn(), district, query.unreviewed, page.after, page.limit()).await?;
    let info = page.cut(&mut found, |row| (row.confirmed_at, row.case_id));
    let ids: Vec<Uuid> = found.iter().map(|row| row.case_id).collect();
    let mut cases = cases::find_all(act.conn(), district, &ids).await?;
    let onlooker = Onlooker::of(act).await?;
    act.only_known(&mut cases, |case| case.resource(&onlooker));
    let known = |row: Row| {
        let case = cases.iter().find(|case| case.id == row.case_id)?;
        Some(view(&row, case.number(district)))
    };
    Ok(ListVoidsResponse {
        voids: found.into_iter().filter_map(known).collect(),
        page: Some(info),
    })
}

/// Shows an entry. Whoever looks as a supervisor has reviewed it.
pub(super) async fn get(act: &mut Act, query: GetVoidRequest) -> Result<GetVoidResponse, Refusal> {
    let mut fields = Fields::new();
    let id = fields.uuid("case_id", &query.case_id);
    fields.finish()?;
    let id = id.expect("invariant: nothing was wrong");
    let (district, actor, at) = (act.district(), act.actor_ref().to_owned(), act.now());
    let case = cases::find(act.conn(), district, id)
        .await?
        .ok_or_else(no_such_case)?;
    let onlooker = Onlooker::of(act).await?;
    act.authorise(&case.resource(&onlooker), no_such_case)?;
    let mut row = rows::find(act.conn(), district, id)
        .await?
        .ok_or_else(no_such_case)?;
    let supervises = act.capacity().is_some_and(|capacity| capacity.role == Role::Sup);
    if supervises && row.reviewed_at.is_none() && !row.is_of(&actor) {
        rows::reviewed(act.conn(), district, id, By { actor: &actor, at }).await?;
        row.reviewed_at = Some(at);
    }
    let explanation = row
        .explanation(act.keys(), district)
        .map_err(|error| Refusal::internal(&error))?;
    Ok(GetVoidResponse {
        void: Some(view(&row, case.number(district))),
        explanation,
    })
}

fn view(row: &Row, number: CaseNumber) -> Void {
    Void {
        case_id: row.case_id.to_string(),
        case_no: number.to_string(),
        reason: row.reason.into(),
        voided_at: Some(timestamp(row.confirmed_at)),
        voided_by_role: row.confirmed_role.clone(),
        petitioner_told: row.told.unwrap_or_default().into(),
        reviewed_at: row.reviewed_at.map(timestamp),
    }
}

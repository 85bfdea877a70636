//! `GetDossier` and `ListDesk`, and the server of dossiers.

use std::collections::HashMap;

use prost::Message as _;
use time::Date;
use tonic::{Request, Response, Status};
use uuid::Uuid;
use xinqiao_chassis::{
    desk::Act,
    document::{FetchError, timestamp},
    permission::{Resource, Right},
    refusal::{Fields, Page, Refusal},
};
use xinqiao_documents::{ArchiveItem, Demand, demand::demand};
use xinqiao_proto::{
    archive::{
        DeskRow, Dossier, DossierItem, GetDossierRequest, GetDossierResponse, ItemStatus, ListDeskRequest,
        ListDeskResponse, SealPackageRequest, SealPackageResponse, dossier_service_server::DossierService,
    },
    common::LegalTerm,
};

use super::{Dossiers, case_not_found, encode, resource, seal};
use crate::domain::{dossier::Reference, gap, retention::decide};
use crate::store::{
    dossier::{self, DeskKey, DossierRow, NO_K15},
    objects, package,
};

#[tonic::async_trait]
impl DossierService for Dossiers {
    async fn get_dossier(
        &self,
        request: Request<GetDossierRequest>,
    ) -> Result<Response<GetDossierResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(get(act, query)))
            .await
    }

    async fn list_desk(
        &self,
        request: Request<ListDeskRequest>,
    ) -> Result<Response<ListDeskResponse>, Status> {
        self.desk
            .read(request, |act, query| Box::pin(list(act, query)))
            .await
    }

    async fn seal_package(
        &self,
        request: Request<SealPackageRequest>,
    ) -> Result<Response<SealPackageResponse>, Status> {
        let (store, max) = (self.shelf.clone(), self.package_max_bytes);
        self.desk
            .act(request, move |act, query| {
                Box::pin(seal::seal(act, query, store, max))
            })
            .await
    }
}

async fn get(act: &mut Act, query: GetDossierRequest) -> Result<GetDossierResponse, Refusal> {
    let mut fields = Fields::new();
    let case_id = fields.uuid("case_id", &query.case_id);
    fields.finish()?;
    let (district, case_id) = (act.district(), case_id.unwrap_or_default());
    let row = dossier::find(act.conn(), district, case_id)
        .await?
        .ok_or_else(case_not_found)?;
    let resource = resource(act, case_id, &row.facts).await?;
    act.authorise(&resource, case_not_found)?;
    act.opened(case_id).await?;
    let known = dossier::references(act.conn(), district, &[case_id]).await?;
    let sealed = match row.package_id {
        Some(package_id) => package::find(act.conn(), district, package_id).await?,
        None => None,
    };
    act.audit(format!("case:{case_id}"), &["dossier"], None);
    let late = |package: &Option<Uuid>| row.package_id.is_some() && package.is_none();
    let (supplements, references): (Vec<_>, Vec<_>) =
        known.into_iter().partition(|(_, _, package)| late(package));
    let references: Vec<Reference> = references.into_iter().map(|(reference, ..)| reference).collect();
    let rule = decide(&row.facts);
    let dossier = Dossier {
        case_id: case_id.to_string(),
        case_no: row.case_no.to_string(),
        state: state(&row),
        remedy: row.facts.remedy.code().to_owned(),
        version: row.version.unsigned_abs(),
        sealable: row.facts.held() && row.package_id.is_none(),
        items: items(act, &row, &references).await?,
        k15: k15(&row)?,
        retention: encode::retention(rule.retention).into(),
        retention_reason: Some(encode::bilingual(rule.zh, rule.en)),
        event_count: row.event_count.unsigned_abs(),
        package: sealed.as_ref().map(encode::package),
        supplements: supplements
            .iter()
            .map(|(reference, ..)| objects::to_proto(reference))
            .collect(),
    };
    Ok(GetDossierResponse {
        dossier: Some(dossier),
    })
}

/// C80 is this service's own act; everything before is told by events.
fn state(row: &DossierRow) -> String {
    row.facts.state.code().to_owned()
}

fn k15(row: &DossierRow) -> Result<Option<LegalTerm>, Refusal> {
    let term = row.k15.as_deref().map(LegalTerm::decode).transpose();
    term.map_err(|error| Refusal::internal(&error))
}

async fn items(act: &Act, row: &DossierRow, references: &[Reference]) -> Result<Vec<DossierItem>, Refusal> {
    let mut items = Vec::with_capacity(ArchiveItem::ALL.len());
    for item in ArchiveItem::ALL {
        let own: Vec<&Reference> = references
            .iter()
            .filter(|reference| reference.item == item)
            .collect();
        let mut absent = None;
        for reference in &own {
            let there = objects::is_there(act.desk().objects().as_ref(), act.district(), reference).await;
            if !there.map_err(|error: FetchError| Refusal::internal(&error))? {
                absent = Some(reference.form.as_str());
            }
        }
        let (status, reason) = standing(item, row, references, &own, absent);
        items.push(DossierItem {
            number: item.to_string(),
            title: item.zh().to_owned(),
            status: status.into(),
            reason,
            documents: own.into_iter().map(objects::to_proto).collect(),
        });
    }
    Ok(items)
}

fn standing(
    item: ArchiveItem,
    row: &DossierRow,
    references: &[Reference],
    own: &[&Reference],
    absent: Option<&str>,
) -> (ItemStatus, Option<xinqiao_proto::common::Bilingual>) {
    if let Some(gap) = gap::of_item(item, &row.facts, references).into_iter().next() {
        return (ItemStatus::Missing, Some(encode::bilingual(gap.zh, gap.en)));
    }
    if let Some(form) = absent {
        let zh = format!("文书 {form} 尚未存入对象库");
        let en = format!("document {form} is not in the object store yet");
        return (ItemStatus::Waiting, Some(encode::bilingual(zh, en)));
    }
    match demand(item, &row.facts.file()) {
        Demand::AtSealing if row.package_id.is_some() => (ItemStatus::Present, None),
        Demand::AtSealing => (
            ItemStatus::AtSealing,
            Some(encode::bilingual("归档时生成", "made when the package is sealed")),
        ),
        Demand::Optional { why } if own.is_empty() => {
            (ItemStatus::NotApplicable, Some(encode::bilingual(why.zh, why.en)))
        }
        Demand::Optional { .. } | Demand::Mandatory { .. } => (ItemStatus::Present, None),
    }
}

async fn list(act: &mut Act, query: ListDeskRequest) -> Result<ListDeskResponse, Refusal> {
    let mut fields = Fields::new();
    let page: Page<DeskKey> = Page::read(&mut fields, "page", query.page.as_ref());
    fields.finish()?;
    act.authorise(&Resource::District(act.district()), case_not_found)?;
    let (district, today) = (act.district(), act.today());
    let mut rows = dossier::desk(act.conn(), district, page.after, page.limit()).await?;
    let info = page.cut(&mut rows, |row| (row.k15_due_eff.unwrap_or(NO_K15), row.case_id));
    let rows = known(act, rows).await?;
    let cases: Vec<Uuid> = rows.iter().map(|row| row.case_id).collect();
    let mut by_case: HashMap<Uuid, Vec<Reference>> = HashMap::new();
    for (reference, case_id, _) in dossier::references(act.conn(), district, &cases).await? {
        by_case.entry(case_id).or_default().push(reference);
    }
    let rows = rows
        .iter()
        .map(|row| desk_row(row, by_case.get(&row.case_id).map_or(&[], Vec::as_slice), today))
        .collect::<Result<_, _>>()?;
    Ok(ListDeskResponse {
        rows,
        page: Some(info),
    })
}

/// Those of a list whose cases the caller may know of (§5.1).
async fn known(act: &mut Act, rows: Vec<DossierRow>) -> Result<Vec<DossierRow>, Refusal> {
    let mut known = Vec::with_capacity(rows.len());
    for row in rows {
        let resource = resource(act, row.case_id, &row.facts).await?;
        if act.permits(Right::ReadCaseHeader, &resource) {
            known.push(row);
        }
    }
    Ok(known)
}

fn desk_row(row: &DossierRow, references: &[Reference], today: Date) -> Result<DeskRow, Refusal> {
    let missing = gap::missing(&row.facts, references);
    Ok(DeskRow {
        case_id: row.case_id.to_string(),
        case_no: row.case_no.to_string(),
        state: state(row),
        held_since: row.held_at.map(timestamp),
        k15: k15(row)?,
        overdue: row.k15_due_eff.is_some_and(|due| due < today),
        retention: encode::retention(decide(&row.facts).retention).into(),
        missing_items: u32::try_from(missing.len()).unwrap_or(u32::MAX),
        version: row.version.unsigned_abs(),
    })
}

//! `VerifyPackage` 四性检测.

use xinqiao_chassis::{
    desk::Act,
    document::timestamp,
    refusal::{Fields, Refusal},
};
use xinqiao_proto::archive::{VerifyPackageRequest, VerifyPackageResponse};

use super::{encode, package_not_found, resource};
use crate::domain::{
    bag,
    dossier::Reference,
    package::process_log_path,
    verify::{Register, Series, compare},
};
use crate::store::{
    dossier,
    package::{self, PackageRow},
    shelf::Shelf,
};

pub(super) async fn verify(
    act: &mut Act,
    query: VerifyPackageRequest,
    shelf: Shelf,
) -> Result<VerifyPackageResponse, Refusal> {
    let mut fields = Fields::new();
    let package_id = fields.uuid("package_id", &query.package_id).unwrap_or_default();
    fields.finish()?;
    let district = act.district();
    let row = package::find(act.conn(), district, package_id)
        .await?
        .ok_or_else(package_not_found)?;
    let dossier = dossier::find(act.conn(), district, row.case_id)
        .await?
        .ok_or_else(package_not_found)?;
    let resource = resource(act, row.case_id, &dossier.facts).await?;
    act.authorise(&resource, package_not_found)?;
    let register = register(act, &row).await?;
    let place = encode::place(district, &row);
    let log_path = format!("data/{}", process_log_path());
    let inventory = tokio::task::spawn_blocking(move || shelf.inventory(&place, &log_path)).await;
    let inventory = inventory.map_err(|error| Refusal::internal(&error))?;
    let inventory = inventory.map_err(|error| Refusal::internal(&error))?;
    let mut findings = inventory.findings;
    findings.extend(bag::validate(&inventory.files));
    findings.extend(compare(&inventory.files, inventory.wanted.as_deref(), &register));
    let outcome = if findings.is_empty() { "valid" } else { "not valid" };
    act.audit(format!("package:{package_id}"), &["verification", outcome], None);
    if !findings.is_empty() {
        tracing::error!(%package_id, findings = findings.len(), "a sealed package does not verify");
    }
    Ok(VerifyPackageResponse {
        valid: findings.is_empty(),
        findings: findings.into_iter().map(encode::finding).collect(),
        files: u32::try_from(inventory.files.len()).unwrap_or(u32::MAX),
        documents: u32::try_from(register.references.len()).unwrap_or(u32::MAX),
        verified_at: Some(timestamp(act.now())),
    })
}

/// What the database says the package must be.
async fn register(act: &mut Act, row: &PackageRow) -> Result<Register, Refusal> {
    let district = act.district();
    let known = dossier::references(act.conn(), district, &[row.case_id]).await?;
    let sealed = known
        .into_iter()
        .filter(|(_, _, package)| *package == Some(row.package_id));
    let references: Vec<Reference> = sealed.map(|(reference, ..)| reference).collect();
    let events = dossier::events(act.conn(), district, row.case_id, row.event_count).await?;
    let (items, last) = package::series(act.conn(), district, row.year, row.retention).await?;
    Ok(Register {
        tagmanifest_sha512: hex::encode(&row.tagmanifest_sha512),
        file_count: u64::from(row.file_count.unsigned_abs()),
        references,
        events,
        series: Series {
            year: row.year,
            retention: row.retention,
            items: items.into_iter().map(i32::unsigned_abs).collect(),
            last: last.unsigned_abs(),
        },
    })
}

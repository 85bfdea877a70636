//! What the archive publishes: `case.archived` (T36) and `archive.final` (T37).

use uuid::Uuid;
use xinqiao_chassis::{desk::Act, journal::Entity, refusal::Refusal};
use xinqiao_proto::event::{ArchiveFinal, CaseArchived};

use crate::store::dossier::DossierRow;
use crate::store::package::{self, Finality, PackageRow};

/// T36: the package is sealed.
pub(crate) fn archived(act: &mut Act, row: &PackageRow) -> Uuid {
    let body = CaseArchived {
        package_id: row.package_id.to_string(),
        archival_no: row.archival_no.clone(),
        retention: row.retention.code().to_owned(),
        tagmanifest_sha512: hex::encode(&row.tagmanifest_sha512),
        version: row.version.unsigned_abs(),
        document_count: row.document_count.unsigned_abs(),
    };
    act.publish("case.archived", Entity::case(row.case_id, row.case_no), &body)
}

/// T37: makes the package final when there is one and no remedy is open. `event_id` is what brought it.
pub(crate) async fn finalise_if_due(
    act: &mut Act,
    row: &DossierRow,
    event_id: Option<Uuid>,
) -> Result<(), Refusal> {
    let Some(package_id) = row.package_id.filter(|_| row.facts.no_remedy_open()) else {
        return Ok(());
    };
    let (district, now, actor) = (act.district(), act.now(), act.actor_ref().to_owned());
    let Some(package) = package::find(act.conn(), district, package_id).await? else {
        return Ok(());
    };
    let on = row.facts.final_on(package.sealed_at);
    let finality = Finality { on, event_id, now };
    if package::finalise(act.conn(), district, package_id, finality, &actor).await? {
        let body = ArchiveFinal {
            package_id: package_id.to_string(),
            final_on: on.to_string(),
        };
        act.publish("archive.final", Entity::case(row.case_id, row.case_no), &body);
    }
    Ok(())
}

//! `SealPackage` (T36, C70 → C80).
//!
//! One transaction, the bag inside it: the dossier row is locked, every object is fetched and checked, then
//! the counter gives the number, the bag is written and renamed, the register row follows, commit. A process
//! that dies after the rename leaves a folder that no register names; the next sealing sets it aside and takes
//! the same number, because the counter was rolled back too.

use tonic::Code;
use xinqiao_chassis::{
    desk::Act,
    document::FetchError,
    random,
    refusal::{Fields, Refusal, Violation},
};
use xinqiao_kernel::{CaseState, local::local_date};
use xinqiao_proto::archive::{SealPackageRequest, SealPackageResponse};

use super::{case_not_found, encode, resource};
use crate::domain::{
    bag::Bag,
    dossier::{LoggedEvent, Reference, missing_events},
    gap::{self, Gap},
    number::{ArchivalNumber, Codes},
    package::{self, Content, Heading, arrange},
    retention::decide,
};
use crate::events::{clock_note, publish};
use crate::store::{
    dossier::{self, DossierRow},
    objects,
    package::{self as register, PackageRow},
    shelf::Shelf,
};

/// Most characters of the note.
const NOTE_MAX: usize = 500;

pub(super) async fn seal(
    act: &mut Act,
    query: SealPackageRequest,
    shelf: Shelf,
    max_bytes: u64,
) -> Result<SealPackageResponse, Refusal> {
    let mut fields = Fields::new();
    let case_id = fields.uuid("case_id", &query.case_id).unwrap_or_default();
    let note = fields.text("note", &query.note, 0..=NOTE_MAX);
    if query.version == 0 {
        fields.missing("version");
    }
    fields.finish()?;
    let district = act.district();
    let mut row = dossier::lock(act.conn(), district, case_id)
        .await?
        .ok_or_else(case_not_found)?;
    // A hand-over may still be on its way; until it has come there is nothing here to have a right to.
    check(act, &row, query.version).await?;
    let resource = resource(act, case_id, &row.facts).await?;
    act.authorise(&resource, case_not_found)?;
    let known = dossier::references(act.conn(), district, &[case_id]).await?;
    let references: Vec<Reference> = known.into_iter().map(|(reference, ..)| reference).collect();
    let mut events = dossier::events(act.conn(), district, case_id, row.event_count).await?;
    for event in &mut events {
        event.clock = clock_note(&event.kind, &event.body);
    }
    let contents = collect(act, &row, references, &events, max_bytes).await?;
    let package = write(act, &mut row, note, &contents, &events, shelf).await?;
    Ok(SealPackageResponse {
        package: Some(encode::package(&package)),
    })
}

/// Holder, not sealed yet, and as the archivist saw it.
async fn check(act: &mut Act, row: &DossierRow, version: u64) -> Result<(), Refusal> {
    if let Some(package_id) = row.package_id {
        let district = act.district();
        let sealed = register::find(act.conn(), district, package_id).await?;
        let archival_no = sealed.map(|package| package.archival_no).unwrap_or_default();
        let (zh, en) = (
            "该信访事项已归档，不可重复封装",
            "the package of the case is sealed; nothing is sealed twice",
        );
        return Err(Refusal::new(Code::FailedPrecondition, "ALREADY_SEALED", zh, en)
            .with_metadata("package_id", package_id.to_string())
            .with_metadata("archival_no", archival_no));
    }
    if !row.facts.held() {
        return Err(Refusal::not_yet_here());
    }
    if row.version.unsigned_abs() != version {
        return Err(Refusal::stale_version());
    }
    Ok(())
}

/// Everything that goes into the bag, or every gap at once.
async fn collect(
    act: &Act,
    row: &DossierRow,
    references: Vec<Reference>,
    events: &[LoggedEvent],
    max_bytes: u64,
) -> Result<Vec<Content>, Refusal> {
    let mut gaps = gap::missing(&row.facts, &references);
    gaps.extend(missing_events(events));
    let bytes: u64 = references
        .iter()
        .map(|reference| reference.ciphertext_bytes)
        .sum();
    if bytes > max_bytes {
        let zh = format!("卷宗文书共 {bytes} 字节，超过封装上限 {max_bytes} 字节");
        let en = format!("the documents have {bytes} bytes, more than the limit of {max_bytes}");
        return Err(Refusal::new(Code::ResourceExhausted, "PACKAGE_TOO_LARGE", zh, en));
    }
    let mut contents = Vec::with_capacity(references.len());
    for (reference, path) in arrange(references) {
        let store = act.desk().objects();
        let fetched = objects::fetch(store.as_ref(), act.keys(), act.district(), &reference).await;
        match fetched.map_err(|error: FetchError| Refusal::internal(&error))? {
            Ok(canonical) => contents.push(Content {
                reference,
                path,
                canonical,
            }),
            Err(gap) => gaps.push(gap),
        }
    }
    if gaps.is_empty() {
        Ok(contents)
    } else {
        Err(incomplete(gaps))
    }
}

fn incomplete(gaps: Vec<Gap>) -> Refusal {
    let list = |language: fn(&Gap) -> &str| gaps.iter().map(language).collect::<Vec<_>>();
    let zh = format!("卷宗不完整，不能归档：{}", list(|gap| &gap.zh).join("；"));
    let en = format!("the dossier is not complete: {}", list(|gap| &gap.en).join("; "));
    let refusal = Refusal::new(Code::FailedPrecondition, "DOSSIER_INCOMPLETE", zh, en);
    gaps.into_iter().fold(refusal, |refusal, gap| {
        let field = format!("items[{}]", gap.item.number());
        refusal.with_violation(Violation::new(field, gap.reason.code(), gap.zh, gap.en))
    })
}

async fn write(
    act: &mut Act,
    row: &mut DossierRow,
    note: String,
    contents: &[Content],
    events: &[LoggedEvent],
    shelf: Shelf,
) -> Result<PackageRow, Refusal> {
    let (district, now, actor) = (act.district(), act.now(), act.actor_ref().to_owned());
    let title = title(act, row)?;
    let rule = decide(&row.facts);
    let held_on = row.facts.held_on.unwrap_or_else(|| local_date(now));
    let item = register::next_item(act.conn(), district, held_on.year(), rule.retention).await?;
    let file = act.district_file();
    let heading = Heading {
        package_id: random::new_id(),
        case_id: row.case_id,
        case_no: row.case_no,
        title,
        district,
        organisation: file.office.name_zh.clone(),
        archival_no: ArchivalNumber {
            codes: Codes {
                fonds: file.archive.fonds.clone(),
                category: file.archive.category.clone(),
                unit: file.archive.unit.clone(),
            },
            year: held_on.year(),
            retention: rule.retention,
            item: item.unsigned_abs(),
        }
        .to_string(),
        rule,
        rule_version: row.facts.rule_version.clone(),
        held_on,
        sealed_by: act.caller().name.clone(),
        sealed_at: now,
        remarks: note,
    };
    let bag = package::build(&heading, contents, events, &random::bytes())
        .map_err(|error| Refusal::internal(&error))?;
    let package = registered(&heading, &bag, contents.len(), row.event_count, item)?;
    let place = encode::place(district, &package);
    let written = tokio::task::spawn_blocking(move || shelf.write(&place, &bag)).await;
    written
        .map_err(|error| Refusal::internal(&error))?
        .map_err(|error| Refusal::internal(&error))?;
    register::insert(act.conn(), district, &package, &actor).await?;
    let documents: Vec<_> = contents
        .iter()
        .map(|content| content.reference.document_id)
        .collect();
    dossier::mark_sealed(act.conn(), district, package.package_id, &documents).await?;
    row.package_id = Some(package.package_id);
    row.facts.state = CaseState::Archived;
    row.version += 1;
    dossier::update(act.conn(), district, row, now, &actor).await?;
    publish::archived(act, &package);
    publish::finalise_if_due(act, row, None).await?;
    let sealed = register::find(act.conn(), district, package.package_id).await?;
    Ok(sealed.unwrap_or(package))
}

fn title(act: &Act, row: &DossierRow) -> Result<String, Refusal> {
    match &row.title {
        Some(sealed) => {
            let opened = act.open("dossier", "title", row.case_id, sealed);
            opened.map_err(|error| Refusal::internal(&error))
        }
        None => Ok(row.case_no.to_string()),
    }
}

fn registered(
    heading: &Heading,
    bag: &Bag,
    documents: usize,
    event_count: i32,
    item: i32,
) -> Result<PackageRow, Refusal> {
    let wide = |error: std::num::TryFromIntError| Refusal::internal(&error);
    let digest = hex::decode(bag.tag_manifest_sha512()).map_err(|error| Refusal::internal(&error))?;
    Ok(PackageRow {
        package_id: heading.package_id,
        case_id: heading.case_id,
        case_no: heading.case_no,
        archival_no: heading.archival_no.clone(),
        year: heading.held_on.year(),
        retention: heading.rule.retention,
        item,
        tagmanifest_sha512: digest,
        file_count: i32::try_from(bag.file_count()).map_err(wide)?,
        payload_bytes: i64::try_from(bag.payload_bytes()).map_err(wide)?,
        document_count: i32::try_from(documents).map_err(wide)?,
        event_count,
        sealed_at: heading.sealed_at,
        final_on: None,
        version: 1,
    })
}

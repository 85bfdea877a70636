//! The package of a case 一案一档 as a bag: layout, names, metadata. Same dossier, same bytes.

use serde::Serialize;
use time::{Date, OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;
use xinqiao_documents::{ArchiveItem, OpenError, canonical, open, readable};
use xinqiao_kernel::{
    CaseNumber, DistrictCode,
    local::{SHANGHAI, local_date},
};

use super::{
    bag::{Bag, BagBuilder, BuildError},
    catalogue::catalogue,
    dossier::{LoggedEvent, Reference},
    process_log::ProcessLog,
    retention::Rule,
};

/// What stands on the cover of a package.
#[derive(Clone, Debug)]
pub struct Heading {
    /// Identifier of the package.
    pub package_id: Uuid,
    /// Identifier of the case.
    pub case_id: Uuid,
    /// Number of the case.
    pub case_no: CaseNumber,
    /// Title of the case (class P2: only inside the sealed bag).
    pub title: String,
    /// District code.
    pub district: DistrictCode,
    /// District and office, 中文.
    pub organisation: String,
    /// Archival number 档号.
    pub archival_no: String,
    /// Rule that gave the retention.
    pub rule: &'static Rule,
    /// Rule set the case followed.
    pub rule_version: String,
    /// Local date of closing or filing.
    pub held_on: Date,
    /// Name of the archivist (class P1).
    pub sealed_by: String,
    /// Legal time of sealing.
    pub sealed_at: OffsetDateTime,
    /// Remarks of the archivist for the note 备考表.
    pub remarks: String,
}

/// A document with its content.
#[derive(Clone, Debug)]
pub struct Content {
    /// What the dossier knows of it.
    pub reference: Reference,
    /// Where it lies under `data/`, without extension.
    pub path: String,
    /// The canonical bytes, salt included: their SHA-256 is the digest of the reference.
    pub canonical: Vec<u8>,
}

/// Where the process log lies under `data/`.
pub fn process_log_path() -> String {
    format!("{}/process-log.json", ArchiveItem::ProcessLog.folder())
}

/// Puts documents in the order of the file and gives each its place, without extension: item, then time of
/// the act, then identifier.
pub fn arrange(mut references: Vec<Reference>) -> Vec<(Reference, String)> {
    references.sort_by_key(|reference| (reference.item, reference.created_at, reference.document_id));
    let mut arranged: Vec<(Reference, String)> = Vec::with_capacity(references.len());
    let mut number = 0;
    for reference in references {
        let same_item = arranged
            .last()
            .is_some_and(|(last, _)| last.item == reference.item);
        number = if same_item { number + 1 } else { 1 };
        let path = format!("{}/{number:02}_{}", reference.item.folder(), reference.form);
        arranged.push((reference, path));
    }
    arranged
}

/// Why no package can be built.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PackageError {
    /// A file cannot go into the bag.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// A document is not canonical.
    #[error("document {document_id}: {source}")]
    Document {
        /// Which.
        document_id: Uuid,
        /// Why.
        source: OpenError,
    },
}

/// Builds the bag. `contents` come as [`arrange`] has ordered them; `salt` is the salt of the catalogue.
pub fn build(
    heading: &Heading,
    contents: &[Content],
    events: &[LoggedEvent],
    salt: &[u8; 32],
) -> Result<Bag, PackageError> {
    let mut bag = BagBuilder::new();
    let first = canonical(&catalogue(heading, contents, events.len()), salt);
    add(
        &mut bag,
        &format!("{}/01_D30", ArchiveItem::Catalogue.folder()),
        &first,
        heading.package_id,
    )?;
    for Content {
        reference,
        path,
        canonical,
    } in contents
    {
        add(&mut bag, path, canonical, reference.document_id)?;
    }
    let log = ProcessLog::of(heading.case_no, events);
    bag.payload(&process_log_path(), log.json())?;
    bag.payload(
        &format!("{}/process-log.txt", ArchiveItem::ProcessLog.folder()),
        log.text().into_bytes(),
    )?;
    bag.metadata(
        "package.json",
        to_json(&describe(heading, contents.len(), events.len())),
    )?;
    bag.metadata(
        "references.json",
        to_json(&contents.iter().map(line).collect::<Vec<_>>()),
    )?;
    tags(&mut bag, heading);
    Ok(bag.build())
}

/// A document twice: its canonical bytes as they were hashed, and as people read it.
fn add(bag: &mut BagBuilder, path: &str, canonical: &[u8], document_id: Uuid) -> Result<(), PackageError> {
    let opened = open(canonical).map_err(|source| PackageError::Document { document_id, source })?;
    bag.payload(&format!("{path}.json"), canonical.to_vec())?;
    bag.payload(&format!("{path}.txt"), readable(&opened).into_bytes())?;
    Ok(())
}

fn tags(bag: &mut BagBuilder, heading: &Heading) {
    bag.info("Source-Organization", &heading.organisation);
    bag.info("External-Identifier", &heading.archival_no);
    bag.info("Internal-Sender-Identifier", &heading.case_no.to_string());
    bag.info("Internal-Sender-Description", "信访事项档案 一案一档");
    bag.info("Bagging-Date", &local_date(heading.sealed_at).to_string());
    bag.info("BagIt-Profile-Identifier", "urn:xinqiao:archive-package:1");
}

/// The cover for programs, after DA/T 46: what, whose, how long, by which rule.
#[derive(Serialize)]
struct Description<'a> {
    archival_no: &'a str,
    case_id: Uuid,
    case_no: CaseNumber,
    closed_on: String,
    district: DistrictCode,
    documents: usize,
    events: usize,
    organisation: &'a str,
    package_id: Uuid,
    retention: &'static str,
    retention_rule: u8,
    retention_reason: &'static str,
    rule_version: &'a str,
    sealed_at: String,
    sealed_by: &'a str,
    version: u32,
}

fn describe(heading: &Heading, documents: usize, events: usize) -> Description<'_> {
    Description {
        archival_no: &heading.archival_no,
        case_id: heading.case_id,
        case_no: heading.case_no,
        closed_on: heading.held_on.to_string(),
        district: heading.district,
        documents,
        events,
        organisation: &heading.organisation,
        package_id: heading.package_id,
        retention: heading.rule.retention.code(),
        retention_rule: heading.rule.order,
        retention_reason: heading.rule.zh,
        rule_version: &heading.rule_version,
        sealed_at: instant(heading.sealed_at),
        sealed_by: &heading.sealed_by,
        version: 1,
    }
}

/// A reference as the bag keeps it, so that the object store can be compared with the bag later.
#[derive(Serialize)]
struct ReferenceLine<'a> {
    ciphertext_bytes: u64,
    ciphertext_sha256: &'a str,
    content_sha256: &'a str,
    created_at: String,
    document_id: Uuid,
    form: &'a str,
    item: ArchiveItem,
    key_version: u32,
    path: String,
    publisher: &'a str,
}

fn line(content: &Content) -> ReferenceLine<'_> {
    let reference = &content.reference;
    ReferenceLine {
        ciphertext_bytes: reference.ciphertext_bytes,
        ciphertext_sha256: &reference.ciphertext_sha256,
        content_sha256: &reference.content_sha256,
        created_at: instant(reference.created_at),
        document_id: reference.document_id,
        form: &reference.form,
        item: reference.item,
        key_version: reference.key_version,
        path: format!("data/{}.json", content.path),
        publisher: &reference.publisher,
    }
}

fn to_json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec_pretty(value).expect("plain values have a JSON form")
}

fn instant(instant: OffsetDateTime) -> String {
    let local = instant.to_offset(SHANGHAI).format(&Rfc3339);
    local.expect("instants of a case lie in years that RFC 3339 can write")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::{
        bag::{Seen, validate},
        dossier::tests::{event, reference},
        facts::Facts,
        retention::decide,
    };
    use std::collections::BTreeMap;
    use time::macros::datetime;

    pub(crate) fn heading() -> Heading {
        Heading {
            package_id: Uuid::from_u128(7),
            case_id: Uuid::from_u128(1),
            case_no: "XF-220502-2026-2-000123-9".parse().unwrap(),
            title: "房屋质量纠纷".to_owned(),
            district: "220502".parse().unwrap(),
            organisation: "东昌区信访工作联席会议办公室".to_owned(),
            archival_no: "J101-XF·2026-Y-LXB-0001".to_owned(),
            rule: decide(&Facts {
                persons: 5,
                ..Facts::default()
            }),
            rule_version: "2022.1".to_owned(),
            held_on: time::macros::date!(2026 - 04 - 28),
            sealed_by: "周档案".to_owned(),
            sealed_at: datetime!(2026-04-29 10:00 +8),
            remarks: String::new(),
        }
    }

    /// A canonical document of a form.
    pub(crate) fn paper(form: &str) -> Vec<u8> {
        let salt = "5a".repeat(32);
        format!(r#"{{"form":"{form}","title":"文书","salt":"{salt}","content":{{"text":"原文"}}}}"#)
            .into_bytes()
    }

    fn contents() -> Vec<Content> {
        let references = vec![
            reference("14", "D15"),
            reference("02", "D01"),
            reference("12", "D12"),
        ];
        arrange(references)
            .into_iter()
            .map(|(reference, path)| Content {
                canonical: paper(&reference.form),
                reference,
                path,
            })
            .collect()
    }

    #[test]
    fn documents_lie_in_the_order_of_the_file() {
        let mut second = reference("12", "D14");
        second.created_at = datetime!(2026-04-21 10:00 +8);
        let paths: Vec<_> = arrange(vec![second, reference("12", "D12"), reference("02", "D01")])
            .into_iter()
            .map(|(_, path)| path)
            .collect();
        assert_eq!(
            paths,
            [
                "02_登记表与回执/01_D01",
                "12_处理意见书与送达回证/01_D12",
                "12_处理意见书与送达回证/02_D14"
            ]
        );
    }

    #[test]
    fn the_package_is_a_valid_bag_with_every_text() {
        let bag = build(&heading(), &contents(), &[event(1, "intake", 1)], &[7; 32]).unwrap();
        let files: BTreeMap<String, Seen> = bag
            .files()
            .map(|(path, bytes)| (path.to_string(), Seen::of(path.as_str(), bytes)))
            .collect();
        assert_eq!(validate(&files), []);
        let paths: Vec<_> = bag.files().map(|(path, _)| path.as_str()).collect();
        assert!(paths.contains(&"data/01_卷内目录与备考表/01_D30.txt"));
        assert!(paths.contains(&"data/12_处理意见书与送达回证/01_D12.json"));
        assert!(paths.contains(&"data/21_过程日志/process-log.json"));
        assert!(paths.contains(&"metadata/references.json"));
    }

    #[test]
    fn the_catalogue_names_every_document_in_chinese() {
        let bag = build(&heading(), &contents(), &[], &[7; 32]).unwrap();
        let (_, text) = bag
            .files()
            .find(|(path, _)| path.as_str().ends_with("01_D30.txt"))
            .unwrap();
        let text = String::from_utf8(text.to_vec()).unwrap();
        for expected in [
            "信访处理意见书",
            "结案报告",
            "立卷人：周档案",
            "题名：房屋质量纠纷",
        ] {
            assert!(text.contains(expected), "{expected} not in {text}");
        }
    }

    #[test]
    fn what_is_no_document_is_not_packed() {
        let mut contents = contents();
        contents[0].canonical = b"{}".to_vec();
        assert!(matches!(
            build(&heading(), &contents, &[], &[7; 32]),
            Err(PackageError::Document { .. })
        ));
    }

    #[test]
    fn the_same_dossier_gives_the_same_bytes() {
        let build = || build(&heading(), &contents(), &[event(1, "intake", 1)], &[7; 32]).unwrap();
        assert_eq!(build().tag_manifest_sha512(), build().tag_manifest_sha512());
    }

    #[test]
    fn the_digest_of_a_document_in_the_bag_is_the_digest_of_its_reference() {
        let contents = contents();
        let bag = build(&heading(), &contents, &[], &[7; 32]).unwrap();
        let (_, bytes) = bag
            .files()
            .find(|(path, _)| path.as_str().ends_with("01_D12.json"))
            .unwrap();
        assert_eq!(bytes, contents[1].canonical);
    }
}

//! What a verification compares beyond the bag itself: register, references, event log, number series.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{
    bag::{Finding, FindingKind, Seen, TAG_MANIFEST, sha256},
    dossier::{LoggedEvent, Reference},
    number,
    package::{arrange, process_log_path},
    process_log::ProcessLog,
    retention::Retention,
};

/// What the register says of a package.
#[derive(Clone, Debug)]
pub struct Register {
    /// SHA-512 of the tag manifest at sealing, hexadecimal.
    pub tagmanifest_sha512: String,
    /// Files in the bag at sealing.
    pub file_count: u64,
    /// Documents that were sealed.
    pub references: Vec<Reference>,
    /// Events that were sealed.
    pub events: Vec<LoggedEvent>,
    /// Series of the archival number.
    pub series: Series,
}

/// The archival numbers of a year and retention period.
#[derive(Clone, Debug)]
pub struct Series {
    /// Year 年度.
    pub year: i32,
    /// Retention period.
    pub retention: Retention,
    /// Items that packages carry.
    pub items: Vec<u32>,
    /// The counter.
    pub last: u32,
}

/// Compares the files with the register. `log` is the process log of the bag, when it could be read.
pub fn compare(files: &BTreeMap<String, Seen>, log: Option<&[u8]>, register: &Register) -> Vec<Finding> {
    let mut findings = Vec::new();
    check_register(files, register, &mut findings);
    check_documents(files, register, &mut findings);
    check_events(log, &register.events, &mut findings);
    check_series(&register.series, &mut findings);
    findings
}

fn check_register(files: &BTreeMap<String, Seen>, register: &Register, findings: &mut Vec<Finding>) {
    let tag_manifest = files.get(TAG_MANIFEST).map(|seen| seen.sha512.as_str());
    if tag_manifest.is_some_and(|digest| digest != register.tagmanifest_sha512) {
        findings.push(Finding::new(
            FindingKind::RegisterDiffers,
            TAG_MANIFEST,
            "标签清单与归档登记不符",
            "the tag manifest is not the one registered at sealing",
        ));
    }
    if files.len() as u64 != register.file_count {
        findings.push(Finding::new(
            FindingKind::RegisterDiffers,
            "",
            format!("登记 {} 个文件，实有 {} 个", register.file_count, files.len()),
            format!(
                "{} files are registered, {} are there",
                register.file_count,
                files.len()
            ),
        ));
    }
}

fn check_documents(files: &BTreeMap<String, Seen>, register: &Register, findings: &mut Vec<Finding>) {
    for (reference, path) in arrange(register.references.clone()) {
        let path = format!("data/{path}.json");
        if files
            .get(&path)
            .is_none_or(|seen| seen.sha256 != reference.content_sha256)
        {
            findings.push(Finding::new(
                FindingKind::DocumentDiffers,
                path,
                format!("文书 {} 与登记的内容摘要不符", reference.form),
                format!(
                    "document {} is missing or differs from its reference",
                    reference.form
                ),
            ));
        }
    }
}

fn check_events(log: Option<&[u8]>, events: &[LoggedEvent], findings: &mut Vec<Finding>) {
    let parsed: Option<ProcessLog> = log.and_then(|bytes| serde_json::from_slice(bytes).ok());
    let in_bag: Option<Vec<(Uuid, u64, String)>> = parsed.map(|log| {
        log.events
            .into_iter()
            .map(|line| (line.event_id, line.sequence, line.body_sha256))
            .collect()
    });
    let in_dossier: Vec<_> = events
        .iter()
        .map(|event| (event.event_id, event.sequence, sha256(&event.body)))
        .collect();
    if in_bag.as_ref() != Some(&in_dossier) {
        findings.push(Finding::new(
            FindingKind::EventsDiffer,
            format!("data/{}", process_log_path()),
            "过程日志与卷宗记录的事件不符",
            "the process log differs from the events of the dossier",
        ));
    }
}

fn check_series(series: &Series, findings: &mut Vec<Finding>) {
    for item in number::gaps(&series.items, series.last) {
        let Series { year, retention, .. } = series;
        findings.push(Finding::new(
            FindingKind::NumberGap,
            "",
            format!("{year} 年度 {} 期限缺件号 {item:04}", retention.zh()),
            format!("item {item:04} of {year}, {retention} is missing"),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        dossier::tests::{event, reference},
        package::{
            self, Content,
            tests::{heading, paper},
        },
    };

    fn sealed() -> (BTreeMap<String, Seen>, Vec<u8>, Register) {
        let mut known = reference("02", "D01");
        let canonical = paper("D01");
        known.content_sha256 = sha256(&canonical);
        let events = vec![event(1, "intake", 1)];
        let (reference, path) = arrange(vec![known.clone()]).remove(0);
        let bag = package::build(
            &heading(),
            &[Content {
                reference,
                path,
                canonical,
            }],
            &events,
            &[7; 32],
        )
        .unwrap();
        let files: BTreeMap<String, Seen> = bag
            .files()
            .map(|(path, bytes)| (path.to_string(), Seen::of(path.as_str(), bytes)))
            .collect();
        let log_path = format!("data/{}", process_log_path());
        let log = bag
            .files()
            .find(|(path, _)| path.as_str() == log_path)
            .unwrap()
            .1
            .to_vec();
        let register = Register {
            tagmanifest_sha512: bag.tag_manifest_sha512(),
            file_count: bag.file_count() as u64,
            references: vec![known],
            events,
            series: Series {
                year: 2026,
                retention: Retention::Y,
                items: vec![1],
                last: 1,
            },
        };
        (files, log, register)
    }

    fn kinds(findings: &[Finding]) -> Vec<FindingKind> {
        findings.iter().map(|finding| finding.kind).collect()
    }

    #[test]
    fn an_untouched_package_has_no_finding() {
        let (files, log, register) = sealed();
        assert_eq!(compare(&files, Some(&log), &register), []);
    }

    #[test]
    fn a_whole_bag_swapped_for_another_valid_one_is_found() {
        let (files, log, mut register) = sealed();
        register.tagmanifest_sha512 = "00".repeat(64);
        assert_eq!(
            kinds(&compare(&files, Some(&log), &register)),
            [FindingKind::RegisterDiffers]
        );
    }

    #[test]
    fn a_document_unlike_its_reference_is_found() {
        let (files, log, mut register) = sealed();
        register.references[0].content_sha256 = "00".repeat(32);
        let findings = compare(&files, Some(&log), &register);
        assert_eq!(kinds(&findings), [FindingKind::DocumentDiffers]);
        assert_eq!(findings[0].path, "data/02_登记表与回执/01_D01.json");
    }

    #[test]
    fn a_log_unlike_the_dossier_is_found() {
        let (files, log, mut register) = sealed();
        register.events[0].body.push(9);
        assert_eq!(
            kinds(&compare(&files, Some(&log), &register)),
            [FindingKind::EventsDiffer]
        );
        register.events.clear();
        assert_eq!(
            kinds(&compare(&files, None, &register)),
            [FindingKind::EventsDiffer]
        );
    }

    #[test]
    fn a_hole_in_the_numbers_is_found() {
        let (files, log, mut register) = sealed();
        register.series.last = 2;
        let findings = compare(&files, Some(&log), &register);
        assert_eq!(kinds(&findings), [FindingKind::NumberGap]);
        assert!(findings[0].zh.contains("0002"));
    }
}

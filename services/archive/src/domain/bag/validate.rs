//! Judging a bag: complete and valid (RFC 8493 §3), and the stricter rules of this archive.

use std::collections::BTreeMap;

use super::{
    BAG_INFO, BAGIT_TXT, BagPath, DECLARATION, MANIFEST_256, MANIFEST_512, PAYLOAD, Seen, TAG_MANIFEST,
    manifest::{self, Fault},
};

/// Something that is not as it was sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind of fault.
    pub kind: FindingKind,
    /// The file, or empty when it concerns the package as a whole.
    pub path: String,
    /// 中文.
    pub zh: String,
    /// English.
    pub en: String,
}

/// Kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingKind {
    /// Listed, but not there.
    FileMissing,
    /// There, but not listed.
    FileUnlisted,
    /// The sealed file does not open.
    FileUnreadable,
    /// The digest differs from the manifest.
    DigestDiffers,
    /// A tag file is not as the standard wants it.
    Malformed,
    /// A path that could lead outside, or `fetch.txt`.
    ForbiddenPath,
    /// The tag manifest is not the registered one.
    RegisterDiffers,
    /// A document differs from its reference.
    DocumentDiffers,
    /// The event log differs from the dossier.
    EventsDiffer,
    /// An archival number is missing.
    NumberGap,
    /// Size or count differ from the description.
    OxumDiffers,
}

impl Finding {
    /// A finding about one file, or about the package when `path` is empty.
    pub fn new(
        kind: FindingKind,
        path: impl Into<String>,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            path: path.into(),
            zh: zh.into(),
            en: en.into(),
        }
    }
}

/// Judges a bag; no finding means valid.
pub fn validate(files: &BTreeMap<String, Seen>) -> Vec<Finding> {
    let mut findings = Vec::new();
    check_names(files, &mut findings);
    check_declaration(files, &mut findings);
    for (name, digest) in [(MANIFEST_512, Digest::Sha512), (MANIFEST_256, Digest::Sha256)] {
        if let Some(listed) = read(files, name, digest, &mut findings) {
            compare(
                files,
                name,
                &listed,
                digest,
                |path| path.starts_with(PAYLOAD),
                &mut findings,
            );
        }
    }
    if let Some(listed) = read(files, TAG_MANIFEST, Digest::Sha512, &mut findings) {
        let is_tag = |path: &str| !path.starts_with(PAYLOAD) && path != TAG_MANIFEST;
        compare(
            files,
            TAG_MANIFEST,
            &listed,
            Digest::Sha512,
            is_tag,
            &mut findings,
        );
    }
    check_oxum(files, &mut findings);
    findings.sort_by(|a, b| (&a.path, a.kind).cmp(&(&b.path, b.kind)));
    findings.dedup_by(|a, b| a.path == b.path && a.kind == b.kind);
    findings
}

#[derive(Clone, Copy)]
enum Digest {
    Sha512,
    Sha256,
}

impl Digest {
    fn chars(self) -> usize {
        match self {
            Self::Sha512 => 128,
            Self::Sha256 => 64,
        }
    }

    fn of(self, seen: &Seen) -> &str {
        match self {
            Self::Sha512 => &seen.sha512,
            Self::Sha256 => &seen.sha256,
        }
    }
}

fn check_names(files: &BTreeMap<String, Seen>, findings: &mut Vec<Finding>) {
    for path in files.keys() {
        if let Err(error) = BagPath::parse(path) {
            findings.push(Finding::new(
                FindingKind::ForbiddenPath,
                path,
                "包内不允许有此路径",
                error.to_string(),
            ));
        }
    }
}

fn check_declaration(files: &BTreeMap<String, Seen>, findings: &mut Vec<Finding>) {
    for name in [BAGIT_TXT, BAG_INFO] {
        match files.get(name) {
            None => findings.push(missing(name)),
            Some(seen) if name == BAGIT_TXT && seen.tag.as_deref() != Some(DECLARATION.as_bytes()) => {
                findings.push(malformed(
                    name,
                    "包声明不是 BagIt 1.0 / UTF-8",
                    "the declaration is not BagIt 1.0, UTF-8",
                ));
            }
            Some(_) => {}
        }
    }
}

fn read(
    files: &BTreeMap<String, Seen>,
    name: &str,
    digest: Digest,
    findings: &mut Vec<Finding>,
) -> Option<BTreeMap<String, String>> {
    let Some(seen) = files.get(name) else {
        findings.push(missing(name));
        return None;
    };
    let Some(text) = seen.tag.as_deref().and_then(|bytes| str::from_utf8(bytes).ok()) else {
        findings.push(malformed(
            name,
            "清单不是 UTF-8 文本",
            "the manifest is not UTF-8 text",
        ));
        return None;
    };
    let (listed, faults) = manifest::read(text, digest.chars());
    for fault in faults {
        findings.push(match fault {
            Fault::Path(line) => Finding::new(
                FindingKind::ForbiddenPath,
                name,
                format!("清单第 {line} 行的路径不允许"),
                format!("line {line} names a path that is not allowed"),
            ),
            Fault::Line(line) | Fault::Twice(line) => malformed(
                name,
                &format!("清单第 {line} 行有误或重复"),
                &format!("line {line} is malformed or repeated"),
            ),
        });
    }
    Some(listed)
}

fn compare(
    files: &BTreeMap<String, Seen>,
    manifest: &str,
    listed: &BTreeMap<String, String>,
    digest: Digest,
    belongs: impl Fn(&str) -> bool,
    findings: &mut Vec<Finding>,
) {
    for (path, expected) in listed {
        match files.get(path) {
            _ if !belongs(path) => {
                findings.push(malformed(
                    manifest,
                    &format!("清单不应列出 {path}"),
                    &format!("the manifest should not list {path}"),
                ));
            }
            None => findings.push(missing(path)),
            Some(seen) if digest.of(seen) != expected => findings.push(Finding::new(
                FindingKind::DigestDiffers,
                path,
                format!("文件内容与 {manifest} 的摘要不符"),
                format!("the file has another digest than {manifest} says"),
            )),
            Some(_) => {}
        }
    }
    for path in files
        .keys()
        .filter(|path| belongs(path) && !listed.contains_key(*path))
    {
        findings.push(Finding::new(
            FindingKind::FileUnlisted,
            path,
            format!("{manifest} 未列出此文件"),
            format!("{manifest} does not list this file"),
        ));
    }
}

fn check_oxum(files: &BTreeMap<String, Seen>, findings: &mut Vec<Finding>) {
    let payload = files.iter().filter(|(path, _)| path.starts_with(PAYLOAD));
    let (octets, count) = payload.fold((0_u64, 0_u64), |(octets, count), (_, seen)| {
        (octets + seen.size, count + 1)
    });
    let expected = format!("Payload-Oxum: {octets}.{count}");
    let text = files
        .get(BAG_INFO)
        .and_then(|seen| seen.tag.as_deref())
        .and_then(|tag| str::from_utf8(tag).ok());
    if text.is_some_and(|text| !text.lines().any(|line| line == expected)) {
        findings.push(Finding::new(
            FindingKind::OxumDiffers,
            BAG_INFO,
            "文件总数或总字节数与包说明不符",
            "the number of files or octets differs from Payload-Oxum",
        ));
    }
}

fn missing(path: &str) -> Finding {
    Finding::new(FindingKind::FileMissing, path, "文件缺失", "the file is missing")
}

fn malformed(path: &str, zh: &str, en: &str) -> Finding {
    Finding::new(FindingKind::Malformed, path, zh, en)
}

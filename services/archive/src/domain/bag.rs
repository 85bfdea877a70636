//! BagIt 1.0 (RFC 8493): building a bag and judging one.
//!
//! A bag here is stricter than the standard asks: two payload manifests (SHA-512 and SHA-256), a tag
//! manifest that lists every tag file, no `fetch.txt`, no path that could leave the folder. Everything
//! works on bytes in hand or on [`Seen`] facts about files; reading and writing is the store's.

mod manifest;
mod path;
mod validate;

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, SHA512, digest};

pub use path::{BagPath, PathError};
pub use validate::{Finding, FindingKind, validate};

/// Declaration of every bag (RFC 8493 §2.1.1).
pub const BAGIT_TXT: &str = "bagit.txt";
/// Description of the bag.
pub const BAG_INFO: &str = "bag-info.txt";
/// Payload manifest, SHA-512.
pub const MANIFEST_512: &str = "manifest-sha512.txt";
/// Payload manifest, SHA-256.
pub const MANIFEST_256: &str = "manifest-sha256.txt";
/// Tag manifest; its own digest is what the register keeps.
pub const TAG_MANIFEST: &str = "tagmanifest-sha512.txt";

const DECLARATION: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
const PAYLOAD: &str = "data/";

/// SHA-512, hexadecimal.
pub fn sha512(bytes: &[u8]) -> String {
    hex::encode(digest(&SHA512, bytes))
}

/// SHA-256, hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest(&SHA256, bytes))
}

/// A finished bag: every file by path, in path order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bag {
    files: BTreeMap<BagPath, Vec<u8>>,
}

impl Bag {
    /// Every file in path order.
    pub fn files(&self) -> impl Iterator<Item = (&BagPath, &[u8])> {
        self.files.iter().map(|(path, bytes)| (path, bytes.as_slice()))
    }

    /// How many files, tag files included.
    pub fn file_count(&self) -> usize {
        self.files.len()
    }

    /// Plain bytes under `data/`.
    pub fn payload_bytes(&self) -> u64 {
        self.files
            .iter()
            .filter(|(path, _)| path.is_payload())
            .map(|(_, bytes)| bytes.len() as u64)
            .sum()
    }

    /// SHA-512 of the tag manifest, hexadecimal: the one value that fixes the whole bag.
    pub fn tag_manifest_sha512(&self) -> String {
        self.files
            .iter()
            .find(|(path, _)| path.as_str() == TAG_MANIFEST)
            .map(|(_, bytes)| sha512(bytes))
            .expect("a built bag has its tag manifest")
    }
}

/// Collects the files of a bag; [`BagBuilder::build`] adds declaration, description and manifests.
#[derive(Debug, Default)]
pub struct BagBuilder {
    payload: BTreeMap<BagPath, Vec<u8>>,
    tags: BTreeMap<BagPath, Vec<u8>>,
    info: Vec<(&'static str, String)>,
}

/// Why a file cannot go into a bag.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BuildError {
    /// The path is not allowed.
    #[error(transparent)]
    Path(#[from] PathError),
    /// Two files under one path.
    #[error("two files want the path {0}")]
    Twice(String),
    /// A tag file outside `metadata/`, whose name the standard keeps for itself.
    #[error("tag files live under metadata/, not at {0}")]
    Reserved(String),
}

impl BagBuilder {
    /// An empty bag.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a payload file; `path` is relative to `data/`.
    pub fn payload(&mut self, path: &str, bytes: Vec<u8>) -> Result<(), BuildError> {
        let path = BagPath::parse(&format!("{PAYLOAD}{path}"))?;
        insert(&mut self.payload, path, bytes)
    }

    /// Adds a tag file under `metadata/`; `path` is relative to it.
    pub fn metadata(&mut self, path: &str, bytes: Vec<u8>) -> Result<(), BuildError> {
        let path = BagPath::parse(&format!("metadata/{path}"))?;
        insert(&mut self.tags, path, bytes)
    }

    /// Adds a line of `bag-info.txt`; line ends inside the value become spaces.
    pub fn info(&mut self, label: &'static str, value: &str) {
        self.info.push((label, value.replace(['\r', '\n'], " ")));
    }

    /// Closes the bag.
    pub fn build(self) -> Bag {
        let Self {
            payload,
            mut tags,
            info,
        } = self;
        let own = |name: &str| BagPath::parse(name).expect("the names of the standard are plain");
        tags.insert(own(BAGIT_TXT), DECLARATION.into());
        tags.insert(
            own(MANIFEST_512),
            manifest::write(payload.iter().map(|(p, b)| (p, sha512(b)))).into(),
        );
        tags.insert(
            own(MANIFEST_256),
            manifest::write(payload.iter().map(|(p, b)| (p, sha256(b)))).into(),
        );
        tags.insert(own(BAG_INFO), describe(&info, &payload).into());
        let tag_manifest = manifest::write(tags.iter().map(|(p, b)| (p, sha512(b))));
        tags.insert(own(TAG_MANIFEST), tag_manifest.into());
        let mut files = payload;
        files.append(&mut tags);
        Bag { files }
    }
}

fn insert(files: &mut BTreeMap<BagPath, Vec<u8>>, path: BagPath, bytes: Vec<u8>) -> Result<(), BuildError> {
    if files.contains_key(&path) {
        return Err(BuildError::Twice(path.to_string()));
    }
    files.insert(path, bytes);
    Ok(())
}

fn describe(info: &[(&'static str, String)], payload: &BTreeMap<BagPath, Vec<u8>>) -> String {
    use std::fmt::Write as _;

    let octets: u64 = payload.values().map(|bytes| bytes.len() as u64).sum();
    let mut text = String::new();
    for (label, value) in info {
        writeln!(text, "{label}: {value}").expect("writing to a string cannot fail");
    }
    writeln!(text, "Payload-Oxum: {octets}.{}", payload.len()).expect("writing to a string cannot fail");
    text
}

/// The digest of every file a SHA-512 manifest lists, by path; nothing when a line is faulty.
pub fn listing(manifest: &[u8]) -> Option<BTreeMap<String, String>> {
    let (listed, faults) = manifest::read(str::from_utf8(manifest).ok()?, 128);
    faults.is_empty().then_some(listed)
}

/// What a judge of a bag needs to know about one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Plain bytes.
    pub size: u64,
    /// SHA-512, hexadecimal.
    pub sha512: String,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// The bytes themselves, for tag files only.
    pub tag: Option<Vec<u8>>,
}

impl Seen {
    /// Looks at a file.
    pub fn of(path: &str, bytes: &[u8]) -> Self {
        Self {
            size: bytes.len() as u64,
            sha512: sha512(bytes),
            sha256: sha256(bytes),
            tag: (!path.starts_with(PAYLOAD)).then(|| bytes.to_vec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> BagBuilder {
        let mut bag = BagBuilder::new();
        bag.payload("02_登记/01_D01.json", br#"{"a":1}"#.to_vec())
            .unwrap();
        bag.payload("14_结案报告/01_D15.txt", "结案".into()).unwrap();
        bag.metadata("package.json", b"{}".to_vec()).unwrap();
        bag.info("Source-Organization", "东昌区\n信访局");
        bag
    }

    fn seen(bag: &Bag) -> BTreeMap<String, Seen> {
        bag.files()
            .map(|(path, bytes)| (path.to_string(), Seen::of(path.as_str(), bytes)))
            .collect()
    }

    fn kinds(files: &BTreeMap<String, Seen>) -> Vec<(FindingKind, String)> {
        validate(files)
            .into_iter()
            .map(|finding| (finding.kind, finding.path))
            .collect()
    }

    #[test]
    fn a_built_bag_is_valid_and_says_what_it_holds() {
        let bag = sample().build();
        assert_eq!(kinds(&seen(&bag)), []);
        let text = |name: &str| {
            let (_, bytes) = bag.files().find(|(path, _)| path.as_str() == name).unwrap();
            String::from_utf8(bytes.to_vec()).unwrap()
        };
        assert_eq!(
            text(BAGIT_TXT),
            "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
        );
        assert_eq!(
            text(BAG_INFO),
            "Source-Organization: 东昌区 信访局\nPayload-Oxum: 13.2\n"
        );
        assert!(
            text(MANIFEST_256).starts_with(&format!("{}  data/02_登记/01_D01.json\n", sha256(br#"{"a":1}"#)))
        );
        assert_eq!(bag.payload_bytes(), 13);
        assert_eq!(bag.file_count(), 8);
    }

    #[test]
    fn the_same_files_make_the_same_bag() {
        assert_eq!(sample().build(), sample().build());
        assert_eq!(
            sample().build().tag_manifest_sha512(),
            sample().build().tag_manifest_sha512()
        );
    }

    #[test]
    fn a_flipped_byte_is_found_with_its_file() {
        let bag = sample().build();
        for (path, bytes) in bag.files() {
            let mut altered = bytes.to_vec();
            altered[0] ^= 1;
            let mut files = seen(&bag);
            files.insert(path.to_string(), Seen::of(path.as_str(), &altered));
            let found = kinds(&files);
            assert!(!found.is_empty(), "{path} altered without notice");
            if path.as_str() != TAG_MANIFEST {
                assert!(
                    found.contains(&(FindingKind::DigestDiffers, path.to_string())),
                    "{path}: {found:?}"
                );
            }
        }
    }

    #[test]
    fn a_missing_file_is_found() {
        let bag = sample().build();
        for (path, _) in bag.files() {
            let mut files = seen(&bag);
            files.remove(path.as_str());
            let found = kinds(&files);
            assert!(
                found.contains(&(FindingKind::FileMissing, path.to_string())),
                "{path}: {found:?}"
            );
        }
    }

    #[test]
    fn an_extra_file_is_found() {
        for extra in ["data/03_原件/x.txt", "data/x", "metadata/more.json", "stray.txt"] {
            let mut files = seen(&sample().build());
            files.insert(extra.to_owned(), Seen::of(extra, b"x"));
            let found = kinds(&files);
            assert!(
                found.contains(&(FindingKind::FileUnlisted, extra.to_owned())),
                "{extra}: {found:?}"
            );
        }
    }

    #[test]
    fn a_fetch_list_is_refused() {
        let mut files = seen(&sample().build());
        files.insert(
            "fetch.txt".to_owned(),
            Seen::of("fetch.txt", b"http://example.org/ 1 data/x\n"),
        );
        assert!(kinds(&files).contains(&(FindingKind::ForbiddenPath, "fetch.txt".to_owned())));
    }

    #[test]
    fn a_manifest_that_points_outside_is_refused() {
        let mut files = seen(&sample().build());
        let forged = format!("{}  data/../../etc/passwd\n", sha512(b"x"));
        files.insert(MANIFEST_512.to_owned(), Seen::of(MANIFEST_512, forged.as_bytes()));
        let found = kinds(&files);
        assert!(
            found.contains(&(FindingKind::ForbiddenPath, MANIFEST_512.to_owned())),
            "{found:?}"
        );
    }

    #[test]
    fn two_files_of_one_name_are_refused() {
        let mut bag = sample();
        assert_eq!(
            bag.payload("02_登记/01_D01.json", Vec::new()),
            Err(BuildError::Twice("data/02_登记/01_D01.json".to_owned()))
        );
    }

    proptest! {
        #[test]
        fn any_set_of_files_makes_a_valid_bag(
            files in proptest::collection::btree_map("[a-z0-9%]{1,8}(/[\u{4e00}-\u{4e20}a-z%]{1,6}){0,2}\\.txt",
                proptest::collection::vec(any::<u8>(), 0..64), 0..12)
        ) {
            let mut bag = BagBuilder::new();
            for (path, bytes) in &files {
                bag.payload(path, bytes.clone()).unwrap();
            }
            let bag = bag.build();
            prop_assert_eq!(kinds(&seen(&bag)), vec![]);
            let back: BTreeMap<String, Vec<u8>> = bag
                .files()
                .filter_map(|(path, bytes)| Some((path.as_str().strip_prefix("data/")?.to_owned(), bytes.to_vec())))
                .collect();
            prop_assert_eq!(back, files);
        }
    }
}

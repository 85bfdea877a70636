//! The folder of packages: `<root>/<district>/<case number>_<package id>/`, the bag's own layout inside.
//!
//! A bag holds personal data, so every file of it is sealed where it lies: a stolen disk shows only how many
//! documents of which form a case has. A sealed file is a row of frames, each a length and a ciphertext of at
//! most [`CHUNK_BYTES`], bound to district, package, path, place in the row and "last one": a frame cannot be
//! altered, moved, dropped or repeated. Folders and not one container, so that damage is found and named by
//! file, and an extra file is seen.
//!
//! A bag is written under `.staging` and renamed when it is on the disk. A folder that a process left behind
//! between that rename and its commit is set aside at the next sealing of the case, never deleted.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use uuid::Uuid;
use xinqiao_chassis::seal::{KeyRing, SealContext, Sealed};
use xinqiao_kernel::{CaseNumber, DistrictCode};

use crate::domain::bag::{Bag, BagPath, Finding, FindingKind, Seen, sha256};

/// Plain bytes of a frame.
const CHUNK_BYTES: usize = 1024 * 1024;
const STAGING: &str = ".staging";
const SET_ASIDE: &str = ".set-aside";

/// Which package: everything its files are bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) district: DistrictCode,
    pub(crate) case_no: CaseNumber,
    pub(crate) package_id: Uuid,
}

impl Place {
    fn folder(&self) -> String {
        format!("{}_{}", self.case_no, self.package_id)
    }
}

/// Why a file of a package cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ShelfError {
    /// It is not there.
    #[error("{0} is not there")]
    Missing(String),
    /// It does not open: altered, cut, or from another place.
    #[error("{0} does not open")]
    Unreadable(String),
    /// The file system does not answer.
    #[error("the folder of packages: {0}")]
    Io(#[from] io::Error),
}

/// The folder of packages. Its calls block: run them on a thread for that.
#[derive(Clone, Debug)]
pub(crate) struct Shelf {
    root: PathBuf,
    keys: Arc<KeyRing>,
}

/// What lies in the folder of a package.
#[derive(Debug, Default)]
pub(crate) struct Inventory {
    /// Every file that opens.
    pub(crate) files: BTreeMap<String, Seen>,
    /// The rest.
    pub(crate) findings: Vec<Finding>,
    /// The plain bytes of the one file asked for.
    pub(crate) wanted: Option<Vec<u8>>,
}

impl Shelf {
    /// The packages under a folder; the folder is made when it is not there.
    pub(crate) fn open(root: PathBuf, keys: Arc<KeyRing>) -> io::Result<Self> {
        for folder in [&root, &root.join(STAGING), &root.join(SET_ASIDE)] {
            fs::create_dir_all(folder)?;
        }
        Ok(Self { root, keys })
    }

    /// Writes a bag: all of it on the disk, or nothing in its place.
    pub(crate) fn write(&self, place: &Place, bag: &Bag) -> io::Result<()> {
        let district = self.root.join(place.district.as_str());
        fs::create_dir_all(&district)?;
        self.set_aside_leftovers(place, &district)?;
        let staged = self.root.join(STAGING).join(place.package_id.to_string());
        for (path, bytes) in bag.files() {
            let target = staged.join(path.as_str());
            fs::create_dir_all(target.parent().expect("a path inside a folder has a parent"))?;
            let mut file = File::create_new(&target)?;
            self.write_sealed(place, path, bytes, &mut file)?;
            file.sync_all()?;
        }
        sync_folders(&staged)?;
        fs::rename(&staged, district.join(place.folder()))?;
        File::open(&district)?.sync_all()?;
        File::open(&self.root)?.sync_all()
    }

    /// What an earlier sealing of the case left without a commit. The caller holds the dossier and knows that
    /// no package is registered for it.
    fn set_aside_leftovers(&self, place: &Place, district: &Path) -> io::Result<()> {
        let prefix = format!("{}_", place.case_no);
        for entry in fs::read_dir(district)? {
            let entry = entry?;
            if let Some(name) = entry
                .file_name()
                .to_str()
                .filter(|name| name.starts_with(&prefix))
            {
                tracing::warn!(folder = name, "an unregistered package was set aside");
                let aside = format!("{}_{name}", place.district);
                fs::rename(entry.path(), self.root.join(SET_ASIDE).join(aside))?;
            }
        }
        Ok(())
    }

    fn write_sealed(&self, place: &Place, path: &BagPath, bytes: &[u8], file: &mut File) -> io::Result<()> {
        let mut chunks: Vec<&[u8]> = bytes.chunks(CHUNK_BYTES).collect();
        if chunks.is_empty() {
            chunks.push(&[]);
        }
        let last = chunks.len() - 1;
        for (index, chunk) in chunks.into_iter().enumerate() {
            let column = frame_name(path.as_str(), index, index == last);
            let context = SealContext::new(place.district, "package", &column, place.package_id);
            let sealed = self.keys.seal(&context, chunk).into_bytes();
            let length = u32::try_from(sealed.len()).expect("a frame is little more than its chunk");
            file.write_all(&length.to_be_bytes())?;
            file.write_all(&sealed)?;
        }
        Ok(())
    }

    /// The plain bytes of one file.
    pub(crate) fn read(&self, place: &Place, path: &BagPath) -> Result<Vec<u8>, ShelfError> {
        let file = self.folder(place).join(path.as_str());
        let sealed = match fs::read(file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ShelfError::Missing(path.to_string()));
            }
            other => other?,
        };
        self.open_sealed(place, path.as_str(), &sealed)
            .ok_or_else(|| ShelfError::Unreadable(path.to_string()))
    }

    fn open_sealed(&self, place: &Place, path: &str, mut sealed: &[u8]) -> Option<Vec<u8>> {
        let mut plain = Vec::with_capacity(sealed.len());
        for index in 0.. {
            let (length, rest) = sealed.split_first_chunk::<4>()?;
            let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
            let (frame, rest) = rest.split_at_checked(length)?;
            let column = frame_name(path, index, rest.is_empty());
            let context = SealContext::new(place.district, "package", &column, place.package_id);
            plain.extend(
                self.keys
                    .open(&context, &Sealed::from_bytes(frame.to_vec()))
                    .ok()?,
            );
            if rest.is_empty() {
                return Some(plain);
            }
            sealed = rest;
        }
        None
    }

    /// Looks at every file of a package; the bytes of `wanted` are kept.
    pub(crate) fn inventory(&self, place: &Place, wanted: &str) -> io::Result<Inventory> {
        let folder = self.folder(place);
        let mut inventory = Inventory::default();
        if !folder.is_dir() {
            return Ok(inventory);
        }
        let mut open = vec![folder.clone()];
        while let Some(current) = open.pop() {
            for entry in fs::read_dir(current)? {
                let entry = entry?;
                let relative = entry.path().strip_prefix(&folder).map(Path::to_path_buf);
                let path = relative
                    .expect("entries lie inside the folder")
                    .to_string_lossy()
                    .into_owned();
                let kind = entry.file_type()?;
                if kind.is_dir() {
                    open.push(entry.path());
                    continue;
                }
                let plain = if kind.is_file() {
                    self.open_sealed(place, &path, &fs::read(entry.path())?)
                } else {
                    None
                };
                inventory.take(&path, plain, wanted);
            }
        }
        Ok(inventory)
    }

    fn folder(&self, place: &Place) -> PathBuf {
        self.root.join(place.district.as_str()).join(place.folder())
    }
}

impl Inventory {
    /// A file that does not open stays in the list with what can be said of it, so that it is not taken for
    /// missing as well.
    fn take(&mut self, path: &str, plain: Option<Vec<u8>>, wanted: &str) {
        let Some(bytes) = plain else {
            let (zh, en) = (
                "密封文件无法打开：内容被改动、截断或替换",
                "the sealed file does not open",
            );
            self.findings
                .push(Finding::new(FindingKind::FileUnreadable, path, zh, en));
            self.files.insert(path.to_owned(), Seen::of(path, b""));
            return;
        };
        self.files.insert(path.to_owned(), Seen::of(path, &bytes));
        if path == wanted {
            self.wanted = Some(bytes);
        }
    }
}

/// What a frame is bound to beside district and package. Paths may be longer than the name of a column, so
/// their digest stands in.
fn frame_name(path: &str, index: usize, last: bool) -> String {
    let end = if last { "last" } else { "more" };
    format!("{}/{index}/{end}", sha256(path.as_bytes()))
}

/// Makes the names in a folder and everything below it durable.
fn sync_folders(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    File::open(folder)?.sync_all()
}

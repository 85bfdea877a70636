//! The key book 密钥簿: the data keys of every district, each wrapped, in one file that all services share.
//!
//! It holds no key in clear and may be copied. A new version of a key stands in it some time before it seals, so that
//! every process has read it by then. An old version goes when every service has let it go.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use xinqiao_kernel::DistrictCode;

use super::keys::{DistrictKeys, Keys, VersionKey, now};
use super::purpose::{KeyPlace, Purpose};
use super::suite::Suite;
use super::wrap::{DataKey, FileKeks, KeyWrap, WrapError};
use super::write;
use crate::bus::PUBLISHERS;

/// The form of the file.
const FORM: u8 = 1;

/// Why a key book cannot be used. No message ever holds key material.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// The file cannot be read or written.
    #[error("key book {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The text is not a key book.
    #[error("the key book is not well formed: {0}")]
    Syntax(String),
    /// A district name is not a district code.
    #[error("the key book names {0:?}, which is not a district code")]
    District(String),
    /// A purpose has no key at all.
    #[error("the key book has no {purpose} key for district {district}; `keys add` makes one")]
    Missing {
        /// The district.
        district: DistrictCode,
        /// What the key would be for.
        purpose: Purpose,
    },
    /// A key does not unwrap.
    #[error(transparent)]
    Wrap(#[from] WrapError),
    /// It cannot take the place of the one in use.
    #[error("the key book does not follow the one in use: {0}")]
    Contradiction(String),
    /// What was asked for is not in it, or may not be done.
    #[error("{0}")]
    Refused(String),
}

/// The text form: everything in it is public but for what is wrapped.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyBook {
    form: u8,
    districts: BTreeMap<String, DistrictBook>,
}

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DistrictBook {
    sealing: BTreeMap<Purpose, BTreeMap<u16, KeyEntry>>,
    fixed: BTreeMap<Purpose, String>,
}

/// One version of a data key.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyEntry {
    suite: Suite,
    /// Machine time from which it seals.
    #[serde(with = "time::serde::rfc3339")]
    from: OffsetDateTime,
    /// Services that have nothing left under it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    released_by: BTreeSet<String>,
    wrapped: String,
}

/// What people are told of a version; nothing secret.
#[derive(Clone, Debug)]
pub struct KeyLine {
    /// Its place.
    pub place: KeyPlace,
    /// Its suite.
    pub suite: Suite,
    /// Machine time from which it seals.
    pub from: OffsetDateTime,
    /// How it is wrapped: `local:v2`, `vault:v1`.
    pub wrapped_by: String,
    /// Services that have nothing left under it.
    pub released_by: Vec<String>,
}

/// What became of a version that a service has let go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Release {
    /// It is out of the book: every service had let it go.
    Removed,
    /// It stays until these services let it go as well.
    Awaits(Vec<&'static str>),
}

impl KeyBook {
    /// A book without districts.
    pub const fn empty() -> Self {
        Self {
            form: FORM,
            districts: BTreeMap::new(),
        }
    }

    /// Reads the text of the file.
    pub fn parse(text: &str) -> Result<Self, BookError> {
        let book: Self = serde_json::from_str(text).map_err(|error| BookError::Syntax(error.to_string()))?;
        if book.form != FORM {
            return Err(BookError::Syntax(format!("form {} is not known here", book.form)));
        }
        if let Some(name) = book
            .districts
            .keys()
            .find(|name| name.parse::<DistrictCode>().is_err())
        {
            return Err(BookError::District(name.clone()));
        }
        Ok(book)
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        serde_json::to_string_pretty(self).expect("a book is plain data")
    }

    /// Gives a district its first keys, sealing from `from` on; false when it has them.
    pub async fn add_district(
        &mut self,
        wrap: &dyn KeyWrap,
        district: DistrictCode,
        from: OffsetDateTime,
    ) -> Result<bool, BookError> {
        if self.districts.contains_key(district.as_str()) {
            return Ok(false);
        }
        let mut keys = DistrictBook::default();
        for purpose in Purpose::FIXED {
            let place = place(district, purpose, 1);
            keys.fixed
                .insert(purpose, wrap.wrap(place, &DataKey::generate()).await?);
        }
        for purpose in Purpose::SEALING {
            let entry = KeyEntry::fresh(wrap, place(district, purpose, 1), Suite::default(), from).await?;
            keys.sealing.insert(purpose, BTreeMap::from([(1, entry)]));
        }
        self.districts.insert(district.to_string(), keys);
        Ok(true)
    }

    /// Adds a version of one key, which seals from `from` on. Returns its number.
    pub async fn add(
        &mut self,
        wrap: &dyn KeyWrap,
        (district, purpose): (DistrictCode, Purpose),
        suite: Suite,
        from: OffsetDateTime,
    ) -> Result<u16, BookError> {
        let set = self.set(district, purpose)?;
        let (newest, entry) = set
            .last_key_value()
            .ok_or(BookError::Missing { district, purpose })?;
        if entry.from > from {
            return Err(BookError::Refused(format!(
                "version {newest} of the {purpose} key of district {district} takes over only at {}; \
                 give the next one a later time",
                entry.from
            )));
        }
        let next = newest.checked_add(1).ok_or_else(|| {
            BookError::Refused(format!(
                "the {purpose} key of district {district} has no version left"
            ))
        })?;
        let entry = KeyEntry::fresh(wrap, place(district, purpose, next), suite, from).await?;
        self.set(district, purpose)?.insert(next, entry);
        Ok(next)
    }

    /// Wraps every key under the current key-encrypting key. Returns how many.
    pub async fn rewrap(&mut self, wrap: &dyn KeyWrap) -> Result<usize, BookError> {
        let mut done = 0;
        for (place, wrapped) in self.wrapped_keys()? {
            let key = wrap.unwrap(place, wrapped).await?;
            *wrapped = wrap.wrap(place, &key).await?;
            done += 1;
        }
        Ok(done)
    }

    /// Notes that a service has nothing left under a version, and takes it out when all services have said so. Refused
    /// unless a newer one has been sealing for `settled`.
    pub fn release(
        &mut self,
        gone: KeyPlace,
        service: &str,
        now: OffsetDateTime,
        settled: Duration,
    ) -> Result<Release, BookError> {
        let set = self.set(gone.district, gone.purpose)?;
        let succeeded = set
            .range(gone.version..)
            .skip(1)
            .any(|(_, entry)| entry.from + settled <= now);
        let entry = set
            .get_mut(&gone.version)
            .ok_or_else(|| BookError::Refused(format!("there is no {gone}")))?;
        if !gone.purpose.is_column() {
            return Err(BookError::Refused(format!(
                "the {gone} opens records, which are never sealed anew; it stays as long as they are kept"
            )));
        }
        if !succeeded {
            return Err(BookError::Refused(format!(
                "no newer key has been sealing for {} in place of the {gone}; wait, or `keys add` one",
                settled.unsigned_abs().as_secs_f64()
            )));
        }
        entry.released_by.insert(service.to_owned());
        let awaited: Vec<_> = PUBLISHERS
            .into_iter()
            .filter(|name| !entry.released_by.contains(*name))
            .collect();
        if awaited.is_empty() {
            set.remove(&gone.version);
            return Ok(Release::Removed);
        }
        Ok(Release::Awaits(awaited))
    }

    /// Every version of every key that seals.
    pub fn lines(&self) -> Vec<KeyLine> {
        let mut lines = Vec::new();
        for (name, keys) in &self.districts {
            let Ok(district) = name.parse() else { continue };
            for (purpose, set) in &keys.sealing {
                lines.extend(set.iter().map(|(version, entry)| {
                    KeyLine {
                        place: place(district, *purpose, *version),
                        suite: entry.suite,
                        from: entry.from,
                        wrapped_by: entry
                            .wrapped
                            .rsplit_once(':')
                            .map_or("?", |(by, _)| by)
                            .to_owned(),
                        released_by: entry.released_by.iter().cloned().collect(),
                    }
                }));
            }
        }
        lines
    }

    /// Unwraps everything.
    pub(super) async fn unlock(&self, wrap: &dyn KeyWrap) -> Result<Keys, BookError> {
        let mut districts = BTreeMap::new();
        for (name, book) in &self.districts {
            let district: DistrictCode = name.parse().map_err(|_| BookError::District(name.clone()))?;
            districts.insert(district, book.unlock(wrap, district).await?);
        }
        Ok(Keys::new(districts))
    }

    fn set(
        &mut self,
        district: DistrictCode,
        purpose: Purpose,
    ) -> Result<&mut BTreeMap<u16, KeyEntry>, BookError> {
        self.districts
            .get_mut(district.as_str())
            .and_then(|keys| keys.sealing.get_mut(&purpose))
            .ok_or(BookError::Missing { district, purpose })
    }

    fn wrapped_keys(&mut self) -> Result<Vec<(KeyPlace, &mut String)>, BookError> {
        let mut all = Vec::new();
        for (name, keys) in &mut self.districts {
            let district: DistrictCode = name.parse().map_err(|_| BookError::District(name.clone()))?;
            for (purpose, wrapped) in &mut keys.fixed {
                all.push((place(district, *purpose, 1), wrapped));
            }
            for (purpose, set) in &mut keys.sealing {
                for (version, entry) in set {
                    all.push((place(district, *purpose, *version), &mut entry.wrapped));
                }
            }
        }
        Ok(all)
    }
}

impl DistrictBook {
    async fn unlock(&self, wrap: &dyn KeyWrap, district: DistrictCode) -> Result<DistrictKeys, BookError> {
        let mut sealing = BTreeMap::new();
        for purpose in Purpose::SEALING {
            let missing = BookError::Missing { district, purpose };
            let entries = self.sealing.get(&purpose).filter(|set| !set.is_empty());
            let mut set = BTreeMap::new();
            for (version, entry) in entries.ok_or(missing)? {
                let key = wrap
                    .unwrap(place(district, purpose, *version), &entry.wrapped)
                    .await?;
                set.insert(*version, VersionKey::new(entry.suite, &key, entry.from));
            }
            sealing.insert(purpose, set);
        }
        let index = self.fixed(wrap, district, Purpose::Index).await?;
        let query_code = self.fixed(wrap, district, Purpose::QueryCode).await?;
        Ok(DistrictKeys::new(sealing, &index, query_code))
    }

    async fn fixed(
        &self,
        wrap: &dyn KeyWrap,
        district: DistrictCode,
        purpose: Purpose,
    ) -> Result<DataKey, BookError> {
        let wrapped = self
            .fixed
            .get(&purpose)
            .ok_or(BookError::Missing { district, purpose })?;
        Ok(wrap.unwrap(place(district, purpose, 1), wrapped).await?)
    }
}

impl KeyEntry {
    async fn fresh(
        wrap: &dyn KeyWrap,
        place: KeyPlace,
        suite: Suite,
        from: OffsetDateTime,
    ) -> Result<Self, BookError> {
        Ok(Self {
            suite,
            from,
            released_by: BTreeSet::new(),
            wrapped: wrap.wrap(place, &DataKey::generate()).await?,
        })
    }
}

const fn place(district: DistrictCode, purpose: Purpose, version: u16) -> KeyPlace {
    KeyPlace {
        district,
        purpose,
        version,
    }
}

/// The file of the book.
#[derive(Clone, Debug)]
pub struct BookFile {
    path: PathBuf,
}

impl BookFile {
    /// The book at a path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its text.
    pub fn text(&self) -> Result<String, BookError> {
        std::fs::read_to_string(&self.path).map_err(|source| self.error(source))
    }

    /// Reads it.
    pub fn read(&self) -> Result<KeyBook, BookError> {
        KeyBook::parse(&self.text()?)
    }

    /// Changes it: one writer at a time, and the file is replaced whole or not at all. A book that is not there yet
    /// begins empty.
    pub async fn change<T>(
        &self,
        change: impl AsyncFnOnce(&mut KeyBook) -> Result<T, BookError>,
    ) -> Result<T, BookError> {
        let lock = write::lock(&self.path)
            .await
            .map_err(|source| self.error(source))?;
        let mut book = match self.read() {
            Err(BookError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                KeyBook::empty()
            }
            read => read?,
        };
        let done = change(&mut book).await?;
        write::replace(&self.path, book.to_text().as_bytes()).map_err(|source| self.error(source))?;
        drop(lock);
        Ok(done)
    }

    /// Makes a book beside the key-encrypting keys in a file, for one machine: the launcher, and tests.
    pub async fn create(&self, kek_file: &Path, districts: &[DistrictCode]) -> Result<(), BookError> {
        let wrap = FileKeks::load(kek_file, false)?;
        self.change(async |book| {
            for district in districts {
                book.add_district(&wrap, *district, now()).await?;
            }
            Ok(())
        })
        .await
    }

    fn error(&self, source: io::Error) -> BookError {
        BookError::File {
            path: self.path.clone(),
            source,
        }
    }
}

//! The key ring: the keys of the book, unwrapped, as long as the process lives.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use aws_lc_rs::hmac;
use xinqiao_kernel::DistrictCode;

use super::book::{BookError, BookFile};
use super::keys::{DistrictKeys, Keys, now};
use super::purpose::Purpose;
use super::vault::VaultTransit;
use super::watch::{self, Current, Watch};
use super::wrap::{FileKeks, KeyWrap, WrapError};
use super::{Header, SealContext, SealError, Sealed};
use crate::config::{KekSettings, KeySettings};

/// Where the data keys are, and who unwraps them.
#[derive(Clone, Debug)]
pub struct KeySource {
    /// The book.
    pub book: BookFile,
    /// The key-encrypting keys.
    pub kek: KekSettings,
}

impl KeySource {
    /// As the settings say.
    pub fn new(settings: &KeySettings) -> Self {
        Self {
            book: BookFile::new(&settings.book_file),
            kek: settings.kek.clone(),
        }
    }

    /// Whoever wraps and unwraps, with its keys or its token as they are now.
    pub fn wrap(&self) -> Result<Box<dyn KeyWrap>, WrapError> {
        Ok(match &self.kek {
            KekSettings::File { path, private } => Box::new(FileKeks::load(path, *private)?),
            KekSettings::Vault(settings) => Box::new(VaultTransit::open(settings)?),
        })
    }
}

/// Every key of every district that a service serves.
pub struct KeyRing {
    keys: Arc<Current>,
    /// None for keys that are in no book.
    watch: Option<Watch>,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing({} districts)", self.keys().len())
    }
}

impl KeyRing {
    /// Reads the book and unwraps it, then again when it has changed: looks each time `every` has passed, and at once,
    /// at most once in a second, when a value names a key that is not known.
    ///
    /// The first reading is waited for. A later book that is no good is logged and counted, and the keys stay.
    pub fn from_book(source: KeySource, every: Duration) -> Result<Self, BookError> {
        let (keys, watch) = watch::start(source, every)?;
        Ok(Self {
            keys,
            watch: Some(watch),
        })
    }

    /// Random keys that stand in no book and go with the process: for tests and measurements.
    pub fn throwaway(districts: &[DistrictCode]) -> Self {
        let districts: BTreeMap<_, _> = districts
            .iter()
            .map(|code| (*code, DistrictKeys::random(now())))
            .collect();
        Self::of(Keys::new(districts))
    }

    /// A ring of these keys, which no book changes.
    pub(super) fn of(keys: Keys) -> Self {
        Self {
            keys: Arc::new(RwLock::new(Arc::new(keys))),
            watch: None,
        }
    }

    /// True when the ring holds keys for the district.
    pub fn covers(&self, district: DistrictCode) -> bool {
        self.keys().covers(district)
    }

    /// Seals a value anew with the current key of its purpose; `None` when that has sealed it. Nobody sees what it
    /// says, so this needs no permission to open.
    pub(crate) fn renewed(
        &self,
        context: &SealContext<'_>,
        sealed: &Sealed,
    ) -> Result<Option<Sealed>, SealError> {
        let header = Header::of(sealed.as_bytes())?;
        let compartment = header.purpose.compartment();
        if header.bytes() == self.current_header(context.district, Purpose::of(compartment, context.table)) {
            return Ok(None);
        }
        let plain = secrecy::SecretSlice::from(self.unsealed(context, sealed.as_bytes())?);
        let plain = secrecy::ExposeSecret::expose_secret(&plain);
        Ok(Some(self.seal_in(compartment, context, plain)))
    }

    /// What a value begins with when the current key has sealed it.
    pub(crate) fn current_header(&self, district: DistrictCode, purpose: Purpose) -> [u8; 4] {
        let keys = self.keys();
        let (version, key) = keys.current(district, purpose);
        Header {
            suite: key.cipher.suite(),
            purpose,
            version,
        }
        .bytes()
    }

    /// True when columns of the district may be under a key that does not seal any more: there is another one, and the
    /// current one has been sealing for so long that every process has it.
    pub(crate) fn has_aged(&self, district: DistrictCode, settled: Duration) -> bool {
        let keys = self.keys();
        let columns = || Purpose::SEALING.into_iter().filter(|purpose| purpose.is_column());
        columns().any(|purpose| !keys.is_single(district, purpose))
            && columns().all(|purpose| keys.age(district, purpose) >= settled)
    }

    pub(super) fn keys(&self) -> Arc<Keys> {
        watch::current(&self.keys)
    }

    /// Keys that have the version, after another reading of the book when these have it not.
    pub(super) fn keys_with(&self, district: DistrictCode, header: Header) -> Arc<Keys> {
        let keys = self.keys();
        match &self.watch {
            Some(watch) if keys.version(district, header.purpose, header.version).is_err() => {
                watch.again(&self.keys, &keys)
            }
            _ => keys,
        }
    }

    pub(super) fn derived(&self, district: DistrictCode, purpose: &str) -> hmac::Key {
        self.keys().derived(district, purpose)
    }
}

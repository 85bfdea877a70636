//! Legal time, and the one way to machine time.
//!
//! Legal time gives every date and every comparison with a due date; it is either the system's or one
//! instant in a file that is set by hand and stands still in between, so that a journey of months plays
//! in seconds. It never goes back. Machine time rules the life of tokens and cannot be set.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use time::{Date, Duration, OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

pub use xinqiao_kernel::local::local_date;

use crate::config::{ClockSettings, Profile};

/// How far the clocks of this machine and of the database may be apart before timers stop.
pub const DRIFT_LIMIT: Duration = Duration::seconds(1);

/// Why legal time cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ClockError {
    /// The file does not exist or cannot be read or written.
    #[error("the clock file {} cannot be used: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file does not hold an instant.
    #[error("the clock file {} holds {text:?}, not an RFC 3339 instant", path.display())]
    Text {
        /// The file.
        path: PathBuf,
        /// What it holds.
        text: String,
    },
    /// Somebody tried to set the clock back.
    #[error("legal time is {now} and does not go back to {asked}")]
    Backwards {
        /// Legal time as it stands.
        now: OffsetDateTime,
        /// What was asked.
        asked: OffsetDateTime,
    },
    /// A settable clock in production.
    #[error("production keeps legal time by the system clock only")]
    Production,
    /// The machine and the database disagree.
    #[error("the clock of this machine is {drift} away from the database's")]
    Drift {
        /// This machine minus the database.
        drift: Duration,
    },
}

/// Legal time. Clones share one clock.
#[derive(Debug, Clone)]
pub struct LegalClock {
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    System,
    File(Arc<SettableClock>),
}

impl LegalClock {
    /// The system's clock.
    pub fn system() -> Self {
        Self {
            source: Source::System,
        }
    }

    /// The clock of the settings. A file must hold an instant already; production refuses it.
    pub fn from_settings(settings: &ClockSettings, profile: Profile) -> Result<Self, ClockError> {
        match settings {
            ClockSettings::System => Ok(Self::system()),
            ClockSettings::File(_) if profile == Profile::Production => Err(ClockError::Production),
            ClockSettings::File(path) => {
                let clock = SettableClock::open(path)?;
                Ok(Self {
                    source: Source::File(Arc::new(clock)),
                })
            }
        }
    }

    /// Legal time in UTC, whole microseconds.
    pub fn now(&self) -> OffsetDateTime {
        match &self.source {
            Source::System => micros(OffsetDateTime::from(machine_time())),
            Source::File(clock) => clock.now(),
        }
    }

    /// The legal date in Asia/Shanghai.
    pub fn today(&self) -> Date {
        local_date(self.now())
    }

    /// Says whether timers may fire: the system clock must agree with the database's within
    /// [`DRIFT_LIMIT`]. A settable clock is compared with nothing.
    pub fn agree_with_database(&self, database_time: OffsetDateTime) -> Result<(), ClockError> {
        match self.source {
            Source::System => agree(OffsetDateTime::from(machine_time()), database_time),
            Source::File(_) => Ok(()),
        }
    }
}

/// The same instant in whole microseconds, which is what Postgres keeps.
pub fn micros(instant: OffsetDateTime) -> OffsetDateTime {
    let nanosecond = instant.nanosecond() / 1000 * 1000;
    instant
        .replace_nanosecond(nanosecond)
        .expect("invariant: rounding down keeps nanoseconds in range")
}

/// Machine time: token and certificate life, nothing legal.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the machine's clock"
)]
pub fn machine_time() -> SystemTime {
    SystemTime::now()
}

/// Moves the settable clock of a file forward; creates the file when there is none. Readers see the old
/// instant or the new one, never half of one.
pub fn advance(path: &Path, instant: OffsetDateTime) -> Result<(), ClockError> {
    let failed = |source| ClockError::File {
        path: path.to_owned(),
        source,
    };
    let asked = micros(instant.to_offset(UtcOffset::UTC));
    match read_instant(path) {
        Ok(now) if asked < now => return Err(ClockError::Backwards { now, asked }),
        Ok(_) => {}
        Err(ClockError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let text = asked
        .format(&Rfc3339)
        .map_err(|error| failed(io::Error::other(error)))?;
    let next = path.with_extension("next");
    fs::write(&next, text).map_err(failed)?;
    fs::rename(&next, path).map_err(failed)
}

fn agree(machine: OffsetDateTime, database: OffsetDateTime) -> Result<(), ClockError> {
    let drift = machine - database;
    if drift.abs() > DRIFT_LIMIT {
        Err(ClockError::Drift { drift })
    } else {
        Ok(())
    }
}

fn read_instant(path: &Path) -> Result<OffsetDateTime, ClockError> {
    let text = fs::read_to_string(path).map_err(|source| ClockError::File {
        path: path.to_owned(),
        source,
    })?;
    let instant = OffsetDateTime::parse(text.trim(), &Rfc3339).map_err(|_| ClockError::Text {
        path: path.to_owned(),
        text: text.clone(),
    })?;
    Ok(micros(instant.to_offset(UtcOffset::UTC)))
}

/// One instant in a file. Asking costs one `stat`; the file is read again only when it was replaced.
#[derive(Debug)]
struct SettableClock {
    path: PathBuf,
    seen: Mutex<SeenInstant>,
}

#[derive(Debug, Clone, Copy)]
struct SeenInstant {
    /// Highest instant that any caller was given.
    instant: OffsetDateTime,
    /// Which version of the file it came from.
    version: (u64, i64, i64),
}

impl SettableClock {
    fn open(path: &Path) -> Result<Self, ClockError> {
        let version = version(path).map_err(|source| ClockError::File {
            path: path.to_owned(),
            source,
        })?;
        let seen = SeenInstant {
            instant: read_instant(path)?,
            version,
        };
        Ok(Self {
            path: path.to_owned(),
            seen: Mutex::new(seen),
        })
    }

    /// A file that has gone or become unreadable leaves legal time where it stood.
    fn now(&self) -> OffsetDateTime {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match version(&self.path) {
            Ok(version) if version == seen.version => {}
            Ok(version) => match read_instant(&self.path) {
                Ok(instant) => {
                    *seen = SeenInstant {
                        instant: instant.max(seen.instant),
                        version,
                    }
                }
                Err(error) => tracing::warn!(%error, "legal time stands still"),
            },
            Err(error) => tracing::warn!(%error, "legal time stands still"),
        }
        seen.instant
    }
}

/// Inode and modification time: a rename always changes one of them.
fn version(path: &Path) -> io::Result<(u64, i64, i64)> {
    let metadata = fs::metadata(path)?;
    Ok((metadata.ino(), metadata.mtime(), metadata.mtime_nsec()))
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    fn settable(start: OffsetDateTime) -> (tempfile::TempDir, PathBuf, LegalClock) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clock");
        advance(&path, start).unwrap();
        let settings = ClockSettings::File(path.clone());
        let clock = LegalClock::from_settings(&settings, Profile::Evaluation).unwrap();
        (folder, path, clock)
    }

    #[test]
    fn a_settable_clock_stands_still_until_it_is_moved() {
        let (_folder, path, clock) = settable(datetime!(2026-03-03 09:12 +8));
        assert_eq!(clock.now(), datetime!(2026-03-03 01:12 UTC));
        assert_eq!(clock.now(), clock.now());
        advance(&path, datetime!(2026-03-04 08:00 +8)).unwrap();
        assert_eq!(clock.now(), datetime!(2026-03-04 00:00 UTC));
    }

    #[test]
    fn the_local_date_is_shanghais() {
        let (_folder, _path, clock) = settable(datetime!(2026-03-03 16:30 UTC));
        assert_eq!(clock.today(), date!(2026 - 03 - 04));
    }

    #[test]
    fn legal_time_never_goes_back() {
        let (_folder, path, clock) = settable(datetime!(2026-03-03 09:12 +8));
        let before = clock.now();
        assert!(matches!(
            advance(&path, datetime!(2026-03-02 09:12 +8)),
            Err(ClockError::Backwards { .. })
        ));
        fs::remove_file(&path).unwrap();
        assert_eq!(clock.now(), before);
        advance(&path, datetime!(2025-01-01 00:00 +8)).unwrap();
        assert_eq!(clock.now(), before);
    }

    #[test]
    fn production_refuses_the_settable_clock() {
        let settings = ClockSettings::File("/tmp/clock".into());
        let refused = LegalClock::from_settings(&settings, Profile::Production);
        assert!(matches!(refused, Err(ClockError::Production)));
    }

    #[test]
    fn more_than_a_second_of_drift_is_an_error() {
        let now = datetime!(2026-03-03 09:12 UTC);
        assert!(agree(now, now + Duration::milliseconds(900)).is_ok());
        assert!(matches!(
            agree(now, now + Duration::seconds(2)),
            Err(ClockError::Drift { .. })
        ));
    }

    #[test]
    fn instants_are_whole_microseconds() {
        assert_eq!(
            micros(datetime!(2026-03-03 09:12:00.123_456_789 UTC)).nanosecond(),
            123_456_000
        );
    }
}

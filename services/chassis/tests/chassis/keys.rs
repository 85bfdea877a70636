//! The key book on its own: how a running process follows it, and who may unwrap what is in it.

use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;
use time::OffsetDateTime;
use uuid::Uuid;
use xinqiao_chassis::clock::machine_time;
use xinqiao_chassis::config::KekSettings;
use xinqiao_chassis::random;
use xinqiao_chassis::seal::{
    BookError, BookFile, FileKeks, KeyRing, KeySource, Purpose, SealContext, Sealed, Suite,
};
use xinqiao_kernel::DistrictCode;

mod following;
mod measured;
mod rewrapping;
mod transit;

/// So often that a test does not feel it.
const SOON: Duration = Duration::from_millis(10);
/// Not within a test.
const NEVER: Duration = Duration::from_hours(1);

fn home() -> DistrictCode {
    "220502".parse().unwrap()
}

fn neighbour() -> DistrictCode {
    "220503".parse().unwrap()
}

fn now() -> OffsetDateTime {
    OffsetDateTime::from(machine_time())
}

/// A place of a column.
fn column(row: Uuid) -> SealContext<'static> {
    SealContext::new(home(), "note", "content", row)
}

/// A book and its key-encrypting keys in a folder.
struct Shelf {
    folder: TempDir,
}

impl Shelf {
    async fn new() -> Self {
        let shelf = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        std::fs::write(shelf.kek(), FileKeks::generate()).unwrap();
        let districts = [home(), neighbour()];
        shelf.book().create(&shelf.kek(), &districts).await.unwrap();
        shelf
    }

    fn kek(&self) -> PathBuf {
        self.folder.path().join("kek.json")
    }

    fn book(&self) -> BookFile {
        BookFile::new(self.folder.path().join("book.json"))
    }

    fn source(&self) -> KeySource {
        KeySource {
            book: self.book(),
            kek: KekSettings::File {
                path: self.kek(),
                private: false,
            },
        }
    }

    fn ring(&self, every: Duration) -> KeyRing {
        KeyRing::from_book(self.source(), every).unwrap()
    }

    /// Adds a version of the home district's column key.
    async fn add(&self, from: OffsetDateTime) -> u16 {
        let wrap = self.source().wrap().unwrap();
        let key = (home(), Purpose::Column);
        self.book()
            .change(async |book| book.add(wrap.as_ref(), key, Suite::default(), from).await)
            .await
            .unwrap()
    }

    /// Writes something else over the book, or a book that was changed by hand.
    fn overwrite(&self, text: &str) {
        std::fs::write(self.book().path(), text).unwrap();
    }
}

fn version(sealed: &Sealed) -> u16 {
    sealed.key_version().unwrap()
}

fn seal(ring: &KeyRing) -> (Uuid, Sealed) {
    let row = random::new_id();
    let sealed = ring.seal(&column(row), b"text");
    (row, sealed)
}

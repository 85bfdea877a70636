//! What the archive reads from the environment beside what every service reads.

use std::path::PathBuf;

use xinqiao_chassis::config::{Reader, Variable};

const ARCHIVE_DIR: Variable = Variable::required(
    "XINQIAO_ARCHIVE_DIR",
    "path",
    "Folder of the sealed packages; every file in it is ciphertext.",
);
const PACKAGE_MAX_BYTES: Variable = Variable::with_default(
    "XINQIAO_ARCHIVE_PACKAGE_MAX_BYTES",
    "536870912",
    "bytes",
    "Most bytes of the documents of one package; it is built in memory.",
);

/// Settings of the archive.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Folder of the packages.
    pub folder: PathBuf,
    /// Most bytes of the documents of one package.
    pub package_max_bytes: u64,
}

impl Settings {
    /// Reads them.
    pub fn read(reader: &mut Reader) -> Self {
        Self {
            folder: reader.path(&ARCHIVE_DIR),
            package_max_bytes: reader.number(&PACKAGE_MAX_BYTES, 1_048_576..=17_179_869_184),
        }
    }
}

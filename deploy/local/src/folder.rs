//! The data folder of one platform: that it is ours, that one platform runs in it, how it is emptied.

use std::fs::File;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

use crate::platform::KEY_BOOK;

/// Locked while a platform runs. It is written before everything else, so a folder that has it is ours.
const LOCK: &str = "platform.lock";

/// Takes a folder for one platform, until the lock is dropped; with `reset`, forgets what the folder holds.
pub fn take(data: &Path, reset: bool) -> Result<Flock<File>> {
    std::fs::create_dir_all(data)
        .with_context(|| format!("{} could not be created; choose another --data", data.display()))?;
    if !is_ours(data)? {
        bail!(
            "{} holds something that is not ours; choose a folder that is empty or does not exist yet",
            data.display()
        );
    }
    let Some(lock) = lock(data)? else {
        bail!(
            "another platform runs in {}; stop it, or choose another --data",
            data.display()
        );
    };
    if reset {
        forget(data).with_context(|| format!("{} could not be emptied", data.display()))?;
    }
    Ok(lock)
}

/// The lock of a folder; none while somebody else holds it.
pub(crate) fn lock(data: &Path) -> Result<Option<Flock<File>>> {
    let file = File::create(data.join(LOCK))
        .with_context(|| format!("nothing can be written into {}", data.display()))?;
    match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(lock) => Ok(Some(lock)),
        Err((_, Errno::EWOULDBLOCK)) => Ok(None),
        Err((_, error)) => Err(error).with_context(|| format!("{} cannot be locked", data.display())),
    }
}

/// Folders of an earlier version have a key book only.
fn is_ours(data: &Path) -> Result<bool> {
    Ok([LOCK, KEY_BOOK].iter().any(|name| data.join(name).exists())
        || std::fs::read_dir(data)?.next().is_none())
}

/// Deletes everything but the lock, which is held.
fn forget(data: &Path) -> Result<()> {
    for entry in std::fs::read_dir(data)? {
        let entry = entry?;
        if entry.file_name() == LOCK {
            continue;
        }
        if entry.file_type()?.is_dir() {
            std::fs::remove_dir_all(entry.path())?;
        } else {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reset_spares_what_a_running_platform_holds() {
        let folder = tempfile::tempdir().unwrap();
        let running = take(folder.path(), false).unwrap();
        std::fs::write(folder.path().join(KEY_BOOK), "keys").unwrap();
        let refused = take(folder.path(), true).unwrap_err().to_string();
        assert!(refused.contains("another platform runs"), "{refused}");
        assert!(folder.path().join(KEY_BOOK).exists());

        drop(running);
        let _taken = take(folder.path(), true).unwrap();
        assert!(!folder.path().join(KEY_BOOK).exists());
    }

    #[test]
    fn a_reset_forgets_a_first_start_that_failed() {
        let folder = tempfile::tempdir().unwrap();
        drop(take(folder.path(), false).unwrap());
        std::fs::create_dir(folder.path().join("issuer")).unwrap();
        let _taken = take(folder.path(), true).unwrap();
        assert!(!folder.path().join("issuer").exists());
    }

    #[test]
    fn a_folder_of_somebody_else_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("letter"), "mine").unwrap();
        for reset in [false, true] {
            let refused = take(folder.path(), reset).unwrap_err().to_string();
            assert!(refused.contains("not ours"), "{refused}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

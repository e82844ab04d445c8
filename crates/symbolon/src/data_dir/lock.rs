//! One process at a time has the directory. Two, each with an index of its own, would not hear of each other's
//! revocations.

use std::fs::{self, File, TryLockError};
use std::io::{Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::files::private;
use crate::failure::Failure;

/// What somebody has the directory for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To serve: until it is stopped.
    Serve,
    /// For one command: soon over.
    Command,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::Command => "command",
        }
    }
}

/// The directory is this process's, for as long as the value lives.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock, or `None` if another process has it.
    pub(crate) fn try_take(path: &Path, purpose: Purpose) -> Result<Option<Self>, Failure> {
        let failure =
            |error: &std::io::Error| Failure::new(format!("{} cannot be locked: {error}", path.display()));
        let mut file = private().create(true).truncate(false).open(path).map_err(|error| failure(&error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(failure(&error)),
        }
        not_for_root(path)?;
        // Who and what for, for the others' messages alone: the lock is the file's, not its text's. On a full disk it
        // is not written, and there may be something to be looked at all the same.
        let note = format!("{} {}\n", std::process::id(), purpose.as_str());
        let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(note.as_bytes()));
        Ok(Some(Self { file }))
    }
}

/// What root makes in another user's directory (a new journal of the database is enough), that user's server cannot
/// open. So root is refused there; a running server it can speak to, for that needs no lock.
pub(crate) fn not_for_root(path: &Path) -> Result<(), Failure> {
    let owner = path.parent().and_then(|directory| fs::metadata(directory).ok()).map(|found| found.uid());
    match owner.filter(|_| rustix::process::geteuid().is_root()) {
        Some(owner) if owner != 0 => Err(Failure::new(format!(
            "the data directory {} belongs to the user with the id {owner}, who could not open what root makes there; \
             run this as that user: `sudo -u '#{owner}' symbolon …`",
            path.parent().unwrap_or(path).display()
        ))),
        _ => Ok(()),
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Of no consequence if it fails: a note without a lock is not believed.
        let _ = self.file.set_len(0);
    }
}

/// Who has the lock, as they noted: the process's id and what for. Of use only where the lock is held.
pub(crate) fn holder(path: &Path) -> Option<(u32, Purpose)> {
    let note = fs::read_to_string(path).ok()?;
    let (process, purpose) = note.trim_end().split_once(' ')?;
    let purpose = [Purpose::Serve, Purpose::Command].into_iter().find(|known| known.as_str() == purpose)?;
    Some((process.parse().ok()?, purpose))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_the_other_learns_who() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let first = Lock::try_take(&path, Purpose::Serve).unwrap().unwrap();
        assert!(Lock::try_take(&path, Purpose::Command).unwrap().is_none());
        assert_eq!(holder(&path), Some((std::process::id(), Purpose::Serve)));
        drop(first);
        assert_eq!(holder(&path), None);
        assert!(Lock::try_take(&path, Purpose::Command).unwrap().is_some());
    }
}

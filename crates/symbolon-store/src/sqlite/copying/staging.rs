//! Where a file is made that is whole or not there.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::super::open::fault;
use crate::copy::CopyError;

/// How the name of such a directory begins; data directories pass over them.
const UNFINISHED: &str = ".unfinished-";

/// How many files this process has begun. Each has another name: a connection that is dropped is closed a moment later, and
/// then removes what is named after its own file.
static BEGUN: AtomicU64 = AtomicU64::new(0);

/// A directory beside a file that is to be, for its owner alone and this process's for as long as the value lives. It goes
/// with the value. What is left by a process that was killed, the next one takes over.
pub(super) struct Staging {
    path: PathBuf,
    file: PathBuf,
    _held: File,
}

impl Staging {
    /// Begins what is to be at `to`.
    pub(super) fn beside(to: &Path) -> Result<Self, CopyError> {
        let mut name = std::ffi::OsString::from(UNFINISHED);
        name.push(to.file_name().unwrap_or_default());
        let path = to.with_file_name(name);
        let failure = |error: io::Error| CopyError::from(fault(&path, &error));
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(failure(error)),
            _ => {}
        }
        let held = File::open(&path).map_err(failure)?;
        match held.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(CopyError::Busy(path)),
            Err(TryLockError::Error(error)) => return Err(failure(error)),
        }
        // Whoever had it before may have taken it away since; and where a link leads, nothing is cleared away.
        let (found, named) = (held.metadata().map_err(failure)?, path.symlink_metadata());
        if !named.is_ok_and(|named| (named.dev(), named.ino()) == (found.dev(), found.ino())) {
            return Err(CopyError::Busy(path));
        }
        for entry in fs::read_dir(&path).map_err(failure)? {
            fs::remove_file(entry.map_err(failure)?.path()).map_err(failure)?;
        }
        let file = path.join(format!("{}.db", BEGUN.fetch_add(1, Ordering::Relaxed)));
        Ok(Self { path, file, _held: held })
    }

    /// The file that is being made.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// Gives the file, which is finished and closed, its place at `to`, if there is still nothing.
    pub(super) fn finish(self, to: &Path) -> Result<(), CopyError> {
        let failure = |error: io::Error| CopyError::from(fault(to, &error));
        File::open(&self.file).and_then(|file| file.sync_all()).map_err(failure)?;
        // A rename would put it in the place of what somebody has made there meanwhile.
        fs::hard_link(&self.file, to).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => CopyError::Taken(to.to_owned()),
            _ => failure(error),
        })?;
        File::open(to.parent().unwrap_or(to)).and_then(|directory| directory.sync_all()).map_err(failure)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // Of no consequence if it fails: the next one takes it over.
        let _ = fs::remove_dir_all(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_makes_it_at_a_time_and_the_rest_of_another_is_cleared_away() {
        let directory = tempfile::tempdir().unwrap();
        let to = directory.path().join("new.db");
        let first = Staging::beside(&to).unwrap();
        fs::write(first.file(), "whole").unwrap();
        assert!(matches!(Staging::beside(&to), Err(CopyError::Busy(_))));
        assert_eq!(fs::read(first.file()).unwrap(), b"whole");
        let path = first.path.clone();
        drop(first);
        assert!(!path.exists());
        // What a process leaves that is killed.
        fs::create_dir(&path).unwrap();
        fs::write(path.join("0.db"), "half").unwrap();
        let next = Staging::beside(&to).unwrap();
        assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
        fs::write(next.file(), "whole").unwrap();
        fs::write(&to, "another's").unwrap();
        assert!(matches!(next.finish(&to), Err(CopyError::Taken(_))));
        assert_eq!(fs::read(&to).unwrap(), b"another's");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn where_a_link_leads_nothing_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let other = directory.path().join("other");
        fs::create_dir(&other).unwrap();
        fs::write(other.join("mine"), "").unwrap();
        std::os::unix::fs::symlink(&other, directory.path().join(".unfinished-new.db")).unwrap();
        assert!(matches!(Staging::beside(&directory.path().join("new.db")), Err(CopyError::Busy(_))));
        assert!(other.join("mine").exists());
    }
}

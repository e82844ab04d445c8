//! A directory that is whole or not there.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// How a directory begins that is not finished; the next attempt replaces it.
const UNFINISHED: &str = ".unfinished-";

/// What is to become a directory. Dropped unfinished, it leaves nothing.
pub(super) struct Staging {
    path: PathBuf,
}

impl Staging {
    /// Begins what is to be at `to`, where there is nothing yet, or an empty directory; for its owner alone.
    pub(super) fn beside(to: &Path) -> Result<Self, Failure> {
        let failure = |error: &io::Error| Failure::new(format!("{} cannot be made: {error}", to.display()));
        refuse_taken(to)?;
        let to = std::path::absolute(to).map_err(|error| failure(&error))?;
        let (Some(parent), Some(name)) = (to.parent(), to.file_name()) else {
            return Err(Failure::new(format!(
                "{} cannot be made: it is no name of a directory",
                to.display()
            )));
        };
        let path = parent.join(format!("{UNFINISHED}{}", name.to_string_lossy()));
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failure(&error)),
            _ => {}
        }
        DirBuilder::new().mode(0o700).create(&path).map_err(|error| failure(&error))?;
        Ok(Self { path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts it at `to`. From then on it is there, whatever happens.
    pub(super) fn finish(self, to: &Path) -> Result<(), Failure> {
        let failure = |error: io::Error| Failure::new(format!("{} cannot be made: {error}", to.display()));
        let synced = |path: &Path| File::open(path).and_then(|directory| directory.sync_all());
        synced(&self.path).map_err(failure)?;
        let to = std::path::absolute(to).map_err(failure)?;
        // Takes the place of an empty directory, and of nothing else.
        fs::rename(&self.path, &to).map_err(failure)?;
        to.parent().map_or(Ok(()), synced).map_err(failure)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // Of no consequence if it fails: the next attempt removes it. Finished, it is not there any more.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Refuses a place where there is something.
fn refuse_taken(to: &Path) -> Result<(), Failure> {
    let taken = match fs::read_dir(to) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) => error.kind() != ErrorKind::NotFound,
    };
    if taken {
        let detail = "there is something already, and nothing is overwritten; name a new directory";
        return Err(Failure::new(format!("{}: {detail}", to.display())));
    }
    Ok(())
}

//! The one place that the demo writes to.

use std::fs::DirBuilder;
use std::path::{Path, PathBuf};

use symbolon_core::id::RequestId;
use symbolon_server::Clock;

use crate::clock::{OsEntropy, SystemClock};
use crate::failure::Failure;

/// A directory of the demo's own; removed with this value, unless it was asked for by name.
pub(super) struct Directory {
    path: PathBuf,
    keep: bool,
}

impl Directory {
    pub(super) fn make(asked: Option<PathBuf>) -> Result<Self, Failure> {
        let keep = asked.is_some();
        let path = asked.unwrap_or_else(|| {
            // Any name that nobody can guess; short, for the path of a socket has to be.
            let id = RequestId::new(SystemClock.now(), &OsEntropy).to_string();
            std::env::temp_dir().join(format!("symbolon-demo-{}", &id[id.len() - 12..]))
        });
        let refuse = |error: &std::io::Error| {
            Failure::new(format!(
                "the demo's directory {} cannot be made: {error}; name another with --dir",
                path.display()
            ))
        };
        let mut builder = DirBuilder::new();
        builder.recursive(keep);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path).map_err(|error| refuse(&error))?;
        let mut entries = std::fs::read_dir(&path).map_err(|error| refuse(&error))?;
        if entries.next().is_some() {
            return Err(Failure::new(format!(
                "{} is not empty; name a new directory with --dir",
                path.display()
            )));
        }
        let path = path.canonicalize().map_err(|error| refuse(&error))?;
        Ok(Self { path, keep })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What becomes of it, for people.
    pub(super) fn fate(&self) -> &'static str {
        if self.keep { "" } else { " (removed at the end; --dir DIR keeps one)" }
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if !self.keep {
            // It is the system's temporary directory; what cannot be removed is removed by the system.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

//! The data directory: keys, database, lock and socket, for their owner alone.
//!
//! | file | holds |
//! |---|---|
//! | `keys.toml` | the peppers and the session keys; without them every token, key and session is dead |
//! | `audit-key.toml` | the key that signs checkpoints of the audit |
//! | `symbolon.db` | the record, where it is not in PostgreSQL |
//! | `lock` | stands for "in use": one process at a time has the directory |
//! | `symbolon.sock` | where a running server answers the command line |

mod audit_key;
mod files;
mod keys;
mod lock;
mod opened;
mod record;
mod secret_file;
mod socket;

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::settings::{DatabaseSettings, Settings};

pub(crate) use audit_key::{copy as copy_audit_keys, load as load_audit_keys};
pub(crate) use files::{Privacy, privacy, write_private};
pub(crate) use keys::{KeyFile, Keyring};
pub(crate) use lock::{Lock, Purpose, holder, not_for_root};
pub(crate) use opened::{Beginning, Opened};
#[cfg(feature = "postgres")]
pub(crate) use secret_file::read as read_secret;
pub(crate) use socket::SocketFile;

/// Where everything lies. A value of this type says nothing about what is there.
#[derive(Debug, Clone)]
pub(crate) struct DataDir {
    path: PathBuf,
    /// Where the record is, if it is not here.
    elsewhere: Option<DatabaseSettings>,
}

/// What is in the directory, as far as can be seen from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contents {
    /// Nothing, not even the directory, or a beginning that was not finished.
    Nothing,
    /// Keys and a database.
    Everything,
}

impl DataDir {
    /// The directory that is configured, and where its record is.
    pub(crate) fn of(settings: &Settings) -> Self {
        Self { path: settings.data_dir.clone(), elsewhere: settings.database.clone() }
    }

    /// Where the record is, if it is not here.
    pub(crate) fn elsewhere(&self) -> Option<&DatabaseSettings> {
        self.elsewhere.as_ref()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn keys(&self) -> PathBuf {
        self.path.join("keys.toml")
    }

    pub(crate) fn audit_key(&self) -> PathBuf {
        self.path.join("audit-key.toml")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("symbolon.db")
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.path.join("lock")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.path.join("symbolon.sock")
    }

    /// What is there. Refused: what is no directory, one that belongs to something else, and a database whose keys
    /// are gone.
    pub(crate) fn contents(&self) -> Result<Contents, Failure> {
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Contents::Nothing),
            Err(error) => return Err(self.failure("cannot be read", &error)),
        };
        let (mut keys, mut database, mut stranger) = (false, false, None);
        for entry in entries {
            let entry = entry.map_err(|error| self.failure("cannot be read", &error))?;
            match entry.file_name().to_string_lossy().as_ref() {
                "keys.toml" => keys = true,
                "symbolon.db" => database = true,
                // A new file system has the last of its own.
                "lock" | "symbolon.sock" | "audit-key.toml" | "lost+found" => {}
                // The database's log and the store's lock.
                name if name.starts_with("symbolon.db") || name.starts_with(files::UNFINISHED) => {}
                name => stranger = Some(name.to_owned()),
            }
        }
        match (keys, database, stranger) {
            (true, true, _) => Ok(Contents::Everything),
            // The record of these keys is in PostgreSQL.
            (true, false, _) if self.elsewhere.is_some() => Ok(Contents::Everything),
            (false, true, _) => Err(Failure::new(format!(
                "{} is missing beside a database: without the keys that it was made with every token in it is dead; \
                 put the file back from your copy, or begin anew in another data_dir",
                self.keys().display()
            ))),
            (false, false, Some(name)) => Err(Failure::new(format!(
                "{} holds other files ({name}) and no data of Symbolon's; name a new or empty directory as data_dir",
                self.path.display()
            ))),
            _ => Ok(Contents::Nothing),
        }
    }

    /// Makes the directory, for its owner alone. One that is there and has nothing in it yet is made so.
    fn create(&self) -> Result<(), Failure> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.path);
        made.map_err(|error| self.failure("cannot be made", &error))?;
        files::make_private_dir(&self.path)
            .map_err(|error| self.failure("cannot be kept to its owner", &error))
    }

    fn failure(&self, what: &str, error: &std::io::Error) -> Failure {
        Failure::new(format!("the data directory {} {what}: {error}", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(names: &[&str]) -> (tempfile::TempDir, DataDir) {
        let temporary = tempfile::tempdir().unwrap();
        for name in names {
            fs::write(temporary.path().join(name), "").unwrap();
        }
        let directory = DataDir { path: temporary.path().to_owned(), elsewhere: None };
        (temporary, directory)
    }

    #[test]
    fn a_beginning_is_nothing_yet() {
        for names in [&[][..], &["lock"], &["keys.toml", "lock"], &["lost+found"], &[".unfinished-keys.toml"]]
        {
            assert_eq!(directory(names).1.contents().unwrap(), Contents::Nothing, "{names:?}");
        }
    }

    #[test]
    fn keys_and_a_database_are_everything_whatever_else_is_there() {
        let (_kept, directory) = directory(&["keys.toml", "symbolon.db", "note.txt", "symbolon.db-wal"]);
        assert_eq!(directory.contents().unwrap(), Contents::Everything);
    }

    #[test]
    fn what_would_be_destroyed_or_mixed_up_is_refused() {
        let (_kept, lost) = directory(&["symbolon.db", "lock"]);
        assert!(lost.contents().unwrap_err().to_string().contains("keys.toml is missing beside a database"));
        let (_kept, other) = directory(&["holiday.jpg"]);
        assert!(other.contents().unwrap_err().to_string().contains("holds other files (holiday.jpg)"));
    }
}

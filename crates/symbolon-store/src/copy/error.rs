//! Why a record was not copied, in a sentence for whoever asked for it.

use std::fmt::Display;
use std::path::PathBuf;

use symbolon_core::store::StoreError;

use super::Table;
use crate::OpenError;

/// Why a record was not copied. Where there is one, nothing of a copy is left, unless it says otherwise. The text says what to
/// do.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// One of the two could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is something where the copy should be.
    #[error("{} is there already, and nothing is overwritten: name a new file", .0.display())]
    Taken(PathBuf),
    /// The file that should be made has no directory.
    #[error("the directory {} does not exist: make it, or name a file elsewhere", .0.display())]
    NoDirectory(PathBuf),
    /// Somebody else makes the same file.
    #[error("{} is in use, for another copy is being made there: wait until it has ended, or name another file", .0.display())]
    Busy(PathBuf),
    /// The database is to be new, or to have no row in it.
    #[error(
        "{0} has something in it already, and nothing is added to it or written over: name a new database (CREATE DATABASE makes \
         one)"
    )]
    NotEmpty(String),
    /// Whoever serves the database writes to it.
    #[error(
        "{place} is in use by {}: stop these servers, for what they write meanwhile would be missing from the copy or mixed \
         into it, and copy again. One that has died, or came with a dump, is listed until a change has waited for it: start a node, \
         change something there, and stop it again",
        told(.nodes)
    )]
    Served {
        /// Host, port and database.
        place: String,
        /// The names of the nodes, and how many seconds ago each was last heard of.
        nodes: Vec<(String, i64)>,
    },
    /// There is no record there.
    #[error("{0} has no record in it that this version can copy: name the database that the servers use")]
    NoRecord(String),
    /// Nothing in the record is what these keys would have written.
    #[error(
        "the keys in the data directory are not those of {0}, and nothing in the copy would be in force: put the keys.toml and \
         audit-key.toml in place that belong to it. Where they are, somebody has changed the record of the user system: find \
         out who writes to the database, and put a backup back"
    )]
    OtherKeys(String),
    /// The last lines of the audit are not there. In a copy nobody could see that.
    #[error(
        "the end of the audit in {} was cut off (its last line was number {given}), and in a copy nobody could see that: find \
         out who writes to the database (`symbolon audit verify`). Then make any change there, such as another key, which \
         writes the next line behind the gap, and copy again",
        .path.display()
    )]
    CutOff {
        /// The database.
        path: PathBuf,
        /// The number of the last line that there ever was.
        given: i64,
    },
    /// A text that `PostgreSQL` has no way to keep.
    #[error(
        "a text in the table {table} has a zero byte in it (in the row {row}), which PostgreSQL cannot keep: change it where the \
         record is now, and copy again"
    )]
    ZeroByte {
        /// Its name.
        table: &'static str,
        /// What the row begins with: an id, a name or a number.
        row: String,
    },
    /// A table could not be read or written.
    #[error(
        "the table {table} of {place} cannot be {what}: {reason}. Nothing of the copy is left: see to that, and copy again"
    )]
    Failed {
        /// Its name.
        table: &'static str,
        /// The file; or host, port and database.
        place: String,
        /// What should be done to it.
        what: &'static str,
        /// What the system or the database said.
        reason: String,
    },
    /// What was written is not what was read.
    #[error(
        "the table {table} is not the same on both sides ({from} and {to} rows), and the copy was given up: somebody has \
         changed one of them meanwhile, or something in the new place changes what is written to it. Find out what, and copy \
         again"
    )]
    Differs {
        /// Its name.
        table: &'static str,
        /// How many rows it has where it was copied from.
        from: u64,
        /// How many it has in the copy.
        to: u64,
    },
    /// Whether the copy is whole is not known.
    #[error(
        "the connection to {0} broke at the end, and nobody can know whether the copy is there: copy again. Where that is \
         refused because there is something already, the copy is whole and can be used"
    )]
    Unknown(String),
}

impl CopyError {
    /// A table at `place` that could not be read or written, as `what` has it.
    pub(crate) fn failed(table: &Table, place: impl Display, what: &'static str, error: &StoreError) -> Self {
        Self::Failed { table: table.name, place: place.to_string(), what, reason: error.to_string() }
    }
}

fn told(nodes: &[(String, i64)]) -> String {
    let nodes: Vec<_> =
        nodes.iter().map(|(name, seconds)| format!("{name} (last heard of {seconds} s ago)")).collect();
    nodes.join(", ")
}

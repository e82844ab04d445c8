//! Why a record could not be opened, in a sentence for whoever starts the program.

use std::path::PathBuf;

/// Why a record could not be opened. The text is one sentence, names the path, and says what to do where that
/// is not plain.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory that should hold the database does not exist.
    #[error("{} does not exist; `symbolon init` makes it", .0.display())]
    MissingDirectory(PathBuf),
    /// The path names a directory or a device.
    #[error("{} is not a file", .0.display())]
    NotAFile(PathBuf),
    /// The file is something else than a database.
    #[error("{} is not a database", .0.display())]
    NotADatabase(PathBuf),
    /// The file is a database, but of another program.
    #[error("{} is a database of another program", .0.display())]
    NotOurs(PathBuf),
    /// The file, its directory or its disk is read-only.
    #[error("{} cannot be written: it is read-only, or its disk is", .0.display())]
    ReadOnly(PathBuf),
    /// This user of the machine may not open it.
    #[error("no permission to open {}", .0.display())]
    NoPermission(PathBuf),
    /// A later version of Symbolon has changed the schema.
    #[error("{} was written by a newer Symbolon (schema {found}, this one knows {known})", .path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// The schema's number there.
        found: usize,
        /// The last number known here.
        known: usize,
    },
    /// Its rows have no seals, and they were sealed once.
    #[error(
        "the rows of {} have no seals though they were sealed once: an older database was put in its place, or somebody has \
         changed its schema. Put a backup back; or, where the older one is yours and nobody else can have written to it, take \
         the line `sealed = true` out of keys.toml, and its rows are sealed as they are found",
        .0.display()
    )]
    Unsealed(PathBuf),
    /// Somebody else has put a trigger, a view or a virtual table into it.
    #[error(
        "{} has something in its schema that Symbolon did not put there ({name:?}), and that may have changed or dropped what \
         was written: find out who writes to the database; then put a backup back, or take it out with sqlite3 (DROP TRIGGER, \
         DROP VIEW) and look what it has done with `symbolon audit verify`",
        .path.display()
    )]
    Planted {
        /// The database.
        path: PathBuf,
        /// What it is called there; at most 64 characters of it.
        name: String,
    },
    /// Another process has it open.
    #[error("{} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// The disk is full.
    #[error("the disk that holds {} is full", .0.display())]
    Full(PathBuf),
    /// The database's structure is broken.
    #[error("{} is damaged; restore it from a backup", .0.display())]
    Damaged(PathBuf),
    /// The text is no URL of a PostgreSQL database. It is not repeated: it may have a password in it.
    #[error("the URL of the database cannot be read: {0}")]
    NoUrl(String),
    /// The server cannot be reached, or lets nobody in.
    #[error("{place} cannot be reached: {reason}")]
    Unreachable {
        /// Host, port and database.
        place: String,
        /// What the system or the server said.
        reason: String,
    },
    /// The role may not make its tables there, or use them.
    #[error(
        "{0} was reached, and the user of the URL may not keep tables in it, for it is somebody else's: make an empty database that \
         is the user's own (CREATE DATABASE … OWNER …), or hand this one over (ALTER DATABASE … OWNER TO …), with the tables that \
         are in it"
    )]
    NotItsOwn(String),
    /// The server follows another one, and takes no mutations.
    #[error("{0} is a standby: give the URL of the primary")]
    Standby(String),
    /// A commit that the server has acknowledged may be lost.
    #[error(
        "{0} acknowledges what is not written yet (synchronous_commit = off), so that a revocation could be undone by a power \
         failure: set it to on for this role, database and server"
    )]
    NotDurable(String),
    /// The server's version is too old.
    #[error("{place} is PostgreSQL {found}; {needed} or later is needed")]
    OldServer {
        /// Host, port and database.
        place: String,
        /// The server's major version.
        found: i32,
        /// The first that will do.
        needed: i32,
    },
    /// Texts are kept there in another encoding.
    #[error("{place} is in {encoding}; make a database with ENCODING 'UTF8'")]
    Encoding {
        /// Host, port and database.
        place: String,
        /// Its encoding, in PostgreSQL's words.
        encoding: String,
    },
    /// Somebody else has put a trigger, a rule, a policy, a view, a function or an operator into it.
    #[error(
        "{place} has something in its schema that Symbolon did not put there ({name:?}), and that may have changed, hidden or \
         dropped what was written: find out who writes to the database; then put a backup back, or take it out with psql \
         (DROP TRIGGER, DROP VIEW and so on) and look what it has done with `symbolon audit verify`"
    )]
    PlantedIn {
        /// Host, port and database.
        place: String,
        /// What it is called there; at most 64 characters of it.
        name: String,
    },
    /// The nodes that share it have other keys.
    #[error(
        "the keys in the data directory are not those of this database ({0}), whose nodes go on with others: copy keys.toml and \
         audit-key.toml from a node that serves it. Where no node has its keys, for it was put back to before they were changed, \
         docs/fleet.md says what to do (Keys)"
    )]
    OtherKeys(String),
    /// Its fleet has leases of another length, and nodes that hold them.
    #[error(
        "the nodes that share {place} have leases of {} ms with a margin of {} ms, and here {} ms and {} ms are set: one fleet \
         has one lease. Set the same here; or stop every node, and start them with the new one",
        .found.0, .found.1, .asked.0, .asked.1
    )]
    OtherLease {
        /// The server and the database.
        place: String,
        /// The lease and the margin of the fleet, in milliseconds.
        found: (i64, i64),
        /// Those that are set.
        asked: (i64, i64),
    },
    /// Anything else.
    #[error("{} cannot be opened: {reason}", .path.display())]
    Failed {
        /// The database.
        path: PathBuf,
        /// What the system or the database said.
        reason: String,
    },
}

//! Why a piece of work was not written: it is refused, or the database failed.

use symbolon_core::seal::Sealer;
use symbolon_core::store::StoreError;

use super::fault::unavailable;

/// A transaction that is to be begun again: two of them stood in each other's way.
const AGAIN: [&str; 2] = ["40001", "40P01"];
/// A violated `UNIQUE` or `PRIMARY KEY`.
const UNIQUE: &str = "23505";
/// A text that no text of this database can be: it has a zero byte in it.
const NO_TEXT: &str = "22021";

/// Why one mutation was not written. Whatever it has done of it is to be rolled back.
#[derive(Debug)]
pub(super) enum Fault {
    /// The record's rules refuse it; the database is well.
    Refused(StoreError),
    /// The database failed.
    Failed(sqlx::Error),
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        if code(&error).as_deref() == Some(NO_TEXT) {
            return conflict("a text with a zero byte in it cannot be kept");
        }
        Self::Failed(error)
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused(refusal) => refusal,
            Fault::Failed(error) => unavailable(&error),
        }
    }
}

/// A conflict with what is stored.
pub(super) fn conflict(sentence: &'static str) -> Fault {
    Fault::Refused(StoreError::Conflict(sentence))
}

/// What was to be changed is not there.
pub(super) fn missing(what: &'static str) -> Fault {
    Fault::Refused(StoreError::NotFound(what))
}

/// Refuses a digest under a pepper that nobody looks under any more.
pub(super) fn known(sealer: &Sealer, pepper: u32) -> Result<(), Fault> {
    if sealer.knows(pepper) { Ok(()) } else { Err(conflict("the pepper was retired meanwhile; try again")) }
}

/// The conflict that a violated constraint stands for.
pub(super) fn taken(error: sqlx::Error, sentences: &[(&str, &'static str)]) -> Fault {
    let constraint = match error.as_database_error() {
        Some(fault) if fault.code().as_deref() == Some(UNIQUE) => fault.constraint(),
        _ => None,
    };
    let sentence = sentences.iter().find(|(name, _)| constraint == Some(name));
    sentence.map_or_else(|| error.into(), |(_, sentence)| conflict(sentence))
}

/// Whether the same transaction may well go through when it is begun again.
pub(super) fn is_passing(error: &sqlx::Error) -> bool {
    code(error).is_some_and(|code| AGAIN.contains(&code.as_str()))
}

/// Whether the server has said of a commit that it did not take place. Whoever hears nothing, or hears that the connection was
/// ended, does not know.
pub(super) fn is_known_undone(error: &sqlx::Error) -> bool {
    // 40003: the server itself does not know. 23: a constraint that is looked at last.
    code(error).is_some_and(|code| code != "40003" && (code.starts_with("40") || code.starts_with("23")))
}

/// Whether the connection is of no use any more, or the whole transaction is not.
pub(super) fn loses_all(error: &sqlx::Error) -> bool {
    // 57: the server ends the session or stops. 53: it has no room left. 25: a transaction that is not what it was taken for.
    match code(error) {
        Some(code) => is_passing(error) || ["57", "53", "25", "08"].iter().any(|class| code.starts_with(class)),
        None => true,
    }
}

fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error()?.code().map(std::borrow::Cow::into_owned)
}

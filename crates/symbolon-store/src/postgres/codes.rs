//! What a failure means for the transaction in which it came.

use sqlx::postgres::{PgDatabaseError, PgSeverity};

/// A transaction that is to be begun again: two of them stood in each other's way.
const AGAIN: [&str; 2] = ["40001", "40P01"];
/// A text that no text of this database can be: it has a zero byte in it.
const NO_TEXT: &str = "22021";

/// The session is over: by an administrator's word, or a crash of the server, or it lay idle for too long.
pub(super) const ENDED: [&str; 3] = ["57P01", "57P02", "57P05"];

/// Whether the same transaction may well go through when it is begun again.
pub(super) fn is_passing(error: &sqlx::Error) -> bool {
    code(error).is_some_and(|code| AGAIN.contains(&code.as_str()))
}

/// Whether the server has said of a commit that it did not take place. Whoever hears nothing, or hears that the connection was
/// ended, does not know.
pub(super) fn is_known_undone(error: &sqlx::Error) -> bool {
    let Some(fault) = error.as_database_error().and_then(|error| error.try_downcast_ref::<PgDatabaseError>())
    else {
        return false;
    };
    // What goes wrong after a commit was written ends the session, or the server. 40003: the server itself does not know; 08,
    // 57, 58, XX: it, or what is in between, fails.
    let code = fault.code();
    fault.severity() == PgSeverity::Error
        && code != "40003"
        && !["08", "57", "58", "XX"].iter().any(|class| code.starts_with(class))
}

/// Whether the whole transaction is lost, and not the one statement.
pub(super) fn loses_all(error: &sqlx::Error) -> bool {
    // 57: the server ends the session, or took too long. 53: it has no room left. 25: the transaction is not what it was taken
    // for. 08: the connection broke.
    match code(error) {
        Some(code) => {
            is_passing(error) || ["57", "53", "25", "08"].iter().any(|class| code.starts_with(class))
        }
        None => true,
    }
}

/// Whether the server has ended the session: it stops, it fell over, or somebody had it ended.
pub(super) fn is_ended(error: &sqlx::Error) -> bool {
    code(error).is_some_and(|code| ENDED.contains(&code.as_str()))
}

/// Whether a text was refused that cannot be kept.
pub(super) fn is_no_text(error: &sqlx::Error) -> bool {
    code(error).as_deref() == Some(NO_TEXT)
}

fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error()?.code().map(std::borrow::Cow::into_owned)
}

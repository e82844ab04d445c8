//! What a failure means for the transaction in which it came.

/// A transaction that is to be begun again: two of them stood in each other's way.
const AGAIN: [&str; 2] = ["40001", "40P01"];
/// A text that no text of this database can be: it has a zero byte in it.
const NO_TEXT: &str = "22021";

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

/// Whether a text was refused that cannot be kept.
pub(super) fn is_no_text(error: &sqlx::Error) -> bool {
    code(error).as_deref() == Some(NO_TEXT)
}

fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error()?.code().map(std::borrow::Cow::into_owned)
}

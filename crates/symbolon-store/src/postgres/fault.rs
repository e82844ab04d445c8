//! From PostgreSQL's SQLSTATE codes to the words of the contract. What is passed on is a sentence from here: the server's own
//! messages may quote values, and they name no remedy.

use std::io::ErrorKind;

use symbolon_core::store::StoreError;

use super::codes::ENDED;
use crate::OpenError;
use crate::fault::{closed, conflict};

/// Why one mutation was not written.
pub(super) type Fault = crate::fault::Fault<sqlx::Error>;

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused(refusal) => refusal,
            Fault::Failed(error) => unavailable(&error),
        }
    }
}

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const UNIQUE_VIOLATION: &str = "23505";
const FORBIDDEN: &str = "42501";
const WRONG_PASSWORD: &str = "28P01";

/// How the system begins to say that a name is nobody's; it has no kind of error of its own for that.
const NO_SUCH_NAME: &str = "failed to lookup address information";

/// The conflict that a violated UNIQUE stands for: the sentence of the constraint or index of that name.
pub(super) fn taken(error: sqlx::Error, sentences: &[(&str, &'static str)]) -> Fault {
    let named = error.as_database_error().and_then(|violation| {
        let constraint = violation.constraint()?;
        let unique = violation.code().as_deref() == Some(UNIQUE_VIOLATION);
        sentences.iter().find(|(name, _)| unique && *name == constraint)
    });
    named.map_or(Fault::Failed(error), |(_, sentence)| conflict(sentence))
}

/// The failure as callers hear it.
pub(super) fn unavailable(error: &sqlx::Error) -> StoreError {
    if let sqlx::Error::PoolClosed = error {
        return closed();
    }
    StoreError::Unavailable(reason(error))
}

/// The failure as whoever starts the program hears it. `place` is the database, without the user and the password.
pub(super) fn cannot_open(place: &str, error: &sqlx::Error) -> OpenError {
    match error.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref() {
        // It was reached.
        Some(FORBIDDEN) => OpenError::NotItsOwn(place.to_owned()),
        _ => OpenError::Unreachable { place: place.to_owned(), reason: reason(error) },
    }
}

/// Whether the server lets nobody in with this user and this password.
pub(super) fn is_turned_away(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| code == WRONG_PASSWORD)
}

fn reason(error: &sqlx::Error) -> String {
    let sentence = match error {
        sqlx::Error::Database(error) => match error.code() {
            Some(code) => return of_code(&code),
            None => "the database failed",
        },
        // Also where nobody answers at all: the pool goes on trying for as long as it waits.
        sqlx::Error::PoolTimedOut => {
            "no connection to PostgreSQL in time: see that its server runs and can be reached; where both is so, much is \
             being read here at once, and it may go in a moment"
        }
        sqlx::Error::Tls(_) => {
            "no TLS connection to PostgreSQL: see that the server offers one, and that its certificate is of an authority \
             that is trusted here"
        }
        sqlx::Error::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused | ErrorKind::NotFound => {
                "no PostgreSQL server answers there: see that it runs, and that host and port are right"
            }
            ErrorKind::PermissionDenied => "no permission to open the PostgreSQL server's socket",
            ErrorKind::TimedOut | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
                "the PostgreSQL server cannot be reached: see what is between here and there"
            }
            _ if error.to_string().starts_with(NO_SUCH_NAME) => {
                "there is no such host: see that its name is right, and that names are resolved here"
            }
            _ => "the connection to PostgreSQL broke",
        },
        sqlx::Error::Protocol(_) => "what answers there does not speak as a PostgreSQL server does",
        _ => "the database failed",
    };
    sentence.to_owned()
}

/// By the whole code where there is a sentence of its own, and else by its class, the first two characters.
fn of_code(code: &str) -> String {
    let sentence = match (code, code.get(..2).unwrap_or_default()) {
        // The second is for what only a primary can say, such as which timeline it is on.
        ("25006" | "55000", _) => {
            "the PostgreSQL server is a standby, or lets nobody write: the connection has to lead to the primary"
        }
        ("53100", _) => "the PostgreSQL server's disk is full",
        ("53200", _) => "the PostgreSQL server is out of memory",
        ("53300", _) => {
            "the PostgreSQL server has no connection left: raise its max_connections (a node takes up to 14)"
        }
        ("57P03", _) => "the PostgreSQL server is starting or stopping",
        ("57P04", _) => "the database was dropped",
        (code, _) if ENDED.contains(&code) => "the PostgreSQL server has ended the connection",
        ("57014" | "55P03", _) => {
            "PostgreSQL took too long over it, and was stopped: something else holds its tables, or it has too much to do"
        }
        (FORBIDDEN, _) => "the PostgreSQL user may not do that: database and tables must be the user's own",
        ("3D000", _) => {
            "there is no such database on the PostgreSQL server: CREATE DATABASE … OWNER … makes it, for the user of the URL"
        }
        ("42P01" | "42703" | "3F000", _) => {
            "a table or a column of Symbolon's is missing in the database: somebody has changed its schema"
        }
        (_, "28") => "the PostgreSQL server does not accept the user or the password",
        (_, "08") => "the connection to PostgreSQL broke",
        (_, "40") => "something else in the database was in the way; try again",
        (_, "58" | "XX") => "the PostgreSQL server failed, or the database is damaged: its log says more",
        _ => return format!("the database failed (SQLSTATE {code})"),
    };
    sentence.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_sentence_or_names_itself() {
        assert_eq!(of_code("53100"), "the PostgreSQL server's disk is full");
        assert_eq!(of_code("28P01"), "the PostgreSQL server does not accept the user or the password");
        assert_eq!(of_code("22003"), "the database failed (SQLSTATE 22003)");
        assert_eq!(of_code(""), "the database failed (SQLSTATE )");
    }

    #[tokio::test]
    async fn a_host_that_is_none_is_said() {
        let name = tokio::net::lookup_host(("db.invalid", 5432)).await.map(drop).unwrap_err();
        let said = reason(&sqlx::Error::Io(name));
        assert!(said.starts_with("there is no such host"), "{said}");
    }
}

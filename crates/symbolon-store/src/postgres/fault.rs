//! From PostgreSQL's SQLSTATE codes to the words of the contract. What is passed on is a sentence from here: the server's own
//! messages may quote values, and they name no remedy.

use std::io::ErrorKind;

use symbolon_core::store::StoreError;

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
    OpenError::Unreachable { place: place.to_owned(), reason: reason(error) }
}

fn reason(error: &sqlx::Error) -> String {
    let sentence = match error {
        sqlx::Error::Database(error) => match error.code() {
            Some(code) => return of_code(&code),
            None => "the database failed",
        },
        // Also where nobody answers at all: the pool goes on trying for as long as it waits.
        sqlx::Error::PoolTimedOut => {
            "no connection to PostgreSQL in time: see that its server runs and can be reached, or give Symbolon more \
             connections"
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
            "the PostgreSQL server has no connection left: raise its max_connections, or give Symbolon fewer"
        }
        ("57P03", _) => "the PostgreSQL server is starting or stopping",
        ("57P04", _) => "the database was dropped",
        ("57P01" | "57P02" | "57P05", _) => "the PostgreSQL server has ended the connection",
        ("57014" | "55P03", _) => {
            "PostgreSQL took too long over it, and was stopped: something else holds its tables, or it has too much to do"
        }
        ("42501", _) => "the PostgreSQL user may not do that: the tables must be the user's own",
        ("3D000", _) => "there is no such database on the PostgreSQL server: CREATE DATABASE makes it",
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
}

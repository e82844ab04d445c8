//! The record: what is kept of tokens, users, sessions and keys, behind [`symbolon_core::store::Store`].
//!
//! [`SqliteStore`] is one file and one process; `PostgresStore`, behind the feature `postgres`, is a database that a fleet of
//! processes shares. What both must keep alike is written down as tests (`tests/conformance`).

mod asks;
#[cfg(feature = "postgres")]
mod copy;
mod cursor;
mod fault;
#[cfg(any(test, feature = "postgres"))]
mod fleet;
mod listing;
mod loading;
mod loans;
#[cfg(test)]
#[path = "../tests/conformance/make.rs"]
#[expect(dead_code, reason = "made for the conformance suite, of which tests here want a part")]
mod make;
mod open_error;
mod peppers;
#[cfg(feature = "postgres")]
mod postgres;
mod reading;
mod rotation;
mod rows;
mod seals;
mod sqlite;
mod usage;
mod writing;

#[cfg(feature = "postgres")]
pub use copy::{
    Copied, CopiedTable, CopyError, CopyProgress, Step, Tell, copy_from_postgres, copy_to_postgres,
};
pub use open_error::OpenError;
#[cfg(feature = "postgres")]
pub use postgres::{Membership, PostgresStore, reach};
pub use sqlite::{Contents, SqliteStore, copy, inspect};

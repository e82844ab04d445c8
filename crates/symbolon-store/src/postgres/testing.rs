//! A new database for a test of this module, and values to keep in it.

#[path = "../../tests/postgres/membership.rs"]
pub(super) mod membership;

#[path = "../../tests/conformance/mirror.rs"]
#[expect(dead_code, reason = "made for the conformance suite, of which tests here want a part")]
mod mirror;
mod way;

use sqlx::postgres::PgPool;
use symbolon_core::store::{Change, Mutation, Store};
use symbolon_postgres_server::{Database, Version, shared};

pub(super) use self::mirror::Mirror;
pub(super) use self::way::Way;
pub(super) use crate::make;

use super::connect::Server;
use super::line::Line;
use super::{Membership, PostgresStore};

/// A database with an open store.
pub(super) struct Place {
    pub(super) store: PostgresStore,
    pub(super) database: Database,
}

/// One that is empty.
pub(super) async fn place() -> Place {
    let database = shared(Version::Debian).unwrap().new_database().unwrap();
    let (url, keys) = (database.url(), make::keys());
    let store = PostgresStore::open(&url, None, &keys, membership::node("test")).await.unwrap();
    Place { store, database }
}

impl Place {
    /// The connections that read.
    pub(super) fn pool(&self) -> &PgPool {
        &self.store.readers.pool
    }

    /// A connection of its own, not made yet.
    pub(super) fn line(&self) -> Line {
        Line::new(&Server::parse(&self.database.url(), None).unwrap())
    }

    /// Commits changes with a line in the audit each.
    pub(super) async fn commit(&self, changes: Vec<Change>) {
        self.store.commit(make::mutation(changes)).await.unwrap();
    }

    /// Commits a line in the audit and nothing else.
    pub(super) async fn note(&self) {
        let lines = vec![make::line("test.noted", "nothing")];
        self.store.commit(Mutation::given(Vec::new(), lines, make::at(0))).await.unwrap();
    }

    /// Does something behind the store's back.
    pub(super) fn meddle(&self, sql: &str) {
        self.database.sql(sql).unwrap();
    }

    /// How the database would answer a statement with parameters of these types, whatever their values, if nothing were too
    /// small for an index.
    pub(super) fn plan(&self, types: &str, sql: &str) -> String {
        let nulls = types.split(',').map(|_| "NULL").collect::<Vec<_>>().join(", ");
        let explain = format!(
            "SET enable_seqscan = off; SET enable_bitmapscan = off; SET plan_cache_mode = force_generic_plan;
             PREPARE asked ({types}) AS {sql}; EXPLAIN EXECUTE asked ({nulls});"
        );
        self.database.sql(&explain).unwrap()
    }
}

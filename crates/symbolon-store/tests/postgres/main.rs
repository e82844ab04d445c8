//! PostgreSQL: the conformance suite on every version that is supported at either end, and what only a server can do.

#![expect(clippy::unwrap_used, reason = "helpers of tests say by a panic what went wrong, as the tests do")]

#[path = "../conformance/mod.rs"]
mod conformance;

mod answers;
mod asks;
mod chain;
mod copying;
mod failures;
mod keys;
mod membership;
mod opening;
mod pruning;
mod refusals;
mod standbys;
mod steps;
mod webhooks;

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use symbolon_core::store::Store;
use symbolon_postgres_server::{Database, Version, shared};
use symbolon_store::{Membership, OpenError, PostgresStore};

use self::conformance::Place;

/// Opens the database of this URL, as a node of its own.
async fn open(url: &str) -> Result<PostgresStore, OpenError> {
    PostgresStore::open(url, None, &conformance::make::keys(), membership::node("test")).await
}

/// A database of its own on a server that other tests use too; it goes when the test ends.
struct Base {
    version: Version,
    database: Database,
}

fn base(version: Version) -> Base {
    Base { version, database: shared(version).unwrap().new_database().unwrap() }
}

impl Base {
    /// A connection of somebody else's.
    async fn connection(&self) -> PgConnection {
        PgConnection::connect(&self.database.url()).await.unwrap()
    }
}

#[async_trait]
impl Place for Base {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(open(&self.database.url()).await.unwrap())
    }

    async fn meddle(&self, sql: &str) -> Result<(), String> {
        let mut connection = self.connection().await;
        let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await;
        connection.close().await.unwrap();
        done.map(drop).map_err(|error| error.to_string())
    }

    async fn changes(&self) -> Vec<(String, String)> {
        let mut connection = self.connection().await;
        let changes = sqlx::query_as("SELECT kind, id FROM changes WHERE kind <> 'none' ORDER BY seq, part");
        let changes = changes.fetch_all(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        changes
    }

    fn tells_what_holds(&self) -> bool {
        true
    }

    async fn another(&self) -> Box<dyn Place> {
        Box::new(base(self.version))
    }
}

mod debian {
    fn place() -> crate::Base {
        crate::base(symbolon_postgres_server::Version::Debian)
    }

    crate::conformance::every_test!(crate::debian::place);
}

mod newest {
    fn place() -> crate::Base {
        crate::base(symbolon_postgres_server::Version::Newest)
    }

    crate::conformance::every_test!(crate::newest::place);
}

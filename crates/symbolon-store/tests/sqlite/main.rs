//! SQLite: the conformance suite, and what only a file can do.

#![expect(clippy::unwrap_used, reason = "helpers of tests say by a panic what went wrong, as the tests do")]

#[path = "../conformance/mod.rs"]
mod conformance;

mod at_rest;
mod backup;
mod chain;
mod failures;
mod opening;
mod upgrade;

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use symbolon_core::store::Store;
use symbolon_store::SqliteStore;
use tempfile::TempDir;

use self::conformance::Place;

/// A database in a directory of its own, which goes when the test ends.
struct Directory(TempDir);

fn directory() -> Directory {
    Directory(tempfile::tempdir().unwrap())
}

impl Directory {
    fn file(&self) -> PathBuf {
        self.0.path().join("symbolon.db")
    }

    /// A connection of somebody else's.
    async fn connection(&self) -> SqliteConnection {
        SqliteConnectOptions::new().filename(self.file()).connect().await.unwrap()
    }
}

#[async_trait]
impl Place for Directory {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(&self.file(), &conformance::make::keys()).await.unwrap())
    }

    async fn meddle(&self, sql: &str) -> Result<(), String> {
        let mut connection = self.connection().await;
        let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await;
        connection.close().await.unwrap();
        done.map(drop).map_err(|error| error.to_string())
    }

    async fn changes(&self) -> Vec<(String, String)> {
        let mut connection = self.connection().await;
        let changes = sqlx::query_as("SELECT kind, id FROM changes ORDER BY seq");
        let changes = changes.fetch_all(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        changes
    }

    async fn another(&self) -> Box<dyn Place> {
        Box::new(directory())
    }
}

conformance::every_test!(crate::directory);

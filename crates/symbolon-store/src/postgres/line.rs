//! A connection of one's own, for what must not wait behind others; given up as soon as it does not answer.

use std::time::Duration;

use sqlx::{Connection, PgConnection};
use symbolon_core::store::StoreError;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::again::has_ended;
use super::connect::Server;
use super::fault::unavailable;
use super::patience::within;

/// How long a statement may take. A node that hears nothing for so long had better try another connection while its lease
/// runs.
const PATIENCE: Duration = Duration::from_secs(1);

/// The connection. One statement at a time.
pub(super) struct Line {
    server: Server,
    connection: Mutex<Option<PgConnection>>,
}

impl Line {
    pub(super) fn new(server: &Server) -> Self {
        Self { server: server.clone(), connection: Mutex::default() }
    }

    /// What `statement` finds. An error says nothing of whether it was carried out.
    pub(super) async fn ask<T>(
        &self,
        statement: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error> + Send,
    ) -> Result<T, StoreError> {
        self.try_ask(statement).await.map_err(|error| unavailable(&error))
    }

    /// What a statement finds that only reads. Where the server has ended the connection, it is asked once again on another.
    pub(super) async fn look<T>(
        &self,
        statement: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error> + Clone + Send,
    ) -> Result<T, StoreError> {
        let found = match self.try_ask(statement.clone()).await {
            Err(error) if has_ended(&error) => self.try_ask(statement).await,
            found => found,
        };
        found.map_err(|error| unavailable(&error))
    }

    /// The same, for whoever wants to know more of an error.
    pub(super) async fn try_ask<T>(
        &self,
        statement: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error> + Send,
    ) -> Result<T, sqlx::Error> {
        self.hold(async |db| within(PATIENCE, statement(db)).await).await
    }

    /// Gives the connection up: where it leads is not where it is to lead, and another may.
    pub(super) async fn forget(&self) {
        drop(self.connection.lock().await.take());
    }

    /// What comes of something longer, which has to see for itself that none of its statements takes for ever.
    pub(super) async fn hold<T>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error> + Send,
    ) -> Result<T, sqlx::Error> {
        let mut kept = self.connection.lock().await;
        // Out of its place while something is under way: whoever is dropped then takes a connection along on which an answer
        // may still come.
        let mut connection = match kept.take() {
            Some(connection) => connection,
            None => self.server.connect().await?,
        };
        let found = work(&mut connection).await;
        match &found {
            Ok(_) => *kept = Some(connection),
            // Nothing more is to be said on it, and nobody may hear it.
            Err(sqlx::Error::Io(_)) => {}
            // It may have been the connection.
            Err(_) => drop(timeout(PATIENCE, connection.close()).await),
        }
        found
    }
}

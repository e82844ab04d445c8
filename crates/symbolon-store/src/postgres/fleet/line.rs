//! A connection of one's own, which is given up as soon as it does not answer.

use std::time::Duration;

use sqlx::{Connection, PgConnection};
use symbolon_core::store::StoreError;
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::postgres::connect::Server;
use crate::postgres::fault::unavailable;

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
        let mut kept = self.connection.lock().await;
        // Out of its place while something is under way: whoever is dropped then takes a connection along on which an answer
        // may still come.
        let mut connection = match kept.take() {
            Some(connection) => connection,
            None => self.server.connect().await.map_err(|error| unavailable(&error))?,
        };
        match timeout(PATIENCE, statement(&mut connection)).await {
            Ok(Ok(found)) => {
                *kept = Some(connection);
                Ok(found)
            }
            Ok(Err(error)) => {
                // It may have been the connection.
                drop(timeout(PATIENCE, connection.close()).await);
                Err(unavailable(&error))
            }
            Err(_) => Err(StoreError::Unavailable("the database did not answer within a second".to_owned())),
        }
    }
}

//! Reads that met a connection which the server had ended, as by a restart: they changed nothing, and are made once again on a
//! connection that lives.

#[cfg(test)]
mod tests;

use std::io::ErrorKind;

use sqlx::pool::PoolConnection;
use sqlx::{Connection, PgConnection, PgPool, Postgres};
use symbolon_core::store::StoreError;

use super::codes;
use super::fault::unavailable;
use super::patience::answered;

/// What is found by a statement that only reads.
pub(super) async fn read<T>(
    pool: &PgPool,
    asked: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error> + Clone + Send,
) -> Result<T, StoreError> {
    answered(async {
        let first = asked.clone()(&mut *pool.acquire().await?).await;
        match first {
            Err(error) if has_ended(&error) => asked(&mut *living(pool).await?).await,
            found => found,
        }
    })
    .await
    .map_err(|error| unavailable(&error))
}

/// A connection that has just answered. Those that were used a moment ago are taken without a question, and may be as dead as the
/// one before; each is gone when it was asked in vain.
async fn living(pool: &PgPool) -> Result<PoolConnection<Postgres>, sqlx::Error> {
    loop {
        let mut connection = pool.acquire().await?;
        if connection.ping().await.is_ok() {
            return Ok(connection);
        }
    }
}

/// Whether an error says that the connection is at its end, and another may do.
pub(super) fn has_ended(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(error) => matches!(
            error.kind(),
            ErrorKind::BrokenPipe
                | ErrorKind::ConnectionAborted
                | ErrorKind::ConnectionReset
                | ErrorKind::NotConnected
                | ErrorKind::UnexpectedEof
        ),
        error => codes::is_ended(error),
    }
}

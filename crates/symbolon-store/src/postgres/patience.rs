//! How long is waited for a server of which nothing is heard any more. It ends by itself what takes it too long; but a line that
//! has gone silent says nothing of that, and the system gives one up after a quarter of an hour (`tcp(7)`, `tcp_retries2`).

#[cfg(test)]
mod tests;

use std::future::Future;
use std::io::ErrorKind;
use std::time::Duration;

use tokio::time::timeout;

/// How long a statement may take that reads, its connection included; as long as all those of a mutation.
pub(super) const READING: Duration = Duration::from_secs(30);

/// What a statement finds; an error where no answer comes.
pub(super) async fn answered<T>(
    asked: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    within(READING, asked).await
}

/// Whether that is what an error says.
pub(super) fn is_late(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(error) if error.kind() == ErrorKind::TimedOut)
}

/// The same, with no more than so much patience.
pub(super) async fn within<T>(
    patience: Duration,
    asked: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    timeout(patience, asked).await.unwrap_or_else(|_| Err(sqlx::Error::Io(ErrorKind::TimedOut.into())))
}

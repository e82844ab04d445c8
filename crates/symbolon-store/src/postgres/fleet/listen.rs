//! Hearing at once that something was committed. It is for speed: what is lost here is read a moment later.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgListener;
use sqlx::{Executor, PgPool};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::postgres::chain::CHANNEL;
use crate::postgres::connect::Server;
use crate::postgres::patience::within;

/// How long to wait before a connection that came to nothing is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// How long nothing is heard before it is asked whether anybody is there. A connection that has gone silent looks like one on
/// which nothing is said.
pub(super) const QUIET: Duration = Duration::from_secs(5);
/// How long an answer to that may take.
pub(super) const ANSWER: Duration = Duration::from_secs(1);

/// Wakes whoever applies changes whenever one was committed, for as long as it is not dropped.
pub(super) async fn listen(server: Server, wake: Arc<Notify>) {
    loop {
        // A pool of one each time: the one before may hold a dead connection for as long as the system does.
        if let Err(error) = heard(&server.listener(), &wake).await {
            tracing::debug!(%error, "nothing is heard of changes at once for a moment");
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn heard(pool: &PgPool, wake: &Notify) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.eager_reconnect(false);
    within(ANSWER, listener.listen(CHANNEL)).await?;
    // From here on; what was before is looked for.
    wake.notify_one();
    loop {
        match timeout(QUIET, listener.try_recv()).await {
            Ok(heard) => match heard? {
                Some(_) => wake.notify_one(),
                // The connection is lost.
                None => return Ok(()),
            },
            Err(_) => {
                within(ANSWER, listener.execute("SELECT 1")).await?;
            }
        }
    }
}

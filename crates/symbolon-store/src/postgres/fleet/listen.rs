//! Hearing at once that something was committed. It is for speed: what is lost here is read a moment later.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::sync::Notify;

use crate::postgres::chain::CHANNEL;

/// How long to wait before a connection that came to nothing is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// Wakes whoever applies changes whenever one was committed, for as long as it is not dropped.
pub(super) async fn listen(pool: PgPool, wake: Arc<Notify>) {
    loop {
        if let Err(error) = heard(&pool, &wake).await {
            tracing::debug!(%error, "nothing is heard of changes at once for a moment");
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn heard(pool: &PgPool, wake: &Notify) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    // From here on; what was before is looked for.
    wake.notify_one();
    // `None`: the connection is lost.
    while listener.try_recv().await?.is_some() {
        wake.notify_one();
    }
    Ok(())
}

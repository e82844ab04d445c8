//! Tasks without which this process is no node: one that panics takes the node's part with it, and says so.

use std::sync::Arc;

use symbolon_core::lease::Lease;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Sees to these tasks. Where one is broken all of them end, and nothing is answered any more.
#[derive(Clone)]
pub(super) struct Keeper {
    broken: Arc<watch::Sender<bool>>,
    lease: Arc<Lease>,
}

impl Keeper {
    pub(super) fn new(lease: Arc<Lease>) -> Self {
        Self { broken: Arc::new(watch::Sender::new(false)), lease }
    }

    /// Returns when a task has broken, and never where none does.
    pub(super) async fn broken(&self) {
        // The sender is there for as long as this is.
        let _ = self.broken.subscribe().wait_for(|broken| *broken).await;
    }

    /// Whether one has broken.
    pub(super) fn is_broken(&self) -> bool {
        *self.broken.borrow()
    }

    /// Does what a task does, until it ends or another is broken.
    pub(super) fn run(
        &self,
        name: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        let keeper = self.clone();
        async move {
            let mut tasks = JoinSet::new();
            tasks.spawn(task);
            tokio::select! {
                ended = tasks.join_next() => match ended {
                    Some(Err(error)) if error.is_panic() => {
                        tracing::error!(name, %error, "a task of the node has failed: the process is to end");
                    }
                    _ => return,
                },
                () = keeper.broken() => {}
            }
            // First the task, which may renew the lease.
            tasks.shutdown().await;
            keeper.lease.give_up();
            keeper.broken.send_replace(true);
        }
    }
}

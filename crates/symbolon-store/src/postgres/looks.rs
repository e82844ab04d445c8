//! Looks at the database that many want at once: one of them is for all who ask meanwhile, however many.

use std::sync::atomic::{AtomicU64, Ordering};

use symbolon_core::store::StoreError;
use tokio::sync::Mutex;

/// How many looks were begun, and the last that has ended well.
#[derive(Debug, Default)]
pub(super) struct Looks {
    begun: AtomicU64,
    ended: Mutex<u64>,
}

impl Looks {
    /// Looks, or waits for a look of somebody else's that begins after this was asked.
    pub(super) async fn take(
        &self,
        look: impl Future<Output = Result<(), StoreError>>,
    ) -> Result<(), StoreError> {
        let asked = self.begun.load(Ordering::SeqCst);
        let mut ended = self.ended.lock().await;
        if *ended > asked {
            return Ok(());
        }
        let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        look.await?;
        *ended = number;
        Ok(())
    }
}

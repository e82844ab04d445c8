//! What is used, on its way from the gate to the record: when tokens were used last, and how often for what.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::app::App;

/// How often what was noted is added up, before the gate's queue is full.
const GATHERING: Duration = Duration::from_millis(200);
/// How often it is written. A token that is always in use is written once in that time and not at each use; what is asked
/// of the record is written before. A process that ends without a word loses what came since.
const WRITING: Duration = Duration::from_secs(10);
/// How long who reads the record waits for what is written before.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is under way.
#[derive(Default)]
pub(crate) struct Used {
    uses: Flush,
    usage: Flush,
    /// How many dropped checks the log has been told of.
    told: AtomicU64,
    /// Whether the record did not take counts the last time.
    refused: AtomicBool,
}

/// Writes one after the other, each of all that there is when it begins.
#[derive(Default)]
struct Flush {
    turn: Mutex<()>,
    begun: AtomicU64,
}

impl Flush {
    /// Runs `write` in its turn; not where another began after this call, and so has written all that was there by then.
    async fn run(&self, came: u64, write: impl Future<Output = ()>) {
        let _turn = self.turn.lock().await;
        if self.begun.load(Ordering::SeqCst) == came {
            self.begun.store(came + 1, Ordering::SeqCst);
            write.await;
        }
    }
}

impl App {
    /// Adds up and writes what is used, again and again: to be run for as long as there are checks.
    pub async fn keep_used(&self) {
        let every = |period| {
            let mut interval = interval(period);
            interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
            interval
        };
        let (mut gathering, mut writing) = (every(GATHERING), every(WRITING));
        loop {
            tokio::select! {
                _ = gathering.tick() => {
                    let used = &self.shared().used;
                    // Not again at once what the record has refused.
                    let early = self.gate().gather_usage() && !used.refused.load(Ordering::Relaxed);
                    if early && used.usage.turn.try_lock().is_ok() {
                        let app = self.clone();
                        tokio::spawn(async move { app.write_usage().await });
                    }
                }
                _ = writing.tick() => {
                    let app = self.clone();
                    tokio::spawn(async move {
                        app.write_uses().await;
                        app.write_usage().await;
                    });
                }
            }
        }
    }

    /// Writes noted uses to the record. Nothing is written where nothing was used. Where the record is unavailable the uses
    /// of this batch are lost, which is logged; they are no reason to stop.
    ///
    /// When it returns, what was noted before is written, also by who began before; what asks the record how long a token
    /// has lain unused waits for that.
    pub async fn write_uses(&self) {
        self.flush(|used| &used.uses, |app| async move { app.write_last_uses().await }).await;
    }

    /// Writes counts of use to the record, in transactions that mutations can wait for. When it returns, what was noted
    /// before is written. Where the record is unavailable they are kept, as many as there is place for, and written later;
    /// one whose writing is not known to have failed may then be counted twice.
    pub async fn write_usage(&self) {
        self.flush(|used| &used.usage, |app| async move { app.write_counts().await }).await;
    }

    /// The same for who is about to read the record, and reads what there is if this takes long.
    pub(crate) async fn bring_usage(&self) {
        let _ = timeout(PATIENCE, self.write_usage()).await;
    }

    /// Runs `write` where it is its turn. It goes on where who waits for it does not: what was taken out of the gate is
    /// nowhere else.
    async fn flush<W>(&self, which: fn(&Used) -> &Flush, write: impl FnOnce(Self) -> W + Send + 'static)
    where
        W: Future<Output = ()> + Send,
    {
        let (app, came) = (self.clone(), which(&self.shared().used).begun.load(Ordering::SeqCst));
        let writing =
            tokio::spawn(async move { which(&app.shared().used).run(came, write(app.clone())).await });
        // A runtime that ends takes it along.
        let _ = writing.await;
    }

    async fn write_last_uses(&self) {
        const BATCH: usize = 10_000;
        loop {
            let uses = self.gate().take_uses(BATCH);
            let count = uses.len();
            if count > 0
                && let Err(error) = self.store().note_used(uses).await
            {
                tracing::warn!(%error, count, "last uses were not written");
            }
            if count < BATCH {
                break;
            }
        }
    }

    async fn write_counts(&self) {
        const BATCH: usize = 2_000;
        let used = &self.shared().used;
        self.gate().gather_usage();
        used.refused.store(false, Ordering::Relaxed);
        loop {
            let counts = self.gate().take_usage(BATCH);
            let rows = counts.len();
            if rows > 0
                && let Err(error) = self.store().record_usage(counts.clone()).await
            {
                tracing::warn!(%error, rows, "use was not written; it is kept for the next time");
                self.gate().put_back_usage(counts);
                used.refused.store(true, Ordering::Relaxed);
                break;
            }
            if rows < BATCH {
                break;
            }
        }
        let dropped = self.gate().usage_dropped();
        let told = used.told.swap(dropped, Ordering::Relaxed);
        if dropped > told {
            tracing::warn!(count = dropped - told, "checks were not counted as use: there was no place");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::task::Poll;

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn who_comes_while_one_writes_waits_for_another_and_shares_it() {
        let (flush, written) = (Flush::default(), AtomicU64::new(0));
        let came = || flush.begun.load(Ordering::SeqCst);
        let write = async || {
            written.fetch_add(1, Ordering::SeqCst);
        };
        let (go, gone) = oneshot::channel();
        let mut first = pin!(flush.run(came(), async {
            gone.await.unwrap();
            write().await;
        }));
        assert!(poll_fn(|cx| Poll::Ready(first.as_mut().poll(cx))).await.is_pending());
        let (mut second, third) = (pin!(flush.run(came(), write())), flush.run(came(), write()));
        assert!(poll_fn(|cx| Poll::Ready(second.as_mut().poll(cx))).await.is_pending(), "it waits");
        go.send(()).unwrap();
        tokio::join!(first, second, third);
        assert_eq!(written.load(Ordering::SeqCst), 2);
        flush.run(came(), write()).await;
        assert_eq!(written.load(Ordering::SeqCst), 3);
    }
}

//! How long a connection is waited for, without a timer for each request.
//!
//! The library waits anew for each request's headers, and a timer of the runtime's is entered into a list that all
//! threads share, and taken out again. Here a connection has one, which stays where it is: each wait ends later than the
//! one before, so that a timer which was set for an earlier one goes off too early at worst, and is then set again.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};
use tokio::time;

/// The timer of one connection. Clones are the same one.
#[derive(Clone, Default)]
pub(super) struct ConnectionTimer(Arc<Mutex<Option<Pin<Box<time::Sleep>>>>>);

impl Timer for ConnectionTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(Wait { timer: self.clone(), deadline: deadline.into() })
    }

    fn now(&self) -> Instant {
        super::now().into_std()
    }
}

/// One wait for a connection.
struct Wait {
    timer: ConnectionTimer,
    deadline: time::Instant,
}

impl Sleep for Wait {}

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { timer, deadline } = self.get_mut();
        // The connection's task alone asks, so nobody waits here.
        let mut set = timer.0.lock().unwrap_or_else(PoisonError::into_inner);
        let set = set.get_or_insert_with(|| Box::pin(time::sleep_until(*deadline)));
        if set.deadline() > *deadline {
            set.as_mut().reset(*deadline);
        }
        while set.as_mut().poll(cx).is_ready() {
            if super::now() >= *deadline {
                return Poll::Ready(());
            }
            set.as_mut().reset(*deadline);
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// How long a wait of these seconds lasts, all in all.
    async fn lasts(timer: &ConnectionTimer, seconds: u32) -> Duration {
        let before = super::super::now();
        timer.sleep(SECOND * seconds).await;
        super::super::now().duration_since(before)
    }

    /// Begins a wait and gives it up.
    async fn give_up(timer: &ConnectionTimer, seconds: u32) {
        let mut wait = timer.sleep(SECOND * seconds);
        let begun = poll_fn(|cx| Poll::Ready(wait.as_mut().poll(cx))).await;
        assert!(begun.is_pending());
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_lasts_as_long_as_it_should_whatever_was_waited_for_before() {
        let timer = ConnectionTimer::default();
        for (before, seconds) in [(None, 3), (Some(2), 5), (Some(60), 4), (None, 1)] {
            if let Some(before) = before {
                give_up(&timer, before).await;
                time::sleep(SECOND / 2).await;
            }
            let lasted = lasts(&timer, seconds).await;
            assert!(lasted.abs_diff(SECOND * seconds) < SECOND / 50, "{before:?} {seconds}: {lasted:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn waits_that_follow_each_other_have_one_timer() {
        let timer = ConnectionTimer::default();
        give_up(&timer, 10).await;
        let first = timer.0.lock().unwrap().as_ref().map(|set| set.deadline());
        time::sleep(SECOND).await;
        give_up(&timer, 10).await;
        assert_eq!(timer.0.lock().unwrap().as_ref().map(|set| set.deadline()), first);
    }
}

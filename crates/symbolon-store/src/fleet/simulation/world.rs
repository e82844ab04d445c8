//! Time, chance and tasks: all that happens is decided by a seed, and happens again by it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use symbolon_core::lease::{Moment, SteadyClock};
use symbolon_core::random::Entropy;

use crate::fleet::Waits;

/// How many lines of what happened are kept.
const TOLD: usize = 400;

struct State {
    /// True time, in nanoseconds.
    now: u64,
    random: u64,
    /// When whom to wake, and in which order they asked.
    timers: BinaryHeap<Reverse<(u64, u64)>>,
    wakers: BTreeMap<u64, Waker>,
    asked: u64,
    told: Vec<String>,
}

/// Time and chance.
pub(super) struct World(Mutex<State>);

impl World {
    pub(super) fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            now: 1_000_000_000,
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d,
            timers: BinaryHeap::new(),
            wakers: BTreeMap::new(),
            asked: 0,
            told: Vec::new(),
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(super) fn now(&self) -> u64 {
        self.state().now
    }

    /// A number below `end`, by chance (splitmix64).
    pub(super) fn below(&self, end: u64) -> u64 {
        let mut state = self.state();
        state.random = state.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end.max(1)
    }

    /// True once in so many times.
    pub(super) fn once_in(&self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// A time between these, by chance.
    pub(super) fn between(&self, least: Duration, most: Duration) -> Duration {
        let span = u64::try_from(most.saturating_sub(least).as_nanos()).unwrap();
        least + Duration::from_nanos(self.below(span))
    }

    pub(super) fn pause(self: &Arc<Self>, wait: Duration) -> Pause {
        self.at(self.now() + u64::try_from(wait.as_nanos()).unwrap())
    }

    fn at(self: &Arc<Self>, at: u64) -> Pause {
        Pause { world: self.clone(), at }
    }

    /// Keeps a line of what happened, for whoever looks for the reason of a failure.
    pub(super) fn tell(&self, what: impl FnOnce() -> String) {
        let mut state = self.state();
        let line = format!("{:>9} µs  {}", (state.now - 1_000_000_000) / 1_000, what());
        if state.told.len() == TOLD {
            state.told.remove(0);
        }
        state.told.push(line);
    }

    pub(super) fn told(&self) -> String {
        self.state().told.join("\n")
    }

    /// Moves time on to the next timer, if that is before `end`.
    fn move_on(&self, end: u64) -> bool {
        let mut state = self.state();
        match state.timers.peek() {
            Some(Reverse((at, _))) if *at <= end => state.now = state.now.max(*at),
            _ => return false,
        }
        while let Some(Reverse((at, asked))) = state.timers.peek().copied()
            && at <= state.now
        {
            state.timers.pop();
            if let Some(waker) = state.wakers.remove(&asked) {
                waker.wake();
            }
        }
        true
    }
}

impl Entropy for World {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill_with(|| u8::try_from(self.below(256)).unwrap());
    }
}

/// Ends at a moment of true time.
pub(super) struct Pause {
    world: Arc<World>,
    at: u64,
}

impl Future for Pause {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.world.state();
        if state.now >= self.at {
            return Poll::Ready(());
        }
        state.asked += 1;
        let asked = state.asked;
        state.timers.push(Reverse((self.at, asked)));
        state.wakers.insert(asked, cx.waker().clone());
        Poll::Pending
    }
}

/// A clock of a machine: it began at some time of its own, and goes faster or slower than true time.
pub(super) struct Clock {
    world: Arc<World>,
    began: u64,
    /// In thousandths.
    rate: u64,
}

impl Clock {
    /// One by chance, whose rate differs from the true one by at most a tenth: as much as `LeaseTerms::USUAL` stands.
    pub(super) fn new(world: &Arc<World>) -> Self {
        Self { world: world.clone(), began: world.below(1 << 40), rate: 900 + world.below(201) }
    }
}

impl SteadyClock for Clock {
    fn now(&self) -> Moment {
        Moment(self.began + self.world.now() / 1000 * self.rate)
    }
}

impl Waits for Clock {
    fn until(&self, moment: Moment) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        // Up to the next microsecond, so that time moves.
        let at = (moment.0.saturating_sub(self.began) / self.rate + 1) * 1000;
        Box::pin(self.world.at(at))
    }
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

struct Task {
    /// Whose it is; `None`: the world's own.
    node: Option<usize>,
    woken: Arc<Woken>,
    future: Pin<Box<dyn Future<Output = ()>>>,
}

/// Runs tasks one step after the other, each time one by chance of those that can go on.
#[derive(Default)]
pub(super) struct Tasks(Vec<Task>);

impl Tasks {
    pub(super) fn spawn(&mut self, node: Option<usize>, future: impl Future<Output = ()> + 'static) {
        let woken = Arc::new(Woken(AtomicBool::new(true)));
        self.0.push(Task { node, woken, future: Box::pin(future) });
    }

    /// Ends all tasks of a node, wherever they are.
    pub(super) fn kill(&mut self, node: usize) {
        self.0.retain(|task| task.node != Some(node));
    }

    /// Takes one step, or moves time on. `false`: nothing happens any more before `end`.
    pub(super) fn step(&mut self, world: &World, end: u64, paused: impl Fn(usize) -> bool) -> bool {
        let can = |task: &Task| task.woken.0.load(Ordering::SeqCst) && !task.node.is_some_and(&paused);
        let ready: Vec<usize> = (0..self.0.len()).filter(|at| can(&self.0[*at])).collect();
        if ready.is_empty() {
            return world.move_on(end);
        }
        let chosen = ready[usize::try_from(world.below(ready.len() as u64)).unwrap()];
        let task = &mut self.0[chosen];
        task.woken.0.store(false, Ordering::SeqCst);
        let waker = Waker::from(task.woken.clone());
        if task.future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            self.0.remove(chosen);
        }
        true
    }
}

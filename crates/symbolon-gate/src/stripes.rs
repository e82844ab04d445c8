//! What every check writes to, once for each of a few threads: written by all, one word would be what they wait for.

use std::cell::Cell;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crossbeam_utils::CachePadded;

/// Twice as many as there are processors, so that threads which run at once seldom share one.
static COUNT: LazyLock<usize> = LazyLock::new(|| {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    (2 * processors).next_power_of_two().min(32)
});

/// One of something for each of a few threads.
#[derive(Debug)]
pub(crate) struct Striped<T>(Box<[CachePadded<T>]>);

impl<T> Striped<T> {
    /// As many as there are stripes, each made with their number.
    pub(crate) fn new(make: impl Fn(usize) -> T) -> Self {
        Self((0..*COUNT).map(|_| CachePadded::new(make(*COUNT))).collect())
    }

    /// That of the calling thread.
    pub(crate) fn own(&self) -> &T {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static NUMBER: Cell<usize> = const { Cell::new(usize::MAX) };
        }
        let number = NUMBER.get();
        let number = if number == usize::MAX {
            // At a thread's first check; what they get is all the same, as long as it differs.
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            NUMBER.set(number);
            number
        } else {
            number
        };
        // There is one at least, and their number is a power of two.
        &self.0[number & (self.0.len() - 1)]
    }

    /// Those of all threads.
    pub(crate) fn all(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|one| &**one)
    }
}

impl<T: Default> Default for Striped<T> {
    fn default() -> Self {
        Self::new(|_| T::default())
    }
}

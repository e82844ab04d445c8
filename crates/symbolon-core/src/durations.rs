//! How long things took, by class: what a monitoring system is told of durations.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The upper bounds of the classes of durations, in microseconds: from what a check takes to what a person waits.
const BOUNDS: [u64; 14] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 2_500_000,
    10_000_000,
];

/// Durations by class. Adding to it takes two additions in memory.
#[derive(Debug, Default)]
pub struct Histogram {
    /// Not cumulative; the last is all above.
    classes: [AtomicU64; BOUNDS.len() + 1],
    /// Of all, in microseconds.
    sum: AtomicU64,
}

/// What a [`Histogram`] holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Durations {
    /// Of all together, in seconds.
    pub sum: f64,
    /// How many there were.
    pub count: u64,
    /// Upper bounds in seconds, the last of them infinite, and how many lie in each class.
    pub classes: Vec<(f64, u64)>,
}

impl Histogram {
    /// Counts one that took so long. Waits for nobody.
    pub fn observe(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let class = BOUNDS.partition_point(|bound| *bound < micros);
        self.classes[class].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(micros, Ordering::Relaxed);
    }

    /// What was counted so far. While others count, a duration may be in one of the sums and not yet in the other.
    pub fn read(&self) -> Durations {
        let seconds = |micros| Duration::from_micros(micros).as_secs_f64();
        let bounds = BOUNDS.map(seconds).into_iter().chain([f64::INFINITY]);
        let counts = self.classes.iter().map(|class| class.load(Ordering::Relaxed));
        let classes: Vec<_> = bounds.zip(counts).collect();
        let count = classes.iter().map(|(_, count)| count).sum();
        Durations { sum: seconds(self.sum.load(Ordering::Relaxed)), count, classes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_in_the_class_whose_bound_it_does_not_exceed() {
        let histogram = Histogram::default();
        for micros in [0, 100, 101, 10_000_000, 10_000_001] {
            histogram.observe(Duration::from_micros(micros));
        }
        let read = histogram.read();
        let filled: Vec<_> = read.classes.iter().filter(|(_, count)| *count > 0).copied().collect();
        assert_eq!(filled, [(0.0001, 2), (0.00025, 1), (10.0, 1), (f64::INFINITY, 1)]);
        assert_eq!((read.count, read.sum), (5, 20.000_202));
    }
}

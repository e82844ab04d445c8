//! How a fleet grows, on paper: its statements at one primary, as `docs/fleet.md` describes them, with what each costs. It says
//! where time goes and what is used up first; it is no model of what is safe. `docs/scaling.md` has what comes of it.
//!
//! Time is whole nanoseconds and chance comes from a seed, so that the same figures come out everywhere.

mod costs;
mod database;
mod follower;
mod mutator;
mod report;
mod world;

pub use report::{inputs, table};

/// A fleet, and what is asked of it.
#[derive(Debug, Clone, Copy)]
struct Scenario {
    /// Where nodes are: how many, and how long a statement is on its way to the primary and back, in microseconds.
    places: &'static [(usize, u64)],
    /// How many nodes take mutations, counted from the first place on.
    mutators: usize,
    /// Mutations a second, by all of them.
    rate: u64,
}

impl Scenario {
    fn nodes(&self) -> usize {
        self.places.iter().map(|(nodes, _)| nodes).sum()
    }
}

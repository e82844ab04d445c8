//! What the time of an acknowledgement went into, where it has steps.

use std::time::Duration;

use crate::durations::{Durations, Histogram};

/// What a mutation waits for until it is acknowledged, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitStep {
    /// That the writer takes it up, and that no other node writes: from the call to the mutation's first statement.
    Turn,
    /// The transaction, from that statement to the answer to `COMMIT`.
    Write,
    /// That no node answers any more by what was before: from the answer to the acknowledgement.
    Settle,
}

impl CommitStep {
    /// In their order.
    pub const ALL: [Self; 3] = [Self::Turn, Self::Write, Self::Settle];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Turn => "turn",
            Self::Write => "write",
            Self::Settle => "settle",
        }
    }
}

/// How long the steps of each acknowledged mutation took.
#[derive(Debug, Default)]
pub struct CommitSteps([Histogram; CommitStep::ALL.len()]);

impl CommitSteps {
    /// Counts one mutation: how long each of [`CommitStep::ALL`] took.
    pub fn took(&self, steps: [Duration; CommitStep::ALL.len()]) {
        for (histogram, step) in self.0.iter().zip(steps) {
            histogram.observe(step);
        }
    }

    /// What was counted, step by step.
    pub fn read(&self) -> impl Iterator<Item = (CommitStep, Durations)> + '_ {
        CommitStep::ALL.into_iter().zip(self.0.iter().map(Histogram::read))
    }
}

//! When a node could not hear from the database.

use std::collections::HashMap;

use crate::history::{Check, Lease, Silence};

/// The silences of each node.
///
/// A lease runs from before it was asked for. So whatever lease a node holds in a silence was asked for before the silence
/// began, and runs no longer than a lease from then.
#[derive(Debug, Default)]
pub(super) struct Silences(HashMap<String, Vec<Silence>>);

/// What a status may say too much, for it is in whole milliseconds.
const ROUNDING: u64 = 1_000_000;

impl Silences {
    pub(super) fn add(&mut self, silence: Silence) {
        self.0.entry(silence.node.clone()).or_default().push(silence);
    }

    /// How many were longer than a node may answer.
    pub(super) fn longer_than(&self, answers_for: u64) -> u64 {
        let all = self.0.values().flatten();
        all.filter(|silence| silence.end - silence.begin > answers_for).count() as u64
    }

    fn of(&self, node: &str) -> &[Silence] {
        self.0.get(node).map_or(&[], Vec::as_slice)
    }

    /// Whether the check was asked when the node's lease had ended for certain, and answered before it can have had another.
    pub(super) fn covers(&self, check: &Check, answers_for: u64) -> bool {
        let ended = |silence: &Silence| check.sent >= silence.begin.saturating_add(answers_for);
        self.of(&check.node).iter().any(|silence| ended(silence) && check.answered <= silence.end)
    }

    /// Why no node can hold the lease that it says to hold.
    pub(super) fn broken_by(&self, lease: &Lease, answers_for: u64) -> Option<String> {
        let left = lease.left.saturating_mul(1_000_000);
        if left > answers_for {
            return Some(format!("{} has a lease of {} ms, longer than any", lease.node, lease.left));
        }
        let within = |silence: &&Silence| lease.sent >= silence.begin && lease.answered <= silence.end;
        let silence = self.of(&lease.node).iter().find(|silence| {
            within(silence)
                && lease.sent.saturating_add(left)
                    > silence.begin.saturating_add(answers_for).saturating_add(ROUNDING)
        })?;
        Some(format!(
            "{} has a lease for {} ms more, {} ms after the database got out of its reach",
            lease.node,
            lease.left,
            (lease.sent - silence.begin) / 1_000_000
        ))
    }
}

//! Rules 1 and 9: clocks.

use crate::config::Config;
use crate::mutant::Mutant;
use crate::state::{Check, NODES, State, Ticks};

/// How far each machine's clock goes in one tick of true time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clocks([Ticks; NODES + 1]);

impl Clocks {
    /// All of them right.
    pub(crate) const RIGHT: Self = Self([1; NODES + 1]);

    /// The ways in which they can go, together.
    pub(crate) fn all(c: &Config) -> Vec<Self> {
        let mut all = vec![Self::RIGHT];
        for machine in 0..c.nodes {
            for odd in [0, 2].into_iter().filter(|_| c.drift || c.is(Mutant::ClockStopsInSuspend)) {
                let mut more = all.clone();
                more.retain(|clocks| clocks.0[machine] == 1);
                for clocks in &mut more {
                    clocks.0[machine] = odd;
                }
                all.extend(more);
            }
        }
        all
    }

    /// The machines whose clocks are not right, and how far each goes.
    pub(crate) fn odd(self) -> impl Iterator<Item = (usize, Ticks)> {
        self.0.into_iter().enumerate().filter(|(_, steps)| *steps != 1)
    }
}

/// Rules 1 and 9: a tick passes. It passes for a stopped process and for a suspended machine too, so that both are, to the
/// others, what takes no step meanwhile, and need no step of their own here.
pub(crate) fn tick(c: &Config, s: &State, clocks: Clocks) -> Option<State> {
    let mut next = *s;
    for (machine, steps) in clocks.odd() {
        if c.drift && !s.nodes[machine].drifted {
            next.nodes[machine].drifted = true;
        } else if !c.is(Mutant::ClockStopsInSuspend) || steps != 0 {
            return None;
        }
    }
    let Clocks(steps) = clocks;
    for (node, step) in next.nodes.iter_mut().zip(steps) {
        node.lease = node.lease.saturating_sub(step);
        if let Some(renewal) = &mut node.renewal {
            renewal.left = renewal.left.saturating_sub(step);
        }
    }
    for wait in &mut next.waits {
        wait.left = wait.left.saturating_sub(steps[wait.host]);
    }
    if let Some(adoption) = &mut next.adoption {
        adoption.left = adoption.left.saturating_sub(steps[adoption.host]);
    }
    if let Check::Begun { node, left } | Check::Loaded { node, left, .. } = &mut next.check {
        *left = left.saturating_sub(steps[*node]);
    }
    Some(next)
}

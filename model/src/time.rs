//! Rules 1 and 9: clocks.

use crate::config::Config;
use crate::mutant::Mutant;
use crate::state::{Check, NODES, State, Ticks};

/// How the clocks go in one tick of true time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Odd {
    /// All of them right.
    None,
    /// This machine's loses the tick.
    Slow(usize),
    /// This machine's gains one.
    Fast(usize),
    /// This machine is suspended, and its clock does not show it.
    Suspended(usize),
}

/// Rules 1 and 9: a tick passes. It passes for a stopped process and for a suspended machine too, so that both are, to the
/// others, what takes no step meanwhile, and need no step of their own here.
pub(crate) fn tick(c: &Config, s: &State, odd: Odd) -> Option<State> {
    let mut next = *s;
    let mut steps: [Ticks; NODES + 1] = [1; NODES + 1];
    match odd {
        Odd::None => {}
        Odd::Slow(machine) | Odd::Fast(machine) => {
            if !c.drift || s.nodes[machine].drifted {
                return None;
            }
            next.nodes[machine].drifted = true;
            steps[machine] = if odd == Odd::Slow(machine) { 0 } else { 2 };
        }
        Odd::Suspended(machine) => {
            if !c.is(Mutant::ClockStopsInSuspend) {
                return None;
            }
            steps[machine] = 0;
        }
    }
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

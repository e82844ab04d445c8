//! Rule 8: a check. The moment of decision is the one at which the index is loaded: what a check says after that comes
//! from there.

use crate::config::Config;
use crate::mutant::Mutant;
use crate::state::{Check, Node, Standing, State};

/// Rule 8: the lease is looked at. Without one nothing is looked up.
pub(crate) fn look_at_lease(c: &Config, s: &State, n: usize) -> Option<State> {
    if s.check != Check::Idle {
        return None;
    }
    let Node { lease, standing, .. } = s.nodes[n];
    let left = if matches!(standing, Standing::In(_)) { lease } else { 0 };
    let mut next = *s;
    next.check = if left > 0 || c.is(Mutant::LookupFirst) {
        Check::Begun { node: n, left }
    } else {
        Check::Unavailable
    };
    Some(next)
}

/// Rule 8: the index is loaded, the token looked up, and a decision made. The token is any that this index holds for live,
/// so one of a change that it lacks, if it lacks one.
pub(crate) fn load(s: &State) -> Option<State> {
    let Check::Begun { node, left } = s.check else { return None };
    let mut next = *s;
    next.check = match s.nodes[node].index {
        Some(index) => Check::Loaded { node, left, stale: index < s.acknowledged },
        None => Check::Unavailable,
    };
    Some(next)
}

/// Rule 8: the clock is looked at against the same lease again, and the answer is sent.
pub(crate) fn look_at_clock(c: &Config, s: &State) -> Option<State> {
    let Check::Loaded { node, left, stale } = s.check else { return None };
    let mut next = *s;
    let left = if c.is(Mutant::LookupFirst) { s.nodes[node].lease } else { left };
    next.check = if left > 0 || c.is(Mutant::NoSecondLook) {
        next.history.returned |= s.nodes[node].was_removed;
        Check::Admitted { stale }
    } else {
        Check::Unavailable
    };
    Some(next)
}

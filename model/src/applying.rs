//! Rule 4: how an index follows the record.

use crate::config::Config;
use crate::mutant::Mutant;
use crate::renewal::use_what_is_applied;
use crate::state::State;

/// Rule 4: the next change is read and applied, whenever the node gets to it: a notification is a hint, and whether one
/// came changes nothing but when.
pub(crate) fn apply(c: &Config, s: &State, n: usize) -> Option<State> {
    let held = s.nodes[n].index?;
    if held < s.db.pruned || held == s.db.seq {
        return None;
    }
    let mut next = *s;
    next.nodes[n].index = Some(held + 1);
    use_what_is_applied(c, &mut next.nodes[n]);
    Some(next)
}

/// Rule 4: a reload reads `seq` and the rows in one snapshot, for want of an index, at a gap, or for no need.
pub(crate) fn read_snapshot(c: &Config, s: &State, n: usize) -> Option<State> {
    let node = &s.nodes[n];
    let needed = node.index.is_none_or(|held| held < s.db.pruned);
    if node.reload.is_some() || !(needed || c.reloads) {
        return None;
    }
    let mut next = *s;
    next.nodes[n].reload = Some(s.db.seq);
    Some(next)
}

/// Rule 4: the snapshot is swapped in, unless the index held is newer.
pub(crate) fn swap(c: &Config, s: &State, n: usize) -> Option<State> {
    let snapshot = s.nodes[n].reload?;
    let mut next = *s;
    let node = &mut next.nodes[n];
    node.reload = None;
    node.index = if c.is(Mutant::OlderSnapshot) { Some(snapshot) } else { node.index.max(Some(snapshot)) };
    use_what_is_applied(c, node);
    Some(next)
}

/// Rule 4: old changes are pruned, which leaves a gap to whoever has not applied them.
pub(crate) fn prune(c: &Config, s: &State) -> Option<State> {
    if !c.prune || s.db.pruned == s.db.seq {
        return None;
    }
    let mut next = *s;
    next.db.pruned = s.db.seq;
    Some(next)
}

//! Rule 2: how a process comes into the fleet, and back into it.

use crate::config::{Config, spend};
use crate::mutant::Mutant;
use crate::state::{Check, Node, Row, Standing, State};

/// Rule 2: the `INSERT` under a fresh id commits. The node may have an index already (see [`lost`]), and says how far it
/// goes: that is no less true than saying it with the first renewal.
pub(crate) fn insert(c: &Config, s: &State, n: usize) -> Option<State> {
    if s.nodes[n].standing != Standing::Out {
        return None;
    }
    let id = if c.is(Mutant::IdsReused) {
        n
    } else if c.is(Mutant::OneIdForTwo) {
        0
    } else {
        (0..c.ids()).find(|id| is_fresh(s, *id))?
    };
    let mut next = *s;
    let row = Row { applied: s.nodes[n].index.unwrap_or(0), ..Row::default() };
    if !c.is(Mutant::OneIdForTwo) || s.db.rows[id].is_none() {
        next.db.rows[id] = Some(row);
    }
    next.nodes[n].standing = Standing::Inserted(number(id));
    Some(next)
}

/// Rule 2: the answer to the `INSERT` arrives.
pub(crate) fn answered(s: &State, n: usize) -> Option<State> {
    let Standing::Inserted(id) = s.nodes[n].standing else { return None };
    let mut next = *s;
    next.nodes[n].standing = Standing::In(id);
    Some(next)
}

/// Rule 2: the answer to the `INSERT` is lost. The id is given up, its row stays until somebody removes it.
///
/// With `keep` the node keeps its index and catches up by the changes from there on, where the rule would have it reload.
pub(crate) fn lost(s: &State, n: usize, keep: bool) -> Option<State> {
    let Standing::Inserted(_) = s.nodes[n].standing else { return None };
    out(s, n, keep)
}

/// Rule 2: a node that has learnt that it is not in the fleet has no lease and no id.
pub(crate) fn out(s: &State, n: usize, keep: bool) -> Option<State> {
    if !keep && s.nodes[n].index.is_none() {
        return None;
    }
    let mut next = *s;
    let node = &mut next.nodes[n];
    node.standing = Standing::Out;
    node.lease = 0;
    node.renewal = None;
    if !keep {
        node.index = None;
    }
    Some(next)
}

/// Only where rule 2 is broken: the node loads before its row is committed, and counts a lease from there.
pub(crate) fn load_before_insert(c: &Config, s: &State, n: usize) -> Option<State> {
    if !c.is(Mutant::LoadBeforeInsert) || s.nodes[n].standing != Standing::Out {
        return None;
    }
    let mut next = *s;
    next.nodes[n].index = Some(s.db.seq);
    next.nodes[n].lease = c.lease_ticks();
    Some(next)
}

/// A process crashes and starts again: it has nothing, and its mutators are gone. How long it is down is how long it takes
/// no step.
pub(crate) fn crash(c: &Config, s: &State, n: usize) -> Option<State> {
    let mut next = *s;
    next.left.crashes = spend(s.left.crashes)?;
    let Node { drifted, .. } = s.nodes[n];
    next.nodes[n] = Node { drifted, ..Node::default() };
    if let Check::Begun { node, .. } | Check::Loaded { node, .. } = s.check
        && node == n
    {
        next.check = Check::Idle;
    }
    if c.hosts {
        for wait in next.waits.iter_mut().filter(|wait| wait.host == n) {
            *wait = crate::state::Wait::default();
        }
        next.adoption = s.adoption.filter(|adoption| adoption.host != n);
    }
    Some(next)
}

/// Whether nothing knows this id.
fn is_fresh(s: &State, id: usize) -> bool {
    let known = |node: &Node| match node.standing {
        Standing::Out => false,
        Standing::Inserted(its) | Standing::In(its) => usize::from(its) == id,
    };
    s.db.rows[id].is_none()
        && !s.nodes.iter().any(known)
        && s.late.is_none_or(|late| usize::from(late.id) != id)
        && s.waits.iter().all(|wait| wait.observed[id].is_none())
}

/// An id as it is kept.
pub(crate) fn number(id: usize) -> u8 {
    u8::try_from(id).unwrap_or(u8::MAX)
}

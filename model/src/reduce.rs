//! States that differ in nothing that matters are made one.

#[cfg(test)]
mod tests;

use crate::config::Config;
use crate::mutant::Mutant;
use crate::state::{
    Check, IDS, NODES, Node, RenewalStage, Row, Seq, Standing, State, WAITS, Wait, WaitStage,
};

/// Makes one of all states that go on alike.
pub(crate) fn settle(c: &Config, state: &mut State) {
    if !c.reduced || c.mutant.is_some_and(Mutant::needs_all) {
        return;
    }
    forget_counts(state);
    forget_what_nobody_asks(c, state);
    forget_what_is_over(state);
}

/// A count only grows, and an id never comes back, so all that is ever asked of them is whether a row was renewed since a
/// mutator observed it: what was is dropped from what it observed, for to delete it does nothing, and a count that is
/// still the one observed is called 0. So renewals need no bound.
fn forget_counts(state: &mut State) {
    let counts = state.counts();
    for row in state.db.rows.iter_mut().flatten() {
        (row.renewals, row.durable) = (0, 0);
    }
    for wait in &mut state.waits {
        for (observed, count) in wait.observed.iter_mut().zip(counts) {
            *observed = observed.filter(|_| *observed == count).map(|_| 0);
        }
        if wait.stage == WaitStage::Removing && wait.observed == [None; IDS] {
            *wait = Wait::default();
        }
    }
}

/// What was applied is compared with what mutators wait for, now or when a mutation is repeated, and with nothing else:
/// two numbers with none of these between them are one.
fn forget_what_nobody_asks(c: &Config, state: &mut State) {
    let mut asked = [0; WAITS + 1];
    for (asked, wait) in asked.iter_mut().zip(&state.waits) {
        *asked = wait.seq;
    }
    if c.repeats > 0 && state.left.repeats > 0 {
        asked[WAITS] = state.db.seq;
    }
    let as_asked = |applied: &mut Seq| {
        *applied = asked.into_iter().filter(|asked| asked <= applied).max().unwrap_or(0);
    };
    state.db.rows.iter_mut().flatten().for_each(|row| as_asked(&mut row.applied));
    state
        .nodes
        .iter_mut()
        .filter_map(|node| node.renewal.as_mut())
        .for_each(|each| as_asked(&mut each.applied));
    state.late.iter_mut().for_each(|late| as_asked(&mut late.applied));
}

/// An answer whose lease would be over is as good as lost, and a check whose lease is over as good as refused: each may
/// become the other, and has nothing else before it. A `seq` that is applied, or that belongs to no lease, is any. (A
/// snapshot that would not be swapped in is not over: the node may lose its index before it is done reading.)
fn forget_what_is_over(state: &mut State) {
    for node in &mut state.nodes {
        node.renewal = node.renewal.filter(|renewal| {
            renewal.left > 0 || matches!(renewal.stage, RenewalStage::Sent | RenewalStage::NoRow)
        });
        if let Some(renewal) = &mut node.renewal {
            if renewal.stage == RenewalStage::NoRow {
                renewal.left = 0;
            }
            if renewal.left == 0 || node.index >= Some(renewal.seq) {
                renewal.seq = 0;
            }
        }
    }
    if let Check::Begun { left: 0, .. } | Check::Loaded { left: 0, .. } = state.check {
        state.check = Check::Unavailable;
    }
}

/// The same state with its nodes, ids and mutators in a certain order: which is called which says nothing. Equal ones may
/// keep two orders, which costs states and hides none.
pub(crate) fn representative(state: &State) -> State {
    let mut order: [usize; NODES] = std::array::from_fn(|n| n);
    let known: [_; NODES] = std::array::from_fn(|n| anonymous(state, n));
    order.sort_by(|one, other| known[*one].cmp(&known[*other]));
    let mut place = [0, 0, 0, NODES];
    for (new, old) in order.into_iter().enumerate() {
        place[old] = new;
    }
    let mut next = *state;
    next.nodes = order.map(|n| state.nodes[n]);
    for wait in &mut next.waits {
        wait.host = place[wait.host];
    }
    if let Some(adoption) = &mut next.adoption {
        adoption.host = place[adoption.host];
    }
    if let Check::Begun { node, .. } | Check::Loaded { node, .. } = &mut next.check {
        *node = place[*node];
    }
    rename_ids(&mut next);
    next.waits.sort_unstable();
    next
}

/// All there is to a node but its number and that of its id: it and its row, the check on it, and which mutators have
/// observed its row, wait by its clock, or wait to adopt by it; and whether a late renewal is of its row.
type Anonymous = (Node, Option<Row>, Check, [bool; WAITS], [bool; WAITS], bool, bool);

fn anonymous(state: &State, n: usize) -> Anonymous {
    let mut node = state.nodes[n];
    let id = id_of(node.standing).map(usize::from);
    node.standing = with_id(node.standing, 0);
    let row = id.and_then(|id| state.db.rows[id]);
    let check = match state.check {
        Check::Begun { node, .. } | Check::Loaded { node, .. } if node == n => anywhere(state.check),
        _ => Check::Idle,
    };
    let observed = state.waits.map(|wait| id.is_some_and(|id| wait.observed[id].is_some()));
    let hosted = state.waits.map(|wait| wait.host == n);
    let adopts = state.adoption.is_some_and(|adoption| adoption.host == n);
    let late = state.late.is_some_and(|late| Some(usize::from(late.id)) == id);
    (node, row, check, observed, hosted, adopts, late)
}

/// A check without the number of its node.
fn anywhere(mut check: Check) -> Check {
    if let Check::Begun { node, .. } | Check::Loaded { node, .. } = &mut check {
        *node = 0;
    }
    check
}

/// The nodes' own ids come first, in the order of the nodes, and then the rest, in the order of what is in their rows.
fn rename_ids(next: &mut State) {
    let own =
        |id: usize| next.nodes.iter().position(|node| id_of(node.standing).map(usize::from) == Some(id));
    let rest = |id: usize| {
        let late = next.late.filter(|late| usize::from(late.id) == id);
        let observed = next.waits.map(|wait| wait.observed[id]);
        (
            next.db.rows[id].is_none() && late.is_none(),
            next.db.rows[id],
            observed,
            late.map(|late| late.applied),
        )
    };
    let mut order: [usize; IDS] = std::array::from_fn(|id| id);
    let known: [_; IDS] = std::array::from_fn(|id| (own(id).unwrap_or(NODES), rest(id)));
    order.sort_by(|one, other| known[*one].cmp(&known[*other]));
    let mut place = [0_u8; IDS];
    for (new, old) in order.into_iter().enumerate() {
        place[old] = crate::registration::number(new);
    }
    next.db.rows = order.map(|id| next.db.rows[id]);
    for wait in &mut next.waits {
        wait.observed = order.map(|id| wait.observed[id]);
    }
    for node in &mut next.nodes {
        if let Some(id) = id_of(node.standing) {
            node.standing = with_id(node.standing, place[usize::from(id)]);
        }
    }
    if let Some(late) = &mut next.late {
        late.id = place[usize::from(late.id)];
    }
}

fn id_of(standing: Standing) -> Option<u8> {
    match standing {
        Standing::Out => None,
        Standing::Inserted(id) | Standing::In(id) => Some(id),
    }
}

fn with_id(standing: Standing, id: u8) -> Standing {
    match standing {
        Standing::Out => Standing::Out,
        Standing::Inserted(_) => Standing::Inserted(id),
        Standing::In(_) => Standing::In(id),
    }
}

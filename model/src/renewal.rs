//! Rule 3: one statement, and the lease that it gives.

use crate::config::Config;
use crate::mutant::Mutant;
use crate::registration::out;
use crate::state::{Late, Node, Renewal, RenewalStage, Seq, Standing, State};

/// Rule 3: `t0` is taken and the statement begins, which takes its snapshot: `seq` is of this moment, also if the
/// statement then waits for the row and commits late. More time between `t0` and the snapshot would only shorten the
/// lease. Not before the changes through the previous renewal's `seq` are applied, and (rule 11) not at a primary that is
/// not adopted.
pub(crate) fn start(c: &Config, s: &State, n: usize) -> Option<State> {
    let node = &s.nodes[n];
    let Standing::In(_) = node.standing else { return None };
    if node.renewal.is_some() || s.db.foreign {
        return None;
    }
    let mut next = *s;
    next.nodes[n].renewal = Some(Renewal {
        stage: RenewalStage::Sent,
        left: c.lease_ticks(),
        applied: node.index.unwrap_or(0),
        seq: s.db.seq,
    });
    Some(next)
}

/// Rule 3: the statement commits, on the row as it is now, or finds none.
pub(crate) fn commit(s: &State, n: usize) -> Option<State> {
    let Standing::In(id) = s.nodes[n].standing else { return None };
    let renewal = s.nodes[n].renewal.filter(|renewal| renewal.stage == RenewalStage::Sent)?;
    let mut next = *s;
    let found = count(&mut next, id, renewal.applied);
    let stage = if found { RenewalStage::Committed } else { RenewalStage::NoRow };
    next.nodes[n].renewal = Some(Renewal { stage, applied: 0, ..renewal });
    Some(next)
}

/// Rule 3: the answer arrives: a lease, counted from `t0`.
pub(crate) fn arrive(c: &Config, s: &State, n: usize) -> Option<State> {
    let renewal = s.nodes[n].renewal.filter(|renewal| renewal.stage == RenewalStage::Committed)?;
    let mut next = *s;
    let left = if c.is(Mutant::LeaseFromArrival) { c.lease_ticks() } else { renewal.left };
    next.nodes[n].renewal = Some(Renewal { stage: RenewalStage::Arrived, left, ..renewal });
    use_what_is_applied(c, &mut next.nodes[n]);
    Some(next)
}

/// Rules 2 and 3: the answer arrives, and there was no row: removed. With `keep` the node keeps its index, and catches up
/// by the changes from there on under its new id, where the rule would have it reload.
pub(crate) fn removed(c: &Config, s: &State, n: usize, keep: bool) -> Option<State> {
    s.nodes[n].renewal.filter(|renewal| renewal.stage == RenewalStage::NoRow)?;
    let mut next = out(s, n, keep)?;
    next.nodes[n].was_removed = c.remembers;
    Some(next)
}

/// Rule 3, where the rules leave open what follows: the answer is lost, or the statement never gets to the database. The
/// node keeps its id and what is left of its lease, counts nothing, and tries again. With `late` the database executes
/// the statement at some later time.
pub(crate) fn lost(c: &Config, s: &State, n: usize, late: bool) -> Option<State> {
    let Standing::In(id) = s.nodes[n].standing else { return None };
    let renewal = s.nodes[n].renewal.filter(|renewal| renewal.stage != RenewalStage::Arrived)?;
    let mut next = *s;
    next.nodes[n].renewal = None;
    if late {
        if !c.late || s.late.is_some() || renewal.stage != RenewalStage::Sent {
            return None;
        }
        next.late = Some(Late { id, applied: renewal.applied });
    }
    Some(next)
}

/// Rule 3: a renewal that nobody waits for any more commits.
pub(crate) fn late(s: &State) -> Option<State> {
    let Late { id, applied } = s.late?;
    let mut next = *s;
    next.late = None;
    count(&mut next, id, applied);
    Some(next)
}

/// `SET renewals = renewals + 1, applied_seq = GREATEST(applied_seq, $2)`; whether there is such a row.
fn count(next: &mut State, id: u8, applied: Seq) -> bool {
    let Some(row) = &mut next.db.rows[usize::from(id)] else { return false };
    row.renewals += 1;
    row.applied = row.applied.max(applied);
    true
}

/// Rule 3: a lease that has arrived is usable once all changes through its `seq` are applied; until then the one before
/// it goes on, as long as it has left.
pub(crate) fn use_what_is_applied(c: &Config, node: &mut Node) {
    let Some(renewal) = node.renewal.filter(|renewal| renewal.stage == RenewalStage::Arrived) else { return };
    if node.index >= Some(renewal.seq) || c.is(Mutant::LeaseBeforeApplying) {
        node.lease = node.lease.max(renewal.left);
        node.renewal = None;
    }
}

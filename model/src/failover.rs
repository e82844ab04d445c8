//! Rules 10 and 11: another primary, and how it is adopted.

use crate::config::{Config, spend};
use crate::mutant::Mutant;
use crate::state::{Adoption, RenewalStage, State, Wait, WaitStage};

/// By how much an adoption counts `seq` up: more than one, so that it is no change that somebody could take for the next.
const FAR: u8 = 2;

/// Rules 10 and 11: the synchronous standby is promoted, the old primary is fenced. What was committed is there; what was
/// not is gone. A mutator learns of it with its next statement and fails as "cannot know", so it does nothing more; one
/// that has replied already may go on removing.
pub(crate) fn promote(c: &Config, s: &State) -> Option<State> {
    let mut next = *s;
    next.left.failovers = spend(s.left.failovers)?;
    next.db.foreign = true;
    if c.is(Mutant::AsynchronousReplica) {
        next.db.seq = s.db.seq.saturating_sub(1);
        next.db.pruned = s.db.pruned.min(next.db.seq);
    }
    for wait in next.waits.iter_mut().filter(|wait| wait.stage != WaitStage::Removing) {
        *wait = Wait::default();
    }
    what_is_not_committed_is_gone(&mut next);
    next.adoption = None;
    Some(next)
}

/// Rule 11: somebody sees the other pair, and begins to wait.
pub(crate) fn begin_adoption(c: &Config, s: &State, host: usize) -> Option<State> {
    if !s.db.foreign || s.adoption.is_some() {
        return None;
    }
    let mut next = *s;
    let left = if c.is(Mutant::AdoptionAtOnce) { 0 } else { c.wait_ticks() };
    next.adoption = Some(Adoption { host, left });
    Some(next)
}

/// Rule 11: after L + μ `seq` is counted far up, `nodes` is cleared and the pair stored, in one transaction.
pub(crate) fn adopt(c: &Config, s: &State) -> Option<State> {
    s.adoption.filter(|adoption| adoption.left == 0)?;
    let mut next = *s;
    next.adoption = None;
    next.db.seq += FAR;
    next.db.pruned = next.db.seq;
    next.db.rows = Default::default();
    next.db.foreign = false;
    next.history.adopted |= c.remembers;
    Some(next)
}

/// Only where rule 10 is broken: the database crashes and starts again, without the renewals that were not flushed.
pub(crate) fn restart(c: &Config, s: &State) -> Option<State> {
    if !c.is(Mutant::RenewalsNotDurable) {
        return None;
    }
    let mut next = *s;
    for row in next.db.rows.iter_mut().flatten() {
        row.renewals = row.durable;
    }
    what_is_not_committed_is_gone(&mut next);
    Some(next)
}

fn what_is_not_committed_is_gone(next: &mut State) {
    for node in &mut next.nodes {
        node.renewal = node.renewal.filter(|renewal| renewal.stage != RenewalStage::Sent);
    }
    next.late = None;
}

//! Rules 5, 6 and 7: a mutation, from its commit to the removal of who was silent.

use crate::config::{Config, spend};
use crate::mutant::Mutant;
use crate::state::{IDS, State, Wait, WaitStage};

/// Rule 5: `seq` is counted up, rows and change are written, and all of it commits. What a transaction does before its
/// commit nobody sees, so it is one step; and a commit whose outcome its mutator does not know is one whose mutator takes
/// no further step. Not at a primary that is not adopted (rule 11).
pub(crate) fn commit(c: &Config, s: &State, host: usize) -> Option<State> {
    if s.db.foreign || opens_before_commit(c) {
        return None;
    }
    let mut next = *s;
    let wait = begin(&mut next, host)?;
    next.left.changes = spend(s.left.changes)?;
    next.waits[wait].left = if c.is(Mutant::TimerFromCommit) { c.wait_ticks() } else { 0 };
    change(&mut next, wait);
    Some(next)
}

/// Only where rule 5 is broken: the transaction begins, and with it the timer, or the nodes to wait for are read.
pub(crate) fn open(c: &Config, s: &State, host: usize) -> Option<State> {
    let locked = s.waits.iter().any(|wait| wait.stage == WaitStage::Open);
    if s.db.foreign || locked || !opens_before_commit(c) {
        return None;
    }
    let mut next = *s;
    let wait = begin(&mut next, host)?;
    next.left.changes = spend(s.left.changes)?;
    next.waits[wait].stage = WaitStage::Open;
    next.waits[wait].left = c.wait_ticks();
    next.waits[wait].observed = s.counts();
    Some(next)
}

/// Only where rule 5 is broken: the open transaction commits.
pub(crate) fn commit_open(c: &Config, s: &State, wait: usize) -> Option<State> {
    if s.waits[wait].stage != WaitStage::Open {
        return None;
    }
    let mut next = *s;
    change(&mut next, wait);
    if c.is(Mutant::NodesBeforeCommit) {
        next.waits[wait].stage = WaitStage::Waiting;
        next.waits[wait].left = c.wait_ticks();
    }
    Some(next)
}

/// Rule 7: a mutation finds that there is nothing to change, reads `seq` after that, and waits for it. Whichever change it
/// repeats, it promises no more than the newest.
pub(crate) fn repeat(c: &Config, s: &State, host: usize) -> Option<State> {
    if s.db.foreign || s.db.seq == 0 {
        return None;
    }
    let mut next = *s;
    let wait = begin(&mut next, host)?;
    next.left.repeats = spend(s.left.repeats)?;
    next.waits[wait].seq = s.db.seq;
    if c.is(Mutant::RepeatAtOnce) {
        next.acknowledged = s.acknowledged.max(s.db.seq);
        next.waits[wait] = Wait::default();
    }
    Some(next)
}

/// Rule 5: after the commit all `(id, renewals)` are read, and the timer starts when that read returns. A read that returns
/// later only makes the timer end later.
pub(crate) fn observe(c: &Config, s: &State, wait: usize) -> Option<State> {
    let refreshed = c.is(Mutant::CountsRefreshed) && s.waits[wait].stage == WaitStage::Waiting;
    if s.waits[wait].stage != WaitStage::Committed && !refreshed {
        return None;
    }
    let mut next = *s;
    let timer_runs = refreshed || c.is(Mutant::TimerFromCommit) || c.is(Mutant::TimerBeforeCommit);
    let wait = &mut next.waits[wait];
    wait.stage = WaitStage::Waiting;
    wait.observed = s.counts();
    if !timer_runs {
        wait.left = c.wait_ticks();
    }
    Some(next)
}

/// Rule 6: a fresh read shows every present row with the change applied, and the reply is sent. Nothing is removed then:
/// "only then" in the rule is of the timer.
pub(crate) fn acknowledge_by_all(c: &Config, s: &State, wait: usize) -> Option<State> {
    let Wait { stage: WaitStage::Waiting, seq, observed, .. } = s.waits[wait] else { return None };
    let waited_for = |id: usize| !c.is(Mutant::NodesBeforeCommit) || observed[id].is_some();
    if !s.applied_by_all(seq, waited_for) {
        return None;
    }
    let mut next = *s;
    next.acknowledged = s.acknowledged.max(seq);
    if c.is(Mutant::RemovalAfterAll) {
        next.waits[wait].stage = WaitStage::Removing;
    } else {
        next.waits[wait] = Wait::default();
    }
    next.history.acknowledged_by_all |= c.remembers;
    Some(next)
}

/// Rule 6: the timer reaches L + μ, and the reply is sent.
pub(crate) fn acknowledge_by_timer(c: &Config, s: &State, wait: usize) -> Option<State> {
    let Wait { stage: WaitStage::Waiting, seq, left: 0, .. } = s.waits[wait] else { return None };
    let mut next = *s;
    next.acknowledged = s.acknowledged.max(seq);
    next.waits[wait].stage = WaitStage::Removing;
    next.waits[wait].seq = 0;
    next.history.acknowledged_by_timer |= c.remembers;
    Some(next)
}

/// Rule 6: only then `DELETE … WHERE id = $1 AND renewals = $observed`, one row a statement, at any later time.
pub(crate) fn remove(c: &Config, s: &State, wait: usize, id: usize) -> Option<State> {
    let early = c.is(Mutant::RemovalBeforeWaitEnds) && s.waits[wait].stage == WaitStage::Waiting;
    if s.waits[wait].stage != WaitStage::Removing && !early {
        return None;
    }
    let observed = s.waits[wait].observed[id]?;
    let mut next = *s;
    next.waits[wait].observed[id] = None;
    if s.db.rows[id]?.renewals == observed || c.is(Mutant::RemovalIgnoresRenewals) {
        next.db.rows[id] = None;
    }
    if next.waits[wait].observed == [None; IDS] && !early {
        next.waits[wait] = Wait::default();
    }
    Some(next)
}

fn opens_before_commit(c: &Config) -> bool {
    c.is(Mutant::TimerBeforeCommit) || c.is(Mutant::NodesBeforeCommit)
}

/// Takes a place for a mutator.
fn begin(next: &mut State, host: usize) -> Option<usize> {
    let wait = next.waits.iter().position(|wait| wait.stage == WaitStage::Idle)?;
    next.waits[wait] = Wait { stage: WaitStage::Committed, host, ..Wait::default() };
    Some(wait)
}

/// The commit of a change. It flushes what was committed before it.
fn change(next: &mut State, wait: usize) {
    next.db.seq += 1;
    for row in next.db.rows.iter_mut().flatten() {
        row.durable = row.renewals;
    }
    next.waits[wait].stage = WaitStage::Committed;
    next.waits[wait].seq = next.db.seq;
}

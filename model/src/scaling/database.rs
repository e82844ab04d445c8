//! The primary: its processors, its log, and the row that every mutation moves first.

use std::collections::VecDeque;

use super::costs;
use super::world::{Answer, Event, Statement, World};

/// What waits for the log.
#[derive(Debug, Clone, Copy)]
pub(super) enum Logged {
    Renewal { node: usize, applied: usize, seq: usize },
    Group { node: usize },
}

#[derive(Debug, Default)]
pub(super) struct Database {
    busy: usize,
    ready: VecDeque<(usize, Statement)>,
    unflushed: Vec<Logged>,
    flushing: Option<Vec<Logged>>,
    /// Who holds the clock's row, and since when; and who waits for it.
    holder: Option<(usize, u64)>,
    turns: VecDeque<usize>,
    /// Since when NOTIFY's lock is held. Nobody ever waits for it: whoever takes it holds the clock's row.
    notifying: u64,
    /// How many changes there are through each mutation.
    pub(super) changes: Vec<usize>,
    /// Through which mutation each node has said that it knows everything.
    pub(super) known: Vec<usize>,
}

impl Database {
    pub(super) fn new(nodes: usize) -> Self {
        Self { changes: vec![0], known: vec![0; nodes], ..Self::default() }
    }

    /// The number of the last committed group.
    fn clock(&self) -> usize {
        self.changes.len() - 1
    }
}

impl World {
    /// A statement has arrived.
    pub(super) fn arrived(&mut self, node: usize, statement: Statement) {
        if self.database.busy < costs::CORES {
            self.database.busy += 1;
            self.execute(node, statement);
        } else {
            self.database.ready.push_back((node, statement));
        }
    }

    /// It has a processor. What it sees is of this moment.
    fn execute(&mut self, node: usize, statement: Statement) {
        let clock = self.database.clock();
        let (cost, statement) = match statement {
            Statement::Feed { after, .. } => {
                let last = clock.min(after + costs::AT_ONCE);
                let count = self.database.changes[last] - self.database.changes[after];
                (costs::FEED + costs::FEED_EACH * count as u64, Statement::Feed { after, last, count })
            }
            Statement::Rows { count, .. } => (costs::ROWS + costs::ROWS_EACH * count as u64, statement),
            Statement::Renew { applied, .. } => (costs::RENEW, Statement::Renew { applied, seq: clock }),
            Statement::Look { .. } => {
                let known = self.database.known.iter().copied().min().unwrap_or_default();
                let cost = costs::LOOK + costs::LOOK_EACH * self.database.known.len() as u64;
                (cost, Statement::Look { known })
            }
            Statement::Begin => (costs::BEGIN, statement),
            Statement::Step(cost) => (cost, statement),
            Statement::Write => (costs::WRITE, statement),
            Statement::Commit => (costs::COMMIT, statement),
            Statement::Listen => (costs::LISTEN, statement),
        };
        self.spent(|used, time| used.processors += time, self.now, self.now + cost);
        self.after(cost, Event::Executed(node, statement));
    }

    /// It is done with the processor.
    pub(super) fn executed(&mut self, node: usize, statement: Statement) {
        self.database.busy -= 1;
        match statement {
            Statement::Feed { last, count, .. } => self.reply(node, Answer::Feed { last, count }),
            Statement::Rows { last, .. } => self.reply(node, Answer::Rows { last }),
            Statement::Look { known } => self.reply(node, Answer::Look { known }),
            Statement::Renew { applied, seq } => self.log(Logged::Renewal { node, applied, seq }),
            Statement::Begin if self.database.holder.is_none() => self.turn(node),
            Statement::Begin => self.database.turns.push_back(node),
            Statement::Step(_) | Statement::Write => self.reply(node, Answer::Written),
            Statement::Commit => {
                self.database.notifying = self.now;
                self.log(Logged::Group { node });
            }
            Statement::Listen => self.after(self.way(node), Event::Woken(node)),
        }
        if let Some((node, statement)) = self.database.ready.pop_front() {
            self.database.busy += 1;
            self.execute(node, statement);
        }
    }

    /// The node has the clock's row.
    fn turn(&mut self, node: usize) {
        self.database.holder = Some((node, self.now));
        self.reply(node, Answer::Written);
    }

    fn log(&mut self, one: Logged) {
        self.database.unflushed.push(one);
        if self.database.flushing.is_none() {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.database.flushing = Some(std::mem::take(&mut self.database.unflushed));
        self.spent(|used, _| used.flushes += 1, self.now, self.now + costs::FLUSH);
        self.after(costs::FLUSH, Event::Flushed);
    }

    pub(super) fn flushed(&mut self) {
        let batch = self.database.flushing.take().unwrap_or_default();
        self.after(costs::STANDBY, Event::Durable(batch));
        if !self.database.unflushed.is_empty() {
            self.flush();
        }
    }

    /// These are on the standby too: others see them, and whoever asked is told.
    pub(super) fn durable(&mut self, batch: Vec<Logged>) {
        for one in batch {
            match one {
                Logged::Renewal { node, applied, seq } => {
                    let known = &mut self.database.known[node];
                    *known = applied.max(*known);
                    self.reply(node, Answer::Renewed { seq });
                }
                Logged::Group { node } => self.committed(node),
            }
        }
    }

    fn committed(&mut self, node: usize) {
        let so_far = self.database.changes.last().copied().unwrap_or_default();
        self.database.changes.push(so_far + self.mutators[node].group());
        self.clock_held();
        self.spent(|used, time| used.notify += time, self.database.notifying, self.now);
        if let Some(next) = self.database.turns.pop_front() {
            self.turn(next);
        }
        for listener in 0..self.database.known.len() {
            self.arrived(listener, Statement::Listen);
        }
        self.reply(node, Answer::Committed { seq: self.database.clock() });
    }

    /// Counts for how long the clock's row was held, by whoever holds it.
    pub(super) fn clock_held(&mut self) {
        if let Some((_, since)) = self.database.holder.take() {
            self.spent(|used, time| used.clock += time, since, self.now);
        }
    }
}

//! A node as it commits mutations in groups, and waits until all know of them.

use std::collections::VecDeque;

use super::costs;
use super::world::{Event, Statement, World};

/// What comes next on the connection that writes.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Next {
    #[default]
    Nothing,
    /// The group's mutation with this index, and its statement.
    Statement(usize, usize),
    Commit,
}

/// A committed group that is not acknowledged.
#[derive(Debug)]
struct Waiting {
    seq: usize,
    since: u64,
    came: Vec<u64>,
}

#[derive(Debug, Default)]
pub(super) struct Mutator {
    /// When each mutation came that nobody has begun, and those of the group that is being written.
    queue: VecDeque<u64>,
    group: Vec<u64>,
    writing: bool,
    next: Next,
    new: Vec<Waiting>,
    waiting: Vec<Waiting>,
    looking: bool,
}

/// The statements of a mutation. A savepoint comes first, unless it is the only one so far.
const STATEMENTS: [u64; 3] = [costs::SAVEPOINT, costs::STANDS, costs::CHANGE];

impl Mutator {
    /// How many mutations are being written.
    pub(super) fn group(&self) -> usize {
        self.group.len()
    }

    fn join(&mut self) {
        let room = (costs::GROUP - self.group.len()).min(self.queue.len());
        self.group.extend(self.queue.drain(..room));
    }

    fn begun(&self, mutation: usize) -> Next {
        Next::Statement(mutation, usize::from(self.group.len() == 1))
    }
}

impl World {
    pub(super) fn came(&mut self, node: usize) {
        let now = self.now;
        self.mutators[node].queue.push_back(now);
        self.begin_group(node);
    }

    fn begin_group(&mut self, node: usize) {
        let mutator = &mut self.mutators[node];
        if !mutator.writing && !mutator.queue.is_empty() {
            mutator.writing = true;
            mutator.next = Next::Nothing;
            self.send(node, Statement::Begin);
        }
    }

    /// The last statement on the connection that writes is done.
    pub(super) fn written(&mut self, node: usize) {
        let mutator = &mut self.mutators[node];
        let next = match mutator.next {
            Next::Nothing => {
                mutator.join();
                mutator.begun(0)
            }
            Next::Statement(mutation, at) if at + 1 < STATEMENTS.len() => Next::Statement(mutation, at + 1),
            Next::Statement(mutation, _) => {
                mutator.join();
                if mutation + 1 < mutator.group.len() { mutator.begun(mutation + 1) } else { Next::Commit }
            }
            Next::Commit => return self.send(node, Statement::Commit),
        };
        mutator.next = next;
        let statement = match next {
            Next::Statement(_, at) => Statement::Step(STATEMENTS[at]),
            Next::Nothing | Next::Commit => Statement::Write,
        };
        self.send(node, statement);
    }

    pub(super) fn group_committed(&mut self, node: usize, seq: usize) {
        let now = self.now;
        let mutator = &mut self.mutators[node];
        let came = std::mem::take(&mut mutator.group);
        mutator.new.push(Waiting { seq, since: now, came });
        mutator.writing = false;
        self.begin_group(node);
        self.woken(node);
        if !std::mem::replace(&mut self.mutators[node].looking, true) {
            self.look(node);
        }
    }

    pub(super) fn look(&mut self, node: usize) {
        let mutator = &mut self.mutators[node];
        mutator.waiting.append(&mut mutator.new);
        if mutator.waiting.is_empty() {
            mutator.looking = false;
        } else {
            self.send(node, Statement::Look { known: 0 });
        }
    }

    pub(super) fn looked(&mut self, node: usize, known: usize) {
        let now = self.now;
        let waiting = std::mem::take(&mut self.mutators[node].waiting);
        let (settled, waiting): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|one| one.seq <= known);
        for came in settled.iter().flat_map(|one| &one.came) {
            self.acknowledged(*came);
        }
        let oldest = waiting.iter().map(|one| one.since).min();
        self.mutators[node].waiting = waiting;
        match oldest {
            Some(since) if now - since >= costs::SOON => self.after(costs::EACH_LATER, Event::Look(node)),
            Some(_) => self.after(costs::EACH_SOON, Event::Look(node)),
            None => self.look(node),
        }
    }
}

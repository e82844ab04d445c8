//! Time, chance, and what is under way between nodes and the primary.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::Scenario;
use super::database::{Database, Logged};
use super::follower::Follower;
use super::mutator::Mutator;

const SECOND: u64 = 1_000_000_000;
/// How long a fleet runs before anything is counted.
const BEFORE: u64 = 2 * SECOND;
const SEED: u64 = 7;

/// What a node sends to the primary. What a statement finds is written into it there.
#[derive(Debug, Clone, Copy)]
pub(super) enum Statement {
    Feed {
        after: usize,
        last: usize,
        count: usize,
    },
    Rows {
        last: usize,
        count: usize,
    },
    Renew {
        applied: usize,
        seq: usize,
    },
    Look {
        known: usize,
    },
    Begin,
    Step(u64),
    Write,
    Commit,
    /// None of the node's own: its listening session is told of a commit.
    Listen,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Answer {
    Feed { last: usize, count: usize },
    Rows { last: usize },
    Renewed { seq: usize },
    Look { known: usize },
    Written,
    Committed { seq: usize },
}

#[derive(Debug)]
pub(super) enum Event {
    Came(usize),
    Arrived(usize, Statement),
    Executed(usize, Statement),
    Flushed,
    Durable(Vec<Logged>),
    Answered(usize, Answer),
    Woken(usize),
    Due(usize, u64),
    Look(usize),
}

/// What is used while it is counted: nanoseconds, but for the flushes.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Used {
    pub(super) processors: u64,
    pub(super) flushes: u64,
    pub(super) clock: u64,
    pub(super) notify: u64,
}

/// An event with its time. Those of one time happen in the order in which they were set.
struct Set(u64, u64, Event);

impl PartialEq for Set {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Set {}

impl PartialOrd for Set {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Set {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.0, self.1).cmp(&(other.0, other.1))
    }
}

pub(super) struct World {
    pub(super) now: u64,
    until: u64,
    set: BinaryHeap<Reverse<Set>>,
    number: u64,
    ways: Vec<u64>,
    pub(super) database: Database,
    pub(super) followers: Vec<Follower>,
    pub(super) mutators: Vec<Mutator>,
    pub(super) used: Used,
    /// How long each acknowledged mutation took.
    pub(super) took: Vec<u64>,
}

impl World {
    /// Runs a fleet; the nanoseconds that were counted, and what came of them.
    pub(super) fn run(scenario: Scenario) -> (u64, Self) {
        // So that there are enough mutations for a percentile.
        let counted = (2 * SECOND).max(1_000 * SECOND / scenario.rate);
        let nodes = scenario.nodes();
        let ways = scenario.places.iter().flat_map(|(nodes, micros)| vec![micros * 500; *nodes]).collect();
        let mut world = Self {
            now: 0,
            until: BEFORE + counted,
            set: BinaryHeap::new(),
            number: 0,
            ways,
            database: Database::new(nodes),
            followers: (0..nodes).map(|_| Follower::default()).collect(),
            mutators: (0..nodes).map(|_| Mutator::default()).collect(),
            used: Used::default(),
            took: Vec::new(),
        };
        for node in 0..nodes {
            world.after(SECOND * node as u64 / nodes as u64, Event::Due(node, 0));
        }
        let mut chance = SEED;
        // As many as there would be on average, each at any time: a Poisson process of which the sum is known.
        for _ in 0..scenario.rate * world.until / SECOND {
            let at = random(&mut chance) % world.until;
            let node = usize::try_from(random(&mut chance) % scenario.mutators as u64).unwrap_or_default();
            world.after(at, Event::Came(node));
        }
        while let Some(Reverse(Set(at, _, event))) = world.set.pop() {
            if at >= world.until {
                break;
            }
            world.now = at;
            world.happen(event);
        }
        world.now = world.until;
        world.clock_held();
        (counted, world)
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Came(node) => self.came(node),
            Event::Arrived(node, statement) => self.arrived(node, statement),
            Event::Executed(node, statement) => self.executed(node, statement),
            Event::Flushed => self.flushed(),
            Event::Durable(batch) => self.durable(batch),
            Event::Woken(node) => self.woken(node),
            Event::Due(node, turn) => self.due(node, turn),
            Event::Look(node) => self.look(node),
            Event::Answered(node, answer) => match answer {
                Answer::Feed { last, count } => self.fed(node, last, count),
                Answer::Rows { last } => self.rows_read(node, last),
                Answer::Renewed { seq } => self.renewed(node, seq),
                Answer::Look { known } => self.looked(node, known),
                Answer::Written => self.written(node),
                Answer::Committed { seq } => self.group_committed(node, seq),
            },
        }
    }

    pub(super) fn after(&mut self, time: u64, event: Event) {
        self.number += 1;
        self.set.push(Reverse(Set(self.now + time, self.number, event)));
    }

    /// How long anything is on its way between the node and the primary.
    pub(super) fn way(&self, node: usize) -> u64 {
        self.ways[node]
    }

    pub(super) fn send(&mut self, node: usize, statement: Statement) {
        self.after(self.way(node), Event::Arrived(node, statement));
    }

    pub(super) fn reply(&mut self, node: usize, answer: Answer) {
        self.after(self.way(node), Event::Answered(node, answer));
    }

    /// Counts what was used from one moment to another, as far as that is counted.
    pub(super) fn spent(&mut self, count: impl FnOnce(&mut Used, u64), from: u64, to: u64) {
        let (from, to) = (from.max(BEFORE), to.min(self.until));
        if from < to {
            count(&mut self.used, to - from);
        }
    }

    pub(super) fn acknowledged(&mut self, came: u64) {
        if self.now >= BEFORE {
            self.took.push(self.now - came);
        }
    }
}

/// The next number of `SplitMix64`.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

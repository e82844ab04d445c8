//! What is explored together.

use crate::mutant::Mutant;
use crate::state::{APART, IDS, Left, NODES, Ticks, WAITS};

/// As often as the run likes, for what is bounded otherwise.
pub const ANY: u8 = u8::MAX;

/// A fleet and what may happen to it. Every configuration has unbounded time, renewals, lost answers (of renewals and of
/// registrations, before and after they were committed), registrations and pauses.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// What it is called.
    pub name: &'static str,
    /// How many nodes.
    pub nodes: usize,
    /// How many rows of `nodes` there may be that no node uses any more; a registration that would leave more waits.
    pub spare_ids: usize,
    /// How many mutations that change something, and how many that find nothing to change.
    pub changes: u8,
    /// See `changes`.
    pub repeats: u8,
    /// L.
    pub lease: Ticks,
    /// μ. Where clocks drift, ρL is one tick.
    pub margin: Ticks,
    /// Whether each machine's clock may gain or lose one tick. That is ρL, and no lease or wait that begins later is
    /// measured from where an earlier one began, so once for each machine is enough.
    pub drift: bool,
    /// Whether mutators share the nodes' machines. Where all clocks agree it does not matter whose a mutator reads, and
    /// one whose process crashed is one that takes no further step.
    pub hosts: bool,
    /// How many crashes of a process.
    pub crashes: u8,
    /// How many promotions of the standby.
    pub failovers: u8,
    /// Whether the database may execute a renewal after its sender has given it up.
    pub late: bool,
    /// Whether changes are pruned.
    pub prune: bool,
    /// Whether a node may reload though it need not.
    pub reloads: bool,
    /// The rule that is broken, if one is.
    pub mutant: Option<Mutant>,
    /// Whether [`History`](crate::state::History) is kept.
    pub remembers: bool,
    /// Whether states that go on alike are made one.
    pub reduced: bool,
}

impl Config {
    /// One node, one change, clocks that agree, and nothing that goes wrong but answers that are lost: what the others
    /// are told apart from. With clocks that agree ρ is 0, and so is the smallest margin.
    pub const PLAIN: Self = Self {
        name: "plain",
        nodes: 1,
        spare_ids: 1,
        changes: 1,
        repeats: 0,
        lease: 1,
        margin: 0,
        drift: false,
        hosts: false,
        crashes: 0,
        failovers: 0,
        late: false,
        prune: false,
        reloads: false,
        mutant: None,
        remembers: false,
        reduced: true,
    };

    /// The same with a rule broken.
    #[must_use]
    pub const fn with(mut self, mutant: Mutant) -> Self {
        if matches!(mutant, Mutant::MarginTooSmall) {
            self.margin -= 1;
        }
        self.mutant = Some(mutant);
        self
    }

    pub(crate) fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// How long a node answers by a renewal (rules 1 and 3).
    pub(crate) fn lease_ticks(&self) -> Ticks {
        self.lease - self.margin + Ticks::from(self.is(Mutant::LongerLease))
    }

    /// How long a mutator, or who adopts, waits (rules 1, 6 and 11).
    pub(crate) fn wait_ticks(&self) -> Ticks {
        self.lease + self.margin - Ticks::from(self.is(Mutant::ShorterWait))
    }

    /// How many rows there may be.
    pub(crate) fn ids(&self) -> usize {
        self.nodes + self.spare_ids
    }

    /// Where mutators run.
    pub(crate) fn hosts(&self) -> std::ops::Range<usize> {
        if self.hosts { 0..self.nodes } else { APART..APART + 1 }
    }

    pub(crate) fn left(&self) -> Left {
        assert!(self.nodes <= NODES && self.ids() <= IDS, "{}: too many nodes", self.name);
        assert!(usize::from(self.changes + self.repeats) <= WAITS, "{}: too many mutations", self.name);
        let Self { changes, repeats, crashes, failovers, .. } = *self;
        Left { changes, repeats, crashes, failovers }
    }
}

/// One fewer, or `None` where there are none.
pub(crate) fn spend(left: u8) -> Option<u8> {
    if left == ANY { Some(ANY) } else { left.checked_sub(1) }
}

//! What there is at one moment: the database, the nodes, the mutators that wait, one check, and what has been promised.
//!
//! There is no time of day in it. Whatever ends at a time is kept as the ticks that are left of it on the clock of the
//! machine that measures it, so that a state says nothing of how long the run already is, and an unbounded run has
//! finitely many states.

/// The most nodes that a configuration may have.
pub const NODES: usize = 3;
/// The most rows of `nodes` that there may be at once.
pub const IDS: usize = 4;
/// The most mutations and repetitions in one run.
pub const WAITS: usize = 3;
/// The machine of a mutator that shares none with a node: its clock is right.
pub const APART: usize = NODES;

/// Ticks of a machine's clock.
pub type Ticks = u8;
/// A number of a change, as `fleet_clock.seq` counts them.
pub type Seq = u8;

/// All of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The primary.
    pub db: Database,
    /// The processes that answer, each on its machine.
    pub nodes: [Node; NODES],
    /// The mutators.
    pub waits: [Wait; WAITS],
    /// The check that this run follows.
    pub check: Check,
    /// A renewal that its sender has given up, and that the database may still execute.
    pub late: Option<Late>,
    /// Somebody who waits to adopt a primary that was promoted.
    pub adoption: Option<Adoption>,
    /// The newest change whose mutator has been answered: what no node may lack any more.
    pub acknowledged: Seq,
    /// What may still happen in this run.
    pub left: Left,
    /// What has happened, where the search looks for that.
    pub history: History,
}

/// The primary database: what is committed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Database {
    /// `fleet_clock.seq`. Each change revokes a token of its own, so the rows of the tokens are this number: a token is
    /// admitted by who knows fewer changes than the one that revokes it.
    pub seq: Seq,
    /// The newest change that is no longer in `changes`.
    pub pruned: Seq,
    /// Whether the system identifier and timeline differ from the stored pair.
    pub foreign: bool,
    /// `nodes`, by id. The number of an id means nothing: one that nothing knows any more is as good as a fresh one.
    pub rows: [Option<Row>; IDS],
}

/// A row of `nodes`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row {
    /// How many renewals were committed on it.
    pub renewals: u8,
    /// How many of them survive a crash of the database; only told apart where renewals are not durable.
    pub durable: u8,
    /// `applied_seq`.
    pub applied: Seq,
}

/// A process that answers checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// Its place in the fleet, as far as it knows.
    pub standing: Standing,
    /// Through which change its index goes, if it has one.
    pub index: Option<Seq>,
    /// What is left of the lease that it answers by; none at 0.
    pub lease: Ticks,
    /// The renewal that is under way.
    pub renewal: Option<Renewal>,
    /// Through which change the snapshot goes that it has read and not yet swapped in.
    pub reload: Option<Seq>,
    /// Whether its machine's clock has been wrong by a tick.
    pub drifted: bool,
    /// Whether it has found itself removed; only kept where the search looks for that.
    pub was_removed: bool,
}

/// A node's place in the fleet, as far as it knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// It has no id.
    #[default]
    Out,
    /// Its row is committed, and it has no answer yet.
    Inserted(u8),
    /// It is registered under this id.
    In(u8),
}

/// A renewal under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Renewal {
    /// How far it is.
    pub stage: RenewalStage,
    /// What is left of the lease that it would give, counted from before the statement.
    pub left: Ticks,
    /// `$2`, what the node had applied.
    pub applied: Seq,
    /// What the statement's snapshot has for `fleet_clock.seq`.
    pub seq: Seq,
}

/// How far a renewal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RenewalStage {
    /// The statement has its snapshot, and is not committed.
    Sent,
    /// It is committed; the answer is on its way.
    Committed,
    /// It found no row; the answer is on its way.
    NoRow,
    /// The answer is here, and not all changes through its `seq` are applied.
    Arrived,
}

/// A mutator, from its commit to the last row that it removes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wait {
    /// How far it is.
    pub stage: WaitStage,
    /// The machine whose clock it waits by.
    pub host: usize,
    /// The change that it waits for.
    pub seq: Seq,
    /// What is left of its timer.
    pub left: Ticks,
    /// The `renewals` that it observed, by id.
    pub observed: [Option<u8>; IDS],
}

impl Default for Wait {
    fn default() -> Self {
        Self { stage: WaitStage::Idle, host: APART, seq: 0, left: 0, observed: [None; IDS] }
    }
}

/// How far a mutator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WaitStage {
    /// Not begun, or done, or stopped.
    Idle,
    /// Its transaction is open; told apart from the commit by mutants alone.
    Open,
    /// Its change is committed, or it saw that there is nothing to change.
    Committed,
    /// It has observed the rows, and its timer runs.
    Waiting,
    /// It has answered because the time was up, and removes who was silent.
    Removing,
}

/// The one check that a run follows. Checks change nothing, so what holds of each alone holds of all of them, and the
/// run ends with its verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// Not begun.
    #[default]
    Idle,
    /// The lease was looked at.
    Begun {
        /// Who checks.
        node: usize,
        /// What is left of that very lease.
        left: Ticks,
    },
    /// The index was loaded and the token looked up. It was found live: what is not, is refused, and that is safe.
    Loaded {
        /// Who checks.
        node: usize,
        /// What is left of the lease that was looked at.
        left: Ticks,
        /// Whether the index lacked, at that moment, a change that was acknowledged.
        stale: bool,
    },
    /// It was let pass.
    Admitted {
        /// As of the moment of the lookup.
        stale: bool,
    },
    /// It was answered `unavailable`, or is asked of the primary database.
    Unavailable,
}

/// A renewal that nobody waits for any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Late {
    /// Whose row it renews.
    pub id: u8,
    /// `$2`.
    pub applied: Seq,
}

/// Somebody who waits to adopt a promoted primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Adoption {
    /// The machine whose clock it waits by.
    pub host: usize,
    /// What is left of the wait.
    pub left: Ticks,
}

/// How often what is bounded may still happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Left {
    /// Mutations that change something.
    pub changes: u8,
    /// Mutations that find nothing to change.
    pub repeats: u8,
    /// Crashes of a process.
    pub crashes: u8,
    /// Promotions of the standby.
    pub failovers: u8,
}

/// What has happened in the run. Kept only where the search looks for it, because it multiplies the states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct History {
    /// A mutator was answered because every row had applied its change.
    pub acknowledged_by_all: bool,
    /// A mutator was answered because its time was up.
    pub acknowledged_by_timer: bool,
    /// A node that had found itself removed let a check pass.
    pub returned: bool,
    /// A promoted primary was adopted.
    pub adopted: bool,
}

impl State {
    /// Whether every row that `looked_at` says yes to has applied the changes through `seq`.
    pub(crate) fn applied_by_all(&self, seq: Seq, looked_at: impl Fn(usize) -> bool) -> bool {
        let mut rows = self.db.rows.iter().enumerate();
        rows.all(|(id, row)| row.is_none_or(|row| row.applied >= seq || !looked_at(id)))
    }

    /// Every row's count, as a read of all `(id, renewals)` has it.
    pub(crate) fn counts(&self) -> [Option<u8>; IDS] {
        self.db.rows.map(|row| row.map(|row| row.renewals))
    }
}

//! The steps: each is somebody's, and each is one transition function of the file that its rule has.

use std::fmt;

use crate::config::Config;
use crate::state::State;
use crate::time::Clocks;
use crate::{applying, checking, failover, mutation, registration, renewal, time};

/// A step. `node` and `host` are machines, `wait` is a mutator, `id` a row of `nodes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the fields are the same in all of them, and the steps say what they are when shown"
)]
pub enum Action {
    Tick(Clocks),
    LoadBeforeInsert { node: usize },
    Insert { node: usize },
    InsertAnswered { node: usize },
    InsertLost { node: usize, keep: bool },
    Crash { node: usize },
    RenewalStarts { node: usize },
    RenewalCommits { node: usize },
    RenewalArrives { node: usize },
    RenewalLost { node: usize, late: bool },
    Removed { node: usize, keep: bool },
    LateRenewal,
    Apply { node: usize },
    ReadSnapshot { node: usize },
    Swap { node: usize },
    Prune,
    Commit { host: usize },
    Open { host: usize },
    CommitOpen { wait: usize },
    Repeat { host: usize },
    Observe { wait: usize },
    AcknowledgeByAll { wait: usize },
    AcknowledgeByTimer { wait: usize },
    Remove { wait: usize, id: usize },
    LookAtLease { node: usize },
    Load,
    LookAtClock,
    Promote,
    BeginAdoption { host: usize },
    Adopt,
    Restart,
}

impl Action {
    /// The steps that there are in a fleet; whether one can be taken is the transition's to say.
    pub(crate) fn all(c: &Config) -> Vec<Self> {
        let mut all: Vec<_> = Clocks::all(c).into_iter().map(Self::Tick).collect();
        all.extend([Self::LateRenewal, Self::Prune, Self::Load, Self::LookAtClock]);
        all.extend([Self::Promote, Self::Adopt, Self::Restart]);
        for node in 0..c.nodes {
            all.extend([
                Self::LoadBeforeInsert { node },
                Self::Insert { node },
                Self::InsertAnswered { node },
            ]);
            for keep in [true, false] {
                all.extend([Self::InsertLost { node, keep }, Self::Removed { node, keep }]);
                all.push(Self::RenewalLost { node, late: keep });
            }
            all.extend([Self::Crash { node }, Self::RenewalStarts { node }, Self::RenewalCommits { node }]);
            all.extend([Self::RenewalArrives { node }, Self::Apply { node }, Self::ReadSnapshot { node }]);
            all.extend([Self::Swap { node }, Self::LookAtLease { node }]);
        }
        for host in c.hosts() {
            all.extend([Self::Commit { host }, Self::Open { host }, Self::Repeat { host }]);
            all.push(Self::BeginAdoption { host });
        }
        for wait in 0..usize::from(c.changes + c.repeats) {
            all.extend([Self::CommitOpen { wait }, Self::Observe { wait }]);
            all.extend([Self::AcknowledgeByAll { wait }, Self::AcknowledgeByTimer { wait }]);
            all.extend((0..c.ids()).map(|id| Self::Remove { wait, id }));
        }
        all
    }

    /// What comes of the step, or `None` where it cannot be taken.
    pub(crate) fn take(self, c: &Config, s: &State) -> Option<State> {
        match self {
            Self::Tick(clocks) => time::tick(c, s, clocks),
            Self::LoadBeforeInsert { node } => registration::load_before_insert(c, s, node),
            Self::Insert { node } => registration::insert(c, s, node),
            Self::InsertAnswered { node } => registration::answered(s, node),
            Self::InsertLost { node, keep } => registration::lost(s, node, keep),
            Self::Crash { node } => registration::crash(c, s, node),
            Self::RenewalStarts { node } => renewal::start(c, s, node),
            Self::RenewalCommits { node } => renewal::commit(s, node),
            Self::RenewalArrives { node } => renewal::arrive(c, s, node),
            Self::RenewalLost { node, late } => renewal::lost(c, s, node, late),
            Self::Removed { node, keep } => renewal::removed(c, s, node, keep),
            Self::LateRenewal => renewal::late(s),
            Self::Apply { node } => applying::apply(c, s, node),
            Self::ReadSnapshot { node } => applying::read_snapshot(c, s, node),
            Self::Swap { node } => applying::swap(c, s, node),
            Self::Prune => applying::prune(c, s),
            Self::Commit { host } => mutation::commit(c, s, host),
            Self::Open { host } => mutation::open(c, s, host),
            Self::CommitOpen { wait } => mutation::commit_open(c, s, wait),
            Self::Repeat { host } => mutation::repeat(c, s, host),
            Self::Observe { wait } => mutation::observe(c, s, wait),
            Self::AcknowledgeByAll { wait } => mutation::acknowledge_by_all(c, s, wait),
            Self::AcknowledgeByTimer { wait } => mutation::acknowledge_by_timer(c, s, wait),
            Self::Remove { wait, id } => mutation::remove(c, s, wait, id),
            Self::LookAtLease { node } => checking::look_at_lease(c, s, node),
            Self::Load => checking::load(s),
            Self::LookAtClock => checking::look_at_clock(c, s),
            Self::Promote => failover::promote(c, s),
            Self::BeginAdoption { host } => failover::begin_adoption(c, s, host),
            Self::Adopt => failover::adopt(c, s),
            Self::Restart => failover::restart(c, s),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Tick(clocks) => {
                write!(f, "a tick passes")?;
                clocks.odd().try_for_each(|(machine, steps)| {
                    write!(
                        f,
                        ", and node {machine}'s clock makes it {}",
                        if steps == 0 { "none" } else { "two" }
                    )
                })
            }
            Self::LoadBeforeInsert { node } => {
                write!(f, "node {node} loads, and takes that for its first lease")
            }
            Self::Insert { node } => write!(f, "node {node}'s registration commits"),
            Self::InsertAnswered { node } => write!(f, "node {node} learns that it is registered"),
            Self::InsertLost { node, keep } => {
                write!(f, "node {node} gives up a registration that got no answer{}", kept(keep))
            }
            Self::Crash { node } => write!(f, "node {node}'s process crashes and starts again"),
            Self::RenewalStarts { node } => write!(f, "node {node} takes t0 and sends a renewal"),
            Self::RenewalCommits { node } => write!(f, "node {node}'s renewal is executed"),
            Self::RenewalArrives { node } => write!(f, "node {node} gets its renewal's answer"),
            Self::RenewalLost { node, late: false } => {
                write!(f, "node {node}'s renewal is lost, or its answer")
            }
            Self::RenewalLost { node, late: true } => {
                write!(f, "node {node} gives up a renewal that is on its way")
            }
            Self::Removed { node, keep } => write!(f, "node {node} learns that it was removed{}", kept(keep)),
            Self::LateRenewal => write!(f, "the renewal that was given up is executed"),
            Self::Apply { node } => write!(f, "node {node} applies the next change"),
            Self::ReadSnapshot { node } => write!(f, "node {node} reads a snapshot to reload from"),
            Self::Swap { node } => write!(f, "node {node} is done reloading"),
            Self::Prune => write!(f, "all changes are pruned"),
            Self::Commit { .. } => write!(f, "a mutation commits"),
            Self::Open { .. } => write!(f, "a mutation's transaction begins"),
            Self::CommitOpen { wait } => write!(f, "mutator {wait} commits"),
            Self::Repeat { .. } => write!(f, "a mutation finds nothing to change"),
            Self::Observe { wait } => write!(f, "mutator {wait} reads the counts"),
            Self::AcknowledgeByAll { wait } => {
                write!(f, "mutator {wait} sees its change applied by all, and replies")
            }
            Self::AcknowledgeByTimer { wait } => write!(f, "mutator {wait}'s time is up, and it replies"),
            Self::Remove { wait, id } => {
                write!(f, "mutator {wait} deletes row {id} if it has the count observed")
            }
            Self::LookAtLease { node } => write!(f, "a check begins on node {node}"),
            Self::Load => write!(f, "the check looks the token up"),
            Self::LookAtClock => write!(f, "the check ends"),
            Self::Promote => write!(f, "the standby is promoted"),
            Self::BeginAdoption { .. } => write!(f, "somebody begins to adopt the new primary"),
            Self::Adopt => write!(f, "the new primary is adopted"),
            Self::Restart => write!(f, "the database crashes and starts again"),
        }
    }
}

fn kept(keep: bool) -> &'static str {
    if keep { ", and keeps its index" } else { ", and drops its index" }
}

//! The unsafe versions: each is one switch at one place of the transition function.

/// A version of the protocol with one rule broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// Rule 5: the timer starts at the commit, and the counts are observed later.
    TimerFromCommit,
    /// Rule 5: the timer starts before the commit.
    TimerBeforeCommit,
    /// Rule 5: the nodes to wait for are read before the commit.
    NodesBeforeCommit,
    /// Rule 5: the counts are observed again while the timer runs.
    CountsRefreshed,
    /// Rule 2: a node registers again under its old id, and `renewals` begins again.
    IdsReused,
    /// Rule 7: a mutation that changes nothing answers at once.
    RepeatAtOnce,
    /// Rule 3: a lease is used before the changes through its `seq` are applied.
    LeaseBeforeApplying,
    /// Rule 3: a lease is counted from the arrival of the answer.
    LeaseFromArrival,
    /// Rule 6: a removal does not look at `renewals`.
    RemovalIgnoresRenewals,
    /// Rule 6: a removal comes while the timer runs.
    RemovalBeforeWaitEnds,
    /// Rule 6: a mutator that was answered by all, before its time is up, removes too.
    RemovalAfterAll,
    /// Rule 1: the margin is under ρL.
    MarginTooSmall,
    /// Rule 2: a node loads before its row is committed, and takes that for its first lease.
    LoadBeforeInsert,
    /// Rule 2: two processes have one id.
    OneIdForTwo,
    /// Rule 4: a reload swaps in a snapshot that is older than the index held.
    OlderSnapshot,
    /// Rule 8: the lookup comes first, and the lease is looked at after it.
    LookupFirst,
    /// Rule 8: the clock is not looked at again after the lookup.
    NoSecondLook,
    /// Rule 9: a node's clock stands still while its machine is suspended.
    ClockStopsInSuspend,
    /// Rule 1: a node counts with a longer lease than the mutator.
    LongerLease,
    /// Rule 6: a mutator waits a tick less than L + μ, in a fleet whose clocks are as wrong as they may be.
    ShorterWait,
    /// Rule 10: an asynchronous replica takes over.
    AsynchronousReplica,
    /// Rule 10: a crash of the database forgets renewals.
    RenewalsNotDurable,
    /// Rule 11: a promoted primary is adopted without the wait.
    AdoptionAtOnce,
}

/// All of them.
pub const ALL: [Mutant; 23] = [
    Mutant::TimerFromCommit,
    Mutant::TimerBeforeCommit,
    Mutant::NodesBeforeCommit,
    Mutant::CountsRefreshed,
    Mutant::IdsReused,
    Mutant::RepeatAtOnce,
    Mutant::LeaseBeforeApplying,
    Mutant::LeaseFromArrival,
    Mutant::RemovalIgnoresRenewals,
    Mutant::RemovalBeforeWaitEnds,
    Mutant::RemovalAfterAll,
    Mutant::MarginTooSmall,
    Mutant::LoadBeforeInsert,
    Mutant::OneIdForTwo,
    Mutant::OlderSnapshot,
    Mutant::LookupFirst,
    Mutant::NoSecondLook,
    Mutant::ClockStopsInSuspend,
    Mutant::LongerLease,
    Mutant::ShorterWait,
    Mutant::AsynchronousReplica,
    Mutant::RenewalsNotDurable,
    Mutant::AdoptionAtOnce,
];

impl Mutant {
    /// Whether it makes something matter that [`settle`](crate::reduce::settle) forgets: counts come back to what they
    /// were, or are not looked at; the nodes observed are those waited for; what is over, or older, is used.
    pub(crate) const fn needs_all(self) -> bool {
        matches!(
            self,
            Self::IdsReused
                | Self::OneIdForTwo
                | Self::RenewalsNotDurable
                | Self::RemovalIgnoresRenewals
                | Self::NodesBeforeCommit
                | Self::LeaseFromArrival
                | Self::OlderSnapshot
                | Self::LookupFirst
                | Self::NoSecondLook
        )
    }
}

//! The configurations that are searched. Each is exhaustive for its bounds; which faults come together in one is chosen so
//! that it can be. What each explores, and how many states it has, is in the page on the model:
//!
#![doc = include_str!("../../docs/fleet-model.md")]

use crate::config::{ANY, Config};
use crate::mutant::Mutant;

const PLAIN: Config = Config::PLAIN;
/// Clocks that gain or lose a tick, ρL being one, and mutators that read the nodes' clocks.
const DRIFT: Config = Config { lease: 2, margin: 1, drift: true, hosts: true, ..PLAIN };
/// All that can go wrong at once but clocks.
const FAULTS: Config = Config { crashes: 1, failovers: 1, late: true, prune: true, reloads: true, ..PLAIN };

/// What the tests search, and how many different states each has.
pub const EVERY_TIME: [(Config, usize); 9] = [
    (
        Config {
            name: "one-node-all-faults",
            repeats: 1,
            crashes: ANY,
            lease: 2,
            margin: 1,
            drift: true,
            hosts: true,
            reloads: false,
            ..FAULTS
        },
        2_451_816,
    ),
    (
        Config { name: "one-node-two-changes", changes: 2, crashes: ANY, late: true, prune: true, ..PLAIN },
        606_822,
    ),
    (Config { name: "one-node-three-mutations", changes: 2, repeats: 1, ..PLAIN }, 352_288),
    (Config { name: "two-nodes-drift", nodes: 2, ..DRIFT }, 2_048_944),
    (Config { name: "two-nodes-crash", nodes: 2, crashes: 1, late: true, prune: true, ..PLAIN }, 3_225_001),
    (Config { name: "two-nodes-failover", nodes: 2, spare_ids: 0, failovers: 1, ..PLAIN }, 301_312),
    (Config { name: "two-nodes-repeat", nodes: 2, spare_ids: 0, repeats: 1, ..PLAIN }, 291_030),
    (Config { name: "two-nodes-two-changes", nodes: 2, spare_ids: 0, changes: 2, ..PLAIN }, 1_475_836),
    (Config { name: "three-nodes", nodes: 3, spare_ids: 0, ..PLAIN }, 2_177_927),
];

/// What is searched when there is time: `cargo run -p symbolon-model --release`.
pub const LONG: [Config; 8] = [
    Config { name: "two-nodes-two-changes-returning", nodes: 2, changes: 2, ..PLAIN },
    Config { name: "two-nodes-longer-lease", nodes: 2, lease: 3, ..DRIFT },
    Config { name: "two-nodes-all-faults", nodes: 2, repeats: 1, ..FAULTS },
    Config { name: "three-nodes-returning", nodes: 3, ..PLAIN },
    Config { name: "three-nodes-drift", nodes: 3, spare_ids: 0, ..DRIFT },
    Config { name: "one-node-three-mutations-all-faults", changes: 2, repeats: 1, crashes: ANY, ..FAULTS },
    Config { name: "two-nodes-two-changes-drift", nodes: 2, spare_ids: 0, changes: 2, ..DRIFT },
    Config { name: "two-nodes-two-changes-crash", nodes: 2, changes: 2, prune: true, crashes: 1, ..PLAIN },
];

const TWO_CHANGES: Config = Config { name: "two changes", changes: 2, ..PLAIN };
const PROMOTED: Config = Config { name: "a promotion", failovers: 1, ..PLAIN };
const TWO_NODES: Config = Config { name: "two nodes", nodes: 2, spare_ids: 0, ..PLAIN };

const DRIFTING: Config = Config { name: "two nodes that drift", nodes: 2, spare_ids: 0, ..DRIFT };

/// Each unsafe version with the smallest configuration that shows it.
pub const MUTANTS: [(Mutant, Config); 23] = [
    (Mutant::TimerFromCommit, TWO_CHANGES),
    (Mutant::TimerBeforeCommit, PLAIN),
    (Mutant::NodesBeforeCommit, PLAIN),
    (Mutant::CountsRefreshed, TWO_CHANGES),
    (Mutant::IdsReused, Config { name: "two changes, a crash", changes: 2, crashes: 1, ..PLAIN }),
    (Mutant::RepeatAtOnce, Config { name: "a repetition", repeats: 1, ..PLAIN }),
    (Mutant::LeaseBeforeApplying, PLAIN),
    (Mutant::LeaseFromArrival, PLAIN),
    (Mutant::RemovalIgnoresRenewals, TWO_CHANGES),
    (Mutant::RemovalBeforeWaitEnds, PLAIN),
    (Mutant::RemovalAfterAll, TWO_CHANGES),
    (Mutant::MarginTooSmall, DRIFTING),
    (Mutant::LoadBeforeInsert, PLAIN),
    (Mutant::OneIdForTwo, TWO_NODES),
    (Mutant::OlderSnapshot, Config { name: "reloads", reloads: true, ..PLAIN }),
    (Mutant::LookupFirst, PLAIN),
    (Mutant::NoSecondLook, PLAIN),
    (Mutant::ClockStopsInSuspend, Config { name: "two nodes, mutators on them", hosts: true, ..TWO_NODES }),
    (Mutant::LongerLease, PLAIN),
    (Mutant::ShorterWait, DRIFTING),
    (Mutant::AsynchronousReplica, PROMOTED),
    (Mutant::RenewalsNotDurable, TWO_CHANGES),
    (Mutant::AdoptionAtOnce, PROMOTED),
];

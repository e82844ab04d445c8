//! What things cost, in nanoseconds unless they say otherwise, and where that is from. All figures of the simulation follow from
//! these.

/// Processor time of the primary for a statement of each kind.
pub(super) const RENEW: u64 = 105_000;
pub(super) const FEED: u64 = 12_000;
pub(super) const FEED_EACH: u64 = 4_000;
pub(super) const ROWS: u64 = 8_000;
pub(super) const ROWS_EACH: u64 = 3_400;
pub(super) const LOOK: u64 = 17_000;
pub(super) const LOOK_EACH: u64 = 350;
pub(super) const BEGIN: u64 = 75_000;
pub(super) const SAVEPOINT: u64 = 8_000;
pub(super) const STANDS: u64 = 12_000;
pub(super) const CHANGE: u64 = 29_000;
pub(super) const WRITE: u64 = 75_000;
pub(super) const COMMIT: u64 = 52_000;
pub(super) const LISTEN: u64 = 10_000;

/// One flush of the log, which all commits share that came before it began.
pub(super) const FLUSH: u64 = 110_000;
/// How much later the synchronous standby has it.
pub(super) const STANDBY: u64 = 610_000;

/// How many processors the primary has.
pub(super) const CORES: usize = 16;
/// How many connections a node takes: 8 that read, one that writes, one that notes use, two for leases, one that follows, one
/// that listens.
pub(super) const CONNECTIONS: usize = 8 + 1 + 1 + 2 + 1 + 1;
/// How many mutations share a transaction at most.
pub(super) const GROUP: usize = 256;
/// How many records of mutations are read at once; of one that revokes a token, one.
pub(super) const AT_ONCE: usize = 1_000;
/// A third of a lease of 3 s.
pub(super) const PACE: u64 = 1_000_000_000;
/// How often it is looked who knows what: for this long
pub(super) const SOON: u64 = 100_000_000;
/// with this pause,
pub(super) const EACH_SOON: u64 = 1_000_000;
/// and then with this.
pub(super) const EACH_LATER: u64 = 20_000_000;

const MEASURED: &str = "measured";
const CODE: &str = "the code";
const CHOSEN: &str = "chosen";

/// Every input: what, how much and in which unit, and where from.
#[rustfmt::skip]
pub(super) const INPUTS: [(&str, u64, &str, &str); 24] = [
    ("a renewal, its part of the flush included", RENEW / 1_000, "µs", MEASURED),
    ("changes read, none new", FEED / 1_000, "µs", MEASURED),
    ("and for each change", FEED_EACH / 1_000, "µs", MEASURED),
    ("rows of changes read", ROWS / 1_000, "µs", MEASURED),
    ("and for each row", ROWS_EACH, "ns", MEASURED),
    ("a look at who knows what", LOOK / 1_000, "µs", MEASURED),
    ("and for each node", LOOK_EACH, "ns", MEASURED),
    ("the beginning of a group, which takes the clock's row", BEGIN / 1_000, "µs", "measured, shared out"),
    ("a savepoint, where a group has more than one mutation", SAVEPOINT / 1_000, "µs", MEASURED),
    ("whether the caller still stands, for each mutation", STANDS / 1_000, "µs", MEASURED),
    ("the changed row, for each mutation", CHANGE / 1_000, "µs", MEASURED),
    ("a group's audit, changes and NOTIFY", WRITE / 1_000, "µs", "measured, shared out"),
    ("a group's commit", COMMIT / 1_000, "µs", "measured, shared out"),
    ("a notification, for each listening node", LISTEN / 1_000, "µs", MEASURED),
    ("a flush of the log", FLUSH / 1_000, "µs", MEASURED),
    ("until the synchronous standby has it too", STANDBY / 1_000, "µs", "0.5 ms of way and a flush"),
    ("processors of the primary", CORES as u64, "", CHOSEN),
    ("connections of a node", CONNECTIONS as u64, "", CODE),
    ("mutations in a group, at most", GROUP as u64, "", CODE),
    ("records of changes read at once, about", AT_ONCE as u64, "", CODE),
    ("between renewals, if nothing happens", PACE / 1_000_000, "ms", CODE),
    ("a pause between looks,", EACH_SOON / 1_000_000, "ms", CODE),
    ("for the first", SOON / 1_000_000, "ms", CODE),
    ("and then", EACH_LATER / 1_000_000, "ms", CODE),
];

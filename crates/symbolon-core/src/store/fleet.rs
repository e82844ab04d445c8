//! The nodes that share a record, for people who ask.

use std::time::Duration;

use jiff::Timestamp;

use crate::id::NodeId;
use crate::lease::LeaseTerms;

/// A fleet at one moment, as its database knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetStatus {
    /// How long its leases are.
    pub terms: LeaseTerms,
    /// The number of the last committed mutation.
    pub seq: u64,
    /// Counts how often another server took the place of the one before.
    pub epoch: i64,
    /// As which node whoever asked is there; `None` where it is none just now.
    pub own: Option<NodeId>,
    /// Everybody, by name.
    pub nodes: Vec<FleetNode>,
    /// How many standbys have every commit before it is acknowledged. With none, what was acknowledged may be lost when the
    /// server is.
    pub synchronous_standbys: u32,
}

/// A node of a fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetNode {
    /// As which it is there.
    pub id: NodeId,
    /// What people call it.
    pub name: String,
    /// Its program's version.
    pub version: String,
    /// When its process began, by its own clock.
    pub started_at: Timestamp,
    /// Through which mutation it knows everything.
    pub applied: u64,
    /// How long ago it was renewed, by the database's clock. For the eye alone: no promise rests on it.
    pub renewed_ago: Duration,
}

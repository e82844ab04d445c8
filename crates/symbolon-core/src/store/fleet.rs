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
    /// server is. `None`: there are some that follow the server, and it does not tell this role in which way.
    pub synchronous_standbys: Option<u32>,
    /// Settings of the database's server that are off and without which a crash of its machine may undo what was
    /// acknowledged, by their names there.
    pub switched_off: Vec<String>,
}

impl FleetStatus {
    /// Whether whoever asked does what one node is to do for all, such as telling webhooks: the first by id of those that
    /// were heard of within a lease. While nodes come and go there may be two for a moment, or none; what is done so has to
    /// stand both.
    pub fn leads(&self) -> bool {
        let heard = self.nodes.iter().filter(|node| node.renewed_ago <= self.terms.over());
        self.own.is_some() && self.own == heard.map(|node| node.id).min()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_those_that_are_heard_of_one_leads() {
        let node = |id: u8, renewed_ago| FleetNode {
            id: NodeId::from_bytes([id; 16]),
            name: "a".to_owned(),
            version: "1".to_owned(),
            started_at: Timestamp::UNIX_EPOCH,
            applied: 0,
            renewed_ago: Duration::from_millis(renewed_ago),
        };
        let nodes = vec![node(1, 3_301), node(2, 3_300), node(3, 0)];
        let asked = |own: Option<u8>| FleetStatus {
            terms: LeaseTerms::USUAL,
            seq: 0,
            epoch: 1,
            own: own.map(|id| NodeId::from_bytes([id; 16])),
            nodes: nodes.clone(),
            synchronous_standbys: Some(0),
            switched_off: Vec::new(),
        };
        let leading = [None, Some(1), Some(2), Some(3), Some(4)].map(|own| asked(own).leads());
        assert_eq!(leading, [false, false, true, false, false]);
    }
}

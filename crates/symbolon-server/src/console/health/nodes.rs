//! The nodes that share the record, and the lease under which this one answers.

use std::time::Duration;

use symbolon_api::{Fleet, FleetNode, Status};

use crate::console::moment::Moment;
use crate::console::text::{EN, fill, number};

/// What the page shows of a fleet.
pub(super) struct Nodes {
    /// What stands above the table.
    pub(super) says: String,
    /// What may be lost with the database, or is not known of that.
    pub(super) warnings: Vec<String>,
    pub(super) all: Vec<Node>,
}

/// A node as the page shows it.
pub(super) struct Node {
    pub(super) name: String,
    pub(super) id: String,
    /// Whether it is the one that shows this.
    pub(super) own: bool,
    /// What state it is in, and how that looks.
    pub(super) state: (&'static str, &'static str),
    pub(super) renewed: String,
    pub(super) behind: String,
    pub(super) version: String,
    pub(super) started: Moment,
}

impl Nodes {
    pub(super) fn of(status: &Status) -> Option<Self> {
        let fleet = status.fleet.as_ref()?;
        let left = status.lease_left_ms.unwrap_or_default();
        let says = [
            ("seq", number(fleet.seq)),
            ("left", seconds(left)),
            ("lease", seconds(fleet.lease_ms.saturating_sub(fleet.margin_ms))),
        ];
        let says = says.each_ref().map(|(name, value)| (*name, value.as_str()));
        Some(Self {
            says: fill(EN.health_fleet_says, &says),
            warnings: warnings(fleet),
            all: fleet.nodes.iter().map(|node| Node::of(node, fleet)).collect(),
        })
    }
}

impl Node {
    fn of(node: &FleetNode, fleet: &Fleet) -> Self {
        let state = match node.renewed_ms_ago {
            // Whoever was silent for so long holds no lease, whatever its clock says.
            ago if ago > fleet.lease_ms + fleet.margin_ms => (EN.health_node_silent, "is-revoked"),
            _ if node.behind > 0 => (EN.health_node_behind, "is-disabled"),
            _ => (EN.health_node_answers, "is-active"),
        };
        Self {
            name: node.name.clone(),
            own: fleet.own.as_ref() == Some(&node.id),
            id: node.id.clone(),
            state,
            renewed: fill(EN.health_node_ago, &[("time", &seconds(node.renewed_ms_ago))]),
            behind: number(node.behind),
            version: node.version.clone(),
            started: Moment::read(&node.started_at),
        }
    }
}

/// What may be lost with the database.
fn warnings(fleet: &Fleet) -> Vec<String> {
    let standbys = match fleet.synchronous_standbys {
        Some(0) => Some(EN.health_fleet_alone),
        Some(_) => None,
        None => Some(EN.health_fleet_hidden),
    };
    let off = fleet.switched_off.iter().map(|setting| fill(EN.health_fleet_off, &[("setting", setting)]));
    standbys.map(str::to_owned).into_iter().chain(off).collect()
}

/// Such as `2.7 s`.
fn seconds(millis: u64) -> String {
    format!("{:.1} s", Duration::from_millis(millis).as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: &str, behind: u64, renewed_ms_ago: u64) -> FleetNode {
        FleetNode {
            id: id.to_owned(),
            name: "a".to_owned(),
            version: "0.1.0".to_owned(),
            started_at: "2026-11-26T10:00:00Z".to_owned(),
            behind,
            renewed_ms_ago,
        }
    }

    fn fleet(synchronous_standbys: Option<u32>) -> Fleet {
        Fleet {
            lease_ms: 3_000,
            margin_ms: 300,
            seq: 9,
            epoch: 1,
            synchronous_standbys,
            switched_off: Vec::new(),
            own: Some("nod_1".to_owned()),
            nodes: vec![node("nod_1", 0, 900), node("nod_2", 4, 900), node("nod_3", 4, 3_301)],
        }
    }

    #[test]
    fn what_may_be_lost_is_said_and_what_is_not_seen_is_not_said_to_be_missing() {
        assert_eq!(warnings(&fleet(Some(0))), [EN.health_fleet_alone]);
        assert_eq!(warnings(&fleet(None)), [EN.health_fleet_hidden]);
        assert!(warnings(&fleet(Some(1))).is_empty());
        let risky = Fleet { switched_off: vec!["fsync".to_owned()], ..fleet(Some(1)) };
        assert!(matches!(&warnings(&risky)[..], [said] if said.contains("fsync = off")));
    }

    #[test]
    fn a_node_that_is_silent_or_behind_stands_out() {
        let fleet = fleet(Some(0));
        let shown: Vec<_> = fleet.nodes.iter().map(|one| Node::of(one, &fleet)).collect();
        let states: Vec<_> = shown.iter().map(|node| (node.own, node.state.1)).collect();
        assert_eq!(states, [(true, "is-active"), (false, "is-disabled"), (false, "is-revoked")]);
        assert_eq!((shown[2].renewed.as_str(), shown[2].behind.as_str()), ("3.3 s ago", "4"));
    }
}

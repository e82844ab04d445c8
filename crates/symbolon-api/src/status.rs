use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::BrokenSeal;

/// How the server is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// Symbolon's version.
    pub version: String,
    /// When the process started.
    pub started_at: String,
    /// The server's time.
    pub now: String,
    /// Where it listens.
    pub doors: Vec<DoorInfo>,
    /// Checks of each service since the start.
    pub services: Vec<ServiceChecks>,
    /// Checks in each of the last seconds, oldest first; at most 60.
    pub rates: Vec<Rate>,
    /// What is held in memory.
    pub index: IndexSize,
    /// The record.
    pub store: StoreState,
    /// The nodes that share the record; absent where one process has it to itself, and where the record does not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fleet: Option<Fleet>,
    /// How long this node still answers without a word from the database, in milliseconds; absent where one process has the
    /// record to itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_left_ms: Option<u64>,
    /// Checks that were not counted as use, for there was no place.
    pub usage_dropped: u64,
    /// The catalogs in force.
    pub catalogs: Vec<CatalogState>,
    /// The last refusals, newest first; at most 50.
    pub refusals: Vec<RecentRefusal>,
    /// Rows of the record that were changed outside Symbolon and count as not there; at most 1,000.
    #[serde(default)]
    pub broken_seals: Vec<BrokenSeal>,
}

/// Where the server listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DoorInfo {
    /// `management`, `socket` or `proxy`.
    pub name: String,
    /// A URL; a path for the socket.
    pub address: String,
    /// For a proxy: the service behind it.
    pub service: Option<String>,
    /// What it proves itself with, where it speaks TLS.
    pub certificate: Option<CertificateState>,
}

/// The certificate of a door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CertificateState {
    /// When the one in force ends; `null` where it does not say.
    pub ends_at: Option<String>,
    /// `valid`, `ends_soon` (in less than 14 days), `ended` or `unknown`.
    pub state: String,
    /// Why the certificate and key that the files hold now are not in force; those before stay in force.
    pub fault: Option<String>,
    /// Since when that is so.
    pub fault_since: Option<String>,
}

/// The checks of one service since the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServiceChecks {
    /// Its name.
    pub service: String,
    /// Its name for people; of a service that is in force no more, the name.
    pub title: String,
    /// How many there were, by the answer's code; `allowed` is one.
    pub checks: BTreeMap<String, u64>,
}

/// Checks of all services since the entry before, which is about a second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rate {
    /// When the second ended.
    pub at: String,
    /// Let through.
    pub allowed: u64,
    /// Refused.
    pub refused: u64,
    /// Not decided.
    pub unavailable: u64,
}

/// What is held in memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IndexSize {
    /// Live tokens.
    pub tokens: u64,
    /// Users.
    pub users: u64,
    /// Sessions.
    pub sessions: u64,
}

/// The record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StoreState {
    /// `sqlite` or `postgres`.
    pub kind: String,
    /// Whether it answers.
    pub available: bool,
    /// How large it is, in bytes; `null` where it does not say.
    pub bytes: Option<u64>,
}

/// The nodes that share a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fleet {
    /// How long a lease is, in milliseconds.
    pub lease_ms: u64,
    /// By how much less a node answers, and by how much longer a mutation waits, in milliseconds.
    pub margin_ms: u64,
    /// The number of the last mutation.
    pub seq: u64,
    /// How often another database server took the place of the one before, counted from 1.
    pub epoch: i64,
    /// How many standbys of the database have every mutation before it is acknowledged; `null` where the database does not
    /// tell its role.
    pub synchronous_standbys: Option<u32>,
    /// Settings of the database server that are off, such as `fsync`, by which a crash of its machine may undo what was
    /// acknowledged.
    pub switched_off: Vec<String>,
    /// The node that answers, if it is one just now.
    pub own: Option<String>,
    /// Every node, by name.
    pub nodes: Vec<FleetNode>,
}

/// A node of a fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FleetNode {
    /// As which it is there; another each time it comes back.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Symbolon's version there.
    pub version: String,
    /// When its process started.
    pub started_at: String,
    /// How many mutations it does not know of yet, as far as it has said.
    pub behind: u64,
    /// How long ago it renewed its lease, in milliseconds.
    pub renewed_ms_ago: u64,
}

/// A catalog in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CatalogState {
    /// Its service.
    pub service: String,
    /// Whether refusals of its service are acted on.
    pub enforced: bool,
    /// When it came into force.
    pub loaded_at: String,
    /// Why the catalogs, all together, were not reloaded when they last changed; those before stay in force.
    pub fault: Option<String>,
}

/// A refusal that is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecentRefusal {
    /// Ask `explain` about it.
    pub request_id: String,
    /// When.
    pub at: String,
    /// Its service.
    pub service: String,
    /// Its method.
    pub method: String,
    /// Its path as it was sent, cut, without the query.
    pub path: String,
    /// What the caller was told.
    pub code: String,
    /// The reason's word; more exact than the code.
    pub reason: String,
    /// The token concerned, by its id.
    pub token: Option<String>,
}

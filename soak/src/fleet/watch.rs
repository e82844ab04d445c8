//! What the fleet takes of the machine, and how long its nodes may still answer, now and then.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use super::faults::beside;
use super::world::World;
use crate::clock;
use crate::history::{Event, Lease, Resources};
use crate::http::Wire;

const EVERY: Duration = Duration::from_secs(5);
/// How often a node is asked for its lease.
const LEASES: Duration = Duration::from_millis(200);

/// Every table with its size and its rows.
const TABLES: &str = "SELECT relname, pg_total_relation_size(oid), (xpath('/row/c/text()', query_to_xml('SELECT count(*) \
                      AS c FROM ' || quote_ident(relname), false, true, '')))[1]::text FROM pg_class WHERE relkind = 'r' \
                      AND relnamespace = 'public'::regnamespace;";

/// Writes down what everything takes until all is to end.
pub(crate) async fn resources(world: Arc<World>) {
    while world.pause(EVERY).await {
        once(&world).await;
    }
    once(&world).await;
}

async fn once(world: &Arc<World>) {
    for node in &world.nodes {
        let Some(id) = node.id() else { continue };
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse::<u32>().ok()
        };
        let files = fs::read_dir(format!("/proc/{id}/fd")).map_or(0, Iterator::count);
        let Some(memory) = field("VmRSS:") else { continue };
        let amounts = [
            ("memory_kib", memory),
            ("threads", field("Threads:").unwrap_or_default()),
            ("files", u32::try_from(files).unwrap_or(u32::MAX)),
        ];
        tell(world, node.name(), node.lives(), &amounts.map(|(name, amount)| (name, f64::from(amount))));
    }
    // An error is that it is stopped just now.
    let tables = beside(&world.database, |database| database.sql(TABLES)).await.unwrap_or_default();
    for row in tables.lines() {
        let columns: Vec<&str> = row.split('|').collect();
        if let [name, bytes, rows] = columns[..] {
            let number = |text: &str| text.parse().unwrap_or_default();
            tell(world, &format!("table {name}"), 1, &[("bytes", number(bytes)), ("rows", number(rows))]);
        }
    }
}

fn tell(world: &World, of: &str, life: u32, amounts: &[(&str, f64)]) {
    let amounts: BTreeMap<_, _> =
        amounts.iter().map(|(name, amount)| ((*name).to_owned(), *amount)).collect();
    world.history.write(Event::Resources(Resources { at: clock::now(), of: of.to_owned(), life, amounts }));
}

/// Asks a node for its lease until all is to end.
pub(crate) async fn leases(world: Arc<World>, number: usize) {
    let node = &world.nodes[number];
    let mut wire = Wire::to(node.management);
    while world.pause(LEASES).await {
        let sent = clock::now();
        let Ok(reply) = wire.ask(&world.request("GET", "/v1/status"), super::world::PATIENCE).await else {
            continue;
        };
        if let Some(left) = reply.json()["lease_left_ms"].as_u64() {
            let (node, answered) = (node.name().to_owned(), clock::now());
            world.history.write(Event::Lease(Lease { node, sent, answered, left }));
        }
    }
}

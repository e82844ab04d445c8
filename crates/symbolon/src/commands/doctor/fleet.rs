//! The nodes that share the record, where there is more than one process.

use symbolon_api::client::Client;
use symbolon_api::{Fleet, Status};

use super::Findings;
use crate::failure::Failure;

pub(super) async fn look(client: &Client, findings: &mut Findings) -> Result<(), Failure> {
    told(&client.status().await?, findings);
    Ok(())
}

fn told(status: &Status, findings: &mut Findings) {
    let Some(fleet) = &status.fleet else { return };
    let nodes = fleet.nodes.len();
    let detail = format!(
        "{nodes} {}; leases of {} ms, margin {} ms; this one answers for another {} ms without a word from the database",
        if nodes == 1 { "node" } else { "nodes" },
        fleet.lease_ms,
        fleet.margin_ms,
        status.lease_left_ms.unwrap_or_default(),
    );
    findings.ok("fleet", detail);
    for node in silent(fleet) {
        findings.warn("fleet", node);
    }
    let mut versions: Vec<&str> = fleet.nodes.iter().map(|node| node.version.as_str()).collect();
    versions.sort_unstable();
    versions.dedup();
    if versions.len() > 1 {
        findings.warn(
            "fleet",
            format!("its nodes are of versions {}; finish the upgrade", versions.join(" and ")),
        );
    }
    match fleet.synchronous_standbys {
        Some(0) => findings.warn(
            "fleet",
            "the database has no synchronous standby: where it is lost, what was acknowledged last is lost with it; set \
             synchronous_standby_names where you have a standby",
        ),
        Some(_) => {}
        None => findings.warn(
            "fleet",
            "the database does not tell its role whether a standby is synchronous: GRANT pg_read_all_stats TO the role of \
             [database] url",
        ),
    }
    for setting in &fleet.switched_off {
        findings.warn(
            "fleet",
            format!(
                "the database server has {setting} = off: a crash of its machine may undo what was acknowledged, revocations \
                 among it; set it to on, and restart the server"
            ),
        );
    }
}

/// What is to be said of nodes that do not do what they should.
fn silent(fleet: &Fleet) -> impl Iterator<Item = String> {
    let over = fleet.lease_ms + fleet.margin_ms;
    fleet.nodes.iter().filter(move |node| node.renewed_ms_ago > over).map(|node| {
        format!(
            "{} ({}) has not renewed its lease for {} ms and answers nothing; the next change waits for it once, and then it \
             is removed by itself: look whether it runs, and reaches the database",
            node.name, node.id, node.renewed_ms_ago
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::commands::doctor::Level;

    fn found(fleet: &serde_json::Value) -> Vec<(Level, String)> {
        let status = json!({
            "version": "0.1.0", "started_at": "2026-11-26T10:00:00Z", "now": "2026-11-26T10:05:09Z", "doors": [],
            "services": [], "rates": [], "index": { "tokens": 4, "users": 2, "sessions": 1 },
            "store": { "kind": "postgres", "available": true, "bytes": 1 }, "usage_dropped": 0, "catalogs": [],
            "refusals": [], "lease_left_ms": 2500, "fleet": fleet,
        });
        let mut findings = Findings::default();
        told(&serde_json::from_value(status).unwrap(), &mut findings);
        findings.0.into_iter().map(|finding| (finding.level, finding.detail)).collect()
    }

    fn node(version: &str, renewed_ms_ago: u64) -> serde_json::Value {
        json!({
            "id": "nod_1", "name": "a", "version": version, "started_at": "2026-11-26T10:00:00Z", "behind": 0,
            "renewed_ms_ago": renewed_ms_ago,
        })
    }

    #[test]
    fn what_is_wrong_with_a_fleet_is_said_with_what_to_do() {
        let fleet = |standbys: Option<u32>, nodes: &[serde_json::Value]| {
            json!({
                "lease_ms": 3000, "margin_ms": 300, "seq": 1, "epoch": 1, "synchronous_standbys": standbys,
                "switched_off": [],
                "own": "nod_1", "nodes": nodes,
            })
        };
        let well = found(&fleet(Some(1), &[node("0.1.0", 900), node("0.1.0", 900)]));
        assert!(
            matches!(&well[..], [(Level::Ok, detail)] if detail.starts_with("2 nodes; leases of 3000 ms")),
            "{well:?}"
        );
        let ill = found(&fleet(Some(0), &[node("0.1.0", 900), node("0.2.0", 3301)]));
        let warned: Vec<_> =
            ill.iter().filter(|(level, _)| *level == Level::Warn).map(|(_, detail)| detail).collect();
        assert_eq!(warned.len(), 3, "{ill:?}");
        assert!(warned[0].contains("has not renewed its lease for 3301 ms"));
        assert!(
            warned[1].contains("versions 0.1.0 and 0.2.0") && warned[2].contains("no synchronous standby")
        );
        let hidden = found(&fleet(None, &[node("0.1.0", 900)]));
        assert!(
            matches!(&hidden[..], [_, (Level::Warn, detail)] if detail.contains("GRANT pg_read_all_stats TO")),
            "{hidden:?}"
        );
        let mut fleet = fleet(Some(1), &[node("0.1.0", 900)]);
        fleet["switched_off"] = json!(["fsync"]);
        let risky = found(&fleet);
        assert!(
            matches!(&risky[..], [_, (Level::Warn, detail)] if detail.contains("has fsync = off")),
            "{risky:?}"
        );
        assert!(found(&serde_json::Value::Null).is_empty());
    }
}

//! What is in the record when nothing changes any more, by each node and by SQL.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::faults::beside;
use super::world::{RIGHTS, World};
use crate::history::{Event, Found, Rights};
use crate::http::Wire;

/// The reader that asks no node.
pub(crate) const SQL: &str = "sql";
const PATIENCE: Duration = Duration::from_mins(1);
/// What is listed at a node. Tokens that are revoked are listed where they are asked for.
const PATHS: [&str; 4] = [
    "/v1/users?limit=1000",
    "/v1/services/odin/tokens?limit=1000",
    "/v1/services/odin/tokens?limit=1000&state=revoked",
    "/v1/sessions?limit=1000",
];
/// How many ask at once at the end, of each node.
const ASKERS: usize = 4;

/// Reads everything back.
pub(crate) async fn all(world: &Arc<World>) -> Result<(), String> {
    for node in &world.nodes {
        let mut wire = Wire::to(node.management);
        for path in PATHS {
            pages(world, node.name(), &mut wire, path).await?;
        }
    }
    by_sql(world).await?;
    // And each is asked about once more, at every node.
    let everybody = Arc::new(world.everybody());
    let mut askers = tokio::task::JoinSet::new();
    for (node, first) in (0..world.nodes.len()).flat_map(|node| (0..ASKERS).map(move |first| (node, first))) {
        let (world, everybody) = (Arc::clone(world), Arc::clone(&everybody));
        askers.spawn(async move {
            let mut wire = Wire::to(world.nodes[node].management);
            for (number, held) in everybody.iter().enumerate().skip(first).step_by(ASKERS) {
                world.ask(node, &mut wire, held, RIGHTS[number % RIGHTS.len()]).await;
            }
        });
    }
    while let Some(asked) = askers.join_next().await {
        asked.map_err(|why| why.to_string())?;
    }
    Ok(())
}

async fn pages(world: &World, reader: &str, wire: &mut Wire, path: &str) -> Result<(), String> {
    let (mut cursor, mut alive) = (None::<String>, HashSet::new());
    loop {
        let page = cursor.as_ref().map_or(path.to_owned(), |cursor| format!("{path}&cursor={cursor}"));
        let reply = wire.ask(&world.request("GET", page), PATIENCE).await;
        let reply = reply.map_err(|lost| format!("{reader} does not answer at the end: {lost:?}"))?;
        if reply.status != 200 {
            return Err(format!("{reader} answers {} at the end: {}", reply.status, reply.said()));
        }
        let list = reply.json();
        for item in list["items"].as_array().into_iter().flatten() {
            if path.starts_with("/v1/users") {
                let (role, active) = (item["roles"]["odin"].as_str(), item["active"].as_bool());
                user(world, reader, item["name"].as_str().unwrap_or_default(), role, active == Some(true));
            } else if path.starts_with("/v1/sessions") {
                alive.extend(item["id"].as_str().map(str::to_owned));
            } else {
                let scopes = item["scopes"].as_array().into_iter().flatten().filter_map(Value::as_str);
                let scopes = scopes.map(str::to_owned).collect();
                token(
                    world,
                    reader,
                    item["id"].as_str().unwrap_or_default(),
                    item["state"] == "revoked",
                    item["state"] == "disabled",
                    scopes,
                );
            }
        }
        cursor = list["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    if path.starts_with("/v1/sessions") {
        sessions(world, reader, &alive);
    }
    Ok(())
}

/// Tells of each session whether it is among those that live; what has ended is in no list.
fn sessions(world: &World, reader: &str, alive: &HashSet<String>) {
    for held in world.everybody().iter().filter(|held| held.session) {
        let life = whether(alive.contains(&held.subject));
        found(world, reader, &held.subject, BTreeMap::from([("life".to_owned(), life)]));
    }
}

async fn by_sql(world: &Arc<World>) -> Result<(), String> {
    let users = "SELECT name, roles::json ->> 'odin', active FROM users WHERE removed_at IS NULL;";
    for row in beside(&world.database, |database| database.sql(users)).await?.lines() {
        let columns: Vec<&str> = row.split('|').collect();
        if let [name, role, active] = columns[..] {
            user(world, SQL, name, Some(role), active == "t");
        }
    }
    let tokens = "SELECT id, revoked_at IS NOT NULL, disabled, scopes FROM tokens;";
    for row in beside(&world.database, |database| database.sql(tokens)).await?.lines() {
        let columns: Vec<&str> = row.split('|').collect();
        if let [id, revoked, disabled, scopes] = columns[..] {
            let scopes = serde_json::from_str(scopes).unwrap_or_default();
            token(world, SQL, id, revoked == "t", disabled == "t", scopes);
        }
    }
    let alive = beside(&world.database, |database| database.sql("SELECT id FROM sessions;")).await?;
    sessions(world, SQL, &alive.lines().map(str::to_owned).collect());
    Ok(())
}

fn user(world: &World, reader: &str, name: &str, role: Option<&str>, active: bool) {
    let of_the_role = match role {
        Some("operator") => vec!["*".to_owned()],
        _ if name == "signer" => vec!["*".to_owned()],
        _ => super::world::OF_A_VIEWER.map(str::to_owned).to_vec(),
    };
    let aspects = [("role".to_owned(), of_the_role), ("active".to_owned(), whether(active))];
    found(world, reader, &format!("user:{name}"), BTreeMap::from(aspects));
}

fn token(world: &World, reader: &str, id: &str, revoked: bool, disabled: bool, scopes: Rights) {
    let mut aspects = BTreeMap::from([("life".to_owned(), whether(!revoked))]);
    // A tombstone need not keep them.
    if !revoked {
        aspects.extend([("enabled".to_owned(), whether(!disabled)), ("scopes".to_owned(), scopes)]);
    }
    found(world, reader, id, aspects);
}

fn whether(it_is: bool) -> Rights {
    if it_is { vec!["*".to_owned()] } else { Vec::new() }
}

fn found(world: &World, reader: &str, subject: &str, aspects: BTreeMap<String, Rights>) {
    let (reader, subject) = (reader.to_owned(), subject.to_owned());
    world.history.write(Event::Found(Found { reader, subject, aspects }));
}

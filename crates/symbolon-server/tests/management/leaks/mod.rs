//! Secrets that were found where they should not be.

mod github;
mod keys;
mod look_up;
pub(crate) mod signer;

use serde_json::{Value, json};

use crate::world::World;

/// The lines of the audit about something, oldest first: action, actor and detail.
async fn lines(world: &World, subject: &str) -> Vec<(String, String, Value)> {
    let key = world.system_key().await;
    let path = format!("/v1/audit?subject={subject}&limit=1000");
    let lines = world.get(&path).by(&key).send().await.expect(200);
    let text = |line: &Value, field: &str| line[field].as_str().unwrap().to_owned();
    let line = |line: &Value| (text(line, "action"), text(line, "actor"), line["detail"].clone());
    lines["items"].as_array().unwrap().iter().rev().map(line).collect()
}

/// The actions alone.
async fn actions(world: &World, subject: &str) -> Vec<String> {
    lines(world, subject).await.into_iter().map(|(action, ..)| action).collect()
}

fn found(secrets: &[&str]) -> Value {
    secrets
        .iter()
        .enumerate()
        .map(|(at, secret)| json!({ "secret": secret, "place": format!("a.log:{at}") }))
        .collect()
}

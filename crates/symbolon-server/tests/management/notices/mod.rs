//! Notices to webhooks, by a clock that the test moves.

mod calls;
mod endings;
mod failing;
mod receiver;
mod telling;

use receiver::{Receiver, Reply, SECRET};
use serde_json::json;
use symbolon_core::notice::{Event, WebhookSecret};
use symbolon_server::{WEBHOOK_TIMEOUT, Webhook, WebhookUrl};

use crate::world::{Setup, World};

/// A webhook of this name that is told everything at this URL.
fn webhook(name: &str, url: &str) -> Webhook {
    Webhook {
        name: name.parse().unwrap(),
        url: WebhookUrl::parse(url, false).unwrap(),
        secret: WebhookSecret::parse(SECRET).unwrap(),
        former_secret: None,
        events: Event::ALL.into(),
        services: None,
        timeout: WEBHOOK_TIMEOUT,
    }
}

/// A webhook of this name at a port on which nobody listens.
pub(crate) fn unheard(name: &str) -> Webhook {
    webhook(name, "http://127.0.0.1:1/")
}

/// A server that tells these, and its system key.
async fn world(webhooks: Vec<Webhook>) -> (World, String) {
    let world = World::of(Setup { webhooks, ..Setup::default() }).await;
    let key = world.system_key().await;
    world.app.begin_webhooks().await.unwrap();
    (world, key)
}

/// Makes a token of O.D.I.N.'s of this name; its id.
async fn make(world: &World, key: &str, name: &str) -> String {
    let body = json!({ "name": name, "scopes": ["read:jobs"] });
    world.token(key, "odin", &body).await["id"].as_str().unwrap().to_owned()
}

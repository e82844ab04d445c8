//! What prints for debugging.

use serde_json::{Value, json};
use symbolon_core::credential::{Credentials, Presented};
use symbolon_server::Clock;

use super::{Made, NEW_PASSWORD, PASSWORD, SUPPLIED};
use crate::world::World;

/// Whatever prints for debugging and has had a secret in its hands.
pub(super) fn output(world: &World, made: &Made) -> String {
    let now = world.clock.now();
    let identify = |secret: &str| {
        let presented = Presented::Secret(secret.as_bytes());
        format!("{presented:?} {:?}", world.gate.identify(presented, None, now))
    };
    let mut printed = String::new();
    for secret in [&made.token, &made.key, &made.jwt, &made.ended_jwt, SUPPLIED] {
        printed += &identify(secret);
    }
    let bodies = [
        format!("{:?}", from::<symbolon_api::CreateUser>(json!({ "name": "x", "password": PASSWORD }))),
        format!("{:?}", from::<symbolon_api::EditUser>(json!({ "password": PASSWORD }))),
        format!(
            "{:?}",
            from::<symbolon_api::CreateSession>(json!({ "username": "x", "password": PASSWORD }))
        ),
        format!(
            "{:?}",
            from::<symbolon_api::ChangePassword>(json!({ "current": PASSWORD, "new": NEW_PASSWORD }))
        ),
        format!(
            "{:?}",
            from::<symbolon_api::CreateKey>(json!({ "kind": "system", "name": "x", "secret": SUPPLIED }))
        ),
        format!("{:?}", from::<symbolon_api::Verify>(json!({ "token": made.token, "scopes": ["x"] }))),
        format!("{:?}", world.keys),
        format!("{:?}", Credentials::of_secret(made.token.as_bytes())),
    ];
    printed + &bodies.concat()
}

fn from<T: serde::de::DeserializeOwned>(body: Value) -> T {
    serde_json::from_value(body).unwrap()
}

//! A service that has taken over from O.D.I.N., whose tokens and hashes it knows.

use std::sync::Arc;

use serde_json::{Value, json};
use symbolon_core::store::Store;

use crate::world::{Person, Setup, World};

/// The catalog of O.D.I.N. under another name. From 2027 on no old token counts.
pub(crate) fn catalog(until: &str) -> String {
    let odin = include_str!("../../../../../catalogs/odin.toml");
    let named = odin
        .replace("service = \"odin\"", "service = \"farm\"")
        .replace("token_prefix = \"odin\"", "token_prefix = \"farm\"");
    named
        + &format!(
            "\n[tokens.old_form]\nprefix = \"odin_\"\nlength = 43\nalphabet = \"base64url\"\nlookup = 5\n\
             hashed = \"whole\"\nuntil = {until}\n"
        )
}

pub(crate) struct Farm {
    pub(crate) world: World,
    pub(crate) key: String,
    pub(crate) owner: Person,
}

impl Farm {
    pub(crate) async fn new() -> Self {
        Self::of(|store| store).await
    }

    pub(crate) async fn of(wrap: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store> + 'static) -> Self {
        let setup = Setup { catalogs: vec![catalog("2027-01-01")], wrap: Box::new(wrap), ..Setup::default() };
        let world = World::of(setup).await;
        let owner = world.person("ann", &[("farm", "operator")]).await;
        Self { key: world.system_key().await, world, owner }
    }

    /// Imports rows; what became of them.
    pub(crate) async fn import(&self, rows: &[Value]) -> Vec<Value> {
        let path = "/v1/services/farm/tokens/import";
        let answer = self.world.post(path, &json!({ "rows": rows })).by(&self.key).send().await;
        let told = answer.expect(200);
        for row in rows {
            assert!(!answer.text().contains(row["hash"].as_str().unwrap()), "no answer repeats a hash");
        }
        told["rows"].as_array().unwrap().clone()
    }

    /// Imports one row that is to be taken; its id.
    pub(crate) async fn imported(&self, row: Value) -> String {
        let told = self.import(&[row]).await;
        told[0]["id"].as_str().unwrap_or_else(|| panic!("{told:?}")).to_owned()
    }

    /// What verify says of a secret and `GET /api/jobs`, asked by a client at this address.
    pub(crate) async fn verdict_from(&self, secret: &str, client_ip: &str) -> String {
        let body = json!({ "token": secret, "method": "GET", "path": "/api/jobs", "client_ip": client_ip });
        let reply = self.world.post("/v1/services/farm/verify", &body).by(&self.key).send().await.expect(200);
        reply["code"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn verdict(&self, secret: &str) -> String {
        self.verdict_from(secret, "192.0.2.1").await
    }

    /// The actions that the audit has of a token, newest first.
    pub(crate) async fn actions(&self, id: &str) -> Vec<String> {
        let lines = self.world.get(&format!("/v1/audit?subject={id}")).by(&self.key).send().await.expect(200);
        let items = lines["items"].as_array().unwrap();
        items.iter().map(|line| line["action"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) async fn record(&self, id: &str) -> Value {
        self.world.get(&format!("/v1/services/farm/tokens/{id}")).by(&self.key).send().await.expect(200)
    }
}

/// The old secret of this number; every eighth has the same head.
pub(crate) fn secret(number: usize) -> String {
    format!("odin_{:05}-_{number:036}", number / 2)
}

pub(crate) fn head(secret: &str) -> &str {
    &secret[..10]
}

/// As the application keeps it, with a cost that tests can wait for.
pub(crate) fn row(secret: &str) -> Value {
    json!({
        "prefix": head(secret),
        "hash": bcrypt::hash(secret, 4).unwrap(),
        "name": format!("old {secret}"),
        "owner": "ann",
        "scopes": ["read:jobs"],
    })
}

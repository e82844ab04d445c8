//! A service that has taken over from O.D.I.N., whose tokens and hashes it knows.

use std::sync::Arc;

use serde_json::{Value, json};
use symbolon_core::store::Store;

use crate::world::{Person, Setup, World};

/// How the tokens of an application begin, and how many of the characters behind that it keeps in clear.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    pub(crate) prefix: &'static str,
    pub(crate) lookup: usize,
}

pub(crate) const ODIN: Form = Form { prefix: "odin_", lookup: 5 };
pub(crate) const ODYSSEUS: Form = Form { prefix: "ody_", lookup: 4 };

impl Form {
    /// The old secret of this number; every second has the same head as the one before.
    pub(crate) fn secret(self, number: usize) -> String {
        let Self { prefix, lookup } = self;
        format!("{prefix}{:0lookup$}-_{number:0rest$}", number / 2, rest = 41 - lookup)
    }

    pub(crate) fn head(self, secret: &str) -> &str {
        &secret[..self.prefix.len() + self.lookup]
    }

    /// As the application keeps it, with a cost that tests can wait for.
    pub(crate) fn row(self, secret: &str) -> Value {
        json!({
            "prefix": self.head(secret),
            "hash": bcrypt::hash(secret, 4).unwrap(),
            "name": format!("old {secret}"),
            "owner": "ann",
            "scopes": ["read:jobs"],
        })
    }
}

/// The catalog of O.D.I.N. under another name. From 2027 on no old token counts.
pub(crate) fn catalog(until: &str) -> String {
    catalog_of(ODIN, until)
}

fn catalog_of(Form { prefix, lookup }: Form, until: &str) -> String {
    let odin = include_str!("../../../../../catalogs/odin.toml");
    let named = odin
        .replace("service = \"odin\"", "service = \"farm\"")
        .replace("token_prefix = \"odin\"", "token_prefix = \"farm\"");
    named
        + &format!(
            "\n[tokens.old_form]\nprefix = \"{prefix}\"\nlength = 43\nalphabet = \"base64url\"\nlookup = {lookup}\n\
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

    /// The same, whose old tokens are of this form.
    pub(crate) async fn with(form: Form) -> Self {
        Self::made(form, |store| store).await
    }

    pub(crate) async fn of(wrap: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store> + 'static) -> Self {
        Self::made(ODIN, wrap).await
    }

    async fn made(form: Form, wrap: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store> + 'static) -> Self {
        let catalogs = vec![catalog_of(form, "2027-01-01")];
        let setup = Setup { catalogs, wrap: Box::new(wrap), ..Setup::default() };
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

/// O.D.I.N.'s.
pub(crate) fn secret(number: usize) -> String {
    ODIN.secret(number)
}

pub(crate) fn head(secret: &str) -> &str {
    ODIN.head(secret)
}

pub(crate) fn row(secret: &str) -> Value {
    ODIN.row(secret)
}

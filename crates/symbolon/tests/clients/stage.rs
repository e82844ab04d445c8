//! A running server with the library's catalog, and the secrets that the clients' tests are given.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Place, Server};

/// A server, and what to tell the tests.
pub(crate) struct Stage {
    pub(crate) server: Server,
    pub(crate) variables: Vec<(&'static str, String)>,
}

/// The folder `clients`.
pub(crate) fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../clients").canonicalize().unwrap()
}

impl Stage {
    pub(crate) fn new() -> Self {
        let catalog = clients().join("library.toml");
        let place =
            Place::with(&format!("listen = \"127.0.0.1:0\"\ncatalogs = [{:?}]\n", catalog.to_str().unwrap()));
        let server = Server::at(place);
        let mut api = server.api();
        let mut made = |path: &str, body: Value| {
            let answer = api.send("POST", path, &body);
            assert_eq!(answer.status, 201, "{path}: {}", answer.json());
            answer.json()
        };
        made("/v1/users", json!({ "name": "ann", "roles": { "library": "reader" } }));
        let key = made("/v1/keys", json!({ "kind": "verifier", "name": "app", "service": "library" }));
        let mut token = |name: &str, scope: &str| {
            let body = json!({ "name": name, "owner": "ann", "scopes": [scope] });
            made("/v1/services/library/tokens", body)["token"].as_str().unwrap().to_owned()
        };
        let variables = vec![
            ("TOKEN_READ", token("read", "read:books")),
            ("TOKEN_WRITE", token("write", "write:books")),
            ("TOKEN_ENDING", token("ending", "read:books")),
            ("TOKEN_ENDING_TOO", token("ending-too", "read:books")),
            ("SYMBOLON_URL", format!("http://{}", server.management())),
            ("SYMBOLON_KEY", key["key"].as_str().unwrap().to_owned()),
        ];
        Self { server, variables }
    }

    /// Runs a command to its end, which must be a good one; what it printed.
    pub(crate) fn runs(&self, command: &mut Command) -> String {
        let done = command.envs(self.variables.iter().map(|(name, value)| (name, value))).output().unwrap();
        let printed = [done.stdout, done.stderr].concat();
        let printed = String::from_utf8_lossy(&printed).into_owned();
        assert!(done.status.success(), "{command:?}: {printed}\n{}", self.server.log());
        printed
    }
}

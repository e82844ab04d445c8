//! What a scenario plays on: a server, two applications, and as many tokens as it wants.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::process;
use super::sow::sow;
use super::support::{Backend, Place, Server, steppable};

/// How long a scenario may take. What hangs is a fault of the page or of the scenario.
const PATIENCE: Duration = Duration::from_secs(150);

/// A running server with O.D.I.N. and Odysseus behind it.
pub(super) struct Stage {
    server: Server,
    secrets: Value,
    /// What steps the server's clock, if it can be stepped.
    clock: Option<PathBuf>,
    _backends: [Backend; 2],
}

impl Stage {
    /// Without a token.
    pub(super) fn new() -> Self {
        Self::with_tokens(0)
    }

    /// Without a token, and with a server whose clock the scenario steps.
    pub(super) fn of_any_time() -> Self {
        Self::made(0, true)
    }

    /// With this many tokens of O.D.I.N., `token-000000` and so on, of three owners and in every state. None of them
    /// has a secret that anybody knows.
    pub(super) fn with_tokens(count: u32) -> Self {
        Self::made(count, false)
    }

    fn made(count: u32, of_any_time: bool) -> Self {
        let place = Place::empty();
        let backends = [Backend::odin(place.path()), Backend::odysseus(place.path())];
        let service = |name, backend: &Backend| {
            format!(
                "[services.{name}]\nlisten = \"127.0.0.1:0\"\nupstream = \"http://{}\"\n",
                backend.address
            )
        };
        let [odin, odysseus] = &backends;
        let settings = [service("odin", odin), service("odysseus", odysseus)].concat();
        place.write("symbolon.toml", &format!("listen = \"127.0.0.1:0\"\n{settings}"));
        let secrets = place.symbolon(&["init", "--json"]).json();
        let clock = of_any_time.then(|| steppable(&place));
        if count > 0 {
            for owner in ["bea", "chris"] {
                place.run(&format!("user create {owner} --no-login --role odin=admin")).ok();
            }
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            runtime.block_on(sow(&place.data("symbolon.db"), &place.data("keys.toml"), count));
        }
        Self { server: Server::again(place), secrets, clock, _backends: backends }
    }

    /// Plays `scenarios/NAME.mjs`, which must end well and in time, and gives what it printed.
    pub(super) fn plays(&self, name: &str) -> String {
        self.try_plays(name, PATIENCE).unwrap_or_else(|why| panic!("{why}"))
    }

    /// As [`Stage::plays`]; the error is how it ended, and what it and the server said. No browser is left in any case.
    pub(super) fn try_plays(&self, name: &str, patience: Duration) -> Result<String, String> {
        let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/console/scenarios");
        let mut node = Command::new("node");
        node.arg(scenarios.join(format!("{name}.mjs")));
        // What the browser leaves behind goes with the place.
        let home = self.server.place.path().join("browser");
        fs::create_dir_all(&home).unwrap();
        node.current_dir(&home).env("TMPDIR", &home);
        let ended = process::run(node, &home, &self.secrets_and_addresses().to_string(), patience);
        self.server.until("the end of the browser", || process::at_home(&home).is_empty());
        let output = ended.output;
        let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        let how = match (ended.in_time, output.status.success()) {
            (true, true) => return Ok(printed),
            (true, false) => output.status.to_string(),
            (false, _) => format!("took longer than {patience:?}"),
        };
        Err(format!("{name}: {how}\n{printed}\n{}", self.server.log()))
    }

    /// What a scenario is told on its standard input, for a command line is for everybody to read.
    fn secrets_and_addresses(&self) -> Value {
        let proxy = |service| format!("http://{}", self.server.proxy_address(service));
        let admin = &self.secrets["admin"];
        json!({
            "base": format!("http://{}", self.server.management()),
            "proxies": {"odin": proxy("odin"), "odysseus": proxy("odysseus")},
            "clock": self.clock,
            "system_key": self.secrets["system_key"],
            "admin": {"name": admin["username"], "password": admin["password"]},
        })
    }
}

//! Both applications behind a server, tokens, and what drives its tools.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::{Backend, Place, Server, tool};

/// Packages of npm: the clients, the conformance tests, and what was published for O.D.I.N.
pub(crate) const PACKAGES: &str = "mcp-f8f46054/node_modules";

const PYTHON_PACKAGES: &str = "mcp-2.3.0";

/// A tool, and what it is called with.
pub(crate) type Call = (&'static str, Value);

/// Where this test stands.
fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mcp")
}

/// Who drives the tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Driver {
    /// The current client for JavaScript, over HTTP.
    Current,
    /// That of the version before.
    Before,
    /// The same, which starts `symbolon mcp`.
    Stdio,
    /// The client for Python.
    Python,
}

/// What a client found.
pub(crate) struct Found(pub(crate) Value);

impl Found {
    /// The names of the application's tools that it was shown.
    pub(crate) fn tools(&self) -> Vec<&str> {
        self.all().into_iter().filter(|name| !name.starts_with("symbolon_")).collect()
    }

    /// The same with those of Symbolon's own.
    pub(crate) fn all(&self) -> Vec<&str> {
        self.0["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect()
    }

    /// What came of the calls, in their order.
    pub(crate) fn results(&self) -> &[Value] {
        self.0["results"].as_array().unwrap()
    }
}

/// A server with both applications behind it.
pub(crate) struct Stage {
    pub(crate) server: Server,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let place = Place::empty();
        let (odin, odysseus) = (Backend::odin(place.path()), Backend::odysseus(place.path()));
        place.write(
            "symbolon.toml",
            &format!(
                "listen = \"127.0.0.1:0\"\n\
                 [services.odin]\nsession_cookie = true\nlisten = \"127.0.0.1:0\"\nupstream = \"http://{}\"\n\
                 [services.odysseus]\nlisten = \"127.0.0.1:0\"\nupstream = \"http://{}\"\n",
                odin.address, odysseus.address
            ),
        );
        Self { server: Server::start(place, vec![odin, odysseus]) }
    }

    /// A token of the system user, who has the highest role, with these scopes or this profile.
    pub(crate) fn token(&self, service: &str, granted: &str) -> String {
        let profile =
            matches!(granted, "chat" | "codex_todos" | "codex_email_drafts") && service == "odysseus";
        let mut body = json!({ "name": granted });
        if profile {
            body["profile"] = granted.into();
        } else {
            body["scopes"] = granted.split(' ').collect();
        }
        self.made(service, &body)
    }

    /// A token of this body.
    pub(crate) fn made(&self, service: &str, body: &Value) -> String {
        let answer = self.server.api().send("POST", &format!("/v1/services/{service}/tokens"), body);
        assert_eq!(answer.status, 201, "{body}: {}", answer.json());
        answer.json()["token"].as_str().unwrap().to_owned()
    }

    /// Lists a service's tools with a token, and makes these calls.
    pub(crate) fn drive(&self, driver: Driver, service: &str, token: &str, calls: &[Call]) -> Found {
        self.drive_all(driver, &[(service, token.to_owned(), calls.to_vec())]).remove(0)
    }

    /// The same with many tokens, one after the other.
    pub(crate) fn drive_all(&self, driver: Driver, all: &[(&str, String, Vec<Call>)]) -> Vec<Found> {
        let server = format!("http://{}", self.server.management());
        let asked = all.iter().map(|(service, token, calls)| {
            json!({
                "url": format!("{server}/mcp/{service}"),
                "token": token,
                "calls": calls,
                "command": [env!("CARGO_BIN_EXE_symbolon"), "mcp", "--service", service],
                "env": { "SYMBOLON_TOKEN": token, "SYMBOLON_URL": server },
            })
        });
        let asked = asked.collect();
        match driver {
            Driver::Python => {
                let mut python = Command::new("python3");
                python.arg(here().join("drive.py")).env("PYTHONPATH", tool(PYTHON_PACKAGES));
                self.run(python.env("PYTHONDONTWRITEBYTECODE", "1"), &asked)
            }
            Driver::Current => self.run(&mut self.node("current"), &asked),
            Driver::Before => self.run(&mut self.node("before"), &asked),
            Driver::Stdio => self.run(&mut self.node("stdio"), &asked),
        }
    }

    /// The same of a program that offers tools over its standard input.
    pub(crate) fn drive_program(&self, command: &[&str], env: &Value, calls: &[Call]) -> Found {
        let asked = json!([{ "command": command, "env": env, "calls": calls }]);
        self.run(&mut self.node("stdio"), &asked).remove(0)
    }

    fn node(&self, client: &str) -> Command {
        let mut node = Command::new("node");
        node.arg(self.script("drive.mjs")).arg(client);
        node
    }

    fn run(&self, command: &mut Command, asked: &Value) -> Vec<Found> {
        command.current_dir(self.server.place.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
        let done = child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{command:?}: {errors}\n{}", self.server.log());
        let found: Vec<Value> =
            serde_json::from_slice(&done.stdout).unwrap_or_else(|why| panic!("{command:?}: {why}: {errors}"));
        found.into_iter().map(Found).collect()
    }

    /// A script of this directory where it finds its packages, which Node.js looks for beside it.
    pub(crate) fn script(&self, name: &str) -> PathBuf {
        let copy = self.server.place.path().join(name);
        if !copy.exists() {
            std::fs::copy(here().join(name), &copy).unwrap();
            let packages = self.server.place.path().join("node_modules");
            if !packages.exists() {
                std::os::unix::fs::symlink(tool(PACKAGES), packages).unwrap();
            }
        }
        copy
    }
}

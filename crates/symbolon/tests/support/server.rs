//! A running server.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use serde_json::Value;

use super::backend::Backend;
use super::clock;
use super::http::Http;
use super::place::Place;

/// A running server with the secrets of its first start. It is killed, by its own id, when the value goes.
pub struct Server {
    pub place: Place,
    /// What `init --json` printed.
    pub secrets: Value,
    running: Mutex<Child>,
    /// The line in which the server said where it listens.
    listening: Value,
    /// What is behind its proxies.
    _backends: Vec<Backend>,
}

impl Server {
    /// With O.D.I.N. behind it.
    pub fn with_odin() -> Self {
        let place = Place::empty();
        let odin = Backend::odin(place.path());
        place.write(
            "symbolon.toml",
            &format!(
                "listen = \"127.0.0.1:0\"\n[services.odin]\nlisten = \"127.0.0.1:0\"\nupstream = \"http://{}\"\n",
                odin.address
            ),
        );
        Self::start(place, vec![odin])
    }

    /// In a place that is initialised already, and whose secrets the test has.
    pub fn again(place: Place) -> Self {
        let (child, listening) = spawn(&place);
        Self { place, secrets: Value::Null, running: Mutex::new(child), listening, _backends: Vec::new() }
    }

    /// With the settings of `place`, which is initialised first.
    pub fn at(place: Place) -> Self {
        Self::start(place, Vec::new())
    }

    /// With the settings of `place`, which is initialised first, and applications to be kept running beside it.
    pub fn start(place: Place, backends: Vec<Backend>) -> Self {
        let secrets = place.symbolon(&["init", "--json"]).json();
        let (child, listening) = spawn(&place);
        Self { place, secrets, running: Mutex::new(child), listening, _backends: backends }
    }

    /// The system key of the first start.
    pub fn system_key(&self) -> &str {
        self.secrets["system_key"].as_str().unwrap()
    }

    /// Where the management API listens.
    pub fn management(&self) -> SocketAddr {
        address(&self.listening["management"])
    }

    /// Where the proxy of a service listens.
    pub fn proxy_address(&self, service: &str) -> SocketAddr {
        address(&self.listening["services"][service])
    }

    /// Where gateways ask.
    pub fn gateway_address(&self) -> SocketAddr {
        address(&self.listening["gateway"])
    }

    /// The data directory's socket.
    pub fn socket(&self) -> PathBuf {
        self.place.path().join(self.listening["socket"].as_str().unwrap())
    }

    /// The management API, with the system key.
    pub fn api(&self) -> Http {
        self.try_api().unwrap()
    }

    /// As [`Server::api`], where the server may have been killed.
    pub fn try_api(&self) -> io::Result<Http> {
        Http::try_connect(self.management()).map(|http| http.bearer(self.system_key()))
    }

    /// The management API, without a credential.
    pub fn anonymous(&self) -> Http {
        Http::connect(self.management())
    }

    /// The proxy of a service, without a credential.
    pub fn proxy(&self, service: &str) -> Http {
        Http::connect(self.proxy_address(service))
    }

    /// Waits until something holds, asking the server for its health in between; what is waited for is its doing.
    pub fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let mut http = self.anonymous();
        for _ in 0..200_000 {
            if holds() {
                return;
            }
            assert_eq!(http.get("/healthz").status, 200);
        }
        panic!("{what} did not come about\n{}", self.log());
    }

    /// Everything that it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(log(&self.place)).unwrap()
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.running.lock().unwrap().id()
    }

    /// Sends a signal such as `HUP`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Stops every thread of it; `CONT` lets it go on.
    pub fn stop_in_its_tracks(&self) {
        self.signal("STOP");
        let tasks = format!("/proc/{}/task", self.id());
        let stopped = |status: String| status.lines().any(|line| line.starts_with("State:\tT"));
        let all = || {
            let mut tasks =
                std::fs::read_dir(&tasks).unwrap().map(|task| task.unwrap().path().join("status"));
            tasks.all(|task| std::fs::read_to_string(task).is_ok_and(stopped))
        };
        while !all() {
            std::thread::yield_now();
        }
    }

    /// Waits for the end; its exit code.
    pub fn wait(&self) -> Option<i32> {
        self.running.lock().unwrap().wait().unwrap().code()
    }

    /// Ends it as an operator does; its exit code.
    pub fn stop(&self) -> Option<i32> {
        self.signal("TERM");
        self.wait()
    }

    /// kill -9.
    pub fn kill(&self) {
        let mut child = self.running.lock().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Starts one that has ended, at other ports.
    pub fn start_again(&mut self) {
        let (child, listening) = spawn(&self.place);
        *self.running.get_mut().unwrap() = child;
        self.listening = listening;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let child = self.running.get_mut().unwrap();
        // It may have ended already.
        let _ = child.kill();
        let _ = child.wait();
        clock::clean(child.id());
    }
}

fn log(place: &Place) -> PathBuf {
    place.path().join("server.log")
}

/// Starts a server and waits for the line in which it says where it listens.
fn spawn(place: &Place) -> (Child, Value) {
    let log_file: File = OpenOptions::new().create(true).append(true).open(log(place)).unwrap();
    let mut command = place.command();
    clock::set(&mut command, place);
    command.args(["serve", "--json"]).stdout(Stdio::piped()).stderr(log_file);
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let listening = lines.find_map(|line| {
        let mut line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        Some(line["listening"].take()).filter(|listening| !listening.is_null())
    });
    let Some(listening) = listening else {
        let code = child.wait().unwrap();
        panic!("the server did not start ({code}):\n{}", std::fs::read_to_string(log(place)).unwrap());
    };
    (child, listening)
}

fn address(url: &Value) -> SocketAddr {
    url.as_str().unwrap().split_once("://").unwrap().1.parse().unwrap()
}

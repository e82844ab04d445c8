//! Applications in a process of their own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::support::{NODE_PACKAGES, tool};
use super::table::Table;

/// A running application. It is ended with this.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starlette under uvicorn, which reads HTTP by `parser`.
    pub(crate) fn starlette(parser: &str, table: &Table) -> Self {
        let mut command = Command::new("python3");
        command.arg(script("application.py")).arg(parser).env("PYTHONPATH", tool("starlette-1.10.0"));
        Self::start(command, table)
    }

    /// A framework for Node.js: `express`, which is its fifth version, `express4` or `fastify`.
    pub(crate) fn node(framework: &str, table: &Table) -> Self {
        let mut command = Command::new("node");
        command.arg(script("application.mjs")).arg(framework).env("PACKAGES", tool(NODE_PACKAGES));
        Self::start(command, table)
    }

    fn start(mut command: Command, table: &Table) -> Self {
        command.arg(table.json()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let address = ([127, 0, 0, 1], port.trim().parse().unwrap()).into();
        Self { child, address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A script of this folder.
fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/routers").join(name)
}

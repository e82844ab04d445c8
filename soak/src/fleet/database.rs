//! The database of a fleet, and what is done to it.

use std::fs;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::Signal;
use symbolon_postgres_server::{Options, Server, Stop, Version};

use super::node::signal;

/// A durable PostgreSQL of our own. It is stopped and removed with the value.
#[derive(Debug)]
pub(crate) struct Database {
    server: Mutex<Server>,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Its URL up to the address, and what follows.
    url: (String, String),
    name: String,
}

/// The database that is there from the start.
const FIRST: &str = "postgres";

impl Database {
    /// Starts one with an empty database.
    pub(crate) fn start() -> Result<Self, String> {
        let options = Options { durable: true, tcp: true, ..Options::default() };
        let server = Server::with(Version::Debian, &options)?;
        server.sql(FIRST, "CREATE DATABASE symbolon;")?;
        let name = "symbolon".to_owned();
        let url = server.tcp_url(&name).ok_or("the database listens nowhere")?;
        let parts = url.split_once('@').and_then(|(before, rest)| Some((before, rest.split_once('/')?)));
        let (before, (address, after)) = parts.ok_or("the database's URL is not understood")?;
        let address = address.parse().map_err(|_| "the database's address is not understood")?;
        let url = (format!("{before}@"), format!("/{after}"));
        Ok(Self { server: Mutex::new(server), address, url, name })
    }

    /// Its URL, as it is reached by this address.
    pub(crate) fn url_by(&self, address: SocketAddr) -> String {
        format!("{}{address}{}", self.url.0, self.url.1)
    }

    fn server(&self) -> MutexGuard<'_, Server> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs statements beside the nodes; rows are lines, columns divided by `|`.
    pub(crate) fn sql(&self, sql: &str) -> Result<String, String> {
        self.server().sql(&self.name, sql)
    }

    /// Stops it, as in good order or as in a crash. When this returns none of its processes is left.
    pub(crate) fn stop(&self, gently: bool) -> Result<(), String> {
        self.server().stop(if gently { Stop::Fast } else { Stop::Immediate })
    }

    /// Starts it again.
    pub(crate) fn start_again(&self) -> Result<(), String> {
        self.server().start_again()
    }

    /// Makes each commit slow by so much, as a slow disk does; by nothing, it is as fast as it can be.
    pub(crate) fn slow(&self, by: Duration) -> Result<(), String> {
        let micros = by.as_micros();
        let siblings = if micros == 0 { 5 } else { 0 };
        self.sql(&format!(
            "ALTER SYSTEM SET commit_delay = {micros};\nALTER SYSTEM SET commit_siblings = {siblings};\n\
             SELECT pg_reload_conf();"
        ))
        .map(drop)
    }

    /// Stops the processes that write to the disk, or lets them go on.
    pub(crate) fn hold_writers(&self, hold: bool) {
        let Some(id) = self.server().pid() else { return };
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        for child in children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()) {
            let line = fs::read_to_string(format!("/proc/{child}/cmdline")).unwrap_or_default();
            if ["walwriter", "checkpointer", "background writer"].iter().any(|name| line.contains(name)) {
                signal(child, if hold { Signal::STOP } else { Signal::CONT });
            }
        }
    }
}

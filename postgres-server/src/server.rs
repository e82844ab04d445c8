//! A server of one's own.

use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::account::{self, Account};
use crate::copy;
use crate::place;
use crate::process::Process;
use crate::socket::{FIRST, Socket, USER, random};
use crate::template;
use crate::version::Version;

/// The port in the name of a socket where no port is listened on.
pub(crate) const PORT: u16 = 5432;

/// How a server is to be.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether what is committed outlives a loss of power. Without it what is committed still outlives [`Stop`] of
    /// either kind, and everything is faster: nothing is synchronised, and where there is room the cluster is in
    /// memory. `synchronous_commit` is on in any case.
    pub durable: bool,
    /// Whether it listens on a loopback port too, with a password: see [`Server::tcp_url`].
    pub tcp: bool,
    /// Whether its WAL is archived, so that it can be recovered to an earlier point: see [`Server::recover`].
    pub archive: bool,
    /// More settings, by name and value; they win over those that are set here.
    pub settings: Vec<(String, String)>,
}

/// How a server is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// In good order: transactions are rolled back, connections closed, and everything is written.
    Fast,
    /// At once, as a crash; the next start recovers.
    Immediate,
    /// Without a word to it: its processes end as they see that the first of them is gone.
    Killed,
}

/// A PostgreSQL server of this process's own, in a directory of its own. Dropped, it is stopped and removed.
#[derive(Debug)]
pub struct Server {
    pub(crate) version: Version,
    socket: Socket,
    orphaned: PathBuf,
    pub(crate) account: Option<Account>,
    pub(crate) options: Options,
    password: Option<String>,
    process: Option<Process>,
}

impl Server {
    /// Starts a new, empty server that is as fast as it can be.
    pub fn start(version: Version) -> Result<Self, String> {
        Self::with(version, &Options::default())
    }

    /// Starts a new, empty server.
    pub fn with(version: Version, options: &Options) -> Result<Self, String> {
        let directory = place::directory(account::other()?, 0o700, options.durable)?;
        let server =
            Self::within(directory.path().to_owned(), directory.path().to_owned(), version, options)?;
        // From here on the server removes it.
        let _ = directory.keep();
        Ok(server)
    }

    /// Starts a new, empty server in a directory that is empty, and the account's. `orphaned` is what is removed when
    /// this process is killed.
    pub(crate) fn within(
        directory: PathBuf,
        orphaned: PathBuf,
        version: Version,
        options: &Options,
    ) -> Result<Self, String> {
        let account = account::other()?;
        let template = template::template(version, account)?;
        let data = directory.join("data");
        copy::tree(&template, &data, account)
            .map_err(|why| format!("{} cannot be copied: {why}.", template.display()))?;
        let mut server = Self::of(directory, orphaned, version, options)?;
        server.start_again()?;
        if options.tcp {
            let password = random()?;
            server.sql(FIRST, &format!("ALTER ROLE {USER} PASSWORD '{password}';"))?;
            server.password = Some(password);
        }
        Ok(server)
    }

    /// A server of the cluster that is in `data` of the directory, with settings of its own. It does not run yet.
    pub(crate) fn of(
        directory: PathBuf,
        orphaned: PathBuf,
        version: Version,
        options: &Options,
    ) -> Result<Self, String> {
        let port = if options.tcp { free_port()? } else { PORT };
        let socket = Socket { directory, port, psql: version.program("psql")? };
        let (account, options) = (account::other()?, options.clone());
        let server = Self { version, socket, orphaned, account, options, password: None, process: None };
        server.configure(&[])?;
        if server.options.archive {
            let archive = server.archive();
            fs::create_dir(&archive)
                .and_then(|()| copy::give(&archive, account))
                .map_err(|why| format!("{} cannot be made: {why}.", archive.display()))?;
        }
        Ok(server)
    }

    /// Writes its settings, and `more`.
    pub(crate) fn configure(&self, more: &[(&str, &str)]) -> Result<(), String> {
        let settings = settings(self.directory(), self.socket.port, &self.options, more);
        for (name, text) in [("postgresql.conf", &*settings), ("pg_hba.conf", HOSTS)] {
            fs::write(self.data().join(name), text)
                .map_err(|why| format!("{name} cannot be written: {why}."))?;
        }
        Ok(())
    }

    /// Starts it after [`Server::stop`], at the same socket and port, with what was committed.
    pub fn start_again(&mut self) -> Result<(), String> {
        if self.process.is_some() {
            return Err("The server is running.".to_owned());
        }
        let postgres = self.version.program("postgres")?;
        self.process = Some(Process::start(&postgres, &self.socket.directory, &self.orphaned, self.account)?);
        Ok(())
    }

    /// Stops it, and waits until it is gone. The directory stays.
    pub fn stop(&mut self, how: Stop) -> Result<(), String> {
        let process = self.process.take().ok_or("The server is not running.")?;
        process.end(how)
    }

    /// Makes an empty database, of a name that no other has; the answer is its URL.
    pub fn new_database(&self) -> Result<String, String> {
        self.socket.new_database().map(|name| self.url(&name))
    }

    /// The URL of a database, by the socket, as sqlx reads it.
    pub fn url(&self, database: &str) -> String {
        self.socket.url(database)
    }

    /// The URL of a database, by the loopback port, with the password; none if [`Options::tcp`] was not asked for.
    pub fn tcp_url(&self, database: &str) -> Option<String> {
        let password = self.password.as_deref()?;
        Some(format!("postgres://{USER}:{password}@{}:{}/{database}", Ipv4Addr::LOCALHOST, self.socket.port))
    }

    /// Runs the statements by `psql`, each a transaction of its own. The answer is the rows, one a line, columns
    /// divided by `|`; the error is what the server said.
    pub fn sql(&self, database: &str, sql: &str) -> Result<String, String> {
        self.socket.sql(database, sql)
    }

    /// The process that all others of the server's are children of; none while it is stopped.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(|process| process.pid)
    }

    /// Its directory: the socket, the cluster in `data`, and what it says in `log`.
    pub fn directory(&self) -> &Path {
        &self.socket.directory
    }
}

impl Server {
    /// Its cluster.
    pub(crate) fn data(&self) -> PathBuf {
        self.directory().join("data")
    }

    /// Where its WAL is archived.
    pub(crate) fn archive(&self) -> PathBuf {
        self.directory().join("archive")
    }

    /// A program of its version, run as its account in its directory.
    pub(crate) fn command(&self, program: &str) -> Result<Command, String> {
        Ok(account::command(&self.version.program(program)?, self.directory(), self.account))
    }

    /// The way to it.
    pub(crate) fn socket(&self) -> &Socket {
        &self.socket
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An error has nobody to be told to.
        let _ = self.process.take().map(|process| process.end(Stop::Immediate));
        let _ = fs::remove_dir_all(&self.socket.directory);
    }
}

/// Who may come how (`pg_hba.conf`): by the socket whoever may enter its directory, else only with the password.
const HOSTS: &str = "local all,replication all trust\nhost all,replication all 127.0.0.1/32 scram-sha-256\n";

/// The text of `postgresql.conf`. The last line of a setting counts.
fn settings(directory: &Path, port: u16, options: &Options, more: &[(&str, &str)]) -> String {
    let (listen, durable) = (if options.tcp { "127.0.0.1" } else { "" }, on(options.durable));
    let (directory, port) = (directory.to_string_lossy(), port.to_string());
    let archive = format!("cp %p {directory}/archive/%f");
    let ours = [
        ("listen_addresses", listen),
        ("port", &port),
        ("unix_socket_directories", &directory),
        ("max_connections", "300"),
        ("shared_buffers", "16MB"),
        ("fsync", durable),
        ("full_page_writes", durable),
        ("synchronous_commit", "on"),
        // A gigabyte otherwise, much of it in memory.
        ("max_wal_size", "128MB"),
        // After a crash the whole file system is synchronised at once: file by file takes seconds.
        ("recovery_init_sync_method", "syncfs"),
        // In the directory, so that it goes with it even when a test has killed the server.
        ("dynamic_shared_memory_type", "mmap"),
        ("timezone", "UTC"),
        ("log_timezone", "UTC"),
        // The start is over when the log says so, in English.
        ("lc_messages", "C"),
        ("archive_mode", on(options.archive)),
        ("archive_command", &archive),
    ];
    let theirs = options.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    ours.into_iter().chain(theirs).chain(more.iter().copied()).fold(
        String::new(),
        |mut text, (name, value)| {
            let _ = writeln!(text, "{name} = '{}'", value.replace('\'', "''"));
            text
        },
    )
}

const fn on(whether: bool) -> &'static str {
    if whether { "on" } else { "off" }
}

/// A port of the loopback that is free now. The server says so at its start if another was quicker to take it.
fn free_port() -> Result<u16, String> {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    port.map(|address| address.port()).map_err(|why| format!("No port of the loopback is free: {why}."))
}

//! One server of each version for a whole run of tests.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::account;
use crate::copy;
use crate::place;
use crate::server::{Options, PORT, Server};
use crate::socket::{FIRST, Socket};
use crate::version::Version;

/// The variable that names the directory of the servers that [`Served::start`] started. A directory and no URL: it can
/// so never name a server that somebody needs.
pub const VARIABLE: &str = "SYMBOLON_TEST_POSTGRES";

/// The file by which the directory is known as ours, and what is in it.
const MARKER: (&str, &str) =
    ("symbolon-test-servers", "Everything in these servers may be destroyed by tests.\n");

/// A server of each version, for other processes: see [`VARIABLE`]. They are stopped and removed with the value.
#[derive(Debug)]
pub struct Served {
    servers: Vec<Server>,
    directory: tempfile::TempDir,
}

impl Served {
    /// Starts a server of each of the versions.
    pub fn start(versions: &[Version]) -> Result<Self, String> {
        let account = account::other()?;
        // Each server's own directory in it is closed to others. It is the account's, so that the shell beside a server
        // may remove it when this process is killed.
        let directory = place::directory(account, 0o755, false)?;
        let mut served = Self { servers: Vec::new(), directory };
        for &version in versions {
            let directory = served.directory().to_owned();
            let home = directory.join(version.name());
            fs::create_dir(&home)
                .and_then(|()| fs::set_permissions(&home, fs::Permissions::from_mode(0o700)))
                .and_then(|()| copy::give(&home, account))
                .map_err(|why| format!("{} cannot be made: {why}.", home.display()))?;
            served.servers.push(Server::within(home, directory, version, &Options::default())?);
        }
        let (name, text) = MARKER;
        fs::write(served.directory().join(name), text)
            .map_err(|why| format!("The directory cannot be marked: {why}."))?;
        Ok(served)
    }

    /// What [`VARIABLE`] is to be.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The servers, in the order of the versions.
    pub fn servers(&self) -> &[Server] {
        &self.servers
    }
}

/// A server that other tests use too: only a database is one's own.
#[derive(Clone, Debug)]
pub struct Shared(Socket);

/// The server of that version which other tests use too: the one that [`VARIABLE`] leads to, or, where the variable is
/// not set, one for this process, which goes with it.
pub fn shared(version: Version) -> Result<Shared, String> {
    static OWN: [OnceLock<Result<Server, String>>; Version::ALL.len()] = [OnceLock::new(), OnceLock::new()];
    #[expect(
        clippy::disallowed_methods,
        reason = "an edge: a test has no other way to be told by its runner"
    )]
    let directory = env::var_os(VARIABLE);
    if let Some(directory) = directory {
        return shared_in(Path::new(&directory), version);
    }
    let server = OWN[version as usize].get_or_init(|| Server::start(version)).as_ref();
    server.map(|server| Shared(server.socket().clone())).map_err(Clone::clone)
}

/// The server of that version in the directory of [`Served`]. One that is not so marked is refused.
pub fn shared_in(directory: &Path, version: Version) -> Result<Shared, String> {
    let (name, text) = MARKER;
    if !fs::read(directory.join(name)).is_ok_and(|found| found == text.as_bytes()) {
        return Err(format!(
            "{} is not a directory of servers that tests may use: it has no file {name} of ours. Unset {VARIABLE}.",
            directory.display()
        ));
    }
    let home: PathBuf = directory.join(version.name());
    Ok(Shared(Socket { directory: home, port: PORT, psql: version.program("psql")? }))
}

impl Shared {
    /// Makes an empty database, which is dropped with the answer.
    pub fn new_database(&self) -> Result<Database, String> {
        let name = self.0.new_database()?;
        Ok(Database { socket: self.0.clone(), name })
    }
}

/// A database of one's own. Dropped, it is removed, with whatever is connected to it.
#[derive(Debug)]
pub struct Database {
    socket: Socket,
    name: String,
}

impl Database {
    /// Its URL, as sqlx reads it.
    pub fn url(&self) -> String {
        self.socket.url(&self.name)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs the statements in it, as [`Server::sql`] does.
    pub fn sql(&self, sql: &str) -> Result<String, String> {
        self.socket.sql(&self.name, sql)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // One that stays costs room alone, and goes with the server.
        let _ = self.socket.sql(FIRST, &format!("DROP DATABASE {} WITH (FORCE);", self.name));
    }
}

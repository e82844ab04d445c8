//! What is said to a service manager such as systemd: that the server is ready, lives, and stops.
//!
//! The protocol is `sd_notify(3)`: a datagram of `NAME=value` lines to the socket that `NOTIFY_SOCKET` names. It is
//! spoken by hand, for it is no more than that.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use crate::failure::Failure;
use crate::settings::ManagerWords;

/// How long a message may wait for a manager that is busy.
const PATIENCE: Duration = Duration::from_secs(1);

/// The service manager, if one started this process.
#[derive(Debug, Default)]
pub(crate) struct ServiceManager {
    socket: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
    keeps_the_output: bool,
}

impl ServiceManager {
    /// The manager that these words come from. Refused: a socket that cannot be one.
    pub(crate) fn new(words: &ManagerWords) -> Result<Self, Failure> {
        let failure = |error: io::Error| Failure::new(format!("NOTIFY_SOCKET cannot be spoken to: {error}"));
        let socket = match &words.notify {
            Some(path) => Some((sender().map_err(failure)?, address(path).map_err(failure)?)),
            None => None,
        };
        let mine = words.watched.as_ref().is_none_or(|id| *id == std::process::id().to_string());
        let output = fs::metadata("/dev/stdout").ok().map(|stream| (stream.dev(), stream.ino()));
        Ok(Self {
            socket,
            watchdog: words.watchdog.filter(|_| mine),
            keeps_the_output: words.journal.is_some() && words.journal == output,
        })
    }

    /// Whether what is printed on standard output is kept in the manager's log.
    pub(crate) fn keeps_the_output(&self) -> bool {
        self.keeps_the_output
    }

    /// How often to say [`ServiceManager::alive`]: twice in the time after which silence is taken for death.
    pub(super) fn pulse(&self) -> Option<Duration> {
        self.watchdog.map(|silence| silence / 2)
    }

    pub(super) fn ready(&self, address: &str) {
        self.say(&format!("READY=1\nSTATUS=the management API listens at {address}\n"));
    }

    pub(super) fn alive(&self) {
        self.say("WATCHDOG=1\n");
    }

    pub(super) fn stopping(&self) {
        self.say("STOPPING=1\n");
    }

    /// A manager that does not hear will act by itself; the server goes on all the same.
    fn say(&self, message: &str) {
        let Some((socket, address)) = &self.socket else { return };
        if let Err(error) = socket.send_to_addr(message.as_bytes(), address) {
            tracing::warn!(%error, "the service manager was not reached");
        }
    }
}

fn sender() -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.set_write_timeout(Some(PATIENCE))?;
    Ok(socket)
}

/// A path, or after an `@` a name in Linux's abstract namespace: unix(7).
fn address(path: &OsStr) -> io::Result<SocketAddr> {
    #[cfg(target_os = "linux")]
    if let Some(name) = path.as_encoded_bytes().strip_prefix(b"@") {
        return <SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(name);
    }
    SocketAddr::from_pathname(path)
}

//! The socket at which a running server answers the command line. Whoever can open it owns the data.

use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;

use super::DataDir;
use super::files::UNFINISHED;
use crate::failure::Failure;

/// The longest path of a socket that every system takes, in bytes: `sun_path` has room for 104 on some, with a zero at
/// the end (unix(4), unix(7)).
const MAX_PATH: usize = 103;

/// The socket's file, removed at the end.
#[derive(Debug)]
pub(crate) struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // If it stays it is in nobody's way: the next server replaces it.
        let _ = fs::remove_file(&self.0);
    }
}

impl DataDir {
    /// Listens at the socket. To be called by the holder of the lock: a file that is there was left behind.
    pub(crate) fn listen(&self) -> Result<(UnixListener, SocketFile), Failure> {
        let path = self.socket();
        // Made where nobody else can look, so that it is never open to others, not even for a moment.
        let private = self.path().join(format!("{UNFINISHED}s"));
        if private.as_os_str().len() + "/s".len() > MAX_PATH {
            return Err(Failure::new(format!(
                "the path of the data directory {} is too long for a socket; name one with a shorter path as data_dir",
                self.path().display()
            )));
        }
        let listener = listen_in(&private, &path)
            .map_err(|error| Failure::new(format!("cannot listen at {}: {error}", path.display())))?;
        Ok((listener, SocketFile(path)))
    }
}

fn listen_in(private: &Path, path: &Path) -> io::Result<UnixListener> {
    match fs::remove_dir_all(private) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    DirBuilder::new().mode(0o700).create(private)?;
    let unfinished = private.join("s");
    let listener = UnixListener::bind(&unfinished)?;
    fs::set_permissions(&unfinished, Permissions::from_mode(0o600))?;
    fs::rename(&unfinished, path)?;
    fs::remove_dir(private)?;
    Ok(listener)
}

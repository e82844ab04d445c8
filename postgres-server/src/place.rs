//! Where servers are.

use std::env;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::statvfs;
use tempfile::{Builder, TempDir};

use crate::account::Account;
use crate::copy;

/// Memory that is a file system (`shm_overview(7)`). A database is three hundred files, and where making a file takes
/// long, it takes a tenth of the time there.
const MEMORY: &str = "/dev/shm";

/// How much of it must be free, in bytes. A container may have as little as 64 MB, and an empty server takes 30.
const ROOM: u64 = 1 << 30;

/// A fresh directory of that mode, which the account owns: in memory if it need not be durable and there is room.
pub(crate) fn directory(account: Option<Account>, mode: u32, durable: bool) -> Result<TempDir, String> {
    let memory = !durable && free(Path::new(MEMORY)).is_some_and(|free| free >= ROOM);
    let folder = if memory { PathBuf::from(MEMORY) } else { env::temp_dir() };
    Builder::new()
        .prefix("symbolon-postgres-")
        .permissions(Permissions::from_mode(mode))
        .tempdir_in(&folder)
        .and_then(|made| copy::give(made.path(), account).map(|()| made))
        .map_err(|why| format!("No directory can be made in {}: {why}.", folder.display()))
}

/// How many bytes may still be written there; none if there is no such folder.
fn free(folder: &Path) -> Option<u64> {
    let system = statvfs(folder).ok()?;
    system.f_bavail.checked_mul(system.f_frsize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_be_durable_is_not_in_memory() {
        let made = directory(None, 0o700, true).unwrap();
        assert_eq!(made.path().parent(), Some(env::temp_dir().as_path()));
        assert_eq!(made.path().metadata().unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(free(&made.path().join("none")), None);
    }
}

//! Copying a directory, for another account.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::path::Path;

use crate::account::Account;

/// Copies a directory, which holds files and directories alone; `account` then owns the copy, and its directories are
/// of mode 0700, as PostgreSQL wants them.
pub(crate) fn tree(from: &Path, to: &Path, account: Option<Account>) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let copy = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            tree(&entry.path(), &copy, account)?;
        } else {
            fs::copy(entry.path(), &copy)?;
            give(&copy, account)?;
        }
    }
    give(to, account)
}

/// Makes the account the owner, if there is another than this process's.
pub(crate) fn give(path: &Path, account: Option<Account>) -> io::Result<()> {
    match account {
        Some(Account { user, group }) => chown(path, Some(user), Some(group)),
        None => Ok(()),
    }
}

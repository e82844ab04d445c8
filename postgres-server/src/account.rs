//! Whom a server runs as.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// A user of the system, by the numbers. PostgreSQL refuses to be run by root, so that root hands it to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) user: u32,
    pub(crate) group: u32,
}

/// The other account that servers run as; none where this process is not root's.
pub(crate) fn other() -> Result<Option<Account>, String> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")
        .map_err(|why| format!("The users of the system cannot be read: {why}."))?;
    let found = ["postgres", "nobody"].iter().find_map(|name| find(&users, name));
    found.map(Some).ok_or_else(|| {
        "PostgreSQL refuses to be run by root, and there is neither a user postgres nor nobody.".to_owned()
    })
}

/// The numbers of the user of this name (`passwd(5)`).
fn find(users: &str, name: &str) -> Option<Account> {
    let mut fields = users.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?.split(':');
    let user = fields.nth(1)?.parse().ok()?;
    Some(Account { user, group: fields.next()?.parse().ok()? })
}

/// A command that is run as that account in `directory`, with an environment in which nothing of this process's names
/// another server.
pub(crate) fn command(program: &Path, directory: &Path, account: Option<Account>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(directory).env_clear().env("LC_ALL", "C").env("PATH", "/usr/bin:/bin");
    if let Some(Account { user, group }) = account {
        command.uid(user).gid(group);
    }
    command
}

/// Runs a command to its end; what it said is the error of one that failed.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let program = Path::new(command.get_program()).to_owned();
    let done = command.output().map_err(|why| format!("{} cannot be run: {why}.", program.display()))?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    Err(format!("{} ended with {}: {}", program.display(), done.status, said.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_the_whole_name() {
        let users =
            "postgresql:x:1:2::/:/bin/sh\npostgres:x:101:104:PostgreSQL,,,:/:/bin/bash\nnobody:x:65534:\n";
        assert_eq!(find(users, "postgres"), Some(Account { user: 101, group: 104 }));
        assert_eq!(find(users, "nobody"), None, "its line is cut");
        assert_eq!(find(users, "gres"), None);
    }
}

//! The variables by which PostgreSQL's own programs find their server. The driver reads them too, wherever a URL leaves something
//! out, and has no way to be made without them; and a process cannot safely change its own environment. So it begins again in
//! one that does not have them.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Those that `sqlx` reads.
const NAMES: [&str; 13] = [
    "PGHOST",
    "PGHOSTADDR",
    "PGPORT",
    "PGUSER",
    "PGPASSWORD",
    "PGPASSFILE",
    "PGDATABASE",
    "PGSSLMODE",
    "PGSSLROOTCERT",
    "PGSSLCERT",
    "PGSSLKEY",
    "PGAPPNAME",
    "PGOPTIONS",
];

/// Goes on where none of them is set: as the same process, with the same arguments. It returns where none was, or with what
/// kept it from it.
#[expect(clippy::disallowed_methods, reason = "here they are not read, but left out")]
pub(crate) fn leave_out() -> io::Result<()> {
    if NAMES.iter().all(|name| std::env::var_os(name).is_none()) {
        return Ok(());
    }
    let mut arguments = std::env::args_os();
    let mut again = Command::new(std::env::current_exe()?);
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    again.args(arguments);
    for name in NAMES {
        again.env_remove(name);
    }
    Err(again.exec())
}

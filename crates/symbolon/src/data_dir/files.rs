//! Files that are whole or not there, and for their owner alone.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// How a file begins that was not finished; the next attempt replaces it.
pub(super) const UNFINISHED: &str = ".unfinished-";

/// Writes a new file: it appears whole, with its bytes on the disk, readable by its owner alone. To be called by the
/// holder of the directory's lock.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a file has a name and a directory"));
    };
    let unfinished = directory.join(format!("{UNFINISHED}{}", name.to_string_lossy()));
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = private().create_new(true).open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    // The new name is on the disk only when the directory is.
    File::open(directory)?.sync_all()
}

/// To open a file with, so that a new one is its owner's alone.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    options
}

/// Takes a directory away from everybody but its owner, if anybody else has it.
pub(super) fn make_private_dir(path: &Path) -> io::Result<()> {
    match privacy(&fs::metadata(path)?) {
        Privacy::Owner => Ok(()),
        Privacy::Others(_) => fs::set_permissions(path, Permissions::from_mode(0o700)),
    }
}

/// Who can reach a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Privacy {
    /// Its owner alone.
    Owner,
    /// Others too; the permission bits.
    Others(u32),
}

/// Who can reach a file.
pub(crate) fn privacy(metadata: &Metadata) -> Privacy {
    match metadata.mode() & 0o7777 {
        mode if mode & 0o077 != 0 => Privacy::Others(mode),
        _ => Privacy::Owner,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_file_is_its_owners_and_replaces_an_unfinished_one() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(".unfinished-keys.toml"), "half").unwrap();
        let path = directory.path().join("keys.toml");
        write_private(&path, b"whole").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(privacy(&fs::metadata(&path).unwrap()), Privacy::Owner);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}

//! Files and directories.

use std::fs::{self, File, FileType};
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use symbolon_core::leak::redacted;

use super::finds::{Finds, Place};
use crate::failure::Failure;

/// How a file begins that is compressed (RFC 1952 section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Searches a file, or all files below a directory, in the order of their names. Symbolic links below it are not followed,
/// and what is neither a file nor a directory is not read; `tick` is told after each file.
pub(crate) fn files(path: &Path, finds: &mut Finds, tick: &mut impl FnMut(&Finds)) -> Result<(), Failure> {
    // The path itself may be a link: somebody has named it.
    match fs::metadata(path) {
        Ok(meta) if meta.is_dir() => directory(path, finds, tick),
        Ok(meta) if meta.is_file() => file(path, finds, tick),
        Ok(_) => Err(Failure::new(format!(
            "{} is neither a file nor a directory; --stdin reads a stream",
            path.display()
        ))),
        Err(error) => Err(Failure::new(format!("{} cannot be read: {error}", path.display()))),
    }
}

fn directory(root: &Path, finds: &mut Finds, tick: &mut impl FnMut(&Finds)) -> Result<(), Failure> {
    let (mut waiting, mut links, mut special) = (vec![root.to_owned()], 0_u64, 0_u64);
    while let Some(directory) = waiting.pop() {
        let entries: io::Result<Vec<_>> = fs::read_dir(&directory).and_then(|entries| {
            entries.map(|entry| entry.and_then(|entry| Ok((entry.path(), entry.file_type()?)))).collect()
        });
        let mut entries: Vec<(_, FileType)> = match entries {
            Ok(entries) => entries,
            Err(error) => {
                finds.unread.push((redacted(&directory.display().to_string()), error.to_string()));
                continue;
            }
        };
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (path, kind) in &entries {
            if kind.is_file() {
                file(path, finds, tick)?;
            } else if kind.is_symlink() {
                links += 1;
            } else if !kind.is_dir() {
                special += 1;
            }
        }
        waiting.extend(entries.into_iter().rev().filter(|(_, kind)| kind.is_dir()).map(|(path, _)| path));
    }
    let root = root.display();
    if links > 0 {
        finds.left_out.push(format!("{root}: {links} symbolic links were not followed"));
    }
    if special > 0 {
        finds.left_out.push(format!("{root}: {special} pipes, sockets and devices were not read"));
    }
    Ok(())
}

fn file(path: &Path, finds: &mut Finds, tick: &mut impl FnMut(&Finds)) -> Result<(), Failure> {
    let shown = path.display().to_string();
    let place = |line| Place::file(&shown, line);
    let opened = File::open(path).map(BufReader::new).and_then(|mut file| {
        let compressed = file.fill_buf()?.starts_with(&GZIP);
        Ok((file, compressed))
    });
    let outcome = match opened {
        Ok((file, true)) => finds.search(MultiGzDecoder::new(file), place),
        Ok((file, false)) => finds.search(file, place),
        Err(error) => Err(super::finds::SearchFault::Read(error)),
    };
    tick(finds);
    outcome.or_else(|fault| fault.noted(finds, &shown))
}

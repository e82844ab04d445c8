//! `backup.json`: what a backup says of itself.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use symbolon_core::Timestamp;
use symbolon_store::Contents;

use super::{DATABASE, refuse_missing};
use crate::data_dir::{KeyFile, write_private};
use crate::failure::Failure;
use crate::output::hex;

const FILE: &str = "backup.json";
/// The longest one that is read, in bytes.
const MAX_FILE: u64 = 64 * 1024;
/// Of this form.
const FORMAT: u32 = 1;

/// What a backup says of itself.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    format: u32,
    /// From when it is. What was done later may be missing from it.
    pub(super) made_at: String,
    /// By which Symbolon it was made.
    version: String,
    /// The schema of its database.
    schema: usize,
    /// Tokens in it that are not revoked.
    pub(super) tokens: u64,
    /// Users in it.
    pub(super) users: u64,
    /// System and verifier keys in it.
    pub(super) keys: u64,
    /// The peppers without which it is dead.
    pub(super) peppers: Vec<u32>,
    /// Whether the server's keys are in it.
    pub(super) with_keys: bool,
    /// SHA-256 of its database, in hex: that the copy is whole. Against somebody who changes it stand the rows' seals.
    sha256: String,
}

impl Manifest {
    /// Of a finished copy.
    pub(super) fn of(
        database: &Path,
        made_at: Timestamp,
        contents: Contents,
        with_keys: bool,
    ) -> Result<Self, Failure> {
        let Contents { schema, tokens, users, keys, peppers } = contents;
        Ok(Self {
            format: FORMAT,
            made_at: made_at.to_string(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            schema,
            tokens,
            users,
            keys,
            peppers,
            with_keys,
            sha256: sha256(database)?,
        })
    }

    pub(super) fn write(&self, directory: &Path) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self).map_err(Failure::new)?;
        let path = directory.join(FILE);
        write_private(&path, format!("{text}\n").as_bytes())
            .map_err(|error| Failure::new(format!("{} cannot be written: {error}", path.display())))
    }

    /// Reads what a backup says of itself, and whether its database is the one that it speaks of.
    pub(super) fn read(directory: &Path) -> Result<Self, Failure> {
        let path = directory.join(FILE);
        let cannot = |error: io::Error| {
            Failure::new(format!(
                "{} is no backup: {} cannot be read: {error}",
                directory.display(),
                path.display()
            ))
        };
        let mut text = String::new();
        File::open(&path).map_err(cannot)?.take(MAX_FILE).read_to_string(&mut text).map_err(cannot)?;
        let manifest: Self = serde_json::from_str(&text)
            .map_err(|error| Failure::new(format!("{} is damaged: {error}", path.display())))?;
        if manifest.format != FORMAT {
            let detail =
                "the backup is of a form that this Symbolon does not know; take the version that made it";
            return Err(Failure::new(format!("{}: {detail} ({})", path.display(), manifest.version)));
        }
        let database = directory.join(DATABASE);
        if sha256(&database)? != manifest.sha256 {
            let detail = "is not what was backed up: it is damaged, or was changed; take another backup";
            return Err(Failure::new(format!("{} {detail}", database.display())));
        }
        Ok(manifest)
    }

    /// Refuses keys without which something in the backup is dead.
    pub(super) fn refuse_missing(&self, keys: &KeyFile, file: &Path) -> Result<(), Failure> {
        refuse_missing(&self.peppers, keys, file)
    }
}

fn sha256(path: &Path) -> Result<String, Failure> {
    let cannot = |error: io::Error| Failure::new(format!("{} cannot be read: {error}", path.display()));
    let (mut file, mut hash) = (File::open(path).map_err(cannot)?, Sha256::new());
    let mut piece = vec![0; 64 * 1024];
    loop {
        match file.read(&mut piece).map_err(cannot)? {
            0 => break,
            length => hash.update(&piece[..length]),
        }
    }
    Ok(hex(&hash.finalize()))
}

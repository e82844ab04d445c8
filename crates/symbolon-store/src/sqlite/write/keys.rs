//! System and verifier keys. A key taken back leaves the audit's lines and nothing else.

use rusqlite::{Connection, params};
use symbolon_core::id::KeyId;
use symbolon_core::record::{Key, KeyKind};
use symbolon_core::seal::Sealer;
use symbolon_core::token::TokenPrefix;

use crate::sqlite::fault::{Fault, known, missing, taken};
use crate::sqlite::statement::execute;

pub(super) fn create(db: &Connection, key: &Key, sealer: &Sealer) -> Result<(), Fault> {
    let (kind, service) = match &key.kind {
        KeyKind::System => ("system", None),
        KeyKind::Verifier(service) => ("verifier", Some(service.as_str())),
    };
    let (digest, pepper) = &key.digest;
    known(sealer, *pepper)?;
    execute(
        db,
        "INSERT INTO keys (id, kind, service, name, key_prefix, created_at, digest, pepper, seal)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            key.id.to_string(),
            kind,
            service,
            &key.name,
            key.key_prefix.as_ref().map(TokenPrefix::as_str),
            key.created_at.as_millisecond(),
            digest.as_bytes().as_slice(),
            pepper,
            sealer.seal(key).as_bytes().as_slice()
        ],
    )
    .map_err(|error| {
        taken(
            error,
            &[
                ("keys.key_prefix", "that key_prefix is taken"),
                ("keys.digest", "that secret is taken"),
                ("keys.id", "that key id is taken"),
            ],
        )
    })?;
    Ok(())
}

/// A new digest of the key's secret.
pub(super) fn change(db: &Connection, key: &Key, sealer: &Sealer) -> Result<(), Fault> {
    let (digest, pepper) = &key.digest;
    known(sealer, *pepper)?;
    let changed = execute(
        db,
        "UPDATE keys SET digest = ?2, pepper = ?3, seal = ?4 WHERE id = ?1",
        params![
            key.id.to_string(),
            digest.as_bytes().as_slice(),
            pepper,
            sealer.seal(key).as_bytes().as_slice()
        ],
    )
    .map_err(|error| taken(error, &[("keys.digest", "that secret is taken")]))?;
    if changed == 0 { Err(missing("that key")) } else { Ok(()) }
}

pub(super) fn remove(db: &Connection, id: KeyId) -> Result<(), Fault> {
    let removed = execute(db, "DELETE FROM keys WHERE id = ?1", params![id.to_string()])?;
    if removed == 0 { Err(missing("that key")) } else { Ok(()) }
}

//! System and verifier keys. A key taken back leaves the audit's lines and nothing else.

use sqlx::PgConnection;
use symbolon_core::id::KeyId;
use symbolon_core::record::{Key, KeyKind};
use symbolon_core::seal::Sealer;
use symbolon_core::token::TokenPrefix;

use crate::fault::{known, missing};
use crate::postgres::fault::{Fault, taken};

pub(super) async fn create(db: &mut PgConnection, key: &Key, sealer: &Sealer) -> Result<(), Fault> {
    let (kind, service) = match &key.kind {
        KeyKind::System => ("system", None),
        KeyKind::Verifier(service) => ("verifier", Some(service.as_str())),
    };
    let (digest, pepper) = &key.digest;
    known(sealer, *pepper)?;
    sqlx::query(
        "INSERT INTO keys (id, kind, service, name, key_prefix, created_at, digest, pepper, seal)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(key.id.to_string())
    .bind(kind)
    .bind(service)
    .bind(&key.name)
    .bind(key.key_prefix.as_ref().map(TokenPrefix::as_str))
    .bind(key.created_at.as_millisecond())
    .bind(digest.as_bytes().as_slice())
    .bind(i64::from(*pepper))
    .bind(sealer.seal(key).as_bytes().as_slice())
    .execute(db)
    .await
    .map_err(|error| {
        taken(
            error,
            &[
                ("keys_key_prefix_key", "that key_prefix is taken"),
                ("keys_digest_key", "that secret is taken"),
                ("keys_pkey", "that key id is taken"),
            ],
        )
    })?;
    Ok(())
}

/// A new digest of the key's secret.
pub(super) async fn change(db: &mut PgConnection, key: &Key, sealer: &Sealer) -> Result<(), Fault> {
    let (digest, pepper) = &key.digest;
    known(sealer, *pepper)?;
    let changed = sqlx::query("UPDATE keys SET digest = $2, pepper = $3, seal = $4 WHERE id = $1")
        .bind(key.id.to_string())
        .bind(digest.as_bytes().as_slice())
        .bind(i64::from(*pepper))
        .bind(sealer.seal(key).as_bytes().as_slice())
        .execute(db)
        .await
        .map_err(|error| taken(error, &[("keys_digest_key", "that secret is taken")]))?;
    if changed.rows_affected() == 0 { Err(missing("that key")) } else { Ok(()) }
}

pub(super) async fn remove(db: &mut PgConnection, id: KeyId) -> Result<(), Fault> {
    let removed = sqlx::query("DELETE FROM keys WHERE id = $1").bind(id.to_string()).execute(db).await?;
    if removed.rows_affected() == 0 { Err(missing("that key")) } else { Ok(()) }
}

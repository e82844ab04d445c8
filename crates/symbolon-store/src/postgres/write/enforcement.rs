//! Enforcement of services, as it was switched.

use sqlx::PgConnection;
use symbolon_core::record::Enforcement;
use symbolon_core::seal::Sealer;

use crate::postgres::fault::Fault;

pub(super) async fn switch(
    db: &mut PgConnection,
    switched: &Enforcement,
    sealer: &Sealer,
) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO enforcement (service, enforce, since, seal) VALUES ($1, $2, $3, $4)
         ON CONFLICT (service) DO UPDATE
         SET enforce = excluded.enforce, since = excluded.since, seal = excluded.seal",
    )
    .bind(switched.service.as_str())
    .bind(switched.enforce)
    .bind(switched.since.as_millisecond())
    .bind(sealer.seal(switched).as_bytes().as_slice())
    .execute(db)
    .await?;
    Ok(())
}

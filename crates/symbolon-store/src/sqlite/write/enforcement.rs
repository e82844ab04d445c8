//! Enforcement of services, as it was switched.

use sqlx::SqliteConnection;
use symbolon_core::record::Enforcement;

use crate::sqlite::fault::Fault;

pub(super) async fn switch(db: &mut SqliteConnection, switched: &Enforcement) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO enforcement (service, enforce, since) VALUES (?1, ?2, ?3)
         ON CONFLICT (service) DO UPDATE SET enforce = excluded.enforce, since = excluded.since",
    )
    .bind(switched.service.as_str())
    .bind(switched.enforce)
    .bind(switched.since.as_millisecond())
    .execute(db)
    .await?;
    Ok(())
}

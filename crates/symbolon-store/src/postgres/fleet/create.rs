//! The fleet's one row: what all its nodes have in common.

use sqlx::PgConnection;

use super::ledger::millis;
use crate::OpenError;
use crate::postgres::connect::Server;
use crate::postgres::fault::cannot_open;
use symbolon_core::lease::LeaseTerms;

/// Makes the fleet where there is none yet, and sees to it that its terms are these. They can be changed while no node is there.
pub(in crate::postgres) async fn create(
    db: &mut PgConnection,
    server: &Server,
    terms: LeaseTerms,
) -> Result<(), OpenError> {
    let open_fault = |error: sqlx::Error| cannot_open(server.place(), &error);
    let (lease, margin) = millis(terms);
    let (found_lease, found_margin): (i64, i64) = sqlx::query_as(
        "INSERT INTO fleet AS kept (lease_ms, margin_ms, system_identifier, timeline, epoch)
         VALUES ($1, $2, (SELECT system_identifier::text FROM pg_control_system()),
             substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8), 1)
         ON CONFLICT (one) DO UPDATE SET
             lease_ms = CASE WHEN EXISTS (SELECT 1 FROM nodes) THEN kept.lease_ms ELSE $1 END,
             margin_ms = CASE WHEN EXISTS (SELECT 1 FROM nodes) THEN kept.margin_ms ELSE $2 END
         RETURNING lease_ms, margin_ms",
    )
    .bind(lease)
    .bind(margin)
    .fetch_one(db)
    .await
    .map_err(open_fault)?;
    if (found_lease, found_margin) == (lease, margin) {
        return Ok(());
    }
    Err(OpenError::OtherLease {
        place: server.place().to_owned(),
        found: (found_lease, found_margin),
        asked: (lease, margin),
    })
}

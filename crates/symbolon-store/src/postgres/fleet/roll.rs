//! Who is there, for people who ask.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::{PgConnection, PgPool, Row};
use symbolon_core::id::NodeId;
use symbolon_core::lease::LeaseTerms;
use symbolon_core::store::{FleetNode, FleetStatus, StoreError};

use crate::postgres::again::read;
use crate::postgres::durability::switched_off;

/// The fleet as the database knows it; `own` is the node that asks.
pub(in crate::postgres) async fn roll(pool: &PgPool, own: Option<NodeId>) -> Result<FleetStatus, StoreError> {
    read(pool, async |db| of(db, own).await).await
}

async fn of(db: &mut PgConnection, own: Option<NodeId>) -> Result<FleetStatus, sqlx::Error> {
    let fleet = sqlx::query(
        "SELECT lease_ms, margin_ms, epoch, (SELECT seq FROM fleet_clock) AS seq,
             standbys.synchronous, standbys.hidden
         FROM fleet, (SELECT count(*) FILTER (WHERE sync_state IN ('sync', 'quorum')) AS synchronous,
                          count(*) FILTER (WHERE sync_state IS NULL) AS hidden
                      FROM pg_stat_replication) AS standbys",
    )
    .fetch_one(&mut *db)
    .await?;
    let switched_off = switched_off(&mut *db).await?;
    let nodes = sqlx::query(
        "SELECT id, name, version, started_at, applied_seq,
             greatest(0, extract(epoch FROM clock_timestamp() - renewed_at) * 1000)::bigint AS renewed_ago
         FROM nodes ORDER BY name, id",
    )
    .fetch_all(&mut *db)
    .await?;
    let millis = |ms: i64| Duration::from_millis(u64::try_from(ms).unwrap_or(0));
    let node = |row: &sqlx::postgres::PgRow| {
        let id: String = row.try_get("id")?;
        Ok(FleetNode {
            id: id.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
            name: row.try_get("name")?,
            version: row.try_get("version")?,
            started_at: Timestamp::from_millisecond(row.try_get("started_at")?)
                .map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
            applied: row.try_get::<i64, _>("applied_seq")?.unsigned_abs(),
            renewed_ago: millis(row.try_get("renewed_ago")?),
        })
    };
    Ok(FleetStatus {
        terms: LeaseTerms {
            lease: millis(fleet.try_get("lease_ms")?),
            margin: millis(fleet.try_get("margin_ms")?),
        },
        seq: fleet.try_get::<i64, _>("seq")?.unsigned_abs(),
        epoch: fleet.try_get("epoch")?,
        own,
        nodes: nodes.iter().map(node).collect::<Result<_, sqlx::Error>>()?,
        synchronous_standbys: synchronous(fleet.try_get("synchronous")?, fleet.try_get("hidden")?),
        switched_off,
    })
}

/// How many standbys are synchronous, as far as this role is told: of each that follows the server it sees at least that it is
/// there. Without `pg_read_all_stats` the rest of such a row is empty.
fn synchronous(seen: i64, hidden: i64) -> Option<u32> {
    (seen > 0 || hidden == 0).then(|| u32::try_from(seen).unwrap_or(u32::MAX))
}

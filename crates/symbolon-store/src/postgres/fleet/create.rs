//! The fleet's one row: what all its nodes have in common.

use sqlx::{Connection, PgConnection};

use super::ledger::millis;
use crate::OpenError;
use crate::postgres::connect::Server;
use crate::postgres::fault::cannot_open;
use crate::postgres::identity::{system_identifier, timeline};
use symbolon_core::lease::LeaseTerms;

/// Makes the fleet where there is none yet, and sees to it that its terms are these. They can be changed while no node is there.
pub(in crate::postgres) async fn create(
    db: &mut PgConnection,
    server: &Server,
    terms: LeaseTerms,
) -> Result<(), OpenError> {
    let asked = millis(terms);
    let found = agree(db, asked).await.map_err(|error| cannot_open(server.place(), &error))?;
    if found == asked {
        return Ok(());
    }
    Err(OpenError::OtherLease { place: server.place().to_owned(), found, asked })
}

/// The lease and the margin, which are the asked ones where it can be so.
async fn agree(db: &mut PgConnection, asked: (i64, i64)) -> Result<(i64, i64), sqlx::Error> {
    let mut transaction = db.begin().await?;
    sqlx::query(concat!(
        "INSERT INTO fleet (lease_ms, margin_ms, system_identifier, timeline, epoch) VALUES ($1, $2, ",
        system_identifier!(),
        ", ",
        timeline!(),
        ", 1) ON CONFLICT (one) DO NOTHING"
    ))
    .bind(asked.0)
    .bind(asked.1)
    .execute(&mut *transaction)
    .await?;
    // A node that comes holds the row until it is there, and waits for whoever changes it. So who is there is looked up in a
    // later statement than this: each sees what was committed before it began.
    let kept: (i64, i64) = sqlx::query_as("SELECT lease_ms, margin_ms FROM fleet FOR UPDATE")
        .fetch_one(&mut *transaction)
        .await?;
    let changed = sqlx::query(
        "UPDATE fleet SET lease_ms = $1, margin_ms = $2
         WHERE (lease_ms, margin_ms) <> ($1, $2) AND NOT EXISTS (SELECT 1 FROM nodes)",
    )
    .bind(asked.0)
    .bind(asked.1)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(if changed.rows_affected() > 0 { asked } else { kept })
}

//! The stock of filament, and which spool sits in which printer.

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use serde::Deserialize;
use sqlx::SqlitePool;

use super::printers;
use crate::{
    database::{begin, find, refer, remove, rows},
    error::ApiError,
    input::{Amount, Body, Filter, Id, Line, Moment, Patch, Whole},
    json::{Answer, JsonText},
};

const SHOW: &str = "SELECT body FROM spool_json WHERE id = ?";

pub(super) fn routes() -> Router<SqlitePool> {
    Router::new()
        .route("/spools", get(list).post(create))
        .route("/spools/{id}", get(show).patch(update).delete(delete))
        .route("/spools/{id}/use", post(consume).patch(consume))
        .route("/filament-slots", post(load))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    filament_type: Option<String>,
    available_only: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSpool {
    brand: Line<60>,
    filament_type: Line<20>,
    color: Line<40>,
    location: Option<Line<60>>,
    initial_grams: Option<Amount>,
    cost_per_kg: Option<Amount>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SpoolChange {
    brand: Option<Line<60>>,
    color: Option<Line<40>>,
    location: Option<Line<60>>,
    cost_per_kg: Option<Amount>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Use {
    grams: Amount,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Load {
    spool_id: i64,
    printer_id: i64,
    slot: Option<Whole<1, 16>>,
    /// The same counted from 0, as O.D.I.N.'s own client does.
    ams_slot: Option<Whole<0, 15>>,
}

impl Load {
    /// The slot that is named, counted from 1.
    fn named(&self) -> Result<Option<i64>, ApiError> {
        match (self.slot, self.ams_slot) {
            (Some(_), Some(_)) => {
                Err(ApiError::invalid("ams_slot", "is slot counted from 0; say one of them"))
            }
            (Some(slot), None) => Ok(Some(slot.0)),
            (None, Some(from_zero)) => Ok(Some(from_zero.0 + 1)),
            (None, None) => Ok(None),
        }
    }
}

/// `available_only=true` leaves the spools that have filament and sit in no printer.
async fn list(State(db): State<SqlitePool>, Filter(wanted): Filter<Wanted>) -> Answer {
    let query = sqlx::query_scalar(
        "SELECT body FROM spool_json
         WHERE (?1 IS NULL OR filament_type = ?1 COLLATE NOCASE) AND (NOT ?2 OR is_available) ORDER BY id",
    );
    rows(&db, query.bind(wanted.filament_type).bind(wanted.available_only.unwrap_or(false))).await
}

async fn show(State(db): State<SqlitePool>, Id(id): Id) -> Answer {
    find(&db, SHOW, "spool", id).await
}

/// A new spool is full: a kilogram at 24 euros unless it says otherwise.
async fn create(State(db): State<SqlitePool>, Body(new): Body<NewSpool>) -> Answer {
    let id = sqlx::query(
        "INSERT INTO spools (brand, filament_type, color, location, initial_grams, remaining_grams, cost_per_kg,
             created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7)",
    )
    .bind(new.brand.as_str())
    .bind(new.filament_type.as_str())
    .bind(new.color.as_str())
    .bind(new.location.as_ref().map(Line::as_str))
    .bind(new.initial_grams.map_or(1000.0, |grams| grams.0))
    .bind(new.cost_per_kg.map_or(24.0, |cost| cost.0))
    .bind(Moment::now().to_string())
    .execute(&db)
    .await?
    .last_insert_rowid();
    Ok(find(&db, SHOW, "spool", id).await?.created())
}

async fn update(State(db): State<SqlitePool>, Id(id): Id, Patch(change): Patch<SpoolChange>) -> Answer {
    sqlx::query(
        "UPDATE spools SET brand = coalesce(?2, brand), color = coalesce(?3, color),
             location = coalesce(?4, location), cost_per_kg = coalesce(?5, cost_per_kg) WHERE id = ?1",
    )
    .bind(id)
    .bind(change.brand.as_ref().map(Line::as_str))
    .bind(change.color.as_ref().map(Line::as_str))
    .bind(change.location.as_ref().map(Line::as_str))
    .bind(change.cost_per_kg.map(|cost| cost.0))
    .execute(&db)
    .await?;
    find(&db, SHOW, "spool", id).await
}

/// A spool that sits in a printer stays: the schema refuses, and that is a 409.
async fn delete(State(db): State<SqlitePool>, Id(id): Id) -> Result<StatusCode, ApiError> {
    remove(&db, "DELETE FROM spools WHERE id = ?", "spool", id).await
}

async fn consume(State(db): State<SqlitePool>, Id(id): Id, Body(body): Body<Use>) -> Answer {
    // Rounded, so that ten uses of 0.1 g are one gram and the last of them is not refused.
    let used = sqlx::query(
        "UPDATE spools SET remaining_grams = round(remaining_grams - ?2, 3)
         WHERE id = ?1 AND round(remaining_grams - ?2, 3) >= 0",
    )
    .bind(id)
    .bind(body.grams.0)
    .execute(&db)
    .await?
    .rows_affected();
    let spool = find(&db, SHOW, "spool", id).await?;
    if used == 0 {
        return Err(ApiError::conflict("the spool has less filament left than that"));
    }
    Ok(spool)
}

/// Puts a spool into a slot of a printer, the first empty one unless `slot` names it. The spool leaves the slot it was
/// in, and one that was in the new slot goes back to the shelf.
async fn load(State(db): State<SqlitePool>, Body(body): Body<Load>) -> Answer {
    let named = body.named()?;
    let mut transaction = begin(&db).await?;
    refer(&mut *transaction, SHOW, "spool_id", body.spool_id).await?;
    refer(&mut *transaction, printers::SHOW, "printer_id", body.printer_id).await?;
    sqlx::query("UPDATE slots SET spool_id = NULL WHERE spool_id = ?")
        .bind(body.spool_id)
        .execute(&mut *transaction)
        .await?;
    let slot: Option<i64> = sqlx::query_scalar(
        "SELECT min(slot) FROM slots WHERE printer_id = ?1 AND (slot = ?2 OR ?2 IS NULL AND spool_id IS NULL)",
    )
    .bind(body.printer_id)
    .bind(named)
    .fetch_one(&mut *transaction)
    .await?;
    let slot = match (slot, named) {
        (Some(slot), _) => slot,
        (None, Some(_)) => return Err(ApiError::invalid("slot", "the printer has no such slot")),
        (None, None) => return Err(ApiError::conflict("the printer has no empty slot")),
    };
    sqlx::query("UPDATE slots SET spool_id = ? WHERE printer_id = ? AND slot = ?")
        .bind(body.spool_id)
        .bind(body.printer_id)
        .bind(slot)
        .execute(&mut *transaction)
        .await?;
    let row: String = sqlx::query_scalar("SELECT body FROM slot_json WHERE printer_id = ? AND slot = ?")
        .bind(body.printer_id)
        .bind(slot)
        .fetch_one(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(JsonText::ok(row).created())
}

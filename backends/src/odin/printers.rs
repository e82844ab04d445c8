//! Printers: what they are, what they do, and pausing and resuming them.

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use serde::Deserialize;
use sqlx::SqlitePool;

use crate::{
    choice::choice,
    database::{begin, find, rows},
    error::ApiError,
    input::{Body, Filter, Id, Line, Moment, Patch, Whole},
    json::Answer,
};

pub(super) const SHOW: &str = "SELECT body FROM printer_json WHERE id = ?";

choice! {
    /// What a printer is doing.
    PrinterStatus {
        Idle = "idle",
        Printing = "printing",
        Paused = "paused",
        Offline = "offline",
        Error = "error",
    }
}

pub(super) fn routes() -> Router<SqlitePool> {
    Router::new()
        .route("/printers", get(list).post(create))
        .route("/printers/live-status", get(live_status))
        .route("/printers/{id}", get(show).patch(update).delete(delete))
        .route("/printers/{id}/pause", post(pause))
        .route("/printers/{id}/resume", post(resume))
        .route("/printers/{id}/telemetry", get(telemetry))
        .route("/printers/{id}/slots", get(slots))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    status: Option<PrinterStatus>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPrinter {
    name: Line<80>,
    model: Line<80>,
    location: Option<Line<80>>,
    slot_count: Option<Whole<1, 16>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PrinterChange {
    name: Option<Line<80>>,
    model: Option<Line<80>>,
    location: Option<Line<80>>,
}

async fn list(State(db): State<SqlitePool>, Filter(wanted): Filter<Wanted>) -> Answer {
    let query =
        sqlx::query_scalar("SELECT body FROM printer_json WHERE ?1 IS NULL OR status = ?1 ORDER BY id");
    rows(&db, query.bind(wanted.status.map(PrinterStatus::word))).await
}

async fn live_status(State(db): State<SqlitePool>) -> Answer {
    rows(&db, sqlx::query_scalar("SELECT body FROM telemetry_json ORDER BY id")).await
}

async fn show(State(db): State<SqlitePool>, Id(id): Id) -> Answer {
    find(&db, SHOW, "printer", id).await
}

async fn telemetry(State(db): State<SqlitePool>, Id(id): Id) -> Answer {
    find(&db, "SELECT body FROM telemetry_json WHERE id = ?", "printer", id).await
}

async fn slots(State(db): State<SqlitePool>, Id(id): Id) -> Answer {
    find(&db, SHOW, "printer", id).await?;
    rows(&db, sqlx::query_scalar("SELECT body FROM slot_json WHERE printer_id = ? ORDER BY slot").bind(id))
        .await
}

async fn create(State(db): State<SqlitePool>, Body(new): Body<NewPrinter>) -> Answer {
    let slot_count = new.slot_count.map_or(1, |count| count.0);
    let mut transaction = begin(&db).await?;
    let id = sqlx::query(
        "INSERT INTO printers (name, model, location, slot_count, created_at) VALUES (?, ?, ?, ?, ?)",
    )
    .bind(new.name.as_str())
    .bind(new.model.as_str())
    .bind(new.location.as_ref().map(Line::as_str))
    .bind(slot_count)
    .bind(Moment::now().to_string())
    .execute(&mut *transaction)
    .await?
    .last_insert_rowid();
    for slot in 1..=slot_count {
        sqlx::query("INSERT INTO slots (printer_id, slot) VALUES (?, ?)")
            .bind(id)
            .bind(slot)
            .execute(&mut *transaction)
            .await?;
    }
    let created = find(&mut *transaction, SHOW, "printer", id).await?;
    transaction.commit().await?;
    Ok(created.created())
}

async fn update(State(db): State<SqlitePool>, Id(id): Id, Patch(change): Patch<PrinterChange>) -> Answer {
    sqlx::query(
        "UPDATE printers SET name = coalesce(?2, name), model = coalesce(?3, model),
             location = coalesce(?4, location) WHERE id = ?1",
    )
    .bind(id)
    .bind(change.name.as_ref().map(Line::as_str))
    .bind(change.model.as_ref().map(Line::as_str))
    .bind(change.location.as_ref().map(Line::as_str))
    .execute(&db)
    .await?;
    find(&db, SHOW, "printer", id).await
}

async fn delete(State(db): State<SqlitePool>, Id(id): Id) -> Result<StatusCode, ApiError> {
    let deleted = sqlx::query("DELETE FROM printers WHERE id = ? AND status NOT IN ('printing', 'paused')")
        .bind(id)
        .execute(&db)
        .await?
        .rows_affected();
    if deleted == 0 {
        find(&db, SHOW, "printer", id).await?;
        return Err(ApiError::conflict("a printer with a job on its bed cannot be deleted"));
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn pause(State(db): State<SqlitePool>, Id(id): Id) -> Answer {
    turn(&db, id, PrinterStatus::Printing, PrinterStatus::Paused).await
}

async fn resume(State(db): State<SqlitePool>, Id(id): Id) -> Answer {
    turn(&db, id, PrinterStatus::Paused, PrinterStatus::Printing).await
}

/// Moves a printer from one state to another, and refuses when it is in a third.
async fn turn(db: &SqlitePool, id: i64, from: PrinterStatus, to: PrinterStatus) -> Answer {
    let turned = sqlx::query("UPDATE printers SET status = ?3 WHERE id = ?1 AND status = ?2")
        .bind(id)
        .bind(from.word())
        .bind(to.word())
        .execute(db)
        .await?
        .rows_affected();
    let printer = find(db, SHOW, "printer", id).await?;
    if turned == 0 {
        return Err(ApiError::conflict(format!("the printer is not {}", from.word())));
    }
    Ok(printer)
}

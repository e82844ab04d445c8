//! What went wrong or needs a look.

use axum::{
    Router,
    extract::State,
    routing::{get, patch},
};
use serde::Deserialize;
use sqlx::SqlitePool;

use crate::{
    choice::choice,
    database::{find, rows},
    input::{Filter, Id},
    json::Answer,
};

const SHOW: &str = "SELECT body FROM alert_json WHERE id = ?";

choice! {
    /// How much an alert matters.
    Severity {
        Info = "info",
        Warning = "warning",
        Critical = "critical",
    }
}

pub(super) fn routes() -> Router<SqlitePool> {
    Router::new()
        .route("/alerts", get(list))
        .route("/alerts/{id}/read", patch(read))
        .route("/alerts/{id}/dismiss", patch(dismiss))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    severity: Option<Severity>,
    is_read: Option<bool>,
}

/// Newest first. Dismissed alerts are no longer listed.
async fn list(State(db): State<SqlitePool>, Filter(wanted): Filter<Wanted>) -> Answer {
    let query = sqlx::query_scalar(
        "SELECT body FROM alert_json
         WHERE NOT is_dismissed AND (?1 IS NULL OR severity = ?1) AND (?2 IS NULL OR is_read = ?2)
         ORDER BY id DESC",
    );
    rows(&db, query.bind(wanted.severity.map(Severity::word)).bind(wanted.is_read)).await
}

async fn read(State(db): State<SqlitePool>, Id(id): Id) -> Answer {
    sqlx::query("UPDATE alerts SET is_read = 1 WHERE id = ?").bind(id).execute(&db).await?;
    find(&db, SHOW, "alert", id).await
}

async fn dismiss(State(db): State<SqlitePool>, Id(id): Id) -> Answer {
    sqlx::query("UPDATE alerts SET is_read = 1, is_dismissed = 1 WHERE id = ?").bind(id).execute(&db).await?;
    find(&db, SHOW, "alert", id).await
}

//! The library of filaments that the farm buys.

use axum::{Router, extract::State, routing::get};
use sqlx::SqlitePool;

use crate::{database::rows, json::Answer};

pub(super) fn routes() -> Router<SqlitePool> {
    Router::new().route("/filament-library", get(list))
}

async fn list(State(db): State<SqlitePool>) -> Answer {
    rows(&db, sqlx::query_scalar("SELECT body FROM filament_json ORDER BY id")).await
}

//! The library of things that the farm can print.

use axum::{Router, extract::State, http::StatusCode, routing::get};
use serde::Deserialize;
use sqlx::SqlitePool;

use crate::{
    database::{find, remove, rows},
    error::ApiError,
    input::{Amount, Body, Id, Line, Moment, Patch, Whole},
    json::Answer,
};

pub(super) const SHOW: &str = "SELECT body FROM model_json WHERE id = ?";

/// A week: no bed here stays warm for longer.
type Minutes = Whole<1, 10_080>;

pub(super) fn routes() -> Router<SqlitePool> {
    Router::new()
        .route("/models", get(list).post(create))
        .route("/models/{id}", get(show).patch(update).delete(delete))
        .route("/models/{id}/cost", get(cost))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewModel {
    name: Line<120>,
    category: Option<Line<60>>,
    filament_type: Option<Line<20>>,
    filament_grams: Option<Amount>,
    print_minutes: Option<Minutes>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelChange {
    name: Option<Line<120>>,
    category: Option<Line<60>>,
    filament_type: Option<Line<20>>,
    filament_grams: Option<Amount>,
    print_minutes: Option<Minutes>,
}

async fn list(State(db): State<SqlitePool>) -> Answer {
    rows(&db, sqlx::query_scalar("SELECT body FROM model_json ORDER BY id")).await
}

async fn show(State(db): State<SqlitePool>, Id(id): Id) -> Answer {
    find(&db, SHOW, "model", id).await
}

async fn cost(State(db): State<SqlitePool>, Id(id): Id) -> Answer {
    find(&db, "SELECT body FROM model_cost_json WHERE id = ?", "model", id).await
}

/// What a model does not say of itself is what a small part in PLA needs.
async fn create(State(db): State<SqlitePool>, Body(new): Body<NewModel>) -> Answer {
    let id = sqlx::query(
        "INSERT INTO models (name, category, filament_type, filament_grams, print_minutes, created_at)
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(new.name.as_str())
    .bind(new.category.as_ref().map(Line::as_str))
    .bind(new.filament_type.as_ref().map_or("PLA", Line::as_str))
    .bind(new.filament_grams.map_or(20.0, |grams| grams.0))
    .bind(new.print_minutes.map_or(60, |minutes| minutes.0))
    .bind(Moment::now().to_string())
    .execute(&db)
    .await?
    .last_insert_rowid();
    Ok(find(&db, SHOW, "model", id).await?.created())
}

async fn update(State(db): State<SqlitePool>, Id(id): Id, Patch(change): Patch<ModelChange>) -> Answer {
    sqlx::query(
        "UPDATE models SET name = coalesce(?2, name), category = coalesce(?3, category),
             filament_type = coalesce(?4, filament_type), filament_grams = coalesce(?5, filament_grams),
             print_minutes = coalesce(?6, print_minutes) WHERE id = ?1",
    )
    .bind(id)
    .bind(change.name.as_ref().map(Line::as_str))
    .bind(change.category.as_ref().map(Line::as_str))
    .bind(change.filament_type.as_ref().map(Line::as_str))
    .bind(change.filament_grams.map(|grams| grams.0))
    .bind(change.print_minutes.map(|minutes| minutes.0))
    .execute(&db)
    .await?;
    find(&db, SHOW, "model", id).await
}

/// A model that jobs or orders name stays: the schema refuses, and that is a 409.
async fn delete(State(db): State<SqlitePool>, Id(id): Id) -> Result<StatusCode, ApiError> {
    remove(&db, "DELETE FROM models WHERE id = ?", "model", id).await
}

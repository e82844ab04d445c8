//! What Odysseus is told to remember.

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    routing::{get, patch},
};
use serde::Deserialize;
use sqlx::SqlitePool;

use crate::{
    database::{find, remove, rows},
    error::ApiError,
    identity::Identity,
    input::{Body, Filter, Id, Line, Moment, Patch, Text},
    json::Answer,
};

const SHOW: &str = "SELECT body FROM memory_json WHERE id = ?";

pub(super) fn routes() -> Router<SqlitePool> {
    Router::new()
        .route("/codex/memory", get(list).post(create))
        .route("/codex/memory/{id}", patch(update).delete(delete))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    category: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewMemory {
    text: Text<2000>,
    category: Option<Line<60>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MemoryChange {
    text: Option<Text<2000>>,
    category: Option<Line<60>>,
}

async fn list(State(db): State<SqlitePool>, Filter(wanted): Filter<Wanted>) -> Answer {
    let query =
        sqlx::query_scalar("SELECT body FROM memory_json WHERE ?1 IS NULL OR category = ?1 ORDER BY id");
    rows(&db, query.bind(wanted.category)).await
}

async fn create(State(db): State<SqlitePool>, identity: Identity, Body(new): Body<NewMemory>) -> Answer {
    let id = sqlx::query(
        "INSERT INTO memories (text, category, created_by, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4)",
    )
    .bind(new.text.as_str())
    .bind(new.category.as_ref().map_or("general", Line::as_str))
    .bind(identity.actor())
    .bind(Moment::now().to_string())
    .execute(&db)
    .await?
    .last_insert_rowid();
    Ok(find(&db, SHOW, "memory", id).await?.created())
}

async fn update(State(db): State<SqlitePool>, Id(id): Id, Patch(change): Patch<MemoryChange>) -> Answer {
    sqlx::query(
        "UPDATE memories SET text = coalesce(?2, text), category = coalesce(?3, category), updated_at = ?4
         WHERE id = ?1",
    )
    .bind(id)
    .bind(change.text.as_ref().map(Text::as_str))
    .bind(change.category.as_ref().map(Line::as_str))
    .bind(Moment::now().to_string())
    .execute(&db)
    .await?;
    find(&db, SHOW, "memory", id).await
}

async fn delete(State(db): State<SqlitePool>, Id(id): Id) -> Result<StatusCode, ApiError> {
    remove(&db, "DELETE FROM memories WHERE id = ?", "memory", id).await
}

//! What Odysseus says of itself, of its models and of whoever is asking.

use axum::{Json, Router, extract::State, routing::get};
use serde_json::{Value, json};
use sqlx::SqlitePool;

use super::chat::Model;
use crate::{
    database::{health, rows},
    identity::Identity,
    json::Answer,
};

pub(super) fn routes() -> Router<SqlitePool> {
    Router::new()
        .route("/health", get(health))
        .route("/version", get(version))
        .route("/models", get(models))
        .route("/companion/ping", get(ping))
        .route("/companion/info", get(info))
        .route("/companion/models", get(models))
        .route("/codex/capabilities", get(capabilities))
        .route("/users", get(users))
}

async fn version() -> Json<Value> {
    Json(json!({ "name": "Odysseus", "version": env!("CARGO_PKG_VERSION") }))
}

async fn models() -> Json<Value> {
    let models: Vec<Value> = [Model::Echo, Model::EchoLoud]
        .map(|model| json!({ "id": model.word(), "title": model.title() }))
        .into();
    Json(json!({ "models": models }))
}

async fn ping() -> Json<Value> {
    Json(json!({ "pong": true }))
}

async fn info(identity: Identity) -> Json<Value> {
    Json(json!({ "name": "Odysseus", "version": env!("CARGO_PKG_VERSION"), "user": identity.owner }))
}

/// Who the caller is, as Symbolon said, and what an agent can do here. What it *may* do, its scopes say.
async fn capabilities(identity: Identity) -> Json<Value> {
    Json(json!({
        "identity": identity,
        "tools": {
            "chat": ["POST /api/v1/chat", "GET /api/models"],
            "todos": ["GET /api/codex/todos", "POST /api/codex/todos", "PATCH /api/codex/todos/{id}"],
            "documents": ["GET /api/codex/documents", "GET /api/codex/documents/{id}", "POST /api/codex/documents",
                "PATCH /api/codex/documents/{id}", "DELETE /api/codex/documents/{id}"],
            "email": ["GET /api/codex/emails", "GET /api/codex/emails/{uid}", "POST /api/codex/emails/draft",
                "POST /api/codex/emails/draft-document", "POST /api/codex/emails/send"],
            "calendar": ["GET /api/codex/calendar/events", "POST /api/codex/calendar/events",
                "PATCH /api/codex/calendar/events/{uid}", "DELETE /api/codex/calendar/events/{uid}"],
            "memory": ["GET /api/codex/memory", "POST /api/codex/memory", "PATCH /api/codex/memory/{id}",
                "DELETE /api/codex/memory/{id}"],
        },
    }))
}

async fn users(State(db): State<SqlitePool>) -> Answer {
    rows(&db, sqlx::query_scalar("SELECT body FROM user_json ORDER BY id")).await
}

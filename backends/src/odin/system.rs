//! The installation: its health, its users, and the parts that are for humans only.

use axum::{Json, Router, extract::State, routing::get};
use serde_json::{Value, json};
use sqlx::SqlitePool;

use crate::{
    database::{find, health, rows},
    identity::Identity,
    input::Moment,
    json::{Answer, JsonText},
};

pub(super) fn routes() -> Router<SqlitePool> {
    Router::new()
        .route("/health", get(health))
        .route("/version", get(version))
        .route("/users", get(users))
        .route("/backups", get(backups).post(request_backup))
        .route("/smtp-config", get(smtp_config))
}

/// The version of the API that this is: clients ask for it before they use what came with one.
const VERSION: &str = "1.9.3";

async fn version() -> Json<Value> {
    Json(json!({ "name": "O.D.I.N.", "version": VERSION }))
}

async fn users(State(db): State<SqlitePool>) -> Answer {
    rows(&db, sqlx::query_scalar("SELECT body FROM user_json ORDER BY id")).await
}

async fn backups(State(db): State<SqlitePool>) -> Answer {
    rows(&db, sqlx::query_scalar("SELECT body FROM backup_json ORDER BY id DESC")).await
}

/// Enters a request for a backup into the list.
async fn request_backup(State(db): State<SqlitePool>, identity: Identity) -> Answer {
    let now = Moment::now().to_string();
    let id = sqlx::query(
        "INSERT INTO backups (filename, status, requested_by, created_at)
         VALUES ('odin-' || substr(?1, 1, 10) || '.tar.gz', 'requested', ?2, ?1)",
    )
    .bind(now)
    .bind(identity.actor())
    .execute(&db)
    .await?
    .last_insert_rowid();
    Ok(find(&db, "SELECT body FROM backup_json WHERE id = ?", "backup", id).await?.created())
}

async fn smtp_config(State(db): State<SqlitePool>) -> Answer {
    let row = sqlx::query_scalar(
        "SELECT json_object('host', host, 'port', port, 'username', username, 'from_address', from_address,
             'use_tls', json(iif(use_tls, 'true', 'false')), 'password_set', json(iif(password_set, 'true', 'false')))
         FROM smtp_config",
    )
    .fetch_one(&db)
    .await?;
    Ok(JsonText::ok(row))
}

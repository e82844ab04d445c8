//! Maintenance that comes round by hours of printing, and the log of what was done.

use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use serde::Deserialize;
use sqlx::SqlitePool;

use crate::{
    database::{begin, find, refer, rows},
    identity::Identity,
    input::{Body, Filter, Moment, Text},
    json::Answer,
};

pub(super) fn routes() -> Router<SqlitePool> {
    Router::new().route("/maintenance/tasks", get(list)).route("/maintenance/logs", post(complete))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    overdue: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Done {
    task_id: i64,
    notes: Option<Text<500>>,
}

async fn list(State(db): State<SqlitePool>, Filter(wanted): Filter<Wanted>) -> Answer {
    let query = sqlx::query_scalar(
        "SELECT body FROM maintenance_json WHERE ?1 IS NULL OR is_overdue = ?1 ORDER BY id",
    );
    rows(&db, query.bind(wanted.overdue)).await
}

/// Logs a task as done. The task says which printer it was and what was done to it; its next round begins now.
async fn complete(State(db): State<SqlitePool>, identity: Identity, Body(done): Body<Done>) -> Answer {
    let mut transaction = begin(&db).await?;
    refer(&mut *transaction, "SELECT 1 FROM maintenance_tasks WHERE id = ?", "task_id", done.task_id).await?;
    sqlx::query(
        "UPDATE maintenance_tasks SET done_at_hours =
             (SELECT p.print_hours FROM printers p WHERE p.id = maintenance_tasks.printer_id) WHERE id = ?",
    )
    .bind(done.task_id)
    .execute(&mut *transaction)
    .await?;
    let id = sqlx::query(
        "INSERT INTO maintenance_logs (task_id, notes, print_hours, performed_by, performed_at)
         SELECT id, ?2, done_at_hours, ?3, ?4 FROM maintenance_tasks WHERE id = ?1",
    )
    .bind(done.task_id)
    .bind(done.notes.as_ref().map(Text::as_str))
    .bind(identity.actor())
    .bind(Moment::now().to_string())
    .execute(&mut *transaction)
    .await?
    .last_insert_rowid();
    let sql = "SELECT body FROM maintenance_log_json WHERE id = ?";
    let logged = find(&mut *transaction, sql, "maintenance log", id).await?;
    transaction.commit().await?;
    Ok(logged.created())
}

//! To-dos.

use axum::{
    Router,
    extract::State,
    routing::{get, patch},
};
use serde::Deserialize;
use sqlx::SqlitePool;

use crate::{
    database::{find, rows},
    identity::Identity,
    input::{Body, Filter, Id, Line, Moment, Patch},
    json::Answer,
};

const SHOW: &str = "SELECT body FROM todo_json WHERE id = ?";

pub(super) fn routes() -> Router<SqlitePool> {
    Router::new().route("/codex/todos", get(list).post(create)).route("/codex/todos/{id}", patch(update))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    label: Option<String>,
    done: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewTodo {
    #[serde(alias = "title")]
    text: Line<500>,
    label: Option<Line<60>>,
    due: Option<Moment>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TodoChange {
    #[serde(alias = "title")]
    text: Option<Line<500>>,
    label: Option<Line<60>>,
    due: Option<Moment>,
    done: Option<bool>,
}

async fn list(State(db): State<SqlitePool>, Filter(wanted): Filter<Wanted>) -> Answer {
    let query = sqlx::query_scalar(
        "SELECT body FROM todo_json
         WHERE (?1 IS NULL OR label = ?1) AND (?2 IS NULL OR is_done = ?2) ORDER BY id",
    );
    rows(&db, query.bind(wanted.label).bind(wanted.done)).await
}

async fn create(State(db): State<SqlitePool>, identity: Identity, Body(new): Body<NewTodo>) -> Answer {
    let id =
        sqlx::query("INSERT INTO todos (text, label, due_at, created_by, created_at) VALUES (?, ?, ?, ?, ?)")
            .bind(new.text.as_str())
            .bind(new.label.as_ref().map(Line::as_str))
            .bind(new.due.map(|due| due.to_string()))
            .bind(identity.actor())
            .bind(Moment::now().to_string())
            .execute(&db)
            .await?
            .last_insert_rowid();
    Ok(find(&db, SHOW, "to-do", id).await?.created())
}

async fn update(State(db): State<SqlitePool>, Id(id): Id, Patch(change): Patch<TodoChange>) -> Answer {
    sqlx::query(
        "UPDATE todos SET text = coalesce(?2, text), label = coalesce(?3, label), due_at = coalesce(?4, due_at),
             is_done = coalesce(?5, is_done) WHERE id = ?1",
    )
    .bind(id)
    .bind(change.text.as_ref().map(Line::as_str))
    .bind(change.label.as_ref().map(Line::as_str))
    .bind(change.due.map(|due| due.to_string()))
    .bind(change.done)
    .execute(&db)
    .await?;
    find(&db, SHOW, "to-do", id).await
}

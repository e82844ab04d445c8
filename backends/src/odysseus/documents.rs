//! Documents, listed in pages.

use axum::{Router, extract::State, http::StatusCode, routing::get};
use serde::Deserialize;
use sqlx::SqlitePool;

use crate::{
    database::{find, remove},
    error::ApiError,
    identity::Identity,
    input::{Body, Filter, Id, Line, Moment, Patch, Text, Whole},
    json::{Answer, JsonText, array},
};

pub(super) const SHOW: &str = "SELECT body FROM document_json WHERE id = ?";

type Content = Text<100_000>;

pub(super) fn routes() -> Router<SqlitePool> {
    Router::new()
        .route("/codex/documents", get(list).post(create))
        .route("/codex/documents/{id}", get(show).patch(update).delete(delete))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    page: Option<Whole<1, 50>>,
    offset: Option<Whole<0, 1_000_000>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewDocument {
    title: Line<200>,
    content: Content,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentChange {
    title: Option<Line<200>>,
    content: Option<Content>,
}

/// Documents by id: `page` of them, 20 unless it says otherwise, after the first `offset`.
async fn list(State(db): State<SqlitePool>, Filter(wanted): Filter<Wanted>) -> Answer {
    let page = wanted.page.map_or(20, |page| page.0);
    let offset = wanted.offset.map_or(0, |offset| offset.0);
    let lines: Vec<String> =
        sqlx::query_scalar("SELECT body FROM document_line_json ORDER BY id LIMIT ? OFFSET ?")
            .bind(page)
            .bind(offset)
            .fetch_all(&db)
            .await?;
    // The answer in SQL's own JSON again: `next_offset` is null where the documents end.
    let answer = sqlx::query_scalar(
        "SELECT json_object('documents', json(?1), 'total', count(*),
             'next_offset', iif(count(*) > ?2, ?2, NULL)) FROM documents",
    )
    .bind(array(&lines))
    .bind(offset + page)
    .fetch_one(&db)
    .await?;
    Ok(JsonText::ok(answer))
}

async fn show(State(db): State<SqlitePool>, Id(id): Id) -> Answer {
    find(&db, SHOW, "document", id).await
}

async fn create(State(db): State<SqlitePool>, identity: Identity, Body(new): Body<NewDocument>) -> Answer {
    let id = sqlx::query(
        "INSERT INTO documents (title, content, created_by, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4)",
    )
    .bind(new.title.as_str())
    .bind(new.content.as_str())
    .bind(identity.actor())
    .bind(Moment::now().to_string())
    .execute(&db)
    .await?
    .last_insert_rowid();
    Ok(find(&db, SHOW, "document", id).await?.created())
}

async fn update(State(db): State<SqlitePool>, Id(id): Id, Patch(change): Patch<DocumentChange>) -> Answer {
    sqlx::query(
        "UPDATE documents SET title = coalesce(?2, title), content = coalesce(?3, content), updated_at = ?4
         WHERE id = ?1",
    )
    .bind(id)
    .bind(change.title.as_ref().map(Line::as_str))
    .bind(change.content.as_ref().map(Text::as_str))
    .bind(Moment::now().to_string())
    .execute(&db)
    .await?;
    find(&db, SHOW, "document", id).await
}

async fn delete(State(db): State<SqlitePool>, Id(id): Id) -> Result<StatusCode, ApiError> {
    remove(&db, "DELETE FROM documents WHERE id = ?", "document", id).await
}

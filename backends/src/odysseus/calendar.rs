//! The calendar.

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

const SHOW: &str = "SELECT body FROM event_json WHERE uid = ?";

pub(super) fn routes() -> Router<SqlitePool> {
    Router::new()
        .route("/codex/calendar/events", get(list).post(create))
        .route("/codex/calendar/events/{uid}", patch(update).delete(delete))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Span {
    start: Moment,
    end: Moment,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewEvent {
    title: Line<200>,
    start: Moment,
    end: Moment,
    location: Option<Line<200>>,
    notes: Option<Text<2000>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventChange {
    title: Option<Line<200>>,
    start: Option<Moment>,
    end: Option<Moment>,
    location: Option<Line<200>>,
    notes: Option<Text<2000>>,
}

fn wrong_order() -> ApiError {
    ApiError::invalid("end", "must be after the start")
}

/// The events that go on at any time from `start` until before `end`.
async fn list(State(db): State<SqlitePool>, Filter(span): Filter<Span>) -> Answer {
    if span.end <= span.start {
        return Err(wrong_order());
    }
    let query = sqlx::query_scalar(
        "SELECT body FROM event_json WHERE starts_at < ?2 AND ends_at > ?1 ORDER BY starts_at, uid",
    );
    rows(&db, query.bind(span.start.to_string()).bind(span.end.to_string())).await
}

async fn create(State(db): State<SqlitePool>, identity: Identity, Body(new): Body<NewEvent>) -> Answer {
    if new.end <= new.start {
        return Err(wrong_order());
    }
    let uid = sqlx::query(
        "INSERT INTO events (title, starts_at, ends_at, location, notes, created_by) VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(new.title.as_str())
    .bind(new.start.to_string())
    .bind(new.end.to_string())
    .bind(new.location.as_ref().map(Line::as_str))
    .bind(new.notes.as_ref().map(Text::as_str))
    .bind(identity.actor())
    .execute(&db)
    .await?
    .last_insert_rowid();
    Ok(find(&db, SHOW, "event", uid).await?.created())
}

async fn update(State(db): State<SqlitePool>, Id(uid): Id, Patch(change): Patch<EventChange>) -> Answer {
    let changed = sqlx::query(
        "UPDATE events SET title = coalesce(?2, title), starts_at = coalesce(?3, starts_at),
             ends_at = coalesce(?4, ends_at), location = coalesce(?5, location), notes = coalesce(?6, notes)
         WHERE uid = ?1 AND coalesce(?4, ends_at) > coalesce(?3, starts_at)",
    )
    .bind(uid)
    .bind(change.title.as_ref().map(Line::as_str))
    .bind(change.start.map(|start| start.to_string()))
    .bind(change.end.map(|end| end.to_string()))
    .bind(change.location.as_ref().map(Line::as_str))
    .bind(change.notes.as_ref().map(Text::as_str))
    .execute(&db)
    .await?
    .rows_affected();
    let event = find(&db, SHOW, "event", uid).await?;
    if changed == 0 { Err(wrong_order()) } else { Ok(event) }
}

async fn delete(State(db): State<SqlitePool>, Id(uid): Id) -> Result<StatusCode, ApiError> {
    remove(&db, "DELETE FROM events WHERE uid = ?", "event", uid).await
}

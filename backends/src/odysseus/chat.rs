//! Chat with a model that echoes, and the conversations it remembers.
//!
//! A conversation belongs to whoever began it: the same name under another owner is another conversation.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    Json, Router,
    body::{Body as HttpBody, Bytes},
    extract::State,
    http::header,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http_body::Frame;
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::{Sqlite, SqlitePool, Transaction};

use crate::{
    choice::choice,
    database::{begin, rows},
    error::ApiError,
    identity::Identity,
    input::{Body, Line, Moment, Text},
    json::Answer,
};

choice! {
    /// The models there are.
    Model {
        Echo = "echo",
        EchoLoud = "echo-loud",
    }
}

impl Model {
    /// What the model is, for people.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Echo => "Echo: says what you wrote, and remembers it",
            Self::EchoLoud => "Echo, loudly",
        }
    }

    /// The model's whole intelligence: `before` is what the same person wrote last in this conversation.
    fn reply(self, message: &str, before: Option<&str>) -> String {
        let words = message.split_whitespace().count();
        let noun = if words == 1 { "word" } else { "words" };
        let before = before.map(|before| format!(" Before that you wrote: \"{before}\"."));
        let reply =
            format!("You wrote: \"{message}\". That is {words} {noun}.{}", before.unwrap_or_default());
        if self == Self::EchoLoud { reply.to_uppercase() } else { reply }
    }
}

pub(super) fn routes() -> Router<SqlitePool> {
    Router::new().route("/v1/chat", post(chat)).route("/sessions", get(sessions))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Turn {
    message: Text<8000>,
    session: Option<Line<64>>,
    model: Option<Model>,
    #[serde(default)]
    stream: bool,
}

/// One turn of a conversation; answered at once as JSON, or with `stream` word by word as server-sent events.
async fn chat(
    State(db): State<SqlitePool>,
    identity: Identity,
    Body(turn): Body<Turn>,
) -> Result<Response, ApiError> {
    let model = turn.model.unwrap_or(Model::Echo);
    let message = turn.message.as_str();
    let now = Moment::now().to_string();

    let mut transaction = begin(&db).await?;
    let (id, session) =
        open_session(&mut transaction, identity.actor(), turn.session.as_ref().map(Line::as_str), &now)
            .await?;
    let before: Option<String> = sqlx::query_scalar(
        "SELECT content FROM messages WHERE session_id = ? AND role = 'user' ORDER BY id DESC LIMIT 1",
    )
    .bind(id)
    .fetch_optional(&mut *transaction)
    .await?;
    let reply = model.reply(message, before.as_deref());
    sqlx::query(
        "INSERT INTO messages (session_id, role, content, created_at)
         VALUES (?1, 'user', ?2, ?4), (?1, 'assistant', ?3, ?4)",
    )
    .bind(id)
    .bind(message)
    .bind(&reply)
    .bind(&now)
    .execute(&mut *transaction)
    .await?;
    let messages: i64 = sqlx::query_scalar("SELECT count(*) FROM messages WHERE session_id = ?")
        .bind(id)
        .fetch_one(&mut *transaction)
        .await?;
    transaction.commit().await?;

    let mut answer = json!({ "session": session, "model": model.word(), "messages": messages });
    if turn.stream {
        return Ok(stream(&reply, &answer));
    }
    answer["reply"] = reply.into();
    Ok(Json(answer).into_response())
}

/// The conversation called `name`, begun when there is none; without a name a new one, which Odysseus names.
async fn open_session(
    transaction: &mut Transaction<'_, Sqlite>,
    owner: &str,
    name: Option<&str>,
    now: &str,
) -> Result<(i64, String), ApiError> {
    if !name.is_some_and(|name| name.starts_with('#')) {
        sqlx::query(
            "INSERT INTO sessions (owner, name, created_at)
             VALUES (?1, coalesce(?2, '#' || (SELECT coalesce(max(id), 0) + 1 FROM sessions)), ?3)
             ON CONFLICT DO NOTHING",
        )
        .bind(owner)
        .bind(name)
        .bind(now)
        .execute(&mut **transaction)
        .await?;
    }
    // Without a name: the newest is the one just made, for nobody else writes during this transaction.
    sqlx::query_as(
        "SELECT id, name FROM sessions WHERE owner = ?1 AND (?2 IS NULL OR name = ?2) ORDER BY id DESC LIMIT 1",
    )
    .bind(owner)
    .bind(name)
    .fetch_optional(&mut **transaction)
    .await?
    .ok_or_else(|| ApiError::invalid("session", "there is none of this name"))
}

/// An admin sees every conversation there is, anybody else their own.
async fn sessions(State(db): State<SqlitePool>, identity: Identity) -> Answer {
    let query = sqlx::query_scalar("SELECT body FROM session_json WHERE ?1 OR owner = ?2 ORDER BY id DESC");
    rows(&db, query.bind(identity.has_role(&["admin"])).bind(identity.actor())).await
}

/// The reply as events `{"delta": "word "}`, and at the end one named `done` with what the reply is `about`.
fn stream(reply: &str, about: &Value) -> Response {
    let mut events: VecDeque<Bytes> = reply
        .split_inclusive(' ')
        .map(|word| Bytes::from(format!("data: {}\n\n", json!({ "delta": word }))))
        .collect();
    events.push_back(Bytes::from(format!("event: done\ndata: {about}\n\n")));
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    (headers, HttpBody::new(Events(events))).into_response()
}

/// A body that hands over one event after the other. It has no length, so HTTP/1.1 sends it in chunks.
struct Events(VecDeque<Bytes>);

impl http_body::Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|event| Ok(Frame::data(event))))
    }
}

//! From an application's answer to the result of a call.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use rmcp::model::{ContentBlock, ResourceContents};
use serde_json::value::{RawValue, to_raw_value};
use symbolon_core::catalog::Shape;

use super::compact::compact;
use super::outcome::Outcome;
use crate::plain_json::is_plain_json;

/// The longest answer that is told, in bytes. More is of no use to a model.
const MAX_ANSWER: usize = 1024 * 1024;

/// How much is told of what the application says of a failure, in characters.
const MAX_FAILURE: usize = 4_096;

/// An answer, as it is told.
pub(super) enum Told {
    /// JSON: the text that is told of it, and the value.
    Json(String, Box<RawValue>),
    /// Text, a picture, a sound, or bytes of another kind.
    Other(Box<ContentBlock>),
    /// It failed, and how.
    Failed(String),
}

impl Told {
    pub(super) fn into_outcome(self) -> Outcome {
        match self {
            Self::Json(text, value) => Outcome::of_json(text, value),
            Self::Other(block) => Outcome::of(vec![*block]),
            Self::Failed(detail) => Outcome::fault(detail),
        }
    }

    fn into_block(self) -> ContentBlock {
        match self {
            Self::Json(text, _) | Self::Failed(text) => ContentBlock::text(text),
            Self::Other(block) => *block,
        }
    }
}

/// What is told of several answers: an object of them, or, where one is no JSON, each for itself.
pub(super) fn together(all: Vec<(&String, Told)>) -> Outcome {
    let values: Option<BTreeMap<_, _>> = all
        .iter()
        .map(|(key, told)| match told {
            Told::Json(_, value) => Some((*key, value)),
            Told::Other(_) | Told::Failed(_) => None,
        })
        .collect();
    match values.and_then(|values| to_raw_value(&values).ok()) {
        Some(value) => Outcome::of_json(value.get().to_owned(), value),
        None => Outcome::of(all.into_iter().map(|(_, told)| told.into_block()).collect()),
    }
}

/// How long an answer may take from its head to its end.
const PATIENCE: Duration = Duration::from_mins(1);

/// What is told of an answer; `alone` where it is not one of several.
pub(super) async fn told(response: Response, shape: &Shape, alone: bool) -> Told {
    let (parts, body) = response.into_parts();
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let Ok(Ok(body)) = tokio::time::timeout(PATIENCE, axum::body::to_bytes(body, MAX_ANSWER)).await else {
        return Told::Failed(format!(
            "the application's answer is longer than {MAX_ANSWER} bytes, took longer than a minute, or broke off; ask for less \
             of it"
        ));
    };
    if !parts.status.is_success() {
        return Told::Failed(failure(parts.status, &body));
    }
    of_kind(parts.status, &kind, &body, shape, alone)
}

fn of_kind(status: StatusCode, kind: &str, body: &Bytes, shape: &Shape, alone: bool) -> Told {
    if body.is_empty() {
        return Told::Other(Box::new(ContentBlock::text(format!("done ({})", status.as_u16()))));
    }
    if kind == "application/json" || kind.ends_with("+json") {
        if alone && shape.is_plain() && body.trim_ascii_start().first() != Some(&b'{') {
            // It is told as a text alone, and need not be understood.
            return Told::Other(Box::new(ContentBlock::text(String::from_utf8_lossy(body).into_owned())));
        }
        return match json(body, shape) {
            Ok(value) => {
                let text = if shape.is_plain() { String::from_utf8_lossy(body) } else { value.get().into() };
                Told::Json(text.into_owned(), value)
            }
            Err(_) => Told::Failed("the application's answer says that it is JSON and is not".to_owned()),
        };
    }
    let coded = || STANDARD.encode(body);
    Told::Other(Box::new(match kind.split('/').next() {
        Some("text") => ContentBlock::text(String::from_utf8_lossy(body).into_owned()),
        Some("image") => ContentBlock::image(coded(), kind),
        Some("audio") => ContentBlock::audio(coded(), kind),
        _ => ContentBlock::resource(ResourceContents::blob(coded(), "answer:body").with_mime_type(kind)),
    }))
}

/// What is told of this JSON. Few answers have to be taken to pieces for it.
fn json(body: &[u8], shape: &Shape) -> serde_json::Result<Box<RawValue>> {
    if !shape.is_whole() {
        if !is_plain_json(body) {
            return Err(<serde_json::Error as serde::de::Error>::custom("a name of the library's own"));
        }
        return to_raw_value(&shape.of(serde_json::from_slice(body)?));
    }
    let is_list = body.trim_ascii_start().first() == Some(&b'[');
    compact(body, shape.list.as_deref().filter(|_| is_list))
}

fn failure(status: StatusCode, body: &[u8]) -> String {
    let said = String::from_utf8_lossy(body);
    let said: String = said.trim().chars().take(MAX_FAILURE).collect();
    let reason = status.canonical_reason().unwrap_or("a status of its own");
    let told = format!("the application answered {} ({reason})", status.as_u16());
    if said.is_empty() { told } else { format!("{told}: {said}") }
}

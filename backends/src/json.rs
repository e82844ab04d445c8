//! Answers that the database has already written as JSON.
//!
//! Each resource has a view in its application's `schema.sql` whose `body` column is the JSON object that callers see.
//! The shape of an answer thus stands in one place, and handlers pass rows through without taking them apart.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::error::ApiError;

/// What a handler returns.
pub(crate) type Answer = Result<JsonText, ApiError>;

/// A body that is JSON text already.
#[derive(Debug)]
pub(crate) struct JsonText {
    status: StatusCode,
    text: String,
}

impl JsonText {
    /// 200 with one value.
    pub(crate) fn ok(text: String) -> Self {
        Self { status: StatusCode::OK, text }
    }

    /// The same body, with 201.
    pub(crate) fn created(self) -> Self {
        Self { status: StatusCode::CREATED, ..self }
    }
}

/// A JSON array of `rows`, each a JSON value.
pub(crate) fn array(rows: &[String]) -> String {
    format!("[{}]", rows.join(","))
}

impl IntoResponse for JsonText {
    fn into_response(self) -> Response {
        (self.status, [(header::CONTENT_TYPE, "application/json")], self.text).into_response()
    }
}

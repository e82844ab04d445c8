//! What the applications answer when they refuse: a status and `{"detail": "…"}`.

use std::borrow::Cow;

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;
use sqlx::error::ErrorKind;

/// A refusal. The detail is for the caller and never quotes the database.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    detail: Cow<'static, str>,
}

impl ApiError {
    /// 401: an identity header is missing or malformed, so the request did not come through Symbolon.
    pub(crate) fn not_behind_symbolon(header: &str) -> Self {
        let detail = format!("this application is not behind Symbolon: no valid {header} header");
        Self::new(StatusCode::UNAUTHORIZED, detail)
    }

    /// 404: the path names nothing that exists.
    pub(crate) fn not_found(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// 405: the path exists under another method.
    pub(crate) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not take this method")
    }

    /// 409: the thing is not in a state that allows this.
    pub(crate) fn conflict(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// 413: the body is larger than the application reads.
    pub(crate) fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large")
    }

    /// 422: one named input is wrong.
    pub(crate) fn invalid(field: &str, problem: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{field}: {problem}"))
    }

    /// 422: the input as a whole is wrong.
    pub(crate) fn unprocessable(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    fn new(status: StatusCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, detail: detail.into() }
    }
}

impl From<sqlx::Error> for ApiError {
    /// The constraints of the schema are rules that callers can meet, so they have answers. All else is a fault of the
    /// application: the caller learns that, and the log learns why.
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error().map(sqlx::error::DatabaseError::kind) {
            Some(ErrorKind::UniqueViolation) => Self::conflict("another entry already has this name"),
            Some(ErrorKind::ForeignKeyViolation) => Self::conflict("other entries still refer to this one"),
            _ => {
                tracing::error!(%error, "the application's database failed");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the application failed; its log says why")
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "detail": self.detail }))).into_response()
    }
}

//! What a reader is told when a page cannot be what was asked for.

use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use symbolon_api::Problem;
use symbolon_api::client::ClientError;
use symbolon_core::Code;

use super::page::{self, FaultPage};
use super::text::{EN, fill};

/// Why there is another page than the one that was asked for.
#[derive(Debug)]
pub(super) enum Fault {
    /// Nobody is signed in, or not any more. `back` is where they wanted to go.
    SignIn { back: String },
    /// The password is one that somebody else has seen.
    ChangePassword,
    /// A form that did not come from a page of ours, or from one that is too old.
    Foreign,
    /// A form that did not arrive whole.
    Incomplete,
    /// There is no such page.
    NotFound,
    /// What is behind this page is not the reader's to do; the sentence says why.
    Forbidden(String),
    /// The API refused, or could not.
    Refused(Box<Problem>),
    /// The API gave no answer that can be read. That is a fault of ours.
    Broken(String),
}

impl Fault {
    /// What was wrong, if the API said so in a way that a form can show.
    pub(super) fn problem(self) -> Result<Box<Problem>, Self> {
        match self {
            Self::Refused(problem) if problem.status < 500 => Ok(problem),
            other => Err(other),
        }
    }

    /// Where the session turns out to have ended, this in its place.
    pub(super) fn or_sign_in(self, nobody: impl FnOnce() -> Self) -> Self {
        match self {
            Self::SignIn { .. } => nobody(),
            other => other,
        }
    }

    /// What was sent by somebody whose session has ended is not sent again: they begin at the start.
    pub(super) fn or_start(self) -> Self {
        self.or_sign_in(|| Self::SignIn { back: "/".to_owned() })
    }
}

impl From<ClientError> for Fault {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Problem(problem) if problem.status == 401 => Self::SignIn { back: "/".to_owned() },
            ClientError::Problem(problem) if problem.code == Code::NotFound.as_str() => Self::NotFound,
            ClientError::Problem(problem) => Self::Refused(problem),
            other => Self::Broken(other.to_string()),
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let t = &EN;
        let (status, title, detail) = match self {
            Self::SignIn { back } => return Redirect::to(&page::sign_in_for(&back)).into_response(),
            Self::ChangePassword => return Redirect::to("/account/password").into_response(),
            Self::Foreign => (StatusCode::FORBIDDEN, t.foreign_title, t.foreign_detail.to_owned()),
            Self::Incomplete => (StatusCode::BAD_REQUEST, t.incomplete_title, t.incomplete_detail.to_owned()),
            Self::NotFound => (StatusCode::NOT_FOUND, t.not_found_title, t.not_found_detail.to_owned()),
            Self::Forbidden(detail) => (StatusCode::FORBIDDEN, t.forbidden_title, detail),
            Self::Refused(problem) => {
                let status =
                    StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let title = match status {
                    StatusCode::FORBIDDEN => t.forbidden_title,
                    StatusCode::SERVICE_UNAVAILABLE => t.unavailable_title,
                    _ => t.refused_title,
                };
                (
                    status,
                    title,
                    fill(t.refused_detail, &[("detail", &problem.detail), ("id", &problem.request_id)]),
                )
            }
            Self::Broken(cause) => {
                tracing::error!(%cause, "the console got no answer from the API");
                (StatusCode::INTERNAL_SERVER_ERROR, t.broken_title, t.broken_detail.to_owned())
            }
        };
        page::with_status(status, &FaultPage::new(title, detail))
    }
}

//! Forms, as OAuth has them (RFC 6749 section 3.2 and appendix B).

use std::time::Duration;

use axum::extract::{FromRequest, Request};
use http::header::CONTENT_TYPE;
use secrecy::SecretString;

use super::client::invalid_client;
use super::invalid_request;
use crate::answer::ApiError;
use crate::app::App;

/// The longest form that is read, in bytes. Strangers send it.
const MAX_FORM: usize = 16 * 1024;
/// How long a form may take to arrive.
const PATIENCE: Duration = Duration::from_secs(15);

/// A form with a token in it.
pub(in crate::management) struct Form {
    pub(super) token: SecretString,
}

impl FromRequest<App> for Form {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &App) -> Result<Self, ApiError> {
        let kind =
            request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(invalid_request("send Content-Type: application/x-www-form-urlencoded"));
        }
        let read = tokio::time::timeout(PATIENCE, axum::body::to_bytes(request.into_body(), MAX_FORM)).await;
        let bytes = read
            .map_err(|_| invalid_request("the form did not arrive in time"))?
            .map_err(|_| invalid_request(format!("the form broke off, or has more than {MAX_FORM} bytes")))?;
        parse(&bytes)
    }
}

/// A parameter without a value is as one that is left out, and one that is there twice is an error; those that are not
/// known are ignored (RFC 6749 section 3.2).
fn parse(bytes: &[u8]) -> Result<Form, ApiError> {
    let mut seen = Vec::new();
    let mut token = None;
    for (name, value) in form_urlencoded::parse(bytes) {
        if seen.contains(&name) {
            return Err(invalid_request("a parameter is there more than once"));
        }
        match &*name {
            _ if value.is_empty() => {}
            "token" => token = Some(SecretString::from(&*value)),
            // To ignore it would be to take a client that failed to say who it is for one that did not try.
            "client_secret" | "client_assertion" => {
                return Err(invalid_client(
                    "a client says who it is by HTTP Basic or Bearer, and not in the form",
                ));
            }
            _ => {}
        }
        seen.push(name);
    }
    token.map(|token| Form { token }).ok_or_else(|| invalid_request("the parameter token is missing"))
}

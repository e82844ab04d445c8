//! JSON bodies, read strictly: the content type, UTF-8, an object, no unknown, double or null fields, and every
//! error with the field's name.

use std::time::Duration;

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use http_body::Body as _;
use serde::de::DeserializeOwned;
use symbolon_core::{Code, Refusal};

use crate::answer::ApiError;
use crate::app::App;

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(15);
/// How much of a field's name is repeated, in characters.
const MAX_PLACE: usize = 100;

/// A body of type `T`, and its bytes.
pub(super) struct Body<T> {
    pub(super) value: T,
    pub(super) bytes: Bytes,
}

/// A body of type `T`, which may be left out whole: then all its fields are.
pub(super) struct MaybeBody<T> {
    pub(super) value: T,
    pub(super) bytes: Bytes,
}

impl<T: DeserializeOwned + Default> FromRequest<App> for MaybeBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        if request.body().is_end_stream() && !request.headers().contains_key(CONTENT_TYPE) {
            return Ok(Self { value: T::default(), bytes: Bytes::new() });
        }
        let Body { value, bytes } = Body::from_request(request, app).await?;
        Ok(Self { value, bytes })
    }
}

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let kind =
            request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(ApiError::new(Code::UnsupportedMediaType, "send Content-Type: application/json"));
        }
        // Whoever signs in is nobody yet: their bodies are read a few at a time, so that they cannot fill the memory.
        let _place = match request.uri().path() {
            "/v1/sessions" => Some(
                app.shared()
                    .sign_ins
                    .try_acquire()
                    .map_err(|_| ApiError::new(Code::Unavailable, "too many sign-ins at once; try again"))?,
            ),
            _ => None,
        };
        let bytes = bytes(request, app).await?;
        // The quick reader first; only a body that it refuses is read again by the one that knows where it is.
        match serde_json::from_slice(&bytes) {
            Ok(value) if is_object(&bytes) => Ok(Self { value, bytes }),
            _ => Err(explain::<T>(&bytes)),
        }
    }
}

/// The body of a request as it came.
pub(super) async fn bytes(request: Request, app: &App) -> Result<Bytes, ApiError> {
    let read = tokio::time::timeout(PATIENCE, Bytes::from_request(request, app)).await;
    let read = read.map_err(|_| ApiError::new(Code::InvalidRequest, "the body did not arrive in time"))?;
    read.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            ApiError::new(Code::PayloadTooLarge, format!("a body has at most {} bytes", super::MAX_BODY))
        } else {
            ApiError::new(Code::InvalidRequest, "the body broke off")
        }
    })
}

/// Whether what may be JSON may be an object. To serde a list of the fields' values, without their names, would do.
fn is_object(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().first() == Some(&b'{')
}

fn explain<T: DeserializeOwned>(bytes: &[u8]) -> ApiError {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let Err(error) = serde_path_to_error::deserialize::<_, T>(&mut reader) else {
        return if is_object(bytes) {
            ApiError::new(Code::InvalidRequest, "the body holds more than one JSON value")
        } else {
            ApiError::new(Code::ValidationFailed, "the body must be a JSON object, and this is a list")
        };
    };
    // Where the reader stood; at the outermost object it is a dot. It may be a name that the caller made up.
    let place = Some(error.path().to_string()).filter(|place| place != ".");
    let place = place.map(|place| place.chars().take(MAX_PLACE).collect());
    let fault = error.into_inner();
    // The position is of no use to somebody whose program wrote the JSON.
    let text = fault.to_string();
    let message = text.split(" at line ").next().unwrap_or_default();
    if fault.is_data() {
        return unfit(place, message);
    }
    let detail = match std::str::from_utf8(bytes) {
        Ok(_) => format!("the body is not JSON: {message}"),
        Err(_) => "the body is not UTF-8".to_owned(),
    };
    Refusal { code: Code::InvalidRequest, field: place, detail }.into()
}

/// JSON that is not what was asked for.
fn unfit(place: Option<String>, message: &str) -> ApiError {
    let message = if message.starts_with("invalid type: null") {
        "null is not a value here; leave the field out, or give one".to_owned()
    } else {
        shortened(message)
    };
    // "missing field `name`" is found at the object; its name is in the message alone.
    let of_object = ["missing field", "unknown field", "duplicate field"];
    let named =
        message.split('`').nth(1).filter(|_| of_object.iter().any(|start| message.starts_with(start)));
    let field = match (place, named) {
        (None, None) => {
            let detail = format!("the body must be a JSON object: {message}");
            return ApiError::new(Code::ValidationFailed, detail);
        }
        (None, Some(name)) => name.to_owned(),
        (Some(place), Some(name)) if message.starts_with("duplicate") => format!("{place}.{name}"),
        (Some(place), _) => place,
    };
    Refusal::field(field, message).into()
}

/// A message may quote what was sent, however long; and what was sent may be a secret in the wrong place.
fn shortened(message: &str) -> String {
    match (message.find('"'), message.rfind('"')) {
        (Some(start), Some(end)) if end > start => format!("{}…{}", &message[..start], &message[end + 1..]),
        _ => message.chars().take(300).collect(),
    }
}

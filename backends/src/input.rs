//! What callers send, parsed at the door: past it there are only values that the schema can hold.
//!
//! Every refusal is a 422 that names the field, except for a path that names nothing, which is a 404.

use std::fmt;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::request::Parts,
};
use jiff::{Timestamp, tz::Offset};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::error::ApiError;

/// The JSON body. An empty one counts as `{}`, so that calls whose fields are all optional can be made without.
pub(crate) struct Body<T>(pub(crate) T);

/// The JSON body of a change: at least one field, and what is absent stays as it is. `null` is refused, since it might
/// mean either of "leave it" and "clear it".
pub(crate) struct Patch<T>(pub(crate) T);

/// The query. A parameter that the call does not have is refused, so that a misspelt filter never lists everything.
pub(crate) struct Filter<T>(pub(crate) T);

/// The parameter of the path. One that cannot be an id is the id of nothing.
pub(crate) struct Id(pub(crate) i64);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = read(request, state).await?;
        parse(if bytes.is_empty() { b"{}" } else { &bytes }).map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Patch<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = read(request, state).await?;
        let fields: Map<String, Value> = parse(&bytes)?;
        if fields.is_empty() {
            return Err(ApiError::unprocessable("nothing to change: the body has no field"));
        }
        if let Some((name, _)) = fields.iter().find(|(_, value)| value.is_null()) {
            return Err(ApiError::invalid(name, "null changes nothing; leave the field out"));
        }
        // From the bytes once more, and not from the map, which has forgotten that a field came twice.
        parse(&bytes).map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Filter<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(filter) = Query::from_request_parts(parts, state)
            .await
            .map_err(|rejection| ApiError::unprocessable(rejection.body_text()))?;
        Ok(Self(filter))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(id) = Path::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::not_found("the path holds no valid id"))?;
        Ok(Self(id))
    }
}

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, state).await.map_err(|_| ApiError::too_large())
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value =
        serde_path_to_error::deserialize(&mut json).map_err(|error| match error.path().iter().next() {
            Some(_) => ApiError::invalid(&error.path().to_string(), error.inner()),
            // A fault of the body as a whole; a missing or unknown field is named by the message.
            None => ApiError::unprocessable(error.inner().to_string()),
        })?;
    json.end().map_err(|error| ApiError::unprocessable(error.to_string()))?;
    Ok(value)
}

/// Text of 1 to `MAX` characters once trimmed, without control characters other than line breaks and tabs.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Text<const MAX: usize>(String);

impl<const MAX: usize> Text<MAX> {
    /// The text, trimmed.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> TryFrom<String> for Text<MAX> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let text = text.trim();
        let length = text.chars().count();
        if length == 0 || length > MAX {
            return Err(format!("must have 1 to {MAX} characters"));
        }
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            return Err("must not hold control characters".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

/// [`Text`] in one line: for names, and for what goes into the header of a mail.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Line<const MAX: usize>(Text<MAX>);

impl<const MAX: usize> Line<MAX> {
    /// The line, trimmed.
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl<const MAX: usize> TryFrom<String> for Line<MAX> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let text = Text::try_from(text)?;
        if text.as_str().contains(char::is_control) {
            return Err("must be one line".to_owned());
        }
        Ok(Self(text))
    }
}

/// A whole number from `LOW` to `HIGH`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "i64")]
pub(crate) struct Whole<const LOW: i64, const HIGH: i64>(pub(crate) i64);

impl<const LOW: i64, const HIGH: i64> TryFrom<i64> for Whole<LOW, HIGH> {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, String> {
        if (LOW..=HIGH).contains(&number) {
            Ok(Self(number))
        } else {
            Err(format!("must be from {LOW} to {HIGH}"))
        }
    }
}

/// An amount of grams or of money: above zero and at most a million.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "f64")]
pub(crate) struct Amount(pub(crate) f64);

impl TryFrom<f64> for Amount {
    type Error = &'static str;

    fn try_from(amount: f64) -> Result<Self, Self::Error> {
        if amount > 0.0 && amount <= 1_000_000.0 {
            Ok(Self(amount))
        } else {
            Err("must be above 0 and at most 1000000")
        }
    }
}

/// A moment in UTC, to the second. Read from RFC 3339, or from a bare date for its first second.
///
/// It is kept and shown as `YYYY-MM-DDTHH:MM:SSZ`, whose order as text is the order in time; years outside 1970 to
/// 9999 would break that and are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Moment(Timestamp);

impl Moment {
    /// The present. Everything that these applications date comes from here.
    #[expect(
        clippy::disallowed_methods,
        reason = "the applications are an edge: nothing above hands them the time"
    )]
    pub(crate) fn now() -> Self {
        Self(Timestamp::now())
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0.strftime("%Y-%m-%dT%H:%M:%SZ"))
    }
}

impl TryFrom<String> for Moment {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let full = if text.len() == "YYYY-MM-DD".len() { format!("{text}T00:00:00Z") } else { text };
        let moment: Timestamp =
            full.parse().map_err(|_| "must be a date, or a time such as 2026-11-23T09:00:00Z")?;
        if (1970..=9999).contains(&Offset::UTC.to_datetime(moment).year()) {
            Ok(Self(moment))
        } else {
            Err("must be in the years 1970 to 9999")
        }
    }
}

//! Path and query parameters, read strictly.

use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use serde::de::DeserializeOwned;
use symbolon_core::store::PageQuery;
use symbolon_core::{Code, Refusal};

use crate::answer::ApiError;
use crate::app::App;

/// Path parameters. What cannot be read names nothing that is there.
pub(super) struct PathOf<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for PathOf<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let found = Path::<T>::from_request_parts(parts, app).await;
        found
            .map(|Path(value)| Self(value))
            .map_err(|_| ApiError::new(Code::NotFound, "the path names nothing that is there"))
    }
}

/// Query parameters; unknown and double ones are refused.
pub(super) struct QueryOf<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<App> for QueryOf<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        let found = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        found.map(|query| Self(query.0)).map_err(|rejection| {
            let text = rejection.body_text();
            let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
            let message: String = text.chars().take(200).collect();
            let field =
                message.split('`').nth(1).or_else(|| message.split(':').next()).unwrap_or("query").to_owned();
            Refusal::field(field, message).into()
        })
    }
}

/// `limit` and `cursor` of a list: 50 items unless asked for otherwise, at most 1,000.
pub(super) fn page(limit: Option<usize>, cursor: Option<String>) -> Result<PageQuery, Refusal> {
    let limit = limit.unwrap_or(50);
    if !(1..=1_000).contains(&limit) {
        return Err(Refusal::field("limit", "limit is 1 to 1000"));
    }
    Ok(PageQuery { after: cursor, limit })
}

/// A text that must be of type `T`.
pub(super) fn parsed<T: FromStr>(field: &str, text: &str) -> Result<T, Refusal>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|fault: T::Err| Refusal::field(field, fault.to_string()))
}

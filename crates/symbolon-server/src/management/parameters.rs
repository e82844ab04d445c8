//! Path, query and header parameters, read strictly, and described once for the `OpenAPI` document.

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use symbolon_core::store::{Page, PageQuery, StoreError};
use symbolon_core::{Code, Refusal};
use utoipa::IntoParams;

use crate::answer::ApiError;
use crate::app::App;

/// The longest text that a list is searched or filtered by, in bytes.
const MAX_FILTER: usize = 1_000;

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

/// A service.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OfService {
    /// The service's name.
    pub(super) service: String,
}

/// A token of a service.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OfToken {
    /// The service's name.
    pub(super) service: String,
    /// The token's id, or its `token_prefix`.
    pub(super) id: String,
}

/// A user.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OfUser {
    /// The user's name or id.
    pub(super) name: String,
}

/// A key.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OfKey {
    /// The key's id.
    pub(super) id: String,
}

/// A session.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OfSession {
    /// The session's id.
    pub(super) id: String,
}

/// An ask.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OfAsk {
    /// The ask's id.
    pub(super) id: String,
}

/// A webhook.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OfWebhook {
    /// The webhook's name.
    pub(super) name: String,
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
            // `name: what is wrong with its value`, or `unknown field `name`, …`.
            let named =
                message.split_once(": ").map(|(name, _)| name).filter(|name| !name.contains([' ', '`']));
            let field = named.or_else(|| message.split('`').nth(1)).unwrap_or("query").to_owned();
            Refusal::field(field, message).into()
        })
    }
}

/// The query of a list that is only paged through.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Paging {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1 to 1000; 50 if left out.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

impl Paging {
    /// The page that is asked for.
    pub(super) fn page(self) -> Result<PageQuery, Refusal> {
        page(self.limit, self.cursor)
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

/// A page as the record gave it. What a list does not find can only be the page itself.
pub(super) fn found<T>(page: Result<Page<T>, StoreError>) -> Result<Page<T>, ApiError> {
    page.map_err(|error| match error {
        StoreError::NotFound(_) => {
            Refusal::field("cursor", "give the next_cursor of a page of this list").into()
        }
        error => error.into(),
    })
}

/// A text that a list is filtered by.
pub(super) fn filter(field: &str, text: Option<String>) -> Result<Option<String>, Refusal> {
    let fits = text.as_ref().is_none_or(|text| (1..=MAX_FILTER).contains(&text.len()));
    if fits { Ok(text) } else { Err(Refusal::field(field, format!("1 to {MAX_FILTER} bytes, or left out"))) }
}

/// A text that must be of type `T`.
pub(super) fn parsed<T: FromStr<Err: Display>>(field: &str, text: &str) -> Result<T, Refusal> {
    text.parse().map_err(|fault: T::Err| Refusal::field(field, fault.to_string()))
}

//! Who is calling, as Symbolon says it.
//!
//! Symbolon strips these headers from whatever a client sent and then sets all five, with `-` where there is nothing
//! to say. One that is missing, doubled or malformed therefore means that the request took another way in.

use axum::{
    extract::{FromRequestParts, Request},
    http::{HeaderMap, request::Parts},
    middleware::Next,
    response::Response,
};
use serde::Serialize;

use crate::error::ApiError;

const PRINCIPAL: &str = "X-Symbolon-Principal";
const TOKEN_ID: &str = "X-Symbolon-Token-Id";
const OWNER: &str = "X-Symbolon-Owner";
const ROLE: &str = "X-Symbolon-Role";
const SCOPES: &str = "X-Symbolon-Scopes";

/// What `-` and an absent user are called where a name has to be written down.
const NOBODY: &str = "anonymous";

/// The five identity headers, read.
#[derive(Debug, Serialize)]
pub(crate) struct Identity {
    /// How the caller proved who it is: `token`, `session`, `system` or `anonymous`.
    pub(crate) principal: String,
    /// The token's id, where the principal is a token.
    pub(crate) token_id: Option<String>,
    /// The user on whose behalf the request is made.
    pub(crate) owner: Option<String>,
    /// That user's role in this application.
    pub(crate) role: Option<String>,
    /// The effective scopes of the token. For showing; the application decides nothing by them.
    pub(crate) scopes: Vec<String>,
}

impl Identity {
    /// The name to record as the one who acted.
    pub(crate) fn actor(&self) -> &str {
        self.owner.as_deref().unwrap_or(NOBODY)
    }

    /// Whether the user's role here is one of `roles`.
    pub(crate) fn has_role(&self, roles: &[&str]) -> bool {
        self.role.as_deref().is_some_and(|role| roles.contains(&role))
    }

    fn read(headers: &HeaderMap) -> Result<Self, ApiError> {
        let principal = one(headers, PRINCIPAL)?;
        if !["token", "session", "system", NOBODY].contains(&principal) {
            return Err(ApiError::not_behind_symbolon(PRINCIPAL));
        }
        let scopes = optional(headers, SCOPES)?.unwrap_or_default();
        Ok(Self {
            principal: principal.to_owned(),
            token_id: optional(headers, TOKEN_ID)?,
            owner: optional(headers, OWNER)?,
            role: optional(headers, ROLE)?,
            scopes: scopes.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect(),
        })
    }
}

impl<S: Sync> FromRequestParts<S> for Identity {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Self::read(&parts.headers)
    }
}

/// Refuses, on every path and before anything else, a request that did not come through Symbolon.
pub(crate) async fn require(request: Request, next: Next) -> Result<Response, ApiError> {
    Identity::read(request.headers())?;
    Ok(next.run(request).await)
}

/// The one value of a header. Two are as bad as none: one of them would be somebody else's.
fn one<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, ApiError> {
    let mut values = headers.get_all(name).iter();
    match (values.next().and_then(|value| value.to_str().ok()), values.next()) {
        (Some(value), None) if !value.is_empty() => Ok(value),
        _ => Err(ApiError::not_behind_symbolon(name)),
    }
}

fn optional(headers: &HeaderMap, name: &str) -> Result<Option<String>, ApiError> {
    let value = one(headers, name)?;
    Ok((value != "-").then(|| value.to_owned()))
}

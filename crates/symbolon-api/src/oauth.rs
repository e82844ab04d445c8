//! What OAuth's own calls take and answer. Their names are the standards', and so are the forms of their errors.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A token to be looked at, or to be ended: the form of RFC 7662 section 2.1 and RFC 7009 section 2.1. Other parameters
/// are ignored, as RFC 6749 section 3.2 asks for.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct TokenForm {
    /// The token.
    pub token: String,
    /// What the caller takes it for. It is accepted and not relied on: a token says by itself what it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub token_type_hint: Option<String>,
}

impl fmt::Debug for TokenForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenForm").finish_non_exhaustive()
    }
}

/// What is known of a token (RFC 7662 section 2.2). Of one that does not pass just now, for whatever reason, `active` is
/// all that is told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Introspection {
    /// Whether it passes at all.
    pub active: bool,
    /// Its effective scopes, separated by spaces; empty where it holds none that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub scope: Option<String>,
    /// The owner's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub username: Option<String>,
    /// The owner's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sub: Option<String>,
    /// The service that it opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub aud: Option<String>,
    /// The token's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub jti: Option<String>,
    /// `Bearer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub token_type: Option<String>,
    /// When it was made, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub iat: Option<i64>,
    /// When it ends, in seconds since 1970, rounded down; not there where it does not end by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub exp: Option<i64>,
    /// Who issued it: the `public_url` of this server, where one is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub iss: Option<String>,
}

/// An error in the form of RFC 6749 section 5.2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OAuthError {
    /// `invalid_request`, `invalid_client`, `unauthorized_client` or `unsupported_token_type`.
    pub error: String,
    /// One sentence for people.
    pub error_description: String,
}

/// What a guarded service says of itself (RFC 9728 section 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ResourceMetadata {
    /// Where callers reach it.
    pub resource: String,
    /// Its name for people.
    pub resource_name: String,
    /// The scopes of its catalog.
    pub scopes_supported: Vec<String>,
    /// How a token is presented: in the `Authorization` header, and no other way.
    pub bearer_methods_supported: Vec<String>,
}

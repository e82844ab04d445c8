use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::SessionRecord;
use crate::strict::{given, given_once};

/// A token's record. The secret is never in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenRecord {
    /// `tok_…`, for ever.
    pub id: String,
    /// The service that it opens.
    pub service: String,
    /// What its maker called it.
    pub name: String,
    /// Free text, often empty.
    pub description: String,
    /// What else was noted of it, by key.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// The name of the user that it belongs to.
    pub owner: String,
    /// The first 8 characters after the prefix.
    pub token_prefix: String,
    /// The granted scopes.
    pub scopes: Vec<String>,
    /// What they amount to now: their closure under the catalog's implications, within the owner's role.
    pub effective_scopes: Vec<String>,
    /// Granted scopes that the catalog does not declare any more; they grant nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inert_scopes: Vec<String>,
    /// The profile that it was made from.
    pub profile: Option<String>,
    /// `active`, `disabled`, `expired` or `revoked`.
    pub state: String,
    /// When it was made.
    pub created_at: String,
    /// When it ends; `null` is never.
    pub expires_at: Option<String>,
    /// When it was last let through; `null` is never.
    pub last_used_at: Option<String>,
    /// In a list that was asked for it: its requests, allowed and refused, on each of the last days in UTC, oldest
    /// first, today last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub requests: Option<Vec<u64>>,
}

/// A new token: its record and, this once, its secret.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct CreatedToken {
    /// The record.
    #[serde(flatten)]
    pub record: TokenRecord,
    /// The secret. It is not kept and cannot be shown again.
    pub token: String,
}

impl fmt::Debug for CreatedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedToken").field("record", &self.record).finish_non_exhaustive()
    }
}

/// What a token is asked to be. At least one scope, or a profile.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateToken {
    /// 1 to 100 characters.
    pub name: String,
    /// Free text, at most 1,000 characters.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub description: Option<String>,
    /// What else to note of it: at most 20 texts of at most 500 characters, by a key of 1 to 64 of `a-z 0-9 . _ -`. No
    /// secrets: whoever sees the token sees them.
    #[serde(default, deserialize_with = "given_once", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub metadata: Option<BTreeMap<String, String>>,
    /// Scopes of the service's catalog.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub scopes: Option<Vec<String>>,
    /// A profile of the service's catalog, in place of scopes.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub profile: Option<String>,
    /// The user that it shall belong to; left out: the caller, or `system` for a system key.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub owner: Option<String>,
    /// The moment at which it ends (RFC 3339), or
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub expires_at: Option<String>,
    /// how long it lives, such as `30d`, or `none`. Left out: as the catalog says.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub expires_in: Option<String>,
}

/// What of a token shall change. A field that is left out is left alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditToken {
    /// 1 to 100 characters.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
    /// Free text, at most 1,000 characters.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub description: Option<String>,
    /// Entries of metadata to set; `null` takes one away. A key that is not named is left alone.
    #[serde(default, deserialize_with = "given_once", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub metadata: Option<BTreeMap<String, Option<String>>>,
    /// All its scopes from now on.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub scopes: Option<Vec<String>>,
    /// The moment at which it ends (RFC 3339), or
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub expires_at: Option<String>,
    /// how long it lives from now on, such as `30d`, or `none`.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub expires_in: Option<String>,
    /// Another user that it shall belong to: one to whom all that it holds could be issued.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub owner: Option<String>,
}

/// What a caller learns of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SelfInfo {
    /// `token`, `session`, `system` or `verifier`.
    pub principal: String,
    /// The user's name, where there is one.
    pub user: Option<String>,
    /// Whether the user administers the installation.
    pub platform_admin: bool,
    /// The token's record, if it is a token.
    pub token: Option<TokenRecord>,
    /// The session, if it is one.
    pub session: Option<SessionRecord>,
    /// For a session: whether the password was given by somebody else, and is to be changed. It is a request to the
    /// person; no call is refused for it.
    #[serde(default)]
    pub password_temporary: bool,
    /// For a session: every service by name, with what the user may do there.
    #[serde(default)]
    pub services: Vec<SelfService>,
}

/// What a signed-in user may do in one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SelfService {
    /// Its name.
    pub service: String,
    /// Its name for people.
    pub title: String,
    /// What its tokens begin with.
    pub token_prefix: String,
    /// The user's role there; `null` is none.
    pub role: Option<String>,
    /// Whether the user manages their own tokens there.
    pub manages_tokens: bool,
    /// Whether the user manages the tokens of others too, up to the own role.
    pub manages_others: bool,
    /// The scopes that the user may grant to a token of their own.
    pub grantable_scopes: Vec<String>,
}

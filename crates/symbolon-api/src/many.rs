use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::strict::{given, object, objects};
use crate::{CreateToken, CreatedToken, TokenRecord};

/// Tokens to be made together: all or none.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateTokens {
    /// 1 to 100 of them.
    #[serde(deserialize_with = "objects")]
    pub tokens: Vec<CreateToken>,
}

/// Tokens that were made together, in the order in which they were asked for, each with its secret, this once.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CreatedTokens {
    /// As many as were asked for.
    pub tokens: Vec<CreatedToken>,
}

/// Which tokens of a service. What is given must hold together; at least one is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkFilter {
    /// Of the user of this name.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub owner: Option<String>,
    /// To which this scope was granted, by itself and not by what includes it.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub scope: Option<String>,
    /// Whose name, description or `token_prefix` contains this.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub query: Option<String>,
    /// Whose `token_prefix` begins with this.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub prefix: Option<String>,
    /// That were neither used nor made at this moment (RFC 3339) or after it.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub unused_since: Option<String>,
    /// That were made before this moment (RFC 3339).
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub created_before: Option<String>,
    /// That were derived from the token of this id.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub parent: Option<String>,
    /// `active`, `disabled` or `expired`. Left out: all but the revoked.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub state: Option<String>,
}

/// What is done to each of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum BulkAction {
    /// They are revoked.
    Revoke(BulkRevoke),
    /// Scopes are taken away.
    Narrow(BulkNarrow),
    /// They are given to another owner.
    Own(BulkOwn),
}

/// Nothing more is to be said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkRevoke {}

/// To whom they are given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkOwn {
    /// The user's name.
    pub owner: String,
}

/// Which scopes are taken away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BulkNarrow {
    /// These, and what includes one of them. What else such a scope included is kept.
    Remove(Vec<String>),
    /// All but these and what they include. No token gets one that it had not.
    To(Vec<String>),
}

/// Something to be done to many tokens at once. Without a `plan` nothing is done: the answer says what would be, and
/// gives the `plan` with which to ask for just that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkTokens {
    /// To which.
    #[serde(deserialize_with = "object")]
    pub filter: BulkFilter,
    /// What.
    pub action: BulkAction,
    /// The `plan` of the answer that was looked at.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub plan: Option<String>,
}

/// What would be done to many tokens, or was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulkAnswer {
    /// Whether it was done.
    pub done: bool,
    /// Stands for the tokens as they were, and for what comes of each of them.
    pub plan: String,
    /// How many tokens change.
    pub changed: u64,
    /// How many are so already, and are left alone.
    pub unchanged: u64,
    /// How many the caller may not change like this, and are left alone.
    pub refused: u64,
    /// The first of those refused and of those that change, at most 100 of each, newest first.
    pub items: Vec<BulkItem>,
}

/// What becomes of one of many tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BulkItem {
    /// The token, as it is before.
    pub token: TokenRecord,
    /// `changed` or `refused`.
    pub outcome: String,
    /// Why it is refused; or of one that is given away, that it comes out disabled and what to do then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub detail: Option<String>,
    /// For one that is narrowed: its granted scopes afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub scopes: Option<Vec<String>>,
}

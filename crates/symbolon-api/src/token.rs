use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::import::ImportedSecret;
use crate::strict::{given, given_object, given_once, object_or_null};
use crate::{Restrictions, SessionRecord};

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
    /// When it was last rotated; `null` is never.
    #[serde(default)]
    pub rotated_at: Option<String>,
    /// The secret before the present one, for as long as it works.
    #[serde(default)]
    pub old_secret: Option<OldSecret>,
    /// When a retired secret of it was last seen to be used: somebody has one who should not, or a client was forgotten.
    #[serde(default)]
    pub reused_at: Option<String>,
    /// How many requests it may make by a limit of its own, such as `100/1m`; `null` is as its service says.
    pub rate_limit: Option<String>,
    /// How many it may make now: its own limit as far as the service allows it, or the service's; `null` is any number.
    pub effective_rate_limit: Option<String>,
    /// The requests that it is restricted to; `{}` is none.
    #[serde(default)]
    pub restrictions: Restrictions,
    /// How many requests that change something it may make, such as `20/1h`; `null` is as many as at all.
    #[serde(default)]
    pub change_limit: Option<String>,
    /// The id of the token that it was derived from, if it was.
    #[serde(default)]
    pub parent: Option<String>,
    /// How far it is from a token that was not derived; 0 for such a one.
    #[serde(default)]
    pub depth: u8,
    /// How many generations may descend from it: with more than 0 it can make tokens that can do less.
    #[serde(default)]
    pub derive: u8,
    /// Where one token is asked for: how many that were derived from it live, if any do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub children: Option<u64>,
    /// What is lent to it now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loans: Vec<LoanRecord>,
    /// For an imported token whose secret is still the application's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub imported: Option<ImportedSecret>,
}

/// Scopes that somebody lends to a token for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LoanRecord {
    /// What is lent.
    pub scopes: Vec<String>,
    /// Until when.
    pub until: String,
    /// The id of who lent it.
    pub by: String,
    /// The id of what it was asked by.
    pub ask: String,
}

/// A token's secret before the present one, which still works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OldSecret {
    /// When it ends, as far as that is known; `null`: a grace after the first use of the present one, or with the token.
    pub ends_at: Option<String>,
    /// How long after the first use of the present one it ends, if it does.
    pub grace: Option<String>,
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
    /// How many requests it may make, such as `100/1m` or `100/1m burst 50`; `default`, or left out: as the catalog says.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub rate_limit: Option<String>,
    /// How many requests that change something it may make, such as `20/1h`: all but GET, HEAD and OPTIONS. `none`, or left
    /// out: as many as at all.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub change_limit: Option<String>,
    /// How many generations of tokens may descend from it, 0 to 4. Left out: 0, it makes none.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, maximum = 4)]
    pub derive: Option<u8>,
    /// The requests that it is restricted to. Left out: all that its scopes open.
    #[serde(default, deserialize_with = "given_object", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub restrictions: Option<Restrictions>,
}

/// What a token asks a child of its own to be.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeriveToken {
    /// 1 to 100 characters.
    pub name: String,
    /// Free text, at most 1,000 characters.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub description: Option<String>,
    /// Some of the scopes that the token itself holds. What is lent to it goes no further.
    pub scopes: Vec<String>,
    /// The moment at which it ends (RFC 3339), or
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub expires_at: Option<String>,
    /// how long it lives, such as `10m`; not longer than the token. Left out: one hour, or as long as the token.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub expires_in: Option<String>,
    /// How many requests it may make, within what the token may; the token's own limit counts for both.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub rate_limit: Option<String>,
    /// How many requests that change something it may make, likewise.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub change_limit: Option<String>,
    /// How many generations may descend from it, fewer than from the token. Left out: 0.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, maximum = 3)]
    pub derive: Option<u8>,
    /// The requests that it is restricted to, beside all that the token is restricted to.
    #[serde(default, deserialize_with = "given_object", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub restrictions: Option<Restrictions>,
}

/// What of a token shall change. A field that is left out is left alone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
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
    /// How many requests it may make from now on, such as `100/1m`; `default` is as the catalog says.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub rate_limit: Option<String>,
    /// How many requests that change something it may make from now on, such as `20/1h`; `none` is as many as at all.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub change_limit: Option<String>,
    /// How many generations of tokens may descend from it from now on. Those that are there stay.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, maximum = 4)]
    pub derive: Option<u8>,
    /// All the requests that it is restricted to from now on; `null` takes every restriction away.
    #[serde(default, deserialize_with = "object_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Restrictions>)]
    pub restrictions: Option<Option<Restrictions>>,
    /// Another user that it shall belong to: one to whom all that it holds could be issued.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub owner: Option<String>,
}

/// How a token shall be rotated.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateToken {
    /// When the old secret ends: `first_use` of the new one and a grace, `now`, a time from now such as `2d`, or a moment
    /// (RFC 3339). Left out: `first_use`. It never outlives the token's end until now.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub old_ends: Option<String>,
    /// How long after the first use of the new secret the old one ends, `0s` to `30d`. Left out: `1h`.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub grace: Option<String>,
    /// A new end of the token (RFC 3339), or
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub expires_at: Option<String>,
    /// how long it lives from now on, such as `30d`, or `none`. Left out: its end stays.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub expires_in: Option<String>,
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
    /// For a platform administrator's session: how many rows of the record were changed outside Symbolon and count as not
    /// there. `/v1/status` says which.
    #[serde(default)]
    pub broken_seals: u64,
    /// For a session: how many asks wait for an answer that its user could give; counted up to what one page holds.
    /// `null` where that is not known.
    #[serde(default)]
    pub open_asks: Option<u64>,
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

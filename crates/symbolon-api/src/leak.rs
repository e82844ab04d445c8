//! Secrets that were found where they should not be.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::strict::given;
use crate::{KeyRecord, TokenRecord};

/// Secrets that somebody has found, to be told what they are, and perhaps to take them back.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LookUpLeaks {
    /// 1 to 1000 of them.
    pub found: Vec<FoundSecret>,
    /// Whether to take back what lives, and to write down in the audit where it was found. Without it nothing changes and
    /// nothing is written.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub revoke: Option<bool>,
}

/// A secret, and where it was found. It prints without the secret.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FoundSecret {
    /// The token or key itself, 1 to 8192 bytes.
    pub secret: String,
    /// Where it was found, for the audit: a file and a line, an address. 1 to 1000 bytes.
    pub place: String,
}

impl fmt::Debug for FoundSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FoundSecret").field("place", &self.place).finish_non_exhaustive()
    }
}

/// What is known of secrets that were found, in the order in which they were given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Leaks {
    /// One for each.
    pub items: Vec<Leak>,
}

/// What is known of a secret that was found. The secret is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Leak {
    /// `active`, `disabled`, `expired` or `revoked`, as a token's; a key is `active` until it is taken back. What this
    /// installation does not know is `unknown`, and so is a key that was taken back before.
    pub state: String,
    /// The token, if it is one: also one that was revoked before, known by its `token_prefix`.
    pub token: Option<TokenRecord>,
    /// The key, if it is one.
    pub key: Option<KeyRecord>,
    /// Whether it is the very key that this call was made with.
    pub own_key: bool,
    /// Whether it was taken back by this call.
    pub revoked: bool,
}

/// A secret that GitHub has found in a public place ("Secret scanning partner program").
#[derive(Clone, Deserialize, ToSchema)]
pub struct GitHubMatch {
    /// The secret.
    pub token: String,
    /// What the kind of secret is called at GitHub.
    #[serde(rename = "type")]
    pub kind: String,
    /// The public address at which it was found; may be empty.
    #[serde(default)]
    pub url: String,
    /// In what it was found, such as `commit` or `gist_content`.
    #[serde(default)]
    pub source: Option<String>,
}

impl fmt::Debug for GitHubMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitHubMatch")
            .field("kind", &self.kind)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// Whether what GitHub has found is a secret of this installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GitHubLabel {
    /// The secret's SHA-256, in hexadecimal.
    pub token_hash: String,
    /// What the kind of secret is called at GitHub.
    pub token_type: String,
    /// `true_positive` or `false_positive`.
    pub label: String,
}

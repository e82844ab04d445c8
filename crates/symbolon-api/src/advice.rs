use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::TokenRecord;

/// What is advised about a token. Nothing is changed by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenAdvice {
    /// The token.
    pub token: TokenRecord,
    /// What deserves a look, the gravest first.
    pub findings: Vec<Finding>,
    /// The scopes that would do, where they are fewer or weaker than those granted. Each is granted already, or implied
    /// by one that is. An edit that names them as its `scopes` takes the rest away.
    pub narrowed: Option<Vec<String>>,
}

/// One thing about a token that deserves a look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// `owner_inactive`, `no_effective_scopes`, `never_used`, `unused`, `unused_scopes`, `inert_scopes`, `expiring` or
    /// `never_expires`.
    pub kind: String,
    /// For `unused_scopes` and `inert_scopes`: the granted scopes that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// For `unused`: when it was last used. For `expiring`: when it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub at: Option<String>,
}

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A service: its catalog as data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServiceInfo {
    /// Its name.
    pub service: String,
    /// Its name for people.
    pub title: String,
    /// Where its proxy listens, as a URL; `null` where it has none, or it is not known.
    pub url: Option<String>,
    /// What its tokens begin with.
    pub token_prefix: String,
    /// Its roles, weakest first.
    pub roles: Vec<String>,
    /// The weakest role that manages its own tokens.
    pub token_managers: String,
    /// The weakest role that manages the tokens of others, up to itself.
    pub token_admins: String,
    /// A new token's lifetime where none is asked for, such as `30d` or `none`.
    pub default_lifetime: String,
    /// The longest lifetime.
    pub max_lifetime: String,
    /// Its scopes.
    pub scopes: Vec<ScopeInfo>,
    /// Its profiles.
    pub profiles: Vec<ProfileInfo>,
    /// The path prefixes under which every route is served.
    pub mounts: Vec<String>,
    /// Its routes.
    pub routes: Vec<RouteInfo>,
}

/// A scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScopeInfo {
    /// Its name.
    pub name: String,
    /// What it grants.
    pub grants: String,
    /// What it implies directly.
    pub implies: Vec<String>,
    /// The weakest role whose tokens may hold it; `null` is every role.
    pub min_role: Option<String>,
}

/// A profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProfileInfo {
    /// Its name.
    pub name: String,
    /// What it grants.
    pub scopes: Vec<String>,
}

/// A route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RouteInfo {
    /// Its method.
    pub method: String,
    /// Its pattern, without a mount.
    pub path: String,
    /// `public`, `human`, `system` or `scopes`.
    pub access: String,
    /// For `scopes`: sets, any one of which will do.
    pub scopes: Vec<Vec<String>>,
    /// What a session needs, and what a token's owner must still have.
    pub role: String,
}

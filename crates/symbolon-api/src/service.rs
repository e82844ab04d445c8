use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::import::OldFormInfo;
use crate::strict::given;

/// A service: its catalog as data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServiceInfo {
    /// Its name.
    pub service: String,
    /// Its name for people.
    pub title: String,
    /// Where its proxy listens, as a URL; `null` where it has none, or it is not known.
    pub url: Option<String>,
    /// Whether refusals are acted on. `false`: what would be refused is noted, and goes on to the application.
    pub enforced: bool,
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
    /// Whether a token may be made that never ends.
    pub never_expires: bool,
    /// How many tokens of one user may live at once; `null` is any number.
    pub max_live: Option<u32>,
    /// What the use of a retired secret does besides being recorded: `record` is nothing, `quarantine` switches the token off.
    #[serde(default)]
    pub on_reuse: String,
    /// For how long a token may lie unused; `null` is for ever.
    pub idle_expiry: Option<String>,
    /// For how long scopes may be lent to a token that asks for them; `null`: no token may ask.
    #[serde(default)]
    pub max_loan: Option<String>,
    /// Its scopes.
    pub scopes: Vec<ScopeInfo>,
    /// Its profiles.
    pub profiles: Vec<ProfileInfo>,
    /// The path prefixes under which every route is served.
    pub mounts: Vec<String>,
    /// Its routes.
    pub routes: Vec<RouteInfo>,
    /// How many requests its tokens may make together, such as `1000/1s`; `null` is any number.
    pub rate_limit: Option<String>,
    /// How many a token may make that has no limit of its own.
    pub token_rate_limit: Option<String>,
    /// The most that a token's own limit may be.
    pub max_token_rate_limit: Option<String>,
    /// How the tokens look that the application made before, where they count; `null` where none do.
    #[serde(default)]
    pub old_form: Option<OldFormInfo>,
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
    /// The longest that a token which holds it may live; `null` is as long as any.
    pub max_lifetime: Option<String>,
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

/// What of a service shall change. A field that is left out is left alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditService {
    /// Whether refusals are acted on. Once it is set, what the configuration says holds no more.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub enforce: Option<bool>,
}

/// What was seen of a service while it was not enforced. It is kept in memory and begins anew with the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Observed {
    /// The service.
    pub service: String,
    /// Whether it is enforced now.
    pub enforced: bool,
    /// What says so: `record`, where somebody has switched it, or `configuration`.
    pub decided_by: String,
    /// When it was last switched; `null` where it never was.
    pub switched_at: Option<String>,
    /// Since when is looked: the server's start.
    pub since: String,
    /// What was seen, the most often first.
    pub sights: Vec<Sight>,
    /// Requests that are in none of them, for there was no place.
    pub left_out: u64,
}

/// Requests that are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sight {
    /// The method; of one that has no route, its capital letters alone.
    pub method: String,
    /// The route's pattern, without a mount. Without a route, a pattern drafted from the path; `-` where the path is not
    /// canonical.
    pub path: String,
    /// Whether the catalog has it as a route.
    pub in_catalog: bool,
    /// Whether it is under one of the catalog's mounts; where it is not, `path` is the whole path.
    pub under_mount: bool,
    /// Why it would have been refused, as in a token's use. `null`: it would not, for it carried nothing of Symbolon's
    /// and goes past in passthrough; but it has no route.
    pub reason: Option<String>,
    /// How many there were.
    pub count: u64,
    /// The last one.
    pub last_at: String,
}

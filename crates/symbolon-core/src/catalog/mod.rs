//! The catalog: a service as data (DESIGN part 3). `source` is the file as written, `compile` gives it meaning,
//! `matcher` finds the route of a path among `pattern`s, `reading` says what the path is as that route, `draft` makes a
//! pattern of one, `policy` and `limits` bound its tokens, `tool` is what agents call by a name, `fault` says what is wrong and
//! where.

mod compile;
mod draft;
mod fault;
mod limits;
mod matcher;
mod pattern;
mod policy;
mod reading;
mod roles;
mod source;
#[cfg(test)]
mod tests;
mod tool;

pub use draft::drafted;
pub use fault::{CatalogError, Fault};
pub use limits::Limits;
pub use matcher::RouteIndex;
pub use policy::{Longest, OnReuse, Policy};
pub use reading::Reading;
pub use roles::{Role, Roles};
pub use tool::{ArgumentFault, DRY_RUN, Draft, Effect, Part, Schema, Shape, Tool};

use crate::lifetime::Lifetime;
use crate::name::{ScopeName, ServiceName};
use crate::old_form::OldForm;
use crate::record::User;
use crate::scope::{ScopeSet, Vocabulary};
use crate::target::Target;
use crate::token::Prefix;
use matcher::Matcher;
use reading::Place;

/// A compiled catalog. Immutable; a reload makes another one.
#[derive(Debug)]
pub struct Catalog {
    /// The service's name.
    pub service: ServiceName,
    /// Its name for people.
    pub title: String,
    /// What its tokens begin with.
    pub prefix: Prefix,
    /// Its roles.
    pub roles: Roles,
    /// Weakest role that may manage its own tokens.
    pub token_managers: Role,
    /// Weakest role that may also manage those of others, though of nobody above itself.
    pub token_admins: Role,
    /// What its tokens may be at the most.
    pub policy: Policy,
    /// How many requests its tokens may make.
    pub limits: Limits,
    /// How the tokens look that the application made before, where they count.
    pub old_form: Option<OldForm>,
    /// Named bundles, in the order of the file.
    pub profiles: Vec<Profile>,
    /// Its routes, in the order of the file.
    pub routes: Vec<Route>,
    /// What agents may call by a name, in the order of the file.
    pub tools: Vec<Tool>,
    /// Whether the application itself answers what would become of a change, where `X-Dry-Run` asks.
    pub application_dry_run: bool,
    /// Whether the application itself sees to it that a change is made once, where an `Idempotency-Key` asks.
    pub application_idempotency: bool,
    /// The path prefixes under which every route is served.
    pub mounts: Vec<String>,
    /// What is odd but not wrong, such as a scope that no route asks for.
    pub warnings: Vec<Fault>,
    scopes: Vocabulary,
    details: Vec<ScopeDetail>,
    /// For each role, the scopes that it is strong enough to hold.
    within_role: Vec<ScopeSet>,
    options_public: bool,
    matcher: Matcher,
    generation: u64,
}

/// What the catalog says of one scope.
#[derive(Debug, Clone)]
pub struct ScopeDetail {
    /// The scope.
    pub name: ScopeName,
    /// What it grants, for people.
    pub grants: String,
    /// What it implies directly, the stars of the file expanded.
    pub implies: Vec<ScopeName>,
    /// The weakest role whose tokens may use it.
    pub min_role: Option<Role>,
    /// The longest that a token which holds it may live.
    pub max_lifetime: Option<Lifetime>,
}

/// A named bundle of scopes to choose at creation.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// What it grants.
    pub scopes: Vec<ScopeName>,
}

/// A method, a path pattern, and what they ask for.
#[derive(Debug)]
pub struct Route {
    /// The method, in capitals.
    pub method: String,
    /// The pattern as written, without a mount.
    pub path: String,
    /// What it asks for.
    pub access: Access,
    /// What a session needs, and what a token's owner must still have.
    pub role: Role,
    /// Its line in the file.
    pub line: usize,
    /// Its pattern under each mount.
    places: Vec<Place>,
}

/// What a route asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// A person, or the system key; never a token.
    Human,
    /// The system key alone.
    System,
    /// Any one of these sets of scopes.
    Scopes(Vec<ScopeSet>),
}

/// What a method and a path are in a catalog.
#[derive(Debug)]
pub enum Matched<'a> {
    /// This route.
    Route(RouteIndex, &'a Route),
    /// A CORS preflight of a path that has routes, in a catalog with `options = "public"`.
    Preflight,
    /// The path has routes, for these methods.
    OtherMethods(Vec<&'a str>),
    /// Nothing.
    None,
}

impl Catalog {
    /// Compiles a catalog. `file` is what faults name; `text` is the file.
    pub fn compile(file: &str, text: &str) -> Result<Self, CatalogError> {
        compile::compile(file, text)
    }

    /// A number that differs between catalogs of different text: what was resolved under one generation means
    /// nothing under another.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The declared scopes with what is said of them, in the order of the file.
    pub fn scopes(&self) -> &[ScopeDetail] {
        &self.details
    }

    /// What is said of one scope.
    pub fn scope(&self, name: &ScopeName) -> Option<&ScopeDetail> {
        self.details.iter().find(|detail| detail.name == *name)
    }

    /// The profile of this name.
    pub fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.name == name)
    }

    /// The tool of this name.
    pub fn tool(&self, name: &str) -> Option<&Tool> {
        self.tools.iter().find(|tool| tool.name == name)
    }

    /// The route of a method and a path that [`Target::parse`](crate::target::Target::parse) takes.
    pub fn find(&self, method: &str, path: &str) -> Matched<'_> {
        if let Some(index) = self.matcher.find(method, path) {
            return Matched::Route(index, &self.routes[index]);
        }
        let methods = self.matcher.methods(path);
        if methods.is_empty() {
            Matched::None
        } else if method == "OPTIONS" && self.options_public {
            Matched::Preflight
        } else {
            Matched::OtherMethods(methods)
        }
    }

    /// The routes that a request with a route, or a preflight, may also be to the application's router, which may
    /// compare before it decodes, take a literal in any case, make nothing of a slash at the end, or have parameters
    /// that take not every segment. Mostly there are none. What counts is the path as it was sent, for what stands between
    /// may or may not have spelled it otherwise; `own` is what [`Catalog::find`] has found.
    pub fn readings<'a>(
        &'a self,
        own: Option<RouteIndex>,
        method: &str,
        target: &Target<'_>,
    ) -> impl Iterator<Item = &'a Route> {
        let readings = self.matcher.readings(own, method, target.sent_path(), target.is_plain()).into_iter();
        readings.filter(move |other| Some(*other) != own).map(|other| &self.routes[other])
    }

    /// The closure of granted scopes under the implications. Scopes that the catalog does not declare are inert.
    pub fn closure<'a>(&self, granted: impl IntoIterator<Item = &'a ScopeName>) -> ScopeSet {
        self.scopes.close(self.scopes.set(granted))
    }

    /// Exactly these scopes, those that are declared.
    pub fn set<'a>(&self, scopes: impl IntoIterator<Item = &'a ScopeName>) -> ScopeSet {
        self.scopes.set(scopes)
    }

    /// What of a closure a token of an owner of this role may use: a scope whose `min_role` the owner no longer
    /// reaches is not effective. What such a scope implied stays, where its own `min_role` allows, for the owner
    /// could grant it today.
    pub fn effective(&self, closure: ScopeSet, owner: Option<Role>) -> ScopeSet {
        owner
            .and_then(|role| self.within_role.get(role.index()))
            .map_or(ScopeSet::EMPTY, |within| closure.intersection(within))
    }

    /// The names in a set, in the order of the file.
    pub fn names(&self, set: ScopeSet) -> impl Iterator<Item = &ScopeName> {
        self.scopes.list(set)
    }

    /// The user's role in this service: `None` without one, or with one that the catalog has dropped. The
    /// built-in user has the strongest.
    pub fn role_of(&self, user: &User) -> Option<Role> {
        if user.is_system() {
            return Some(self.roles.strongest());
        }
        user.roles.get(&self.service).and_then(|name| self.roles.get(name.as_str()))
    }

    /// The alternatives of a route as names, for challenges and for people.
    pub fn alternatives(&self, route: &Route) -> Vec<Vec<ScopeName>> {
        match &route.access {
            Access::Scopes(sets) => sets.iter().map(|set| self.names(*set).cloned().collect()).collect(),
            _ => Vec::new(),
        }
    }
}

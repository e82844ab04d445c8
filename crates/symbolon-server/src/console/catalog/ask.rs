//! What one asks of a catalog: what a scope reaches, and who can call an operation.

use symbolon_api::{RouteInfo, ServiceInfo};

use super::matrix::at_least;
use crate::console::scopes::{closure, listed, reaches};
use crate::console::text::{EN, counted, fill};

/// The answer to a question; the operations that it speaks of are the matrix below.
pub(super) enum Answer {
    /// Nothing was asked.
    None,
    /// There is no such thing.
    Unknown(String),
    /// What a scope reaches.
    Scope(OfScope),
    /// Who can call an operation.
    Route(OfRoute),
    /// Operations that match what was typed: the title, and each with its address.
    Routes { title: String, routes: Vec<Linked> },
}

/// What a scope reaches.
pub(super) struct OfScope {
    pub(super) title: String,
    pub(super) grants: String,
    pub(super) says: Vec<String>,
    /// The tokens that hold it, and those that hold what includes it.
    pub(super) holders: Vec<Linked>,
}

/// Who can call an operation.
pub(super) struct OfRoute {
    pub(super) title: String,
    /// Who, other than tokens.
    pub(super) says: String,
    /// What tokens must be, if any can.
    pub(super) tokens: Option<String>,
    /// Sets of scopes, any one of which will do.
    pub(super) alternatives: Vec<String>,
    /// The tokens that hold each scope.
    pub(super) holders: Vec<Linked>,
}

/// A text that leads somewhere.
pub(super) struct Linked {
    pub(super) text: String,
    pub(super) href: String,
}

/// An address with one parameter.
fn asking(path: &str, name: &str, value: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
    format!("{path}?{query}")
}

/// The page that answers what a scope reaches.
pub(super) fn about_scope(service: &str, scope: &str) -> String {
    asking(&format!("/services/{service}/catalog"), "scope", scope)
}

/// Where the tokens are that were granted a scope which, with all that it includes, is such a one.
fn holders(catalog: &ServiceInfo, such: impl Fn(&[String]) -> bool) -> Vec<Linked> {
    let path = format!("/services/{}/tokens", catalog.service);
    let names = catalog.scopes.iter().map(|scope| &scope.name);
    let names = names.filter(|name| such(&held(catalog, name)));
    names.map(|name| Linked { text: name.clone(), href: asking(&path, "scope", name) }).collect()
}

/// `3 operations`.
pub(super) fn operations(count: usize) -> String {
    let t = &EN;
    counted(t.catalog_operations_one, t.catalog_operations_many, count.try_into().unwrap_or(u64::MAX))
}

/// A scope with all that it includes, as a token holding it has it.
pub(super) fn held(catalog: &ServiceInfo, scope: &str) -> Vec<String> {
    closure(catalog, &[scope.to_owned()])
}

impl Answer {
    /// What this scope reaches.
    pub(super) fn of_scope(catalog: &ServiceInfo, asked: &str) -> Self {
        let t = &EN;
        let Some(scope) = catalog.scopes.iter().find(|scope| scope.name == asked) else {
            return Self::Unknown(fill(t.catalog_scope_unknown, &[("scope", asked)]));
        };
        let held = held(catalog, asked);
        let reached = catalog.routes.iter().filter(|route| reaches(&held, route)).count();
        let included: Vec<&str> = held.iter().map(String::as_str).filter(|name| *name != asked).collect();
        let mut says = vec![match included.as_slice() {
            [] => t.catalog_scope_includes_nothing.to_owned(),
            included => fill(t.catalog_scope_includes, &[("scopes", &listed(included, t.and))]),
        }];
        says.extend(scope.min_role.as_ref().map(|role| fill(t.catalog_scope_role, &[("role", role)])));
        says.extend(scope.max_lifetime.as_ref().map(|time| fill(t.scope_lives, &[("lifetime", time)])));
        let partly = |route: &&RouteInfo| {
            !reaches(&held, route)
                && route.scopes.iter().any(|set| set.iter().any(|scope| held.contains(scope)))
        };
        let together = catalog.routes.iter().filter(partly).count();
        if together > 0 {
            says.push(fill(t.catalog_scope_together, &[("operations", &operations(together))]));
        }
        let title = [("scope", asked), ("operations", &operations(reached))];
        Self::Scope(OfScope {
            title: fill(t.catalog_scope_answer, &title),
            grants: scope.grants.clone(),
            says,
            holders: holders(catalog, |held| held.iter().any(|scope| scope == asked)),
        })
    }

    /// Who can call what was typed, or what may have been meant.
    pub(super) fn of_route(catalog: &ServiceInfo, asked: &str) -> Self {
        let t = &EN;
        let found: Vec<&RouteInfo> =
            catalog.routes.iter().filter(|route| matches(catalog, asked, route)).collect();
        match found.as_slice() {
            [] => Self::Unknown(fill(t.catalog_route_unknown, &[("text", asked)])),
            [one] => Self::Route(OfRoute::of(catalog, one)),
            many => {
                let path = format!("/services/{}/catalog", catalog.service);
                let routes = many.iter().map(|route| {
                    let text = format!("{} {}", route.method, route.path);
                    Linked { href: asking(&path, "route", &text), text }
                });
                let title = [("operations", &*operations(many.len())), ("text", asked)];
                let title = fill(t.catalog_route_matches, &title);
                Self::Routes { title, routes: routes.collect() }
            }
        }
    }
}

impl OfRoute {
    fn of(catalog: &ServiceInfo, route: &RouteInfo) -> Self {
        let t = &EN;
        let role = at_least(catalog, &route.role);
        let role = [("role", role.as_str())];
        let by_scope = route.access == "scopes";
        let says = match route.access.as_str() {
            "public" => t.catalog_route_public.to_owned(),
            "system" => t.catalog_route_system.to_owned(),
            "scopes" => fill(t.catalog_route_people, &role),
            _ => fill(t.catalog_route_human, &role),
        };
        let named =
            |held: &[String]| route.scopes.iter().any(|set| set.iter().any(|scope| held.contains(scope)));
        let operation = format!("{} {}", route.method, route.path);
        let alternatives = route.scopes.iter().map(|set| {
            let set: Vec<&str> = set.iter().map(String::as_str).collect();
            listed(&set, t.and)
        });
        Self {
            title: fill(t.catalog_route_answer, &[("operation", &operation)]),
            says,
            tokens: by_scope.then(|| fill(t.catalog_route_tokens, &role)),
            alternatives: alternatives.collect(),
            holders: holders(catalog, named),
        }
    }
}

/// Whether an operation is meant by what was typed: a method and its path, alone or among others; a path of a real
/// request; or a part of either. Where the catalog has exactly what was typed nothing else is meant.
pub(super) fn matches(catalog: &ServiceInfo, typed: &str, route: &RouteInfo) -> bool {
    let (method, path) = match typed.split_once(' ') {
        Some((method, path)) => (Some(method.trim()), path.trim()),
        None => (None, typed.trim()),
    };
    let right_method =
        |route: &RouteInfo| method.is_none_or(|method| method.eq_ignore_ascii_case(&route.method));
    let exact = |route: &RouteInfo| method.is_some() && right_method(route) && route.path == path;
    if exact(route) {
        return true;
    }
    if catalog.routes.iter().any(exact) || !right_method(route) {
        return false;
    }
    let below = catalog.mounts.iter().filter_map(|mount| path.strip_prefix(mount.as_str()));
    let part = route.path.to_lowercase().contains(&path.to_lowercase());
    part || below.chain([path]).any(|path| is_of(path, &route.path))
}

/// Whether a path, without its query, is of this pattern.
fn is_of(path: &str, pattern: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let (mut path, mut pattern) = (path.split('/'), pattern.split('/'));
    loop {
        match (path.next(), pattern.next()) {
            (None, None) => return true,
            (Some(_), Some(place)) if place.starts_with("{*") => return true,
            (Some(part), Some(place)) if place.starts_with('{') && !part.is_empty() => {}
            (Some(part), Some(place)) if part == place => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::matrix::tests::catalogs;
    use super::*;

    fn found(typed: &str) -> Vec<String> {
        let [odin, _] = catalogs();
        let found = odin.routes.iter().filter(|route| matches(&odin, typed, route));
        found.map(|route| format!("{} {}", route.method, route.path)).collect()
    }

    #[test]
    fn what_is_typed_whole_means_itself() {
        assert_eq!(found("GET /jobs"), ["GET /jobs"]);
        assert_eq!(found("get /jobs/{job_id}"), ["GET /jobs/{job_id}"]);
    }

    #[test]
    fn a_real_request_is_known() {
        assert_eq!(found("POST /api/printers/4/pause"), ["POST /printers/{printer_id}/pause"]);
        assert_eq!(found("POST /printers/4/pause?x=1"), ["POST /printers/{printer_id}/pause"]);
    }

    #[test]
    fn a_part_means_all_that_have_it() {
        assert!(found("/jobs").len() > 10);
        assert!(found("/no/such").is_empty());
    }

    #[test]
    fn what_a_scope_includes_is_counted() {
        let [odin, odysseus] = catalogs();
        let Answer::Scope(scope) = Answer::of_scope(&odysseus, "todos:write") else { panic!() };
        assert_eq!(scope.says[0], "It includes todos:read.");
        let Answer::Scope(scope) = Answer::of_scope(&odin, "read:jobs") else { panic!() };
        assert_eq!(scope.title, "read:jobs reaches 3 operations");
        assert!(matches!(Answer::of_scope(&odin, "read:nothing"), Answer::Unknown(_)));
    }

    #[test]
    fn who_can_call_is_said_of_each_kind() {
        let [odin, _] = catalogs();
        let Answer::Route(jobs) = Answer::of_route(&odin, "GET /jobs") else { panic!() };
        assert_eq!(jobs.alternatives, ["read:jobs", "agent:read"]);
        let holders: Vec<&str> = jobs.holders.iter().map(|holder| holder.text.as_str()).collect();
        assert_eq!(holders, ["read:jobs", "agent:read", "agent:write"]);
        let Answer::Route(login) = Answer::of_route(&odin, "POST /auth/login") else { panic!() };
        assert!(login.tokens.is_none() && login.says == EN.catalog_route_public);
    }
}

//! From the file as written to a catalog with meaning. Everything wrong is collected, with its line, before
//! anything is refused.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};
use toml::Spanned;

use super::fault::Faults;
use super::matcher::{Matcher, Pattern};
use super::source::{RouteSource, ScopeSource, Source};
use super::{Access, Catalog, CatalogError, Profile, Role, Roles, Route, ScopeDetail};
use crate::lifetime::Lifetime;
use crate::name::{RoleName, ScopeName, ServiceName};
use crate::scope::{ScopeSet, Vocabulary};
use crate::token::Prefix;

pub(super) fn compile(file: &str, text: &str) -> Result<Catalog, CatalogError> {
    let mut faults = Faults::new(file, text);
    let source: Source = match toml::from_str(text) {
        Ok(source) => source,
        Err(error) => {
            faults.error(error.span().map_or(0, |span| span.start), error.message());
            return Err(CatalogError { faults: faults.errors });
        }
    };
    let service = parse::<ServiceName>(&source.service, &mut faults);
    let prefix = parse::<Prefix>(&source.token_prefix, &mut faults);
    let roles = roles(source.roles.as_ref(), &mut faults);
    let role = |name: Option<&Spanned<String>>, default: Role, faults: &mut Faults<'_>| match name {
        Some(name) => find_role(&roles, name, faults).unwrap_or(default),
        None => default,
    };
    let token_managers = role(source.token_managers.as_ref(), roles.weakest(), &mut faults);
    let token_admins = role(source.token_admins.as_ref(), roles.strongest(), &mut faults);
    if let Some(name) = source.token_admins.as_ref().filter(|_| token_admins < token_managers) {
        faults.error(name.span().start, "token_admins must not be weaker than token_managers");
    }
    let default_lifetime = source.tokens.default_lifetime.as_ref();
    let max_lifetime = source.tokens.max_lifetime.as_ref();
    let max = max_lifetime.and_then(|text| parse(text, &mut faults)).unwrap_or(Lifetime::Never);
    let default = default_lifetime.and_then(|text| parse(text, &mut faults));
    if let Some(at) = default_lifetime.filter(|_| default.is_some_and(|default| default > max)) {
        faults.error(at.span().start, format!("default_lifetime is longer than max_lifetime ({max})"));
    }
    let options_public = match source.options.as_ref().map(|text| (text.as_ref().as_str(), text.span().start))
    {
        None | Some(("refuse", _)) => false,
        Some(("public", _)) => true,
        Some((other, at)) => {
            faults.error(at, format!("options is \"refuse\" or \"public\", not {other:?}"));
            false
        }
    };
    let (details, vocabulary) = scopes(&source, &roles, &mut faults);
    let profiles = profiles(&source, &vocabulary, &mut faults);
    let mounts = mounts(&source, &mut faults);
    let routes = Routes { roles: &roles, vocabulary: &vocabulary, mounts: &mounts };
    let (routes, matcher) = routes.compile(&source.routes, &mut faults);
    warn_unused(&source, &details, &vocabulary, &routes, &mut faults);
    let warnings = faults.finish()?;
    // Both are there, or a fault was found above.
    let (Some(service), Some(prefix)) = (service, prefix) else {
        return Err(CatalogError { faults: Vec::new() });
    };
    let within_role = roles
        .iter()
        .map(|(role, _)| {
            let held = details.iter().filter(|detail| detail.min_role.is_none_or(|min| role.reaches(min)));
            vocabulary.set(held.map(|detail| &detail.name))
        })
        .collect();
    Ok(Catalog {
        title: source.title.unwrap_or_else(|| service.to_string()),
        service,
        prefix,
        token_managers,
        token_admins,
        default_lifetime: default.unwrap_or(max),
        max_lifetime: max,
        profiles,
        routes,
        mounts,
        warnings,
        scopes: vocabulary,
        details,
        within_role,
        options_public,
        matcher,
        generation: generation(text),
        roles,
    })
}

/// Of the text alone, so that the same file compiled twice is the same catalog.
fn generation(text: &str) -> u64 {
    let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn parse<T: std::str::FromStr>(text: &Spanned<String>, faults: &mut Faults<'_>) -> Option<T>
where
    T::Err: std::fmt::Display,
{
    text.as_ref()
        .parse()
        .map_err(|fault| faults.error(text.span().start, format!("{:?}: {fault}", text.as_ref())))
        .ok()
}

fn find_role(roles: &Roles, name: &Spanned<String>, faults: &mut Faults<'_>) -> Option<Role> {
    let role = roles.get(name.as_ref());
    if role.is_none() {
        let known: Vec<_> = roles.iter().map(|(_, name)| name.as_str()).collect();
        let message = format!("role {:?} is not in roles ({})", name.as_ref(), known.join(", "));
        faults.error(name.span().start, message);
    }
    role
}

fn roles(source: Option<&Spanned<Vec<Spanned<String>>>>, faults: &mut Faults<'_>) -> Roles {
    let mut names: Vec<RoleName> = Vec::new();
    for name in source.into_iter().flat_map(|names| names.as_ref()) {
        let Some(role) = parse::<RoleName>(name, faults) else { continue };
        if names.contains(&role) {
            faults.error(name.span().start, format!("role {:?} is listed twice", name.as_ref()));
        }
        names.push(role);
    }
    if let Some(list) = source.filter(|_| names.is_empty()) {
        faults.error(list.span().start, "roles must name at least one role, or be left out");
    }
    let default = || Roles::new("user".parse().into_iter().collect());
    Roles::new(names).or_else(default).unwrap_or_else(|| unreachable!("\"user\" is a role's name"))
}

fn scopes(source: &Source, roles: &Roles, faults: &mut Faults<'_>) -> (Vec<ScopeDetail>, Vocabulary) {
    let mut declared: Vec<(&Spanned<String>, &ScopeSource)> = source.scopes.iter().collect();
    declared.sort_by_key(|(name, _)| name.span().start);
    if let Some((name, _)) = declared.get(ScopeSet::CAPACITY) {
        faults.error(
            name.span().start,
            format!("a catalog can declare {} scopes, no more", ScopeSet::CAPACITY),
        );
    }
    let mut details = Vec::new();
    for (name, scope) in &declared {
        let Some(parsed) = parse::<ScopeName>(name, faults) else { continue };
        if scope.grants.trim().is_empty() {
            faults.error(name.span().start, format!("scope {:?} must say what it grants", name.as_ref()));
        }
        let min_role = scope.min_role.as_ref().and_then(|role| find_role(roles, role, faults));
        details.push(ScopeDetail {
            name: parsed,
            grants: scope.grants.clone(),
            implies: Vec::new(),
            min_role,
        });
    }
    let names: Vec<ScopeName> = details.iter().map(|detail| detail.name.clone()).collect();
    let mut pairs = Vec::new();
    for (name, scope) in &declared {
        for implied in &scope.implies {
            let from = names.iter().find(|known| known.as_str() == name.as_ref());
            let to = names.iter().find(|known| known.as_str() == implied.as_ref());
            match (from, to) {
                (Some(from), Some(to)) => pairs.push((from.clone(), to.clone())),
                (None, _) => {}
                (_, None) => faults.error(
                    implied.span().start,
                    format!(
                        "scope {:?} implies {:?}, which [scopes] does not declare",
                        name.as_ref(),
                        implied.as_ref()
                    ),
                ),
            }
        }
    }
    for rule in &source.implications {
        match expand(rule.as_ref(), &names) {
            Ok(found) if found.is_empty() => {
                faults
                    .warn(rule.span().start, format!("the implication {:?} matches no scope", rule.as_ref()));
            }
            Ok(found) => pairs.extend(found),
            Err(message) => faults.error(rule.span().start, message),
        }
    }
    for detail in &mut details {
        detail.implies =
            pairs.iter().filter(|(from, _)| *from == detail.name).map(|(_, to)| to.clone()).collect();
    }
    let vocabulary = Vocabulary::new(names, &pairs).unwrap_or_else(|cycle| {
        let first =
            declared.iter().find(|(name, _)| cycle.0.first().is_some_and(|s| s.as_str() == name.as_ref()));
        let names: Vec<_> = cycle.0.iter().chain(cycle.0.first()).map(ScopeName::as_str).collect();
        let message = format!("these scopes imply each other in a circle: {}", names.join(" -> "));
        faults.error(first.map_or(0, |(name, _)| name.span().start), message);
        Vocabulary::default()
    });
    (details, vocabulary)
}

/// The pairs that `a -> b` stands for. A `*` is one resource name (no `:`), the same on both sides, and speaks
/// of the scopes that exist: where either side is not declared, there is nothing to imply.
fn expand(rule: &str, names: &[ScopeName]) -> Result<Vec<(ScopeName, ScopeName)>, String> {
    let form = || {
        format!(
            "an implication is written \"todos:write -> todos:read\" or \"*:write -> *:read\", not {rule:?}"
        )
    };
    let (from, to) = rule.split_once("->").ok_or_else(form)?;
    let (from, to) = (from.trim(), to.trim());
    let named = |text: &str| names.iter().find(|name| name.as_str() == text).cloned();
    let (stars_from, stars_to) = (from.matches('*').count(), to.matches('*').count());
    if from.is_empty() || to.is_empty() || stars_from > 1 || stars_to > stars_from {
        return Err(form());
    }
    let Some((head, tail)) = from.split_once('*') else {
        let unknown =
            |text: &str| format!("the implication {rule:?} names {text:?}, which [scopes] does not declare");
        let pair = (named(from).ok_or_else(|| unknown(from))?, named(to).ok_or_else(|| unknown(to))?);
        return Ok(vec![pair]);
    };
    let pairs = names.iter().filter_map(|name| {
        let star = name.as_str().strip_prefix(head)?.strip_suffix(tail)?;
        let resource = !star.is_empty() && !star.contains(':');
        Some((name.clone(), named(&to.replace('*', star)).filter(|_| resource)?))
    });
    Ok(pairs.collect())
}

fn profiles(source: &Source, vocabulary: &Vocabulary, faults: &mut Faults<'_>) -> Vec<Profile> {
    let mut listed: Vec<_> = source.profiles.iter().collect();
    listed.sort_by_key(|(name, _)| name.span().start);
    let mut profiles = Vec::new();
    for (name, scopes) in listed {
        if name.as_ref().trim().is_empty() || name.as_ref().len() > 64 {
            faults.error(name.span().start, "a profile's name has 1 to 64 bytes");
        }
        if scopes.is_empty() {
            faults.error(
                name.span().start,
                format!("profile {:?} must grant at least one scope", name.as_ref()),
            );
        }
        let place = format!("profile {:?}", name.as_ref());
        let scopes = scopes.iter().filter_map(|scope| declared(scope, &place, vocabulary, faults)).collect();
        profiles.push(Profile { name: name.as_ref().clone(), scopes });
    }
    profiles
}

fn declared(
    name: &Spanned<String>,
    place: &str,
    vocabulary: &Vocabulary,
    faults: &mut Faults<'_>,
) -> Option<ScopeName> {
    let found = name.as_ref().trim().parse().ok().filter(|name| vocabulary.declares(name));
    // Where the scopes themselves are faulty, the vocabulary is empty and everything would look undeclared.
    if found.is_none() && !vocabulary.names().is_empty() {
        let message =
            format!("{place} names scope {:?}, which [scopes] does not declare", name.as_ref().trim());
        faults.error(name.span().start, message);
    }
    found
}

fn mounts(source: &Source, faults: &mut Faults<'_>) -> Vec<String> {
    let Some(listed) = &source.mounts else { return vec![String::new()] };
    let mut mounts = Vec::new();
    for mount in listed {
        let text = mount.as_ref();
        let sound = text.is_empty()
            || (!text.ends_with('/') && !text.contains(['{', '*']) && Pattern::parse(text).is_ok());
        if !sound {
            let message = format!(
                "mount {text:?} must be empty or a canonical path without a / at its end, such as /api"
            );
            faults.error(mount.span().start, message);
        }
        if mounts.contains(text) {
            faults.error(mount.span().start, format!("mount {text:?} is listed twice"));
        }
        mounts.push(text.clone());
    }
    if mounts.is_empty() {
        faults.error(0, "mounts must name at least one path prefix (\"\" is none), or be left out");
    }
    mounts
}

struct Routes<'a> {
    roles: &'a Roles,
    vocabulary: &'a Vocabulary,
    mounts: &'a [String],
}

impl Routes<'_> {
    fn compile(&self, source: &[Spanned<RouteSource>], faults: &mut Faults<'_>) -> (Vec<Route>, Matcher) {
        let (mut routes, mut matcher) = (Vec::new(), Matcher::default());
        // A fault of one mount is the same fault under the others.
        let mut claimed: HashMap<usize, ()> = HashMap::new();
        for block in source {
            let at = block.span().start;
            let block = block.as_ref();
            let access = self.access(block, at, faults);
            let role = block.role.as_ref().and_then(|role| find_role(self.roles, role, faults));
            let role = role.unwrap_or_else(|| self.roles.weakest());
            if block.paths.is_empty() {
                faults.error(at, "this [[routes]] has no paths");
            }
            for path in &block.paths {
                let Some((method, text)) = method_and_path(path, faults) else { continue };
                let index = routes.len();
                for mount in self.mounts {
                    let pattern = match Pattern::parse(&format!("{mount}{text}")) {
                        Ok(pattern) => pattern,
                        Err(message) => {
                            faults.error(path.span().start, message);
                            break;
                        }
                    };
                    if let Err(other) = matcher.insert(method, &pattern, index)
                        && claimed.insert(index, ()).is_none()
                    {
                        let line = routes
                            .get(other)
                            .map_or_else(|| faults.line(path.span().start), |r: &Route| r.line);
                        let message = format!(
                            "\"{method} {text}\" claims the same requests as the route at line {line}"
                        );
                        faults.error(path.span().start, message);
                    }
                }
                let (method, path, line) =
                    (method.to_owned(), text.to_owned(), faults.line(path.span().start));
                routes.push(Route { method, path, access: access.clone(), role, line });
            }
        }
        (routes, matcher)
    }

    fn access(&self, block: &RouteSource, at: usize, faults: &mut Faults<'_>) -> Access {
        match (&block.scopes, &block.access) {
            (Some(scopes), None) => {
                if scopes.is_empty() {
                    faults.error(at, "scopes must name at least one scope; for none, write access = \"human\" or \"public\"");
                }
                Access::Scopes(scopes.iter().map(|text| self.alternative(text, faults)).collect())
            }
            (None, Some(access)) => match access.as_ref().as_str() {
                "public" => Access::Public,
                "human" => Access::Human,
                "system" => Access::System,
                other => {
                    faults.error(
                        access.span().start,
                        format!("access is \"human\", \"public\" or \"system\", not {other:?}"),
                    );
                    Access::Human
                }
            },
            _ => {
                faults.error(at, "a [[routes]] has either scopes or access, and not both");
                Access::Human
            }
        }
    }

    /// `a` or `a + b`. A name that is not declared is a fault; the set would otherwise ask for less.
    fn alternative(&self, text: &Spanned<String>, faults: &mut Faults<'_>) -> ScopeSet {
        let names: Vec<_> = text
            .as_ref()
            .split('+')
            .filter_map(|name| {
                let name = Spanned::new(text.span(), name.to_owned());
                declared(&name, "this route", self.vocabulary, faults)
            })
            .collect();
        self.vocabulary.set(&names)
    }
}

fn method_and_path<'a>(path: &'a Spanned<String>, faults: &mut Faults<'_>) -> Option<(&'a str, &'a str)> {
    let text = path.as_ref();
    let parts = text.split_once(' ').filter(|(method, path)| {
        !method.is_empty() && method.bytes().all(|b| b.is_ascii_uppercase()) && path.starts_with('/')
    });
    if parts.is_none() {
        let message =
            format!("{text:?} must be a method in capitals, one space and a path, such as \"GET /printers\"");
        faults.error(path.span().start, message);
    }
    parts
}

/// A scope that no route asks for grants nothing, which is more often a slip than a wish.
fn warn_unused(
    source: &Source,
    details: &[ScopeDetail],
    vocabulary: &Vocabulary,
    routes: &[Route],
    faults: &mut Faults<'_>,
) {
    let asked = routes.iter().fold(ScopeSet::EMPTY, |all, route| match &route.access {
        Access::Scopes(sets) => sets.iter().fold(all, |all, set| all.union(set)),
        _ => all,
    });
    for detail in details {
        // A scope that only implies others is of use where one of those is asked for.
        let closure = vocabulary.close(vocabulary.set([&detail.name]));
        if closure.intersection(&asked).is_empty() {
            let at = source.scopes.keys().find(|name| name.as_ref() == detail.name.as_str());
            let message = format!(
                "no route asks for scope {:?}; a token that holds it gains nothing",
                detail.name.as_str()
            );
            faults.warn(at.map_or(0, |name| name.span().start), message);
        }
    }
}

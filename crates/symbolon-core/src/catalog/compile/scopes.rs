//! Scopes, what they imply, and the profiles that bundle them.

use toml::Spanned;

use super::super::fault::Faults;
use super::super::source::{ScopeSource, Source};
use super::super::{Access, Profile, Roles, Route, ScopeDetail};
use super::{find_role, parse};
use crate::name::ScopeName;
use crate::scope::{ScopeSet, Vocabulary};

pub(super) fn compile(
    source: &Source,
    roles: &Roles,
    faults: &mut Faults<'_>,
) -> (Vec<ScopeDetail>, Vocabulary) {
    let listed = listed(source);
    if let Some((name, _)) = listed.get(ScopeSet::CAPACITY) {
        let message = format!("a catalog can declare {} scopes, no more", ScopeSet::CAPACITY);
        faults.error(name.span().start, message);
    }
    let mut details = Vec::new();
    for (name, scope) in &listed {
        if scope.grants.trim().is_empty() {
            faults.error(name.span().start, format!("scope {:?} must say what it grants", name.as_ref()));
        }
        let min_role = scope.min_role.as_ref().and_then(|role| find_role(roles, role, faults));
        let max_lifetime = scope.max_lifetime.as_ref().and_then(|text| parse(text, faults));
        let Some(name) = parse::<ScopeName>(name, faults) else { continue };
        let grants = scope.grants.clone();
        details.push(ScopeDetail { name, grants, implies: Vec::new(), min_role, max_lifetime });
    }
    let names: Vec<ScopeName> = details.iter().map(|detail| detail.name.clone()).collect();
    let pairs = implications(source, &listed, &names, faults);
    for detail in &mut details {
        let implied = pairs.iter().filter(|(from, _)| *from == detail.name);
        detail.implies = implied.map(|(_, to)| to.clone()).collect();
    }
    let vocabulary = Vocabulary::new(names, &pairs).unwrap_or_else(|cycle| {
        let first = cycle.0.first();
        let at = listed.iter().find(|(name, _)| first.is_some_and(|first| first.as_str() == name.as_ref()));
        let names: Vec<_> = cycle.0.iter().chain(first).map(ScopeName::as_str).collect();
        let message = format!("these scopes imply each other in a circle: {}", names.join(" -> "));
        faults.error(at.map_or(0, |(name, _)| name.span().start), message);
        Vocabulary::default()
    });
    (details, vocabulary)
}

/// In the order of the file.
fn listed(source: &Source) -> Vec<(&Spanned<String>, &ScopeSource)> {
    let mut listed: Vec<_> = source.scopes.iter().collect();
    listed.sort_by_key(|(name, _)| name.span().start);
    listed
}

/// Every pair "this includes that", from the scopes themselves and from the rules at the top.
fn implications(
    source: &Source,
    listed: &[(&Spanned<String>, &ScopeSource)],
    names: &[ScopeName],
    faults: &mut Faults<'_>,
) -> Vec<(ScopeName, ScopeName)> {
    let mut pairs = Vec::new();
    for (name, scope) in listed {
        let from = find(names, name.as_ref());
        for implied in &scope.implies {
            let place = format!("scope {:?}", name.as_ref());
            let to = declared(source, implied.as_ref(), implied, &place, faults);
            pairs.extend(from.clone().zip(to));
        }
    }
    for rule in &source.implications {
        match expand(rule.as_ref(), source, names) {
            Ok(found) if found.is_empty() => {
                let message = format!("the implication {:?} matches no scope", rule.as_ref());
                faults.warn(rule.span().start, message);
            }
            Ok(found) => pairs.extend(found),
            Err(message) => faults.error(rule.span().start, message),
        }
    }
    pairs
}

fn find(names: &[ScopeName], text: &str) -> Option<ScopeName> {
    names.iter().find(|name| name.as_str() == text).cloned()
}

/// The pairs that `a -> b` stands for. A `*` is one resource name (no `:`), the same on both sides, and speaks
/// of the scopes that exist: where either side is not declared, there is nothing to imply.
fn expand(rule: &str, source: &Source, names: &[ScopeName]) -> Result<Vec<(ScopeName, ScopeName)>, String> {
    let form = || {
        format!(
            "an implication is written \"todos:write -> todos:read\" or \"*:write -> *:read\", not {rule:?}"
        )
    };
    let (from, to) = rule.split_once("->").ok_or_else(form)?;
    let (from, to) = (from.trim(), to.trim());
    let (stars_from, stars_to) = (from.matches('*').count(), to.matches('*').count());
    if from.is_empty() || to.is_empty() || stars_from > 1 || stars_to > stars_from {
        return Err(form());
    }
    let unknown = |text: &&str| !text.contains('*') && !source.scopes.contains_key(*text);
    if let Some(text) = [from, to].into_iter().find(unknown) {
        return Err(format!("the implication {rule:?} names {text:?}, which [scopes] does not declare"));
    }
    let Some((head, tail)) = from.split_once('*') else {
        return Ok(find(names, from).zip(find(names, to)).into_iter().collect());
    };
    let pairs = names.iter().filter_map(|name| {
        let star = name.as_str().strip_prefix(head)?.strip_suffix(tail)?;
        let resource = !star.is_empty() && !star.contains(':');
        Some((name.clone(), find(names, &to.replace('*', star)).filter(|_| resource)?))
    });
    Ok(pairs.collect())
}

/// The scope named `text` at `at`, if the file declares it. Asked of the file and not of what became of it, so
/// that a fault of a declaration is told once and not at each use.
pub(super) fn declared(
    source: &Source,
    text: &str,
    at: &Spanned<String>,
    place: &str,
    faults: &mut Faults<'_>,
) -> Option<ScopeName> {
    if source.scopes.contains_key(text) {
        return text.parse().ok();
    }
    faults.error(at.span().start, format!("{place} names scope {text:?}, which [scopes] does not declare"));
    None
}

pub(super) fn profiles(source: &Source, faults: &mut Faults<'_>) -> Vec<Profile> {
    let mut listed: Vec<_> = source.profiles.iter().collect();
    listed.sort_by_key(|(name, _)| name.span().start);
    let mut profiles = Vec::new();
    for (name, scopes) in listed {
        let (at, name) = (name.span().start, name.as_ref());
        if name.trim().is_empty() || name.len() > 64 || name.chars().any(char::is_control) {
            faults.error(at, "a profile's name is one line of 1 to 64 bytes");
        }
        if scopes.is_empty() {
            faults.error(at, format!("profile {name:?} must grant at least one scope"));
        }
        let place = format!("profile {name:?}");
        let scopes =
            scopes.iter().filter_map(|scope| declared(source, scope.as_ref(), scope, &place, faults));
        profiles.push(Profile { name: name.clone(), scopes: scopes.collect() });
    }
    profiles
}

/// A scope that no route asks for grants nothing, which is more often a slip than a wish.
pub(super) fn warn_unused(source: &Source, scopes: &Vocabulary, routes: &[Route], faults: &mut Faults<'_>) {
    let asked = routes.iter().fold(ScopeSet::EMPTY, |all, route| match &route.access {
        Access::Scopes(sets) => sets.iter().fold(all, |all, set| all.union(set)),
        _ => all,
    });
    for name in scopes.names() {
        // A scope that only implies others is of use where one of those is asked for.
        if scopes.close(scopes.set([name])).intersection(&asked).is_empty() {
            let at = source.scopes.get_key_value(name.as_str()).map_or(0, |(name, _)| name.span().start);
            let message =
                format!("no route asks for scope {:?}; a token that holds it gains nothing", name.as_str());
            faults.warn(at, message);
        }
    }
}

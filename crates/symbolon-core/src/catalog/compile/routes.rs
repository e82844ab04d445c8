//! Routes and the mounts that they are served under.

use std::collections::HashSet;

use toml::Spanned;

use super::super::fault::Faults;
use super::super::matcher::Matcher;
use super::super::pattern::Pattern;
use super::super::reading::Place;
use super::super::source::{RouteSource, Source};
use super::super::{Access, Roles, Route, RouteIndex};
use super::scopes::declared;
use super::{find_role, second_word};
use crate::scope::{ScopeSet, Vocabulary};

/// The methods of IANA's registry, so that a misspelt one is told. Three are left out: CONNECT and PRI never
/// come with a path, and the answer to TRACE is the request with its credentials in it.
const METHODS: &str = "GET HEAD POST PUT PATCH DELETE OPTIONS QUERY \
    ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT COPY LABEL LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL \
    MKREDIRECTREF MKWORKSPACE MOVE ORDERPATCH PROPFIND PROPPATCH REBIND REPORT SEARCH UNBIND UNCHECKOUT UNLINK \
    UNLOCK UPDATE UPDATEREDIRECTREF VERSION-CONTROL";

/// The mounts that are sound. Faulty ones are left out, so that they are told once and not at each route.
pub(super) fn mounts(source: &Source, faults: &mut Faults<'_>) -> Vec<String> {
    let Some(listed) = &source.mounts else { return vec![String::new()] };
    if listed.as_ref().is_empty() {
        let message = "mounts must name at least one path prefix (\"\" is none), or be left out";
        faults.error(listed.span().start, message);
    }
    let mut patterns = Vec::new();
    let mut mounts = Vec::new();
    for mount in listed.as_ref() {
        let text = mount.as_ref();
        let literal = !text.ends_with('/') && !text.contains(['{', '*']);
        let pattern = if text.is_empty() { Some(None) } else { Pattern::parse(text).ok().map(Some) };
        match pattern.filter(|_| literal) {
            None => faults.error(
                mount.span().start,
                format!(
                    "mount {text:?} must be empty or a canonical path without a / at its end, such as /api"
                ),
            ),
            Some(pattern) if patterns.contains(&pattern) => {
                faults.error(mount.span().start, format!("mount {text:?} is listed twice"));
            }
            Some(pattern) => {
                patterns.push(pattern);
                mounts.push(text.clone());
            }
        }
    }
    mounts
}

/// The routes, the place of each in the file, and what finds them.
pub(super) fn compile(
    source: &Source,
    roles: &Roles,
    vocabulary: &Vocabulary,
    mounts: &[String],
    faults: &mut Faults<'_>,
) -> (Vec<Route>, Vec<usize>, Matcher) {
    // A parameter of the application may refuse a segment, because it takes numbers alone or the like.
    let typed = !second_word(source.parameters.as_ref(), "parameters", ["typed", "any"], faults);
    let (mut routes, mut starts, mut matcher) = (Vec::new(), Vec::new(), Matcher::new(typed));
    for block in &source.routes {
        let at = block.span().start;
        let block = block.as_ref();
        let access = access(source, block, at, vocabulary, faults);
        let role = block.role.as_ref().and_then(|role| find_role(roles, role, faults));
        let role = role.unwrap_or_else(|| roles.weakest());
        if block.paths.is_empty() {
            faults.error(at, "this [[routes]] has no paths");
        }
        for path in &block.paths {
            let Some((method, text)) = method_and_path(path, faults) else { continue };
            let line = faults.line(path.span().start);
            let (method, text) = (method.to_owned(), text.to_owned());
            starts.push(path.span().start);
            let places = Vec::new();
            routes.push(Route { method, path: text, access: access.clone(), role, line, places });
            claim(&mut routes, path, mounts, &mut matcher, faults);
        }
    }
    (routes, starts, matcher)
}

/// Enters the last of `routes` under every mount.
fn claim(
    routes: &mut [Route],
    at: &Spanned<String>,
    mounts: &[String],
    matcher: &mut Matcher,
    faults: &mut Faults<'_>,
) {
    let at = at.span().start;
    let index: RouteIndex = routes.len() - 1;
    let Route { method, path, .. } = &routes[index];
    let mut places = Vec::with_capacity(mounts.len());
    // A fault of the path itself is the same under every mount.
    if let Err(message) = Pattern::parse(path) {
        return faults.error(at, message);
    }
    let mut others = HashSet::new();
    for mount in mounts {
        let pattern = match Pattern::parse(&format!("{mount}{path}")) {
            Ok(pattern) => pattern,
            Err(message) => return faults.error(at, message),
        };
        places.push(Place::new(mount, pattern.clone()));
        if let Err(other) = matcher.insert(method, pattern, index)
            && others.insert(other)
        {
            let line = routes[other].line;
            let message = format!("\"{method} {path}\" claims the same requests as the route at line {line}");
            faults.error(at, message);
        }
    }
    routes[index].places = places;
}

fn access(
    source: &Source,
    block: &RouteSource,
    at: usize,
    vocabulary: &Vocabulary,
    faults: &mut Faults<'_>,
) -> Access {
    match (&block.scopes, &block.access) {
        (Some(scopes), None) => {
            if scopes.is_empty() {
                let message =
                    "scopes must name at least one scope; for none, write access = \"human\" or \"public\"";
                faults.error(at, message);
            }
            let sets = scopes.iter().map(|text| alternative(source, text, vocabulary, faults));
            Access::Scopes(sets.collect())
        }
        (None, Some(access)) => match access.as_ref().as_str() {
            "public" => Access::Public,
            "human" => Access::Human,
            "system" => Access::System,
            other => {
                let message = format!("access is \"human\", \"public\" or \"system\", not {other:?}");
                faults.error(access.span().start, message);
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
fn alternative(
    source: &Source,
    text: &Spanned<String>,
    vocabulary: &Vocabulary,
    faults: &mut Faults<'_>,
) -> ScopeSet {
    let names = text.as_ref().split('+').map(str::trim);
    let names: Vec<_> = names.filter_map(|name| declared(source, name, text, "this route", faults)).collect();
    vocabulary.set(&names)
}

fn method_and_path<'a>(path: &'a Spanned<String>, faults: &mut Faults<'_>) -> Option<(&'a str, &'a str)> {
    let text = path.as_ref();
    let parts = text.split_once(' ').filter(|(_, path)| path.starts_with('/'));
    let message = match parts {
        Some((method, _)) if METHODS.split(' ').any(|known| known == method) => return parts,
        Some((method, _)) => format!("{method:?} in {text:?} is no method; methods are written in capitals"),
        None => format!("{text:?} must be a method, one space and a path, such as \"GET /printers\""),
    };
    faults.error(path.span().start, message);
    None
}

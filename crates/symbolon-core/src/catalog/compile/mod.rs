//! From the file as written to a catalog with meaning. Everything wrong is collected, with its line, before
//! anything is refused.

mod limits;
mod old_form;
mod policy;
mod rivals;
mod routes;
mod scopes;
mod tools;

use std::fmt::Display;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};
use toml::Spanned;

use super::fault::Faults;
use super::source::Source;
use super::{Catalog, CatalogError, Role, Roles};
use crate::name::{RoleName, ServiceName};
use crate::token::Prefix;
use rivals::Rivals;

pub(super) fn compile(file: &str, text: &str) -> Result<Catalog, CatalogError> {
    let mut faults = Faults::new(file, text);
    let source: Option<Source> = toml::from_str(text)
        .map_err(|error| faults.error(error.span().map_or(0, |span| span.start), error.message()))
        .ok();
    let Some(source) = source else {
        return Err(faults.finish().err().unwrap_or_else(|| unreachable!("one was just added")));
    };
    let service = parse::<ServiceName>(&source.service, &mut faults);
    let prefix = parse::<Prefix>(&source.token_prefix, &mut faults);
    let title = title(&source, &mut faults);
    let roles = roles(source.roles.as_ref(), &mut faults);
    let (token_managers, token_admins) = managers(&source, &roles, &mut faults);
    let policy = policy::compile(&source.tokens, &mut faults);
    let limits = limits::compile(&source.limits, &mut faults);
    let old_form = source
        .tokens
        .old_form
        .as_ref()
        .and_then(|source| old_form::compile(source, prefix.as_ref(), &mut faults));
    let options_public = second_word(source.options.as_ref(), "options", ["refuse", "public"], &mut faults);
    let application_dry_run =
        second_word(source.dry_run.as_ref(), "dry_run", ["symbolon", "application"], &mut faults);
    let application_idempotency =
        second_word(source.idempotency.as_ref(), "idempotency", ["symbolon", "application"], &mut faults);
    let (details, scopes) = scopes::compile(&source, &roles, &mut faults);
    let profiles = scopes::profiles(&source, &mut faults);
    let mounts = routes::mounts(&source, &mut faults);
    let (routes, starts, matcher) = routes::compile(&source, &roles, &scopes, &mounts, &mut faults);
    let tools = tools::compile(&source, &routes, &mut faults);
    scopes::warn_unused(&source, &scopes, &routes, &mut faults);
    let within_role: Vec<_> = roles
        .iter()
        .map(|(role, _)| {
            let held = details.iter().filter(|detail| detail.min_role.is_none_or(|min| role.reaches(min)));
            scopes.set(held.map(|detail| &detail.name))
        })
        .collect();
    let rivals = Rivals {
        routes: &routes,
        matcher: &matcher,
        vocabulary: &scopes,
        details: &details,
        within_role: &within_role,
    };
    rivals.warn(&starts, &mut faults);
    let warnings = faults.finish()?;
    let (Some(service), Some(prefix)) = (service, prefix) else {
        unreachable!("where either is missing a fault was found")
    };
    Ok(Catalog {
        title: title.unwrap_or_else(|| service.to_string()),
        service,
        prefix,
        token_managers,
        token_admins,
        policy,
        limits,
        old_form,
        profiles,
        routes,
        tools,
        mounts,
        warnings,
        scopes,
        details,
        within_role,
        application_dry_run,
        application_idempotency,
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

fn parse<T: FromStr<Err: Display>>(text: &Spanned<String>, faults: &mut Faults<'_>) -> Option<T> {
    text.as_ref()
        .parse()
        .map_err(|fault| faults.error(text.span().start, format!("{:?}: {fault}", text.as_ref())))
        .ok()
}

/// The title is shown on pages and in terminals, where a control character would do more than be read.
fn title(source: &Source, faults: &mut Faults<'_>) -> Option<String> {
    let title = source.title.as_ref()?;
    let text = title.as_ref();
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        faults.error(title.span().start, "title must be one line of text, or be left out");
    }
    Some(text.clone())
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
    for name in source.map(Spanned::as_ref).into_iter().flatten() {
        let Some(role) = parse::<RoleName>(name, faults) else { continue };
        if names.contains(&role) {
            faults.error(name.span().start, format!("role {:?} is listed twice", name.as_ref()));
        } else {
            names.push(role);
        }
    }
    if let Some(list) = source.filter(|list| list.as_ref().is_empty()) {
        faults.error(list.span().start, "roles must name at least one role, or be left out");
    }
    let default = || Roles::new("user".parse().into_iter().collect());
    Roles::new(names).or_else(default).unwrap_or_else(|| unreachable!("\"user\" is a role's name"))
}

/// The weakest roles that manage their own tokens, and those of others.
fn managers(source: &Source, roles: &Roles, faults: &mut Faults<'_>) -> (Role, Role) {
    let mut role = |name: Option<&Spanned<String>>, default: Role| {
        name.and_then(|name| find_role(roles, name, faults)).unwrap_or(default)
    };
    let own = role(source.token_managers.as_ref(), roles.weakest());
    let others = role(source.token_admins.as_ref(), roles.strongest());
    if let Some(name) = source.token_admins.as_ref().filter(|_| others < own) {
        faults.error(name.span().start, "token_admins must not be weaker than token_managers");
    }
    (own, others)
}

/// Whether the second of two words is said; the first is the default.
fn second_word(
    said: Option<&Spanned<String>>,
    key: &str,
    [first, second]: [&str; 2],
    faults: &mut Faults<'_>,
) -> bool {
    let Some(said) = said else { return false };
    let word = said.as_ref();
    if word != first && word != second {
        faults.error(said.span().start, format!("{key} is {first:?} or {second:?}, not {word:?}"));
    }
    word == second
}

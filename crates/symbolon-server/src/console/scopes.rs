//! A catalog's scopes as people see them: by resource, with reading and changing side by side.

use std::collections::BTreeSet;

use symbolon_api::{RouteInfo, ServiceInfo};

/// What a scope lets one do with its resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verb {
    /// Look.
    Read,
    /// Make, change and delete.
    Write,
    /// Something else, such as `send`.
    Other,
}

const READING: [&str; 3] = ["read", "view", "list"];
const WRITING: [&str; 7] = ["write", "create", "update", "edit", "delete", "manage", "admin"];

/// A scope's name taken apart. Services write `read:printers` or `printers:read`; the word that says what is done is
/// told by its meaning, not by its place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    pub(super) resource: &'a str,
    pub(super) verb: Verb,
    /// The word that says what is done; empty where the name is the resource alone.
    pub(super) word: &'a str,
}

/// Takes a scope's name apart.
pub(super) fn parts(scope: &str) -> Parts<'_> {
    let Some((first, second)) = scope.split_once(':') else {
        return Parts { resource: scope, verb: Verb::Other, word: "" };
    };
    let (resource, word) = if verb(first) == Verb::Other { (first, second) } else { (second, first) };
    Parts { resource, verb: verb(word), word }
}

fn verb(word: &str) -> Verb {
    if READING.contains(&word) {
        Verb::Read
    } else if WRITING.contains(&word) {
        Verb::Write
    } else {
        Verb::Other
    }
}

/// The closure of scopes under the catalog's implications, in the catalog's order.
pub(super) fn closure(service: &ServiceInfo, scopes: &[String]) -> Vec<String> {
    let mut held: BTreeSet<&str> = scopes.iter().map(String::as_str).collect();
    loop {
        let implied = service.scopes.iter().filter(|scope| held.contains(scope.name.as_str()));
        let implied: Vec<&str> = implied.flat_map(|scope| scope.implies.iter().map(String::as_str)).collect();
        let before = held.len();
        held.extend(implied);
        if held.len() == before {
            break;
        }
    }
    service
        .scopes
        .iter()
        .filter(|scope| held.contains(scope.name.as_str()))
        .map(|scope| scope.name.clone())
        .collect()
}

/// Whether a token with these effective scopes may call a route, as far as scopes decide it.
pub(super) fn reaches(effective: &[String], route: &RouteInfo) -> bool {
    route.scopes.iter().any(|set| !set.is_empty() && set.iter().all(|scope| effective.contains(scope)))
}

/// `printers, jobs and orders`.
pub(super) fn listed(words: &[&str], and: &str) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} {and} {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_a_scope_are_understood() {
        let both = Parts { resource: "printers", verb: Verb::Read, word: "read" };
        assert_eq!(parts("read:printers"), both);
        assert_eq!(parts("printers:read"), both);
        assert_eq!(parts("agent:write"), Parts { resource: "agent", verb: Verb::Write, word: "write" });
        assert_eq!(parts("email:send"), Parts { resource: "email", verb: Verb::Other, word: "send" });
        assert_eq!(parts("chat"), Parts { resource: "chat", verb: Verb::Other, word: "" });
    }

    #[test]
    fn words_are_listed() {
        assert_eq!(listed(&[], "and"), "");
        assert_eq!(listed(&["a"], "and"), "a");
        assert_eq!(listed(&["a", "b", "c"], "and"), "a, b and c");
    }
}

//! A catalog as people read it: operations by the first part of their path, and which scope opens each.

use symbolon_api::{RouteInfo, ServiceInfo};

use crate::console::text::{EN, fill};

/// The operations of a catalog, in groups. Those with an operation that a scope opens stand first.
pub(super) struct Matrix {
    pub(super) open: Vec<Group>,
    /// Groups in which no scope opens anything.
    pub(super) closed: Vec<Group>,
}

/// Operations whose paths begin alike.
pub(super) struct Group {
    pub(super) name: String,
    /// How many there are.
    pub(super) says: String,
    pub(super) label: String,
    /// Whether it is shown unfolded.
    pub(super) unfolded: bool,
    /// The scopes that open one of these operations, in the catalog's order.
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Row>,
    pub(super) rules: Vec<Rule>,
}

/// An operation that scopes open.
pub(super) struct Row {
    pub(super) method: String,
    pub(super) path: String,
    /// For each column a mark, or nothing.
    pub(super) cells: Vec<String>,
    pub(super) role: String,
}

/// Operations that no scope opens, of one rule.
pub(super) struct Rule {
    pub(super) says: String,
    /// Methods and paths.
    pub(super) routes: Vec<(String, String)>,
}

impl Matrix {
    /// Of the operations that `chosen` picks. `unfolded` shows what is in the groups at once.
    pub(super) fn of(catalog: &ServiceInfo, unfolded: bool, chosen: impl Fn(&RouteInfo) -> bool) -> Self {
        let mut groups: Vec<(&str, Vec<&RouteInfo>)> = Vec::new();
        for route in catalog.routes.iter().filter(|route| chosen(route)) {
            let name = first_part(&route.path);
            match groups.iter_mut().find(|(known, _)| *known == name) {
                Some((_, routes)) => routes.push(route),
                None => groups.push((name, vec![route])),
            }
        }
        let groups = groups.into_iter().map(|(name, routes)| Group::of(catalog, name, &routes, unfolded));
        let (open, mut closed): (Vec<Group>, Vec<Group>) = groups.partition(|group| !group.rows.is_empty());
        closed.sort_by(|one, other| one.name.cmp(&other.name));
        Self { open, closed }
    }
}

/// What a path is about: its first part that says more than that there is an API.
fn first_part(path: &str) -> &str {
    let version = |part: &str| {
        part.strip_prefix('v')
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    let parts = || path.split('/').filter(|part| !part.is_empty());
    parts().find(|part| *part != "api" && !version(part)).or_else(|| parts().next()).unwrap_or("/")
}

impl Group {
    fn of(catalog: &ServiceInfo, name: &str, routes: &[&RouteInfo], unfolded: bool) -> Self {
        let t = &EN;
        let (by_scope, otherwise): (Vec<&RouteInfo>, Vec<&RouteInfo>) =
            routes.iter().partition(|route| route.access == "scopes");
        let names = catalog.scopes.iter().map(|scope| &scope.name);
        let used =
            |name: &&String| by_scope.iter().any(|route| route.scopes.iter().any(|set| set.contains(*name)));
        let columns: Vec<String> = names.filter(used).cloned().collect();
        let rows = by_scope.iter().map(|route| Row {
            method: route.method.clone(),
            path: route.path.clone(),
            cells: columns.iter().map(|scope| mark(scope, &route.scopes)).collect(),
            role: route.role.clone(),
        });
        let mut rules: Vec<Rule> = Vec::new();
        for route in &otherwise {
            let (says, routes) = (rule_of(catalog, route), (route.method.clone(), route.path.clone()));
            match rules.iter_mut().find(|rule| rule.says == says) {
                Some(rule) => rule.routes.push(routes),
                None => rules.push(Rule { says, routes: vec![routes] }),
            }
        }
        Self {
            name: capital(name),
            says: says(by_scope.len(), otherwise.len()),
            label: fill(t.catalog_group_label, &[("group", &capital(name))]),
            unfolded,
            rows: rows.collect(),
            columns,
            rules,
        }
    }
}

fn says(by_scope: usize, otherwise: usize) -> String {
    let t = &EN;
    let n = |text, count: usize| fill(text, &[("n", &count.to_string())]);
    match (by_scope, otherwise) {
        (0, count) => count.to_string(),
        (count, 0) => n(t.catalog_by_scope, count),
        (count, other) => format!("{}, {}", n(t.catalog_by_scope, count), n(t.catalog_otherwise, other)),
    }
}

/// Whether this scope opens what needs one of these sets: alone, or with others of a set. Where there are several
/// such sets they are numbered.
fn mark(scope: &str, sets: &[Vec<String>]) -> String {
    let holds = |set: &&Vec<String>| set.iter().any(|known| known == scope);
    if sets.iter().any(|set| set.len() == 1 && holds(&set)) {
        return "✓".to_owned();
    }
    let several: Vec<&Vec<String>> = sets.iter().filter(|set| set.len() > 1).collect();
    let places =
        several.iter().enumerate().filter(|(_, set)| holds(set)).map(|(place, _)| match several.len() {
            1 => "+".to_owned(),
            _ => format!("+{}", place + 1),
        });
    places.collect::<Vec<_>>().join(" ")
}

/// Who an operation is for that no scope opens.
fn rule_of(catalog: &ServiceInfo, route: &RouteInfo) -> String {
    let t = &EN;
    match route.access.as_str() {
        "public" => t.catalog_rule_public.to_owned(),
        "system" => t.catalog_rule_system.to_owned(),
        _ => fill(t.catalog_rule_human, &[("role", &at_least(catalog, &route.role))]),
    }
}

/// A role with those above it, if there are any.
pub(super) fn at_least(catalog: &ServiceInfo, role: &str) -> String {
    match catalog.roles.last() {
        Some(strongest) if strongest == role => role.to_owned(),
        _ => fill(EN.catalog_role_least, &[("role", role)]),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use symbolon_core::Catalog;

    use super::*;
    use crate::management::service_info;

    const ODIN: &str = include_str!("../../../../../catalogs/odin.toml");
    const ODYSSEUS: &str = include_str!("../../../../../catalogs/odysseus.toml");

    pub(in crate::console::catalog) fn catalogs() -> [ServiceInfo; 2] {
        [("odin", ODIN), ("odysseus", ODYSSEUS)]
            .map(|(name, text)| service_info(&Catalog::compile(name, text).unwrap()))
    }

    #[test]
    fn every_operation_stands_once() {
        for catalog in catalogs() {
            let matrix = Matrix::of(&catalog, false, |_| true);
            let mut shown: BTreeMap<(String, String), usize> = BTreeMap::new();
            for group in matrix.open.iter().chain(&matrix.closed) {
                let rows = group.rows.iter().map(|row| (row.method.clone(), row.path.clone()));
                let listed = group.rules.iter().flat_map(|rule| rule.routes.iter().cloned());
                rows.chain(listed).for_each(|route| *shown.entry(route).or_default() += 1);
            }
            assert!(shown.values().all(|times| *times == 1));
            let all = catalog.routes.iter().map(|route| (route.method.clone(), route.path.clone()));
            assert!(
                shown.into_keys().eq(all.collect::<std::collections::BTreeSet<_>>()),
                "{}",
                catalog.service
            );
        }
    }

    #[test]
    fn each_alternative_is_marked() {
        for catalog in catalogs() {
            for group in Matrix::of(&catalog, false, |_| true).open {
                assert!(!group.columns.is_empty());
                for row in &group.rows {
                    let of = |route: &&RouteInfo| route.method == row.method && route.path == row.path;
                    let route = catalog.routes.iter().find(of).unwrap();
                    for (scope, cell) in group.columns.iter().zip(&row.cells) {
                        assert_eq!(route.scopes.iter().any(|set| set.contains(scope)), !cell.is_empty());
                    }
                }
            }
        }
    }

    #[test]
    fn sets_are_told_from_scopes_that_do_alone() {
        let sets = |sets: &[&[&str]]| -> Vec<Vec<String>> {
            sets.iter().map(|set| set.iter().map(ToString::to_string).collect()).collect()
        };
        let marks = |all: &[&[&str]]| ["a", "b", "c"].map(|scope| mark(scope, &sets(all)));
        assert_eq!(marks(&[&["a"], &["b", "c"]]), ["✓", "+", "+"]);
        assert_eq!(marks(&[&["a", "b"], &["a", "c"]]), ["+1 +2", "+1", "+2"]);
    }

    #[test]
    fn a_group_is_what_a_path_is_about() {
        let paths = ["/jobs/{id}", "/api/v1/chat", "/api/models", "/v2", "/", "/vision/x"];
        assert_eq!(paths.map(first_part), ["jobs", "chat", "models", "v2", "/", "vision"]);
    }
}

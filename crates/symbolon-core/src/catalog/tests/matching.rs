//! Which route a path is, compared with a naive reference.

use proptest::prelude::*;

use super::{compile, route, text};
use crate::catalog::{Catalog, Matched};
use crate::target::{Target, decoded};

/// The pattern of the route that a request is, if it is one.
fn found<'a>(catalog: &'a Catalog, method: &str, path: &str) -> Option<&'a str> {
    match catalog.find(method, path) {
        Matched::Route(index, route) => {
            assert!(std::ptr::eq(&raw const catalog.routes[index], route));
            Some(&route.path)
        }
        _ => None,
    }
}

fn catalog(top: &str, paths: &[&str]) -> Catalog {
    compile(&text(top, &paths.iter().map(|path| route("access = \"human\"", path)).collect::<String>()))
}

#[test]
fn a_literal_beats_a_parameter_and_a_parameter_a_tail() {
    let catalog = catalog(
        "",
        &[
            "GET /jobs/{id}",
            "GET /jobs/reorder",
            "GET /jobs/{id}/log",
            "GET /jobs/{*rest}",
            "GET /jobs/reorder/x",
            "GET /{a}/live",
            "GET /",
            "GET /jobs/",
            "GET /users/@me",
            "GET /a%20b",
        ],
    );
    for (path, route) in [
        ("/jobs/7", Some("/jobs/{id}")),
        ("/jobs/reorder", Some("/jobs/reorder")),
        ("/jobs/Reorder", Some("/jobs/{id}")),
        ("/jobs/7/log", Some("/jobs/{id}/log")),
        ("/jobs/reorder/x", Some("/jobs/reorder/x")),
        // The literal leads nowhere; the parameter does.
        ("/jobs/reorder/log", Some("/jobs/{id}/log")),
        ("/jobs/reorder/y", Some("/jobs/{*rest}")),
        ("/jobs/7/log/1", Some("/jobs/{*rest}")),
        ("/jobs/7/", Some("/jobs/{*rest}")),
        ("/jobs/", Some("/jobs/")),
        ("/jobs", None),
        ("/other/live", Some("/{a}/live")),
        ("/jobs/live", Some("/jobs/{id}")),
        ("/", Some("/")),
        ("/users/@me", Some("/users/@me")),
        ("/users/%40me", Some("/users/@me")),
        ("/a%20b", Some("/a%20b")),
        ("/users/@me/", None),
        ("/jobsx/7", None),
    ] {
        assert_eq!(found(&catalog, "GET", path), route, "{path}");
    }
}

#[test]
fn an_empty_segment_is_no_parameter_and_no_tail() {
    let catalog = catalog("", &["GET /a/{id}", "GET /b/{*rest}"]);
    for path in ["/a/", "/b/", "/b", "/"] {
        assert_eq!(found(&catalog, "GET", path), None, "{path}");
    }
}

#[test]
fn methods_are_apart_and_head_follows_get() {
    let catalog = catalog("", &["GET /a", "POST /a", "DELETE /a/{id}", "HEAD /b", "GET /b/{x}", "HEAD /b/1"]);
    assert_eq!(found(&catalog, "HEAD", "/a"), Some("/a"));
    assert_eq!(found(&catalog, "GET", "/b"), None, "GET does not follow HEAD");
    assert_eq!(found(&catalog, "HEAD", "/b/1"), Some("/b/1"), "a HEAD route of its own comes first");
    assert_eq!(found(&catalog, "HEAD", "/b/2"), Some("/b/{x}"));
    for (method, path, allowed) in [
        ("PUT", "/a", &["GET", "HEAD", "POST"][..]),
        ("get", "/a", &["GET", "HEAD", "POST"]),
        ("GET", "/b", &["HEAD"]),
        ("GET", "/a/1", &["DELETE"]),
        ("OPTIONS", "/a", &["GET", "HEAD", "POST"]),
    ] {
        let Matched::OtherMethods(methods) = catalog.find(method, path) else { panic!("{method} {path}") };
        assert_eq!(methods, allowed, "{method} {path}");
    }
    assert!(matches!(catalog.find("GET", "/none"), Matched::None));
}

#[test]
fn options_is_the_catalogs_own_choice() {
    let paths = ["GET /a", "OPTIONS /b", "GET /b"];
    let closed = catalog("", &paths);
    assert!(matches!(closed.find("OPTIONS", "/a"), Matched::OtherMethods(_)));
    let open = catalog("options = \"public\"", &paths);
    assert!(matches!(open.find("OPTIONS", "/a"), Matched::Preflight));
    assert_eq!(found(&open, "OPTIONS", "/b"), Some("/b"), "a route of its own comes first");
    assert!(matches!(open.find("OPTIONS", "/none"), Matched::None), "nothing is there to ask about");
}

#[test]
fn every_path_is_served_under_every_mount_and_nowhere_else() {
    let catalog = catalog("mounts = [\"/api\", \"/api/v1\"]", &["GET /a", "GET /{*rest}"]);
    assert_eq!(found(&catalog, "GET", "/api/a"), Some("/a"));
    assert_eq!(found(&catalog, "GET", "/api/v1/a"), Some("/a"));
    assert_eq!(found(&catalog, "GET", "/api/v1/b/c"), Some("/{*rest}"));
    for path in ["/a", "/ap/a", "/apiv1/a", "/api"] {
        assert_eq!(found(&catalog, "GET", path), None, "{path}");
    }
}

/// How a pattern matches a path: for each segment 0 literal, 1 parameter, 2 tail; `None` if it does not.
fn reference(pattern: &str, path: &str) -> Option<Vec<u8>> {
    let mut path = path[1..].split('/');
    let mut how = Vec::new();
    for part in pattern[1..].split('/') {
        let segment = path.next()?;
        if part.starts_with('{') {
            if segment.is_empty() {
                return None;
            }
            how.push(if part.starts_with("{*") { 2 } else { 1 });
        } else if decoded(part) == decoded(segment) {
            how.push(0);
        } else {
            return None;
        }
    }
    (how.last() == Some(&2) || path.next().is_none()).then_some(how)
}

/// Patterns over few words, so that they overlap.
fn patterns() -> impl Strategy<Value = Vec<String>> {
    let part = prop_oneof![4 => "[ab]", 1 => Just("@".to_owned()), 1 => Just("%C3%A9".to_owned()), 3 => Just("{}".to_owned())];
    let end = prop_oneof![4 => Just(""), 1 => Just("/"), 2 => Just("/{*rest}")];
    let one = (prop::collection::vec(part, 1..4), end).prop_map(|(parts, end)| {
        let parts =
            parts.iter().enumerate().map(|(index, part)| part.replace("{}", &format!("{{p{index}}}")));
        format!("/{}{end}", parts.collect::<Vec<_>>().join("/"))
    });
    prop::collection::btree_set(one, 1..10).prop_map(|set| set.into_iter().collect())
}

fn paths() -> impl Strategy<Value = String> {
    "(/([ab]|@|%40|%20|%C3%A9)){1,5}/?"
}

/// The same path written otherwise: any character but a slash may be escaped, and an escape have small digits.
fn spelled(path: &str, choices: &[u8]) -> String {
    let (mut rest, mut out) = (path, String::new());
    for choice in choices.iter().cycle() {
        let Some(first) = rest.chars().next() else { break };
        let (unit, after) = rest.split_at(if first == '%' { 3 } else { 1 });
        rest = after;
        let written = match (first, choice) {
            ('%', 0) => unit.to_lowercase(),
            ('/' | '%', _) | (_, 0 | 1) => unit.to_owned(),
            (_, 2) => format!("%{:02x}", u32::from(first)),
            _ => format!("%{:02X}", u32::from(first)),
        };
        out.push_str(&written);
    }
    out
}

proptest! {
    #[test]
    fn a_path_is_the_one_route_that_the_reference_picks(
        patterns in patterns(), paths in prop::collection::vec(paths(), 1..20),
    ) {
        let lines: Vec<_> = patterns.iter().map(|pattern| format!("GET {pattern}")).collect();
        let catalog = catalog("", &lines.iter().map(String::as_str).collect::<Vec<_>>());
        for path in &paths {
            let mut matching: Vec<_> =
                patterns.iter().filter_map(|pattern| Some((reference(pattern, path)?, pattern))).collect();
            matching.sort();
            prop_assert!(matching.windows(2).all(|two| two[0].0 != two[1].0), "two routes are equal: {matching:?}");
            let picked = matching.first().map(|(_, pattern)| pattern.as_str());
            prop_assert_eq!(found(&catalog, "GET", path), picked, "{} among {:?}", path, &patterns);
        }
    }

    /// Every spelling of a path that is let in at all leads to the route of the plain one.
    #[test]
    fn another_spelling_is_the_same_route(
        patterns in patterns(), path in paths(), choices in prop::collection::vec(0_u8..4, 24),
    ) {
        let lines: Vec<_> = patterns.iter().map(|pattern| format!("GET {pattern}")).collect();
        let catalog = catalog("", &lines.iter().map(String::as_str).collect::<Vec<_>>());
        let spelled = spelled(&path, &choices);
        let canonical = Target::parse(spelled.as_bytes()).unwrap();
        prop_assert_eq!(found(&catalog, "GET", canonical.path()), found(&catalog, "GET", &path), "{}", spelled);
    }
}

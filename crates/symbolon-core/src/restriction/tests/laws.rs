//! What must hold whatever a token is restricted to and whatever is asked: a restriction never widens, and one that cannot
//! be evaluated refuses.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::catalog::{Access, Catalog, Matched};
use crate::target::Target;

/// Words of which paths, patterns and restrictions are made, so that they meet often.
const WORDS: [&str; 6] = ["a", "A", "b", "1", "01", "a b"];
const NAMES: [&str; 3] = ["id", "part", "rest"];
const METHODS: [&str; 3] = ["GET", "HEAD", "POST"];

fn encoded(word: &str) -> String {
    word.replace(' ', "%20")
}

fn patterns() -> impl Strategy<Value = String> {
    let segment = prop_oneof![
        3 => select(&WORDS[..]).prop_map(encoded),
        1 => Just("{id}".to_owned()),
        1 => Just("{part}".to_owned()),
    ];
    (prop::collection::vec(segment, 1..4), any::<bool>(), any::<bool>()).prop_map(
        |(segments, tail, slash)| {
            let end = if tail {
                "/{*rest}"
            } else if slash {
                "/"
            } else {
                ""
            };
            format!("/{}{end}", segments.join("/"))
        },
    )
}

/// A catalog that compiles, of patterns that routers may confuse.
fn catalogs() -> impl Strategy<Value = Catalog> {
    let route = (select(&METHODS[..]), patterns());
    let parts = (prop::collection::vec(route, 1..8), any::<bool>(), any::<bool>());
    parts.prop_filter_map("no catalog", |(routes, any, mounts)| {
        let parameters = if any { "any" } else { "typed" };
        let mounts = if mounts { r#"["/a", "/a/b"]"# } else { r#"[""]"# };
        let paths: Vec<_> = routes.iter().map(|(method, path)| format!("{method} {path}")).collect();
        let text = format!(
            "service = \"t\"\ntoken_prefix = \"tt\"\nparameters = \"{parameters}\"\nmounts = {mounts}\n\
             [scopes]\n\"x\" = \"X\"\n[[routes]]\nscopes = [\"x\"]\npaths = {paths:?}\n"
        );
        Catalog::compile("t.toml", &text).ok()
    })
}

fn paths() -> impl Strategy<Value = String> {
    let segment = select(&["a", "A", "b", "1", "01", "a%20b", "%61", "%31"][..]);
    let slash = select(&["", "", "/"][..]);
    (prop::collection::vec(segment, 1..6), slash)
        .prop_map(|(segments, end)| format!("/{}{end}", segments.join("/")))
}

fn networks() -> impl Strategy<Value = BTreeSet<Network>> {
    let network = select(&["10.0.0.0/8", "10.1.0.0/16", "192.0.2.1", "2001:db8::/32", "0.0.0.0/0"][..]);
    prop::collection::btree_set(network.prop_map(|text| text.parse().unwrap()), 0..3)
}

fn restrictions() -> impl Strategy<Value = Restrictions> {
    let methods = prop::collection::btree_set(select(&METHODS[..]).prop_map(str::to_owned), 0..2);
    let prefix = prop::collection::vec(select(&WORDS[..]).prop_map(encoded), 1..3);
    let prefixes = prop::collection::btree_set(
        prefix.prop_map(|words| PathPrefix(format!("/{}", words.join("/")))),
        0..3,
    );
    let values = prop::collection::btree_set(select(&WORDS[..]).prop_map(str::to_owned), 1..3);
    let parameters = prop::collection::btree_map(select(&NAMES[..]).prop_map(str::to_owned), values, 0..2);
    (networks(), methods, prefixes, parameters).prop_map(|(networks, methods, paths, parameters)| {
        Restrictions { networks, methods, paths, parameters }
    })
}

fn clients() -> impl Strategy<Value = Option<IpAddr>> {
    let address = select(&["10.1.2.3", "192.0.2.1", "::ffff:10.1.2.3", "2001:db8::1", "::1"][..]);
    prop::option::weighted(0.8, address.prop_map(|text| text.parse().unwrap()))
}

/// As the decision reads a request; `None` if it has no route.
fn circumstances<'a>(
    catalog: &'a Catalog,
    client: Option<IpAddr>,
    method: &'a str,
    path: &'a str,
) -> Option<Circumstances<'a>> {
    let target = Target::parse(path.as_bytes()).unwrap();
    let Matched::Route(own, route) = catalog.find(method, target.path()) else { return None };
    let others = catalog.readings(Some(own), method, &target);
    let readings = std::iter::once(route).chain(others).flat_map(|route| route.read(path)).collect();
    Some(Circumstances { client, method, readings })
}

proptest! {
    /// Whatever a catalog says, each route that a path is found for, or that some router takes it for, can read it.
    #[test]
    fn every_reading_can_be_told(catalog in catalogs(), method in select(&METHODS[..]), path in paths()) {
        let target = Target::parse(path.as_bytes()).unwrap();
        if let Matched::Route(own, route) = catalog.find(method, target.path()) {
            prop_assert!(matches!(route.access, Access::Scopes(_)));
            for route in std::iter::once(route).chain(catalog.readings(Some(own), method, &target)) {
                let readings = route.read(target.path());
                prop_assert!(!readings.is_empty(), "{path} as {} {}", route.method, route.path);
                for reading in &readings {
                    prop_assert_eq!(reading.parameters.len(), route.parameters().count());
                }
            }
        }
    }

    /// More kinds, or fewer entries of a kind that is restricted, let no more through.
    #[test]
    fn a_restriction_never_widens(
        catalog in catalogs(), client in clients(), method in select(&METHODS[..]), path in paths(),
        some in restrictions(), more in restrictions(),
    ) {
        let Some(asked) = circumstances(&catalog, client, method, &path) else { return Ok(()) };
        prop_assert!(Restrictions::default().admit(&asked).is_ok());
        let both = narrowed(&some, &more);
        let Some(both) = both else { return Ok(()) };
        if both.admit(&asked).is_ok() {
            prop_assert!(some.admit(&asked).is_ok() && more.admit(&asked).is_ok());
        }
        // And each kind alone lets through whatever all together do.
        if some.admit(&asked).is_ok() {
            for alone in kinds(&some) {
                prop_assert!(alone.admit(&asked).is_ok(), "{alone:?}");
            }
        }
    }

    /// What is let through keeps each kind in its own words: an independent reading of the rule.
    #[test]
    fn what_is_let_through_is_what_was_named(
        catalog in catalogs(), client in clients(), method in select(&METHODS[..]), path in paths(), some in restrictions(),
    ) {
        let Some(asked) = circumstances(&catalog, client, method, &path) else { return Ok(()) };
        if some.admit(&asked).is_err() {
            return Ok(());
        }
        if !some.networks.is_empty() {
            let client = client.expect("an address that is not known is in no network");
            prop_assert!(some.networks.iter().any(|network| network.contains(client)));
        }
        let get = if method == "HEAD" { "GET" } else { method };
        prop_assert!(some.methods.is_empty() || some.methods.contains(method) || some.methods.contains(get));
        let sent: Vec<_> = path[1..].split('/').map(|text| decoded(text).unwrap()).collect();
        for values in some.parameters.values() {
            // A value stands in the path, whole.
            prop_assert!(values.iter().any(|value| sent.contains(&Cow::Borrowed(value.as_str()))));
        }
        if !some.paths.is_empty() {
            let under = |prefix: &PathPrefix| {
                let own = prefix.segments().unwrap();
                sent.windows(own.len()).any(|window| window == own)
            };
            prop_assert!(some.paths.iter().any(under), "{path} {some:?}");
        }
    }

    #[test]
    fn what_cannot_be_evaluated_refuses(some in restrictions(), method in select(&METHODS[..])) {
        let nowhere = Circumstances { client: None, method, readings: Vec::new() };
        if !some.networks.is_empty() || !some.paths.is_empty() || !some.parameters.is_empty() {
            prop_assert!(some.admit(&nowhere).is_err());
        }
        prop_assert_eq!(some.admit_without_request(None).is_ok(), some.is_empty());
    }
}

/// What both let through, kind by kind; `None` where nothing is left of a kind.
fn narrowed(some: &Restrictions, more: &Restrictions) -> Option<Restrictions> {
    fn both<T: Ord + Clone>(some: &BTreeSet<T>, more: &BTreeSet<T>) -> Option<BTreeSet<T>> {
        if some.is_empty() || more.is_empty() {
            return Some(some.union(more).cloned().collect());
        }
        Some(some & more).filter(|both| !both.is_empty())
    }
    let mut parameters = some.parameters.clone();
    for (name, values) in &more.parameters {
        let own = parameters.remove(name).unwrap_or_default();
        parameters.insert(name.clone(), both(&own, values)?);
    }
    Some(Restrictions {
        networks: both(&some.networks, &more.networks)?,
        methods: both(&some.methods, &more.methods)?,
        paths: both(&some.paths, &more.paths)?,
        parameters,
    })
}

fn kinds(all: &Restrictions) -> [Restrictions; 4] {
    let none = Restrictions::default;
    [
        Restrictions { networks: all.networks.clone(), ..none() },
        Restrictions { methods: all.methods.clone(), ..none() },
        Restrictions { paths: all.paths.clone(), ..none() },
        Restrictions { parameters: all.parameters.clone(), ..none() },
    ]
}

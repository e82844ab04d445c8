//! What must hold whatever the catalog says, tried on small random catalogs with random people in them.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::super::world::{World, restricted};
use super::super::{Caller, Reason};
use crate::catalog::Access;

const ROLES: [&str; 3] = ["viewer", "operator", "admin"];
pub(super) const SCOPES: usize = 6;

/// A catalog of six scopes and some routes `/0`, `/1`, … What a scope includes has a smaller number, so that
/// there is no circle.
fn catalogs() -> impl Strategy<Value = String> {
    let scope = (prop::option::weighted(0.4, 0..3_usize), prop::collection::btree_set(0..SCOPES, 0..3));
    let alternative = prop::collection::btree_set(0..SCOPES, 1..3);
    let access = prop_oneof![
        6 => prop::collection::vec(alternative, 1..4).prop_map(|sets| {
            let sets = sets.iter().map(|set| {
                let names: Vec<_> = set.iter().map(|scope| format!("s{scope}")).collect();
                format!("\"{}\"", names.join(" + "))
            });
            format!("scopes = [{}]", sets.collect::<Vec<_>>().join(", "))
        }),
        1 => Just("access = \"public\"".to_owned()),
        1 => Just("access = \"human\"".to_owned()),
        1 => Just("access = \"system\"".to_owned()),
    ];
    let routes = prop::collection::vec((access, 0..3_usize), 1..8);
    (prop::collection::vec(scope, SCOPES), routes).prop_map(|(scopes, routes)| {
        let mut text = format!("service = \"t\"\ntoken_prefix = \"tt\"\nroles = {ROLES:?}\n[scopes]\n");
        for (number, (min_role, implied)) in scopes.iter().enumerate() {
            let implied: Vec<_> = implied.range(..number).map(|scope| format!("s{scope}")).collect();
            let min_role = min_role.map_or(String::new(), |role| format!(", min_role = \"{}\"", ROLES[role]));
            writeln!(text, "s{number} = {{ grants = \"S\", implies = {implied:?}{min_role} }}").unwrap();
        }
        for (number, (access, role)) in routes.iter().enumerate() {
            let role = ROLES[*role];
            writeln!(text, "[[routes]]\n{access}\nrole = \"{role}\"\npaths = [\"GET /{number}\"]").unwrap();
        }
        text
    })
}

/// A world, secrets of callers of every kind and state, and requests.
pub(super) struct Town {
    pub(super) world: World,
    pub(super) secrets: Vec<String>,
    pub(super) lines: Vec<String>,
}

impl std::fmt::Debug for Town {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let callers: Vec<Caller<'_>> =
            self.secrets.iter().map(|secret| self.world.owner_of(secret)).collect();
        writeln!(f, "{:#?}\n{callers:#?}\n{:?}", self.world.catalog.routes, self.lines)
    }
}

fn granted(scopes: &std::collections::BTreeSet<usize>) -> Vec<String> {
    scopes.iter().map(|scope| format!("s{scope}")).collect()
}

pub(super) fn town() -> impl Strategy<Value = Town> {
    let person = (prop::option::weighted(0.9, 0..3_usize), prop::bool::weighted(0.9));
    // One number more than there are scopes: a scope that the catalog has dropped.
    let token = (any::<Index>(), prop::collection::btree_set(0..=SCOPES, 0..4), 0..8_u8);
    let people = prop::collection::vec(person, 1..4);
    let parts = (catalogs(), people, prop::collection::vec(token, 1..6), any::<bool>());
    parts.prop_map(|(catalog, people, tokens, system_key_on_human)| {
        let mut world = World::new(&catalog);
        world.rules.system_key_on_human = system_key_on_human;
        let mut secrets = vec![world.key(None), world.key(Some("t")), world.key(Some("other"))];
        let mut ids = Vec::new();
        for (role, active) in people {
            let id = world.user(role.map(|role| ROLES[role]));
            world.edit_user(id, |user| user.active = active);
            secrets.push(world.session(id).1);
            ids.push(id);
        }
        let now = world.now;
        for (owner, scopes, state) in tokens {
            let scopes = granted(&scopes);
            let scopes: Vec<_> = scopes.iter().map(String::as_str).collect();
            let secret = world.token(*owner.get(&ids), &scopes);
            world.edit_token(&secret, |token| match state {
                0 => token.disabled = true,
                1 => token.expires_at = Some(now),
                2 => token.service = "other".parse().unwrap(),
                _ => {}
            });
            secrets.push(secret);
        }
        let routes = world.catalog.routes.len();
        let mut lines: Vec<_> = (0..routes).map(|number| format!("GET /{number}")).collect();
        lines.extend(["POST /0", "HEAD /0", "GET /none", "GET /0/../1"].map(str::to_owned));
        Town { world, secrets, lines }
    })
}

pub(super) const ONLY: [&str; 5] = [
    r#"{ "networks": ["0.0.0.0/0", "::/0"] }"#,
    r#"{ "methods": ["GET"] }"#,
    r#"{ "methods": ["POST"] }"#,
    r#"{ "paths": ["/0", "/3"] }"#,
    r#"{ "parameters": { "id": ["0"] } }"#,
];

fn scope_sets() -> impl Strategy<Value = std::collections::BTreeSet<usize>> {
    prop::collection::btree_set(0..=SCOPES, 0..5)
}

proptest! {
    #[test]
    fn more_scopes_never_lose_an_allowed_request(
        catalog in catalogs(), some in scope_sets(), more in scope_sets(), role in 0..3_usize,
    ) {
        let mut world = World::new(&catalog);
        let owner = world.user(Some(ROLES[role]));
        let mut token = |scopes: &std::collections::BTreeSet<usize>| {
            let scopes = granted(scopes);
            world.token(owner, &scopes.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let (few, many) = (token(&some), token(&some.union(&more).copied().collect()));
        for number in 0..world.catalog.routes.len() {
            let line = format!("GET /{number}");
            let lost = world.ask(&line, Some(&few)).is_ok() && world.ask(&line, Some(&many)).is_err();
            prop_assert!(!lost, "{line}: {some:?} and then {more:?}\n{catalog}");
        }
    }

    #[test]
    fn no_scopes_allow_only_public_routes(catalog in catalogs(), role in 0..3_usize) {
        let mut world = World::new(&catalog);
        let owner = world.user(Some(ROLES[role]));
        for token in [world.token(owner, &[]), world.token(owner, &["dropped"])] {
            for (number, route) in world.catalog.routes.iter().enumerate() {
                let allowed = world.ask(&format!("GET /{number}"), Some(&token)).is_ok();
                prop_assert_eq!(allowed, route.access == Access::Public, "/{}\n{}", number, &catalog);
            }
        }
    }

    /// And a token opens nothing that its owner's own session does not.
    #[test]
    fn a_stronger_role_never_loses_and_a_token_never_exceeds_its_owner(catalog in catalogs(), some in scope_sets()) {
        let mut world = World::new(&catalog);
        let owner = world.user(Some(ROLES[0]));
        let scopes = granted(&some);
        let token = world.token(owner, &scopes.iter().map(String::as_str).collect::<Vec<_>>());
        let (_, jwt) = world.session(owner);
        for number in 0..world.catalog.routes.len() {
            let line = format!("GET /{number}");
            let mut before = (false, false);
            for role in ROLES {
                world.set_role(owner, role);
                let (by_token, by_session) = (world.ask(&line, Some(&token)), world.ask(&line, Some(&jwt)));
                let now = (by_token.is_ok(), by_session.is_ok());
                prop_assert!(now.0 >= before.0 && now.1 >= before.1, "{line} {role}\n{catalog}");
                prop_assert!(!now.0 || now.1, "{line} {role}: {by_session:?}\n{catalog}");
                before = now;
            }
        }
    }

    /// And without an address, which nobody says here, no network is kept.
    #[test]
    fn a_restricted_token_passes_nowhere_that_it_would_not_without(
        catalog in catalogs(), some in scope_sets(), role in 0..3_usize, only in select(&ONLY[..]),
    ) {
        let mut world = World::new(&catalog);
        let owner = world.user(Some(ROLES[role]));
        let scopes = granted(&some);
        let scopes: Vec<_> = scopes.iter().map(String::as_str).collect();
        let (free, bound) = (world.token(owner, &scopes), world.token(owner, &scopes));
        world.edit_token(&bound, |token| token.restrictions = restricted(only));
        for number in 0..world.catalog.routes.len() {
            for method in ["GET", "HEAD", "POST"] {
                let line = format!("{method} /{number}");
                let (free, bound) = (world.ask(&line, Some(&free)), world.ask(&line, Some(&bound)));
                prop_assert!(free.is_ok() || bound == free, "{line}: {free:?} {bound:?}\n{catalog}");
                let within = match only {
                    only if only.contains("\"GET\"") => method != "POST",
                    only if only.contains("paths") => number == 0 || number == 3,
                    _ => false,
                };
                prop_assert!(within || bound != Ok("token"), "{line} {only}\n{catalog}");
                prop_assert!(!within || bound == free, "{line} {only}: {bound:?}\n{catalog}");
            }
        }
    }

    /// A human route is closed to every token, whatever it holds, and a system route to all but the key.
    #[test]
    fn no_token_reaches_a_human_or_a_system_route(catalog in catalogs(), some in scope_sets()) {
        let mut world = World::new(&catalog);
        let owner = world.system_user();
        let scopes = granted(&some);
        let token = world.token(owner, &scopes.iter().map(String::as_str).collect::<Vec<_>>());
        for (number, route) in world.catalog.routes.iter().enumerate() {
            let verdict = world.ask(&format!("GET /{number}"), Some(&token));
            match route.access {
                Access::Human => prop_assert_eq!(verdict, Err(Reason::HumanOnly)),
                Access::System => prop_assert_eq!(verdict, Err(Reason::SystemOnly)),
                _ => {}
            }
        }
    }
}

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::id::{TokenId, UserId};
use crate::metadata::Metadata;
use crate::random::Entropy;

struct Zeros;
impl Entropy for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

const SHOP: &str = r#"
service = "shop"
title = "The shop"
token_prefix = "shop"
roles = ["user", "admin"]
implications = ["*:write -> *:read"]
[tokens]
LIMITS
[scopes]
"items:read" = "Read items"
"items:write" = "Write items"
"orders:read" = "Read orders"
"orders:write" = "Write orders"
"all:read" = "Read everything"
"users:read" = { grants = "Read users", min_role = "admin" }
[[routes]]
scopes = ["all:read", "items:read"]
paths = ["GET /items"]
[[routes]]
scopes = ["items:write"]
paths = ["POST /items"]
[[routes]]
scopes = ["all:read", "orders:read"]
paths = ["GET /orders", "GET /orders/{id}"]
[[routes]]
scopes = ["orders:write + items:read"]
paths = ["POST /orders"]
[[routes]]
scopes = ["users:read"]
paths = ["GET /users"]
[[routes]]
access = "public"
paths = ["GET /health"]
"#;

/// All routes of the shop, and one that it had once.
const ROUTES: [&str; 8] = [
    "GET /items",
    "POST /items",
    "GET /orders",
    "GET /orders/{id}",
    "POST /orders",
    "GET /users",
    "GET /health",
    "GET /gone",
];
const SCOPES: [&str; 7] =
    ["items:read", "items:write", "orders:read", "orders:write", "all:read", "users:read", "dropped"];
const TODAY: &str = "2026-11-27T12:00:00Z";

fn shop(limits: &str) -> Catalog {
    Catalog::compile("test.toml", &SHOP.replace("LIMITS", limits)).unwrap_or_else(|error| panic!("{error}"))
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn names<S: AsRef<str>>(scopes: &[S]) -> Vec<ScopeName> {
    scopes.iter().map(|scope| scope.as_ref().parse().unwrap()).collect()
}

fn routes<S: AsRef<str>>(all: &[S]) -> Vec<UsedRoute> {
    let route = |text: &S| {
        let (method, path) = text.as_ref().split_once(' ').unwrap();
        UsedRoute { method: method.to_owned(), path: path.to_owned() }
    };
    all.iter().map(route).collect()
}

fn user(role: &str) -> User {
    User {
        id: UserId::new(at(TODAY), &Zeros),
        name: "ann".parse().unwrap(),
        password: None,
        password_temporary: false,
        active: true,
        platform_admin: false,
        roles: BTreeMap::from([("shop".parse().unwrap(), role.parse().unwrap())]),
        created_at: at("2025-01-01T00:00:00Z"),
        revision: 1,
    }
}

fn token<S: AsRef<str>>(scopes: &[S]) -> Token {
    let created_at = at("2026-01-01T00:00:00Z");
    let mut scopes = names(scopes);
    scopes.sort();
    Token {
        id: TokenId::new(created_at, &Zeros),
        service: "shop".parse().unwrap(),
        name: "t".to_owned(),
        description: String::new(),
        metadata: Metadata::default(),
        owner: UserId::new(at(TODAY), &Zeros),
        token_prefix: "AAAAAAAA".parse().unwrap(),
        scopes,
        profile: None,
        disabled: false,
        created_at,
        updated_at: created_at,
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
        revision: 1,
        digest: None,
        rotation: crate::rotation::Rotation::default(),
        rate_limit: None,
        restrictions: crate::restriction::Restrictions::default(),
        imported: None,
        parent: None,
        derive: 0,
        change_limit: None,
        loans: Vec::new(),
    }
}

fn advise(catalog: &Catalog, owner: &User, token: &Token, used: &[&str]) -> Advice {
    let now = at(TODAY);
    let advisor = Advisor::new(catalog, Day::of(now).last(90), now);
    let last_used_at = token.last_used_at.or_else(|| (!used.is_empty()).then_some(now));
    advisor.advise(Observed { token, owner, last_used_at, routes: &routes(used) })
}

fn narrowed(scopes: &[&str], used: &[&str]) -> Option<Vec<String>> {
    let advice = advise(&shop(""), &user("user"), &token(scopes), used);
    advice.narrowed.map(|scopes| scopes.iter().map(ToString::to_string).collect())
}

fn words(advice: &Advice) -> Vec<&'static str> {
    advice.findings.iter().map(Finding::word).collect()
}

#[test]
fn what_was_used_is_what_is_left() {
    let left = |scopes: &[&str], used: &[&str]| narrowed(scopes, used).unwrap_or_default();
    assert_eq!(left(&["items:write"], &["GET /items"]), ["items:read"], "implied, and enough");
    assert_eq!(left(&["items:write", "orders:read"], &["POST /items"]), ["items:write"]);
    assert_eq!(left(&["items:read", "all:read"], &["GET /items"]), ["items:read"], "it opens less");
    assert_eq!(
        left(&["all:read", "items:write"], &["GET /orders/{id}", "POST /items"]),
        [""; 0],
        "both are needed"
    );
    let bought = ["POST /orders", "GET /gone"];
    let held = ["items:write", "orders:write", "all:read"];
    assert_eq!(left(&held, &bought), ["items:read", "orders:write"]);
    let advice = advise(&shop(""), &user("user"), &token(&held), &bought);
    assert_eq!(advice.findings, [Finding::UnusedScopes(names(&["all:read", "items:write"]))]);
}

#[test]
fn what_is_all_needed_or_not_known_is_left_alone() {
    let catalog = shop("");
    assert_eq!(narrowed(&["items:write"], &["POST /items"]), None);
    assert_eq!(narrowed(&["items:write", "items:read"], &["POST /items"]), None, "no weaker without it");
    assert_eq!(narrowed(&["items:write"], &["GET /items", "- -"]), None, "asked about without a route");
    assert_eq!(narrowed(&["items:write"], &["GET /items", "OPTIONS -"]), Some(vec!["items:read".to_owned()]));
    // Nothing is left: that is no set of scopes, but it is said.
    let health = advise(&catalog, &user("user"), &token(&["items:read"]), &["GET /health"]);
    assert_eq!(words(&health), ["unused_scopes"]);
    assert_eq!(health.narrowed, None);
    // Used within these days, and by which route is not known: it may have been lost.
    let lost = Token { last_used_at: Some(at(TODAY)), ..token(&["items:read"]) };
    assert_eq!(advise(&catalog, &user("user"), &lost, &[]), Advice::default());
}

#[test]
fn a_token_that_was_not_there_on_all_of_these_days_is_not_told_what_it_did_not_use() {
    let catalog = shop("");
    // Ninety days that end today began on 30 August.
    for (made, told) in [("2026-08-29T23:59:59Z", true), ("2026-08-30T00:00:00Z", false)] {
        let token = Token { created_at: at(made), ..token(&["items:write"]) };
        assert_eq!(
            advise(&catalog, &user("user"), &token, &["GET /items"]).narrowed.is_some(),
            told,
            "{made}"
        );
        let unused = advise(&catalog, &user("user"), &token, &[]);
        assert_eq!(words(&unused) == ["never_used"], told, "{made}");
    }
}

#[test]
fn what_is_not_used_is_told() {
    let catalog = shop("");
    let used = |last: &str| Token { last_used_at: Some(at(last)), ..token(&["items:read"]) };
    let found = |token: &Token| advise(&catalog, &user("user"), token, &[]).findings;
    assert_eq!(found(&token(&["items:read"])), [Finding::NeverUsed]);
    assert_eq!(found(&used("2026-08-29T23:59:59Z")), [Finding::Unused(at("2026-08-29T23:59:59Z"))]);
    assert_eq!(found(&used("2026-08-30T00:00:00Z")), []);
}

#[test]
fn what_the_owner_and_the_catalog_no_longer_give_is_told() {
    let catalog = shop("");
    let used = ["GET /items"];
    let token = token(&["items:read", "users:read", "dropped"]);
    let inert = Finding::InertScopes(names(&["dropped"]));
    let admin = advise(&catalog, &user("admin"), &token, &["GET /items", "GET /users"]);
    assert_eq!(admin.findings, std::slice::from_ref(&inert));
    assert_eq!(admin.narrowed, Some(names(&["items:read", "users:read"])));
    // Of a user who was an administrator once, the scope is not effective; nobody can tell whether it was needed.
    assert_eq!(advise(&catalog, &user("user"), &token, &used).findings, std::slice::from_ref(&inert));
    let none = advise(&catalog, &User { roles: BTreeMap::new(), ..user("user") }, &token, &used);
    assert_eq!(words(&none)[0], "no_effective_scopes");
    let inactive = User { active: false, ..user("admin") };
    assert_eq!(words(&advise(&catalog, &inactive, &token, &used))[0], "owner_inactive");
}

#[test]
fn an_end_is_told_in_time_and_none_where_others_have_one() {
    let catalog = shop("");
    let ending = |made: &str, end: &str| {
        let token = Token { created_at: at(made), expires_at: Some(at(end)), ..token(&["items:read"]) };
        words(&advise(&catalog, &user("user"), &token, &["GET /items"])) == ["expiring"]
    };
    assert!(ending("2026-01-01T00:00:00Z", "2026-12-27T12:00:00Z"));
    assert!(!ending("2026-01-01T00:00:00Z", "2026-12-27T12:00:01Z"));
    // Eight days in all: the last two of them.
    assert!(ending("2026-11-21T12:00:00Z", "2026-11-29T12:00:00Z"));
    assert!(!ending("2026-11-22T12:00:00Z", "2026-11-30T12:00:00Z"));

    let endless =
        |limits: &str| advise(&shop(limits), &user("user"), &token(&["items:read"]), &["GET /items"]);
    assert_eq!(endless("").findings, [], "nobody's ends here");
    for limits in [
        "default_lifetime = \"90d\"",
        "max_lifetime = \"90d\"",
        "default_lifetime = \"90d\"\nnever_expires = false",
    ] {
        assert_eq!(endless(limits).findings, [Finding::NeverExpires], "{limits}");
    }
}

proptest! {
    /// Whatever was used: what is offered allows it still, is within what the token has, and none of it can go.
    #[test]
    fn what_is_offered_is_enough_and_no_more(
        held in prop::sample::subsequence(SCOPES.to_vec(), 1..=7),
        used in prop::sample::subsequence(ROUTES.to_vec(), 1..=8),
        role in prop::sample::select(vec!["user", "admin"]),
    ) {
        let (catalog, owner, token) = (shop(""), user(role), token(&held));
        let effective = |scopes: &[ScopeName]| {
            catalog.effective(catalog.closure(scopes), catalog.role_of(&owner))
        };
        let allowed = |route: &UsedRoute, held: ScopeSet| match catalog.route(&route.method, &route.path) {
            Some(route) => match &route.access {
                Access::Scopes(alternatives) => opened(alternatives, held),
                _ => true,
            },
            None => true,
        };
        let used = routes(&used);
        let before = effective(&token.scopes);
        let used: Vec<_> = used.into_iter().filter(|route| allowed(route, before)).collect();
        let now = at(TODAY);
        let advisor = Advisor::new(&catalog, Day::of(now).last(90), now);
        let advice = advisor.advise(Observed { token: &token, owner: &owner, last_used_at: Some(now), routes: &used });
        let Some(narrowed) = advice.narrowed else { return Ok(()) };
        let after = effective(&narrowed);
        prop_assert!(catalog.set(&narrowed).is_subset(&catalog.closure(&token.scopes)));
        prop_assert!(after.is_subset(&before));
        prop_assert!(used.iter().all(|route| allowed(route, after)));
        if advice.findings.iter().any(|finding| matches!(finding, Finding::UnusedScopes(_))) {
            for gone in &narrowed {
                let less: Vec<_> = narrowed.iter().filter(|scope| *scope != gone).cloned().collect();
                prop_assert!(!used.iter().all(|route| allowed(route, effective(&less))), "{} can go", gone);
            }
        }
    }
}

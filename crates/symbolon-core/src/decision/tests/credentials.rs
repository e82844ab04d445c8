//! Rule 3: one credential, in a header, and what a cookie counts for.

use super::super::world::{World, request};
use super::super::{Decision, Reason, Request, ServiceRules};
use super::SHOP;
use crate::credential::{CredentialFault, Credentials, SessionCookie};

fn bearer(value: &str) -> Credentials<'_> {
    Credentials { authorization: Some(value.as_bytes()), ..Credentials::default() }
}

#[test]
fn a_token_comes_by_either_header_and_in_no_other_way() {
    let mut world = World::new(SHOP);
    let owner = world.user(Some("viewer"));
    let token = world.token(owner, &["items:read"]);
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let header = format!("{scheme} {token}");
        assert_eq!(world.verdict(&request("GET /items", bearer(&header))), Some(Ok("token")), "{scheme}");
    }
    let by_key = Credentials::of_secret(token.as_bytes());
    assert_eq!(world.verdict(&request("GET /items", by_key)), Some(Ok("token")));
    for query in ["access_token", "token", "api_key", "X-API-Key"] {
        let line = format!("GET /items?{query}={token}");
        assert_eq!(world.ask(&line, None), Err(Reason::CredentialRequired), "{query}");
    }
    for header in ["Token", "Basic", "Digest"] {
        let header = format!("{header} {token}");
        let refused = Some(Err(Reason::Credential(CredentialFault::Form)));
        assert_eq!(world.verdict(&request("GET /items", bearer(&header))), refused);
    }
    assert_eq!(
        world.verdict(&request("GET /items", bearer(&token))),
        Some(Err(Reason::Credential(CredentialFault::Form)))
    );
}

#[test]
fn two_credentials_are_refused_even_where_both_are_good_and_on_public_routes() {
    let mut world = World::new(SHOP);
    let owner = world.user(Some("viewer"));
    let token = world.token(owner, &["items:read"]);
    let header = format!("Bearer {token}");
    let both = Credentials { api_key: Some(token.as_bytes()), ..bearer(&header) };
    let twice = Credentials { repeated: true, ..bearer(&header) };
    for line in ["GET /items", "POST /users", "GET /health"] {
        for credentials in [both, twice] {
            let refused = Some(Err(Reason::Credential(CredentialFault::Two)));
            assert_eq!(world.verdict(&request(line, credentials)), refused, "{line}");
        }
    }
}

#[test]
fn a_bad_credential_is_nobody_on_a_public_route_and_nowhere_else() {
    let mut world = World::new(SHOP);
    let owner = world.user(Some("viewer"));
    let (token, off, verifier) = (world.token(owner, &[]), world.token(owner, &[]), world.key(Some("shop")));
    world.edit_token(&off, |token| token.disabled = true);
    let (id, ended) = world.session(owner);
    world.end_session(id);
    for bad in [&off, &ended, &verifier, "nonsense", "shop_x", "symkey_x", "eyJhbGciOiJub25lIn0.e30."] {
        assert_eq!(world.ask("GET /health", Some(bad)), Ok("anonymous"), "{bad}");
        let refused = world.ask("GET /items", Some(bad)).unwrap_err();
        assert!(refused.is_bad_credential(), "{bad}: {refused}");
    }
    let form = request("GET /health", bearer("Basic dXNlcjpwYXNz"));
    assert_eq!(world.verdict(&form), Some(Ok("anonymous")));
    assert_eq!(world.ask("GET /health", Some(&token)), Ok("token"), "a good one is told to the application");
    assert_eq!(world.ask("POST /login", None), Ok("anonymous"));
}

/// The secret is bad; the cookie beside it is a good session, and does not help.
#[test]
fn a_bad_secret_never_falls_back_to_a_cookie() {
    let mut world = World::new(SHOP);
    world.rules.session_cookie = true;
    let admin = world.user(Some("admin"));
    let poor = world.token(admin, &["users:read"]);
    let (_, jwt) = world.session(admin);
    let cookie = Some(SessionCookie { value: jwt.as_bytes(), same_origin: true });
    let (good, bad) = (format!("Bearer {poor}"), "Bearer shop_nonsense");
    for (credentials, verdict) in [
        (Credentials { cookie, ..Credentials::default() }, Ok("session")),
        (Credentials { cookie, ..bearer(bad) }, Err(Reason::TokenForm)),
        (Credentials { cookie, ..bearer("Basic x") }, Err(Reason::Credential(CredentialFault::Form))),
        // A cookie beside a token is ignored: the token's rights count, and no others.
        (Credentials { cookie, ..bearer(&good) }, Err(Reason::InsufficientScope)),
    ] {
        assert_eq!(world.verdict(&request("GET /items", credentials)), Some(verdict));
    }
}

#[test]
fn a_cookie_counts_where_the_operator_says_so_and_an_unsafe_method_needs_the_same_origin() {
    let mut world = World::new(SHOP);
    let admin = world.user(Some("admin"));
    let (_, jwt) = world.session(admin);
    let ask = |world: &World, line: &str, same_origin: bool| {
        let cookie = Some(SessionCookie { value: jwt.as_bytes(), same_origin });
        world.verdict(&request(line, Credentials { cookie, ..Credentials::default() })).unwrap()
    };
    for same_origin in [false, true] {
        assert_eq!(ask(&world, "GET /items", same_origin), Err(Reason::CredentialRequired), "off by default");
        assert_eq!(ask(&world, "GET /health", same_origin), Ok("anonymous"));
    }
    world.rules.session_cookie = true;
    for (line, same_origin, verdict) in [
        ("GET /items", false, Ok("session")),
        ("HEAD /items", false, Ok("session")),
        ("GET /items", true, Ok("session")),
        ("POST /items", true, Ok("session")),
        ("DELETE /items/1", true, Ok("session")),
        ("POST /users", true, Ok("session")),
        ("POST /items", false, Err(Reason::CredentialRequired)),
        ("DELETE /items/1", false, Err(Reason::CredentialRequired)),
        ("POST /users", false, Err(Reason::CredentialRequired)),
        // Somebody else's page may post a login form; it is not taken for the user's own doing.
        ("POST /login", false, Ok("anonymous")),
        ("POST /login", true, Ok("session")),
    ] {
        assert_eq!(ask(&world, line, same_origin), verdict, "{line} {same_origin}");
    }
}

/// Only a session is a cookie's business: a token or a key in it is not looked for.
#[test]
fn a_cookie_holds_a_session_or_nothing() {
    let mut world = World::new(SHOP);
    world.rules = ServiceRules { session_cookie: true, ..ServiceRules::default() };
    let owner = world.user(Some("admin"));
    for secret in [world.token(owner, &["items:read"]), world.key(None), "x".to_owned(), String::new()] {
        let cookie = Some(SessionCookie { value: secret.as_bytes(), same_origin: true });
        let asked = request("GET /items", Credentials { cookie, ..Credentials::default() });
        assert_eq!(world.verdict(&asked), Some(Err(Reason::UnknownSecret)), "{secret}");
    }
}

#[test]
fn what_is_decided_is_what_is_forwarded() {
    let mut world = World::new(SHOP);
    let owner = world.user(Some("viewer"));
    let token = world.token(owner, &["items:read"]);
    let asked: Request<'_> =
        request("GET /items/%61%7e%c3%a9?q=%2E%2e", Credentials::of_secret(token.as_bytes()));
    let Decision::Allow(grant) = world.judge().decide(&asked, &mut ()) else { panic!("allowed") };
    assert_eq!(grant.target().to_path_and_query(), "/items/a~%C3%A9?q=%2E%2e");
    assert_eq!(grant.route().unwrap().path, "/items/{id}");
}

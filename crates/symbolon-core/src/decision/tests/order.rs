//! The rules come in one order: of two that refuse, the earlier one answers.

use super::super::world::{World, request, restricted};
use super::super::{Decision, Reason};
use super::SHOP;
use crate::code::Code;
use crate::credential::{CredentialFault, Credentials};
use crate::target::TargetFault;

/// Begins with everything wrong and mends one thing after the other.
#[test]
fn of_two_rules_that_refuse_the_earlier_one_answers() {
    let mut world = World::new(SHOP);
    let owner = world.user(Some("viewer"));
    let token = world.token(owner, &[]);
    world.edit_token(&token, |token| {
        token.disabled = true;
        token.expires_at = Some(jiff::Timestamp::UNIX_EPOCH);
        token.restrictions = restricted(r#"{ "networks": ["10.0.0.0/8"] }"#);
    });
    world.edit_user(owner, |user| user.active = false);
    world.ready = false;

    let bearer = format!("Bearer {token}");
    let two = Credentials {
        authorization: Some(bearer.as_bytes()),
        api_key: Some(token.as_bytes()),
        ..Credentials::default()
    };
    let mut asked = request("PUT /none/..", two);
    asked.method_override = true;
    assert_eq!(world.verdict(&asked), None, "what is not known is not decided");

    world.ready = true;
    assert_eq!(world.verdict(&asked), Some(Err(Reason::Target(TargetFault::DotSegment))));
    asked.target = b"/none";
    assert_eq!(world.verdict(&asked), Some(Err(Reason::NoRoute)));
    asked.target = b"/items/7";
    assert_eq!(world.verdict(&asked), Some(Err(Reason::MethodNotAllowed)));
    asked.method = "DELETE";
    assert_eq!(world.verdict(&asked), Some(Err(Reason::MethodOverride)));
    asked.method_override = false;
    assert_eq!(world.verdict(&asked), Some(Err(Reason::Credential(CredentialFault::Two))));
    asked.credentials.api_key = None;
    asked.credentials.authorization = Some(b"Basic x");
    assert_eq!(world.verdict(&asked), Some(Err(Reason::Credential(CredentialFault::Form))));
    asked.credentials.authorization = None;
    assert_eq!(world.verdict(&asked), Some(Err(Reason::CredentialRequired)));
    asked.credentials.authorization = Some(&bearer.as_bytes()[..bearer.len() - 1]);
    assert_eq!(world.verdict(&asked), Some(Err(Reason::TokenForm)));
    asked.credentials.authorization = Some(bearer.as_bytes());
    assert_eq!(world.verdict(&asked), Some(Err(Reason::Expired)));
    world.edit_token(&token, |token| token.expires_at = None);
    assert_eq!(world.verdict(&asked), Some(Err(Reason::Disabled)));
    world.edit_token(&token, |token| token.disabled = false);
    assert_eq!(world.verdict(&asked), Some(Err(Reason::OwnerInactive)));
    world.edit_user(owner, |user| user.active = true);
    assert_eq!(world.verdict(&asked), Some(Err(Reason::InsufficientScope)));
    world.edit_token(&token, |token| token.scopes = vec!["items:write".parse().unwrap()]);
    assert_eq!(world.verdict(&asked), Some(Err(Reason::InsufficientRole)));
    let human = request("POST /users", asked.credentials);
    assert_eq!(world.verdict(&human), Some(Err(Reason::HumanOnly)), "before scopes and role");
    world.set_role(owner, "operator");
    assert_eq!(world.verdict(&asked), Some(Err(Reason::Restricted)));
    asked.client_ip = Some("10.0.0.7".parse().unwrap());
    assert_eq!(world.verdict(&asked), Some(Ok("token")));
}

#[test]
fn without_a_whole_directory_nothing_is_decided() {
    let mut world = World::new(SHOP);
    let key = world.key(None);
    world.ready = false;
    let credentials = Credentials::of_secret(key.as_bytes());
    for line in ["GET /health", "GET /items", "GET /none", "GET //"] {
        let asked = request(line, credentials);
        let decision = world.judge().decide(&asked, &mut ());
        assert!(matches!(decision, Decision::Unavailable), "{line}");
        assert_eq!(decision.code(), Code::Unavailable);
    }
    let scopes = ["items:read".parse().unwrap()];
    assert!(matches!(world.judge().decide_scopes(credentials, &scopes, None), Decision::Unavailable));
}

#[test]
fn a_path_that_is_not_in_the_catalog_is_closed_to_everyone() {
    let mut world = World::new(SHOP);
    let admin = world.user(Some("admin"));
    let (_, jwt) = world.session(admin);
    let all = ["items:read", "items:write", "users:read", "agent:read", "agent:write"];
    let (token, key) = (world.token(admin, &all), world.key(None));
    for secret in [None, Some(&*token), Some(&*jwt), Some(&*key), Some("nonsense")] {
        for line in ["GET /settings", "GET /items/", "GET /Items", "GET /items/1/2", "GET /", "GET /item"] {
            assert_eq!(world.ask(line, secret), Err(Reason::NoRoute), "{line} {secret:?}");
        }
        for line in ["PUT /items", "get /items", "DELETE /items", "OPTIONS /items", "TRACE /items"] {
            assert_eq!(world.ask(line, secret), Err(Reason::MethodNotAllowed), "{line} {secret:?}");
        }
    }
}

#[test]
fn a_refused_method_names_those_that_would_do() {
    let world = World::new(SHOP);
    let Decision::Deny(denial) =
        world.judge().decide(&request("PUT /items", Credentials::default()), &mut ())
    else {
        panic!("denied")
    };
    assert_eq!(denial.allow, ["GET", "HEAD", "POST"]);
}

#[test]
fn head_follows_get_and_a_preflight_is_the_catalogs_choice() {
    let mut world = World::new(&SHOP.replace("title =", "options = \"public\"\ntitle ="));
    let owner = world.user(Some("viewer"));
    let (good, poor) = (world.token(owner, &["items:read"]), world.token(owner, &["items:write"]));
    world.edit_token(&poor, |token| token.scopes.clear());
    assert_eq!(world.ask("HEAD /items", Some(&good)), Ok("token"));
    assert_eq!(world.ask("HEAD /items", Some(&poor)), Err(Reason::InsufficientScope));
    assert_eq!(world.ask("HEAD /items", None), Err(Reason::CredentialRequired));
    assert_eq!(world.ask("HEAD /users", Some(&good)), Err(Reason::InsufficientScope));
    assert_eq!(world.ask("HEAD /login", None), Err(Reason::MethodNotAllowed), "POST is not GET");

    assert_eq!(world.ask("OPTIONS /items", None), Ok("anonymous"));
    assert_eq!(world.ask("OPTIONS /items", Some("nonsense")), Ok("anonymous"));
    assert_eq!(world.ask("OPTIONS /items", Some(&poor)), Ok("token"));
    assert_eq!(world.ask("OPTIONS /none", None), Err(Reason::NoRoute));
    let mut overriding = request("OPTIONS /items", Credentials::default());
    overriding.method_override = true;
    assert_eq!(world.verdict(&overriding), Some(Err(Reason::MethodOverride)));
    let closed = World::new(SHOP);
    assert_eq!(closed.ask("OPTIONS /items", None), Err(Reason::MethodNotAllowed));
}

/// An application that honours the header would be asked for another method than was decided about; on a public
/// path too.
#[test]
fn a_method_override_is_refused_on_every_route() {
    let mut world = World::new(SHOP);
    let key = world.key(None);
    for line in ["GET /items", "POST /users", "POST /nightly", "POST /login"] {
        let mut asked = request(line, Credentials::of_secret(key.as_bytes()));
        assert_eq!(world.verdict(&asked), Some(Ok("system")), "{line}");
        asked.method_override = true;
        assert_eq!(world.verdict(&asked), Some(Err(Reason::MethodOverride)), "{line}");
    }
}

/// What docs/catalog.md says of its first example.
#[test]
fn the_documents_first_example_does_what_it_says() {
    let document = include_str!("../../../../../docs/catalog.md");
    let example = document.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let mut world = World::new(example);
    let owner = world.user(Some("user"));
    let token = world.token(owner, &["notes:read"]);
    assert_eq!(world.ask("GET /notes/7", Some(&token)), Ok("token"));
    assert_eq!(world.ask("GET /settings", Some(&token)), Err(Reason::NoRoute));
    let asked = request("POST /notes", Credentials::of_secret(token.as_bytes()));
    let Decision::Deny(denial) = world.judge().decide(&asked, &mut ()) else { panic!("denied") };
    assert_eq!(denial.reason.code().status(), 403);
    assert!(denial.challenge("notes").unwrap().ends_with("scope=\"notes:write\""));
}

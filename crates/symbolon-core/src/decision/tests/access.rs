//! Rules 5 to 7: what a route asks for.

use super::super::world::{World, request};
use super::super::{Decision, Reason};
use super::SHOP;
use crate::credential::Credentials;
use crate::name::ScopeName;

const ALL: [&str; 5] = ["items:read", "items:write", "users:read", "agent:read", "agent:write"];

fn scopes(names: &[&str]) -> Vec<ScopeName> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

#[test]
fn each_kind_of_route_takes_its_own_kinds_of_caller() {
    let mut world = World::new(SHOP);
    let admin = world.user(Some("admin"));
    let (token, (_, jwt), key) = (world.token(admin, &ALL), world.session(admin), world.key(None));
    let (human, system) = (Reason::HumanOnly, Reason::SystemOnly);
    for (line, anonymous, by_token, by_session) in [
        ("GET /health", Ok("anonymous"), Ok("token"), Ok("session")),
        ("GET /items", Err(Reason::CredentialRequired), Ok("token"), Ok("session")),
        ("POST /users", Err(Reason::CredentialRequired), Err(human), Ok("session")),
        ("POST /nightly", Err(Reason::CredentialRequired), Err(system), Err(system)),
    ] {
        assert_eq!(world.ask(line, None), anonymous, "{line}");
        assert_eq!(world.ask(line, Some(&token)), by_token, "{line}");
        assert_eq!(world.ask(line, Some(&jwt)), by_session, "{line}");
        assert_eq!(world.ask(line, Some(&key)), Ok("system"), "{line}");
    }
    world.rules.system_key_on_human = false;
    for line in ["GET /health", "GET /items", "POST /nightly"] {
        assert_eq!(world.ask(line, Some(&key)), Ok("system"), "{line}");
    }
    assert_eq!(world.ask("POST /users", Some(&key)), Err(human));
    assert_eq!(world.ask("POST /users", Some(&jwt)), Ok("session"));
}

#[test]
fn any_one_alternative_will_do_and_a_conjunction_wants_both() {
    let mut world = World::new(SHOP);
    let admin = world.user(Some("admin"));
    for (granted, line, allowed) in [
        (&["items:read"][..], "GET /items", true),
        (&["agent:read"], "GET /items", true),
        (&["items:write"], "GET /items", true),
        (&["agent:write"], "GET /items", true),
        (&["users:read"], "GET /items", false),
        (&["items:read", "agent:read", "users:read"], "POST /items", false),
        (&["agent:write"], "POST /items", true),
        (&["agent:write"], "DELETE /items/1", false),
        (&["items:write"], "POST /items/1/gift", false),
        (&["users:read"], "POST /items/1/gift", false),
        (&["items:read", "users:read"], "POST /items/1/gift", false),
        (&["items:write", "users:read"], "POST /items/1/gift", true),
        (&[], "GET /items", false),
        (&["dropped:scope"], "GET /items", false),
    ] {
        let token = world.token(admin, granted);
        let verdict = if allowed { Ok("token") } else { Err(Reason::InsufficientScope) };
        assert_eq!(world.ask(line, Some(&token)), verdict, "{granted:?} {line}");
    }
}

#[test]
fn the_roles_of_users_and_owners_are_those_of_now() {
    let mut world = World::new(SHOP);
    let user = world.user(Some("operator"));
    let (token, (_, jwt)) = (world.token(user, &["items:write"]), world.session(user));
    for (role, by_token, by_session) in [
        ("operator", Ok("token"), Ok("session")),
        ("admin", Ok("token"), Ok("session")),
        ("viewer", Err(Reason::InsufficientRole), Err(Reason::InsufficientRole)),
        // A role that the catalog has dropped is none.
        ("king", Err(Reason::InsufficientScope), Err(Reason::InsufficientRole)),
        ("operator", Ok("token"), Ok("session")),
    ] {
        world.set_role(user, role);
        assert_eq!(world.ask("DELETE /items/1", Some(&token)), by_token, "{role}");
        assert_eq!(world.ask("DELETE /items/1", Some(&jwt)), by_session, "{role}");
    }
}

/// A role in another service is none here, and somebody without a role may do no more than anybody.
#[test]
fn without_a_role_nothing_opens_but_what_is_public() {
    let mut world = World::new(SHOP);
    let stranger = world.user(None);
    world.edit_user(stranger, |user| {
        user.roles.insert("bank".parse().unwrap(), "admin".parse().unwrap());
        user.platform_admin = true;
    });
    let (token, (_, jwt)) = (world.token(stranger, &ALL), world.session(stranger));
    assert_eq!(world.ask("GET /items", Some(&token)), Err(Reason::InsufficientScope));
    assert_eq!(world.ask("GET /items", Some(&jwt)), Err(Reason::InsufficientRole));
    assert_eq!(world.ask("GET /health", Some(&token)), Ok("token"));
    assert_eq!(world.ask("GET /health", Some(&jwt)), Ok("session"));
}

#[test]
fn the_built_in_user_has_the_strongest_role() {
    let mut world = World::new(SHOP);
    let system = world.system_user();
    let token = world.token(system, &["users:read", "agent:write"]);
    assert_eq!(world.ask("GET /users", Some(&token)), Ok("token"));
    assert_eq!(world.ask("POST /users", Some(&token)), Err(Reason::HumanOnly), "it is a token all the same");
}

/// The acceptance's line: "a demoted operator's `agent:write` token no longer writes".
#[test]
fn a_scope_rests_while_its_owner_is_below_its_role_and_what_it_includes_stays() {
    let mut world = World::new(SHOP);
    let user = world.user(Some("operator"));
    let token = world.token(user, &["agent:write"]);
    assert_eq!(world.ask("POST /items", Some(&token)), Ok("token"));
    world.set_role(user, "viewer");
    assert_eq!(world.ask("POST /items", Some(&token)), Err(Reason::InsufficientScope));
    assert_eq!(world.ask("GET /items", Some(&token)), Ok("token"), "agent:read needs no role");
    world.set_role(user, "operator");
    assert_eq!(world.ask("POST /items", Some(&token)), Ok("token"));
}

#[test]
fn scopes_can_be_asked_about_without_a_route() {
    let mut world = World::new(SHOP);
    let (viewer, admin) = (world.user(Some("viewer")), world.user(Some("admin")));
    let narrow = world.token(viewer, &["items:write", "users:read"]);
    let off = world.token(admin, &["items:write"]);
    world.edit_token(&off, |token| token.disabled = true);
    let ((_, jwt), key, verifier) = (world.session(admin), world.key(None), world.key(Some("shop")));
    let insufficient = Err(Reason::InsufficientScope);
    for (secret, required, verdict) in [
        (&narrow, &["items:read"][..], Ok("token")),
        (&narrow, &["items:read", "items:write"], Ok("token")),
        (&narrow, &["items:write", "agent:read"], insufficient),
        (&narrow, &["users:read"], insufficient),
        (&narrow, &["no:such"], insufficient),
        (&narrow, &["items:read", "no:such"], insufficient),
        // Whoever asks for nothing has forgotten to say what.
        (&narrow, &[], insufficient),
        (&off, &["items:read"], Err(Reason::Disabled)),
        (&jwt, &["items:read"], insufficient),
        (&key, &["items:read", "no:such"], Ok("system")),
        (&verifier, &["items:read"], Err(Reason::UnknownSecret)),
    ] {
        let credentials = Credentials::of_secret(secret.as_bytes());
        let found = match world.judge().decide_scopes(credentials, &scopes(required), None) {
            Decision::Allow(grant) => {
                assert!(grant.route().is_none());
                Ok(grant.principal().kind())
            }
            Decision::Deny(denial) => Err(denial.reason),
            Decision::Unavailable => panic!("ready"),
        };
        assert_eq!(found, verdict, "{required:?}");
    }
    let nobody = world.judge().decide_scopes(Credentials::default(), &scopes(&["items:read"]), None);
    let Decision::Deny(nobody) = nobody else { panic!("denied") };
    assert_eq!(nobody.reason, Reason::CredentialRequired);
}

#[test]
fn the_application_is_told_who_it_was() {
    let mut world = World::new(SHOP);
    let user = world.user(Some("operator"));
    let (token, (_, jwt), key) = (world.token(user, &["items:write"]), world.session(user), world.key(None));
    let name = world.live(&token).id.to_string();
    let told = |secret: Option<&str>| {
        let credentials = secret.map_or_else(Credentials::default, |s| Credentials::of_secret(s.as_bytes()));
        let asked = request("GET /health", credentials);
        let Decision::Allow(grant) = world.judge().decide(&asked, &mut ()) else { panic!("allowed") };
        let who = grant.identity();
        [who.principal, &who.token_id, who.owner, who.role, &who.scopes].map(str::to_owned)
    };
    assert_eq!(told(None), ["anonymous", "-", "-", "-", "-"]);
    assert_eq!(told(Some(&key)), ["system", "-", "system", "admin", "-"]);
    assert_eq!(told(Some(&jwt)), ["session", "-", "user1", "operator", "-"]);
    assert_eq!(told(Some(&token)), ["token", &name, "user1", "operator", "items:read items:write"]);
}

//! Rule 4: who a secret belongs to, and whether they still count.

use jiff::{SignedDuration, Timestamp};

use super::super::world::{World, request};
use super::super::{DecidedRoute, Decision, Denial, Reason};
use super::SHOP;
use crate::catalog::Catalog;
use crate::code::Code;
use crate::credential::Credentials;
use crate::token::Prefix;

fn after(world: &World, seconds: i64) -> Timestamp {
    world.now.checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

fn denial(world: &World, line: &str, secret: &str) -> Denial {
    let asked = request(line, Credentials::of_secret(secret.as_bytes()));
    let Decision::Deny(denial) = world.judge().decide(&asked, &mut ()) else { panic!("denied") };
    *denial
}

#[test]
fn a_token_ends_at_the_very_moment_of_its_end() {
    let mut world = World::new(SHOP);
    let owner = world.user(Some("viewer"));
    let token = world.token(owner, &["items:read"]);
    let (start, end) = (world.now, after(&world, 60));
    world.edit_token(&token, |token| token.expires_at = Some(end));
    let tick = SignedDuration::from_nanos(1);
    for (now, verdict) in [
        (start, Ok("token")),
        (end.checked_sub(tick).unwrap(), Ok("token")),
        (end, Err(Reason::Expired)),
        (end.checked_add(tick).unwrap(), Err(Reason::Expired)),
    ] {
        world.now = now;
        assert_eq!(world.ask("GET /items", Some(&token)), verdict, "{now}");
    }
}

#[test]
fn a_session_ends_after_its_time_or_when_it_is_ended() {
    let mut world = World::new(SHOP);
    // A broken second: the JWT knows whole ones, and the index decides.
    world.now = Timestamp::from_millisecond(1_800_000_000_500).unwrap();
    let user = world.user(Some("viewer"));
    let (id, jwt) = world.session(user);
    assert_eq!(world.ask("GET /items", Some(&jwt)), Ok("session"));
    let end = after(&world, 24 * 3600);
    for (now, verdict) in [
        (end.checked_sub(SignedDuration::from_nanos(1)).unwrap(), Ok("session")),
        (end, Err(Reason::SessionEnded)),
        (end.checked_add(SignedDuration::from_secs(9)).unwrap(), Err(Reason::SessionEnded)),
    ] {
        world.now = now;
        assert_eq!(world.ask("GET /items", Some(&jwt)), verdict, "{now}");
    }
    world.now = end.checked_sub(SignedDuration::from_hours(1)).unwrap();
    world.end_session(id);
    assert_eq!(world.ask("GET /items", Some(&jwt)), Err(Reason::SessionEnded));
}

#[test]
fn tokens_and_sessions_rest_with_their_user_and_come_back_with_them() {
    let mut world = World::new(SHOP);
    let user = world.user(Some("viewer"));
    let (token, (_, jwt)) = (world.token(user, &["items:read"]), world.session(user));
    for (active, token_verdict, session_verdict) in [
        (true, Ok("token"), Ok("session")),
        (false, Err(Reason::OwnerInactive), Err(Reason::OwnerInactive)),
        (true, Ok("token"), Ok("session")),
    ] {
        world.edit_user(user, |user| user.active = active);
        assert_eq!(world.ask("GET /items", Some(&token)), token_verdict);
        assert_eq!(world.ask("GET /items", Some(&jwt)), session_verdict);
    }
    world.remove_user(user);
    assert_eq!(world.ask("GET /items", Some(&token)), Err(Reason::OwnerInactive));
    assert_eq!(world.ask("GET /items", Some(&jwt)), Err(Reason::OwnerInactive));
}

#[test]
fn what_is_not_a_live_token_is_not_one() {
    let mut world = World::new(SHOP);
    let owner = world.user(Some("viewer"));
    let token = world.token(owner, &["items:read"]);
    let gone = world.token(owner, &["items:read"]);
    world.forget_token(&gone);
    let mut typo = token.clone();
    typo.replace_range(20..21, if &token[20..21] == "A" { "B" } else { "A" });
    for (secret, reason) in [
        (&*gone, Reason::UnknownSecret),
        (&typo, Reason::TokenChecksum),
        (&token[..token.len() - 1], Reason::TokenForm),
        ("shop_", Reason::TokenForm),
        ("symkey_", Reason::TokenForm),
        ("Shop_x", Reason::UnknownSecret),
        ("x", Reason::UnknownSecret),
    ] {
        assert_eq!(world.ask("GET /items", Some(secret)), Err(reason), "{secret}");
    }
    assert_eq!(world.ask("GET /items", Some(&token)), Ok("token"));
    // A tombstone that the directory should not have does not open anything either.
    let now = world.now;
    world.edit_token(&token, |token| token.revoked_at = Some(now));
    assert_eq!(world.ask("GET /items", Some(&token)), Err(Reason::UnknownSecret));
}

#[test]
fn a_token_of_another_service_is_unknown_here() {
    let mut world = World::new(SHOP);
    let owner = world.user(Some("admin"));
    let foreign: Prefix = "bank".parse().unwrap();
    let token = world.token_of(&foreign, owner, &["items:read"]);
    assert_eq!(world.ask("GET /items", Some(&token)), Err(Reason::UnknownSecret), "another prefix");
    // The same prefix, as after a prefix has gone from one service to another.
    let token = world.token(owner, &["items:read"]);
    world.edit_token(&token, |token| token.service = "bank".parse().unwrap());
    let refused = denial(&world, "GET /items", &token);
    assert_eq!((refused.reason, refused.reason.code()), (Reason::OtherService, Code::InvalidToken));
    assert!(refused.token.is_none() && refused.about().is_some(), "for the log alone");
}

#[test]
fn a_verifier_key_is_nobody_to_decide_about() {
    let mut world = World::new(SHOP);
    let (verifier, system) = (world.key(Some("shop")), world.key(None));
    for line in ["GET /items", "POST /users", "POST /nightly"] {
        assert_eq!(world.ask(line, Some(&verifier)), Err(Reason::UnknownSecret), "{line}");
        assert_eq!(world.ask(line, Some(&system)), Ok("system"), "{line}");
    }
    world.given_key("a-key-that-the-operator-has-chosen-himself", None);
    assert_eq!(world.ask("GET /items", Some("a-key-that-the-operator-has-chosen-himself")), Ok("system"));
    assert_eq!(
        world.ask("GET /items", Some("a-key-that-the-operator-has-chosen-hersel")),
        Err(Reason::UnknownSecret)
    );
}

/// Outside all of them are one answer, byte for byte; inside, the log has the reason and the token.
#[test]
fn how_a_credential_is_bad_is_not_told() {
    let mut world = World::new(SHOP);
    let owner = world.user(Some("viewer"));
    let inactive = world.user(Some("viewer"));
    world.edit_user(inactive, |user| user.active = false);
    let now = world.now;
    let (off, past, rests, gone) = (
        world.token(owner, &["items:read"]),
        world.token(owner, &["items:read"]),
        world.token(inactive, &["items:read"]),
        world.token(owner, &["items:read"]),
    );
    world.edit_token(&off, |token| token.disabled = true);
    world.edit_token(&past, |token| token.expires_at = Some(now));
    world.forget_token(&gone);
    let mut answers = Vec::new();
    for (secret, reason, known) in [
        (&*off, Reason::Disabled, true),
        (&past, Reason::Expired, true),
        (&rests, Reason::OwnerInactive, true),
        (&gone, Reason::UnknownSecret, false),
        ("nonsense", Reason::UnknownSecret, false),
        ("shop_nonsense", Reason::TokenForm, false),
    ] {
        let denial = denial(&world, "GET /items", secret);
        assert_eq!((denial.reason, denial.about().is_some()), (reason, known));
        assert!(denial.token.is_none(), "the record is for whoever holds a live one");
        assert_eq!(denial.route.as_ref().map(DecidedRoute::path), Some("/items"));
        answers.push((denial.reason.code(), denial.challenge("shop"), denial.reason.public_detail()));
    }
    assert!(answers.windows(2).all(|two| two[0] == two[1]), "{answers:?}");
}

#[test]
fn a_token_resolved_under_another_catalog_is_resolved_again() {
    let mut world = World::new(SHOP);
    let owner = world.user(Some("viewer"));
    let token = world.token(owner, &["items:read", "gone:read"]);
    // The same scopes with other numbers, and one fewer.
    let swapped = SHOP.replace(
        "\"items:read\" = \"Read items\"\n\"items:write\" = \"Change items\"",
        "\"items:write\" = \"Change items\"\n\"items:read\" = \"Read items\"",
    );
    assert_ne!(swapped, SHOP);
    let next = Catalog::compile("next.toml", &swapped).unwrap();
    let under = |catalog: &Catalog| {
        crate::code::scope_list(catalog.names(super::super::Directory::closure(
            &world,
            &world.live(&token),
            catalog,
        )))
    };
    assert_eq!(under(&world.catalog), "items:read", "what the catalog does not have is inert");
    assert_eq!(under(&next), "items:read");
    world.catalog = super::super::HeldCatalog::new(next.into());
    assert_eq!(world.ask("GET /items", Some(&token)), Ok("token"));
    assert_eq!(world.ask("POST /items", Some(&token)), Err(Reason::InsufficientScope));
}

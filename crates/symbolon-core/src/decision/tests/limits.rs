//! Limits on requests: they are asked last, and what is refused has taken nothing.

use super::super::world::{World, request};
use super::super::{Decision, Reason};
use super::SHOP;
use crate::credential::Credentials;
use crate::rate::{Meter, Rate};

fn rate(text: &str) -> Rate {
    text.parse().unwrap()
}

/// What becomes of `GET /items` by a secret, under its own limit and `service`.
fn ask(world: &World, secret: &str, service: Option<(Rate, &Meter)>) -> Result<Option<u32>, Reason> {
    let bearer = format!("Bearer {secret}");
    let credentials = Credentials { authorization: Some(bearer.as_bytes()), ..Credentials::default() };
    let mut decision = world.judge().decide(&request("GET /items", credentials), &mut ());
    decision.metered(&[world.live(secret)], false, service, world.now);
    match decision {
        Decision::Allow(grant) => Ok(grant.quota().map(|quota| quota.remaining)),
        Decision::Deny(denial) => {
            assert_eq!(denial.quota.is_some(), denial.reason.is_limit());
            assert!(denial.quota.is_none_or(|quota| quota.remaining == 0 && quota.more_in > 0));
            assert!(denial.route.is_some() && denial.token.is_some());
            Err(denial.reason)
        }
        Decision::Unavailable => panic!("the world is ready"),
    }
}

#[test]
fn a_token_is_held_to_its_limit_and_others_are_not() {
    let mut world = World::new(SHOP);
    let ann = world.user(Some("admin"));
    let (held, free) = (world.token(ann, &["items:read"]), world.token(ann, &["items:read"]));
    world.edit_token(&held, |token| token.rate_limit = Some(rate("10/1m")));
    assert_eq!(ask(&world, &held, None), Ok(Some(1)));
    assert_eq!(ask(&world, &held, None), Ok(Some(0)));
    assert_eq!(ask(&world, &held, None), Err(Reason::TokenLimit));
    assert_eq!(ask(&world, &free, None), Ok(None));
}

#[test]
fn what_the_service_refuses_costs_the_token_nothing() {
    let mut world = World::new(SHOP);
    let ann = world.user(Some("admin"));
    let (held, free) = (world.token(ann, &["items:read"]), world.token(ann, &["items:read"]));
    world.edit_token(&held, |token| token.rate_limit = Some(rate("10/1m")));
    let (meter, together) = (Meter::default(), rate("5/1m"));
    let service = Some((together, &meter));
    assert_eq!(ask(&world, &free, service), Ok(None));
    for _ in 0..5 {
        assert_eq!(ask(&world, &held, service), Err(Reason::ServiceLimit));
    }
    assert_eq!(ask(&world, &held, None), Ok(Some(1)), "as if none had been made");
}

#[test]
fn what_a_rule_refuses_takes_nothing() {
    let mut world = World::new(SHOP);
    let ann = world.user(Some("admin"));
    let held = world.token(ann, &["users:read"]);
    world.edit_token(&held, |token| token.rate_limit = Some(rate("1/1m")));
    let (meter, together) = (Meter::default(), rate("1/1m"));
    for _ in 0..3 {
        assert_eq!(ask(&world, &held, Some((together, &meter))), Err(Reason::InsufficientScope));
    }
    world.edit_token(&held, |token| token.scopes = vec!["items:read".parse().unwrap()]);
    assert_eq!(ask(&world, &held, Some((together, &meter))), Ok(Some(0)));
}

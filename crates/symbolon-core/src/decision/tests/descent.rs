//! Tokens that were derived: nothing that is done to a token leaves its children more than itself.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::super::world::{World, request, restricted};
use super::super::{Decision, Reason};
use super::laws::{Town, town};
use super::{SHOP, laws};
use crate::credential::Credentials;
use crate::derived::{Loan, MAX_DEPTH, Parent};
use crate::rate::Meter;

/// Makes one token the child of another, as far from one that was not derived as that says.
fn hang(world: &mut World, child: &str, parent: &str) {
    let above = world.live(parent);
    let depth = above.parent().map_or(0, |further| further.depth).saturating_add(1);
    let parent = Some(Parent { id: above.id, depth });
    world.edit_token(child, |token| token.parent = parent);
}

/// So many tokens of one owner, each the child of the one before.
fn line(world: &mut World, length: usize) -> Vec<String> {
    let ann = world.user(Some("admin"));
    let secrets: Vec<_> = (0..length).map(|_| world.token(ann, &["items:write", "items:read"])).collect();
    for pair in secrets.windows(2) {
        hang(world, &pair[1], &pair[0]);
    }
    secrets
}

fn loan(world: &World, scopes: &[&str], seconds: i64) -> Loan {
    Loan {
        scopes: scopes.iter().map(|scope| scope.parse().unwrap()).collect(),
        until: world.now.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap(),
        by: "usr_a".to_owned(),
        ask: "ask_a".to_owned(),
    }
}

#[test]
fn a_child_passes_while_each_that_it_comes_from_works() {
    for (dead, end) in (0..4_usize).flat_map(|dead| (0..6).map(move |end| (dead, end))) {
        let mut world = World::new(SHOP);
        let secrets = line(&mut world, 5);
        assert_eq!(world.ask("POST /items", Some(&secrets[4])), Ok("token"));
        let now = world.now;
        match end {
            0 => world.forget_token(&secrets[dead]),
            1 => world.edit_token(&secrets[dead], |token| token.disabled = true),
            2 => world.edit_token(&secrets[dead], |token| token.expires_at = Some(now)),
            3 => world.edit_token(&secrets[dead], |token| token.revoked_at = Some(now)),
            4 => {
                // Another's, who is inactive: to whom it was given.
                let bob = world.user(Some("admin"));
                world.edit_token(&secrets[dead], |token| token.owner = bob);
                world.edit_user(bob, |user| user.active = false);
            }
            _ => world.edit_token(&secrets[dead], |token| token.service = "other".parse().unwrap()),
        }
        for (at, secret) in secrets.iter().enumerate() {
            let verdict = world.ask("POST /items", Some(secret));
            match at.cmp(&dead) {
                std::cmp::Ordering::Less => assert_eq!(verdict, Ok("token"), "{dead} {end} {at}"),
                std::cmp::Ordering::Equal => assert!(verdict.is_err(), "{dead} {end} {at}"),
                std::cmp::Ordering::Greater => {
                    assert_eq!(verdict, Err(Reason::ParentEnded), "{dead} {end} {at}");
                }
            }
        }
        assert_eq!(Reason::ParentEnded.code(), Reason::UnknownSecret.code());
        assert_eq!(world.ask("GET /health", Some(&secrets[4])), Ok("anonymous"));
    }
}

#[test]
fn what_a_token_loses_its_children_lose() {
    for changed in 0..4 {
        let mut world = World::new(SHOP);
        let secrets = line(&mut world, 5);
        world.edit_token(&secrets[changed], |token| token.scopes = vec!["items:read".parse().unwrap()]);
        assert_eq!(world.ask("POST /items", Some(&secrets[4])), Err(Reason::InsufficientScope));
        assert_eq!(world.ask("GET /items", Some(&secrets[4])), Ok("token"));
        let only = restricted(r#"{ "paths": ["/items/1"] }"#);
        world.edit_token(&secrets[changed], |token| token.restrictions = only.clone());
        assert_eq!(world.ask("GET /items", Some(&secrets[4])), Err(Reason::Restricted));
        assert_eq!(world.ask("GET /items/1", Some(&secrets[4])), Ok("token"));
        let bearer = format!("Bearer {}", secrets[4]);
        let credentials = Credentials { authorization: Some(bearer.as_bytes()), ..Credentials::default() };
        let asked = world.judge().decide_scopes(credentials, &["items:read".parse().unwrap()], None);
        assert!(matches!(asked, Decision::Deny(denial) if denial.reason == Reason::Restricted));
    }
}

#[test]
fn the_role_of_the_owner_of_each_counts() {
    let mut world = World::new(SHOP);
    let (ann, bob) = (world.user(Some("admin")), world.user(Some("viewer")));
    let (parent, child) = (world.token(bob, &["users:read"]), world.token(ann, &["users:read"]));
    assert_eq!(world.ask("GET /users", Some(&child)), Ok("token"));
    hang(&mut world, &child, &parent);
    assert_eq!(world.ask("GET /users", Some(&child)), Err(Reason::InsufficientScope));
    world.set_role(bob, "admin");
    assert_eq!(world.ask("GET /users", Some(&child)), Ok("token"));
}

/// A route asks for a role beside its scopes, and no scope says so.
#[test]
fn the_role_that_a_route_asks_for_is_reached_by_the_owner_of_each() {
    let mut world = World::new(SHOP);
    let (ann, bob) = (world.user(Some("admin")), world.user(Some("viewer")));
    let (parent, child) = (world.token(bob, &["items:write"]), world.token(ann, &["items:write"]));
    assert_eq!(world.ask("DELETE /items/1", Some(&child)), Ok("token"));
    hang(&mut world, &child, &parent);
    assert_eq!(world.ask("DELETE /items/1", Some(&child)), Err(Reason::InsufficientRole));
    world.set_role(bob, "operator");
    assert_eq!(world.ask("DELETE /items/1", Some(&child)), Ok("token"));
}

#[test]
fn a_line_that_cannot_be_is_none() {
    let mut world = World::new(SHOP);
    let secrets = line(&mut world, usize::from(MAX_DEPTH) + 2);
    assert_eq!(world.ask("GET /items", Some(&secrets[4])), Ok("token"));
    assert_eq!(world.ask("GET /items", Some(&secrets[5])), Err(Reason::ParentEnded), "too deep");
    let (own, top) = (world.live(&secrets[3]).id, world.live(&secrets[0]).id);
    for (id, depth) in [(own, 1), (own, 3), (own, 255), (top, 0), (top, 2), (top, 255)] {
        world.edit_token(&secrets[3], |token| token.parent = Some(Parent { id, depth }));
        let verdict = world.ask("GET /items", Some(&secrets[3]));
        assert_eq!(verdict, Err(Reason::ParentEnded), "{id} {depth}");
    }
}

#[test]
fn what_is_lent_is_held_until_it_ends_and_goes_no_further() {
    let mut world = World::new(SHOP);
    let ann = world.user(Some("operator"));
    let (parent, child) = (world.token(ann, &["items:read"]), world.token(ann, &["items:write"]));
    hang(&mut world, &child, &parent);
    assert_eq!(world.ask("POST /items", Some(&parent)), Err(Reason::InsufficientScope));
    let loans = vec![loan(&world, &["items:write", "users:read"], 60)];
    world.edit_token(&parent, |token| token.loans = loans);
    assert_eq!(world.ask("POST /items", Some(&parent)), Ok("token"));
    assert_eq!(world.ask("GET /users", Some(&parent)), Err(Reason::InsufficientScope), "the role cuts it");
    assert_eq!(world.ask("POST /items", Some(&child)), Err(Reason::InsufficientScope));
    world.now = world.now.checked_add(jiff::SignedDuration::from_secs(59)).unwrap();
    assert_eq!(world.ask("POST /items", Some(&parent)), Ok("token"));
    world.now = world.now.checked_add(jiff::SignedDuration::from_secs(1)).unwrap();
    assert_eq!(world.ask("POST /items", Some(&parent)), Err(Reason::InsufficientScope));
}

/// What becomes of a request under the limits of the whole line, the nearest first.
fn metered(world: &World, secrets: &[&String], asked: &str) -> Result<(), Reason> {
    let bearer = format!("Bearer {}", secrets[0]);
    let credentials = Credentials { authorization: Some(bearer.as_bytes()), ..Credentials::default() };
    let mut decision = world.judge().decide(&request(asked, credentials), &mut ());
    let line: Vec<_> = secrets.iter().map(|secret| world.live(secret)).collect();
    let changes = super::super::limit::changes(asked.split(' ').next().unwrap());
    decision.metered(&line, changes, None::<(_, &Meter)>, world.now);
    match decision {
        Decision::Allow(_) => Ok(()),
        Decision::Deny(denial) => {
            assert!(denial.quota.is_some_and(|quota| quota.more_in > 0));
            Err(denial.reason)
        }
        Decision::Unavailable => panic!("the world is ready"),
    }
}

#[test]
fn a_budget_of_changes_counts_changes_alone() {
    let mut world = World::new(SHOP);
    let secrets = line(&mut world, 1);
    world.edit_token(&secrets[0], |token| token.change_limit = Some("10/1h".parse().unwrap()));
    let one = [&secrets[0]];
    for _ in 0..2 {
        assert_eq!(metered(&world, &one, "POST /items"), Ok(()));
    }
    assert_eq!(metered(&world, &one, "POST /items"), Err(Reason::ChangeLimit));
    assert_eq!(metered(&world, &one, "GET /items"), Ok(()));
    assert_eq!(metered(&world, &one, "HEAD /items"), Ok(()));
    assert_eq!(Reason::ChangeLimit.code(), Reason::TokenLimit.code());
}

#[test]
fn children_share_the_limits_of_their_parents_and_what_is_refused_takes_nothing() {
    for (limit, reason) in [("rate", Reason::TokenLimit), ("change", Reason::ChangeLimit)] {
        let mut world = World::new(SHOP);
        let secrets = line(&mut world, 3);
        let sibling = world.token(world.live(&secrets[2]).owner, &["items:write"]);
        hang(&mut world, &sibling, &secrets[1]);
        let (own, above) = (Some("10/1h burst 5".parse().unwrap()), Some("10/1h".parse().unwrap()));
        for (secret, rate) in [(&secrets[2], own), (&secrets[0], above)] {
            world.edit_token(secret, |token| match limit {
                "rate" => token.rate_limit = rate,
                _ => token.change_limit = rate,
            });
        }
        let (first, second) = ([&secrets[2], &secrets[1], &secrets[0]], [&sibling, &secrets[1], &secrets[0]]);
        assert_eq!(metered(&world, &first, "POST /items"), Ok(()));
        assert_eq!(metered(&world, &second, "POST /items"), Ok(()));
        for _ in 0..9 {
            assert_eq!(metered(&world, &first, "POST /items"), Err(reason), "two in all");
            assert_eq!(metered(&world, &second, "POST /items"), Err(reason));
        }
        // Its own limit has four places left, for what was refused took none of them.
        for _ in 0..4 {
            assert_eq!(metered(&world, &first[..1], "POST /items"), Ok(()));
        }
        assert_eq!(metered(&world, &first[..1], "POST /items"), Err(reason));
    }
}

/// What is done to a token after it was made, whoever did it.
#[derive(Debug, Clone, Copy)]
enum Done {
    Disabled,
    Ended,
    Gone,
    Restricted(&'static str),
    Lent(usize),
    Granted(usize),
    Nothing,
}

fn done() -> impl Strategy<Value = Done> {
    prop_oneof![
        1 => Just(Done::Disabled),
        1 => Just(Done::Ended),
        1 => Just(Done::Gone),
        2 => select(&laws::ONLY[..]).prop_map(Done::Restricted),
        3 => (0..laws::SCOPES).prop_map(Done::Lent),
        3 => (0..laws::SCOPES).prop_map(Done::Granted),
        6 => Just(Done::Nothing),
    ]
}

proptest! {
    #[test]
    fn no_chain_of_derivations_gains_a_right(
        town in town(),
        hung in prop::collection::vec((any::<Index>(), any::<Index>()), 1..8),
        dealt in prop::collection::vec((any::<Index>(), done()), 0..8),
    ) {
        let Town { mut world, secrets, lines } = town;
        let tokens: Vec<String> = secrets.into_iter().filter(|secret| world.is_token(secret)).collect();
        // Any tokens of any owners, as no rule would make them: the decision does not rest on how they came about.
        let mut above = vec![None; tokens.len()];
        for (child, parent) in hung {
            let (child, parent) = (child.index(tokens.len()), parent.index(tokens.len()));
            // Not of one that comes later or from which something hangs already, so that each depth is right.
            if parent < child && above[child].is_none() && !above.contains(&Some(child)) {
                hang(&mut world, &tokens[child], &tokens[parent]);
                above[child] = Some(parent);
            }
        }
        for (which, what) in dealt {
            let secret = &tokens[which.index(tokens.len())];
            let lent = |scope: usize| vec![loan(&world, &[&format!("s{scope}")], 60)];
            let now = world.now;
            match what {
                _ if !world.is_token(secret) => {}
                Done::Disabled => world.edit_token(secret, |token| token.disabled = true),
                Done::Ended => world.edit_token(secret, |token| token.expires_at = Some(now)),
                Done::Gone => world.forget_token(secret),
                Done::Restricted(only) => {
                    world.edit_token(secret, |token| token.restrictions = restricted(only));
                }
                Done::Lent(scope) => {
                    let loans = lent(scope);
                    world.edit_token(secret, |token| token.loans = loans);
                }
                Done::Granted(scope) => world.edit_token(secret, |token| {
                    token.scopes.push(format!("s{scope}").parse().unwrap());
                    token.scopes.sort();
                    token.scopes.dedup();
                }),
                Done::Nothing => {}
            }
        }
        for (child, parent) in above.iter().enumerate().filter_map(|(child, parent)| Some((child, (*parent)?))) {
            for line in &lines {
                if !world.is_token(&tokens[child]) || world.ask(line, Some(&tokens[child])) != Ok("token") {
                    continue;
                }
                prop_assert!(world.is_token(&tokens[parent]), "{}: its parent is gone", line);
                // What is lent to the parent does not help the child.
                world.edit_token(&tokens[parent], |token| token.loans.clear());
                prop_assert_eq!(world.ask(line, Some(&tokens[parent])), Ok("token"), "{}", line);
                prop_assert_eq!(world.ask(line, Some(&tokens[child])), Ok("token"), "{}", line);
            }
        }
    }
}

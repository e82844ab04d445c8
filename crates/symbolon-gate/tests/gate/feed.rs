//! Changes, in the order of their commits: what was applied last is what holds.

use symbolon_core::Code;
use symbolon_core::record::{KeyKind, Token, User};
use symbolon_core::store::{Change, Sink};

use crate::make::{ask, at, gate, key, now, session, token, tombstone, unborn, user};

#[test]
fn a_token_works_from_its_creation_to_its_revocation() {
    let gate = gate();
    let owner = user(&gate, "ann");
    let (record, secret) = unborn(&owner, &["read"]);
    assert_eq!(ask(&gate, "/read", &secret), Code::InvalidToken);
    gate.apply(&Change::TokenCreated(record.clone()));
    assert_eq!(ask(&gate, "/read", &secret), Code::Allowed);
    assert_eq!(gate.tokens(), 1);
    gate.apply(&Change::TokenChanged(tombstone(&record)));
    assert_eq!(ask(&gate, "/read", &secret), Code::InvalidToken);
    assert_eq!(gate.tokens(), 0);
}

#[test]
fn an_edit_replaces_what_the_token_holds() {
    let gate = gate();
    let owner = user(&gate, "ann");
    let (record, secret) = token(&gate, &owner, &["read", "write"]);
    assert_eq!(ask(&gate, "/write", &secret), Code::Allowed);
    let narrowed = Token { scopes: vec!["read".parse().unwrap()], revision: 2, ..record.clone() };
    gate.apply(&Change::TokenChanged(narrowed.clone()));
    assert_eq!(ask(&gate, "/write", &secret), Code::InsufficientScope);
    assert_eq!(ask(&gate, "/read", &secret), Code::Allowed);
    gate.apply(&Change::TokenChanged(Token { disabled: true, revision: 3, ..narrowed.clone() }));
    assert_eq!(ask(&gate, "/read", &secret), Code::InvalidToken);
    gate.apply(&Change::TokenChanged(Token { revision: 4, ..narrowed.clone() }));
    assert_eq!(ask(&gate, "/read", &secret), Code::Allowed);
    gate.apply(&Change::TokenChanged(Token { expires_at: Some(now()), revision: 5, ..narrowed }));
    assert_eq!(ask(&gate, "/read", &secret), Code::InvalidToken);
    assert_eq!(gate.tokens(), 1);
}

#[test]
fn a_tombstone_that_comes_first_or_twice_leaves_nothing() {
    let gate = gate();
    let owner = user(&gate, "ann");
    let (record, secret) = unborn(&owner, &["read"]);
    gate.apply(&Change::TokenChanged(tombstone(&record)));
    assert_eq!(gate.tokens(), 0);
    gate.apply(&Change::TokenCreated(record.clone()));
    gate.apply(&Change::TokenChanged(tombstone(&record)));
    gate.apply(&Change::TokenChanged(tombstone(&record)));
    assert_eq!(ask(&gate, "/read", &secret), Code::InvalidToken);
    assert_eq!((gate.tokens(), gate.last_used(record.id)), (0, None));
}

#[test]
fn a_tombstone_that_still_had_a_digest_would_not_live() {
    let gate = gate();
    let owner = user(&gate, "ann");
    let (record, secret) = token(&gate, &owner, &["read"]);
    gate.apply(&Change::TokenChanged(Token { digest: record.digest, ..tombstone(&record) }));
    assert_eq!((ask(&gate, "/read", &secret), gate.tokens()), (Code::InvalidToken, 0));
}

#[test]
fn a_new_secret_ends_the_old_one_and_keeps_the_use() {
    let gate = gate();
    let owner = user(&gate, "ann");
    let (record, old) = token(&gate, &owner, &["read"]);
    assert_eq!(ask(&gate, "/read", &old), Code::Allowed);
    let (other, new) = unborn(&owner, &[]);
    gate.apply(&Change::TokenChanged(Token { digest: other.digest, revision: 2, ..record.clone() }));
    assert_eq!(ask(&gate, "/read", &old), Code::InvalidToken);
    assert_eq!(ask(&gate, "/read", &new), Code::Allowed);
    assert_eq!((gate.tokens(), gate.last_used(record.id)), (1, Some(now())));
}

#[test]
fn a_user_takes_along_all_that_is_theirs_and_nothing_else() {
    let gate = gate();
    let (ann, bob) = (user(&gate, "ann"), user(&gate, "bob"));
    let (first, first_secret) = token(&gate, &ann, &["read"]);
    let (_, second_secret) = token(&gate, &ann, &["write"]);
    let (others, others_secret) = token(&gate, &bob, &["read"]);
    let ((ses, jwt), (_, others_jwt)) = (session(&gate, &ann), session(&gate, &bob));

    gate.apply(&Change::UserRemoved(ann.id, now()));
    for secret in [&first_secret, &second_secret, &jwt] {
        assert_eq!(ask(&gate, "/read", secret), Code::InvalidToken);
    }
    for secret in [&others_secret, &others_jwt] {
        assert_eq!(ask(&gate, "/read", secret), Code::Allowed);
    }
    assert_eq!(gate.tokens(), 1);
    assert!(gate.user(ann.id).is_none() && gate.session(ses.id).is_none());
    assert_eq!(gate.last_used(first.id), None);
    assert_eq!(gate.last_used(others.id), Some(now()));
    // Their tombstones, should the feed tell of them too, change nothing.
    gate.apply(&Change::TokenChanged(tombstone(&first)));
    assert_eq!(gate.tokens(), 1);
}

#[test]
fn a_token_goes_with_its_owner_of_now() {
    let gate = gate();
    let (ann, bob) = (user(&gate, "ann"), user(&gate, "bob"));
    let (record, secret) = token(&gate, &ann, &["read"]);
    assert_eq!(ask(&gate, "/read", &secret), Code::Allowed);
    gate.apply(&Change::TokenOwned(Token { owner: bob.id, revision: 2, ..record.clone() }));
    gate.apply(&Change::UserRemoved(ann.id, now()));
    assert_eq!(ask(&gate, "/read", &secret), Code::Allowed);
    assert_eq!(gate.last_used(record.id), Some(now()), "its use goes along");
    gate.apply(&Change::UserChanged(User { active: false, revision: 2, ..bob.clone() }));
    assert_eq!(ask(&gate, "/read", &secret), Code::InvalidToken);
    gate.apply(&Change::UserRemoved(bob.id, now()));
    assert_eq!(gate.tokens(), 0);
}

#[test]
fn a_users_state_holds_for_their_tokens_and_sessions_at_once() {
    let gate = gate();
    let ann = user(&gate, "ann");
    let (_, secret) = token(&gate, &ann, &["read"]);
    let (_, jwt) = session(&gate, &ann);
    let ask_both = || [ask(&gate, "/read", &secret), ask(&gate, "/read", &jwt)];
    assert_eq!(ask_both(), [Code::Allowed; 2]);
    gate.apply(&Change::UserChanged(User { active: false, revision: 2, ..ann.clone() }));
    assert_eq!(ask_both(), [Code::InvalidToken; 2]);
    gate.apply(&Change::UserChanged(User { revision: 3, ..ann.clone() }));
    assert_eq!(ask_both(), [Code::Allowed; 2]);
    gate.apply(&Change::UserChanged(User { roles: [].into(), revision: 4, ..ann }));
    assert_eq!(ask(&gate, "/read", &jwt), Code::InsufficientRole);
    // Without a role no scope is effective.
    assert_eq!(ask(&gate, "/read", &secret), Code::InsufficientScope);
}

#[test]
fn sessions_end_one_by_one_and_all_of_a_user() {
    let gate = gate();
    let (ann, bob) = (user(&gate, "ann"), user(&gate, "bob"));
    let ((first, first_jwt), (_, second_jwt)) = (session(&gate, &ann), session(&gate, &ann));
    let (_, others_jwt) = session(&gate, &bob);
    gate.apply(&Change::SessionEnded(first.id));
    gate.apply(&Change::SessionEnded(first.id));
    assert_eq!(ask(&gate, "/read", &first_jwt), Code::InvalidToken);
    assert_eq!(ask(&gate, "/read", &second_jwt), Code::Allowed);
    gate.apply(&Change::SessionsEnded(ann.id));
    assert_eq!(ask(&gate, "/read", &second_jwt), Code::InvalidToken);
    assert_eq!(ask(&gate, "/read", &others_jwt), Code::Allowed);
}

#[test]
fn a_key_opens_everything_until_it_is_taken_back() {
    let gate = gate();
    let (record, secret) = key(&gate, KeyKind::System);
    let (other, others_secret) = key(&gate, KeyKind::System);
    assert_ne!(record.id, other.id);
    assert_eq!(ask(&gate, "/human", &secret), Code::Allowed);
    gate.apply(&Change::KeyRemoved(record.id));
    assert_eq!(ask(&gate, "/human", &secret), Code::InvalidToken);
    assert_eq!(ask(&gate, "/human", &others_secret), Code::Allowed);
}

#[test]
fn pruning_forgets_ended_sessions_and_no_others() {
    let gate = gate();
    let ann = user(&gate, "ann");
    let (live, jwt) = session(&gate, &ann);
    let one_second_before = at(live.expires_at.as_second() - 1);
    gate.prune(one_second_before);
    assert_eq!(ask(&gate, "/read", &jwt), Code::Allowed);
    // An end equal to now has been reached.
    gate.prune(live.expires_at);
    assert!(gate.session(live.id).is_none());
}

//! Rotated tokens in the index: every secret that is known is found, as what it is by now.

use symbolon_core::Code;
use symbolon_core::record::Token;
use symbolon_core::rotation::{Grace, OldSecret, Rotation};
use symbolon_core::store::{Change, Sink};
use symbolon_core::token::NewSecret;
use symbolon_gate::{Gate, Seen};

use crate::make::{ask, at, entropy, gate, keys, now, papers, printers, token, tombstone, user};

/// The next state of a token with another secret; the one before has this long after the first use of the new one.
fn rotated(before: &Token, grace: u32, retired: &[&Token]) -> (Token, String) {
    let secret = NewSecret::again(&"prn".parse().unwrap(), before.token_prefix, entropy());
    let old = OldSecret {
        digest: before.digest.unwrap(),
        until: None,
        grace: Some(Grace::seconds(grace).unwrap()),
    };
    let next = Token {
        digest: Some((secret.text().digest(&keys().pepper), 1)),
        revision: before.revision + 1,
        rotation: Rotation {
            at: Some(now()),
            old: Some(old),
            retired: retired.iter().map(|token| token.digest.unwrap()).collect(),
            ..Rotation::default()
        },
        ..before.clone()
    };
    (next, secret.reveal().to_owned())
}

fn seen(gate: &Gate) -> Vec<Seen> {
    std::iter::from_fn(|| gate.take_news()).map(|news| news.seen).collect()
}

#[test]
fn both_secrets_are_found_until_the_first_use_and_what_was_seen_is_told_once() {
    let gate = gate();
    let owner = user(&gate, "ann");
    let (first, old) = token(&gate, &owner, &["read"]);
    let (second, new) = rotated(&first, 0, &[]);
    gate.apply(&Change::TokenChanged(second.clone()));
    assert_eq!(gate.tokens(), 1);
    assert_eq!(ask(&gate, "/read", &old), Code::Allowed);
    assert!(seen(&gate).is_empty());
    // What is refused is no use of the new one.
    assert_eq!(ask(&gate, "/human", &new), Code::HumanOnly);
    assert_eq!(ask(&gate, "/read", &old), Code::Allowed);
    for _ in 0..2 {
        assert_eq!(ask(&gate, "/read", &new), Code::Allowed);
    }
    assert_eq!(gate.first_use(second.id), Some(now()));
    let told = seen(&gate);
    assert!(matches!(told[..], [Seen::FirstUse(made)] if Some(made) == second.rotation.at), "{told:?}");
    for _ in 0..2 {
        assert_eq!(ask(&gate, "/read", &old), Code::InvalidToken);
    }
    assert!(matches!(seen(&gate)[..], [Seen::Reuse(_)]));
}

#[test]
fn an_edit_and_other_catalogs_change_nothing_about_its_secrets() {
    let gate = gate();
    let owner = user(&gate, "ann");
    let (first, old) = token(&gate, &owner, &["read"]);
    let (second, new) = rotated(&first, 0, &[]);
    gate.apply(&Change::TokenChanged(second.clone()));
    assert_eq!(ask(&gate, "/read", &new), Code::Allowed);
    // The record does not know of the first use yet.
    let edited = Token { name: "edited".to_owned(), revision: 3, ..second };
    gate.apply(&Change::TokenChanged(edited.clone()));
    gate.set_services(vec![printers(), papers()]).unwrap();
    assert_eq!(ask(&gate, "/read", &old), Code::InvalidToken);
    assert_eq!(ask(&gate, "/read", &new), Code::Allowed);
    // Narrowed, it is so by each of its secrets.
    let (third, newest) = rotated(&edited, 60, &[&first]);
    let narrowed = Token { scopes: vec!["write".parse().unwrap()], ..third };
    gate.apply(&Change::TokenChanged(narrowed));
    for secret in [&new, &newest] {
        assert_eq!(ask(&gate, "/read", secret), Code::InsufficientScope);
    }
    assert_eq!(ask(&gate, "/write", &old), Code::InvalidToken);
}

#[test]
fn no_secret_outlives_the_token_or_its_owner() {
    for by_owner in [false, true] {
        let gate = gate();
        let owner = user(&gate, "ann");
        let (first, old) = token(&gate, &owner, &["read"]);
        let (second, new) = rotated(&first, 60, &[]);
        gate.apply(&Change::TokenChanged(second.clone()));
        gate.apply(&if by_owner {
            Change::UserRemoved(owner.id, now())
        } else {
            let rotation = Rotation { old: None, ..second.rotation.clone() };
            Change::TokenChanged(Token { rotation, ..tombstone(&second) })
        });
        for secret in [&old, &new] {
            assert_eq!(ask(&gate, "/read", secret), Code::InvalidToken);
        }
        assert_eq!(gate.tokens(), 0);
        assert!(seen(&gate).is_empty(), "what is gone is not known as retired either");
    }
}

#[test]
fn after_a_restart_the_record_says_what_was_seen() {
    let gate = gate();
    let owner = user(&gate, "ann");
    let (first, old) = token(&gate, &owner, &["read"]);
    let (second, new) = rotated(&first, 60, &[]);
    // Ended before the first use was recorded: the old secret has not ended too early.
    gate.apply(&Change::TokenCreated(second.clone()));
    assert_eq!(ask(&gate, "/read", &old), Code::Allowed);
    // Ended after: it counts from there.
    let used = Rotation { first_used_at: Some(at(now().as_second() - 60)), ..second.rotation };
    gate.apply(&Change::TokenChanged(tombstone(&Token { rotation: Rotation::default(), ..first })));
    gate.apply(&Change::TokenCreated(Token { rotation: used, ..second }));
    assert_eq!(ask(&gate, "/read", &old), Code::InvalidToken);
    assert_eq!(ask(&gate, "/read", &new), Code::Allowed);
    assert!(matches!(seen(&gate)[..], [Seen::Reuse(_)]), "the first use is known");
}

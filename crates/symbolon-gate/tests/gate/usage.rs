//! Last uses: noted by every check that passes, told once, and none lost.

use std::collections::HashMap;
use std::thread::ScopedJoinHandle;

use symbolon_core::id::TokenId;
use symbolon_core::record::Token;
use symbolon_core::store::{Change, Sink};
use symbolon_core::{Code, Timestamp};

use crate::make::{ask, ask_at, at, gate, now, token, tombstone, unborn, user};

#[test]
fn only_what_was_let_through_is_a_use() {
    let gate = gate();
    let owner = user(&gate, "ann");
    let (record, secret) = token(&gate, &owner, &["read"]);
    assert_eq!(ask(&gate, "/write", &secret), Code::InsufficientScope);
    assert_eq!(ask(&gate, "/human", &secret), Code::HumanOnly);
    assert_eq!((gate.last_used(record.id), gate.take_uses(10)), (None, vec![]));
    assert_eq!(ask(&gate, "/read", &secret), Code::Allowed);
    assert_eq!(gate.last_used(record.id), Some(now()));
    assert_eq!(gate.take_uses(10), [(record.id, now())]);
    // Told once; it stays known here.
    assert_eq!((gate.last_used(record.id), gate.take_uses(10)), (Some(now()), vec![]));
}

#[test]
fn a_batch_holds_a_token_once_with_its_latest_use() {
    let gate = gate();
    let owner = user(&gate, "ann");
    let (record, secret) = token(&gate, &owner, &["read"]);
    for second in [5, 9, 7] {
        assert_eq!(ask_at(&gate, "printers", "/read", &secret, at(second)), Code::Allowed);
    }
    assert_eq!(gate.take_uses(10), [(record.id, at(9))]);
}

#[test]
fn a_batch_is_no_longer_than_asked_for_and_the_rest_stays() {
    let gate = gate();
    let owner = user(&gate, "ann");
    let mut ids: Vec<_> = (0..5)
        .map(|_| {
            let (record, secret) = token(&gate, &owner, &["read"]);
            assert_eq!(ask(&gate, "/read", &secret), Code::Allowed);
            record.id
        })
        .collect();
    let (mut told, rest) = (gate.take_uses(3), gate.take_uses(3));
    assert_eq!((told.len(), rest.len()), (3, 2));
    told.extend(rest);
    let mut told: Vec<_> = told.into_iter().map(|(id, _)| id).collect();
    told.sort();
    ids.sort();
    assert_eq!(told, ids);
}

#[test]
fn what_the_record_knows_is_where_the_gate_begins() {
    let gate = gate();
    let owner = user(&gate, "ann");
    let (record, secret) = unborn(&owner, &["read"]);
    gate.apply(&Change::TokenCreated(Token { last_used_at: Some(at(50)), ..record.clone() }));
    assert_eq!(gate.last_used(record.id), Some(at(50)));
    // A clock that went back does not take the use back.
    assert_eq!(ask_at(&gate, "printers", "/read", &secret, at(40)), Code::Allowed);
    assert_eq!(gate.take_uses(10), [(record.id, at(50))]);
}

#[test]
fn an_edit_keeps_the_use_and_the_place_in_the_batch() {
    let gate = gate();
    let owner = user(&gate, "ann");
    let (record, secret) = token(&gate, &owner, &["read"]);
    assert_eq!(ask_at(&gate, "printers", "/read", &secret, at(7)), Code::Allowed);
    // The editor's record knows of no use.
    gate.apply(&Change::TokenChanged(Token { name: "new".to_owned(), revision: 2, ..record.clone() }));
    assert_eq!(gate.last_used(record.id), Some(at(7)));
    assert_eq!(ask_at(&gate, "printers", "/read", &secret, at(8)), Code::Allowed);
    assert_eq!(gate.take_uses(10), [(record.id, at(8))]);
}

#[test]
fn the_use_of_a_token_that_was_revoked_since_is_still_told() {
    let gate = gate();
    let owner = user(&gate, "ann");
    let (record, secret) = token(&gate, &owner, &["read"]);
    assert_eq!(ask(&gate, "/read", &secret), Code::Allowed);
    gate.apply(&Change::TokenChanged(tombstone(&record)));
    assert_eq!(gate.take_uses(10), [(record.id, now())]);
}

/// Four threads use a thousand tokens while a fifth takes batches: of each, the last use of all is told.
#[test]
fn race_of_four_users_and_a_taker_loses_no_use() {
    const TOKENS: usize = 1_000;
    const USERS: usize = 4;
    let gate = gate();
    let owner = user(&gate, "ann");
    let tokens: Vec<_> = (0..TOKENS).map(|_| token(&gate, &owner, &["read"])).collect();
    // Of every token, each thread's use has a second of its own.
    let second = |thread: usize, index: usize| at(i64::try_from(index * USERS + thread).unwrap());
    let told = std::thread::scope(|scope| {
        let user = |thread: usize| {
            let (gate, tokens) = (&gate, &tokens);
            scope.spawn(move || {
                for step in 0..TOKENS {
                    // The threads begin apart and meet.
                    let index = if thread.is_multiple_of(2) { step } else { TOKENS - 1 - step };
                    let code = ask_at(gate, "printers", "/read", &tokens[index].1, second(thread, index));
                    assert_eq!(code, Code::Allowed);
                }
            })
        };
        let users: Vec<_> = (0..USERS).map(user).collect();
        let mut told = HashMap::<TokenId, Timestamp>::new();
        loop {
            let over = users.iter().all(ScopedJoinHandle::is_finished);
            let batch = gate.take_uses(3);
            let empty = batch.is_empty();
            for (id, used) in batch {
                told.entry(id).and_modify(|known| *known = used.max(*known)).or_insert(used);
            }
            if over && empty {
                break told;
            }
        }
    });
    for (index, (record, _)) in tokens.iter().enumerate() {
        assert_eq!(told[&record.id], second(USERS - 1, index));
    }
}

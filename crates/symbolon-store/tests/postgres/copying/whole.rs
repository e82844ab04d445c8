//! A record with something of everything in it.

use std::path::Path;

use symbolon_core::ask::Ask;
use symbolon_core::decision::Reason;
use symbolon_core::derived::Parent;
use symbolon_core::id::UserId;
use symbolon_core::manage;
use symbolon_core::metadata::Metadata;
use symbolon_core::notice::Told;
use symbolon_core::record::{Key, KeyKind, Token, User};
use symbolon_core::store::{AnswerOutcome, Answers, Change, Mutation, Notices, Store};
use symbolon_core::usage::Outcome;

use super::{file, meddle};
use crate::conformance::{accept, answers, asks, descent, imports, make, usage, webhooks};

/// What a program may trip over: quotes, what looks like SQL's or an array's, combining marks, other planes, directions.
const ODD: &str = "é e\u{301} \u{1f5dd} \u{202e}x {\"a\",NULL} $1 '; -- \\ \\N \t\r\n\u{1}\u{7f}\u{ffff}";

/// A record with something of everything in it, of which one row was changed by somebody else.
pub(super) async fn fill(path: &Path) {
    let store = file(path).await;
    // Not in the order of their ids.
    let users = [3, 1, 2].map(make::user);
    let owner = &users[1];
    let kept = |number, with: fn(Token) -> Token| Change::TokenCreated(with(make::token(number, owner)));
    let upgraded = imports::imported(3, owner);
    let mut changes: Vec<_> = users.iter().cloned().map(Change::UserCreated).collect();
    changes.push(Change::UserCreated(User { id: UserId::SYSTEM, ..make::user(9) }));
    changes.extend([
        kept(9, |token| Token {
            rotation: make::rotation(),
            profile: Some("robot".parse().unwrap()),
            ..token
        }),
        kept(2, |token| Token { restrictions: make::restrictions(), expires_at: Some(make::at(1)), ..token }),
        kept(7, |token| Token {
            name: ODD.to_owned(),
            description: ODD.to_owned(),
            metadata: Metadata::default().merged([("team".to_owned(), Some("é \" b".to_owned()))]).unwrap(),
            rate_limit: Some("100/1m".parse().unwrap()),
            scopes: Vec::new(),
            disabled: true,
            ..token
        }),
        kept(5, |token| token),
        kept(6, |token| Token {
            derive: 3,
            change_limit: Some("20/1h".parse().unwrap()),
            loans: descent::loans(),
            ..token
        }),
        kept(10, |token| Token { parent: Some(Parent { id: make::token_id(6), depth: 1 }), ..token }),
        Change::TokenCreated(imports::imported(4, owner)),
        Change::TokenCreated(upgraded.clone()),
        Change::TokenCreated(make::token(8, &users[2])),
        Change::SessionStarted(make::session(2, owner)),
        Change::SessionStarted(make::session(1, owner)),
        Change::KeyCreated(make::key(22)),
        Change::KeyCreated(Key { kind: KeyKind::Verifier(make::odin()), key_prefix: None, ..make::key(21) }),
        Change::EnforcementSwitched(make::switched("odin", false, 5)),
        Change::EnforcementSwitched(make::switched("blue", true, 6)),
    ]);
    let asks = asks::of_every_kind(&make::token(7, owner)).map(|ask| Ask { reason: ODD.to_owned(), ..ask });
    let made = asks.iter().map(|ask| Change::AskMade(Ask { answer: None, revision: 1, ..ask.clone() }));
    let answered = asks.iter().filter(|ask| ask.answer.is_some()).cloned().map(Change::AskAnswered);
    changes.extend(made.chain(answered));
    let claim = make::claim("scope", ODD, &make::token(5, owner));
    accept(&store, Mutation { claim: Some(claim), ..make::mutation(changes) }).await;
    let gone = make::revoked(&make::token(5, owner), make::at(9));
    accept(&store, make::mutation(vec![Change::TokenChanged(gone)])).await;
    let upgraded = manage::upgrade(&upgraded, (make::digest(7_000_000), 1)).unwrap();
    accept(&store, make::mutation(vec![Change::TokenChanged(upgraded)])).await;
    let told = Told { expires_at: make::at(1), days: 7 };
    accept(&store, make::mutation(vec![Change::EndingTold(make::token_id(2), told)])).await;
    accept(&store, make::mutation(vec![Change::UserRemoved(users[2].id, make::at(10))])).await;
    store.note_used(vec![(make::token_id(7), make::at(50))]).await.unwrap();
    let refused = Outcome::Refused(Reason::InsufficientScope);
    let counts = [
        usage::count(7, 101, "/b", Outcome::Allowed, 3, 50),
        usage::count(7, 100, "/é", refused, u64::from(u32::MAX) + 1, 40),
        usage::count(1, 100, "/a", Outcome::Allowed, 1, 0),
    ];
    store.record_usage(counts.into()).await.unwrap();
    for (key, outcome) in [("b", None), ("a", Some(AnswerOutcome::Kept(answers::kept())))] {
        let claim = answers::claim(7, key, 0, 1);
        store.claim_answer(claim.clone()).await.unwrap();
        if let Some(outcome) = outcome {
            store.end_answer(claim, outcome).await.unwrap();
        }
    }
    store.begin_webhooks(vec!["b".parse().unwrap(), "a".parse().unwrap()]).await.unwrap();
    let state = webhooks::full(&store.webhooks().await.unwrap()[0]);
    store.save_webhook(state).await.unwrap();
    store.close().await;
    meddle(path, "UPDATE tokens SET scopes = '[\"write:printers\"]' WHERE id LIKE '%6'").await;
}

//! Asks in a fleet: no node has them in memory, and those of the version before know nothing of them.

use std::sync::Arc;

use symbolon_core::ask::Said;
use symbolon_core::record::Token;
use symbolon_core::store::{Change, Store, StoreError};
use symbolon_postgres_server::Version;

use crate::conformance::mirror::Mirror;
use crate::conformance::{Place, accept, commit, make};
use crate::{Base, base};

async fn node(base: &Base) -> (Arc<dyn Store>, Arc<Mirror>) {
    let (store, mirror) = (base.open().await, Arc::new(Mirror::default()));
    store.attach(mirror.clone()).await.unwrap();
    (store, mirror)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_nodes_follow_on_past_asks() {
    let base = base(Version::Debian);
    let [(one, _), (other, mirror)] = [node(&base).await, node(&base).await];
    let user = make::user(1);
    let token = make::token(1, &user);
    accept(&*one, make::mutation(vec![Change::UserCreated(user), Change::TokenCreated(token.clone())])).await;
    let heard = mirror.heard().len();
    let ask = make::ask(1, &token, 0);
    accept(&*one, make::mutation(vec![Change::AskMade(ask.clone())])).await;
    assert_eq!(other.ask(ask.id).await.unwrap(), Some(ask.clone()));
    let changed = Token { disabled: true, revision: 2, ..token };
    let answered = make::answered(&ask, make::approved(&ask));
    let both = vec![Change::AskAnswered(answered), Change::TokenChanged(changed.clone())];
    accept(&*one, make::mutation(both)).await;
    // Whoever changes something is answered when all nodes have heard of it.
    assert_eq!(mirror.heard()[heard..], [Change::TokenChanged(changed)]);
    assert_eq!(mirror.loads().len(), 1, "it has not loaded anew");
    // The kinds that the version before knows.
    let kinds = "SELECT DISTINCT kind FROM changes ORDER BY kind";
    assert_eq!(base.database.sql(kinds).unwrap(), "none\ntoken.changed\ntoken.created\nuser.created");
    for store in [one, other] {
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_nodes_that_answer_at_once_one_does() {
    let base = base(Version::Debian);
    let [(one, _), (other, _)] = [node(&base).await, node(&base).await];
    let user = make::user(1);
    let token = make::token(1, &user);
    accept(&*one, make::mutation(vec![Change::UserCreated(user), Change::TokenCreated(token.clone())])).await;
    for number in 0..10 {
        let ask = make::ask(number, &token, 0);
        accept(&*one, make::mutation(vec![Change::AskMade(ask.clone())])).await;
        let answers = [make::answered(&ask, Said::Denied), make::answered(&ask, Said::Withdrawn)];
        let [first, second] = answers.clone().map(|answer| vec![Change::AskAnswered(answer)]);
        let given = match tokio::join!(commit(&*one, first), commit(&*other, second)) {
            (Ok(()), Err(StoreError::Conflict("that ask was changed meanwhile"))) => &answers[0],
            (Err(StoreError::Conflict("that ask was changed meanwhile")), Ok(())) => &answers[1],
            neither => panic!("{neither:?}"),
        };
        for node in [&one, &other] {
            assert_eq!(node.ask(ask.id).await.unwrap().as_ref(), Some(given));
        }
    }
    for store in [one, other] {
        store.close().await;
    }
}

#[tokio::test]
async fn more_asks_than_one_piece_has_are_forgotten_at_once() {
    let base = base(Version::Debian);
    let store = base.open().await;
    base.meddle(
        "INSERT INTO asks (id, service, token, scopes, lasts, reason, \"by\", made_at, mark, revision)
         SELECT 'ask' || n, 'odin', 'tok', '[]', 1, '', '', n, decode(repeat('00', 32), 'hex'), 1 FROM generate_series(1, 2500) AS n",
    )
    .await
    .unwrap();
    store.prune(make::at(0)).await.unwrap();
    assert_eq!(base.database.sql("SELECT count(*) FROM asks").unwrap(), "0");
    store.close().await;
}

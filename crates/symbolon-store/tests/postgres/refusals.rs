//! What only this database refuses.

use symbolon_core::record::Key;
use symbolon_core::store::{Change, Mutation};
use symbolon_postgres_server::Version;

use crate::base;
use crate::conformance::{Place, accept, commit, make};

const NO_TEXT: &str = "a text with a zero byte in it cannot be kept";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_that_cannot_be_kept_spares_its_neighbours() {
    let base = base(Version::Debian);
    let store = base.open().await;
    let calls: Vec<_> = (0..60)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                let changes = match n % 6 {
                    1 => vec![Change::KeyCreated(Key { name: "a\0b".to_owned(), ..make::key(n) })],
                    _ => vec![Change::KeyCreated(make::key(n))],
                };
                let mut mutation = make::mutation(changes);
                if n % 6 == 2 {
                    mutation.audit.push(make::line("a.b", "c\0d"));
                }
                store.commit(mutation).await
            })
        })
        .collect();
    for (n, call) in (0..).zip(calls) {
        match call.await.unwrap() {
            Ok(()) => assert!(![1, 2].contains(&(n % 6)), "{n}"),
            Err(error) => assert_eq!((n % 6 == 1 || n % 6 == 2, error.to_string().as_str()), (true, NO_TEXT)),
        }
    }
    assert_eq!(base.database.sql("SELECT count(*), max(seq) FROM audit").unwrap(), "40|40");
    assert_eq!(base.database.sql("SELECT count(*) FROM keys").unwrap(), "40");
    store.close().await;
}

#[tokio::test]
async fn alone_too_it_leaves_nothing() {
    let base = base(Version::Debian);
    let store = base.open().await;
    let mut mutation: Mutation = make::mutation(vec![Change::KeyCreated(make::key(1))]);
    mutation.audit.push(make::line("a.b", "c\0d"));
    assert_eq!(store.commit(mutation).await.unwrap_err().to_string(), NO_TEXT);
    assert_eq!(base.database.sql("SELECT count(*) FROM keys").unwrap(), "0");
    accept(&*store, make::mutation(vec![Change::KeyCreated(make::key(1))])).await;
    assert!(commit(&*store, vec![Change::KeyCreated(make::key(1))]).await.is_err());
    store.close().await;
}

//! Copies of a database that is being written to.

use symbolon_core::store::Change;
use symbolon_store::{Contents, OpenError, copy, inspect};

use crate::conformance::{Place, accept, make};
use crate::directory;

#[tokio::test]
async fn a_copy_is_of_one_moment_while_others_write() {
    let (directory, elsewhere) = (directory(), directory());
    let store = directory.open().await;
    let user = make::user(1);
    accept(&*store, make::mutation(vec![Change::UserCreated(user.clone())])).await;
    let writer = {
        let (store, user) = (store.clone(), user.clone());
        tokio::spawn(async move {
            // Two tokens in each transaction: a moment has both or none.
            for n in 0..100 {
                let pair = [2 * n, 2 * n + 1].map(|n| Change::TokenCreated(make::token(n, &user)));
                accept(&*store, make::mutation(pair.into())).await;
            }
        })
    };
    let mut counts = Vec::new();
    for n in 0..5 {
        let to = elsewhere.0.path().join(format!("copy-{n}.db"));
        copy(&directory.file(), &to).await.unwrap();
        let Contents { tokens, users, keys, peppers, .. } = inspect(&to).await.unwrap();
        assert_eq!((users, keys, peppers, tokens % 2), (1, 0, vec![1], 0));
        counts.push(tokens);
        tokio::task::yield_now().await;
    }
    writer.await.unwrap();
    assert!(counts.is_sorted());
    store.close().await;
    copy(&directory.file(), &elsewhere.file()).await.unwrap();
    assert_eq!(inspect(&elsewhere.file()).await.unwrap().tokens, 200);
    let copied = elsewhere.open().await;
    assert_eq!(copied.tokens(&make::tokens_of(make::odin(), make::at(0))).await.unwrap().items.len(), 200);
    copied.close().await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_copy_is_its_owners_alone_and_replaces_nothing() {
    use std::os::unix::fs::PermissionsExt;

    let (directory, elsewhere) = (directory(), directory());
    directory.open().await.close().await;
    copy(&directory.file(), &elsewhere.file()).await.unwrap();
    let mode = std::fs::metadata(elsewhere.file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = copy(&directory.file(), &elsewhere.file()).await.unwrap_err();
    assert!(matches!(again, OpenError::Failed { .. }), "{again}");
    assert_eq!(inspect(&elsewhere.file()).await.unwrap().users, 0);
}

#[tokio::test]
async fn what_is_damaged_or_of_somebody_else_is_no_backup() {
    let place = directory();
    std::fs::write(place.file(), b"not a database at all, and long enough to look like one").unwrap();
    assert!(matches!(inspect(&place.file()).await.unwrap_err(), OpenError::NotADatabase(_)));
    std::fs::write(place.file(), b"").unwrap();
    assert!(matches!(inspect(&place.file()).await.unwrap_err(), OpenError::NotOurs(_)));
    let place = directory();
    place.open().await.close().await;
    place.meddle("PRAGMA user_version = 1000").await.unwrap();
    assert!(matches!(inspect(&place.file()).await.unwrap_err(), OpenError::Newer { found: 1000, .. }));
}

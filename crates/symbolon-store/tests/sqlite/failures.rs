//! The database fails under the store: nobody is told that it was written, nothing is applied, and it
//! recovers.

use std::sync::Arc;

use sqlx::Connection;
use symbolon_core::store::{Change, StoreError};

use crate::conformance::mirror::{Mirror, named};
use crate::conformance::{Place, accept, commit, make};
use crate::{Directory, directory};

/// Every mutation of the next batches fails in the way that the trigger makes it fail, and then none.
async fn all_fail_while(directory: &Directory, sabotage: &str, undo: &str) {
    let store = directory.open().await;
    let mirror = Arc::new(Mirror::default());
    store.attach(mirror.clone()).await.unwrap();
    accept(&*store, make::mutation(vec![Change::KeyCreated(make::key(0))])).await;

    directory.meddle(sabotage).await.unwrap();
    let calls: Vec<_> = (1..=40)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                // Every fourth would have been refused; on what grounds is not known any more.
                let number = if n % 4 == 0 { 0 } else { n };
                commit(&*store, vec![Change::KeyCreated(make::key(number))]).await
            })
        })
        .collect();
    for call in calls {
        match call.await.unwrap() {
            Err(StoreError::Unavailable(reason)) => assert!(reason.starts_with("the database"), "{reason}"),
            // Alone in its batch, a mutation that is refused writes no audit line, and so does not fail.
            Err(StoreError::Conflict(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(mirror.heard(), [Change::KeyCreated(make::key(0))]);
    assert_eq!(store.keys(&make::page(9)).await.unwrap().items, [make::key(0)], "reads go on");

    directory.meddle(undo).await.unwrap();
    accept(&*store, make::mutation(vec![Change::KeyCreated(make::key(1))])).await;
    let heard: Vec<_> = mirror.heard().iter().map(named).collect();
    assert_eq!(heard, directory.changes().await);
    assert_eq!(heard.len(), 2);
    store.close().await;
}

#[tokio::test]
async fn a_transaction_that_sqlite_rolls_back_takes_all_of_its_batch() {
    // This is what SQLite does by itself when the disk is full or fails.
    let sabotage = "CREATE TRIGGER sabotage BEFORE INSERT ON audit
                    BEGIN SELECT RAISE(ROLLBACK, 'the disk is gone'); END";
    all_fail_while(&directory(), sabotage, "DROP TRIGGER sabotage").await;
}

#[tokio::test]
async fn a_commit_that_fails_takes_all_of_its_batch() {
    // A constraint that is looked at when the transaction ends.
    let sabotage = "CREATE TABLE hostage (of TEXT REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED);
                    CREATE TRIGGER sabotage AFTER INSERT ON audit
                    BEGIN INSERT INTO hostage VALUES ('nobody'); END";
    all_fail_while(&directory(), sabotage, "DROP TRIGGER sabotage; DROP TABLE hostage").await;
}

#[tokio::test]
async fn a_mutation_that_fails_alone_spares_its_neighbours() {
    let directory = directory();
    let store = directory.open().await;
    directory
        .meddle(
            "CREATE TRIGGER sabotage BEFORE INSERT ON keys WHEN NEW.name = 'key 7'
             BEGIN SELECT RAISE(ABORT, 'not this one'); END",
        )
        .await
        .unwrap();
    let calls: Vec<_> = (0..20)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { commit(&*store, vec![Change::KeyCreated(make::key(n))]).await })
        })
        .collect();
    for (n, call) in (0..).zip(calls) {
        let outcome = call.await.unwrap();
        assert_eq!(outcome.is_ok(), n != 7, "{n}: {outcome:?}");
    }
    assert_eq!(store.keys(&make::page(99)).await.unwrap().items.len(), 19);
    store.close().await;
}

#[tokio::test]
async fn a_program_that_holds_the_file_is_outlived() {
    let directory = directory();
    let store = directory.open().await;
    let mut holder = directory.connection().await;
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut holder).await.unwrap();
    let error = commit(&*store, vec![Change::KeyCreated(make::key(1))]).await.unwrap_err();
    assert_eq!(error.to_string(), "the store is unavailable: another program holds the database");
    store.ping().await.unwrap();
    holder.close().await.unwrap();
    accept(&*store, make::mutation(vec![Change::KeyCreated(make::key(1))])).await;
    store.close().await;
}

#[tokio::test]
async fn rows_are_loaded_whatever_their_numbers() {
    let directory = directory();
    let store = directory.open().await;
    let user = make::user(1);
    let mut changes = vec![Change::UserCreated(user.clone())];
    changes.extend((0..5_000).map(|n| Change::TokenCreated(make::token(n, &user))));
    accept(&*store, make::mutation(changes)).await;
    for (number, token) in [(i64::MAX, 7), (i64::MIN, 8), (0, 9), (1 << 40, 10)] {
        let id = make::token_id(token);
        directory.meddle(&format!("UPDATE tokens SET rowid = {number} WHERE id = '{id}'")).await.unwrap();
    }
    let mirror = Arc::new(Mirror::default());
    store.attach(mirror.clone()).await.unwrap();
    assert_eq!((mirror.live().tokens.len(), mirror.heard().len()), (5_000, 5_001));
    store.close().await;
}

#[tokio::test]
async fn a_load_that_fails_is_no_load() {
    let directory = directory();
    let store = directory.open().await;
    accept(&*store, make::mutation(vec![Change::UserCreated(make::user(1))])).await;
    directory.meddle("ALTER TABLE tokens RENAME TO tokens_elsewhere").await.unwrap();
    let mirror = Arc::new(Mirror::default());
    let error = store.attach(mirror.clone()).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    assert!(mirror.loads().is_empty(), "what is not known is not taken for known");
    // It can be tried again.
    directory.meddle("ALTER TABLE tokens_elsewhere RENAME TO tokens").await.unwrap();
    store.attach(mirror.clone()).await.unwrap();
    assert_eq!(mirror.loads().len(), 1);
    store.close().await;
}

#[tokio::test]
async fn damage_fails_the_check() {
    let orphan = "PRAGMA foreign_keys = OFF; INSERT INTO sessions VALUES ('s', 'nobody', 1, 2, NULL, NULL)";
    let forbidden = "PRAGMA ignore_check_constraints = ON; UPDATE users SET active = 2";
    for (damage, finding) in [
        (orphan, "a row of the record names a user that is not there"),
        (forbidden, "the database's file is damaged: CHECK constraint failed in users"),
    ] {
        let directory = directory();
        let store = directory.open().await;
        accept(&*store, make::mutation(vec![Change::UserCreated(make::user(1))])).await;
        store.check().await.unwrap();
        directory.meddle(damage).await.unwrap();
        let answer = store.check().await.expect_err(finding);
        assert_eq!(answer.to_string(), format!("the store is unavailable: {finding}"));
        store.close().await;
    }
}

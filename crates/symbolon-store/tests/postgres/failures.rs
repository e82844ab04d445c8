//! The server fails under the store: nobody is told that it was written, nothing is applied, and it recovers.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{Connection, PgConnection};
use symbolon_core::record::Token;
use symbolon_core::store::{Change, Store, StoreError};
use symbolon_postgres_server::{Server, Stop, Version};

use crate::conformance::mirror::Mirror;
use crate::conformance::{Place, accept, commit, make};
use crate::{Base, base, open};

fn reason(answer: Result<(), StoreError>) -> String {
    match answer {
        Err(StoreError::Unavailable(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_server_that_stops_is_outlived() {
    for how in [Stop::Fast, Stop::Immediate] {
        let mut server = Server::start(Version::Debian).unwrap();
        let url = server.new_database().unwrap();
        let store = open(&url).await.unwrap();
        let mirror = Arc::new(Mirror::default());
        store.attach(mirror.clone()).await.unwrap();
        let key = |n| commit(&store, vec![Change::KeyCreated(make::key(n))]);
        key(1).await.unwrap();

        server.stop(how).unwrap();
        let no_server =
            "no PostgreSQL server answers there: see that it runs, and that host and port are right";
        // The connections that there were say so first, each once.
        reason(key(2).await);
        assert_eq!(reason(key(2).await), no_server);
        let mut asked = 0;
        while reason(store.ping().await) != no_server {
            asked += 1;
            assert!(asked <= 8, "no more than there were connections");
        }
        reason(store.note_used(vec![(make::token_id(1), make::at(1))]).await);

        server.start_again().unwrap();
        key(3).await.unwrap();
        store.ping().await.unwrap();
        store.note_used(vec![(make::token_id(1), make::at(1))]).await.unwrap();
        assert_eq!(mirror.heard(), [1, 3].map(|n| Change::KeyCreated(make::key(n))));
        store.close().await;
    }
}

/// A function that runs when a transaction that has written a line of the audit commits.
async fn at_commit(base: &Base, body: &str) {
    base.meddle(&format!(
        "CREATE FUNCTION sabotage() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {body} RETURN NULL; END$$;
         CREATE CONSTRAINT TRIGGER sabotage AFTER INSERT ON audit DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION sabotage()"
    ))
    .await
    .unwrap();
}

/// Mutations, many at once, that all end in this way; then all is well again.
async fn all_end(body: &str, expected: &str) {
    let base = base(Version::Debian);
    let store = base.open().await;
    let mirror = Arc::new(Mirror::default());
    store.attach(mirror.clone()).await.unwrap();
    at_commit(&base, body).await;
    let calls: Vec<_> = (1..20)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { commit(&*store, vec![Change::KeyCreated(make::key(n))]).await })
        })
        .collect();
    for call in calls {
        let reason = reason(call.await.unwrap());
        assert!(reason.contains(expected), "{reason}");
    }
    assert_eq!(mirror.heard(), []);
    assert_eq!(base.database.sql("SELECT count(*) FROM keys").unwrap(), "0");
    base.meddle("DROP TRIGGER sabotage ON audit; DROP FUNCTION sabotage()").await.unwrap();
    accept(&*store, make::mutation(vec![Change::KeyCreated(make::key(1))])).await;
    assert_eq!(mirror.heard(), [Change::KeyCreated(make::key(1))]);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_commit_without_an_answer_it_is_said_that_nobody_knows() {
    all_end(
        "PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10);",
        "it is not known whether",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_the_server_refuses_is_known_not_to_be_one() {
    all_end("RAISE EXCEPTION 'no' USING ERRCODE = 'P0001';", "the database failed (SQLSTATE P0001)").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mutation_that_fails_alone_spares_its_neighbours() {
    let base = base(Version::Debian);
    let store = base.open().await;
    base.meddle("ALTER TABLE keys ADD CHECK (name <> 'key 7')").await.unwrap();
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

/// A store with two tokens, and somebody else who has locked the row of the first.
async fn with_a_locked_token(base: &Base) -> (Arc<dyn Store>, PgConnection) {
    let store = base.open().await;
    let user = make::user(1);
    let tokens = [1, 2].map(|n| Change::TokenCreated(make::token(n, &user)));
    let mut changes = vec![Change::UserCreated(user)];
    changes.extend(tokens);
    accept(&*store, make::mutation(changes)).await;
    let mut holder = base.connection().await;
    let lock = format!("BEGIN; SELECT 1 FROM tokens WHERE id = '{}' FOR UPDATE", make::token_id(1));
    sqlx::raw_sql(sqlx::AssertSqlSafe(lock)).execute(&mut holder).await.unwrap();
    (store, holder)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mutation_that_a_deadlock_costs_is_begun_again() {
    let base = base(Version::Debian);
    let (store, mut holder) = with_a_locked_token(&base).await;
    let edited = Token { revision: 2, name: "edited".to_owned(), ..make::token(1, &make::user(1)) };
    let editing = tokio::spawn({
        let store = store.clone();
        async move { commit(&*store, vec![Change::TokenChanged(edited)]).await }
    });
    let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN (
                     SELECT pid FROM pg_stat_activity WHERE datname = current_database())";
    while base.database.sql(waits).unwrap() == "0" {}
    // The server looks for a deadlock on behalf of whoever waits for so long; this one never does.
    sqlx::raw_sql("SET LOCAL deadlock_timeout = '1h'; UPDATE fleet_clock SET seq = seq")
        .execute(&mut holder)
        .await
        .unwrap();
    sqlx::raw_sql("COMMIT").execute(&mut holder).await.unwrap();
    editing.await.unwrap().unwrap();
    let deadlocks = "SELECT pg_stat_force_next_flush(); SELECT deadlocks FROM pg_stat_database
                     WHERE datname = current_database()";
    assert!(base.database.sql(deadlocks).unwrap().ends_with('1'), "there was one");
    holder.close().await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn who_notes_uses_gives_way() {
    let base = base(Version::Debian);
    let (store, mut holder) = with_a_locked_token(&base).await;
    let uses = || vec![(make::token_id(1), make::at(5)), (make::token_id(2), make::at(5))];
    let noting = tokio::time::timeout(Duration::from_millis(900), store.note_used(uses())).await;
    let answer = noting.expect("before the server looks for a deadlock");
    assert!(reason(answer).starts_with("PostgreSQL took too long over it"));
    sqlx::raw_sql("ROLLBACK").execute(&mut holder).await.unwrap();
    store.note_used(uses()).await.unwrap();
    assert_eq!(base.database.sql("SELECT count(*) FROM tokens WHERE last_used_at IS NOT NULL").unwrap(), "2");
    holder.close().await.unwrap();
    store.close().await;
}

//! Files that an earlier Symbolon wrote.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, Connection};
use symbolon_core::store::{Change, Store, TokenQuery, TokenSort};
use symbolon_core::usage::{Day, Outcome, UsageCount};
use symbolon_store::{OpenError, SqliteStore};

use crate::conformance::{Place, accept, make};
use crate::directory;

#[tokio::test]
async fn a_file_of_the_first_version_is_taken_over_whole() {
    let directory = directory();
    std::fs::write(directory.file(), b"").unwrap();
    let mut old = directory.connection().await;
    let (user, first, last) = (make::user_id(1), make::token_id(1), make::token_id(2));
    let schema = include_str!("../../migrations/sqlite/0001_initial.sql");
    let rows = format!(
        "INSERT INTO users (id, name, active, platform_admin, roles, created_at, revision)
         VALUES ('{user}', 'ann', 1, 0, '{{}}', 1, 1);
         INSERT INTO tokens (id, service, name, description, owner, token_prefix, scopes, disabled, created_at,
             updated_at, last_used_at, revision, digest, pepper)
         VALUES ('{first}', 'odin', 'b', '', '{user}', 'AAAAAAAA', '[\"read:jobs\"]', 0, 1, 1, 7, 1, zeroblob(32), 1),
             ('{last}', 'odin', 'A', '', '{user}', 'BBBBBBBB', '[\"read:jobs\"]', 0, 2, 2, NULL, 1,
             x'{digest}', 1);",
        digest = "01".repeat(32)
    );
    for sql in [schema, &rows] {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut old).await.unwrap();
    }
    old.close().await.unwrap();

    let refusal = SqliteStore::open(&directory.file(), &make::keys()).await.unwrap_err().to_string();
    assert!(refusal.contains("have no seals though they were sealed once"), "{refusal}");
    for first_time in [true, false] {
        // What is there when seals come is taken for ours, once.
        let store: Arc<dyn Store> = if first_time {
            Arc::new(SqliteStore::open_unsealed(&directory.file(), &make::keys()).await.unwrap())
        } else {
            directory.open().await
        };
        for (word, ids) in [
            ("-created", [last, first]),
            ("name", [last, first]),
            ("last_used", [last, first]),
            ("expires", [first, last]),
        ] {
            let sort: TokenSort = word.parse().unwrap();
            let query = TokenQuery { sort, ..make::tokens_of(make::odin(), make::at(0)) };
            let items = store.tokens(&query).await.unwrap().items;
            assert_eq!(items.iter().map(|token| token.id).collect::<Vec<_>>(), ids, "{word}");
        }
        assert!(!store.user(user).await.unwrap().unwrap().password_temporary);
        let (method, path, day) = ("GET".into(), "/jobs".into(), Day(5));
        let (outcome, last_at) = (Outcome::Allowed, make::at(0));
        let one = UsageCount { token: first, day, method, path, outcome, count: 1, last_at, last_ip: None };
        store.record_usage(vec![one]).await.unwrap();
        store.check().await.unwrap();
        store.close().await;
    }
    let store = directory.open().await;
    assert_eq!(store.usage(first, Day(5)..=Day(5)).await.unwrap().days[0].allowed, 2);
    store.close().await;
}

#[tokio::test]
async fn setting_the_schema_back_forges_no_seal() {
    let directory = directory();
    let store = directory.open().await;
    accept(&*store, make::mutation(vec![Change::UserCreated(make::user(1))])).await;
    store.close().await;
    directory
        .meddle(
            "PRAGMA user_version = 5; UPDATE users SET platform_admin = 1; ALTER TABLE users DROP COLUMN seal;
             ALTER TABLE tokens DROP COLUMN seal; ALTER TABLE sessions DROP COLUMN seal;
             ALTER TABLE keys DROP COLUMN seal; ALTER TABLE enforcement DROP COLUMN seal",
        )
        .await
        .unwrap();
    let refusal = SqliteStore::open(&directory.file(), &make::keys()).await.unwrap_err();
    assert!(matches!(refusal, OpenError::Unsealed(_)), "{refusal}");
    let mut connection = directory.connection().await;
    let schema: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut connection).await.unwrap();
    assert_eq!(schema, 5, "nothing was done");
    connection.close().await.unwrap();
}

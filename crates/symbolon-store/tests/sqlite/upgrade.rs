//! Files that an earlier Symbolon wrote.

use sqlx::{AssertSqlSafe, Connection};
use symbolon_core::store::{TokenQuery, TokenSort};
use symbolon_core::usage::{Day, Outcome, UsageCount};

use crate::conformance::{Place, make};
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

    for _ in 0..2 {
        let store = directory.open().await;
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

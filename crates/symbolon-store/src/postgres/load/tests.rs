use std::sync::Mutex;

use symbolon_core::store::Store;

use super::*;
use crate::postgres::testing::{Place, make, place};

/// Does something to the database as soon as it hears of users, and counts tokens.
struct Meddler {
    place: &'static Place,
    sql: &'static str,
    tokens: Mutex<Vec<usize>>,
}

impl Sink for Meddler {
    fn apply(&self, change: &Change) {
        self.apply_all(std::slice::from_ref(change));
    }

    fn apply_all(&self, changes: &[Change]) {
        if changes.iter().any(|change| matches!(change, Change::UserCreated(_))) {
            self.place.meddle(self.sql);
        }
        let tokens = changes.iter().filter(|change| matches!(change, Change::TokenCreated(_))).count();
        self.tokens.lock().unwrap().push(tokens);
    }

    fn loaded(&self) {
        panic!("the caller says so");
    }
}

/// Nobody is to be told of anything.
struct Nobody;

impl Sink for Nobody {
    fn apply(&self, change: &Change) {
        panic!("{change:?}");
    }

    fn loaded(&self) {
        panic!("nothing was loaded");
    }
}

/// Tokens at either end of a table of some megabytes, and nothing that is live between.
const DEAD: &str = "INSERT INTO tokens (id, service, name, description, owner, token_prefix, scopes, disabled, created_at,
        updated_at, revoked_at, revision)
    SELECT 'tok_dead' || n, 'odin', 'dead', repeat('x', 1500), (SELECT id FROM users LIMIT 1), 'dead' || n, '[]', false,
        1, 1, 1, 1
    FROM generate_series(1, 4000) AS n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_is_of_one_moment() {
    let place: &'static Place = Box::leak(Box::new(place().await));
    let user = make::user(1);
    let tokens = |from: u32| (from..from + 5).map(|n| Change::TokenCreated(make::token(n, &make::user(1))));
    place.commit(std::iter::once(Change::UserCreated(user)).chain(tokens(0)).collect()).await;
    place.meddle(DEAD);
    place.commit(tokens(10).collect()).await;

    let sql = "DELETE FROM tokens WHERE revoked_at IS NULL; UPDATE fleet_clock SET seq = seq + 7;";
    let sink = Arc::new(Meddler { place, sql, tokens: Mutex::default() });
    let listening: Arc<dyn Sink> = sink.clone();
    let (loaded, _) =
        load(&place.line(), place.pool(), &listening, &place.store.readers.seals).await.unwrap();
    assert_eq!(loaded, Loaded::At(2));
    assert_eq!(sink.tokens.lock().unwrap().iter().sum::<usize>(), 10);
    place.store.close().await;
}

#[tokio::test]
async fn another_connection_sees_the_same() {
    let place = place().await;
    let user = make::user(1);
    place.commit(vec![Change::UserCreated(user.clone()), Change::TokenCreated(make::token(1, &user))]).await;
    let (pool, seals) = (place.pool().clone(), place.store.readers.seals.clone());
    let load = Load { pool, sink: Arc::new(Nobody), seals, progress: Progress::default() };
    let mut db = load.pool.acquire().await.unwrap();
    let (mut first, Begun { snapshot, .. }) = begin(&mut db).await.unwrap();
    place.meddle("DELETE FROM tokens");
    let mut other = load.join(&snapshot).await.unwrap();
    let tokens: i64 = sqlx::query_scalar("SELECT count(*) FROM tokens").fetch_one(&mut *other).await.unwrap();
    assert_eq!(tokens, 1);
    for waits in [&mut *first, &mut *other] {
        let patience: String =
            sqlx::query_scalar("SHOW idle_in_transaction_session_timeout").fetch_one(waits).await.unwrap();
        assert_eq!(patience, "1min", "for the sink, and for each other");
    }
}

#[tokio::test]
async fn pages_are_read_where_they_lie() {
    let place = place().await;
    place.meddle(
        "INSERT INTO users (id, name, active, platform_admin, roles, created_at, revision)
                  VALUES ('usr', 'usr', true, false, '{}', 1, 1)",
    );
    place.meddle(DEAD);
    let mut db = place.pool().acquire().await.unwrap();
    let pieces = Pieces::of(&mut db, "tokens").await.unwrap();
    assert!(pieces.count() > 10, "{pieces:?}");
    let [from, to] = pieces.next().unwrap();
    let explain =
        format!("EXPLAIN {}", TOKENS.replace("$1", &format!("'{from}'")).replace("$2", &format!("'{to}'")));
    let plan = place.database.sql(&explain).unwrap();
    assert!(plan.contains("Tid Range Scan on tokens"), "{plan}");
}

#[tokio::test]
async fn no_table_is_made_anew_while_it_is_loaded() {
    let place = place().await;
    let mut db = place.pool().acquire().await.unwrap();
    let (first, _) = begin(&mut db).await.unwrap();
    let anew = "SET lock_timeout = '100ms'; VACUUM FULL tokens";
    let refusal = place.database.sql(anew).unwrap_err();
    assert!(refusal.contains("lock timeout"), "{refusal}");
    first.rollback().await.unwrap();
    place.meddle(anew);
}

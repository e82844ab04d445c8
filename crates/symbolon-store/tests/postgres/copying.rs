//! A record moved from a file into a database and back.

mod interrupted;
mod refusals;
mod whole;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};
use symbolon_core::record::User;
use symbolon_core::store::{BrokenSeal, Change, Store};
use symbolon_postgres_server::Version;
use symbolon_store::{
    Copied, CopyError, CopyProgress, SqliteStore, Step, copy_from_postgres, copy_to_postgres,
};
use tempfile::TempDir;

use crate::chain::lines;
use crate::conformance::mirror::{Live, Mirror};
use crate::conformance::{Place, accept, make};
use crate::{Base, base};
use whole::fill;

/// Where files are, each of which is a record.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Whatever there is.
    fn names(&self) -> Vec<String> {
        let entries = self.0.path().read_dir().unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

async fn file(path: &Path) -> SqliteStore {
    SqliteStore::open(path, &make::keys()).await.unwrap()
}

/// Somebody else's statements.
async fn meddle(path: &Path, sql: &str) {
    let mut db = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
}

/// What is in a file, in the order in which it was written where that is kept.
async fn contents(path: &Path) -> Vec<String> {
    let mut db = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    let mut found = Vec::new();
    for (table, order) in [
        ("users", "rowid"),
        ("tokens", "rowid"),
        ("sessions", "rowid"),
        ("keys", "rowid"),
        ("enforcement", "rowid"),
        ("audit", "seq"),
        ("claims", "scope, key"),
        ("answers", "token, key"),
        ("asks", "id"),
        ("usage", "day, token, method, path, outcome"),
        ("webhooks", "name"),
    ] {
        found.extend(rows(&mut db, table, order).await);
    }
    db.close().await.unwrap();
    found
}

async fn rows(db: &mut SqliteConnection, table: &str, order: &str) -> Vec<String> {
    let columns = format!(
        "SELECT group_concat('''{table}.' || name || '='' || quote(\"' || name || '\")', ' || char(10) || ')
         FROM pragma_table_xinfo('{table}')"
    );
    let columns: String = sqlx::query_scalar(AssertSqlSafe(columns)).fetch_one(&mut *db).await.unwrap();
    let rows = format!("SELECT {columns} FROM {table} ORDER BY {order}");
    let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(rows)).fetch_all(db).await.unwrap();
    assert!(!rows.is_empty(), "nothing is in {table}");
    rows
}

/// What a server would know of it: all that lives, the length of the chain, whether it is whole, and what is not what was
/// written.
async fn known(store: &dyn Store) -> (Live, u64, Vec<BrokenSeal>, User) {
    let mirror = Arc::new(Mirror::default());
    store.attach(mirror.clone()).await.unwrap();
    let known = (
        mirror.live(),
        lines(store).await,
        store.broken_seals(),
        store.user(make::user_id(1)).await.unwrap().unwrap(),
    );
    store.close().await;
    known
}

fn silent(_: CopyProgress) {}

async fn there(from: &Path, to: &Base) -> Result<Copied, CopyError> {
    copy_to_postgres(from, &make::keys(), &to.database.url(), None, &mut silent).await
}

async fn back(from: &Base, to: &Path) -> Result<Copied, CopyError> {
    copy_from_postgres(&from.database.url(), None, &make::keys(), to, &mut silent).await
}

fn tables(base: &Base) -> String {
    base.database.sql("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace").unwrap()
}

async fn there_and_back(version: Version) {
    let (files, base) = (Files::new(), base(version));
    let (first, second) = (files.at("first.db"), files.at("second.db"));
    fill(&first).await;
    let before = contents(&first).await;
    let copied = there(&first, &base).await.unwrap();
    assert_eq!(
        copied.tables.iter().map(|table| (table.name, table.rows)).collect::<Vec<_>>(),
        [
            ("users", 4),
            ("tokens", 9),
            ("sessions", 2),
            ("keys", 2),
            ("enforcement", 2),
            ("audit", 6),
            ("claims", 1),
            ("answers", 2),
            ("asks", 4),
            ("usage", 3),
            ("webhooks", 2)
        ]
    );
    assert_eq!(copied.audit.unwrap().head.seq, 6);
    assert_eq!(copied.broken.len(), 1);
    assert_eq!(back(&base, &second).await.unwrap(), copied, "the same digests too");
    let mode = std::os::unix::fs::PermissionsExt::mode(&second.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let of_the_copy = |name: &String| !name.starts_with("first.db");
    assert_eq!(files.names().into_iter().filter(of_the_copy).collect::<Vec<_>>(), ["second.db"]);
    assert_eq!(contents(&second).await, before);
    assert_eq!(contents(&first).await, before, "where it was copied from nothing has changed");

    let expected = known(&file(&first).await).await;
    assert_eq!((expected.0.tokens.len(), expected.1, expected.2.len()), (6, 6, 1), "{expected:?}");
    assert_eq!(known(&*base.open().await).await, expected);
    assert_eq!(known(&file(&second).await).await, expected);

    assert_eq!(expected.2, copied.broken);
    // All three go on, with the same next line of the audit.
    for store in
        [Arc::new(file(&first).await) as Arc<dyn Store>, base.open().await, Arc::new(file(&second).await)]
    {
        accept(&*store, make::mutation(vec![Change::KeyCreated(make::key(30))])).await;
        assert_eq!(lines(&*store).await, 7);
        store.close().await;
    }
}

#[tokio::test]
async fn a_record_is_the_same_there_and_back() {
    there_and_back(Version::Debian).await;
    there_and_back(Version::Newest).await;
}

#[tokio::test]
async fn a_record_of_many_pages_keeps_its_order() {
    let (files, base) = (Files::new(), base(Version::Debian));
    let (first, second) = (files.at("first.db"), files.at("second.db"));
    fill(&first).await;
    let store = file(&first).await;
    let owner = make::user(1);
    let many = (0..1_234).rev().map(|n| Change::TokenCreated(make::token(1_000 + n, &owner)));
    accept(&store, make::mutation(many.collect())).await;
    store.close().await;
    let mut told = Vec::new();
    let mut tell = |progress: CopyProgress| {
        if progress.table == "tokens" {
            told.push((progress.step, progress.rows));
        }
    };
    copy_to_postgres(&first, &make::keys(), &base.database.url(), None, &mut tell).await.unwrap();
    let pages = [0, 500, 1_000, 1_243];
    let expected: Vec<_> = [Step::Copying, Step::Checking, Step::Checking]
        .into_iter()
        .flat_map(|step| pages.map(|rows| (step, rows)))
        .collect();
    assert_eq!(told, expected);
    back(&base, &second).await.unwrap();
    assert_eq!(contents(&second).await, contents(&first).await);
}

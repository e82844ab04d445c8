//! That what is asked of both databases is served by an index here.

use sqlx::{AssertSqlSafe, Row as _};

use crate::reading::asks::{ASKS, ASKS_OF, ASKS_OPEN};
use crate::reading::lists::{AUDIT, AUDIT_ABOUT, AUDIT_BY};
use crate::reading::webhooks::ENDINGS;
use crate::sqlite::open::open_new;

/// A page costs what it shows and not what is stored: an index gives the rows in order, and nothing is
/// sorted.
#[tokio::test]
async fn every_list_has_its_index() {
    let directory = tempfile::tempdir().unwrap();
    let opened = open_new(&directory.path().join("symbolon.db")).await;
    for (sql, index) in [
        (AUDIT_ABOUT, "audit_about (subject=? AND rowid<?)"),
        (AUDIT_BY, "audit_by (actor=? AND rowid<?)"),
        (AUDIT, "INTEGER PRIMARY KEY (rowid<?)"),
    ] {
        let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let rows = sqlx::query(explain).fetch_all(&opened.readers).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        assert!(plan.len() == 1 && plan[0].contains(index), "{sql}: {plan:?}");
    }
}

/// The walk costs what may still be told, and not what has ended over the years.
#[tokio::test]
async fn ends_have_their_index() {
    let directory = tempfile::tempdir().unwrap();
    let opened = open_new(&directory.path().join("symbolon.db")).await;
    let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {ENDINGS}"));
    let rows = sqlx::query(explain).fetch_all(&opened.readers).await.unwrap();
    let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
    assert!(plan.len() == 1 && plan[0].contains("USING INDEX tokens_ending"), "{plan:?}");
}

/// The same of asks; of each token that is looked at, its row is found by its id.
#[tokio::test]
async fn asks_have_their_indexes() {
    let directory = tempfile::tempdir().unwrap();
    let opened = open_new(&directory.path().join("symbolon.db")).await;
    for (sql, index) in [
        (ASKS, "asks USING INDEX asks_listed ((made_at,id)<(?,?))"),
        (ASKS_OPEN, "asks USING INDEX asks_open (made_at>? AND (made_at,id)<(?,?))"),
        (ASKS_OF, "asks USING INDEX asks_of (token=? AND (made_at,id)<(?,?))"),
    ] {
        let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let rows = sqlx::query(explain).fetch_all(&opened.readers).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        let walked = plan.iter().any(|step| step.contains("SCAN") || step.contains("B-TREE"));
        assert!(plan[0].ends_with(index) && !walked, "{sql}: {plan:?}");
    }
}

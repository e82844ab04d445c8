//! The audit's chain in a file that somebody else has written, or writes.

use std::fmt::Write;

use sqlx::{AssertSqlSafe, Connection};
use symbolon_core::audit::{Anchors, Chain, Flaw};
use symbolon_core::store::{AuditQuery, Change, Store};
use symbolon_store::{OpenError, SqliteStore};

use crate::conformance::{Place, accept, commit, make};
use crate::directory;

/// As it stands in every file.
const NO_DELETE: &str = "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END";

/// Follows the whole chain.
async fn follow(store: &dyn Store) -> Result<Chain, Flaw> {
    let mut chain = Chain::new(Anchors::default());
    loop {
        let lines = store.audit_after(chain.head().seq, 1000).await.unwrap();
        if lines.is_empty() {
            return Ok(chain);
        }
        for line in lines {
            chain.follow(&line.map_err(|bad| Flaw::Unreadable { seq: bad.seq })?)?;
        }
    }
}

/// A file of the first version, with so many lines of the audit.
async fn old(place: &crate::Directory, lines: u64) {
    std::fs::write(place.file(), b"").unwrap();
    let mut old = place.connection().await;
    let mut sql = include_str!("../../migrations/sqlite/0001_initial.sql").to_owned();
    for number in 1..=lines {
        // As it was written then, with texts of every kind.
        writeln!(
            sql,
            "INSERT INTO audit (at, actor, client_ip, request_id, action, subject, service, detail)
             VALUES ({number}, 'local', NULL, 'req_{number}', 'user.create', 'usr_{number}', NULL, '{{\"n\": {number} }}');"
        )
        .unwrap();
    }
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut old).await.unwrap();
    old.close().await.unwrap();
}

/// The store over a file from before seals.
async fn taken_over(place: &crate::Directory) -> SqliteStore {
    SqliteStore::open_unsealed(&place.file(), &make::keys()).await.unwrap()
}

#[tokio::test]
async fn the_lines_of_an_older_file_are_chained_as_they_are() {
    let place = directory();
    // More than are taken over at once.
    old(&place, 2_345).await;
    for opened in 0..2 {
        let store = taken_over(&place).await;
        let chain = follow(&store).await.unwrap();
        assert_eq!(chain.head().seq, 2_345 + opened, "nothing is chained twice");
        let first = store.audit_after(0, 1).await.unwrap().swap_remove(0).unwrap();
        assert_eq!((first.detail.as_str(), first.request_id.as_deref()), ("{\"n\": 1 }", Some("req_1")));
        let about =
            AuditQuery { subject: Some("usr_7".to_owned()), page: make::page(10), ..AuditQuery::default() };
        assert_eq!(store.audit(&about).await.unwrap().items.len(), 1);
        accept(&store, make::mutation(vec![Change::KeyCreated(make::key(u32::try_from(opened).unwrap()))]))
            .await;
        store.check().await.unwrap();
        store.close().await;
    }
    for tampering in ["UPDATE audit SET subject = 'x'", "DELETE FROM audit"] {
        assert!(place.meddle(tampering).await.unwrap_err().contains("append-only"));
    }
}

#[tokio::test]
async fn what_was_missing_in_an_older_file_stays_missing() {
    let place = directory();
    old(&place, 5).await;
    place.meddle("DROP TRIGGER audit_no_delete; DELETE FROM audit WHERE seq > 3").await.unwrap();
    // The trigger that was dropped is put back by what makes the table anew.
    place.meddle(NO_DELETE).await.unwrap();
    let store = taken_over(&place).await;
    accept(&store, make::mutation(vec![Change::KeyCreated(make::key(1))])).await;
    assert_eq!(follow(&store).await.unwrap_err(), Flaw::Misplaced { seq: 4, found: 6 });
    store.close().await;
    assert!(place.meddle("DELETE FROM audit").await.unwrap_err().contains("append-only"));
}

#[tokio::test]
async fn an_older_file_that_is_broken_off_is_taken_over_the_next_time() {
    let place = directory();
    old(&place, 3).await;
    // A line whose time is none: the upgrade is refused, and leaves everything as it was.
    let bad = "INSERT INTO audit (at, actor, action, subject, detail) VALUES (9223372036854775807, 'a', 'b', 'c', '{}')";
    place.meddle(bad).await.unwrap();
    let refusal = SqliteStore::open_unsealed(&place.file(), &make::keys()).await.unwrap_err().to_string();
    assert!(refusal.contains("cannot be opened"), "{refusal}");
    place.meddle("DROP TRIGGER audit_no_delete; DELETE FROM audit WHERE seq = 4").await.unwrap();
    place.meddle(NO_DELETE).await.unwrap();
    let store = taken_over(&place).await;
    assert_eq!(follow(&store).await.unwrap().head().seq, 3);
    store.close().await;
}

#[tokio::test]
async fn an_end_that_is_cut_off_under_an_open_store_leaves_a_gap() {
    let place = directory();
    let store = place.open().await;
    for number in 0..4 {
        accept(&*store, make::mutation(vec![Change::KeyCreated(make::key(number))])).await;
    }
    place.meddle("DROP TRIGGER audit_no_delete; DELETE FROM audit WHERE seq > 2").await.unwrap();
    accept(&*store, make::mutation(vec![Change::KeyCreated(make::key(9))])).await;
    assert_eq!(follow(&*store).await.unwrap_err(), Flaw::Misplaced { seq: 3, found: 5 });
    store.close().await;
}

/// A trigger can drop a line and call that success: then nothing of the mutation is written, the check says so, and the
/// file is not opened again as long as the trigger is there.
#[tokio::test]
async fn a_planted_trigger_drops_no_line_unseen() {
    let place = directory();
    let store = place.open().await;
    for (plant, name) in [
        ("CREATE TRIGGER sieve BEFORE INSERT ON audit BEGIN SELECT RAISE(IGNORE); END", "sieve"),
        ("DROP TRIGGER sieve; CREATE VIEW \"a view\" AS SELECT 1", "a view"),
        (
            "DROP VIEW \"a view\"; DROP TRIGGER audit_no_update;
             CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT 1; END",
            "audit_no_update",
        ),
    ] {
        place.meddle(plant).await.unwrap();
        let written = commit(&*store, vec![Change::KeyCreated(make::key(1))]).await;
        if name == "sieve" {
            let refusal = written.unwrap_err().to_string();
            assert!(refusal.contains("the database failed"), "{refusal}");
            assert_eq!(store.key(make::key_id(1)).await.unwrap(), None);
        }
        let found = store.check().await.unwrap_err().to_string();
        assert!(found.contains(&format!("somebody has put {name:?} into the database's schema")), "{found}");
        let copied = directory();
        symbolon_store::copy(&place.file(), &copied.file()).await.unwrap();
        for refusal in [
            symbolon_store::inspect(&copied.file()).await.unwrap_err(),
            SqliteStore::open(&copied.file(), &make::keys()).await.unwrap_err(),
        ] {
            let named = matches!(&refusal, OpenError::Planted { name: found, .. } if found == name);
            assert!(named, "{name}: {refusal}");
        }
    }
    store.close().await;
}

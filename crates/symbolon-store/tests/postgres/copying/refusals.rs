//! What is not copied, and leaves nothing.

use std::fs;
use std::path::{Path, PathBuf};

use symbolon_core::audit::Flaw;
use symbolon_core::store::{Change, Store};
use symbolon_postgres_server::Version;
use symbolon_store::{CopyError, CopyProgress, OpenError, Step, copy_from_postgres};

use super::{Files, back, file, fill, meddle, silent, tables, there};
use crate::base;
use crate::conformance::mirror::Mirror;
use crate::conformance::{Place, accept, make};

#[tokio::test]
async fn only_what_is_new_is_written_to() {
    let (files, base) = (Files::new(), base(Version::Debian));
    let from = files.at("first.db");
    fill(&from).await;
    base.meddle("CREATE TABLE other (id INT)").await.unwrap();
    let refusal = there(&from, &base).await.unwrap_err();
    assert!(matches!(&refusal, CopyError::NotEmpty(_)), "{refusal}");
    assert_eq!(tables(&base), "1");
    base.meddle("DROP TABLE other").await.unwrap();
    // A server was started on it before, and refused to serve.
    base.open().await.close().await;
    base.meddle("INSERT INTO enforcement (service, enforce, since) VALUES ('odin', true, 1)").await.unwrap();
    let refusal = there(&from, &base).await.unwrap_err();
    assert!(matches!(&refusal, CopyError::NotEmpty(_)), "{refusal}");
    base.meddle("DELETE FROM enforcement").await.unwrap();
    there(&from, &base).await.unwrap();
    let refusal = there(&from, &base).await.unwrap_err();
    assert!(matches!(&refusal, CopyError::NotEmpty(_)), "a copy is there already: {refusal}");

    fs::write(files.at("taken.db"), "mine").unwrap();
    let refusal = back(&base, &files.at("taken.db")).await.unwrap_err();
    assert!(matches!(&refusal, CopyError::Taken(_)), "{refusal}");
    assert_eq!(fs::read_to_string(files.at("taken.db")).unwrap(), "mine");
    // What is left of another record would be taken for a part of this one.
    fs::write(files.at("old.db-wal"), "").unwrap();
    let refusal = back(&base, &files.at("old.db")).await.unwrap_err();
    assert!(refusal.to_string().contains("old.db-wal is there already"), "{refusal}");
    let refusal = back(&base, &files.at("nowhere/new.db")).await.unwrap_err();
    assert!(matches!(&refusal, CopyError::NoDirectory(_)), "{refusal}");
}

#[tokio::test]
async fn what_fails_half_way_leaves_nothing() {
    let (files, base) = (Files::new(), base(Version::Debian));
    let from = files.at("first.db");
    fill(&from).await;
    // In the last table.
    meddle(&from, "UPDATE webhooks SET last_answer = 'a' || char(0) WHERE name = 'b'").await;
    let refusal = there(&from, &base).await.unwrap_err();
    assert!(matches!(&refusal, CopyError::ZeroByte { table: "webhooks", .. }), "{refusal}");
    assert!(refusal.to_string().contains("in the row \"b\""), "{refusal}");
    assert_eq!(tables(&base), "0");
    meddle(&from, "UPDATE webhooks SET last_answer = NULL").await;
    there(&from, &base).await.unwrap();

    base.meddle(
        "ALTER TABLE webhooks DROP CONSTRAINT webhooks_revision_check; UPDATE webhooks SET revision = 0",
    )
    .await
    .unwrap();
    let before = files.names();
    let refusal = back(&base, &files.at("second.db")).await.unwrap_err();
    assert!(matches!(&refusal, CopyError::Failed { table: "webhooks", .. }), "{refusal}");
    assert_eq!(files.names(), before);
    // The rest of one that was killed is in nobody's way.
    fs::create_dir(files.at(".unfinished-second.db")).unwrap();
    fs::write(files.at(".unfinished-second.db/symbolon.db"), "half").unwrap();
    base.meddle("UPDATE webhooks SET revision = 1").await.unwrap();
    back(&base, &files.at("second.db")).await.unwrap();
    assert!(!files.at(".unfinished-second.db").exists());
}

#[tokio::test]
async fn a_server_that_writes_something_else_is_found() {
    let (files, base) = (Files::new(), base(Version::Debian));
    let from = files.at("first.db");
    fill(&from).await;
    // Acts as soon as there is a table of tokens: nothing of it is there when the database is looked at.
    base.meddle(
        "CREATE SCHEMA off;
         CREATE FUNCTION off.change() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN NEW.description := NEW.description || ''!''; RETURN NEW; END';
         CREATE FUNCTION off.plant() RETURNS event_trigger LANGUAGE plpgsql AS
             'BEGIN IF to_regclass(''public.tokens'') IS NOT NULL
                 AND NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgname = ''evil'') THEN
                 CREATE TRIGGER evil BEFORE INSERT ON public.tokens FOR EACH ROW WHEN (NEW.description <> '''')
                     EXECUTE FUNCTION off.change();
             END IF; END';
         CREATE EVENT TRIGGER plant ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION off.plant()",
    )
    .await
    .unwrap();
    let refusal = there(&from, &base).await.unwrap_err();
    assert!(matches!(&refusal, CopyError::Differs { table: "tokens", from: 9, to: 9 }), "{refusal}");
    assert_eq!(tables(&base), "0");
}

/// The one file of a directory.
fn only(directory: &Path) -> PathBuf {
    let names: Vec<_> = directory.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(names.len(), 1, "{names:?}");
    names[0].clone()
}

#[tokio::test]
async fn a_file_that_is_changed_before_it_is_checked_is_found() {
    let (files, base) = (Files::new(), base(Version::Debian));
    fill(&files.at("first.db")).await;
    there(&files.at("first.db"), &base).await.unwrap();
    let (before, unfinished) = (files.names(), files.at(".unfinished-second.db"));
    for (change, table, to) in [
        ("UPDATE users SET platform_admin = 1 WHERE name = 'user-1'", "users", 4),
        ("DELETE FROM usage WHERE day = 101", "usage", 2),
        ("UPDATE webhooks SET position = position + 1 WHERE name = 'b'", "webhooks", 2),
    ] {
        let mut tell = |progress: CopyProgress| {
            if (progress.step, progress.table, progress.rows) == (Step::Checking, "users", 0) {
                let db = rusqlite::Connection::open(only(&unfinished)).unwrap();
                db.execute_batch(change).unwrap();
            }
        };
        let url = base.database.url();
        let copied = copy_from_postgres(&url, None, &make::keys(), &files.at("second.db"), &mut tell).await;
        let refusal = copied.unwrap_err();
        assert!(
            matches!(&refusal, CopyError::Differs { table: found, to: rows, .. } if (*found, *rows) == (table, to)),
            "{change}: {refusal}"
        );
        assert_eq!(files.names(), before);
    }
}

#[tokio::test]
async fn a_database_that_is_served_is_not_copied_and_one_that_is_copied_is_not_served() {
    let (files, base) = (Files::new(), base(Version::Debian));
    let (from, to) = (files.at("first.db"), files.at("second.db"));
    let refusal = back(&base, &to).await.unwrap_err();
    assert!(matches!(&refusal, CopyError::NoRecord(_)), "{refusal}");
    fill(&from).await;
    there(&from, &base).await.unwrap();
    let store = base.open().await;
    store.attach(std::sync::Arc::new(Mirror::default())).await.unwrap();
    let refusal = there(&from, &base).await.unwrap_err();
    assert!(matches!(&refusal, CopyError::NotEmpty(_)), "{refusal}");
    let refusal = back(&base, &to).await.unwrap_err();
    assert!(
        matches!(&refusal, CopyError::Served { nodes, .. } if nodes.len() == 1 && nodes[0].0 == "test"),
        "{refusal}"
    );
    store.close().await;
    let store = file(&from).await;
    let refusal = there(&from, &base).await.unwrap_err();
    assert!(matches!(&refusal, CopyError::Open(OpenError::InUse(_))), "{refusal}");
    store.close().await;

    let before = files.names();
    let mut refused = Vec::new();
    let mut tell = |progress: CopyProgress| {
        if (progress.step, progress.table, progress.rows) == (Step::Copying, "users", 0) {
            for attempt in [
                "INSERT INTO nodes (id, name, version, schema, started_at, applied_seq, renewals)
                 VALUES ('x', 'late', '1', 1, 0, 0, 0)",
                "UPDATE fleet_clock SET seq = seq + 1",
            ] {
                refused
                    .push(base.database.sql(&format!("SET lock_timeout = '50ms'; {attempt}")).unwrap_err());
            }
        }
    };
    let copied = copy_from_postgres(&base.database.url(), None, &make::keys(), &to, &mut tell).await.unwrap();
    assert_eq!((copied.tables[3].name, copied.tables[3].rows), ("keys", 2));
    assert_eq!(refused.len(), 2);
    assert!(refused.iter().all(|refusal| refusal.contains("lock timeout")), "{refused:?}");

    base.meddle(
        "INSERT INTO nodes (id, name, version, schema, started_at, applied_seq, renewals, renewed_at)
         VALUES ('x', 'dead', '1', 1, 0, 0, 0, now() - interval '1 hour')",
    )
    .await
    .unwrap();
    let refusal = back(&base, &files.at("third.db")).await.unwrap_err().to_string();
    assert!(refusal.contains("dead (last heard of 3600 s ago)"), "{refusal}");
    assert_eq!(files.names(), [&before[..], &["second.db".to_owned()]].concat());
}

#[tokio::test]
async fn an_audit_whose_end_was_cut_off_is_copied_when_that_shows() {
    let (files, base) = (Files::new(), base(Version::Debian));
    let from = files.at("first.db");
    fill(&from).await;
    meddle(&from, "UPDATE sqlite_sequence SET seq = seq + 2 WHERE name = 'audit'").await;
    let refusal = there(&from, &base).await.unwrap_err();
    assert!(matches!(&refusal, CopyError::CutOff { given: 8, .. }), "{refusal}");
    let store = file(&from).await;
    accept(&store, make::mutation(vec![Change::KeyCreated(make::key(30))])).await;
    store.close().await;
    let gap = Flaw::Misplaced { seq: 7, found: 9 };
    assert_eq!(there(&from, &base).await.unwrap().audit, Err(gap));
    assert_eq!(back(&base, &files.at("second.db")).await.unwrap().audit, Err(gap));
    assert_eq!(base.database.sql("SELECT max(seq), count(*) FROM audit").unwrap(), "9|7");
}

#[tokio::test]
async fn a_line_of_the_audit_that_was_changed_is_told_of() {
    let (files, base) = (Files::new(), base(Version::Debian));
    let from = files.at("first.db");
    fill(&from).await;
    meddle(&from, "DROP TRIGGER audit_no_update; UPDATE audit SET actor = 'nobody' WHERE seq = 3").await;
    let copied = there(&from, &base).await.unwrap();
    assert_eq!(copied.audit, Err(Flaw::Changed { seq: 3 }));
}

#[tokio::test]
async fn what_is_no_record_or_another_ones_is_refused() {
    let (files, base) = (Files::new(), base(Version::Debian));
    let (from, to, url) = (files.at("first.db"), files.at("second.db"), base.database.url());
    let refusal = there(&from, &base).await.unwrap_err();
    assert!(matches!(&refusal, CopyError::Open(OpenError::NotAFile(_))), "{refusal}");
    assert_eq!(files.names(), [""; 0]);
    file(&from).await.close().await;
    let refusal = there(&from, &base).await.unwrap_err();
    assert!(matches!(&refusal, CopyError::NoRecord(_)), "{refusal}");
    fill(&from).await;
    let nowhere = url.replace(base.database.name(), "nowhere");
    let refusal = symbolon_store::copy_to_postgres(&from, &make::keys(), &nowhere, None, &mut silent)
        .await
        .unwrap_err();
    assert!(refusal.to_string().contains("there is no such database"), "{refusal}");

    let other = make::retired_keys();
    let refusal = symbolon_store::copy_to_postgres(&from, &other, &url, None, &mut silent).await.unwrap_err();
    assert!(matches!(&refusal, CopyError::OtherKeys(_)), "{refusal}");
    assert_eq!(tables(&base), "0");
    there(&from, &base).await.unwrap();
    let before = files.names();
    let refusal = copy_from_postgres(&url, None, &other, &to, &mut silent).await.unwrap_err();
    assert!(matches!(&refusal, CopyError::OtherKeys(_)), "{refusal}");
    assert_eq!(files.names(), before);
}

//! Which server and which database are opened.

use std::fs::File;

use symbolon_core::store::{Change, Store};
use symbolon_postgres_server::{Server, Stop, Version};
use symbolon_store::OpenError;

use crate::conformance::{Place, accept, commit, make};
use crate::{base, open};

async fn refused(url: &str) -> OpenError {
    open(url).await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_that_open_at_once_one_makes_the_tables() {
    let base = base(Version::Debian);
    let url = base.database.url();
    let opening: Vec<_> = (0..6)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { open(&url).await })
        })
        .collect();
    for (n, opening) in (0..).zip(opening) {
        let store = opening.await.unwrap().unwrap();
        accept(&store, make::mutation(vec![Change::KeyCreated(make::key(n))])).await;
        store.close().await;
    }
    assert_eq!(base.changes().await.len(), 6);
    assert_eq!(base.database.sql("SELECT version, oldest FROM symbolon_schema").unwrap(), "6|1");
}

#[tokio::test]
async fn another_programs_database_is_refused() {
    let base = base(Version::Debian);
    base.meddle("CREATE TABLE users (id INT)").await.unwrap();
    let refusal = refused(&base.database.url()).await;
    assert!(matches!(refusal, OpenError::NotOurs(_)), "{refusal}");
    base.meddle("DROP TABLE users; CREATE TABLE symbolon_schema (version INT, oldest INT)").await.unwrap();
    let refusal = refused(&base.database.url()).await;
    assert!(matches!(refusal, OpenError::NotOurs(_)), "a table of that name says nothing: {refusal}");
    assert_eq!(base.database.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").unwrap(), "1");
}

#[tokio::test]
async fn neighbouring_versions_run_side_by_side_as_far_as_the_schema_says() {
    let base = base(Version::Debian);
    let store = base.open().await;
    base.meddle("UPDATE symbolon_schema SET version = 7").await.unwrap();
    base.open().await.close().await;
    accept(&*store, make::mutation(vec![Change::KeyCreated(make::key(1))])).await;

    base.meddle("UPDATE symbolon_schema SET oldest = 7").await.unwrap();
    let refusal = refused(&base.database.url()).await.to_string();
    assert!(refusal.ends_with("was written by a newer Symbolon (schema 7, this one knows 6)"), "{refusal}");
    let answer = commit(&*store, vec![Change::KeyCreated(make::key(2))]).await.unwrap_err().to_string();
    assert!(answer.contains("a newer Symbolon has changed the schema"), "{answer}");
    store.close().await;
}

#[tokio::test]
async fn what_acts_unseen_is_refused() {
    let base = base(Version::Debian);
    base.open().await.close().await;
    let function =
        "CREATE FUNCTION public.evil() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'";
    let planted = [
        (function.to_owned(), "DROP FUNCTION public.evil()"),
        (
            "CREATE TRIGGER evil BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()"
                .to_owned(),
            "DROP TRIGGER evil ON users",
        ),
        ("CREATE RULE evil AS ON INSERT TO audit DO INSTEAD NOTHING".to_owned(), "DROP RULE evil ON audit"),
        ("CREATE VIEW evil AS SELECT * FROM users".to_owned(), "DROP VIEW evil"),
        ("CREATE POLICY evil ON tokens USING (false)".to_owned(), "DROP POLICY evil ON tokens"),
        ("CREATE SCHEMA off; CREATE TABLE off.evil () INHERITS (tokens)".to_owned(), "DROP SCHEMA off CASCADE"),
        ("ALTER TABLE audit DISABLE TRIGGER audit_no_change".to_owned(), "ALTER TABLE audit ENABLE TRIGGER ALL"),
        (
            "CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
                .to_owned(),
            "CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
             $$BEGIN RAISE EXCEPTION 'the audit is append-only'; END$$",
        ),
    ];
    for (plant, undo) in planted {
        base.meddle(&plant).await.unwrap();
        let refusal = refused(&base.database.url()).await;
        let OpenError::PlantedIn { name, .. } = &refusal else { panic!("{plant}: {refusal}") };
        assert!(
            ["evil", "audit_no_change", "audit_is_append_only"].contains(&name.as_str()),
            "{plant}: {name}"
        );
        base.meddle(undo).await.unwrap();
        base.open().await.close().await;
    }
    base.meddle("CREATE EXTENSION pg_trgm").await.unwrap();
    base.open().await.close().await;
}

#[tokio::test]
async fn a_server_that_does_not_keep_what_it_acknowledges_is_refused() {
    let base = base(Version::Debian);
    let name = base.database.name();
    base.meddle(&format!("ALTER DATABASE {name} SET synchronous_commit = off")).await.unwrap();
    let refusal = refused(&base.database.url()).await;
    assert!(matches!(refusal, OpenError::NotDurable(_)), "{refusal}");
    base.meddle(&format!("ALTER DATABASE {name} RESET synchronous_commit")).await.unwrap();
    base.open().await.close().await;
    let by_url = format!("{}&options[synchronous_commit]=off", base.database.url());
    assert!(matches!(refused(&by_url).await, OpenError::NotDurable(_)));
}

#[tokio::test]
async fn what_the_database_has_set_for_its_sessions_does_not_matter() {
    let base = base(Version::Debian);
    let settings = [
        "search_path = pg_catalog",
        "default_transaction_read_only = on",
        "default_transaction_isolation = serializable",
        "row_security = on",
        "lock_timeout = 1",
        "timezone = 'Asia/Tokyo'",
    ];
    // At once: what is set holds for the sessions that begin then.
    let all = settings.map(|setting| format!("ALTER DATABASE {} SET {setting}", base.database.name()));
    base.meddle(&all.join("; ")).await.unwrap();
    let store = base.open().await;
    accept(&*store, make::mutation(vec![Change::KeyCreated(make::key(1))])).await;
    assert_eq!(store.key(make::key_id(1)).await.unwrap(), Some(make::key(1)));
    store.close().await;
    let tables = base.database.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'");
    assert_eq!(tables.unwrap(), "16");
}

#[tokio::test]
async fn rows_that_a_policy_hides_are_missed_and_not_left_out() {
    let base = base(Version::Debian);
    // Whoever owns a table is under its policies too, where they are forced; but for a superuser.
    let (name, role) = (base.database.name(), format!("role_{}", base.database.name()));
    base.meddle(&format!("CREATE ROLE {role} LOGIN; GRANT ALL ON DATABASE {name} TO {role}; ALTER SCHEMA public OWNER TO {role}"))
        .await
        .unwrap();
    let url = base.database.url().replace("postgres@", &format!("{role}@"));
    let store = open(&url).await.unwrap();
    accept(&store, make::mutation(vec![Change::KeyCreated(make::key(1))])).await;
    base.meddle("ALTER TABLE keys ENABLE ROW LEVEL SECURITY; ALTER TABLE keys FORCE ROW LEVEL SECURITY")
        .await
        .unwrap();
    assert!(store.key(make::key_id(1)).await.is_err());
    store.close().await;
    base.meddle(&format!("REASSIGN OWNED BY {role} TO postgres; DROP OWNED BY {role}; DROP ROLE {role}"))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_database_of_somebody_elses_is_refused_with_how_to_make_it_ones_own() {
    let base = base(Version::Debian);
    let role = format!("role_{}", base.database.name());
    base.meddle(&format!("CREATE ROLE {role} LOGIN")).await.unwrap();
    let url = base.database.url().replace("postgres@", &format!("{role}@"));
    let refusal = refused(&url).await.to_string();
    assert!(refusal.contains("ALTER DATABASE") && !refusal.contains("cannot be reached"), "{refusal}");
    base.meddle(&format!("DROP ROLE {role}")).await.unwrap();
}

#[tokio::test]
async fn a_standby_and_another_encoding_are_refused() {
    let mut server = Server::start(Version::Debian).unwrap();
    server
        .sql(
            "postgres",
            "CREATE DATABASE bytes ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'",
        )
        .unwrap();
    let refusal = refused(&server.url("bytes")).await.to_string();
    assert!(refusal.contains("is in SQL_ASCII"), "{refusal}");

    let url = server.new_database().unwrap();
    open(&url).await.unwrap().close().await;
    server.stop(Stop::Fast).unwrap();
    File::create(server.directory().join("data/standby.signal")).unwrap();
    server.start_again().unwrap();
    let refusal = refused(&url).await;
    assert!(matches!(refusal, OpenError::Standby(_)), "{refusal}");

    server.stop(Stop::Fast).unwrap();
    let refusal = refused(&url).await;
    assert!(matches!(refusal, OpenError::Unreachable { .. }), "{refusal}");
}

#[tokio::test]
async fn nothing_of_a_password_is_told() {
    let base = base(Version::Debian);
    let url = base.database.url().replace("postgres@", "postgres:s3cr3t@");
    let store = open(&url).await.unwrap();
    assert!(format!("{store:?}").contains(base.database.name()));
    assert!(!format!("{store:?}").contains("s3cr3t"));
    store.close().await;
    let refusal = refused(&url.replace(base.database.name(), "nowhere")).await;
    assert!(refusal.to_string().contains("there is no such database"), "{refusal}");
    assert!(!format!("{refusal} {refusal:?}").contains("s3cr3t"));
}

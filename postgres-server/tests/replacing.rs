//! Servers that take another's place: a standby, and what is made of a backup.
#![allow(clippy::unwrap_used, reason = "a test says by a panic what went wrong")]

use symbolon_postgres_server::{Options, Server, Stop, Target, Version};

const TIMELINE: &str = "SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8);";

fn sql(server: &Server, sql: &str) -> String {
    server.sql("postgres", sql).unwrap()
}

#[test]
fn a_synchronous_standby_has_what_was_acknowledged_and_takes_over() {
    for version in Version::ALL {
        let mut primary = Server::start(version).unwrap();
        sql(&primary, "CREATE TABLE kept (n int);");
        let standby = primary.standby("b").unwrap();
        sql(&primary, "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (b)'; SELECT pg_reload_conf();");
        let state = "SELECT application_name, sync_state FROM pg_stat_replication;";
        while sql(&primary, state) != "b|quorum" {}
        sql(&primary, "INSERT INTO kept VALUES (7);");
        assert!(standby.sql("postgres", "INSERT INTO kept VALUES (8);").is_err(), "it follows");
        primary.stop(Stop::Killed).unwrap();
        standby.promote().unwrap();
        assert_eq!(sql(&standby, "SELECT n FROM kept;"), "7");
        assert_eq!(sql(&standby, TIMELINE), "00000002", "{version:?}");
        // It does not wait for itself.
        assert_eq!(sql(&standby, "SHOW synchronous_standby_names;"), "");
        sql(&standby, "INSERT INTO kept VALUES (8);");
    }
}

#[test]
fn a_server_is_recovered_to_a_point_and_to_a_moment_and_put_back_on_its_timeline() {
    let mut server = Server::with(Version::Debian, &Options { archive: true, ..Options::default() }).unwrap();
    sql(&server, "CREATE TABLE kept (n int);");
    let backup = server.base_backup().unwrap();
    sql(&server, "INSERT INTO kept VALUES (1); SELECT pg_create_restore_point('before');");
    sql(&server, "INSERT INTO kept VALUES (2);");
    let moment = sql(&server, "SELECT clock_timestamp();");
    sql(&server, "INSERT INTO kept VALUES (3); SELECT pg_switch_wal();");
    assert!(server.snapshot().is_err() && server.put_back(&backup).is_err(), "it runs");
    let all = "SELECT count(*) FROM kept;";
    for (target, rows) in [(Target::Name("before"), "1"), (Target::Time(&moment), "2")] {
        server.stop(Stop::Fast).unwrap();
        server.recover(&backup, target).unwrap();
        assert_eq!(sql(&server, all), rows, "{target:?}");
        assert_ne!(sql(&server, TIMELINE), "00000001");
    }
    server.stop(Stop::Fast).unwrap();
    let snapshot = server.snapshot().unwrap();
    server.start_again().unwrap();
    let before = sql(&server, TIMELINE);
    sql(&server, "INSERT INTO kept VALUES (4);");
    server.stop(Stop::Fast).unwrap();
    server.put_back(&snapshot).unwrap();
    server.start_again().unwrap();
    assert_eq!((sql(&server, all), sql(&server, TIMELINE)), ("2".to_owned(), before));
}

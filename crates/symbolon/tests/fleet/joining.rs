//! Who may join, and what an operator sees.

use std::fs;

use crate::{Place, Server, beside, database, findings, first, joined, place, postgres, refused};

#[test]
fn who_has_other_keys_or_another_lease_does_not_join() {
    let postgres = postgres();
    let url = postgres.new_database().unwrap();
    let a = first(&url);

    let without = place(&url, "lease = \"1500ms\"\n");
    let told = refused(&without);
    assert!(told.contains("copy keys.toml and audit-key.toml from a node"), "{told}");
    assert!(!without.data("keys.toml").exists(), "nothing is left of what was made for it");

    let stranger = Place::initialised().0;
    let other = beside(&a, &url, "lease = \"1500ms\"\n");
    fs::copy(stranger.data("keys.toml"), other.data("keys.toml")).unwrap();
    let told = refused(&other);
    assert!(told.contains("are not those of this database"), "{told}");

    let lease = beside(&a, &url, "lease = \"2s\"\n");
    let told = refused(&lease);
    assert!(
        told.contains("have leases of 1500 ms with a margin of 150 ms, and here 2000 ms and 200 ms"),
        "{told}"
    );
    // When nobody is there it may be another.
    assert_eq!(a.stop(), Some(0));
    drop(Server::again(lease));
}

#[test]
fn keys_beside_an_empty_database_begin_nothing_unless_it_is_asked_for() {
    let postgres = postgres();
    let (url, empty) = (postgres.new_database().unwrap(), postgres.new_database().unwrap());
    let a = first(&url);
    let astray = beside(&a, &empty, "");
    fs::remove_file(astray.data("audit-key.toml")).unwrap();
    let list = ["token", "list", "--service", "odin"];
    for command in [&["serve", "--json"][..], &["serve", "--no-init"], &list] {
        let told = astray.symbolon(command).refused(1);
        assert!(
            told.contains("is the url of [database] the right one? Nothing was begun"),
            "{command:?} {told}"
        );
        assert!(told.contains("`symbolon init`"), "{command:?} {told}");
    }
    let told = astray.symbolon(&["doctor"]).stdout;
    assert!(told.contains("is the url of [database] the right one?"), "{told}");
    assert!(!astray.data("audit-key.toml").exists());
    let users = postgres.sql(database(&empty), "SELECT count(*) FROM users").unwrap();
    assert_eq!(users, "0");
    // On purpose, with the keys that are there.
    let keys = fs::read(astray.data("keys.toml")).unwrap();
    astray.symbolon(&["init"]).ok();
    assert_eq!(fs::read(astray.data("keys.toml")).unwrap(), keys);
    drop(Server::again(astray));
}

#[test]
fn a_node_without_keys_is_told_where_they_are() {
    let postgres = postgres();
    let url = postgres.new_database().unwrap();
    let a = first(&url);
    let without = place(&url, "");
    for command in [&["token", "list", "--service", "odin"][..], &["serve", "--no-init"]] {
        let told = without.symbolon(command).refused(1);
        assert!(told.contains("copy keys.toml and audit-key.toml from one of them"), "{command:?} {told}");
    }
    let told = without.symbolon(&["doctor"]).stdout;
    assert!(told.contains("copy keys.toml and audit-key.toml from one of them"), "{told}");

    let half = beside(&a, &url, "lease = \"1500ms\"\n");
    fs::remove_file(half.data("audit-key.toml")).unwrap();
    let told = refused(&half);
    assert!(told.contains("audit-key.toml is missing: copy it from a node"), "{told}");
    assert!(!half.data("audit-key.toml").exists());
}

#[test]
fn variables_of_postgresqls_programs_have_no_effect() {
    let postgres = postgres();
    let astray = [
        ("PGHOST", "db.invalid"),
        ("PGHOSTADDR", "192.0.2.1"),
        ("PGPORT", "1"),
        ("PGUSER", "nobody"),
        ("PGPASSWORD", "no"),
        ("PGPASSFILE", "nowhere"),
        ("PGDATABASE", "nothing"),
        ("PGSSLMODE", "verify-full"),
        ("PGSSLROOTCERT", "nowhere"),
        ("PGSSLCERT", "nowhere"),
        ("PGSSLKEY", "nowhere"),
        ("PGAPPNAME", "other"),
        ("PGOPTIONS", "-c nothing=such"),
    ];
    let node = place(&postgres.new_database().unwrap(), "");
    let begun = node.symbolon_with(&astray, &["init", "--json"]).json();
    assert!(begun["system_key"].is_string(), "{begun}");
    // What a URL leaves out is what it is without them.
    let bare = place("postgres://127.0.0.1", "");
    let told = bare.symbolon_with(&astray, &["serve", "--json"]).refused(1);
    assert!(told.contains("postgres://127.0.0.1:5432/") && !told.contains("nothing"), "{told}");
}

#[test]
fn a_record_in_a_file_is_not_passed_over_for_an_empty_database() {
    let postgres = postgres();
    let url = postgres.new_database().unwrap();
    let (before, _) = Place::initialised();
    before.write("symbolon.toml", &format!("listen = \"127.0.0.1:0\"\n[database]\nurl = \"{url}\"\n"));
    let told = refused(&before);
    assert!(told.contains("the database is empty, and there is a record in"), "{told}");
    assert!(told.contains("take [database] out of the configuration"), "{told}");
}

#[test]
fn a_database_that_is_not_there_is_said_without_its_password() {
    let place = place("postgres://me:s3cr3t@127.0.0.1:1/record", "");
    let told = refused(&place);
    assert!(told.contains("postgres://127.0.0.1:1/record"), "{told}");
    assert!(!told.contains("s3cr3t"), "{told}");
}

#[test]
fn an_operator_sees_the_nodes() {
    let postgres = postgres();
    let url = postgres.new_database().unwrap();
    let a = first(&url);
    let b = joined(&a, &url, "b");
    let of_fleet = findings(&a.place);
    assert!(of_fleet[0].0 == "ok" && of_fleet[0].1.starts_with("2 nodes; leases of 1500 ms"), "{of_fleet:?}");
    assert!(of_fleet[1].1.contains("no synchronous standby"), "{of_fleet:?}");
    // The servers of the tests are so, for they are faster; a durable one is not.
    assert!(of_fleet[2].1.contains("fsync = off") && of_fleet[3].1.contains("full_page_writes = off"));
    let said = a.log();
    assert!(
        said.contains("may undo what was acknowledged") && said.contains("fsync, full_page_writes"),
        "{said}"
    );
    let metrics = String::from_utf8(b.api().get("/metrics").body).unwrap();
    assert!(metrics.contains("\nsymbolon_fleet_nodes 2"), "{metrics}");
    assert!(
        metrics.contains("\nsymbolon_lease_left_seconds ") && metrics.contains("\nsymbolon_fleet_behind "),
        "{metrics}"
    );
    assert_eq!(b.api().get("/v1/status").json()["store"]["kind"], "postgres");

    // A command speaks to the running server beside it, and to the database by itself where there is none.
    let list = ["token", "list", "--service", "odin", "--json"];
    a.place.symbolon(&list).ok();
    assert_eq!(a.stop(), Some(0));
    a.place.symbolon(&list).ok();
    let told = a.place.symbolon(&["backup", "copy"]).refused(2);
    assert!(told.contains("the record is in PostgreSQL"), "{told}");
}

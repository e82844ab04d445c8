//! Who may join, and what an operator sees.

use std::fs;

use crate::{Place, Server, beside, findings, first, joined, place, postgres, refused};

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

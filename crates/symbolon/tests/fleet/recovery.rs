//! The database is put back to an earlier state.

use std::process::Command;

use symbolon_postgres_server::{Options, Server as Postgres, Stop, Target, Version};

use crate::road::Road;
use crate::support::{Http, Server};
use crate::{database, first, joined, names, postgres, revoke, token, until, verify};

/// What a node says that knew more than the database does.
const PUT_BACK: &str = "it was put back to an older state";

fn refuses_for_a_while(api: &mut Http, secrets: &[&str]) {
    for round in 0..200 {
        assert_eq!(verify(api, secrets[round % secrets.len()]), "unavailable");
    }
}

fn is_whole(server: &Server) {
    // Its first connections may still be those of the server before.
    server.until("that the audit is whole", || {
        let done = server.place.symbolon(&["audit", "verify"]);
        done.code == Some(0) && done.stdout.contains("The audit is whole from line 1")
    });
}

#[test]
fn a_fleet_is_recovered_to_a_point_and_what_was_revoked_since_is_live_again() {
    let mut postgres =
        Postgres::with(Version::Debian, &Options { archive: true, ..Options::default() }).unwrap();
    let url = postgres.new_database().unwrap();
    let mut a = first(&url);
    let b = joined(&a, &url, "b");
    let backup = postgres.base_backup().unwrap();
    let (id, before) = token(&mut a.api());
    postgres.sql("postgres", "SELECT pg_create_restore_point('before');").unwrap();
    assert_eq!(revoke(&mut b.api(), &id), 204);
    let (_, after) = token(&mut a.api());
    postgres.sql("postgres", "SELECT pg_switch_wal();").unwrap();
    assert_eq!(a.stop(), Some(0));
    postgres.stop(Stop::Fast).unwrap();
    postgres.recover(&backup, Target::Name("before")).unwrap();

    // The one that was left running answers nothing, for it knew more.
    b.until("that the database was put back", || b.log().contains(PUT_BACK));
    refuses_for_a_while(&mut b.api(), &[&before, &after]);

    a.start_again();
    until("allowed", || verify(&mut a.api(), &before));
    assert_eq!(verify(&mut a.api(), &after), "invalid_token");
    is_whole(&a);
    // With one that has taken the database over, the other begins anew.
    until("allowed", || verify(&mut b.api(), &before));
    assert_eq!(verify(&mut b.api(), &after), "invalid_token");
    assert_eq!(names(&mut b.api()), ["a", "b"]);
    assert_eq!(revoke(&mut a.api(), &id), 204);
    assert_eq!(verify(&mut b.api(), &before), "invalid_token");
}

#[test]
fn a_node_that_ran_on_mixes_nothing_of_a_snapshot_with_what_it_knew() {
    for notices in [true, false] {
        let mut postgres = postgres();
        let url = postgres.new_database().unwrap();
        let road = Road::to(&postgres);
        let a = first(&road.url(&url));
        let mut api = a.api();
        let (id, secret) = token(&mut api);
        postgres.stop(Stop::Fast).unwrap();
        let snapshot = postgres.snapshot().unwrap();
        postgres.start_again().unwrap();
        until("allowed", || verify(&mut api, &secret));
        let (_, after) = token(&mut api);
        road.cut();
        postgres.stop(Stop::Fast).unwrap();
        postgres.put_back(&snapshot).unwrap();
        postgres.start_again().unwrap();
        if notices {
            road.lead_to(&postgres);
            a.until("that the database was put back", || a.log().contains(PUT_BACK));
            refuses_for_a_while(&mut api, &[&secret, &after]);
            road.cut();
        }

        // Another node goes on with it, and gets further than the first one ever was.
        let b = joined(&a, &url, "b");
        let mut other = b.api();
        assert_eq!(revoke(&mut other, &id), 204);
        let newer = [(); 3].map(|()| token(&mut other).1);
        until("unavailable", || verify(&mut api, &secret));
        road.lead_to(&postgres);
        until("allowed", || verify(&mut api, &newer[2]));
        for secret in [&secret, &after] {
            assert_eq!(verify(&mut api, secret), "invalid_token", "{notices}");
        }
        for secret in &newer {
            assert_eq!(verify(&mut api, secret), "allowed", "{notices}");
        }
        is_whole(&a);
    }
}

#[test]
fn a_dump_is_restored_into_another_server_and_found_by_the_same_keys() {
    let (from, to) = (postgres(), Postgres::start(Version::Newest).unwrap());
    let (url, there) = (from.new_database().unwrap(), to.new_database().unwrap());
    let a = first(&url);
    let (id, revoked) = token(&mut a.api());
    let (_, kept) = token(&mut a.api());
    assert_eq!(revoke(&mut a.api(), &id), 204);
    let dumped = Command::new(Version::Newest.program("pg_dump").unwrap()).arg(&url).output().unwrap();
    assert!(dumped.status.success(), "{dumped:?}");
    to.sql(database(&there), &String::from_utf8(dumped.stdout).unwrap()).unwrap();
    assert_eq!(a.stop(), Some(0));

    let b = joined(&a, &there, "b");
    let c = joined(&b, &there, "c");
    for node in [&b, &c] {
        until("allowed", || verify(&mut node.api(), &kept));
        assert_eq!(verify(&mut node.api(), &revoked), "invalid_token");
    }
    assert_eq!(names(&mut b.api()), ["b", "c"]);
    let (id, secret) = token(&mut c.api());
    assert_eq!(revoke(&mut b.api(), &id), 204);
    assert_eq!(verify(&mut c.api(), &secret), "invalid_token");
    is_whole(&b);
}

//! An installation that is moved to PostgreSQL and back.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::{Place, Server, beside, postgres, token, verify};

const IN_A_FILE: &str = "listen = \"127.0.0.1:0\"\n";

fn in_a_database(url: &str) -> String {
    format!("{IN_A_FILE}[database]\nurl = \"{url}\"\n")
}

/// Signs in; the answer's status.
fn sign_in(server: &Server, password: &str) -> u16 {
    let login = json!({ "username": "admin", "password": password });
    server.anonymous().send("POST", "/v1/sessions", &login).status
}

#[test]
fn an_installation_moves_to_postgresql_and_back() {
    let postgres = postgres();
    let url = postgres.new_database().unwrap();
    let mut server = Server::at(Place::with(IN_A_FILE));
    let password = server.secrets["admin"]["password"].as_str().unwrap().to_owned();
    let mut api = server.api();
    let ((_, lives), (id, gone)) = (token(&mut api), token(&mut api));
    assert_eq!(api.send("DELETE", &format!("{}/{id}", crate::TOKENS), &json!(null)).status, 204);
    assert_eq!(
        (verify(&mut api, &lives), verify(&mut api, &gone)),
        ("allowed".to_owned(), "invalid_token".to_owned())
    );
    drop(api);

    let there = ["store", "copy", "--to", &url, "--json"];
    let told = server.place.symbolon(&there).refused(1);
    assert!(told.contains("in use by a running server") && told.contains("stop it"), "{told}");
    assert_eq!(server.stop(), Some(0));
    let copied = server.place.symbolon(&there).json();
    let tokens = &copied["tables"]["tokens"];
    assert_eq!((&tokens["rows"], &copied["broken_seals"]), (&json!(2), &json!([])), "{copied}");
    assert_eq!(tokens["sha256"].as_str().map(str::len), Some(64), "{copied}");
    let audit = &copied["tables"]["audit"]["rows"];
    assert_eq!((&copied["audit"]["whole"], &copied["audit"]["last"]), (&json!(true), audit), "{copied}");
    let told = server.place.symbolon(&there).refused(1);
    assert!(told.contains("has something in it already") && told.contains("CREATE DATABASE"), "{told}");

    server.place.write("symbolon.toml", &in_a_database(&url));
    server.start_again();
    let mut api = server.api();
    assert_eq!(api.get("/v1/status").json()["store"]["kind"], "postgres");
    assert_eq!(
        (verify(&mut api, &lives), verify(&mut api, &gone)),
        ("allowed".to_owned(), "invalid_token".to_owned())
    );
    assert_eq!(sign_in(&server, &password), 201);
    server.place.run("audit verify").ok();
    let (_, later) = token(&mut api);
    drop(api);

    let back = ["store", "copy", "--to", "symbolon-data/symbolon.db"];
    let told = server.place.symbolon(&["store", "copy", "--to", "new.db"]).refused(1);
    assert!(told.contains("in use by a running server"), "{told}");
    // At another node too, whose directory nobody has.
    let other = beside(&server, &url, "");
    let told = other.symbolon(&["store", "copy", "--to", "new.db"]).refused(1);
    assert!(told.contains("last heard of") && told.contains("stop these servers"), "{told}");
    assert!(!other.path().join("new.db").exists());
    assert_eq!(server.stop(), Some(0));
    let told = server.place.symbolon(&back).refused(1);
    assert!(told.contains("symbolon.db is there already"), "{told}");
    fs::rename(server.place.data("symbolon.db"), server.place.path().join("of-the-past.db")).unwrap();
    let done = server.place.symbolon(&back);
    assert!(done.stderr.contains("take [database] out"), "{done:?}");
    let text = done.ok();
    for part in
        ["\ntokens       3     ", "the same on both sides", "The audit's chain is whole on both, to line "]
    {
        assert!(text.contains(part), "{text}");
    }

    server.place.write("symbolon.toml", IN_A_FILE);
    server.start_again();
    let mut api = server.api();
    assert_eq!(api.get("/v1/status").json()["store"]["kind"], "sqlite");
    for (secret, code) in [(&lives, "allowed"), (&later, "allowed"), (&gone, "invalid_token")] {
        assert_eq!(verify(&mut api, secret), code);
    }
    assert_eq!(sign_in(&server, &password), 201);
    server.place.run("audit verify").ok();
}

#[test]
fn what_makes_no_sense_is_refused_and_says_what_would() {
    let postgres = postgres();
    let url = postgres.new_database().unwrap();
    let empty = Place::with(IN_A_FILE);
    let told = empty.symbolon(&["store", "copy", "--to", &url]).refused(1);
    assert!(told.contains("there is no data of Symbolon's"), "{told}");
    assert!(!empty.data("").exists(), "nothing is made");

    let (place, _) = Place::initialised();
    let told = place.symbolon(&["store", "copy", "--to", "new.db"]).refused(2);
    assert!(told.contains("`symbolon backup` makes a copy"), "{told}");
    let told =
        place.symbolon(&["store", "copy", "--to", "postgres://me:s3cr3t@127.0.0.1:1/record"]).refused(1);
    assert!(told.contains("postgres://127.0.0.1:1/record") && !told.contains("s3cr3t"), "{told}");
    place.write("password", "pw\n");
    fs::set_permissions(place.path().join("password"), fs::Permissions::from_mode(0o600)).unwrap();
    let told = place.symbolon(&["store", "copy", "--to", "postgre://me:s3cr3t@127.0.0.1/record"]).refused(2);
    assert!(told.contains("begin with postgres://") && !told.contains("s3cr3t"), "{told}");
    let told = place.symbolon(&["store", "copy", "--to", &url, "--password-file", "nowhere"]).refused(1);
    assert!(told.contains("nowhere cannot be read"), "{told}");
    // A server that is started there too soon says what to do, and what it leaves is in nobody's way.
    place.write("symbolon.toml", &in_a_database(&url));
    let told = place.symbolon(&["serve"]).refused(1);
    assert!(told.contains("`symbolon store copy` moves it"), "{told}");
    place.write("symbolon.toml", IN_A_FILE);
    place.symbolon(&["store", "copy", "--to", &url, "--password-file", "password"]).ok();

    place.write("symbolon.toml", &in_a_database(&url));
    let told = place.symbolon(&["store", "copy", "--to", &url]).refused(2);
    assert!(told.contains("is in PostgreSQL already"), "{told}");
    let told = place.symbolon(&["store", "copy", "--to", "new.db", "--password-file", "password"]).refused(2);
    assert!(told.contains("set as password_file in [database]"), "{told}");
    let told = place.symbolon(&["store", "copy", "--to", "none/new.db"]).refused(1);
    assert!(told.contains("none does not exist: make it"), "{told}");
    // With the keys of another installation the copy would be dead.
    let (other, _) = Place::initialised();
    fs::copy(other.data("keys.toml"), place.data("keys.toml")).unwrap();
    let told = place.symbolon(&["store", "copy", "--to", "new.db"]).refused(1);
    assert!(told.contains("are not those of postgres://"), "{told}");
    let left = fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().contains("new.db")).collect();
    assert!(left.is_empty(), "{left:?}");
}

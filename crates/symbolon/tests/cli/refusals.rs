//! Everything that can be wrong around a command: one clear sentence, and the right exit code.

use std::net::TcpListener;

use crate::support::Place;

/// One sentence, and no more than one line for each thing that is wrong.
fn sentence(told: &str, parts: &[&str]) {
    for part in parts {
        assert!(told.contains(part), "{part:?} is not in {told:?}");
    }
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.starts_with("symbolon: "), "{told}");
}

#[test]
fn a_port_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let place = Place::with(&format!("listen = \"{address}\"\n"));
    let told = place.run("serve").refused(1);
    let expected =
        format!("the management API cannot listen at {address}: something else listens there already");
    sentence(&told, &[&expected]);
    // What the first start prints once was not wasted on a start that failed.
    assert!(!place.data("keys.toml").exists());

    let place = Place::with(&format!(
        "listen = \"127.0.0.1:0\"\n[services.odin]\nlisten = \"{address}\"\nupstream = \"http://127.0.0.1:9\"\n"
    ));
    let told = place.run("serve").refused(1);
    sentence(&told, &[&format!("the proxy of odin cannot listen at {address}: something else")]);
}

#[test]
fn an_address_that_the_machine_has_not() {
    let place = Place::with("listen = \"192.0.2.1:7070\"\n");
    sentence(&place.run("serve").refused(1), &["192.0.2.1:7070: the machine has no such address"]);
}

#[test]
fn a_bad_configuration() {
    for command in [&["serve"][..], &["init"], &["user", "list"], &["token", "list", "--service", "odin"]] {
        let place = Place::with("\nlisen = \"127.0.0.1:0\"\n");
        let told = place.symbolon(command).refused(1);
        sentence(&told, &["symbolon.toml:2: unknown field `lisen`, expected one of `data_dir`, `listen`"]);
    }
    let place = Place::with("[services.jira]\nsession_cookie = true\n");
    let told = place.run("serve").refused(1);
    sentence(
        &told,
        &["symbolon.toml:1: no catalog declares the service jira; those in catalogs declare odin, odysseus"],
    );
    let told = Place::empty().run("serve --config gone.toml").refused(1);
    sentence(&told, &["the configuration gone.toml cannot be read: No such file"]);
}

#[test]
fn a_bad_catalog() {
    let place = Place::with("catalogs = [\"own.toml\"]\nlisten = \"127.0.0.1:0\"\n");
    sentence(&place.run("serve").refused(1), &["the catalog own.toml cannot be read: No such file"]);
    place.write(
        "own.toml",
        "service = \"own\"\ntoken_prefix = \"own\"\n[[routes]]\nscopes = [\"read\"]\npaths = [\"GET /x\"]\n",
    );
    for command in ["serve", "init"] {
        sentence(&place.symbolon(&[command]).refused(1), &["own.toml:4: "]);
    }
    assert!(!place.path().join("symbolon-data").exists());
    let same = "token_prefix = \"own\"\n";
    place.write("own.toml", &format!("service = \"own\"\n{same}"));
    place.write("twin.toml", &format!("service = \"twin\"\n{same}"));
    place.write("symbolon.toml", "catalogs = [\"own.toml\", \"twin.toml\"]\nlisten = \"127.0.0.1:0\"\n");
    let told = place.run("serve").refused(1);
    sentence(&told, &["the services own and twin have the same token_prefix"]);
}

#[test]
fn an_unknown_setting_in_the_environment() {
    let told = Place::empty().symbolon_with(&[("SYMBOLON_CONFIG_LISTN", "x")], &["serve"]).refused(1);
    sentence(
        &told,
        &["SYMBOLON_CONFIG_LISTN: there is no such setting; after SYMBOLON_CONFIG_ come DATA_DIR, LISTEN,"],
    );
    let bad = [("SYMBOLON_CONFIG_SERVICES__ODIN__SESSION_COOKIE", "yes")];
    let told = Place::empty().symbolon_with(&bad, &["serve"]).refused(1);
    sentence(&told, &["SYMBOLON_CONFIG_SERVICES__ODIN__SESSION_COOKIE: it is true or false, not \"yes\""]);
}

#[test]
fn a_place_for_data_that_cannot_be() {
    let place = Place::empty();
    place.write("file", "");
    for (path, why) in
        [("file", "Not a directory"), ("file/data", "Not a directory"), ("/proc/symbolon", "cannot be made")]
    {
        for command in ["init", "serve"] {
            let told = place.symbolon_with(&[("SYMBOLON_CONFIG_DATA_DIR", path)], &[command]).refused(1);
            sentence(&told, &["the data directory", path, why]);
        }
    }
}

#[test]
fn a_path_that_is_too_long_for_a_socket() {
    let place = Place::with(&format!("data_dir = \"{}\"\nlisten = \"127.0.0.1:0\"\n", "long/".repeat(30)));
    place.run("init").ok();
    sentence(&place.run("serve").refused(1), &["is too long for a socket; name one with a shorter path"]);
}

#[test]
fn keys_that_others_can_read() {
    use std::os::unix::fs::PermissionsExt;
    let (place, _) = Place::initialised();
    std::fs::set_permissions(place.data("keys.toml"), std::fs::Permissions::from_mode(0o644)).unwrap();
    for command in [&["serve"][..], &["user", "list"]] {
        let told = place.symbolon(command).refused(1);
        sentence(&told, &["keys.toml can be reached by others than its owner (mode 0644); run: chmod 600 "]);
    }
}

#[test]
fn a_place_without_data() {
    let place = Place::empty();
    for command in [
        &["user", "list"][..],
        &["user", "reset-password", "admin"],
        &["token", "list", "--service", "odin"],
        &["key", "list"],
        &["session", "list"],
        &["ask", "list"],
        &["audit", "list"],
        &["catalog", "show", "odin"],
        &["explain", "--service", "odin", "--method", "GET", "--path", "/api/printers"],
    ] {
        sentence(
            &place.symbolon(command).refused(1),
            &["there is no data of Symbolon's in symbolon-data; `symbolon init` begins it"],
        );
    }
    assert!(!place.path().join("symbolon-data").exists());
}

#[test]
fn a_question_that_cannot_be_read_ends_with_2() {
    let place = Place::empty();
    for command in [
        &[][..],
        &["frobnicate"],
        &["serve", "--prot", "1"],
        &["token", "create", "--service", "odin"],
        &["token", "create", "--service", "odin", "--name", "x", "--scope", "a", "--profile", "b"],
        &["token", "create", "--service", "odin", "--name", "x", "--expires", "tomorrow"],
        &["token", "edit", "--service", "odin", "7QhT2mXa"],
        &["token", "list", "--service", "odin", "--limit", "0"],
        &["user", "edit", "grace"],
        &["user", "create", "grace", "--role", "odin"],
        &["init", "--admin", "Grace"],
        &["explain", "--service", "odin"],
        &["explain", "--service", "odin", "--method", "GET"],
        &["explain", "--service", "odin", "--request-id", "req_1", "--system"],
    ] {
        assert_eq!(place.symbolon(command).code, Some(2), "{command:?}");
    }
    for command in [&["--help"][..], &["--version"], &["help", "token", "create"]] {
        place.symbolon(command).ok();
    }
}

#[test]
fn programs_are_told_in_json() {
    let (place, _) = Place::initialised();
    let told = place.run("--json user show nobody").refused(1);
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((told["code"].as_str(), told["status"].as_u64()), (Some("not_found"), Some(404)));
    let told = place.run("--json init").refused(1);
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["code"], "failed");
}

#[cfg(not(feature = "postgres"))]
#[test]
fn a_copy_to_postgresql_by_a_program_that_knows_none() {
    let (place, _) = Place::initialised();
    let told = place.run("store copy --to postgres://me:s3cr3t@127.0.0.1/record").refused(1);
    sentence(&told, &["this symbolon is built without PostgreSQL", "--features postgres"]);
    assert!(!told.contains("s3cr3t"), "{told}");
}

/// It would be a call of something else.
#[test]
fn a_name_of_nothing() {
    let place = Place::empty();
    for command in [
        &["token", "revoke", "--service", "odin", ""][..],
        &["token", "usage", "--service", "odin", ""],
        &["user", "show", ""],
        &["key", "revoke", ""],
        &["session", "end", ""],
        &["webhook", "test", ""],
        &["ask", "approve", ""],
    ] {
        let told = place.symbolon(command).refused(2);
        assert!(told.contains("a value is required"), "{command:?}: {told}");
    }
}

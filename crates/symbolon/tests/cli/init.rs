//! `symbolon init`, and beginnings that were not finished.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::support::{Place, Server};

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn everything_is_its_owners_alone() {
    let (place, _) = Place::initialised();
    assert_eq!(mode(&place.path().join("symbolon-data")), 0o700);
    for entry in fs::read_dir(place.path().join("symbolon-data")).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    let server = Server::again(place);
    assert_eq!(mode(&server.socket()), 0o600);
}

#[test]
fn the_secrets_are_printed_once_and_open_everything() {
    let place = Place::with("listen = \"127.0.0.1:0\"\n");
    let secrets = place.run("init --json").json();
    let names: Vec<_> = secrets.as_object().unwrap().keys().collect();
    assert_eq!(names, ["admin", "system_key"]);
    assert_eq!(secrets["admin"]["username"], "admin");
    let password = secrets["admin"]["password"].as_str().unwrap();
    assert_eq!(password.len(), 20);
    let key = secrets["system_key"].as_str().unwrap();
    assert!(key.starts_with("symkey_") && key.len() == "symkey_".len() + 49);

    let server = Server::again(place);
    let login = json!({"username": "admin", "password": password});
    let session = server.anonymous().send("POST", "/v1/sessions", &login);
    assert_eq!(session.status, 201);
    let mut admin = server.anonymous().bearer(session.json()["token"].as_str().unwrap());
    assert_eq!(admin.get("/v1/users").status, 200);
    assert_eq!(server.anonymous().bearer(key).get("/v1/users").status, 200);

    let user = server.place.run("user show admin --json").json();
    assert_eq!(user["platform_admin"], true);
    assert_eq!(user["password_temporary"], true);
    assert_eq!(user["roles"], json!({"odin": "superadmin", "odysseus": "admin"}));
    let audit = server.place.run("audit list --actor local").ok();
    assert_eq!(audit.matches("user.create").count(), 2, "{audit}");
    assert_eq!(audit.matches("key.create").count(), 1, "{audit}");
    for printed in [audit, server.log()] {
        assert!(!printed.contains(password) && !printed.contains(key));
    }
}

#[test]
fn people_are_shown_the_same() {
    let place = Place::empty();
    let done = place.run("init --admin grace");
    assert!(done.stdout.starts_with("administrator  grace\npassword       "), "{done:?}");
    assert!(done.stdout.contains("\nsystem key     symkey_"), "{done:?}");
    assert!(
        done.stderr.contains("shown this once") && done.stderr.contains("Next: symbolon serve"),
        "{done:?}"
    );
    assert_eq!(done.code, Some(0));
}

#[test]
fn a_second_time_changes_nothing() {
    let (place, secrets) = Place::initialised();
    let before = (fs::read(place.data("keys.toml")).unwrap(), place.run("audit list").ok());
    let told = place.run("init --admin other").refused(1);
    assert!(told.contains("symbolon-data is initialised already, and was not changed"), "{told}");
    assert_eq!(before, (fs::read(place.data("keys.toml")).unwrap(), place.run("audit list").ok()));
    let server = Server::again(place);
    let key = secrets["system_key"].as_str().unwrap();
    assert_eq!(server.anonymous().bearer(key).get("/v1/users").status, 200);
}

#[test]
fn the_operator_may_bring_a_system_key() {
    let place = Place::with("listen = \"127.0.0.1:0\"\n");
    let key = "my-own-key/with+32=visible.characters!";
    let secrets =
        place.symbolon_reading(&format!("{key}\n"), &["init", "--json", "--system-key-file", "-"]).json();
    assert_eq!(secrets["system_key"], json!(null));
    let server = Server::again(place);
    assert_eq!(server.anonymous().bearer(key).get("/v1/users").status, 200);
    assert!(!server.place.run("key list --json").ok().contains(key));
}

#[test]
fn a_bad_system_key_is_refused_before_anything_is_made() {
    let place = Place::empty();
    let jwt = format!("eyJ{0}.eyJ{0}.{0}", "a".repeat(20));
    for key in ["short", &"ü".repeat(40), &format!("odin_{}", "a".repeat(49)), &jwt, &"a b".repeat(20)] {
        place.write("key", key);
        let told = place.run("init --system-key-file key").refused(1);
        assert!(told.contains("the system key cannot be used: a key "), "{told}");
        assert!(!told.contains(key), "{told}");
    }
    let told = place.run("init --system-key-file gone").refused(1);
    assert!(told.contains("the key in gone cannot be read"), "{told}");
    assert!(!place.path().join("symbolon-data").exists());
}

#[test]
fn a_beginning_that_was_not_finished_is_finished() {
    let (whole, _) = Place::initialised();
    let place = Place::empty();
    fs::create_dir(place.path().join("symbolon-data")).unwrap();
    let keys = fs::read(whole.data("keys.toml")).unwrap();
    fs::write(place.data("keys.toml"), &keys).unwrap();
    fs::set_permissions(place.data("keys.toml"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(place.data(".unfinished-keys.toml"), "half").unwrap();
    place.run("init").ok();
    assert_eq!(fs::read(place.data("keys.toml")).unwrap(), keys);
    // The directory was made by hand, for everybody.
    assert_eq!(mode(&place.path().join("symbolon-data")), 0o700);
}

#[test]
fn a_database_without_its_keys_is_left_alone() {
    let (place, _) = Place::initialised();
    fs::rename(place.data("keys.toml"), place.path().join("keys.toml")).unwrap();
    let before = fs::read(place.data("symbolon.db")).unwrap();
    for command in [&["init"][..], &["serve"], &["user", "list"], &["user", "reset-password", "admin"]] {
        let told = place.symbolon(command).refused(1);
        assert!(told.contains("keys.toml is missing beside a database"), "{told}");
    }
    assert_eq!(fs::read(place.data("symbolon.db")).unwrap(), before);
    assert!(!place.data("keys.toml").exists());
}

#[test]
fn a_directory_with_other_files_is_left_alone() {
    let place = Place::with("data_dir = \".\"\nlisten = \"127.0.0.1:0\"\n");
    for command in ["init", "serve"] {
        let told = place.symbolon(&[command]).refused(1);
        assert!(told.contains("holds other files (symbolon.toml)"), "{told}");
    }
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
}

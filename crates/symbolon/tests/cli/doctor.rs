//! `symbolon doctor`.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::support::{Done, Place, Server};

/// The findings of a check, each as its level and text.
fn findings(done: &Done, check: &str) -> Vec<(String, String)> {
    let told: Value = serde_json::from_str(&done.stdout).unwrap();
    let found = told["findings"].as_array().unwrap().iter().filter(|finding| finding["check"] == check);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    found.map(|finding| (text(&finding["level"]), text(&finding["detail"]))).collect()
}

fn doctor(place: &Place) -> Done {
    place.run("doctor --json")
}

#[test]
fn what_is_whole_is_found_whole() {
    let (place, _) = Place::initialised();
    let told = place.run("doctor").ok();
    assert!(!told.contains("warn") && !told.contains("bad"), "{told}");
    assert_eq!(findings(&doctor(&place), "database"), [("ok".to_owned(), "whole".to_owned())]);
    let server = Server::again(place);
    let done = doctor(&server.place);
    assert!(findings(&done, "server")[0].1.starts_with("running, and ready to decide"), "{done:?}");
    assert_eq!(done.code, Some(0));
}

#[test]
fn what_is_bad_is_told_with_what_to_do() {
    let (place, _) = Place::initialised();
    fs::set_permissions(place.data("keys.toml"), Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(place.path().join("symbolon-data"), Permissions::from_mode(0o755)).unwrap();
    let done = doctor(&place);
    assert_eq!(done.code, Some(1));
    let keys = &findings(&done, "keys")[0];
    assert!(keys.0 == "bad" && keys.1.contains("run: chmod 600 "), "{keys:?}");
    let directory = &findings(&done, "data directory")[0];
    assert!(directory.0 == "warn" && directory.1.contains("(mode 0755); run: chmod 700 "), "{directory:?}");
    assert_eq!(findings(&done, "record")[0].0, "warn");
}

#[test]
fn a_place_without_data_or_with_bad_settings_is_bad() {
    let place = Place::empty();
    let done = doctor(&place);
    assert_eq!((done.code, findings(&done, "data directory")[0].0.as_str()), (Some(1), "bad"));
    place.write("symbolon.toml", "lisen = 1");
    let done = doctor(&place);
    assert!(findings(&done, "settings")[0].1.contains("symbolon.toml:1: unknown field"), "{done:?}");
    assert_eq!(done.code, Some(1));
}

#[test]
fn a_damaged_database_is_bad() {
    let (place, _) = Place::initialised();
    let mut bytes = fs::read(place.data("symbolon.db")).unwrap();
    // Every page but the first, which says that it is a database.
    bytes[4096..].fill(0xa5);
    fs::write(place.data("symbolon.db"), bytes).unwrap();
    let done = doctor(&place);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.stdout.contains("\"bad\"") && !done.stderr.contains("panicked"), "{done:?}");
}

#[test]
fn what_only_the_record_shows_is_shown() {
    let catalog = "service = \"shop\"\ntoken_prefix = \"shop\"\n[scopes]\n\"read\" = \"Read\"\n\"write\" = \"Write\"\n\
                   [[routes]]\nscopes = [\"read\"]\npaths = [\"GET /orders\"]\n";
    let place = Place::with("catalogs = [\"shop.toml\"]\n");
    place.write("shop.toml", catalog);
    place.run("init").ok();
    let token = ["token", "create", "--service", "shop", "--name", "x", "--scope", "read,write"];
    let prefix = place.symbolon(&token).ok()[5..13].to_owned();
    place.run("user create robot --no-login").ok();
    let done = doctor(&place);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(findings(&done, "catalog")[0].1.starts_with("shop.toml:5: "), "{done:?}");
    assert!(findings(&done, "users")[0].1.contains("1 cannot sign in (robot)"), "{done:?}");

    place.write("shop.toml", &catalog.replace("\"write\" = \"Write\"\n", ""));
    let inert = &findings(&doctor(&place), "tokens")[0];
    assert!(
        inert.0 == "warn" && inert.1.contains(&format!("(shop:{prefix}); give them others")),
        "{inert:?}"
    );

    place.run("user deactivate admin").ok();
    let users = &findings(&doctor(&place), "users")[0];
    assert!(
        users.0 == "warn" && users.1.contains("no active platform administrator can sign in"),
        "{users:?}"
    );
}

#[test]
fn a_credential_that_others_can_read_is_told() {
    let (place, _) = Place::initialised();
    place.write(
        "symbolon.toml",
        "[services.odin]\nlisten = \"127.0.0.1:0\"\nupstream = \"http://127.0.0.1:9\"\n\
         upstream_headers = { \"X-API-Key\" = \"hush-hush\" }\n",
    );
    fs::set_permissions(place.path().join("symbolon.toml"), Permissions::from_mode(0o644)).unwrap();
    let done = doctor(&place);
    let settings = &findings(&done, "settings")[0];
    assert!(
        settings.0 == "warn" && settings.1.contains("(mode 0644); run: chmod 600 symbolon.toml"),
        "{settings:?}"
    );
    assert!(!done.stdout.contains("hush-hush"));
    fs::set_permissions(place.path().join("symbolon.toml"), Permissions::from_mode(0o600)).unwrap();
    assert_eq!(findings(&doctor(&place), "settings")[0].0, "ok");
}

#[test]
fn a_gateway_is_looked_at_by_plain_addresses_and_canonical_paths() {
    let place = Place::empty();
    for (words, said) in [
        ("gateway http://127.0.0.1:1", "--open <PATH>"),
        ("gateway https://127.0.0.1:1 --open /a", "the doctor speaks plain HTTP alone"),
        ("gateway http://127.0.0.1:1/a --open /a", "no path belongs here"),
        ("gateway 127.0.0.1:1 --open /a", "such as http://127.0.0.1:8080"),
        ("gateway http://127.0.0.1:1 --open a", "a: the target must begin with /"),
        ("gateway http://127.0.0.1:1 --open /a/../b", "/a/../b: the path holds a . or .. segment"),
        ("gateway http://127.0.0.1:1 --open /a?b", "without a query"),
        ("gateway http://127.0.0.1:1 --open /a --canary /a", "the same path"),
        ("canary --listen nowhere", "invalid value 'nowhere'"),
    ] {
        let told = place.run(&format!("doctor {words}")).refused(2);
        assert!(told.contains(said), "{words}: {told}");
    }
    let told = place.run("doctor gateway http://127.0.0.1:1 --open /a").refused(1);
    assert!(told.contains("127.0.0.1:1: no connection: "), "{told}");
}

//! `symbolon scan`: what is found, what is said of it, and its end.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::support::{Place, Server};

/// A new token of O.D.I.N.'s: its id and itself.
fn token(place: &Place, name: &str) -> (String, String) {
    let words = ["token", "create", "--service", "odin", "--scope", "read:jobs", "--json", "--name", name];
    let made = place.symbolon(&words).json();
    ["id", "token"].map(|field| made[field].as_str().unwrap().to_owned()).into()
}

/// What may be shown of one.
fn shown(secret: &str) -> String {
    let (prefix, rest) = secret.split_once('_').unwrap();
    format!("{prefix}_{}…", &rest[..8])
}

/// Runs a scan to its end; no secret is in what it says.
fn scan(place: &Place, secrets: &[&str], code: i32, line: &str) -> String {
    let done = place.run(&format!("scan {line}"));
    assert_eq!(done.code, Some(code), "{line}: {done:?}");
    for secret in secrets {
        let hidden = &secret[secret.len() - 41..];
        assert!(!done.stdout.contains(hidden) && !done.stderr.contains(hidden), "{line}: {done:?}");
    }
    format!("{}{}", done.stdout, done.stderr)
}

fn gzip(path: &Path, text: &str) {
    let mut file = GzEncoder::new(File::create(path).unwrap(), Compression::default());
    file.write_all(text.as_bytes()).unwrap();
    file.finish().unwrap();
}

#[test]
fn files_are_read_whole_and_each_find_is_told_in_its_state() {
    let (place, _) = Place::initialised();
    let ((_, live), (id, gone)) = (token(&place, "ci"), token(&place, "old"));
    place.symbolon(&["token", "revoke", "--service", "odin", &id]).ok();
    fs::create_dir_all(place.path().join("logs/deep")).unwrap();
    place.write("logs/a.log", &format!("first\nsecond {live}\n"));
    place.write("logs/b.json", &format!("{{\"x\":\"\\n{gone}\\n\"}}"));
    fs::write(place.path().join("logs/deep/core"), [&b"\0\xff\n\0"[..], live.as_bytes(), b"\xff"].concat())
        .unwrap();
    gzip(&place.path().join("logs/old.gz"), &format!("{}\n{live}\n", "x".repeat(1 << 20)));
    place.write(&format!("logs/{live}.txt"), &live);
    place.write("elsewhere.log", &live);
    symlink("../elsewhere.log", place.path().join("logs/link")).unwrap();
    let mistyped = format!("{}{}", &live[..20], live[20..].chars().rev().collect::<String>());
    place.write("logs/noise", &format!("{mistyped} odin_x {}", "odin_".repeat(1_000)));

    let told = scan(&place, &[&live, &gone], 1, "logs");
    for line in [
        format!("logs/a.log:2: {} active: token \"ci\" of system in odin", shown(&live)),
        format!("logs/b.json:1: {} revoked: token \"old\" of system in odin", shown(&gone)),
        format!("logs/deep/core:2: {} active", shown(&live)),
        format!("logs/old.gz:2: {} active", shown(&live)),
        format!("logs/{}.txt:1: {} active", shown(&live), shown(&live)),
        "logs: 1 symbolic links were not followed".to_owned(),
    ] {
        assert!(told.contains(&line), "{line}\n{told}");
    }
    assert!(
        !told.contains("noise") && !told.contains("elsewhere") && told.matches('…').count() == 6,
        "{told}"
    );
    let told: Value = serde_json::from_str(&scan(&place, &[&live, &gone], 1, "--json logs")).unwrap();
    assert_eq!(told["found"].as_array().unwrap().len(), 2);
    let live_told = told["found"].as_array().unwrap().iter().find(|one| one["state"] == "active").unwrap();
    assert_eq!(
        (&live_told["token"]["name"], live_told["places"].as_array().unwrap().len()),
        (&"ci".into(), 4)
    );
    assert_eq!(live_told["token_prefix"], live[5..13]);
    // What lives no more is no reason to fail; a history is full of it.
    assert!(scan(&place, &[&gone], 0, "logs/b.json").contains("revoked"));
    assert!(scan(&place, &[], 0, "logs/noise").contains("There are none."));
}

#[test]
fn what_lives_is_taken_back_where_that_is_asked_for() {
    let (place, secrets) = Place::initialised();
    let ((id, one), (_, two)) = (token(&place, "one"), token(&place, "two"));
    let key = secrets["system_key"].as_str().unwrap();
    place.write("a.log", &format!("{one}\n{two}\n{key}\n"));
    let refused = place.run("scan --revoke a.log").refused(2);
    assert!(refused.contains("add --yes"), "{refused}");
    assert_eq!(scan(&place, &[&one], 1, "a.log").matches(" active").count(), 3);
    let told = scan(&place, &[&one, &two, key], 1, "--revoke --yes a.log");
    assert_eq!(told.matches(" revoked now: ").count(), 3, "{told}");
    let lines = place.symbolon(&["audit", "list", "--json", "--subject", &id]).json();
    let actions: Vec<_> =
        lines["items"].as_array().unwrap().iter().map(|line| line["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["token.revoke", "token.leaked", "token.create"]);
    assert_eq!(lines["items"][1]["detail"]["place"], "a.log:1");
    let again = scan(&place, &[&one, &two, key], 0, "--revoke --yes a.log");
    assert_eq!((again.matches(" revoked: ").count(), again.matches(" unknown").count()), (2, 1), "{again}");
}

#[test]
fn the_key_that_the_command_presents_is_taken_back_last() {
    let server = Server::at(Place::with("listen = \"127.0.0.1:0\"\n"));
    let (key, url) = (server.system_key().to_owned(), format!("http://{}", server.management()));
    let (_, secret) = token(&server.place, "ci");
    server.place.write("a.log", &format!("{key}\n{secret}\n"));
    let environment = [("SYMBOLON_URL", url.as_str()), ("SYMBOLON_KEY", key.as_str())];
    let scan =
        |words: &[&str]| server.place.symbolon_with(&environment, &[&["scan", "a.log"], words].concat());
    let told = scan(&[]);
    assert!(told.stdout.contains("which this command presents"), "{told:?}");
    let told = scan(&["--revoke", "--yes"]);
    assert_eq!((told.code, told.stdout.matches(" revoked now: ").count()), (Some(1), 2), "{told:?}");
    let refused = scan(&[]);
    assert!(refused.code == Some(1) && refused.stderr.contains("not valid"), "{refused:?}");
    assert!(!server.log().contains(&secret[13..]) && !server.log().contains(&key[15..]));
}

#[test]
fn without_asking_anybody_everything_counts_that_is_found() {
    let (place, _) = Place::initialised();
    let (_, secret) = token(&place, "ci");
    let elsewhere = Place::empty();
    elsewhere.write("a.log", &secret);
    elsewhere.write("b.log", "nothing");
    let told = scan(&elsewhere, &[&secret], 1, "--offline a.log");
    assert_eq!(told, format!("a.log:1: {}\n", shown(&secret)));
    assert_eq!(scan(&elsewhere, &[], 0, "--offline b.log"), "There are none.\n");
    let read = elsewhere.symbolon_reading(&format!("x\n{secret}"), &["scan", "--stdin", "--offline"]);
    assert_eq!((read.code, read.stdout), (Some(1), format!("standard input:2: {}\n", shown(&secret))));
    assert!(elsewhere.run("scan").refused(2).contains("PATH"));
    assert!(elsewhere.run("scan --offline --revoke a.log").code == Some(2));
    assert!(elsewhere.run("scan --offline missing").refused(1).contains("missing cannot be read"));
}

#[test]
fn what_cannot_be_read_is_said_and_is_no_success() {
    let place = Place::empty();
    gzip(&place.path().join("whole.gz"), &"nothing at all ".repeat(10_000));
    let whole = fs::read(place.path().join("whole.gz")).unwrap();
    fs::create_dir(place.path().join("logs")).unwrap();
    fs::write(place.path().join("logs/cut.gz"), &whole[..whole.len() / 2]).unwrap();
    assert_eq!(scan(&place, &[], 0, "--offline whole.gz"), "There are none.\n");
    let told = scan(&place, &[], 1, "--offline logs");
    assert!(told.contains("logs/cut.gz was not read to its end: "), "{told}");
    let done = place.run("scan --offline --json logs");
    let told: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!((done.code, &told["unread"][0]["path"]), (Some(1), &"logs/cut.gz".into()));
}

#[test]
fn alerts_are_taken_where_that_is_set_and_signed_by_keys_of_the_file() {
    let (key, id) = (
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEsz9ugWDj5jK5ELBK42ynytbo38gP\\nHzZFI03Exwz8Lh/tCfL3YxwMdLjB+bMznsanlhK0RwcGP3IDb34kQDIo3Q==",
        "x",
    );
    let pem = format!("-----BEGIN PUBLIC KEY-----\\n{key}\\n-----END PUBLIC KEY-----\\n");
    let keys = format!(
        "{{\"public_keys\":[{{\"key_identifier\":\"{id}\",\"key\":\"{pem}\",\"is_current\":true}}]}}"
    );
    for (enabled, status) in [("true", 403), ("false", 404)] {
        let place = Place::with(&format!(
            "listen = \"127.0.0.1:0\"\n[leaks.github]\nenabled = {enabled}\npublic_keys = \"keys.json\"\n"
        ));
        place.write("keys.json", &keys);
        let server = Server::at(place);
        let answer = server.anonymous().send("POST", "/v1/leaks/github", &Value::Array(Vec::new()));
        assert_eq!(answer.status, status);
    }
    let place = Place::with("[leaks.github]\nenabled = true\npublic_keys = \"keys.json\"\n");
    place.write("keys.json", "{}");
    let refused = place.run("serve").refused(1);
    assert!(refused.contains("symbolon.toml:3: it has no current key on P-256"), "{refused}");
}

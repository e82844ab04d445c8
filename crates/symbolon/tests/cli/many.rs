//! `symbolon token create-many`, `bulk` and `advise`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::support::{Done, Place, Server};

fn token(place: &Place, words: &[&str]) -> Done {
    let (verbs, rest) = words.split_at(if words[0] == "bulk" { 2 } else { 1 });
    place.symbolon(&[&["token"][..], verbs, &["--service", "odin"], rest].concat())
}

fn write(place: &Place, name: &str, text: &str) {
    fs::write(place.path().join(name), text).unwrap();
}

#[test]
fn tokens_are_made_from_a_file_and_their_secrets_go_to_one_place() {
    let (place, _) = Place::initialised();
    write(&place, "two.csv", "name,scopes,expires\n\"a, b\",read:jobs read:printers,30d\nc,agent:read,\n");
    let printed = token(&place, &["create-many", "two.csv"]).ok();
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, "name,id,token"));
    assert!(lines[1].starts_with("\"a, b\",tok_") && lines[2].starts_with("c,tok_"), "{printed}");
    let secret = lines[2].rsplit(',').next().unwrap();
    assert!(secret.starts_with("odin_") && secret.len() == 54, "{printed}");

    write(&place, "one.jsonl", "{\"name\":\"d\",\"scopes\":[\"read:jobs\"]}\n");
    let done = token(&place, &["create-many", "one.jsonl", "--out", "secrets.csv"]);
    assert_eq!(done.stdout, "");
    let file = place.path().join("secrets.csv");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let kept = fs::read_to_string(&file).unwrap();
    assert!(kept.starts_with("name,id,token\nd,tok_"), "{kept}");
    assert!(!done.stderr.contains("odin_"), "{}", done.stderr);
    // What is there is not written over, and nothing is made before that is known.
    token(&place, &["create-many", "one.jsonl", "--out", "secrets.csv"]).refused(1);
    let json = token(&place, &["create-many", "one.jsonl", "--json"]).json();
    assert_eq!(json["tokens"][0]["name"], "d");
    let names = token(&place, &["list", "--json", "--sort", "name"]).json();
    let names: Vec<_> = names["items"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["a, b", "c", "d", "d"].map(Value::from));
}

#[test]
fn a_mistake_in_a_file_makes_nothing_and_is_told_with_its_place() {
    let (place, _) = Place::initialised();
    let refused = |name: &str, text: &str, code: i32| {
        write(&place, name, text);
        token(&place, &["create-many", name, "--out", "secrets.csv"]).refused(code)
    };
    let told = refused("a.csv", "name,scopes\nx,read:jobs\ny,read:nothing\n", 1);
    assert!(told.contains("tokens[1].scopes[0]"), "{told}");
    let told = refused("a.csv", "name,colour\nx,red\n", 1);
    assert!(told.contains("a.csv, line 1: there is no column \"colour\""), "{told}");
    let told = refused("a.jsonl", "{\"name\":\"x\",\"surprise\":1}\n", 1);
    assert!(told.contains("a.jsonl, line 1: unknown field `surprise`"), "{told}");
    refused("a.txt", "name\n", 2);
    assert!(!place.path().join("secrets.csv").exists());
    assert_eq!(token(&place, &["list", "--json"]).json()["items"], json!([]));
}

#[test]
fn many_are_changed_as_they_were_shown() {
    let server = Server::with_odin();
    let place = &server.place;
    place.run("user create ann --role odin=viewer --no-login").ok();
    place.run("user create ben --role odin=viewer --no-login").ok();
    write(
        place,
        "some.csv",
        "name,scopes,owner\nx,read:jobs read:printers,ann\ny,read:jobs,ann\nz,read:jobs,ben\n",
    );
    let printed = token(place, &["create-many", "some.csv"]).ok();
    let secret = printed.lines().nth(1).unwrap().rsplit(',').next().unwrap().to_owned();
    let status = |path: &str| server.proxy("odin").get_as(path, &secret).status;

    // Without a word it is not done where nobody can be asked.
    let told = token(place, &["bulk", "revoke", "--owner", "ann"]).refused(2);
    assert!(told.contains("--preview") && told.contains("--yes"), "{told}");
    let table = token(place, &["bulk", "revoke", "--owner", "ann", "--preview"]);
    assert!(table.stderr.contains("2 would change; 0 are so already; 0 are not yours"), "{table:?}");
    assert_eq!((status("/api/jobs"), status("/api/printers")), (200, 200));

    let narrow =
        ["bulk", "narrow", "--scope", "read:printers", "--remove", "read:printers", "--yes", "--json"];
    let done = token(place, &narrow).json();
    assert_eq!((&done["done"], &done["changed"]), (&json!(true), &json!(1)));
    assert_eq!((status("/api/jobs"), status("/api/printers")), (200, 403));
    let done = token(place, &["bulk", "own", "--owner", "ann", "--to", "ben", "--yes", "--json"]).json();
    assert_eq!(done["changed"], 2);
    let owned = token(place, &["list", "--owner", "ben", "--json"]).json();
    assert_eq!(owned["items"].as_array().unwrap().len(), 3);
    token(place, &["bulk", "revoke", "--owner", "ben", "--unused-since", "1d", "--yes"]).ok();
    assert_eq!(status("/api/jobs"), 200, "it was used within a day");
    token(place, &["bulk", "revoke", "--owner", "ben", "--created-before", "2099-01-31", "--yes"]).ok();
    assert_eq!(status("/api/jobs"), 401);
    let told = token(place, &["bulk", "revoke", "--yes"]).refused(1);
    assert!(told.contains("say which tokens"), "{told}");
    token(place, &["bulk", "narrow", "--owner", "ben", "--yes"]).refused(2);
    token(place, &["bulk", "revoke", "--owner", "ben", "--unused-since", "never", "--yes"]).refused(2);
}

#[test]
fn advice_names_the_command_that_follows_it_and_an_owner_is_given() {
    let (place, _) = Place::initialised();
    for user in ["ann", "ben"] {
        place.symbolon(&["user", "create", user, "--role", "odin=viewer", "--no-login"]).ok();
    }
    let create = ["create", "--name", "x", "--scope", "read:jobs", "--owner", "ann", "--json"];
    let prefix = token(&place, &create).json()["token_prefix"].as_str().unwrap().to_owned();
    let none = token(&place, &["advise"]);
    assert_eq!((none.stdout.as_str(), none.stderr.as_str()), ("", "There are none.\n"));
    place.symbolon(&["user", "deactivate", "ann"]).ok();
    let table = token(&place, &["advise"]).ok();
    let follows = format!(
        "symbolon token edit --service odin {prefix} --owner USER, then symbolon token rotate --service odin {prefix} \
         --old-ends now, then symbolon token enable --service odin {prefix}"
    );
    assert!(table.contains("owner_inactive") && table.contains(&follows), "{table}");
    let edited = token(&place, &["edit", &prefix, "--owner", "ben", "--json"]).json();
    assert_eq!((&edited["owner"], &edited["state"]), (&json!("ben"), &json!("disabled")));
    token(&place, &["rotate", &prefix, "--old-ends", "now"]).ok();
    assert_eq!(token(&place, &["enable", &prefix, "--json"]).json()["state"], "active");
    let one = token(&place, &["advise", &prefix, "--json"]).json();
    assert_eq!((&one["items"][0]["findings"], &one["next_cursor"]), (&json!([]), &Value::Null));
    token(&place, &["advise", "--days", "91"]).refused(1);
}

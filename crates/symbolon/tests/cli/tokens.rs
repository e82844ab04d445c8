//! `symbolon token` and `symbolon key`, against a running server and its proxy.

use serde_json::Value;

use crate::support::{Done, Place, Server};

const ODIN: [&str; 2] = ["--service", "odin"];

fn token(place: &Place, verb: &str, rest: &[&str]) -> Done {
    place.symbolon(&[&["token", verb][..], &ODIN, rest].concat())
}

fn create(place: &Place, rest: &[&str]) -> (String, String) {
    let secret = token(place, "create", rest).ok();
    let secret = secret.strip_suffix('\n').unwrap().to_owned();
    let prefix = secret[5..13].to_owned();
    (secret, prefix)
}

#[test]
fn a_token_is_made_used_switched_narrowed_and_taken_back() {
    let server = Server::with_odin();
    let place = &server.place;
    let (secret, prefix) =
        create(place, &["--name", "ci", "--scope", "read:jobs", "--scope", "read:printers"]);
    let status = |path: &str| server.proxy("odin").get_as(path, &secret).status;
    assert_eq!((status("/api/printers"), status("/api/jobs")), (200, 200));
    token(place, "disable", &[&prefix]).ok();
    assert_eq!(status("/api/printers"), 401);
    token(place, "enable", &[&prefix]).ok();
    assert_eq!(status("/api/printers"), 200);
    let edited = token(place, "edit", &[&prefix, "--scope", "read:jobs", "--name", "jobs", "--json"]).json();
    assert_eq!((edited["name"].as_str(), edited["scopes"][0].as_str()), (Some("jobs"), Some("read:jobs")));
    assert_eq!((status("/api/printers"), status("/api/jobs")), (403, 200));
    let revoked = token(place, "revoke", &[&prefix, "--json"]).json();
    assert_eq!(revoked["state"], "revoked");
    assert_eq!(status("/api/jobs"), 401);
    let told = token(place, "enable", &[revoked["id"].as_str().unwrap()]).refused(1);
    assert!(told.contains("the token is revoked; that cannot be undone"), "{told}");
}

#[test]
fn a_token_is_restricted_and_freed_again() {
    let server = Server::with_odin();
    let place = &server.place;
    let only = [
        "--param",
        "printer_id=1",
        "--param",
        "printer_id=2",
        "--from",
        "127.0.0.0/8,::1",
        "--method",
        "GET",
    ];
    let (secret, prefix) =
        create(place, &[&["--name", "cam", "--scope", "read:printers"], &only[..]].concat());
    let status = |path: &str| server.proxy("odin").get_as(path, &secret).status;
    let statuses =
        || (status("/api/printers/1/slots"), status("/api/printers/99/slots"), status("/api/printers"));
    assert_eq!((statuses().1, statuses().2), (403, 403));
    assert_ne!(statuses().0, 403);
    let shown = token(place, "show", &[&prefix]).ok();
    let told = "restricted        from 127.0.0.0/8, ::1; by GET; where printer_id is 1, 2\n";
    assert!(shown.contains(told), "{shown}");
    // Others stay, and what is named replaces all.
    token(place, "edit", &[&prefix, "--name", "camera"]).ok();
    assert_eq!(statuses().2, 403);
    let edited = token(place, "edit", &[&prefix, "--path", "/printers", "--json"]).json();
    assert_eq!(edited["restrictions"], serde_json::json!({ "paths": ["/printers"] }));
    assert_eq!(statuses().2, 200);
    let explain =
        ["explain", "--service", "odin", "--method", "GET", "--path", "/api/overlay/1", "--token", &prefix];
    let told = place.symbolon(&[&explain[..], &["--from", "10.0.0.1"]].concat()).ok();
    assert!(told.contains("403 restricted") && told.contains("no  restrictions"), "{told}");
    let freed = token(place, "edit", &[&prefix, "--unrestricted", "--json"]).json();
    assert_eq!(freed["restrictions"], serde_json::json!({}));
    assert!(!token(place, "show", &[&prefix]).ok().contains("restricted"));
    for wrong in [&["--unrestricted", "--from", "10.0.0.1"][..], &["--param", "printer_id"]] {
        token(place, "edit", &[&[prefix.as_str()], wrong].concat()).refused(2);
    }
    let told = token(place, "edit", &[&prefix, "--param", "printer=1"]).refused(1);
    assert!(told.contains("restrictions.parameters.printer: ") && told.contains("printer_id"), "{told}");
}

#[test]
fn the_secret_alone_is_printed_and_only_once() {
    let (place, _) = Place::initialised();
    let done = token(&place, "create", &["--name", "ci", "--scope", "read:jobs", "--expires", "30d"]);
    let secret = done.stdout.trim_end().to_owned();
    assert_eq!(done.stdout, format!("{secret}\n"));
    assert!(secret.starts_with("odin_") && secret.len() == 54, "{done:?}");
    assert!(done.stderr.contains(&format!("The token {} (tok_", &secret[5..13])), "{done:?}");
    assert!(done.stderr.contains("read:jobs. It ends: 20"), "{done:?}");
    let later = [
        done.stderr,
        token(&place, "show", &[&secret[5..13]]).ok(),
        token(&place, "show", &[&secret[5..13], "--json"]).ok(),
        token(&place, "list", &[]).ok(),
        token(&place, "list", &["--json"]).ok(),
        token(&place, "edit", &[&secret[5..13], "--description", "d"]).ok(),
        token(&place, "revoke", &[&secret[5..13]]).ok(),
        place.run("audit list").ok(),
        place.run("audit list --json").ok(),
    ];
    for text in later {
        assert!(!text.contains(&secret[13..]), "{text}");
    }
}

#[test]
fn a_program_is_given_the_record_and_the_secret() {
    let (place, _) = Place::initialised();
    let made = token(&place, "create", &["--name", "ci", "--scope", "agent:write", "--json"]).json();
    assert_eq!(made["effective_scopes"], serde_json::json!(["agent:read", "agent:write"]));
    assert_eq!(made["owner"], "system");
    assert_eq!(made["expires_at"], Value::Null);
    let secret = made["token"].as_str().unwrap();
    assert_eq!(made["token_prefix"].as_str(), Some(&secret[5..13]));
}

#[test]
fn an_end_is_what_was_said() {
    let (place, _) = Place::initialised();
    let ends = |when: &str| {
        let made =
            token(&place, "create", &["--name", "x", "--scope", "read:jobs", "--expires", when, "--json"]);
        made.json()["expires_at"].clone()
    };
    assert_eq!(ends("2099-01-31"), "2099-01-31T00:00:00Z");
    assert_eq!(ends("2099-01-31T12:00:00+02:00"), "2099-01-31T10:00:00Z");
    assert_eq!(ends("never"), Value::Null);
    let told = token(&place, "create", &["--name", "x", "--scope", "read:jobs", "--expires", "2020-01-31"])
        .refused(1);
    assert!(told.contains("expires_at: this moment has passed"), "{told}");
}

#[test]
fn what_is_wrong_is_named_with_its_field() {
    let (place, _) = Place::initialised();
    for (rest, expected) in [
        (&["--name", "x"][..], "scopes: name at least one scope, or a profile"),
        (
            &["--name", "x", "--scope", "read:job"],
            "scopes[0]: odin has no scope read:job; it has read:printers,",
        ),
        (&["--name", "", "--scope", "read:jobs"], "name: a name has 1 to 100 characters"),
        (&["--name", "x", "--profile", "chat"], "profile: odin has no such profile; it has none"),
        (&["--name", "x", "--scope", "read:jobs", "--owner", "nobody"], "owner: "),
    ] {
        let told = token(&place, "create", rest).refused(1);
        assert!(told.contains(expected), "{told}");
    }
    let told = token(&place, "show", &["00000000"]).refused(1);
    assert!(told.contains("there is no such token"), "{told}");
}

#[test]
fn a_list_is_followed_from_page_to_page() {
    let (place, _) = Place::initialised();
    for name in ["one", "two", "three"] {
        create(&place, &["--name", name, "--scope", "read:jobs"]);
    }
    let names = |list: &Value| {
        list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|token| token["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let all: Vec<String> = names(&token(&place, "list", &["--json"]).json());
    assert_eq!(all, ["three", "two", "one"]);
    let first = token(&place, "list", &["--limit", "2", "--json"]).json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = token(&place, "list", &["--limit", "2", "--cursor", cursor, "--json"]).json();
    assert_eq!(rest["next_cursor"], Value::Null);
    assert_eq!([names(&first) as Vec<String>, names(&rest)].concat(), all);
    let shown = token(&place, "list", &["--limit", "2"]);
    assert!(
        shown.stderr.contains(&format!("There are more: a larger --limit, or --cursor {cursor}")),
        "{shown:?}"
    );
    let found: Vec<String> = names(&token(&place, "list", &["--query", "tw", "--json"]).json());
    assert_eq!(found, ["two"]);
    let none = token(&place, "list", &["--state", "revoked"]);
    assert_eq!((none.stdout.as_str(), none.stderr.as_str()), ("", "There are none.\n"));
}

#[test]
fn keys_are_made_and_taken_back() {
    let server = Server::at(Place::with("listen = \"127.0.0.1:0\"\n"));
    let place = &server.place;
    let secret = place.run("key create --name monitor").ok();
    let secret = secret.trim_end();
    assert!(secret.starts_with("symkey_"), "{secret}");
    let status = |path: &str, key: &str| server.anonymous().get_as(path, key).status;
    assert_eq!(status("/v1/users", secret), 200);
    let verifier = place.run("key create --name v --verifier odin --json").json();
    assert_eq!((verifier["kind"].as_str(), verifier["service"].as_str()), (Some("verifier"), Some("odin")));
    assert_eq!(status("/v1/users", verifier["key"].as_str().unwrap()), 403);
    let own = "an-operators-own-key-of-some-length";
    place.write("key", own);
    let told = place.run("key create --name own --secret-file key").ok();
    assert!(!told.contains(own) && told.contains("with the secret that you gave"), "{told}");
    assert_eq!(status("/v1/users", own), 200);
    let keys = place.run("key list --json").json();
    let monitor = keys["items"].as_array().unwrap().iter().find(|key| key["name"] == "monitor").unwrap();
    place.symbolon(&["key", "revoke", monitor["id"].as_str().unwrap()]).ok();
    assert_eq!(status("/v1/users", secret), 401);
    let listed = place.run("key list").ok();
    assert_eq!(listed.lines().count(), 1 + 3, "{listed}");
}

#[test]
fn a_token_has_a_limit_of_its_own_until_it_has_the_services() {
    let (place, _) = Place::initialised();
    let (_, prefix) = create(&place, &["--name", "ci", "--scope", "read:jobs", "--rate", "100/1m"]);
    let limit = |done: Done| {
        let record = done.json();
        [&record["rate_limit"], &record["effective_rate_limit"]].map(|rate| rate.as_str().map(str::to_owned))
    };
    let own = |rate: &str| [Some(rate.to_owned()), Some(rate.to_owned())];
    assert_eq!(limit(token(&place, "show", &[&prefix, "--json"])), own("100/1m"));
    assert!(token(&place, "show", &[&prefix]).ok().contains("100/1m"));
    let edit = |rate: &str| token(&place, "edit", &[&prefix, "--rate", rate, "--json"]);
    assert_eq!(limit(edit("10/1s burst 5")), own("10/1s burst 5"));
    assert_eq!(limit(edit("default")), [None, None]);
    let told = token(&place, "edit", &[&prefix, "--rate", "fast"]).refused(1);
    assert!(told.contains("a rate is a number of requests and a time, such as 100/1m"), "{told}");
}

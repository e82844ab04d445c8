//! Where commands speak: a server, or the directory; never both.

use std::fs::File;
use std::net::TcpListener;

use serde_json::Value;

use crate::support::{Place, Server};

/// What there is to look at.
const QUESTIONS: &str = "user list
user show admin
user list --limit 1 --json
key list
key list --json
session list
token list --service odin
token list --service odin --json
token list --service odysseus --state active --json
audit list --json
catalog show odysseus --routes
catalog show odin --json
explain --service odin --method GET --path /api/printers --json";

/// Questions that are refused.
const REFUSED: &str = "user show nobody
token show --service odin 00000000
token create --service odin --name x --scope read:everything
token list --service jira";

/// What each question is answered.
fn answers(place: &Place, variables: &[(&str, &str)]) -> Vec<(&'static str, String)> {
    let ask = |line: &str| place.symbolon_with(variables, &line.split_whitespace().collect::<Vec<_>>());
    let answers = QUESTIONS.lines().map(|line| (line, ask(line).ok()));
    answers.chain(REFUSED.lines().map(|line| (line, ask(line).refused(1)))).collect()
}

#[test]
fn with_a_server_and_without_the_answers_are_the_same() {
    let (place, secrets) = Place::initialised();
    place.run("user create grace --role odin=operator").ok();
    place.run("token create --service odin --name a --scope read:jobs,read:printers").ok();
    place.run("token create --service odysseus --name b --profile chat").ok();
    let alone = answers(&place, &[]);
    let server = Server::again(place);
    let same = |variables: &[(&str, &str)]| {
        for (here, alone) in answers(&server.place, variables).iter().zip(&alone) {
            assert!(here == alone, "{variables:?}\n{here:?}\n{alone:?}");
        }
    };
    same(&[]);
    // Over the network, with the system key.
    let url = format!("http://{}", server.management());
    same(&[("SYMBOLON_URL", &url), ("SYMBOLON_KEY", secrets["system_key"].as_str().unwrap())]);
    let socket = format!("unix:{}", server.socket().display());
    same(&[("SYMBOLON_URL", &socket)]);
}

#[test]
fn a_change_through_the_socket_is_the_servers() {
    let server = Server::at(Place::with("listen = \"127.0.0.1:0\"\n"));
    server.place.run("user create grace --no-login").ok();
    assert_eq!(server.api().get("/v1/users/grace").status, 200);
    let line = server.place.run("audit list --action user.create --limit 1 --json").json();
    let line = &line["items"][0];
    assert_eq!((line["actor"].as_str(), line["detail"]["name"].as_str()), (Some("local"), Some("grace")));
    assert!(line["request_id"].is_string());
}

#[test]
fn a_directory_that_somebody_else_has_is_not_opened() {
    let (place, _) = Place::initialised();
    let lock = File::options().write(true).open(place.data("lock")).unwrap();
    lock.lock().unwrap();
    // Nobody answers at the socket, and the lock does not come free.
    let told = place.run("user list").refused(1);
    assert!(
        told.contains("symbolon-data is in use by another process; stop it, or name another data_dir"),
        "{told}"
    );
    drop(lock);
    place.run("user list").ok();
}

#[test]
fn a_server_that_was_named_is_the_only_one_spoken_to() {
    // The directory is here and free, and is not what was asked about.
    let (place, _) = Place::initialised();
    let nobody = {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", closed.local_addr().unwrap())
    };
    let told = place.symbolon_with(&[("SYMBOLON_URL", &nobody)], &["user", "list"]).refused(1);
    let expected = format!(
        "no Symbolon answers at {nobody} (Connection refused (os error 111)); start it with `symbolon serve`"
    );
    assert!(told.contains(&expected), "{told}");
    let told = place.run("--url https://tokens.example user list").refused(1);
    assert!(told.contains("TLS is not spoken yet"), "{told}");
    let told = place.run("--url unix:gone.sock user list").refused(1);
    assert!(told.contains("no Symbolon answers at gone.sock"), "{told}");
    // Set to nothing is not set.
    place.symbolon_with(&[("SYMBOLON_URL", ""), ("SYMBOLON_KEY", "")], &["user", "list"]).ok();
}

#[test]
fn without_the_right_key_the_network_says_no() {
    let server = Server::at(Place::with("listen = \"127.0.0.1:0\"\n"));
    let url = format!("http://{}", server.management());
    let told = server.place.symbolon(&["--url", &url, "user", "list"]).refused(1);
    assert!(told.contains("A credential is required; set SYMBOLON_KEY to a system key"), "{told}");
    let wrong = format!("symkey_{}", "0".repeat(49));
    for key in [wrong.as_str(), "wrong", "two words"] {
        let told = server.place.symbolon(&["--url", &url, "--key", key, "user", "list"]).refused(1);
        assert!(told.contains("The credential is not valid; the key may be mistyped"), "{told}");
        assert!(!told.contains(key), "{told}");
    }
    let told = server.place.symbolon(&["--url", &url, "--key", "a\nb", "user", "list"]).refused(1);
    assert!(told.contains("the key has characters that no header can carry"), "{told}");
}

#[test]
fn something_else_that_answers_is_not_taken_for_a_server() {
    let server = Server::with_odin();
    // The proxy is no management API.
    let url = format!("http://{}", server.proxy_address("odin"));
    let told = server.place.symbolon(&["--json", "--url", &url, "user", "list"]).refused(1);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["code"], "no_route");
}

//! `symbolon token usage`, and the orders of `symbolon token list`.

use serde_json::Value;

use crate::support::{Place, Server};

fn make(place: &Place, name: &str, scope: &str, more: &[&str]) -> Value {
    let first = ["token", "create", "--service", "odin", "--json", "--name", name, "--scope", scope];
    place.symbolon(&[&first[..], more].concat()).json()
}

#[test]
fn a_tokens_use_is_shown_by_route_and_kept_over_a_stop() {
    let mut server = Server::with_odin();
    let made = make(&server.place, "ci", "read:printers", &[]);
    let (id, secret) = (made["id"].as_str().unwrap(), made["token"].as_str().unwrap());
    let status = |server: &Server, path: &str| server.proxy("odin").get_as(path, secret).status;
    for (path, expected) in [("/api/printers", 200), ("/api/printers", 200), ("/api/jobs", 403)] {
        assert_eq!(status(&server, path), expected);
    }
    let told = |place: &Place, rest: &[&str]| {
        place.symbolon(&[&["token", "usage", "--service", "odin", id][..], rest].concat())
    };
    let requests = |place: &Place| {
        let told = told(place, &["--json"]).json();
        told["routes"].as_array().unwrap().iter().map(|route| route["count"].as_u64().unwrap()).sum::<u64>()
    };
    server.until("the use is written", || requests(&server.place) == 3);
    // The last of it is written at the end.
    assert_eq!(status(&server, "/api/printers"), 200);
    assert_eq!(server.stop(), Some(0));
    assert_eq!(requests(&server.place), 4);
    let table = told(&server.place, &["--days", "7"]).ok();
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["METHOD", "PATH", "OUTCOME", "REQUESTS", "LAST", "FROM"]);
    assert_eq!(lines[1][..4], ["GET", "/printers", "allowed", "3"]);
    assert_eq!(lines[2][..4], ["GET", "/jobs", "insufficient_scope", "1"]);
    assert_eq!((lines.len(), lines[1][5]), (3, "127.0.0.1"));
    server.start_again();
    assert_eq!(requests(&server.place), 4);

    let unused = make(&server.place, "unused", "read:jobs", &[]);
    let none = server.place.symbolon(&[
        "token",
        "usage",
        "--service",
        "odin",
        unused["token_prefix"].as_str().unwrap(),
    ]);
    assert_eq!((none.stdout.as_str(), none.stderr.as_str()), ("", "There are none.\n"));
    let told = told(&server.place, &["--days", "91"]).refused(1);
    assert!(told.contains("days: days is 1 to 90"), "{told}");
}

#[test]
fn a_list_is_put_in_order_and_narrowed_to_a_scope() {
    let (place, _) = Place::initialised();
    make(&place, "beta", "read:jobs", &["--expires", "30d"]);
    make(&place, "Alpha", "read:printers", &[]);
    let names = |rest: &[&str]| {
        let list =
            place.symbolon(&[&["token", "list", "--service", "odin", "--json"][..], rest].concat()).json();
        let name = |token: &Value| token["name"].as_str().unwrap().to_owned();
        list["items"].as_array().unwrap().iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(names(&["--sort", "name"]), ["Alpha", "beta"]);
    assert_eq!(names(&["--sort", "-name"]), ["beta", "Alpha"]);
    assert_eq!(names(&["--sort=-expires"]), ["Alpha", "beta"]);
    assert_eq!(names(&["--scope", "read:jobs"]), ["beta"]);
    let told = place.symbolon(&["token", "list", "--service", "odin", "--sort", "age"]).refused(1);
    assert!(told.contains("sort: created, name, last_used or expires"), "{told}");
}

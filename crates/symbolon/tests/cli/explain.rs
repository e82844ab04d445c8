//! `symbolon explain`, by a request that was refused and by one that was never made.

use crate::support::{Place, Server};

const EXPLAIN: [&str; 3] = ["explain", "--service", "odin"];

#[test]
fn a_refusal_is_explained_by_the_id_in_its_answer() {
    let server = Server::with_odin();
    let token = ["token", "create", "--service", "odin", "--name", "ci", "--scope", "read:jobs"];
    let token = server.place.symbolon(&token).ok();
    let token = token.trim_end();
    let refused = server.proxy("odin").get_as("/api/printers?secret=hush", token);
    assert_eq!(refused.status, 403);
    let id = refused.json()["request_id"].as_str().unwrap().to_owned();
    let told = server.place.symbolon(&[&EXPLAIN[..], &["--request-id", &id]].concat()).ok();
    assert!(told.starts_with("GET /api/printers of odin at 20"), "{told}");
    assert!(told.contains("refused, 403 insufficient_scope") && told.contains(&token[5..13]), "{told}");
    assert!(told.contains("  no  scopes"), "{told}");
    assert!(!told.contains("hush") && !told.contains(&token[13..]), "{told}");
    // It is remembered by the server that refused, and by nobody else.
    assert_eq!(server.stop(), Some(0));
    let told = server.place.symbolon(&[&EXPLAIN[..], &["--request-id", &id]].concat()).refused(1);
    assert!(told.contains("no refusal of this service by that id is remembered"), "{told}");
}

#[test]
fn a_request_that_was_never_made_is_explained() {
    let (place, _) = Place::initialised();
    place.run("user create vera --no-login --role odin=viewer").ok();
    let token = ["token", "create", "--service", "odin", "--name", "ci", "--scope", "read:jobs"];
    let prefix = place.symbolon(&token).ok()[5..13].to_owned();
    for (rest, expected) in [
        (&["--method", "GET", "--path", "/api/jobs", "--token", &prefix][..], "allowed, 200 allowed"),
        (
            &["--method", "GET", "--path", "/api/printers", "--token", &prefix],
            "refused, 403 insufficient_scope",
        ),
        (&["--method", "GET", "--path", "/api/backups", "--token", &prefix], "refused, 403 human_only"),
        (&["--method", "GET", "--path", "/api/printers", "--user", "vera"], "allowed, 200 allowed"),
        (&["--method", "GET", "--path", "/api/backups", "--user", "vera"], "refused, 403 insufficient_role"),
        (&["--method", "GET", "--path", "/api/backups", "--system"], "allowed, 200 allowed"),
        (&["--method", "GET", "--path", "/api/printers"], "refused, 401 credential_required"),
        (&["--method", "GET", "--path", "/api/nothing"], "refused, 404 no_route"),
        (&["--method", "GET", "--path", "/api//printers"], "refused, 400 invalid_request"),
    ] {
        let told = place.symbolon(&[&EXPLAIN[..], rest].concat()).ok();
        assert!(told.lines().next().unwrap().ends_with(expected), "{rest:?}: {told}");
    }
}

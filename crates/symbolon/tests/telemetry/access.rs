//! The access log: a line for each request to a service, and never a secret.

use serde_json::{Value, json};

use super::support::Server;
use super::{server, token};

/// The lines of a file of the server's directory.
fn lines(server: &Server, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(server.place.path().join(name)).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn each_request_has_its_line_with_ids_and_reasons_and_no_secret() {
    let server = server("access_log = \"access.log\"\nlog = \"trace\"");
    let (id, secret) = token(&server);
    let mut proxy = server.proxy("odin");
    assert_eq!(proxy.get("/api/printers").status, 401);
    // Let pass, and not to the application's own liking.
    assert_eq!(proxy.get_as("/api/printers?api_key=hush-hush", &secret).status, 422);
    let refused = proxy.get_as("/api/users", &secret);
    let refused_id = refused.json()["request_id"].as_str().unwrap().to_owned();
    // In the path, where an id belongs; whole, and as somebody else may write it.
    proxy.get_as(&format!("/api/printers/{secret}"), &secret);
    proxy.get_as(&format!("/api/printers/Bearer%20{secret}"), &secret);
    proxy.get_as(&format!("/{}/x", server.system_key()), server.system_key());
    let encoded = secret.replace('_', "%5f");
    proxy.get_as(&format!("/api/printers/{encoded}"), &secret);
    // Where it would be cut off, and what is left of it be no token's form any more.
    proxy.get_as(&format!("/api/{}/{secret}", "a".repeat(512 - 5 - 40)), &secret);
    proxy.get_as(&format!("/api/{}/{}/x", "a".repeat(505), "b".repeat(8 * 1024)), &secret);
    assert_eq!(proxy.get_as("/api/printers", &format!("{secret}x")).status, 401);
    assert_eq!(server.stop(), Some(0));

    let lines = lines(&server, "access.log");
    assert_eq!(lines.len(), 10, "{lines:#?}");
    let field = |at: usize, name: &str| lines[at][name].clone();
    let told = |at: usize| {
        json!([
            field(at, "status"),
            field(at, "code"),
            field(at, "reason"),
            field(at, "principal"),
            field(at, "token")
        ])
    };
    assert_eq!(told(0), json!([401, "credential_required", "credential_required", null, null]));
    assert_eq!(told(1), json!([422, "allowed", null, "token", id]));
    assert_eq!(told(2), json!([403, "insufficient_scope", "insufficient_scope", null, id]));
    assert_eq!(told(9), json!([401, "invalid_token", "token_form", null, null]));
    assert_eq!(field(2, "request_id"), json!(refused_id));
    assert_eq!((field(1, "path"), field(1, "route")), (json!("/api/printers"), json!("GET /printers")));
    for line in &lines {
        assert_eq!((&line["door"], &line["service"]), (&json!("proxy"), &json!("odin")));
        assert_eq!((&line["method"], &line["client_ip"]), (&json!("GET"), &json!("127.0.0.1")));
        assert!(
            line["time"].as_str().unwrap().ends_with('Z') && line["ms"].as_f64().unwrap() > 0.0,
            "{line}"
        );
        assert!(line["request_id"].as_str().unwrap().starts_with("req_"), "{line}");
    }
    for at in 3..9 {
        assert_eq!(field(at, "path"), Value::Null, "{at}");
    }
    let text = std::fs::read_to_string(server.place.path().join("access.log")).unwrap();
    for (hidden, name) in [
        (&secret[13..45], "the token"),
        (&server.system_key()[15..50], "the system key"),
        ("hush-hush", "the query"),
    ] {
        assert!(!text.contains(hidden), "{name} is in {text}");
        assert!(!server.log().contains(hidden), "{name} is in {}", server.log());
    }
}

#[test]
fn a_file_that_was_moved_away_is_made_anew_on_sighup() {
    let server = server("access_log = \"access.log\"");
    let mut proxy = server.proxy("odin");
    proxy.get("/first");
    server.until("the first line is written", || lines(&server, "access.log").len() == 1);
    let at = |name: &str| server.place.path().join(name);
    std::fs::rename(at("access.log"), at("access.log.1")).unwrap();
    proxy.get("/second");
    server.until("the second line follows the file", || lines(&server, "access.log.1").len() == 2);
    server.signal("HUP");
    server.until("the file is made anew", || at("access.log").exists());
    proxy.get("/third");
    server.until("the third line is in it", || lines(&server, "access.log").len() == 1);
    assert_eq!(lines(&server, "access.log")[0]["path"], "/third");
    assert_eq!(lines(&server, "access.log.1").len(), 2);
}

#[test]
fn a_log_that_cannot_be_opened_is_refused_at_the_start() {
    let place = super::Place::with("listen = \"127.0.0.1:0\"\naccess_log = \"nowhere/access.log\"\n");
    place.symbolon(&["init", "--json"]).ok();
    let told = place.symbolon(&["serve"]).refused(1);
    assert!(told.contains("the access log nowhere/access.log cannot be opened"), "{told}");
    // Who only looks at the record needs no log.
    place.symbolon(&["key", "list"]).ok();
}

//! What the two documents promise, through each gateway, in front of the application itself.

use serde_json::{Value, json};

use crate::gateway::{Gateway, Kind};
use crate::stage::server;
use crate::support::{Backend, Http, Place};

crate::every_gateway!(the_documents_requests_get_what_they_promise);

fn the_documents_requests_get_what_they_promise(kind: Kind) {
    let place = Place::empty();
    let odin = Backend::odin(place.path());
    let server = server(odin.address, "refuse");
    let gateway = (kind != Kind::Proxy).then(|| Gateway::start(kind, odin.address, server.gateway_address()));
    let address = gateway.as_ref().map_or_else(|| server.proxy_address("odin"), |gateway| gateway.address);
    let token = |scopes: &[&str]| {
        let body = json!({ "name": "test", "scopes": scopes });
        let made = server.api().send("POST", "/v1/services/odin/tokens", &body);
        made.json()["token"].as_str().unwrap().to_owned()
    };
    let ask = |secret: &str, method: &str, path: &str, body: Option<&Value>| {
        Http::connect(address).bearer(secret).ask(method, path, body).unwrap()
    };
    let (reader, writer) = (token(&["read:printers", "read:jobs"]), token(&["write:jobs"]));
    let nothing = json!({});
    let job = json!({ "model_id": 42, "printer_id": 1, "priority": "normal" });
    let printers = ask(&reader, "GET", "/api/printers", None);
    assert_eq!(printers.status, 200, "{kind:?}");
    assert!(printers.json()[0]["status"].is_string(), "{}", printers.json());
    assert_eq!(ask(&reader, "GET", "/api/v1/printers", None).status, 200);
    assert_eq!(ask(&reader, "HEAD", "/api/printers", None).status, 200);
    assert_eq!(ask(&reader, "POST", "/api/jobs", Some(&job)).status, 403);
    let created = ask(&writer, "POST", "/api/jobs", Some(&job));
    assert_eq!((created.status, &created.json()["model_id"]), (201, &json!(42)), "{kind:?}");
    assert_eq!(ask(&writer, "GET", "/api/jobs", None).status, 403);
    let (watcher, worker) = (token(&["agent:read"]), token(&["agent:write"]));
    assert_eq!(ask(&watcher, "GET", "/api/alerts", None).status, 200);
    assert_eq!(ask(&watcher, "POST", "/api/printers/1/pause", Some(&nothing)).status, 403);
    assert_eq!(ask(&worker, "GET", "/api/alerts", None).status, 200);
    assert_eq!(ask(&worker, "POST", "/api/printers/1/pause", Some(&nothing)).status, 200);
    for path in ["/api/backups", "/api/license", "/api/smtp"] {
        assert!([403, 404, 405].contains(&ask(&worker, "GET", path, None).status), "{kind:?} {path}");
    }
    // The system key has full access, and may also come as X-API-Key.
    assert_eq!(ask(server.system_key(), "GET", "/api/backups", None).status, 200);
    let mut wire = crate::wire::Wire::connect(address).unwrap();
    let by_key = wire.ask("GET /api/backups", &[("X-API-Key", server.system_key())]).unwrap();
    assert_eq!(by_key.status(), 200, "{kind:?}");
}

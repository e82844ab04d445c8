//! `/metrics`: the numbers are those of what was done, and there are never more series than the catalogs have routes.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use serde_json::{Value, json};

use super::support::{Place, Server, tool};
use super::{server, server_in, token};

/// What one scrape told.
pub(crate) struct Samples(Vec<(String, Value, f64)>);

impl Samples {
    /// As Prometheus's parser reads it.
    fn read(text: &[u8]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/telemetry/metrics.py");
        let mut python = Command::new("python3");
        python
            .arg(script)
            .env("PYTHONPATH", tool("prometheus-client-0.26.0"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut python = python.spawn().unwrap();
        python.stdin.take().unwrap().write_all(text).unwrap();
        let done = python.wait_with_output().unwrap();
        assert!(done.status.success());
        Self(serde_json::from_slice(&done.stdout).unwrap())
    }

    pub(crate) fn of(server: &Server) -> Self {
        let answer = server.api().get("/metrics");
        assert_eq!(answer.status, 200);
        assert!(answer.head.contains("content-type: text/plain; version=0.0.4"), "{}", answer.head);
        Self::read(&answer.body)
    }

    /// The value of the one sample of this name and these labels.
    pub(crate) fn value(&self, name: &str, labels: &Value) -> Option<f64> {
        let mut found = self.0.iter().filter(|(other, of, _)| other == name && of == labels);
        let value = found.next().map(|(_, _, value)| *value);
        assert!(found.next().is_none(), "{name} {labels} is there twice");
        value
    }

    fn checks(&self, method: &str, route: &str, code: &str) -> Option<f64> {
        let labels = json!({ "service": "odin", "method": method, "route": route, "code": code });
        self.value("symbolon_checks_total", &labels)
    }

    fn series(&self) -> BTreeSet<String> {
        self.0.iter().map(|(name, labels, _)| format!("{name} {labels}")).collect()
    }
}

#[test]
fn the_numbers_are_those_of_what_was_done() {
    let server = server("");
    let (_, secret) = token(&server);
    let before = Samples::of(&server);
    let mut proxy = server.proxy("odin");
    for _ in 0..2 {
        assert_eq!(proxy.get("/api/printers").status, 401);
    }
    for at in 0..4 {
        assert_eq!(proxy.get(&format!("/nowhere/{at}")).status, 404);
    }
    for _ in 0..3 {
        assert_eq!(proxy.get_as("/api/v1/printers", &secret).status, 200);
    }
    assert_eq!(proxy.get_as("/api/users", &secret).status, 403);
    let after = Samples::of(&server);
    for (method, route, code, count) in [
        ("GET", "/printers", "allowed", 3.0),
        ("GET", "/printers", "credential_required", 2.0),
        ("GET", "/users", "insufficient_scope", 1.0),
        ("-", "-", "no_route", 4.0),
    ] {
        assert_eq!(after.checks(method, route, code), Some(count), "{method} {route} {code}");
        assert_eq!(before.checks(method, route, code), None);
    }
    let door = json!({ "door": "proxy" });
    let requests = |samples: &Samples| samples.value("symbolon_request_seconds_count", &door);
    assert_eq!((requests(&before), requests(&after)), (Some(0.0), Some(10.0)));
    let all = json!({ "door": "proxy", "le": "+Inf" });
    assert_eq!(after.value("symbolon_request_seconds_bucket", &all), Some(10.0));
    assert_eq!(after.value("symbolon_index_entries", &json!({ "kind": "tokens" })), Some(1.0));
    for one in ["symbolon_ready", "symbolon_store_up"] {
        assert_eq!(after.value(one, &json!({})), Some(1.0), "{one}");
    }
    assert!(after.value("symbolon_store_bytes", &json!({})) > Some(4_096.0));
    let commits = |samples: &Samples| samples.value("symbolon_store_commit_seconds_count", &json!({}));
    assert_eq!((commits(&before), commits(&after)), (Some(1.0), Some(1.0)));
    token(&server);
    assert_eq!(commits(&Samples::of(&server)), Some(2.0));
    let nobody = server.anonymous().get("/metrics");
    assert_eq!(nobody.status, 401);
}

/// Whatever strangers send, there is no series for it.
#[test]
fn strangers_make_no_series() {
    let server = server("open_metrics = true");
    let (_, secret) = token(&server);
    let scrape = || Samples::read(&server.anonymous().get("/metrics").body);
    let strange = |from: usize| {
        let mut proxy = server.proxy("odin");
        for at in from..from + 100 {
            proxy.get_as(&format!("/api/printers/x{at}"), &secret);
            proxy.get_as(&format!("/x{at}?y={at}"), &format!("odin_{at}"));
            proxy.ask(&format!("BREW{at}"), "/api/printers", None).unwrap();
            proxy.get_as(&format!("/api/printers/{at}"), &format!("nobody{at}"));
        }
    };
    strange(0);
    let before = scrape().series();
    strange(1_000);
    assert_eq!(scrape().series(), before);
    // And nothing of what was sent is in it.
    let text = String::from_utf8(server.anonymous().get("/metrics").body).unwrap();
    assert!(!text.contains("BREW") && !text.contains("x1") && !text.contains(&secret[..13]), "{text}");
}

#[test]
fn an_application_that_is_away_and_catalogs_that_do_not_compile_are_counted() {
    let place = Place::with(
        "listen = \"127.0.0.1:0\"\ncatalogs = [\"own.toml\"]\n[services.own]\nlisten = \"127.0.0.1:0\"\nupstream = \"http://127.0.0.1:1\"\n",
    );
    let catalog = "service = \"own\"\ntitle = \"Own\"\ntoken_prefix = \"own\"\n[[routes]]\naccess = \"public\"\npaths = [\"GET /a\"]\n";
    place.write("own.toml", catalog);
    let server = Server::at(place);
    let fault = json!({ "service": "own", "code": "bad_gateway" });
    let faults = || Samples::of(&server).value("symbolon_upstream_faults_total", &fault);
    assert_eq!(faults(), Some(0.0));
    assert_eq!(server.proxy("own").get("/a").status, 502);
    assert_eq!(faults(), Some(1.0));
    let reloads = |outcome: &str| {
        let labels = json!({ "outcome": outcome });
        Samples::of(&server).value("symbolon_catalog_reloads_total", &labels)
    };
    assert_eq!((reloads("loaded"), reloads("refused")), (Some(0.0), Some(0.0)));
    server.place.write("own.toml", "service = \"own\"\n");
    server.signal("HUP");
    let log = "the catalogs were not reloaded";
    server.until(log, || server.log().contains(log));
    assert_eq!(reloads("loaded"), Some(0.0));
    assert!(reloads("refused") >= Some(1.0));
}

/// A pair of files for the gateways' door, whose certificate ends with February of this year.
fn write_pair(place: &Place, year: i32) {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.not_after = date_time_ymd(year, 2, 28);
    let key = KeyPair::generate().unwrap();
    place.write("gateway.pem", &params.self_signed(&key).unwrap().pem());
    place.write("gateway.key", &key.serialize_pem());
}

const OVER_TLS: &str = "[gateway]\nlisten = \"127.0.0.1:0\"\npeers = [\"127.0.0.1\"]\n\
                        tls = { certificate = \"gateway.pem\", key = \"gateway.key\" }";

#[test]
fn the_end_of_a_certificate_is_that_of_the_one_in_force() {
    let place = Place::empty();
    write_pair(&place, 2048);
    let server = server_in(place, OVER_TLS);
    let door = json!({ "door": "gateway", "service": "" });
    let ends = || Samples::of(&server).value("symbolon_certificate_expires_timestamp_seconds", &door);
    assert_eq!(ends(), Some(2_466_460_800.0));
    // What is no pair changes nothing; and another is told of when it is taken up.
    server.place.write("gateway.pem", "nothing");
    server.signal("HUP");
    server.until("it is refused", || server.log().contains("the one before stays in force"));
    assert_eq!(ends(), Some(2_466_460_800.0));
    write_pair(&server.place, 2051);
    server.until("it is taken up", || ends() == Some(2_561_155_200.0));
}

/// One whose receiver is not there.
const A_WEBHOOK: &str = "[[webhooks]]\nname = \"chat\"\nurl = \"http://127.0.0.1:1\"\n\
                         secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\n";

/// Every name of the document is told, and every name that is told is in the document.
#[test]
fn the_document_has_every_name() {
    let place = Place::empty();
    write_pair(&place, 2048);
    // A node of a fleet, for it tells more than who has the record alone.
    let postgres = symbolon_postgres_server::shared(symbolon_postgres_server::Version::Debian).unwrap();
    let database = postgres.new_database().unwrap();
    let settings = format!(
        "access_log = \"access.log\"\n[telemetry]\notlp = \"http://127.0.0.1:1\"\n[database]\nurl = \"{}\"\n{OVER_TLS}\n{A_WEBHOOK}",
        database.url()
    );
    let server = server_in(place, &settings);
    token(&server);
    server.proxy("odin").get("/");
    let text = String::from_utf8(server.api().get("/metrics").body).unwrap();
    let told: BTreeSet<_> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let document =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/telemetry.md"))
            .unwrap();
    let named: BTreeSet<_> =
        document.lines().filter_map(|line| line.strip_prefix("| `symbolon_")?.split('`').next()).collect();
    let named: BTreeSet<_> = named.into_iter().map(|rest| format!("symbolon_{rest}")).collect();
    assert_eq!(told, named.iter().map(String::as_str).collect());
}

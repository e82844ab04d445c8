//! `symbolon doctor gateway`: it finds nothing in the files of `deploy/` as they stand, and every mistake that is made
//! in them.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Stdio};
use std::thread;

use serde_json::{Value, json};

use crate::application::Application;
use crate::gateway::{Gateway, Kind};
use crate::stage::server;
use crate::support::{Done, Place, Server};

crate::every_gateway!(nothing_gets_past_what_is_deployed);

/// A canary in the application's place. It is told to end, by its own id, when the value goes.
struct Canary {
    address: SocketAddr,
    word: String,
    running: Child,
}

impl Canary {
    fn start() -> Self {
        let place = Place::empty();
        let mut command = place.command();
        command.args(["doctor", "canary", "--listen", "127.0.0.1:0", "--json"]).stdout(Stdio::piped());
        let mut running = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(running.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let text = |name: &str| said[name].as_str().unwrap().to_owned();
        let address = text("listening").strip_prefix("http://").unwrap().parse().unwrap();
        Self { address, word: text("word"), running }
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        let _ = self.running.kill();
        let _ = self.running.wait();
    }
}

fn token(server: &Server) -> String {
    let body = json!({ "name": "doctor", "scopes": ["read:printers"] });
    let made = server.api().send("POST", "/v1/services/odin/tokens", &body);
    made.json()["token"].as_str().unwrap().to_owned()
}

/// Runs the doctor with a new token.
fn doctor(server: &Server, gateway: SocketAddr, more: &[&str]) -> Done {
    let token = token(server);
    let url = format!("http://{gateway}");
    let words = ["doctor", "gateway", &url, "--open", "/api/printers", "--canary", "/api/backups"];
    let done = server.place.symbolon_with(&[("SYMBOLON_TOKEN", &token)], &[&words, more].concat());
    assert!(!format!("{done:?}").contains(&token), "the token is told");
    done
}

fn told(done: &Done) -> Value {
    serde_json::from_str(&done.stdout).unwrap_or_else(|_| panic!("{done:?}"))
}

/// The findings, each as its level and name.
fn findings(told: &Value) -> Vec<(&str, &str)> {
    let found = told["findings"].as_array().unwrap().iter();
    found.map(|finding| (finding["level"].as_str().unwrap(), finding["check"].as_str().unwrap())).collect()
}

fn nothing_gets_past_what_is_deployed(kind: Kind) {
    let canary = Canary::start();
    let server = server(canary.address, "refuse");
    let gateway =
        (kind != Kind::Proxy).then(|| Gateway::start(kind, canary.address, server.gateway_address()));
    let address = gateway.as_ref().map_or_else(|| server.proxy_address("odin"), |gateway| gateway.address);
    let done = doctor(&server, address, &["--word", &canary.word, "--json"]);
    let told = told(&done);
    assert_eq!(done.code, Some(0), "{kind:?} {told:#}");
    assert!(
        told["sent"].as_u64().unwrap() > 120 && told["arrived"].as_u64().unwrap() > 5,
        "{kind:?} {told:#}"
    );
    // nginx and Traefik remove headers by their whole names alone, and cannot know those of a later version.
    let by_name = matches!(kind, Kind::Nginx | Kind::Traefik);
    let known: &[(&str, &str)] = if by_name { &[("warn", "forged_lookalike")] } else { &[] };
    assert_eq!(findings(&told), known, "{kind:?} {told:#}");
}

/// A location for files that nobody is asked about.
const OPEN_FILES: &str =
    "location /static/ { auth_request off; proxy_pass http://application; }\nlocation / {";

/// nginx's own reading of the path, which is another in the question's location.
const UNDERSTOOD: &str = "location / { set $understood $uri;";

/// A mistake in nginx.conf: what stands there and what somebody might write instead, and what is found.
type Mistake = (&'static [(&'static str, &'static str)], &'static str);

const MISTAKES: &[Mistake] = &[
    (&[("location / {", "location / { auth_request off;")], "unguarded"),
    (&[("location / {", OPEN_FILES)], "past_the_gate"),
    (&[("location / {", UNDERSTOOD), ("$request_uri", "$understood")], "not_canonical"),
    (&[("http://application;", "http://application/below/;")], "rewritten"),
    (&[("proxy_set_header X-Original-Method  $request_method;", "")], "header_believed"),
    (&[("X-Original-Method  $request_method;", "X-Original-Method  GET;")], "method"),
    (&[("/gateway/nginx/odin", "/gateway/caddy/odin")], "header_believed"),
    (&[("proxy_set_header X-Symbolon-Owner     $symbolon_owner;", "")], "forged"),
    (&[("proxy_set_header X-Symbolon-Identity  \"\";", "")], "forged"),
    (&[("underscores_in_headers off;", "underscores_in_headers on;")], "forged_twin"),
    (
        &[(
            "proxy_pass_request_body off;",
            "proxy_pass_request_body off; proxy_set_header X-Method-Override \"\";",
        )],
        "ambiguous",
    ),
    (&[("proxy_set_header Authorization $authorization_header;", "")], "credential"),
    (&[("proxy_set_header X-Rewrite-URL                    \"\";", "")], "path_header"),
    (&[("proxy_set_header Cookie        $symbolon_cookie;", "")], "own_cookie"),
];

#[test]
fn every_mistake_is_found() {
    let canary = Canary::start();
    let server = server(canary.address, "refuse");
    let look = |(changes, finding): &Mistake| {
        let change = |text: &str| {
            changes.iter().fold(text.to_owned(), |text, (right, wrong)| {
                assert_eq!(text.matches(right).count(), 1, "{right} is not in the file, or more than once");
                text.replace(right, wrong)
            })
        };
        let gateway = Gateway::changed(Kind::Nginx, canary.address, server.gateway_address(), change);
        let done = doctor(&server, gateway.address, &["--word", &canary.word, "--json"]);
        let told = told(&done);
        let found = findings(&told);
        let level =
            if matches!(*finding, "credential" | "path_header" | "rewritten") { "warn" } else { "bad" };
        assert!(found.contains(&(level, finding)), "{changes:?}: {told:#}");
        assert_eq!(done.code, Some(i32::from(level == "bad")), "{changes:?}: {told:#}");
    };
    // Each run waits for answers most of the time.
    thread::scope(|scope| {
        for some in MISTAKES.chunks(4) {
            scope.spawn(move || some.iter().for_each(look));
        }
    });
}

/// Many checks fall to this; here nothing that nginx would rewrite is allowed in the first place.
#[test]
fn a_path_behind_proxy_pass_lets_nothing_past() {
    let canary = Canary::start();
    let server = server(canary.address, "refuse");
    let change =
        |text: &str| text.replace("proxy_pass http://application;", "proxy_pass http://application/;");
    let gateway = Gateway::changed(Kind::Nginx, canary.address, server.gateway_address(), change);
    let done = doctor(&server, gateway.address, &["--word", &canary.word, "--json"]);
    assert_eq!(findings(&told(&done)), [("warn", "forged_lookalike")], "{done:?}");
}

#[test]
fn a_finding_says_what_arrived_and_what_to_change() {
    let canary = Canary::start();
    let server = server(canary.address, "refuse");
    let change = |text: &str| text.replace("location / {", OPEN_FILES);
    let gateway = Gateway::changed(Kind::Nginx, canary.address, server.gateway_address(), change);
    let upstream = format!("http://{}", canary.address);
    let done = doctor(&server, gateway.address, &["--word", &canary.word, "--upstream", &upstream]);
    assert_eq!(done.code, Some(1));
    for line in [
        "dots with a parameter below /static: GET /static/..;/api/backups -> GET /static/..;/api/backups",
        "and put auth_request into every location that reaches the application",
        "around the gateway: GET /api/backups -> GET /api/backups",
        "to close it: let the application listen at 127.0.0.1",
    ] {
        assert!(done.stdout.contains(line), "{line}\n{}", done.stdout);
    }
    assert!(done.stderr.contains("25 of "), "{}", done.stderr);
}

#[test]
fn without_a_canary_statuses_are_judged() {
    let application = Application::start();
    let server = server(application.address, "refuse");
    for (wrong, code, found) in [("location / {", 0, None), (OPEN_FILES, 1, Some(("bad", "perhaps_past")))] {
        let change = |text: &str| text.replace("location / {", wrong);
        let gateway = Gateway::changed(Kind::Nginx, application.address, server.gateway_address(), change);
        let done = doctor(&server, gateway.address, &["--json"]);
        let said = told(&done);
        assert_eq!((done.code, findings(&said)), (Some(code), found.into_iter().collect()), "{said:#}");
        assert_eq!(said["judged_by"], "status");
    }
}

#[test]
fn beside_a_login_of_the_applications_own_nothing_is_found() {
    let canary = Canary::start();
    let server = server(canary.address, "passthrough");
    let gateway = Gateway::start(Kind::Caddy, canary.address, server.gateway_address());
    let done = doctor(&server, gateway.address, &["--word", &canary.word, "--json"]);
    let told = told(&done);
    assert_eq!((done.code, findings(&told)), (Some(0), vec![]), "{told:#}");
    let notes = told["notes"].to_string();
    assert!(notes.contains("left to the application's own login"), "{notes}");
}

/// As the file for nginx was once: no cookie beside a token, and every one else.
#[test]
fn a_cookie_that_arrives_without_a_token_is_found() {
    let canary = Canary::start();
    let server = server(canary.address, "passthrough");
    let right = "proxy_set_header Cookie        $symbolon_cookie;";
    for (wrong, found) in [(right, None), ("proxy_set_header Cookie $others;", Some(("bad", "own_cookie")))] {
        let map = "http {\n map $symbolon_principal $others { default $http_cookie; token ''; system ''; }";
        let change = |text: &str| text.replace("http {", map).replace(right, wrong);
        let gateway = Gateway::changed(Kind::Nginx, canary.address, server.gateway_address(), change);
        let done = doctor(&server, gateway.address, &["--word", &canary.word, "--json"]);
        let told = told(&done);
        let own = findings(&told).into_iter().find(|(_, name)| *name == "own_cookie");
        assert_eq!(own, found, "{told:#}");
    }
}

#[test]
fn what_cannot_be_looked_at_is_no_clean_bill() {
    let canary = Canary::start();
    let server = server(canary.address, "refuse");
    let gateway = Gateway::start(Kind::Nginx, canary.address, server.gateway_address());
    let words = ["--word", canary.word.as_str()];
    // Another word, a path that is refused, a canary path that is allowed, and nobody there.
    for (url, open, closed, word, said) in [
        (gateway.address, "/api/printers", "/api/backups", "another", "did not reach the canary"),
        (gateway.address, "/api/backups", "/api/smtp", words[1], "was answered with 403 and did not reach"),
        (
            gateway.address,
            "/api/printers",
            "/api/printers/1",
            words[1],
            "Symbolon allows this caller /api/printers/1",
        ),
        (([127, 0, 0, 1], 1).into(), "/api/printers", "/api/backups", words[1], "no connection"),
    ] {
        let (token, url) = (token(&server), format!("http://{url}"));
        let line = ["doctor", "gateway", &url, "--open", open, "--canary", closed, "--word", word];
        let done = server.place.symbolon_with(&[("SYMBOLON_TOKEN", &token)], &line);
        assert!(matches!(done.code, Some(1 | 2)) && done.stderr.contains(said), "{said}: {done:?}");
        assert_eq!(done.stdout, "");
    }
}

#[test]
fn a_service_that_is_only_watched_is_no_clean_bill() {
    let canary = Canary::start();
    let server = Server::at(Place::with(
        "listen = \"127.0.0.1:0\"\n[gateway]\nlisten = \"127.0.0.1:0\"\npeers = [\"127.0.0.1\"]\n\
         [services.odin]\nenforce = false\n",
    ));
    let gateway = Gateway::start(Kind::Nginx, canary.address, server.gateway_address());
    let done = doctor(&server, gateway.address, &["--word", &canary.word]);
    assert!(done.refused(1).contains("Symbolon only watches this service"));
}

//! TLS at the doors of a real server, and certificates that change under it.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, Stream};
use serde_json::Value;

use crate::support::{Place, Server};

/// A certificate for `localhost` that vouches for itself, written to files of this name.
fn write_pair(place: &Place, name: &str) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    place.write(&format!("{name}.key"), &made.signing_key.serialize_pem());
    place.write(&format!("{name}.pem"), &made.cert.pem());
    made.cert.der().clone()
}

/// What a server answers to one who trusts this certificate alone.
fn ask(address: SocketAddr, trusted: &CertificateDer<'static>, line: &str) -> io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut socket = TcpStream::connect(address)?;
    let mut stream = Stream::new(&mut client, &mut socket);
    write!(stream, "{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Waits for a line of the log.
fn until_logged(server: &Server, place: &str, line: &str) {
    for _ in 0..2_000_000 {
        if server.log().contains(line) {
            return;
        }
        std::thread::yield_now();
    }
    panic!("{place}: {line}\n{}", server.log());
}

/// What the doctor finds of certificates.
fn findings(server: &Server) -> Vec<(String, String)> {
    let told: Value = serde_json::from_str(&server.place.run("doctor --json").stdout).unwrap();
    let found = told["findings"].as_array().unwrap().iter().filter(|one| one["check"] == "certificate");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    found.map(|one| (text(&one["level"]), text(&one["detail"]))).collect()
}

#[test]
fn each_door_has_its_certificate_and_takes_a_new_one() {
    let place = Place::with(
        "listen = \"127.0.0.1:0\"\n\
         [tls]\ncertificate = \"management.pem\"\nkey = \"management.key\"\n\
         [gateway]\nlisten = \"127.0.0.1:0\"\npeers = [\"127.0.0.1\"]\n\
         tls = { certificate = \"gateway.pem\", key = \"gateway.key\" }\n\
         [services.odin]\nlisten = \"127.0.0.1:0\"\nupstream = \"http://127.0.0.1:1\"\n\
         tls = { certificate = \"odin.pem\", key = \"odin.key\" }\n",
    );
    let [management, gateway, odin] = ["management", "gateway", "odin"].map(|name| write_pair(&place, name));
    let server = Server::at(place);
    assert!(ask(server.management(), &management, "GET /healthz").unwrap().starts_with("HTTP/1.1 200 "));
    assert!(ask(server.gateway_address(), &gateway, "GET /").unwrap().starts_with("HTTP/1.1 4"));
    let proxy = || server.proxy_address("odin");
    assert!(ask(proxy(), &odin, "GET /nowhere").unwrap().starts_with("HTTP/1.1 404 "));
    assert!(ask(proxy(), &gateway, "GET /nowhere").is_err());

    // A pair that is none leaves the one before in force, by a signal as by itself.
    server.place.write("odin.pem", "nothing");
    server.signal("HUP");
    let refused = "odin.pem: there is no certificate in it";
    until_logged(&server, "a bad pair", refused);
    assert!(server.log().contains("the one before stays in force"));
    assert!(ask(proxy(), &odin, "GET /nowhere").is_ok());
    assert!(findings(&server).iter().any(|(level, detail)| {
        level == "bad" && detail.starts_with("proxy of odin: ") && detail.contains(refused)
    }));

    // A good one is taken up without being told to.
    let new = write_pair(&server.place, "odin");
    while ask(proxy(), &new, "GET /nowhere").is_err() {}
    assert!(ask(proxy(), &odin, "GET /nowhere").is_err());
    assert!(ask(server.management(), &management, "GET /healthz").is_ok());
}

/// A certificate for `localhost` until this moment, and its key.
fn ending(at: SystemTime) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.not_before = (at - 60 * DAY).into();
    params.not_after = at.into();
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

const DAY: Duration = Duration::from_hours(24);

#[test]
#[expect(clippy::disallowed_methods, reason = "a certificate ends by the clock of the machine")]
fn a_certificate_that_cannot_be_replaced_or_ends_soon_is_told_until_it_is_mended() {
    let place = Place::with(
        "listen = \"127.0.0.1:0\"\n\
         [services.odin]\nlisten = \"127.0.0.1:0\"\nupstream = \"http://127.0.0.1:1\"\n\
         tls = { certificate = \"odin.pem\", key = \"odin.key\" }\n",
    );
    let write = |place: &Place, pair: &(String, String)| {
        place.write("odin.key", &pair.1);
        place.write("odin.pem", &pair.0);
    };
    let now = SystemTime::now();
    let (long, soon, over) = (ending(now + 30 * DAY), ending(now + 13 * DAY), ending(now - DAY));
    write(&place, &long);
    let server = Server::at(place);
    let state = || {
        let answer = server.api().get("/v1/status");
        let told: Value = serde_json::from_slice(&answer.body).unwrap();
        let doors = told["doors"].as_array().unwrap().iter();
        doors.clone().find(|door| door["service"] == "odin").unwrap()["certificate"].clone()
    };
    let reloads = || server.log().matches("the certificate is reloaded").count();
    let reload = |before: usize| {
        server.signal("HUP");
        server.until("the pair is reloaded", || reloads() > before);
    };
    let valid = state();
    assert_eq!((&valid["state"], &valid["fault"]), (&"valid".into(), &Value::Null));
    let found = findings(&server);
    assert!(found.len() == 1 && found[0].0 == "ok" && found[0].1.starts_with("proxy of odin: until "));

    server.place.write("odin.pem", "nothing");
    server.signal("HUP");
    until_logged(&server, "a bad pair", "the one before stays in force");
    let broken = state();
    assert_eq!((&broken["state"], &broken["ends_at"]), (&"valid".into(), &valid["ends_at"]));
    assert!(broken["fault"].as_str().unwrap().contains("odin.pem: there is no certificate in it"));
    let since = broken["fault_since"].as_str().unwrap();
    let found = findings(&server);
    assert!(found[0].0 == "bad" && found[0].1.starts_with("proxy of odin: ") && found[0].1.contains(since));
    assert!(found[0].1.ends_with(&format!("until {}", valid["ends_at"].as_str().unwrap())));

    for (pair, level, word) in
        [(&soon, "warn", "ends_soon"), (&over, "warn", "ended"), (&long, "ok", "valid")]
    {
        let before = reloads();
        write(&server.place, pair);
        reload(before);
        let mended = state();
        assert_eq!((&mended["state"], &mended["fault"]), (&word.into(), &Value::Null));
        let found = findings(&server);
        assert_eq!((found.len(), found[0].0.as_str()), (1, level), "{found:?}");
    }

    // Without a server it is the files that are looked at.
    server.stop();
    server.place.write("odin.pem", "nothing");
    let done = server.place.run("doctor");
    assert!(done.stdout.contains("no server will start with it") && done.code == Some(1), "{done:?}");
}

#[test]
fn files_that_are_no_certificate_and_key_are_refused_with_their_line() {
    let text = "listen = \"127.0.0.1:0\"\n[tls]\ncertificate = \"a.pem\"\nkey = \"a.key\"\n";
    let place = Place::with(text);
    let told = |place: &Place| {
        let output = place.command().args(["serve"]).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let missing = told(&place);
    assert!(missing.contains("symbolon.toml:3: ") && missing.contains("a.pem cannot be read"), "{missing}");
    write_pair(&place, "a");
    write_pair(&place, "b");
    fs::rename(place.path().join("b.key"), place.path().join("a.key")).unwrap();
    let mixed = told(&place);
    assert!(mixed.contains("symbolon.toml:3: ") && mixed.contains("cannot be used together"), "{mixed}");
    place.write("a.key", "hush");
    let no_key = told(&place);
    assert!(no_key.contains("symbolon.toml:4: ") && no_key.contains("there is no private key"), "{no_key}");
    assert!(!no_key.contains("hush"));
}

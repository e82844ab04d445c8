//! `symbolon serve`: beginning, being found, and ending.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Http, Place, Server};

#[test]
fn in_an_empty_directory_the_first_start_prints_what_init_prints() {
    let place = Place::with("listen = \"127.0.0.1:0\"\n");
    let mut command = place.command();
    let mut child =
        command.args(["serve", "--json"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut line = || serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap();
    let (secrets, listening) = (line(), line());
    let key = secrets["system_key"].as_str().unwrap();
    let address = listening["listening"]["management"].as_str().unwrap().strip_prefix("http://").unwrap();
    let status = Http::connect(address.parse().unwrap()).bearer(key).get("/v1/users").status;
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(status, 200);
    assert_eq!(secrets["admin"]["username"], "admin");

    // The second start has nothing more to tell.
    let server = Server::again(place);
    assert!(!server.log().contains(key));
    assert_eq!(server.anonymous().bearer(key).get("/v1/users").status, 200);
}

#[test]
fn people_are_told_where_it_listens() {
    let (place, _) = Place::initialised();
    let mut command = place.command();
    let mut child = command.arg("serve").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let management = lines.next().unwrap().unwrap();
    let socket = lines.next().unwrap().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(management.strip_prefix("listening management http://127.0.0.1:").is_some(), "{management}");
    assert_eq!(socket, "listening socket symbolon-data/symbolon.sock");
}

#[test]
fn the_log_can_be_read_by_programs() {
    let (place, _) = Place::initialised();
    place.write("symbolon.toml", "listen = \"127.0.0.1:0\"\nlog_format = \"json\"\n");
    let server = Server::again(place);
    let lines: Vec<Value> = server.log().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let address = format!("http://{}", server.management());
    assert!(lines.iter().any(|line| line["address"] == address.as_str()), "{lines:?}");
}

#[test]
fn told_to_end_it_leaves_nothing_behind() {
    for signal in ["TERM", "INT"] {
        let server = Server::at(Place::with("listen = \"127.0.0.1:0\"\n"));
        let (address, socket) = (server.management(), server.socket());
        // One who is connected and asks nothing does not hold it up.
        let _idle = TcpStream::connect(address).unwrap();
        server.signal(signal);
        assert_eq!(server.wait(), Some(0), "{}", server.log());
        assert!(TcpStream::connect(address).is_err());
        assert!(!socket.exists());
        assert_eq!(fs::metadata(server.place.data("lock")).unwrap().len(), 0);
        server.place.run("user list").ok();
    }
}

#[test]
fn killed_it_is_started_again_over_what_it_left() {
    let mut server = Server::at(Place::with("listen = \"127.0.0.1:0\"\n"));
    server.kill();
    assert!(server.socket().exists());
    // Commands are not misled by the socket of the dead.
    server.place.run("user list").ok();
    server.start_again();
    assert_eq!(server.api().get("/readyz").status, 200);
    server.place.run("user list").ok();
}

#[test]
fn a_second_server_on_the_same_directory_is_refused() {
    let server = Server::at(Place::with("listen = \"127.0.0.1:0\"\n"));
    let told = server.place.run("serve").refused(1);
    let expected = format!("symbolon-data is in use by a running server (process {}); stop it", server.id());
    assert!(told.contains(&expected), "{told}");
    assert_eq!(server.api().get("/readyz").status, 200);
}

#[test]
fn an_application_behind_it_is_reached_with_a_token() {
    let server = Server::with_odin();
    let token = server.place.run("token create --service odin --name grafana --scope read:printers");
    let token = token.ok();
    let mut proxy = server.proxy("odin");
    let answer = proxy.get_as("/api/printers", token.trim_end());
    assert_eq!(answer.status, 200, "{}", answer.head);
    assert!(answer.json().as_array().is_some_and(|printers| !printers.is_empty()));
    assert_eq!(proxy.get("/api/users").status, 403);

    // And where that is, the management API tells.
    let url = format!("http://{}", server.proxy_address("odin"));
    assert_eq!(server.api().get("/v1/services/odin").json()["url"], url.as_str());
    let status = server.api().get("/v1/status").json();
    let doors: Vec<_> = status["doors"].as_array().unwrap().iter().map(|door| &door["name"]).collect();
    assert_eq!(doors, ["management", "socket", "proxy"]);
    assert_eq!(status["doors"][2]["address"], url.as_str());
}

#[test]
fn a_header_for_the_application_may_come_from_a_file() {
    let place = Place::with(
        "listen = \"127.0.0.1:0\"\n[services.odin]\nlisten = \"127.0.0.1:0\"\nupstream = \"http://127.0.0.1:9\"\n\
         upstream_headers = { \"X-API-Key\" = { file = \"key\" } }\n",
    );
    place.run("init").ok();
    let told = place.run("serve").refused(1);
    assert!(told.contains("symbolon.toml:5: key cannot be read"), "{told}");
    place.write("key", "hush-hush\n");
    let server = Server::again(place);
    assert!(!server.log().contains("hush-hush"));
}

//! The limits that are set hold at every door of a real server.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::support::{Place, Server};

/// What comes back until the server closes; nothing is closed from here.
fn told(address: SocketAddr, sent: &str) -> String {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.write_all(sent.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn limits_that_are_set_hold_at_every_door() {
    let place = Place::with(
        "listen = \"127.0.0.1:0\"\n[limits]\nheader_bytes = 8192\nheaders = \"100ms\"\n\
         [gateway]\nlisten = \"127.0.0.1:0\"\npeers = [\"127.0.0.1\"]\n\
         [services.odin]\nlisten = \"127.0.0.1:0\"\nupstream = \"http://127.0.0.1:1\"\n",
    );
    let server = Server::at(place);
    for address in [server.management(), server.gateway_address(), server.proxy_address("odin")] {
        // By default a header of this length is taken, and a caller who says nothing more is waited for.
        let long = "x".repeat(10_000);
        let answer = told(address, &format!("GET /nowhere HTTP/1.1\r\nHost: a\r\nX-Long: {long}\r\n\r\n"));
        assert!(answer.starts_with("HTTP/1.1 431 "), "{address}: {answer}");
        let answer = told(address, "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.1 4") && !answer.contains(" 431 "), "{address}: {answer}");
        assert_eq!(told(address, ""), "", "{address}");
    }
}

#[test]
fn the_length_of_a_body_that_is_set_holds_for_proxies_alone() {
    let place = Place::with(
        "listen = \"127.0.0.1:0\"\n[limits]\nbody_bytes = 10\n\
         [services.odin]\nlisten = \"127.0.0.1:0\"\nupstream = \"http://127.0.0.1:1\"\n\
         other_credentials = \"passthrough\"\n",
    );
    let server = Server::at(place);
    let post = |address, path: &str, length: usize| {
        let body = "x".repeat(length);
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
        );
        told(address, &(head + &body))
    };
    let odin = server.proxy_address("odin");
    assert!(post(odin, "/login", 11).starts_with("HTTP/1.1 413 "));
    // Nothing listens at the application's address.
    assert!(post(odin, "/login", 10).starts_with("HTTP/1.1 502 "));
    let management = post(server.management(), "/v1/sessions", 11);
    assert!(management.starts_with("HTTP/1.1 4") && !management.contains(" 413 "), "{management}");
}

//! What passes through is not gathered.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use crate::support::{Place, Server};

const LENGTH: u64 = 1 << 30;

const CATALOG: &str = r#"
service = "files"
title = "Files"
token_prefix = "files"
[scopes]
"write:files" = "Write files"
[[routes]]
scopes = ["write:files"]
paths = ["PUT /files"]
[[routes]]
access = "public"
paths = ["POST /upload"]
"#;

/// An application that takes one body and says how long it was.
fn application(listener: &TcpListener) {
    let (socket, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(socket);
    let mut line = String::new();
    while reader.read_line(&mut line).unwrap() > 2 {
        line.clear();
    }
    let count = std::io::copy(&mut (&mut reader).take(LENGTH), &mut std::io::sink()).unwrap().to_string();
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{count}", count.len());
    reader.get_mut().write_all(answer.as_bytes()).unwrap();
}

/// The most memory that a process has had resident, in KiB (proc(5)).
fn peak(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

#[test]
fn heavy_a_gibibyte_passes_through_in_constant_memory() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = Place::with(&format!(
        "listen = \"127.0.0.1:0\"\ncatalogs = [\"files.toml\"]\n\
         [services.files]\nlisten = \"127.0.0.1:0\"\nupstream = \"http://{}\"\n",
        listener.local_addr().unwrap()
    ));
    place.write("files.toml", CATALOG);
    let server = Server::at(place);
    let application = thread::spawn(move || application(&listener));
    let before = peak(server.id());
    let mut socket = TcpStream::connect(server.proxy_address("files")).unwrap();
    write!(
        socket,
        "POST /upload HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {LENGTH}\r\n\r\n"
    )
    .unwrap();
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..LENGTH >> 20 {
        socket.write_all(&piece).unwrap();
    }
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with(&LENGTH.to_string()), "{answer}");
    application.join().unwrap();
    let grown = peak(server.id()) - before;
    assert!(grown < 32 * 1024, "it grew by {grown} KiB");
}

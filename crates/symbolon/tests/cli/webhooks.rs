//! `symbolon webhook`, and notices of a server as it is run: over a restart, and as somebody else checks them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use serde_json::Value;

use crate::support::{Place, Server};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Checks a request by what Python's own library says of HMAC, and nothing of ours: `id`, `timestamp`, signatures and
/// secret are arguments, the body is its input.
const CHECK: &str = "
import base64, hashlib, hmac, sys
id, timestamp, signatures, secret = sys.argv[1:]
key = base64.b64decode(secret.removeprefix('whsec_'))
signed = f'{id}.{timestamp}.'.encode() + sys.stdin.buffer.read()
wanted = 'v1,' + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
sys.exit(0 if wanted in signatures.split(' ') else f'{wanted} is not in {signatures}')
";

/// Takes requests one after the other, and answers each as it is told.
struct Told {
    address: SocketAddr,
    requests: Receiver<String>,
    answers: Sender<u16>,
}

impl Told {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let ((say, requests), (answers, next)) = (channel(), channel());
        thread::spawn(move || {
            for socket in listener.incoming() {
                let mut socket = socket.unwrap();
                if say.send(request(&mut socket)).is_err() {
                    return;
                }
                let Ok(status) = next.recv() else { return };
                let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n");
                socket.write_all(answer.as_bytes()).unwrap();
            }
        });
        Self { address, requests, answers }
    }

    /// The next request, which is answered so.
    fn next(&self, status: u16) -> String {
        self.answers.send(status).unwrap();
        self.requests.recv().unwrap()
    }
}

/// Head and body.
fn request(socket: &mut TcpStream) -> String {
    let (mut text, mut buffer) = (String::new(), [0; 4096]);
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && header(head, "content-length").parse::<usize>().unwrap() <= body.len()
        {
            return text;
        }
        let count = socket.read(&mut buffer).unwrap();
        assert!(count > 0, "{text}");
        text.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
    }
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).next().unwrap()
}

fn body(request: &str) -> Value {
    serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()
}

fn check(request: &str) {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut python = Command::new("python3");
    python.args(["-c", CHECK, header(head, "webhook-id"), header(head, "webhook-timestamp")]);
    python.args([header(head, "webhook-signature"), SECRET]).stdin(Stdio::piped());
    let mut python = python.spawn().unwrap();
    python.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
    assert!(python.wait().unwrap().success());
}

fn place(told: &Told) -> Place {
    let place = Place::with(&format!(
        "listen = \"127.0.0.1:0\"\n[[webhooks]]\nname = \"chat\"\nurl = \"http://{}/hush\"\nsecret = {{ file = \"secret\" }}\n",
        told.address
    ));
    place.write("secret", &format!("{SECRET}\n"));
    place
}

#[test]
fn a_notice_survives_a_restart_and_others_can_check_it() {
    let told = Told::new();
    let mut server = Server::at(place(&told));
    let token = server.place.run("token create --service odin --name ci --scope read:jobs").ok();
    let first = told.next(500);
    check(&first);
    assert!(!first.contains(token.trim()), "{first}");
    assert_eq!(
        (&body(&first)["type"], &body(&first)["data"]["token"]["name"]),
        (&"token.created".into(), &"ci".into())
    );
    server.until("the failure is written down", || {
        server.place.run("webhook list --json").json()["items"][0]["attempts"] == 1
    });
    assert_eq!(server.stop(), Some(0));
    server.start_again();
    let again = told.next(204);
    check(&again);
    assert_eq!(header(&again, "webhook-id"), header(&first, "webhook-id"));
    server.until("it is written down that it was taken", || {
        server.place.run("webhook list --json").json()["items"][0]["state"] == "ok"
    });
    assert!(!server.log().contains("hush") && !server.log().contains("MfKQ"), "{}", server.log());
}

#[test]
fn webhooks_are_listed_tried_and_retried() {
    let told = Told::new();
    let server = Server::at(place(&told));
    let listed = server.place.run("webhook list").ok();
    assert!(
        listed.starts_with("WEBHOOK") && listed.contains(&format!("chat     http://{}  ok", told.address)),
        "{listed}"
    );
    for status in [200, 404] {
        told.answers.send(status).unwrap();
    }
    let tested = server.place.run("webhook test chat").ok();
    assert!(tested.starts_with("chat took the message msg_") && tested.ends_with(" (200).\n"), "{tested}");
    let refused = server.place.run("webhook test chat");
    assert!(refused.code == Some(1) && refused.stdout.ends_with(" (404).\n"), "{refused:?}");
    for _ in 0..2 {
        assert_eq!(body(&told.requests.recv().unwrap())["type"], "webhook.test");
    }
    server.place.run("token create --service odin --name ci --scope read:jobs").ok();
    told.next(410);
    server.until("the webhook is disabled", || {
        server.place.run("webhook list --json").json()["items"][0]["state"] == "disabled"
    });
    let doctor = server.place.run("doctor").ok();
    assert!(doctor.contains("symbolon webhook retry chat"), "{doctor}");
    let retried = server.place.run("webhook retry chat").ok();
    assert!(retried.starts_with("chat is told what waits, from line "), "{retried}");
    assert_eq!(body(&told.next(204))["type"], "token.created");
    let missing = server.place.run("webhook retry nobody").refused(1);
    assert!(missing.contains("there is no such webhook in the configuration"), "{missing}");
}

#[test]
fn without_a_server_what_is_known_is_shown() {
    let told = Told::new();
    let place = place(&told);
    place.run("init").ok();
    let listed = place.run("webhook list --json").json();
    assert_eq!(listed["items"][0]["state"], "not_begun");
    assert!(place.run("webhook retry chat").refused(1).contains("the webhook has not begun"));
    place.write("secret", "whsec_no");
    // Who starts a server is told; who does something else need not care.
    place.run("user list").ok();
    let refused = place.run("serve").refused(1);
    assert!(refused.contains("symbolon.toml:5: a webhook's secret is whsec_"), "{refused}");
    assert!(place.run("doctor").stdout.contains("a webhook's secret is whsec_"));
}

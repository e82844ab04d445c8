//! `symbolon ask`: a token asks, somebody answers, and what is lent counts at the proxy of a real server.

use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::support::{Place, Server};

/// With what a reader of a terminal could be deceived by, as far as the server takes it.
const REASON: &str = "cancel job 7\nstate     approved\nit is safe";

struct Stage {
    server: Server,
    secret: String,
}

impl Stage {
    fn new() -> Self {
        let server = Server::with_odin();
        let secret = server.place.run("token create --service odin --name ci --scope read:jobs").ok();
        Self { server, secret: secret.trim().to_owned() }
    }

    fn run(&self, line: &str) -> crate::support::Done {
        self.server.place.run(line)
    }

    /// The arguments with which the token asks for two scopes for an hour.
    fn make(reason: &str, more: &[&'static str]) -> Vec<String> {
        let asked =
            ["ask", "make", "--scope", "write:jobs,write:printers", "--for", "1h", "--reason", reason];
        asked.iter().chain(more).map(|word| (*word).to_owned()).collect()
    }

    /// Has the token ask.
    fn asks(&self, reason: &str, more: &[&'static str]) -> crate::support::Done {
        let arguments = Self::make(reason, more);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.server.place.symbolon_with(&[("SYMBOLON_TOKEN", &self.secret)], &arguments)
    }

    /// Has the token ask and wait; the child, and the ask's id once it is there.
    fn waits(&self, more: &[&'static str]) -> (Child, String) {
        let mut command = self.server.place.command();
        command.args(Self::make("x", &[&["--wait"], more].concat())).env("SYMBOLON_TOKEN", &self.secret);
        let url = format!("http://{}", self.server.management());
        command.env("SYMBOLON_URL", url).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        let open = || self.run("ask list --json").json()["items"].clone();
        self.server.until("it is asked for", || open() != json!([]));
        (child, open()[0]["id"].as_str().unwrap().to_owned())
    }

    /// What the proxy answers when the token begins a job, or changes a printer.
    fn statuses(&self) -> [u16; 2] {
        let mut proxy = self.server.proxy("odin").bearer(&self.secret);
        let job = proxy.send("POST", "/api/jobs", &json!({ "model_id": 42 })).status;
        [job, proxy.send("POST", "/api/printers/1/lights", &json!({ "on": true })).status]
    }
}

fn told(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[test]
fn whoever_waits_is_told_when_less_than_was_asked_for_is_lent() {
    let stage = Stage::new();
    assert_eq!(stage.statuses(), [403, 403]);
    let (child, id) = stage.waits(&[]);
    let approved = stage.run(&format!("ask approve {id} --scope write:jobs --for 10m --note go")).ok();
    assert!(
        approved.contains("\nstate        approved\n") && approved.contains("\nlent         write:jobs\n"),
        "{approved}"
    );
    let (code, said) = told(child);
    assert!(
        code == Some(0)
            && said.contains("\nlent         write:jobs\n")
            && said.contains("\nnote         go\n"),
        "{said}"
    );
    let [job, printer] = stage.statuses();
    assert!(job < 300 && printer == 403, "{job} {printer}");
    let ended = stage.run(&format!("ask end {id}")).ok();
    assert!(ended.contains("\nstate        ended\n"), "{ended}");
    assert_eq!(stage.statuses(), [403, 403]);
    let told = stage.run(&format!("ask approve {id}")).refused(1);
    assert!(told.contains("it was approved"), "{told}");
}

#[test]
fn whoever_waits_is_told_when_it_is_denied_or_taken_back() {
    let stage = Stage::new();
    let (child, id) = stage.waits(&["--json"]);
    stage.run(&format!("ask deny {id} --note never")).ok();
    let (code, said) = told(child);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &said["state"], &said["note"]), (Some(1), &json!("denied"), &json!("never")));
    let (child, id) = stage.waits(&[]);
    let own = [
        ("SYMBOLON_KEY", stage.secret.as_str()),
        ("SYMBOLON_URL", &format!("http://{}", stage.server.management())),
    ];
    stage.server.place.symbolon_with(&own, &["ask", "end", &id]).ok();
    let (code, said) = told(child);
    assert!(code == Some(1) && said.contains("\nstate        withdrawn\n"), "{said}");
    assert_eq!(stage.statuses(), [403, 403]);
}

#[test]
fn asks_are_listed_and_shown_so_that_a_terminal_obeys_nobody() {
    let stage = Stage::new();
    let made = stage.asks(REASON, &[]);
    let id = made.stdout.trim().to_owned();
    assert!(id.starts_with("ask_") && made.stderr.contains("It waits for an answer"), "{made:?}");
    let listed = stage.run("ask list").ok();
    assert_eq!(listed.lines().count(), 2, "{listed}");
    for part in ["ASK", &id, "odin", " ci ", "system", "write:jobs write:printers", "1h", "open"] {
        assert!(listed.contains(part), "{part}: {listed}");
    }
    let shown = stage.run(&format!("ask show {id}")).ok();
    let reason = "\nreason    cancel job 7\n          state     approved\n          it is safe\n";
    assert!(shown.contains(reason) && shown.contains("\nstate     open\n"), "{shown}");
    assert_eq!(stage.run(&format!("ask show {id} --json")).json()["reason"], REASON);
    // What a terminal would obey does not even come in.
    for bad in ["\u{1b}[2Jx", "\u{202e}x"] {
        let refused = stage.asks(bad, &[]).refused(1);
        assert!(refused.contains("none of them hidden"), "{refused}");
    }
    // Who asks again for another time learns that it is the former ask.
    let again = stage.asks("and again", &[]);
    assert!(again.stdout.trim() == id && again.stderr.contains("was open already"), "{again:?}");
    let none = stage.server.place.symbolon(&["ask", "show", ""]).refused(2);
    assert!(none.contains("ASK_ID"), "{none}");

    stage.run(&format!("ask deny {id}")).ok();
    assert!(stage.run("ask list --service odin").stdout.is_empty());
    assert!(stage.run("ask list --all").ok().contains("denied"));
    assert_eq!(stage.run("ask list --all --json").json()["items"][0]["id"], id.as_str());
    assert!(stage.run("ask show ask_0").refused(1).contains("there is no such ask"));
}

#[test]
fn without_a_token_nothing_is_asked_for() {
    let place = Place::empty();
    let asked = ["ask", "make", "--scope", "a", "--for", "10m", "--reason", "x"];
    assert!(place.symbolon(&asked).refused(1).contains("put it into SYMBOLON_TOKEN"));
    for wrong in [&["ask", "make", "--for", "10m"][..], &["ask", "approve"], &["ask"]] {
        assert_eq!(place.symbolon(wrong).code, Some(2), "{wrong:?}");
    }
    let stage = Stage::new();
    let held = [("SYMBOLON_TOKEN", stage.secret.as_str())];
    let asked = ["ask", "make", "--scope", "read:jobs", "--for", "10m", "--reason", "x"];
    let told = stage.server.place.symbolon_with(&held, &asked).refused(1);
    assert!(told.contains("the token has read:jobs"), "{told}");
}

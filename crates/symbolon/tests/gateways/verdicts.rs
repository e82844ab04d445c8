//! One verdict: whatever is sent, what reaches the application is what the gate allows *as it arrived*, of whoever sent
//! it. Nothing else counts, for the application acts upon what it received.
//!
//! The requests are the corpus over paths of the catalog, with methods, headers and callers of every kind, in an order
//! and combination that a seed decides. `SYMBOLON_SEED` repeats a run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Value, json};

use crate::corpus::{
    Aim, Confusion, FORGED, HEADER_TRICKS, HeaderTrick, METHODS, OWN_COOKIE, Places, TARGETS, expand,
};
use crate::gateway::Kind;
use crate::rewrites::rewrites;
use crate::stage::Stage;
use crate::support::SplitMix;
use crate::wire::{Message, Wire};

crate::every_gateway!(what_arrives_is_what_is_allowed);

/// How many requests of the generated kind are sent, beside the corpus itself.
const GENERATED: usize = 1500;

/// Paths of O.D.I.N.'s catalog: with scopes of several kinds, human, public, with parameters; and of no route.
const PATHS: &[&str] = &[
    "/api/printers",
    "/api/printers/1",
    "/api/printers/live-status",
    "/api/v1/jobs",
    "/api/jobs/7",
    "/api/backups",
    "/api/users",
    "/api/license",
    "/api/health",
    "/api/version",
    "/api/nothing",
    "/nothing",
];

/// Headers by which an application may take a request for one of another method.
const METHOD_WISHES: [&str; 3] = ["x-http-method-override", "x-http-method", "x-method-override"];

/// Who sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Caller {
    Nobody,
    Token,
    Agent,
    Bad,
    System,
}

const CALLERS: [Caller; 5] = [Caller::Nobody, Caller::Token, Caller::Agent, Caller::Bad, Caller::System];

/// One request.
#[derive(Clone)]
struct Case {
    caller: Caller,
    method: &'static str,
    target: Vec<u8>,
    headers: Vec<(&'static str, Vec<u8>)>,
    /// Symbolon refuses it of whoever has presented a credential, but on public routes.
    refused: bool,
    name: &'static str,
    /// One of those with which the gateways are compared.
    fixed: bool,
}

/// A gateway, the callers, and what the gate has said.
struct Table {
    stage: Stage,
    /// Id and secret of each token.
    tokens: BTreeMap<Caller, (String, String)>,
    wire: Option<Wire>,
    asked: BTreeMap<(Caller, String, String), bool>,
    /// The names of the confusions that arrived as another target than was sent.
    rewritten: BTreeSet<&'static str>,
    arrived: usize,
}

#[expect(clippy::disallowed_methods, reason = "a seed that somebody repeats is the test's own setting")]
#[expect(clippy::print_stdout, reason = "a run can be repeated by what it says")]
fn what_arrives_is_what_is_allowed(kind: Kind) {
    let seed = std::env::var("SYMBOLON_SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
    println!("{kind:?}: SYMBOLON_SEED={seed}");
    let stage = Stage::new(kind);
    let tokens = BTreeMap::from([
        (Caller::Token, stage.token(&["read:printers", "write:jobs"])),
        (Caller::Agent, stage.token(&["agent:read"])),
    ]);
    let (asked, rewritten) = (BTreeMap::new(), BTreeSet::new());
    let mut table = Table { stage, tokens, wire: None, asked, rewritten, arrived: 0 };
    let cases = cases(&mut SplitMix(seed));
    let count = cases.len();
    for case in &cases {
        table.play(case);
    }
    println!("{kind:?}: {} of {count} arrived; rewritten: {:?}", table.arrived, table.rewritten);
    // What is right arrives: a gateway that passes nothing would keep every rule.
    assert!(table.arrived > count / 20, "{kind:?}: {} of {count} arrived", table.arrived);
    let expected: BTreeSet<&str> = rewrites(kind).iter().copied().collect();
    assert_eq!(table.rewritten, expected, "{kind:?}");
}

/// The corpus as the doctor sends it, then combinations.
fn cases(chance: &mut SplitMix) -> Vec<Case> {
    let places = Places { open: "/api/printers", closed: "/api/backups" };
    let mut cases: Vec<Case> =
        TARGETS.iter().map(|confusion| confused(confusion, places, Caller::Token)).collect();
    // Who may go everywhere sees every target that arrives at all.
    cases.extend(
        TARGETS.iter().map(|confusion| Case { fixed: true, ..confused(confusion, places, Caller::System) }),
    );
    for trick in HEADER_TRICKS {
        cases.extend([Caller::Nobody, Caller::Token].map(|caller| tricked(trick, places, caller)));
    }
    for _ in 0..GENERATED {
        let pick = |chance: &mut SplitMix| PATHS[chance.below(PATHS.len())];
        let places = Places { open: pick(chance), closed: pick(chance) };
        let caller = CALLERS[chance.below(CALLERS.len())];
        let trick = &HEADER_TRICKS[chance.below(HEADER_TRICKS.len())];
        let confusion = &TARGETS[chance.below(TARGETS.len())];
        let case = match chance.below(8) {
            // Plain, so that there is something to arrive.
            0..2 => Case { target: places.open.into(), name: "plain", ..confused(confusion, places, caller) },
            2..5 => confused(confusion, places, caller),
            5..7 => tricked(trick, places, caller),
            _ => Case { target: confusion.target(places), ..tricked(trick, places, caller) },
        };
        let methods = ["GET", "HEAD", "POST", "DELETE", "OPTIONS"].into_iter().chain(METHODS.iter().copied());
        let other = methods.clone().nth(chance.below(methods.count()));
        let method = other.filter(|_| chance.below(3) == 0).unwrap_or(case.method);
        cases.push(Case { method, ..case });
    }
    cases
}

fn confused(confusion: &Confusion, places: Places<'_>, caller: Caller) -> Case {
    let target = confusion.target(places);
    Case {
        caller,
        method: "GET",
        target,
        headers: Vec::new(),
        refused: false,
        name: confusion.name,
        fixed: false,
    }
}

fn tricked(trick: &HeaderTrick, places: Places<'_>, caller: Caller) -> Case {
    let path = if trick.aim == Aim::Open { places.open } else { places.closed };
    let headers = trick.headers.iter().map(|(name, value)| (*name, expand(value.as_bytes(), places)));
    let (headers, refused) = (headers.collect(), trick.refused);
    Case {
        caller,
        method: trick.method,
        target: path.into(),
        headers,
        refused,
        name: trick.name,
        fixed: false,
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?} {} {}", self.name, self.caller, self.method, self.target.escape_ascii())?;
        self.headers.iter().try_for_each(|(name, value)| write!(f, ", {name}: {}", value.escape_ascii()))
    }
}

impl Table {
    fn play(&mut self, case: &Case) {
        let answer = self.send(case);
        for seen in self.stage.application.seen() {
            self.arrived += 1;
            self.judge(case, &seen, answer.as_ref());
        }
    }

    /// Sends a request over the connection that there is, or over a new one. A connection that is closed is a refusal.
    fn send(&mut self, case: &Case) -> Option<Message> {
        let address = self.stage.address();
        let mut wire = self.wire.take().unwrap_or_else(|| Wire::connect(address).unwrap());
        let sent = wire
            .send(self.bytes(case))
            .and_then(|()| if case.method == "HEAD" { wire.head() } else { wire.answer() });
        let answer = sent.ok()?;
        let closes = answer.header("connection").is_some_and(|word| word.eq_ignore_ascii_case("close"));
        // Who does not know a method may take its answer to have a body, or none.
        let known = matches!(case.method, "GET" | "POST" | "DELETE");
        if !closes && known && answer.status() != 101 && answer.status() != 400 {
            self.wire = Some(wire);
        }
        Some(answer)
    }

    fn bytes(&self, case: &Case) -> Vec<u8> {
        let mut bytes =
            [case.method.as_bytes(), b" ", &case.target, b" HTTP/1.1\r\nHost: farm.example\r\n"].concat();
        let secret = match case.caller {
            Caller::Nobody => None,
            Caller::Bad => Some("odin_0000000000000000000000000000000000000000000000000"),
            Caller::System => Some(self.stage.server.system_key()),
            Caller::Token | Caller::Agent => Some(self.tokens[&case.caller].1.as_str()),
        };
        if let Some(secret) = secret {
            bytes.extend(format!("Authorization: Bearer {secret}\r\n").as_bytes());
        }
        for (name, value) in &case.headers {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        bytes.extend(b"Content-Length: 0\r\n\r\n");
        bytes
    }

    /// What arrived must be what the gate allows this caller, exactly so.
    fn judge(&mut self, case: &Case, seen: &Message, answer: Option<&Message>) {
        let kind = self.stage.kind;
        let about = || format!("{kind:?} {case}\narrived as {seen:?}\nanswered {answer:?}");
        let (method, target) = seen.asks().split_once(' ').unwrap();
        let principal = seen.header("x-symbolon-principal").unwrap_or_default().to_owned();
        // A caller whose credential was hidden on the way is nobody; a bad one is nobody on public routes.
        let caller = if principal == "anonymous" { Caller::Nobody } else { case.caller };
        let is_wish = |name: &str| METHOD_WISHES.contains(&folded(name).as_str());
        let wished = seen.headers.iter().any(|(name, _)| is_wish(name));
        // Where the gateway has dropped such a wish there is none. Two credentials are two, whatever is dropped later.
        let two = case.refused && !case.headers.iter().any(|(name, _)| is_wish(name));
        let caller = if wished || two { Caller::Nobody } else { caller };
        assert!(self.allows(caller, method, target), "not allowed: {}", about());
        let expected = match case.caller {
            Caller::Token | Caller::Agent if principal != "anonymous" => "token",
            Caller::System if principal != "anonymous" => "system",
            _ => "anonymous",
        };
        assert_eq!(principal, expected, "{}", about());
        let id = self.tokens.get(&case.caller).map(|(id, _)| id.as_str()).filter(|_| expected == "token");
        assert_eq!(seen.header("x-symbolon-token-id"), Some(id.unwrap_or("-")), "{}", about());
        for (name, value) in &seen.headers {
            // nginx and Traefik remove headers by their whole names alone, and cannot know those of a later version.
            let later = matches!(kind, Kind::Nginx | Kind::Traefik) && name == "x-symbolon-tenant";
            let identity = folded(name).starts_with("x-symbolon-");
            assert!(!identity || later || !value.contains(FORGED), "forged {name}: {}", about());
            assert!(!matches!(name.as_str(), "authorization" | "x-api-key"), "a credential: {}", about());
            assert!(name != "cookie" || !value.contains(OWN_COOKIE), "Symbolon's cookie: {}", about());
        }
        if case.fixed && target.as_bytes() != latin1(&case.target).as_bytes() {
            self.rewritten.insert(case.name);
        }
    }

    /// The gate's own decision.
    fn allows(&mut self, caller: Caller, method: &str, target: &str) -> bool {
        let question = (caller, method.to_owned(), target.to_owned());
        if let Some(known) = self.asked.get(&question) {
            return *known;
        }
        let mut body = json!({ "method": method, "path": target });
        match caller {
            Caller::System => body["system"] = Value::Bool(true),
            Caller::Token | Caller::Agent => body["token"] = json!(self.tokens[&caller].0),
            Caller::Nobody | Caller::Bad => {}
        }
        let answer = self.stage.api().send("POST", "/v1/services/odin/explain", &body);
        let allowed = answer.json()["allowed"] == json!(true);
        self.asked.insert(question, allowed);
        allowed
    }
}

/// A header's name as programs with variables for headers see it.
fn folded(name: &str) -> String {
    name.replace(|c: char| !c.is_ascii_alphanumeric(), "-").to_ascii_lowercase()
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

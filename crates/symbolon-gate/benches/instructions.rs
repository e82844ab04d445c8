//! What `cargo xtask instructions` counts: a thousand checks of each kind, by a gate in which everything is the same in
//! every run.
//!
//! It says what it found of the processor, and which kinds there are, in the order in which they were counted. Callgrind
//! does the counting: it begins where [`counted`] is entered, and ends where that is left.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "as a test does, of which this is a part")]

#[expect(dead_code, reason = "the tests use the rest of it")]
#[path = "../tests/gate/make.rs"]
mod make;

use std::hint::black_box;
use std::sync::Arc;

use symbolon_core::credential::Credentials;
use symbolon_core::decision::{Decision, Request, ServiceRules};
use symbolon_core::digest::Pepper;
use symbolon_core::name::{ScopeName, ServiceName};
use symbolon_core::record::{Token, User};
use symbolon_core::store::{Change, Sink};
use symbolon_core::token::{NewSecret, TokenText};
use symbolon_core::{Catalog, Code, Timestamp};
use symbolon_gate::{Gate, Service};

/// The larger of the two shipped catalogs.
const ODIN: &str = include_str!("../../../catalogs/odin.toml");

/// Of each kind. What they leave behind fits into the part of the queue that one thread has, on any machine.
const CHECKS: usize = 1_000;
/// How many tokens there are for each that is asked about.
const CROWD: usize = 4;

/// One check; whether it came out as it must.
type Check = fn(&Crowd, &Caller, Timestamp) -> bool;

/// The kinds, each with how many digests are in it. The digest is the first, and is taken off the others: Callgrind's
/// processor has no instructions for SHA-256, and without them it is most of a check.
const KINDS: &[(&str, u8, Check)] = &[
    ("digest", 0, |crowd, caller, _| {
        black_box(crowd.pepper.digest(black_box(caller.secret.as_bytes())));
        true
    }),
    ("allowed", 1, |crowd, caller, now| {
        crowd.check("GET", "/api/printers", Some(&caller.known), now) == Code::Allowed
    }),
    ("allowed-parameter", 1, |crowd, caller, now| {
        let target = "/api/v1/printers/17/slots?since=yesterday";
        crowd.check("GET", target, Some(&caller.known), now) == Code::Allowed
    }),
    ("allowed-look", 1, |crowd, caller, now| {
        let request = request("GET", "/api/printers", Some(&caller.known));
        code(crowd.gate.look(&crowd.odin, &request, now, &mut ()).as_ref()) == Code::Allowed
    }),
    ("allowed-scopes", 1, |crowd, caller, now| {
        let credentials = Credentials::of_secret(caller.secret.as_bytes());
        code(crowd.gate.check_scopes(&crowd.odin, credentials, &crowd.scopes, None, now).as_ref())
            == Code::Allowed
    }),
    ("allowed-public", 0, |crowd, _, now| crowd.check("GET", "/api/health", None, now) == Code::Allowed),
    ("refused-scope", 1, |crowd, caller, now| {
        crowd.check("POST", "/api/printers/17/pause", Some(&caller.known), now) == Code::InsufficientScope
    }),
    ("refused-route", 0, |crowd, caller, now| {
        crowd.check("GET", "/api/printers/17/nowhere", Some(&caller.known), now) == Code::NoRoute
    }),
    ("refused-checksum", 0, |crowd, caller, now| {
        crowd.check("GET", "/api/printers", Some(&caller.corrupt), now) == Code::InvalidToken
    }),
    ("refused-unknown", 1, |crowd, caller, now| {
        crowd.check("GET", "/api/printers", Some(&caller.unknown), now) == Code::InvalidToken
    }),
];

fn main() {
    let crowd = Crowd::gather();
    println!("processor {}\nchecks {CHECKS}", processor());
    for (number, (kind, digests, check)) in (1..).zip(KINDS) {
        // Once before: what a thread and a token set up at their first check is no check's.
        assert!(crowd.ask_all(*check, &moments(2 * number)), "{kind}");
        crowd.gate.gather_usage();
        assert!(counted(&crowd, *check, &moments(2 * number + 1)), "{kind}");
        crowd.gate.gather_usage();
        println!("kind {kind} {digests}");
    }
    assert_eq!(crowd.gate.usage_dropped(), 0, "these are checks of another kind");
}

/// The name that Callgrind is told.
#[inline(never)]
fn counted(crowd: &Crowd, check: Check, moments: &[Timestamp]) -> bool {
    crowd.ask_all(check, moments)
}

/// A moment for each check, later than all of a lower `number`: at the same one, a use would not be a new one.
fn moments(number: i64) -> Vec<Timestamp> {
    let start = make::now().as_millisecond() + number * 10_000;
    (0..CHECKS).map(|n| Timestamp::from_millisecond(start + i64::try_from(n).unwrap()).unwrap()).collect()
}

/// What of the processor the code may go by. An instruction that it has is one instead of many.
fn processor() -> String {
    #[cfg(target_arch = "x86_64")]
    let seen = [
        ("ssse3", std::is_x86_feature_detected!("ssse3")),
        ("sse4.1", std::is_x86_feature_detected!("sse4.1")),
        ("sse4.2", std::is_x86_feature_detected!("sse4.2")),
        ("pclmulqdq", std::is_x86_feature_detected!("pclmulqdq")),
        ("sha", std::is_x86_feature_detected!("sha")),
        ("avx", std::is_x86_feature_detected!("avx")),
        ("avx2", std::is_x86_feature_detected!("avx2")),
        ("bmi2", std::is_x86_feature_detected!("bmi2")),
        ("vpclmulqdq", std::is_x86_feature_detected!("vpclmulqdq")),
        ("avx512f", std::is_x86_feature_detected!("avx512f")),
    ];
    #[cfg(not(target_arch = "x86_64"))]
    let seen: [(&str, bool); 0] = [];
    let seen = seen.into_iter().filter(|(_, has)| *has).map(|(name, _)| name);
    [std::env::consts::ARCH].into_iter().chain(seen).collect::<Vec<_>>().join(" ")
}

/// What one caller presents: a secret, and headers.
struct Caller {
    secret: String,
    known: String,
    /// The same with another last character.
    corrupt: String,
    /// Of a secret that nobody was given.
    unknown: String,
}

/// A gate with tokens, and those who call.
struct Crowd {
    gate: Gate,
    odin: ServiceName,
    pepper: Pepper,
    scopes: [ScopeName; 1],
    callers: Vec<Caller>,
}

impl Crowd {
    fn gather() -> Self {
        let catalog = Catalog::compile("odin.toml", ODIN).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(catalog.routes.len(), 395);
        let odin = catalog.service.clone();
        let gate = Gate::new(make::keys());
        gate.set_services(vec![Service { catalog: Arc::new(catalog), rules: ServiceRules::default() }])
            .unwrap();
        let ann = make::user(&gate, "ann");
        let roles = [(odin.clone(), "admin".parse().unwrap())].into();
        gate.apply(&Change::UserChanged(User { roles, ..ann.clone() }));
        let pepper = make::keys().pepper;
        let token = |secret: TokenText<'_>| {
            let (token, _) = make::unborn(&ann, &["read:printers", "read:jobs", "write:jobs"]);
            let digest = Some((secret.digest(&pepper), 1));
            gate.apply(&Change::TokenCreated(Token { service: odin.clone(), digest, ..token }));
        };
        let secret = || NewSecret::generate(&"odin".parse().unwrap(), make::entropy());
        let mut callers = Vec::new();
        for number in 0..CROWD * CHECKS {
            let known = secret();
            token(known.text());
            if number % CROWD == 0 {
                callers.push(Caller::with(known.reveal(), secret().reveal()));
            }
        }
        gate.loaded();
        let scopes = ["read:printers".parse().unwrap()];
        Self { gate, odin, pepper, scopes, callers }
    }

    /// Lets every caller ask once. Whether all of it came out as it must.
    fn ask_all(&self, check: Check, moments: &[Timestamp]) -> bool {
        self.callers.iter().zip(moments).all(|(caller, now)| check(self, caller, *now))
    }

    fn check(&self, method: &str, target: &str, authorization: Option<&str>, now: Timestamp) -> Code {
        code(self.gate.check(&self.odin, &request(method, target, authorization), now).as_ref())
    }
}

impl Caller {
    fn with(known: &str, unknown: &str) -> Self {
        let (rest, last) = known.split_at(known.len() - 1);
        let other = if last == "0" { "1" } else { "0" };
        Self {
            secret: known.to_owned(),
            known: format!("Bearer {known}"),
            corrupt: format!("Bearer {rest}{other}"),
            unknown: format!("Bearer {unknown}"),
        }
    }
}

fn request<'r>(method: &'r str, target: &'r str, authorization: Option<&'r str>) -> Request<'r> {
    let credentials =
        Credentials { authorization: authorization.map(str::as_bytes), ..Credentials::default() };
    let client_ip = Some([192, 0, 2, 1].into());
    black_box(Request { method, target: target.as_bytes(), credentials, method_override: false, client_ip })
}

fn code(decision: Option<&Decision<'_>>) -> Code {
    decision.map_or(Code::NotFound, Decision::code)
}

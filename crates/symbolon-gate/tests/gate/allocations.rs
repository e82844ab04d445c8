//! A check that lets a token pass allocates nothing, whatever it is asked about.

use std::sync::Arc;

use symbolon_core::Catalog;
use symbolon_core::credential::Credentials;
use symbolon_core::decision::{Decision, Request, ServiceRules};
use symbolon_core::record::{Token, User};
use symbolon_core::store::{Change, Sink};
use symbolon_core::token::NewSecret;
use symbolon_gate::{Gate, Service};

use crate::make::{self, entropy, keys, now};

/// The larger of the two shipped catalogs.
const ODIN: &str = include_str!("../../../../catalogs/odin.toml");

#[test]
fn a_check_that_lets_a_token_pass_allocates_nothing() {
    let catalog = Catalog::compile("odin.toml", ODIN).unwrap_or_else(|error| panic!("{error}"));
    let service = Service { catalog: Arc::new(catalog), rules: ServiceRules::default() };
    let gate = Gate::new(keys());
    gate.set_services(vec![service]).unwrap();
    let ann = make::user(&gate, "ann");
    let roles = [("odin".parse().unwrap(), "admin".parse().unwrap())].into();
    gate.apply(&Change::UserChanged(User { roles, ..ann.clone() }));
    let secret = NewSecret::generate(&"odin".parse().unwrap(), entropy());
    let (token, _) = make::unborn(&ann, &["read:printers", "read:jobs", "write:jobs"]);
    gate.apply(&Change::TokenCreated(Token {
        service: "odin".parse().unwrap(),
        digest: Some((secret.text().digest(&keys().pepper), 1)),
        ..token
    }));
    gate.loaded();
    let odin = "odin".parse().unwrap();
    let bearer = format!("Bearer {}", secret.reveal());
    let ask = |(method, target): (&'static str, &'static str)| {
        let authorization = Some(bearer.as_bytes());
        let credentials = Credentials { authorization, ..Credentials::default() };
        let client_ip = Some([192, 0, 2, 1].into());
        let request =
            Request { method, target: target.as_bytes(), credentials, method_override: false, client_ip };
        matches!(gate.check(&odin, &request, now()), Some(Decision::Allow(_)))
    };
    for asked in [
        ("GET", "/api/printers"),
        ("GET", "/api/v1/printers/17/slots?since=yesterday"),
        ("GET", "/api/printers/live-status"),
        ("POST", "/api/jobs/17/cancel"),
    ] {
        // What a thread sets up at its first check is no check's.
        assert!(ask(asked), "{asked:?}");
        let counted = allocation_counter::measure(|| assert!(ask(asked)));
        assert_eq!(counted.count_total, 0, "{asked:?}");
    }
    // What it would look like.
    assert_eq!(allocation_counter::measure(|| drop(std::hint::black_box(vec![1]))).count_total, 1);
}

//! Before everything live is known, nothing is decided.

use symbolon_core::Code;
use symbolon_core::credential::Credentials;
use symbolon_core::store::{Change, Sink};
use symbolon_gate::Gate;

use crate::make::{ask, ask_at, gate, keys, name, now, papers, printers, token, unborn, user};

#[test]
fn an_unloaded_gate_neither_denies_nor_allows() {
    let gate = Gate::new(keys());
    gate.set_services(vec![printers(), papers()]).unwrap();
    let owner = user(&gate, "ann");
    let (_, secret) = token(&gate, &owner, &["read"]);
    assert!(!gate.ready());
    for secret in [secret.as_str(), "", "nonsense", "prn_nonsense"] {
        assert_eq!(ask(&gate, "/read", secret), Code::Unavailable, "{secret}");
    }
    // Not even what is no route, or not canonical.
    assert_eq!(ask(&gate, "/nowhere", &secret), Code::Unavailable);
    assert_eq!(ask(&gate, "//", &secret), Code::Unavailable);
    let scopes = ["read".parse().unwrap()];
    let asked =
        gate.check_scopes(&name("printers"), Credentials::of_secret(secret.as_bytes()), &scopes, None, now());
    assert_eq!(asked.unwrap().code(), Code::Unavailable);
    assert!(gate.take_uses(10).is_empty());
    // And it is counted as what it is.
    let counts: Vec<_> = gate.checks().into_iter().flat_map(|checks| checks.counts).collect();
    assert_eq!(counts, [(Code::Unavailable, 7)]);

    gate.loaded();
    assert!(gate.ready());
    assert_eq!(ask(&gate, "/read", &secret), Code::Allowed);
    assert_eq!(ask(&gate, "/nowhere", &secret), Code::NoRoute);
}

#[test]
fn a_load_may_come_in_any_order_and_twice() {
    let gate = gate();
    let owner = user(&gate, "ann");
    gate.apply(&Change::UserRemoved(owner.id, now()));
    let (record, secret) = unborn(&owner, &["read"]);
    gate.apply(&Change::TokenCreated(record.clone()));
    // A token without its owner opens nothing.
    assert_eq!(ask(&gate, "/read", &secret), Code::InvalidToken);
    gate.apply(&Change::UserCreated(owner));
    gate.apply(&Change::TokenCreated(record));
    assert_eq!((ask(&gate, "/read", &secret), gate.tokens()), (Code::Allowed, 1));
}

#[test]
fn many_at_once_are_as_good_as_one_by_one() {
    let gate = gate();
    let owner = user(&gate, "ann");
    for expected in [0, 10, 10_000] {
        gate.expect(expected);
        let made: Vec<_> =
            (0..500).map(|n| unborn(&owner, if n % 2 == 0 { &["read"] } else { &[] })).collect();
        let before = gate.tokens();
        gate.apply_all(
            &made.iter().map(|(record, _)| Change::TokenCreated(record.clone())).collect::<Vec<_>>(),
        );
        assert_eq!(gate.tokens(), before + 500);
        for ((_, secret), code) in made.iter().zip([Code::Allowed, Code::InsufficientScope].iter().cycle()) {
            assert_eq!(ask(&gate, "/read", secret), *code);
        }
    }
}

#[test]
fn no_service_no_decision() {
    let gate = gate();
    let owner = user(&gate, "ann");
    let (_, secret) = token(&gate, &owner, &["read"]);
    assert_eq!(ask_at(&gate, "plotters", "/read", &secret, now()), Code::NotFound);
    // A token of one service is nobody in another.
    assert_eq!(ask_at(&gate, "papers", "/read", &secret, now()), Code::InvalidToken);
}

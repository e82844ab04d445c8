//! Services in force, and their exchange while everything goes on.

use std::sync::atomic::{AtomicBool, Ordering};

use symbolon_core::Code;
use symbolon_core::decision::ServiceRules;
use symbolon_core::record::{Enforcement, KeyKind, Token};
use symbolon_core::store::{Change, Sink};
use symbolon_gate::{Gate, Service, ServiceConflict};

use crate::make::{
    ask, gate, key, keys, name, now, papers, printers, service, token, tombstone, unborn, user,
};

#[test]
fn two_that_could_not_be_told_apart_are_refused_and_change_nothing() {
    let gate = gate();
    let twice = gate.set_services(vec![printers(), printers()]);
    assert_eq!(twice, Err(ServiceConflict::Name(name("printers"))));
    let same_prefix = gate.set_services(vec![printers(), service("plotters", "prn", &["read"])]);
    assert_eq!(same_prefix, Err(ServiceConflict::Prefix(name("printers"), name("plotters"))));
    let names: Vec<_> = gate.services().into_iter().map(|service| service.catalog.service.clone()).collect();
    assert_eq!(names, [name("papers"), name("printers")]);
    assert!(gate.service("papers").is_some() && gate.service("plotters").is_none());
}

#[test]
fn a_new_catalog_gives_the_same_scopes_their_new_numbers() {
    let gate = gate();
    let owner = user(&gate, "ann");
    let (_, secret) = token(&gate, &owner, &["read"]);
    // `read` was the first scope and is the second: a bit kept from before would mean `write`.
    gate.set_services(vec![service("printers", "prn", &["write", "read"])]).unwrap();
    assert_eq!(ask(&gate, "/read", &secret), Code::Allowed);
    assert_eq!(ask(&gate, "/write", &secret), Code::InsufficientScope);
}

#[test]
fn a_dropped_scope_is_inert_until_it_comes_back() {
    let gate = gate();
    let owner = user(&gate, "ann");
    let (_, secret) = token(&gate, &owner, &["write"]);
    gate.set_services(vec![service("printers", "prn", &["read"])]).unwrap();
    assert_eq!(ask(&gate, "/read", &secret), Code::InsufficientScope);
    assert_eq!(ask(&gate, "/write", &secret), Code::NoRoute);
    gate.set_services(vec![printers()]).unwrap();
    assert_eq!(ask(&gate, "/write", &secret), Code::Allowed);
}

#[test]
fn a_service_that_is_gone_decides_nothing_and_its_tokens_wait() {
    let gate = gate();
    let owner = user(&gate, "ann");
    let (_, secret) = token(&gate, &owner, &["read"]);
    gate.set_services(vec![papers()]).unwrap();
    assert_eq!(ask(&gate, "/read", &secret), Code::NotFound);
    assert_eq!(gate.tokens(), 1);
    let (_, born_meanwhile) = token(&gate, &owner, &["read"]);
    gate.set_services(vec![printers()]).unwrap();
    assert_eq!(ask(&gate, "/read", &secret), Code::Allowed);
    assert_eq!(ask(&gate, "/read", &born_meanwhile), Code::Allowed);
}

#[test]
fn the_operators_rules_come_with_the_service() {
    let gate = gate();
    let (_, secret) = key(&gate, KeyKind::System);
    assert_eq!(ask(&gate, "/human", &secret), Code::Allowed);
    let rules = ServiceRules { system_key_on_human: false, ..ServiceRules::default() };
    gate.set_services(vec![Service { rules, ..printers() }]).unwrap();
    assert_eq!(ask(&gate, "/human", &secret), Code::HumanOnly);
}

#[test]
fn enforcement_is_what_was_switched_and_before_that_what_is_configured() {
    let gate = gate();
    let printers_name = name("printers");
    let observed = ServiceRules { enforce: false, ..ServiceRules::default() };
    assert!(gate.enforces(&printers_name) && gate.switched(&printers_name).unwrap().is_none());
    gate.set_services(vec![Service { rules: observed, ..printers() }, papers()]).unwrap();
    assert!(!gate.enforces(&printers_name), "as configured");
    assert!(gate.enforces(&name("papers")) && gate.enforces(&name("plotters")));

    let switch = |enforce| Enforcement { service: printers_name.clone(), enforce, since: now() };
    gate.apply(&Change::EnforcementSwitched(switch(true)));
    assert!(gate.enforces(&printers_name), "as switched");
    gate.set_services(vec![printers()]).unwrap();
    gate.apply(&Change::EnforcementSwitched(switch(false)));
    assert!(!gate.enforces(&printers_name), "also against the configuration");
    assert_eq!(gate.switched(&printers_name).unwrap(), Some(switch(false)));
}

#[test]
fn until_it_is_known_what_was_switched_everything_is_enforced() {
    let gate = Gate::new(keys());
    let rules = ServiceRules { enforce: false, ..ServiceRules::default() };
    gate.set_services(vec![Service { rules, ..printers() }]).unwrap();
    assert!(gate.enforces(&name("printers")));
    gate.loaded();
    assert!(!gate.enforces(&name("printers")));
}

struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Two catalogs that number the scopes in opposite order are put in force in turn, without a pause. Meanwhile tokens
/// are made, narrowed and revoked. At no moment does a token have a right that it was not given, lack one that it was
/// given, or live after its revocation.
#[test]
fn race_of_reloads_and_changes_undoes_no_change() {
    const TOKENS: usize = 3_000;
    let catalogs = [printers(), service("printers", "prn", &["write", "read"])];
    let gate = Gate::new(keys());
    gate.set_services(vec![catalogs[0].clone()]).unwrap();
    gate.loaded();
    let owner = user(&gate, "ann");
    let (_, standing) = token(&gate, &owner, &["read"]);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Also where an assertion fails: the other thread must end for the failure to be told.
        let _done = OnDrop(|| done.store(true, Ordering::Relaxed));
        scope.spawn(|| {
            for catalog in catalogs.iter().cycle() {
                gate.set_services(vec![catalog.clone()]).unwrap();
                if done.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        for _ in 0..TOKENS {
            let (record, secret) = unborn(&owner, &["read", "write"]);
            gate.apply(&Change::TokenCreated(record.clone()));
            assert_eq!(ask(&gate, "/write", &secret), Code::Allowed);
            let narrowed = Token { scopes: vec!["read".parse().unwrap()], revision: 2, ..record };
            gate.apply(&Change::TokenChanged(narrowed.clone()));
            assert_eq!(ask(&gate, "/write", &secret), Code::InsufficientScope);
            assert_eq!(ask(&gate, "/read", &secret), Code::Allowed);
            gate.apply(&Change::TokenChanged(tombstone(&narrowed)));
            for _ in 0..3 {
                assert_eq!(ask(&gate, "/read", &secret), Code::InvalidToken);
            }
            assert_eq!(ask(&gate, "/read", &standing), Code::Allowed);
            assert_eq!(ask(&gate, "/write", &standing), Code::InsufficientScope);
        }
    });
    assert_eq!(gate.tokens(), 1);
}

/// A reload keeps the counts of the routes that stay and forgets those that went, so that there are never more than the
/// catalogs have routes.
#[test]
fn checks_are_counted_by_route_through_a_reload() {
    let gate = gate();
    let owner = user(&gate, "ann");
    let (_, secret) = token(&gate, &owner, &["read"]);
    let counts = |gate: &Gate| -> Vec<(String, Code, u64)> {
        let checks = gate.route_checks().into_iter();
        let checks = checks.flat_map(|checks| {
            let route = checks.route.map_or_else(|| "-".to_owned(), |(_, path)| path);
            checks.counts.into_iter().map(move |(code, count)| (route.clone(), code, count))
        });
        checks.collect()
    };
    for path in ["/read", "/read", "/write", "/nowhere", "/elsewhere"] {
        ask(&gate, path, &secret);
    }
    let counted = |route: &str, code, count| (route.to_owned(), code, count);
    let read = counted("/read", Code::Allowed, 2);
    let nowhere = counted("-", Code::NoRoute, 2);
    assert_eq!(counts(&gate), [read.clone(), counted("/write", Code::InsufficientScope, 1), nowhere.clone()]);
    gate.set_services(vec![service("printers", "prn", &["read"])]).unwrap();
    assert_eq!(counts(&gate), [read, nowhere]);
    assert_eq!(ask(&gate, "/read", &secret), Code::Allowed);
    assert_eq!(counts(&gate)[0], counted("/read", Code::Allowed, 3));
    // The service's own counts go on.
    assert_eq!(
        gate.checks().iter().flat_map(|checks| &checks.counts).map(|(_, count)| count).sum::<u64>(),
        6
    );
}

//! A node of a fleet answers while it holds a lease, and not one answer longer (DESIGN part 7, rule 8).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use symbolon_core::Code;
use symbolon_core::credential::{Credentials, Presented};
use symbolon_core::decision::Request;
use symbolon_core::lease::{Lease, Moment, SteadyClock};
use symbolon_core::record::{Enforcement, KeyKind, User};
use symbolon_core::store::{Change, Sink};
use symbolon_gate::{Gate, Unavailable};

use crate::make::{ask, key, keys, name, now, papers, printers, session, token, user};

/// A clock that says one moment after the other, and the last for ever.
struct Script(Mutex<VecDeque<u64>>);

impl SteadyClock for Script {
    fn now(&self) -> Moment {
        let mut moments = self.0.lock().unwrap();
        let next = if moments.len() > 1 { moments.pop_front() } else { moments.front().copied() };
        Moment(next.unwrap())
    }
}

/// A loaded gate with a user, and its clock; it holds a lease until 10.
fn node() -> (Arc<Script>, Gate, User) {
    let clock = Arc::new(Script(Mutex::new(VecDeque::from([0]))));
    let gate = Gate::leased(keys(), Arc::new(Lease::of(clock.clone())));
    gate.set_services(vec![printers(), papers()]).unwrap();
    let ann = user(&gate, "ann");
    gate.loaded();
    gate.lease().renew(Moment(10));
    (clock, gate, ann)
}

impl Script {
    fn says(&self, moments: &[u64]) {
        *self.0.lock().unwrap() = moments.iter().copied().collect();
    }
}

#[test]
fn without_a_lease_nothing_is_known_of_anybody() {
    let (clock, gate, ann) = node();
    let (_, secret) = token(&gate, &ann, &["read"]);
    let (_, jwt) = session(&gate, &ann);
    let (_, key) = key(&gate, KeyKind::System);
    assert_eq!(ask(&gate, "/read", &secret), Code::Allowed);
    clock.says(&[10]);
    assert!(!gate.ready());
    for secret in [&secret, &jwt, &key, "prn_nonsense", ""] {
        assert_eq!(ask(&gate, "/read", secret), Code::Unavailable, "{secret}");
        let presented = Presented::Secret(secret.as_bytes());
        assert_eq!(gate.identify(presented, None, now()).unwrap_err(), Unavailable, "{secret}");
        assert_eq!(gate.recognize(presented, now()).unwrap_err(), Unavailable, "{secret}");
        assert_eq!(gate.token_of(secret.as_bytes(), now()).unwrap_err(), Unavailable, "{secret}");
    }
    gate.lease().renew(Moment(20));
    assert_eq!(ask(&gate, "/read", &secret), Code::Allowed, "and all is as before");
}

#[test]
fn what_was_decided_when_the_lease_had_ended_is_no_answer() {
    let (clock, gate, ann) = node();
    let (_, secret) = token(&gate, &ann, &["read"]);
    let credentials = Credentials::of_secret(secret.as_bytes());
    let request =
        Request { method: "GET", target: b"/read", credentials, method_override: false, client_ip: None };
    // Begun in time, ended too late: for what is allowed and for what is denied.
    for path in ["/read", "/nowhere"] {
        clock.says(&[9, 10]);
        assert_eq!(ask(&gate, path, &secret), Code::Unavailable, "{path}");
    }
    clock.says(&[9, 10]);
    let looked = gate.look(&name("printers"), &request, now(), &mut ()).unwrap();
    assert_eq!(looked.code(), Code::Unavailable);
    clock.says(&[9, 10]);
    let scopes = ["read".parse().unwrap()];
    let asked = gate.check_scopes(&name("printers"), credentials, &scopes, None, now()).unwrap();
    assert_eq!(asked.code(), Code::Unavailable);
    clock.says(&[9, 10]);
    assert_eq!(gate.recognize(Presented::Secret(secret.as_bytes()), now()).unwrap_err(), Unavailable);
    clock.says(&[9, 10]);
    assert_eq!(gate.token_of(secret.as_bytes(), now()).unwrap_err(), Unavailable);
    // None of these was a use.
    assert!(gate.take_uses(10).is_empty());
}

#[test]
fn where_it_is_not_known_whether_a_service_is_enforced_it_is() {
    let (clock, gate, _) = node();
    let off = Enforcement { service: name("printers"), enforce: false, since: now() };
    gate.apply(&Change::EnforcementSwitched(off));
    assert!(!gate.enforces(&name("printers")));
    clock.says(&[10]);
    assert!(gate.enforces(&name("printers")));
    clock.says(&[9, 10]);
    assert!(gate.enforces(&name("printers")));
}

#[test]
fn what_cannot_be_known_not_to_be_a_key_is_claimed() {
    let (clock, gate, _) = node();
    let claims = |moments: &[u64]| {
        clock.says(moments);
        gate.claims(b"Bearer somebody's own secret", now())
    };
    assert!(!claims(&[9]));
    assert!(claims(&[10]), "another node may have made it a key");
    assert!(claims(&[9, 10]), "until the lookup had ended");
}

#[test]
fn what_is_loaded_anew_is_all_there_is() {
    let (_, gate, ann) = node();
    let (first, secret) = token(&gate, &ann, &["read"]);
    let (_, gone) = token(&gate, &ann, &["read"]);
    let (_, jwt) = session(&gate, &ann);
    let (_, key) = key(&gate, KeyKind::System);
    assert_eq!(ask(&gate, "/read", &secret), Code::Allowed);

    gate.lease().give_up();
    gate.begin();
    gate.lease().renew(Moment(10));
    assert!(!gate.ready(), "not before it is loaded, whatever the lease");
    assert_eq!((gate.tokens(), gate.people()), (0, (0, 0)));
    gate.apply(&Change::UserCreated(ann));
    gate.apply(&Change::TokenCreated(first.clone()));
    gate.loaded();
    assert_eq!(ask(&gate, "/read", &secret), Code::Allowed);
    for gone in [gone, jwt, key] {
        assert_eq!(ask(&gate, "/read", &gone), Code::InvalidToken);
    }
    // What was noted before is not lost.
    assert!(gate.take_uses(10).contains(&(first.id, now())));
}

//! Limits on requests, as the gate keeps them: through edits, through other catalogs, and whoever asks.

use std::thread;

use symbolon_core::Code;
use symbolon_core::credential::Credentials;
use symbolon_core::decision::{Decision, Request};
use symbolon_core::record::{KeyKind, Token};
use symbolon_core::store::{Change, Sink};
use symbolon_gate::Gate;

use crate::make::{ask, ask_at, at, gate, key, name, now, papers, session, token, user};

/// A gate whose `printers` has these lines under `[limits]`.
fn limited(lines: &str) -> Gate {
    let gate = gate();
    set_limits(&gate, lines);
    gate
}

fn set_limits(gate: &Gate, lines: &str) {
    let printers = crate::make::limited("printers", "prn", &["read", "write"], lines);
    gate.set_services(vec![printers, papers()]).unwrap();
}

/// How many of `asked` questions at `now` are allowed; the others reach a limit.
fn allowed(gate: &Gate, secret: &str, asked: usize) -> usize {
    let codes = (0..asked).map(|_| ask(gate, "/read", secret));
    codes
        .filter(|code| {
            assert!(matches!(code, Code::Allowed | Code::RateLimited), "{code:?}");
            *code == Code::Allowed
        })
        .count()
}

fn edited(token: &Token, rate: Option<&str>) -> Token {
    let rate_limit = rate.map(|rate| rate.parse().unwrap());
    Token { rate_limit, revision: token.revision + 1, ..token.clone() }
}

#[test]
fn each_token_has_its_own_limit_and_all_share_the_services() {
    let gate = limited("token = \"20/1m\"\nservice = \"50/1m\"");
    let owner = user(&gate, "ann");
    let (_, first) = token(&gate, &owner, &["read"]);
    let (_, second) = token(&gate, &owner, &["read"]);
    let (_, third) = token(&gate, &owner, &["read"]);
    assert_eq!(allowed(&gate, &first, 9), 4);
    assert_eq!(allowed(&gate, &second, 9), 4);
    assert_eq!(allowed(&gate, &third, 9), 2, "ten of the service's fifty come at once");
}

#[test]
fn an_edit_and_another_catalog_give_no_new_places() {
    let gate = limited("token = \"20/1m\"\nmax_token = \"40/1m\"\nservice = \"1000/1m\"");
    let owner = user(&gate, "ann");
    let (record, secret) = token(&gate, &owner, &["read"]);
    assert_eq!(allowed(&gate, &secret, 9), 4);
    let renamed = Token { name: "other".to_owned(), ..edited(&record, None) };
    gate.apply(&Change::TokenChanged(renamed.clone()));
    assert_eq!(allowed(&gate, &secret, 9), 0);
    set_limits(&gate, "token = \"20/1m\" # the same in another file\nmax_token = \"40/1m\"");
    assert_eq!(allowed(&gate, &secret, 9), 0);
    // A looser one counts what was taken under the tighter.
    gate.apply(&Change::TokenChanged(edited(&renamed, Some("40/1m"))));
    assert!(allowed(&gate, &secret, 99) < 8);
    assert_eq!(gate.rate(record.id), Some("40/1m".parse().unwrap()));
    set_limits(&gate, "token = \"10/1m\"");
    assert_eq!(gate.rate(record.id), Some("10/1m".parse().unwrap()), "no looser than the catalog says now");
}

#[test]
fn the_services_places_outlive_its_catalog() {
    let gate = limited("service = \"20/1m\"");
    let owner = user(&gate, "ann");
    let (_, secret) = token(&gate, &owner, &["read"]);
    assert_eq!(allowed(&gate, &secret, 9), 4);
    set_limits(&gate, "service = \"20/1m\" # another file");
    assert_eq!(allowed(&gate, &secret, 9), 0);
}

#[test]
fn what_is_refused_otherwise_looked_at_or_no_tokens_takes_no_place() {
    let gate = limited("token = \"5/1m\"\nservice = \"5/1m\"");
    let owner = user(&gate, "ann");
    let (record, secret) = token(&gate, &owner, &["read"]);
    let ((_, system), (_, jwt)) = (key(&gate, KeyKind::System), session(&gate, &owner));
    for _ in 0..3 {
        assert_eq!(ask(&gate, "/write", &secret), Code::InsufficientScope);
        assert_eq!(ask(&gate, "/nowhere", &secret), Code::NoRoute);
        assert_eq!(ask(&gate, "/read", &system), Code::Allowed);
        assert_eq!(ask(&gate, "/read", &jwt), Code::Allowed);
        let request = Request {
            method: "GET",
            target: b"/read",
            credentials: Credentials::of_secret(secret.as_bytes()),
            method_override: false,
            client_ip: None,
        };
        let looked = gate.look(&name("printers"), &request, now(), &mut ()).unwrap();
        assert!(matches!(looked, Decision::Allow(_)));
    }
    assert_eq!(ask(&gate, "/read", &secret), Code::Allowed);
    assert_eq!(ask(&gate, "/read", &secret), Code::RateLimited);
    // What is refused for it is no use, and counted as what it is.
    let used = gate.last_used(record.id);
    let later = at(now().as_second() + 1);
    assert_eq!(ask_at(&gate, "printers", "/read", &secret, later), Code::RateLimited);
    assert_eq!(gate.last_used(record.id), used);
    gate.gather_usage();
    let usage = gate.take_usage(99);
    let limited = usage.iter().filter(|one| one.outcome.as_str() == "token_limit");
    assert_eq!(limited.map(|one| one.count).sum::<u64>(), 2);
}

#[test]
fn scopes_that_are_asked_about_take_a_place_too() {
    let gate = limited("token = \"5/1m\"");
    let owner = user(&gate, "ann");
    let (_, secret) = token(&gate, &owner, &["read"]);
    let scopes = ["read".parse().unwrap()];
    let ask = || {
        let credentials = Credentials::of_secret(secret.as_bytes());
        gate.check_scopes(&name("printers"), credentials, &scopes, None, now()).unwrap().code()
    };
    assert_eq!((ask(), ask()), (Code::Allowed, Code::RateLimited));
}

#[test]
fn race_of_eight_threads_lets_no_more_through_than_both_limits() {
    let gate = limited("token = \"50/1m\"\nservice = \"100/1m\"");
    let owner = user(&gate, "ann");
    let secrets: Vec<_> = (0..4).map(|_| token(&gate, &owner, &["read"]).1).collect();
    let (gate, secrets) = (&gate, &secrets);
    let all: usize = thread::scope(|scope| {
        let ask =
            |number: usize| move || (0..200).map(|_| allowed(gate, &secrets[number % 4], 1)).sum::<usize>();
        let threads: Vec<_> = (0..8).map(|number| scope.spawn(ask(number))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(all, 20, "each token could have had ten");
}

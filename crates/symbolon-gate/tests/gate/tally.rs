//! Use by token, day, route and outcome: counted exactly while there is place, under the names of the catalog.

use std::collections::BTreeMap;

use symbolon_core::credential::Credentials;
use symbolon_core::decision::Request;
use symbolon_core::record::Token;
use symbolon_core::store::{Change, Sink};
use symbolon_core::usage::{Day, UsageCount};
use symbolon_core::{Code, Timestamp};
use symbolon_gate::Gate;

use crate::make::{ask, ask_at, at, gate, name, now, printers, service, session, token, unborn, user};

/// What was counted, as `METHOD path outcome`.
fn taken(gate: &Gate) -> BTreeMap<String, u64> {
    gate.gather_usage();
    let mut sums = BTreeMap::new();
    for one in gate.take_usage(1_000) {
        *sums.entry(format!("{} {} {}", one.method, one.path, one.outcome.as_str())).or_default() +=
            one.count;
    }
    sums
}

fn expect(gate: &Gate, lines: &[(&str, u64)]) {
    let expected: BTreeMap<_, _> = lines.iter().map(|(line, count)| ((*line).to_owned(), *count)).collect();
    assert_eq!(taken(gate), expected);
}

fn request<'a>(path: &'a str, secret: &'a str) -> Request<'a> {
    Request {
        method: "GET",
        target: path.as_bytes(),
        credentials: Credentials::of_secret(secret.as_bytes()),
        method_override: false,
        client_ip: Some("192.0.2.7".parse().unwrap()),
    }
}

#[test]
fn a_check_is_counted_by_route_and_outcome() {
    let gate = gate();
    let owner = user(&gate, "ann");
    let (record, secret) = token(&gate, &owner, &["read"]);
    for (path, code) in [
        ("/read", Code::Allowed),
        ("/read?q=secret", Code::Allowed),
        ("/write", Code::InsufficientScope),
        ("/human", Code::HumanOnly),
        // No token is known of these: nothing to count.
        ("/nowhere", Code::NoRoute),
        ("//", Code::InvalidRequest),
    ] {
        assert_eq!(ask(&gate, path, &secret), code, "{path}");
    }
    assert_eq!(ask(&gate, "/read", &unborn(&owner, &["read"]).1), Code::InvalidToken);
    assert_eq!(ask(&gate, "/read", &session(&gate, &owner).1), Code::Allowed);
    expect(
        &gate,
        &[("GET /read allowed", 2), ("GET /write insufficient_scope", 1), ("GET /human human_only", 1)],
    );
    expect(&gate, &[]);
    assert_eq!(gate.take_uses(9), [(record.id, now())]);
}

#[test]
fn what_a_known_token_is_refused_for_is_counted_under_it() {
    let gate = gate();
    let owner = user(&gate, "ann");
    let (record, secret) = token(&gate, &owner, &["read"]);
    let mut revision = 1;
    let mut turn = |edit: &dyn Fn(&mut Token)| {
        revision += 1;
        let mut next = Token { revision, ..record.clone() };
        edit(&mut next);
        gate.apply(&Change::TokenChanged(next));
    };
    turn(&|token| token.expires_at = Some(now()));
    assert_eq!(ask(&gate, "/read", &secret), Code::InvalidToken);
    turn(&|token| token.disabled = true);
    assert_eq!(ask(&gate, "/write", &secret), Code::InvalidToken);
    turn(&|_| ());
    gate.apply(&Change::UserChanged(symbolon_core::record::User { active: false, ..owner }));
    assert_eq!(ask(&gate, "/read", &secret), Code::InvalidToken);
    gate.gather_usage();
    assert!(gate.take_usage(0).is_empty());
    let mut counts = gate.take_usage(9);
    assert!(counts.iter().all(|one| one.token == record.id && one.count == 1));
    counts.sort_by_key(|one| one.outcome.as_str());
    let words: Vec<_> = counts.iter().map(|one| (&*one.path, one.outcome.as_str())).collect();
    assert_eq!(words, [("/write", "disabled"), ("/read", "expired"), ("/read", "owner_inactive")]);
}

#[test]
fn days_are_apart_and_the_last_check_is_kept() {
    let gate = gate();
    let owner = user(&gate, "ann");
    let (record, secret) = token(&gate, &owner, &["read"]);
    gate.check(&name("printers"), &request("/read", &secret), at(86_399)).unwrap().code();
    assert_eq!(ask_at(&gate, "printers", "/read", &secret, at(86_390)), Code::Allowed);
    assert_eq!(ask_at(&gate, "printers", "/read", &secret, at(86_400)), Code::Allowed);
    gate.gather_usage();
    let mut counts = gate.take_usage(9);
    counts.sort_by_key(|one| one.day);
    let (first, second) = (&counts[0], &counts[1]);
    assert_eq!((first.token, first.day, first.count), (record.id, Day(0), 2));
    assert_eq!((first.last_at, first.last_ip), (at(86_399), Some("192.0.2.7".parse().unwrap())));
    assert_eq!((second.day, second.count, second.last_ip), (Day(1), 1, None));
}

#[test]
fn scopes_without_a_route_have_a_place_of_their_own() {
    let gate = gate();
    let (_, secret) = token(&gate, &user(&gate, "ann"), &["read"]);
    for scope in ["read", "write"] {
        let required = [scope.parse().unwrap()];
        let credentials = Credentials::of_secret(secret.as_bytes());
        gate.check_scopes(&name("printers"), credentials, &required, None, now()).unwrap().code();
    }
    expect(&gate, &[("- - allowed", 1), ("- - insufficient_scope", 1)]);
}

#[test]
fn a_look_counts_nothing() {
    let gate = gate();
    let (record, secret) = token(&gate, &user(&gate, "ann"), &["read"]);
    for path in ["/read", "/write"] {
        gate.look(&name("printers"), &request(path, &secret), now(), &mut ()).unwrap().code();
    }
    expect(&gate, &[]);
    assert_eq!((gate.last_used(record.id), gate.take_uses(9)), (None, vec![]));
    assert!(gate.checks().iter().all(|checks| checks.counts.is_empty()));
}

#[test]
fn an_event_is_named_by_the_catalog_that_decided() {
    let gate = gate();
    let (_, secret) = token(&gate, &user(&gate, "ann"), &["read", "write"]);
    assert_eq!(ask(&gate, "/read", &secret), Code::Allowed);
    // The first route is another one now.
    gate.set_services(vec![service("printers", "prn", &["write", "read"])]).unwrap();
    assert_eq!(ask(&gate, "/read", &secret), Code::Allowed);
    expect(&gate, &[("GET /read allowed", 2)]);
    // What no catalog names any more is dropped, and said to be.
    assert_eq!(ask(&gate, "/write", &secret), Code::Allowed);
    for _ in 0..4 {
        gate.set_services(vec![printers()]).unwrap();
    }
    expect(&gate, &[]);
    assert_eq!(gate.usage_dropped(), 1);
}

#[test]
fn what_is_put_back_is_taken_again_with_what_came_since() {
    let gate = gate();
    let (_, secret) = token(&gate, &user(&gate, "ann"), &["read"]);
    let ask = |second| ask_at(&gate, "printers", "/read", &secret, at(second));
    assert_eq!((ask(5), ask(6)), (Code::Allowed, Code::Allowed));
    gate.gather_usage();
    let counts = gate.take_usage(9);
    assert_eq!(ask(7), Code::Allowed);
    gate.gather_usage();
    gate.put_back_usage(counts.clone());
    let again = gate.take_usage(9);
    assert_eq!(again, [UsageCount { count: 3, last_at: at(7), ..counts[0].clone() }]);
}

#[test]
fn checks_are_counted_by_service_and_code_whatever_the_catalog() {
    let gate = gate();
    let (_, secret) = token(&gate, &user(&gate, "ann"), &["read"]);
    for path in ["/read", "/read", "/write", "/nowhere"] {
        ask(&gate, path, &secret);
    }
    gate.set_services(vec![service("printers", "prn", &["write", "read"])]).unwrap();
    ask(&gate, "/read", &secret);
    let checks = gate.checks();
    let of = |service: &str| &checks.iter().find(|checks| checks.service == name(service)).unwrap().counts;
    assert_eq!(*of("printers"), [(Code::Allowed, 3), (Code::InsufficientScope, 1), (Code::NoRoute, 1)]);
    assert_eq!(*of("papers"), []);
}

/// Four threads check while a fifth gathers and takes, and the catalog is exchanged now and then: nothing is dropped,
/// so every check is counted, once.
#[test]
fn race_of_four_checkers_and_a_taker_counts_every_check() {
    // All together fit into the queue, however seldom the taker gets its turn.
    const ROUNDS: u64 = 15_000;
    const CHECKERS: u64 = 4;
    let gate = gate();
    let (_, secret) = token(&gate, &user(&gate, "ann"), &["read"]);
    let moment = |n: u64| Timestamp::from_second(i64::try_from(n).unwrap()).unwrap();
    let mut sums = BTreeMap::<String, u64>::new();
    std::thread::scope(|scope| {
        let checker = |_| {
            scope.spawn(|| {
                for n in 0..ROUNDS {
                    let path = if n % 3 == 0 { "/write" } else { "/read" };
                    ask_at(&gate, "printers", path, &secret, moment(n * 10));
                }
            })
        };
        let checkers: Vec<_> = (0..CHECKERS).map(checker).collect();
        let mut over = false;
        while !over {
            over = checkers.iter().all(std::thread::ScopedJoinHandle::is_finished);
            gate.gather_usage();
            for one in gate.take_usage(usize::MAX) {
                *sums.entry(format!("{} {}", one.path, one.outcome.as_str())).or_default() += one.count;
            }
        }
    });
    assert_eq!(gate.usage_dropped(), 0);
    let refused = ROUNDS / 3 * CHECKERS;
    let expected = [
        ("/read allowed".to_owned(), ROUNDS * CHECKERS - refused),
        ("/write insufficient_scope".to_owned(), refused),
    ];
    assert_eq!(sums, BTreeMap::from(expected));
    let total: u64 = gate.checks().iter().flat_map(|checks| &checks.counts).map(|(_, count)| count).sum();
    assert_eq!(total, ROUNDS * CHECKERS);
}

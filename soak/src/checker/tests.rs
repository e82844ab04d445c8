use std::io::Write;

use super::*;
use crate::history::{Found, Lease, Mutation, Outcome, Silence};

const SECOND: u64 = 1_000_000_000;
/// A lease less its margin.
const ANSWERS_FOR: u64 = 2_700_000_000;

fn aspects(of: &[(&str, &[&str])]) -> std::collections::BTreeMap<String, Vec<String>> {
    let rights = |rights: &[&str]| rights.iter().map(|&right| right.to_owned()).collect();
    of.iter().map(|(name, held)| ((*name).to_owned(), rights(held))).collect()
}

fn mutation(kind: &str, subject: &str, put: &[(&str, &[&str])], times: (u64, u64)) -> Mutation {
    Mutation {
        node: "a".to_owned(),
        kind: kind.to_owned(),
        subject: subject.to_owned(),
        under: None,
        aspects: aspects(put),
        sent: times.0,
        answered: times.1,
        outcome: Outcome::Acknowledged,
        status: 200,
    }
}

fn check(right: &str, times: (u64, u64), answer: Answer) -> Event {
    Event::Check(Check {
        node: "b".to_owned(),
        subject: "token".to_owned(),
        right: right.to_owned(),
        sent: times.0,
        answered: times.1,
        answer,
    })
}

fn found(reader: &str, subject: &str, put: &[(&str, &[&str])]) -> Event {
    Event::Found(Found { reader: reader.to_owned(), subject: subject.to_owned(), aspects: aspects(put) })
}

fn silence(begin: u64, end: u64) -> Event {
    Event::Silence(Silence { node: "b".to_owned(), begin, end })
}

fn with(outcome: Outcome, mutation: Mutation) -> Event {
    Event::Mutation(Mutation { outcome, ..mutation })
}

/// A user, and a token under them that is narrowed at 100 and revoked at 300; the database was out of reach for 4 seconds.
fn good() -> Vec<Event> {
    let token = mutation("create", "token", &[("life", &["*"]), ("scopes", &["read", "write"])], (20, 30));
    vec![
        Event::Run(Run {
            at: 0,
            seed: 1,
            answers_for: ANSWERS_FOR,
            readers: vec!["a".to_owned(), "sql".to_owned()],
        }),
        Event::Mutation(mutation("create", "user", &[("role", &["*"])], (1, 10))),
        Event::Mutation(Mutation { under: Some("user".to_owned()), ..token }),
        check("write", (40, 50), Answer::Allowed),
        // It overlaps the narrowing: either answer is right.
        check("write", (95, 105), Answer::Allowed),
        Event::Mutation(mutation("narrow", "token", &[("scopes", &["read"])], (100, 110))),
        check("write", (111, 120), Answer::Denied),
        check("read", (111, 120), Answer::Allowed),
        Event::Mutation(mutation("revoke", "token", &[("life", &[])], (300, 310))),
        check("read", (320, 330), Answer::Denied),
        silence(SECOND, 5 * SECOND),
        check("read", (SECOND + ANSWERS_FOR - 1, 4 * SECOND), Answer::Denied),
        check("read", (SECOND + ANSWERS_FOR, 4 * SECOND), Answer::Unavailable),
        check("read", (4 * SECOND, 5 * SECOND + 1), Answer::Denied),
        Event::Lease(Lease { node: "b".to_owned(), sent: 2 * SECOND, answered: 3 * SECOND, left: 1_700 }),
        found("a", "user", &[("role", &["*"])]),
        found("a", "token", &[("life", &[]), ("scopes", &["read"])]),
        found("sql", "user", &[("role", &["*"])]),
        found("sql", "token", &[("life", &[])]),
        Event::End { at: 9 * SECOND },
    ]
}

fn verdict(events: &[Event]) -> Verdict {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    for event in events {
        writeln!(file, "{}", serde_json::to_string(event).unwrap()).unwrap();
    }
    file.flush().unwrap();
    super::check(file.path()).unwrap()
}

/// The good history with an event more in it is found to break that promise, and no other.
fn planted(event: Event, kind: Kind, said: &str) {
    let mut events = good();
    events.insert(events.len() - 1, event);
    breaks(&events, kind, said);
}

fn breaks(events: &[Event], kind: Kind, said: &str) {
    let verdict = verdict(events);
    assert_eq!(verdict.violations.keys().collect::<Vec<_>>(), [&kind], "{verdict}");
    assert!(verdict.examples.iter().any(|(_, _, why)| why.contains(said)), "{verdict}");
}

fn lifted(events: Vec<Event>) {
    let mut all = good();
    let place = all.len() - 1;
    all.splice(place..place, events);
    let verdict = verdict(&all);
    assert!(verdict.is_good(), "{verdict}");
}

#[test]
fn a_history_in_which_every_promise_is_kept_is_good_and_says_how_much_was_at_stake() {
    let verdict = verdict(&good());
    assert!(verdict.is_good(), "{verdict}");
    assert_eq!((verdict.acknowledged, verdict.checks, verdict.allowed, verdict.denied), (4, 8, 3, 4));
    assert_eq!((verdict.rightly_denied, verdict.silences, verdict.in_silence, verdict.found), (4, 1, 1, 4));
}

#[test]
fn what_is_let_pass_after_a_revocation_was_acknowledged_is_named() {
    planted(
        check("read", (311, 312), Answer::Allowed),
        Kind::Admitted,
        "revoke through a of token had taken",
    );
}

#[test]
fn what_is_let_pass_after_a_narrowing_was_acknowledged_is_named() {
    planted(check("write", (111, 290), Answer::Allowed), Kind::Admitted, "narrow through a");
}

#[test]
fn what_is_let_pass_after_the_owner_was_demoted_is_named() {
    let mut events = good();
    let demotion = mutation("demote", "user", &[("role", &["read"])], (55, 60));
    let promotion = mutation("promote", "user", &[("role", &["*"])], (70, 75));
    let at = 4;
    let planted = check("write", (61, 70), Answer::Allowed);
    events.splice(at..at, [Event::Mutation(demotion), planted, Event::Mutation(promotion)]);
    breaks(&events, Kind::Admitted, "demote through a of user had taken");
}

#[test]
fn the_order_of_lines_says_nothing_of_the_order_of_events() {
    let mut events = good();
    events[1..].reverse();
    assert!(verdict(&events).is_good());
    events.insert(1, check("read", (311, 312), Answer::Allowed));
    breaks(&events, Kind::Admitted, "revoke");
}

#[test]
fn a_check_that_was_sent_before_the_acknowledgement_may_pass() {
    lifted(vec![check("read", (309, 400), Answer::Allowed), check("read", (310, 400), Answer::Allowed)]);
}

#[test]
fn what_was_given_again_before_the_answer_may_pass() {
    let widening = || mutation("widen", "token", &[("scopes", &["read", "write"])], (150, 160));
    let narrowing = || mutation("narrow", "token", &[("scopes", &["read"])], (200, 210));
    let both = || vec![Event::Mutation(widening()), Event::Mutation(narrowing())];
    lifted([both(), vec![check("write", (111, 151), Answer::Allowed)]].concat());
    let mut events = good();
    events.splice(3..3, [both(), vec![check("write", (111, 150), Answer::Allowed)]].concat());
    breaks(&events, Kind::Admitted, "narrow");
    let mut events = good();
    events.splice(3..3, [both(), vec![check("write", (211, 212), Answer::Allowed)]].concat());
    breaks(&events, Kind::Admitted, "narrow");
}

#[test]
fn what_may_have_been_given_lifts_a_promise_and_what_was_refused_does_not() {
    let widening = || mutation("widen", "token", &[("scopes", &["read", "write"])], (60, 70));
    let planted = || check("write", (120, 130), Answer::Allowed);
    // It was sent before the narrowing, but may be under way still.
    lifted(vec![with(Outcome::Unknown, widening()), planted()]);
    for outcome in [Outcome::Acknowledged, Outcome::Refused] {
        let mut events = good();
        events.splice(3..3, [with(outcome, widening()), planted()]);
        breaks(&events, Kind::Admitted, "narrow");
    }
}

#[test]
fn what_is_refused_though_it_was_given_is_named() {
    planted(check("write", (40, 90), Answer::Denied), Kind::Denied, "which it was given");
    planted(check("read", (40, 290), Answer::Denied), Kind::Denied, "which it was given");
    lifted(vec![check("write", (29, 90), Answer::Denied), check("write", (40, 101), Answer::Denied)]);
    // Somebody may have taken it, and nobody knows.
    let narrowing = mutation("narrow", "token", &[("scopes", &["read"])], (35, 90));
    lifted(vec![check("write", (40, 90), Answer::Denied), with(Outcome::Unknown, narrowing)]);
}

#[test]
fn an_acknowledged_mutation_that_is_not_in_the_record_is_named() {
    planted(found("sql", "token", &[("life", &["*"])]), Kind::Lost, "finds life of token");
    planted(found("a", "token", &[("scopes", &["read", "write"])]), Kind::Lost, "narrow through a to");
    let made = mutation("create", "other", &[("life", &["*"])], (400, 410));
    planted(Event::Mutation(made), Kind::Lost, "sql does not find other");
}

#[test]
fn what_may_have_been_done_last_may_be_found() {
    let widening =
        |outcome| with(outcome, mutation("widen", "token", &[("scopes", &["read", "write"])], (60, 70)));
    let seen = || found("a", "token", &[("scopes", &["write", "read"])]);
    lifted(vec![widening(Outcome::Unknown), seen()]);
    let mut events = good();
    events.splice(3..3, [widening(Outcome::Acknowledged), seen()]);
    breaks(&events, Kind::Lost, "finds scopes of token");
}

#[test]
fn an_answer_after_the_end_of_the_lease_is_named_whatever_it_says() {
    let times = (SECOND + ANSWERS_FOR, 5 * SECOND);
    planted(check("read", times, Answer::Denied), Kind::EndedLease, "b refused token");
    // It is revoked too, so another event is made: one of a token that lives.
    let mut events = good();
    let lives = mutation("create", "live", &[("life", &["*"])], (20, 30));
    let Event::Check(asked) = check("read", times, Answer::Allowed) else { unreachable!() };
    let read = ["a", "sql"].map(|reader| found(reader, "live", &[("life", &["*"])]));
    events.push(Event::Mutation(lives));
    events.extend(read);
    events.push(Event::Check(Check { subject: "live".to_owned(), ..asked }));
    breaks(&events, Kind::EndedLease, "b let live");
}

#[test]
fn a_lease_that_is_too_long_is_named() {
    let lease = |sent, left| Event::Lease(Lease { node: "b".to_owned(), sent, answered: sent + 5, left });
    planted(lease(500, 2_701), Kind::EndedLease, "longer than any");
    planted(lease(2 * SECOND, 1_702), Kind::EndedLease, "1000 ms after the database");
    lifted(vec![lease(500, 2_700), lease(2 * SECOND, 1_701), lease(5 * SECOND - 4, 2_700)]);
}

#[test]
fn a_history_that_was_cut_off_proves_nothing() {
    let mut events = good();
    events.pop();
    breaks(&events, Kind::Unfinished, "no last line");
}

#[test]
fn what_is_no_history_is_refused() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "{{\"event\":\"end\",\"at\":1}}").unwrap();
    assert!(super::check(file.path()).unwrap_err().contains("what was run"));
    writeln!(file, "{{\"event\":\"other\"}}").unwrap();
    assert!(super::check(file.path()).unwrap_err().contains("line 2"));
}

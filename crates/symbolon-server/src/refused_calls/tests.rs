use symbolon_core::id::{TokenId, UserId};
use symbolon_core::random::Entropy;

use super::*;

struct Zeros;
impl Entropy for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn request(seconds: i64) -> RequestId {
    RequestId::new(at(seconds), &Zeros)
}

fn call(actor: ActorId, subject: &str) -> RefusedCall {
    RefusedCall {
        action: "call.refuse",
        actor,
        client_ip: None,
        subject: subject.to_owned(),
        service: None,
        code: Code::InsufficientRole,
        reason: None,
        about: None,
    }
}

fn told(lines: Vec<(AuditLine, u64)>) -> Vec<(String, u64)> {
    lines.into_iter().map(|(line, _)| (line.subject, line.detail["count"].as_u64().unwrap())).collect()
}

#[test]
fn the_first_is_told_at_once_and_its_like_once_a_minute() {
    let calls = RefusedCalls::default();
    let note = |seconds| calls.note(call(ActorId::Anonymous, "a"), request(seconds), at(seconds));
    note(100);
    assert_eq!(told(calls.take(at(101), false)), [("a".to_owned(), 1)]);
    note(102);
    note(103);
    assert_eq!(told(calls.take(at(160), false)), []);
    let lines = calls.take(at(161), false);
    let (line, _) = &lines[0];
    assert_eq!((line.at, line.origin.request), (at(103), Some(request(103))));
    assert_eq!(
        line.detail,
        json!({ "code": "insufficient_role", "count": 2, "since": "1970-01-01T00:01:42Z" })
    );
    note(162);
    assert_eq!(told(calls.take(at(163), false)), []);
    assert_eq!(told(calls.take(at(163), true)), [("a".to_owned(), 1)], "nothing is kept back at the end");
    // And nothing is held of what is over.
    assert_eq!(told(calls.take(at(300), false)), []);
    assert!(calls.table().tallies.is_empty());
}

#[test]
fn what_differs_is_told_apart() {
    let calls = RefusedCalls::default();
    let one = call(ActorId::Anonymous, "a");
    let others = [
        RefusedCall {
            actor: ActorId::User(UserId::SYSTEM, "ses_00000000000000000000000000000001".parse().unwrap()),
            ..one.clone()
        },
        RefusedCall { client_ip: Some("192.0.2.1".parse().unwrap()), ..one.clone() },
        RefusedCall { subject: "b".to_owned(), ..one.clone() },
        RefusedCall { code: Code::InvalidToken, ..one.clone() },
        RefusedCall { about: Some(("token", "tok_1".to_owned())), ..one.clone() },
    ];
    for call in others.into_iter().chain([one]) {
        calls.note(call, request(1), at(1));
    }
    assert_eq!(calls.take(at(2), false).len(), 6);
}

#[test]
fn there_is_place_for_so_many_and_strangers_do_not_take_it_all() {
    let calls = RefusedCalls::default();
    for number in 0..OF_STRANGERS + 5 {
        calls.note(call(ActorId::Anonymous, &number.to_string()), request(1), at(1));
    }
    let token = ActorId::Token(TokenId::new(at(1), &Zeros));
    for number in 0..CAPACITY - OF_STRANGERS + 2 {
        calls.note(call(token, &number.to_string()), request(1), at(1));
    }
    assert_eq!(calls.dropped(), 7);
    let mut lines = told(calls.take(at(1), false));
    assert_eq!(lines.len(), CAPACITY + 1);
    assert_eq!(lines.pop(), Some(("call.refuse".to_owned(), 7)), "what had no place is said in one line");
    // Those that were told are alike for a minute, and hold their places so long.
    calls.note(call(ActorId::Anonymous, "new"), request(2), at(2));
    assert_eq!((calls.dropped(), told(calls.take(at(2), false))), (8, vec![]));
    assert_eq!(told(calls.take(at(61), false)), [("call.refuse".to_owned(), 1)]);
    calls.note(call(ActorId::Anonymous, "new"), request(62), at(62));
    assert_eq!(told(calls.take(at(62), false)), [("new".to_owned(), 1)]);
}

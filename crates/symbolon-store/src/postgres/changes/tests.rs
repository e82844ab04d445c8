use symbolon_core::record::{Token, User};
use symbolon_core::seal::Kind;
use symbolon_core::store::BrokenSeal;

use super::*;
use crate::postgres::testing::{Place, make, place};

async fn after(place: &Place, seq: u64, limit: i64) -> Feed {
    let mut nothing = Head::EMPTY;
    knowing(place, seq, limit, &mut nothing).await
}

async fn knowing(place: &Place, seq: u64, limit: i64, known: &mut Head) -> Feed {
    changes_after(&place.line(), &place.store.readers.seals, seq, limit, known).await.unwrap()
}

/// A snapshot was put back, and the numbers have come by where the reader is.
#[tokio::test]
async fn what_goes_on_from_another_past_is_a_gap() {
    let place = place().await;
    place.note().await;
    place.note().await;
    let mut known = Head::EMPTY;
    let Feed::Next(two) = knowing(&place, 0, 1, &mut known).await else { panic!("a number is missing") };
    assert_eq!((two.len(), known.seq), (1, 2), "it ends where it ended then, and not with what was read");
    place.note().await;
    assert!(matches!(knowing(&place, 1, 100, &mut known).await, Feed::Next(both) if both.len() == 2));
    let other = Head { hash: LineHash::from_bytes([7; 32]), ..known };
    let mut mistaken = other;
    assert_eq!(knowing(&place, 3, 100, &mut mistaken).await, Feed::Gap);
    assert_eq!(mistaken, other, "until all is loaded anew");
    let mut ahead = Head { seq: 4, ..known };
    assert_eq!(knowing(&place, 3, 100, &mut ahead).await, Feed::Gap);
    assert_eq!(knowing(&place, 3, 100, &mut known).await, Feed::Next(vec![]));
}

/// The changes of all that follows, with the numbers of their mutations.
async fn told(place: &Place, seq: u64) -> Vec<(u64, Vec<Change>)> {
    match after(place, seq, 100).await {
        Feed::Next(committed) => committed.into_iter().map(|one| (one.seq, one.changes)).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_was_committed_is_read_in_its_order() {
    let place = place().await;
    assert_eq!(after(&place, 0, 100).await, Feed::Next(vec![]));
    let user = make::user(1);
    let token = make::token(1, &user);
    place.commit(vec![Change::UserCreated(user.clone()), Change::TokenCreated(token.clone())]).await;
    place.note().await;
    let changed = Token { disabled: true, revision: 2, ..token };
    place.commit(vec![Change::TokenChanged(changed.clone())]).await;

    // What is told is what holds: of the first mutation, too, the token as the last has left it.
    let created = vec![Change::UserCreated(user), Change::TokenCreated(changed.clone())];
    let all = [(1, created), (2, vec![]), (3, vec![Change::TokenChanged(changed)])];
    assert_eq!(told(&place, 0).await, all);
    assert_eq!(told(&place, 2).await, all[2..]);
    assert_eq!(told(&place, 3).await, []);
    // By their records: two, one and one. Each is whole, and one there is always.
    for (limit, expected) in [(1, &[1][..]), (2, &[1]), (3, &[1]), (4, &[1, 2]), (5, &[1, 2, 3])] {
        let Feed::Next(some) = after(&place, 0, limit).await else { panic!("a number is missing") };
        assert_eq!(some.iter().map(|one| one.seq).collect::<Vec<_>>(), expected, "{limit}");
        assert_eq!(some[0].changes.len(), 2, "{limit}");
    }
}

/// Nobody has asks in memory.
#[tokio::test]
async fn an_ask_is_no_change_and_no_gap() {
    let place = place().await;
    let user = make::user(1);
    let token = make::token(1, &user);
    place.commit(vec![Change::UserCreated(user), Change::TokenCreated(token.clone())]).await;
    let ask = make::ask(1, &token, 0);
    place.commit(vec![Change::AskMade(ask.clone())]).await;
    let lent = Token { disabled: true, revision: 2, ..token };
    let answered = make::answered(&ask, make::approved(&ask));
    place.commit(vec![Change::AskAnswered(answered), Change::TokenChanged(lent.clone())]).await;
    assert_eq!(told(&place, 1).await, [(2, vec![]), (3, vec![Change::TokenChanged(lent)])]);
    assert_eq!(place.database.sql("SELECT kind FROM changes WHERE seq = 2").unwrap(), "none");
}

#[tokio::test]
async fn a_number_that_is_missing_is_a_gap() {
    let place = place().await;
    for _ in 0..4 {
        place.note().await;
    }
    place.meddle("DELETE FROM changes WHERE seq = 2");
    assert_eq!(after(&place, 0, 100).await, Feed::Gap);
    assert_eq!(after(&place, 1, 1).await, Feed::Gap);
    assert_eq!(after(&place, 0, 1).await, Feed::Next(vec![Committed { seq: 1, changes: vec![] }]));
    assert_eq!(told(&place, 2).await, [(3, vec![]), (4, vec![])]);
    // The clock is behind what was heard: the database is an older one.
    assert_eq!(after(&place, 5, 100).await, Feed::Gap);
    // All is there, says nobody: the last ones are gone.
    place.meddle("DELETE FROM changes WHERE seq > 3");
    assert_eq!(after(&place, 2, 100).await, Feed::Gap);
    assert_eq!(after(&place, 3, 100).await, Feed::Gap);
    place.meddle("UPDATE fleet_clock SET seq = 3");
    assert_eq!(told(&place, 2).await, [(3, vec![])]);
    place.meddle("UPDATE changes SET kind = 'token.sung'");
    assert_eq!(after(&place, 2, 100).await, Feed::Gap);
    place.meddle("UPDATE changes SET kind = 'token.created', id = 'tok_'");
    assert_eq!(after(&place, 2, 100).await, Feed::Gap);
}

#[tokio::test]
async fn what_is_gone_or_broken_is_taken_out() {
    let place = place().await;
    let users = [1, 2].map(make::user);
    let tokens = [1, 2].map(|n| make::token(n, &users[0]));
    place
        .commit(vec![
            Change::UserCreated(users[0].clone()),
            Change::UserCreated(users[1].clone()),
            Change::TokenCreated(tokens[0].clone()),
            Change::TokenCreated(tokens[1].clone()),
            Change::SessionStarted(make::session(1, &users[0])),
            Change::KeyCreated(make::key(1)),
            Change::KeyCreated(make::key(2)),
            Change::EnforcementSwitched(make::switched("odin", false, 1)),
        ])
        .await;
    place.meddle(
        "UPDATE users SET platform_admin = true WHERE id = 'usr_00000000000000000000000000000002';
         UPDATE tokens SET scopes = '[]' WHERE id = 'tok_00000000000000000000000000000001';
         UPDATE tokens SET revision = 9 WHERE id = 'tok_00000000000000000000000000000002';
         DELETE FROM sessions;
         UPDATE keys SET name = 'y' WHERE id = 'key_00000000000000000000000000000001';
         DELETE FROM keys WHERE id = 'key_00000000000000000000000000000002';
         UPDATE enforcement SET since = 9",
    );
    let at = make::at(0);
    let enforced = crate::loading::enforced(make::odin());
    let taken_out = vec![
        Change::UserCreated(users[0].clone()),
        Change::UserRemoved(users[1].id, at),
        Change::TokenErased(tokens[0].id, at),
        Change::TokenErased(tokens[1].id, at),
        Change::SessionEnded(make::session_id(1)),
        Change::KeyRemoved(make::key_id(1)),
        Change::KeyRemoved(make::key_id(2)),
        Change::EnforcementSwitched(enforced),
    ];
    assert_eq!(told(&place, 0).await, [(1, taken_out)]);
    // The alarm stays: that it was taken out of the index mends no row.
    let broken = place.store.readers.seals.all_broken();
    let alarm = |kind, id: &dyn ToString| BrokenSeal { kind, id: id.to_string() };
    for alarm in [
        alarm(Kind::User, &users[1].id),
        alarm(Kind::Token, &tokens[0].id),
        alarm(Kind::Token, &tokens[1].id),
        alarm(Kind::Key, &make::key_id(1)),
        alarm(Kind::Enforcement, &"odin"),
    ] {
        assert!(broken.contains(&alarm), "{alarm:?}: {broken:?}");
    }
    assert_eq!(broken.len(), 5);
}

#[tokio::test]
async fn a_record_decides_nothing_that_the_rows_do_not() {
    let place = place().await;
    let user = make::user(1);
    let token = make::token(1, &user);
    place.commit(vec![Change::UserCreated(user.clone()), Change::TokenCreated(token.clone())]).await;
    place.meddle(
        "UPDATE changes SET kind = 'user.removed' WHERE part = (SELECT min(part) FROM changes);
         UPDATE changes SET kind = 'token.erased' WHERE part = (SELECT max(part) FROM changes)",
    );
    let still = vec![Change::UserChanged(user.clone()), Change::TokenChanged(token.clone())];
    assert_eq!(told(&place, 0).await, [(1, still)]);

    let renamed = User { active: false, revision: 2, ..user.clone() };
    place.commit(vec![Change::UserChanged(renamed)]).await;
    place.commit(vec![Change::UserRemoved(user.id, make::at(7))]).await;
    let heard = told(&place, 1).await;
    // As the records say when, and the rows what: by the second mutation already nobody is there.
    assert!(
        heard.iter().all(|(_, changes)| matches!(changes[..], [Change::UserRemoved(id, _)] if id == user.id))
    );
}

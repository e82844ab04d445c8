//! How much tokens are used: added up, read by day and by route, kept for its time and no longer.

use std::net::IpAddr;

use jiff::Timestamp;
use symbolon_core::decision::Reason;
use symbolon_core::id::TokenId;
use symbolon_core::store::{AuditQuery, Change, Store};
use symbolon_core::usage::{Day, DayTotal, DayUsage, Outcome, RouteUsage, TokenUsage, UsageCount, UsedRoute};

use super::{Place, accept, make};

const SCOPES: Outcome = Outcome::Refused(Reason::InsufficientScope);

fn ip(number: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, number])
}

/// So many requests of a token; the last one at so many milliseconds after the start of the day.
pub(crate) fn count(token: u32, day: i32, path: &str, outcome: Outcome, count: u64, last: i64) -> UsageCount {
    let last_at = Timestamp::from_millisecond(i64::from(day) * 86_400_000 + last).unwrap();
    let token = make::token_id(token);
    UsageCount {
        token,
        day: Day(day),
        method: "GET".into(),
        path: path.into(),
        outcome,
        count,
        last_at,
        last_ip: Some(ip(1)),
    }
}

async fn record(store: &dyn Store, counts: Vec<UsageCount>) {
    store.record_usage(counts).await.unwrap();
}

async fn usage(store: &dyn Store, token: u32, from: i32, to: i32) -> TokenUsage {
    store.usage(make::token_id(token), Day(from)..=Day(to)).await.unwrap()
}

fn day(day: i32, allowed: u64, refused: u64) -> DayUsage {
    DayUsage { day: Day(day), allowed, refused }
}

pub(crate) async fn counts_are_added_and_the_last_is_kept(place: &dyn Place) {
    let store = place.open().await;
    record(&*store, vec![]).await;
    record(&*store, vec![count(1, 100, "/a", Outcome::Allowed, 3, 50)]).await;
    // Earlier than what is known, later, and twice in one batch.
    let earlier = UsageCount { last_ip: Some(ip(2)), ..count(1, 100, "/a", Outcome::Allowed, 4, 40) };
    record(&*store, vec![earlier]).await;
    let known = usage(&*store, 1, 100, 100).await;
    assert_eq!((known.routes[0].count, known.routes[0].last_ip), (7, Some(ip(1))));
    let later = UsageCount { last_ip: Some(ip(3)), ..count(1, 100, "/a", Outcome::Allowed, 1, 60) };
    let nowhere = UsageCount { last_ip: None, ..count(1, 100, "/a", Outcome::Allowed, 1, 70) };
    record(&*store, vec![later, nowhere]).await;
    let known = usage(&*store, 1, 100, 100).await;
    let last_at = Timestamp::from_millisecond(100 * 86_400_000 + 70).unwrap();
    let (method, path) = ("GET".to_owned(), "/a".to_owned());
    let route = RouteUsage { method, path, outcome: Outcome::Allowed, count: 9, last_at, last_ip: None };
    assert_eq!(known, TokenUsage { days: vec![day(100, 9, 0)], routes: vec![route] });
    store.close().await;
}

pub(crate) async fn days_and_routes_are_put_together(place: &dyn Place) {
    let store = place.open().await;
    let counts = vec![
        count(1, 99, "/a", Outcome::Allowed, 1_000, 1),
        count(1, 100, "/a", Outcome::Allowed, 1, 1),
        count(1, 102, "/a", Outcome::Allowed, 2, 1),
        count(1, 101, "/b", Outcome::Allowed, 4, 1),
        count(1, 101, "/a", SCOPES, 8, 2),
        count(1, 102, "/b", Outcome::Refused(Reason::Expired), 16, 0),
        count(1, 103, "/a", Outcome::Allowed, 2_000, 1),
        count(2, 101, "/a", Outcome::Allowed, 5, 1),
    ];
    record(&*store, counts).await;
    let known = usage(&*store, 1, 100, 102).await;
    assert_eq!(known.days, [day(100, 1, 0), day(101, 4, 8), day(102, 2, 16)]);
    let routes: Vec<_> =
        known.routes.iter().map(|route| (&*route.path, route.outcome.as_str(), route.count)).collect();
    let expected =
        [("/a", "allowed", 3), ("/b", "expired", 16), ("/a", "insufficient_scope", 8), ("/b", "allowed", 4)];
    assert_eq!(routes, expected);
    assert_eq!(usage(&*store, 3, 100, 102).await, TokenUsage::default());

    let ids: Vec<TokenId> = [1, 2, 3].map(make::token_id).into();
    let mut totals = store.requests(&ids, Day(101)..=Day(102)).await.unwrap();
    totals.sort_by_key(|total| (total.token, total.day));
    let total = |token, day, count| DayTotal { token: make::token_id(token), day: Day(day), count };
    assert_eq!(totals, [total(1, 101, 12), total(1, 102, 18), total(2, 101, 5)]);
    assert_eq!(store.requests(&[], Day(101)..=Day(102)).await.unwrap(), []);
    store.close().await;
}

pub(crate) async fn the_routes_of_many_tokens_are_read_at_once(place: &dyn Place) {
    let store = place.open().await;
    let counts = vec![
        count(1, 99, "/early", Outcome::Allowed, 1, 1),
        count(1, 100, "/a", Outcome::Allowed, 1, 1),
        count(1, 102, "/a", Outcome::Allowed, 2, 1),
        count(1, 101, "/refused", SCOPES, 8, 2),
        count(2, 101, "/b", Outcome::Allowed, 5, 1),
        count(3, 101, "/b", Outcome::Allowed, 5, 1),
        count(1, 103, "/late", Outcome::Allowed, 1, 1),
    ];
    record(&*store, counts).await;
    let ids: Vec<TokenId> = [1, 2, 4].map(make::token_id).into();
    let mut used = store.routes_used(&ids, Day(100)..=Day(102)).await.unwrap();
    used.sort_by_key(|(token, _)| *token);
    let route = |path: &str| UsedRoute { method: "GET".to_owned(), path: path.to_owned() };
    assert_eq!(used, [(make::token_id(1), route("/a")), (make::token_id(2), route("/b"))]);
    assert_eq!(store.routes_used(&[], Day(100)..=Day(102)).await.unwrap(), []);
    store.close().await;
}

pub(crate) async fn use_is_no_change_and_outlives_its_token(place: &dyn Place) {
    let store = place.open().await;
    let (user, token) = (make::user(1), make::token(1, &make::user(1)));
    accept(&*store, make::mutation(vec![Change::UserCreated(user), Change::TokenCreated(token.clone())]))
        .await;
    let changes = place.changes().await;
    // The second is nobody's.
    record(&*store, vec![count(1, 100, "/a", Outcome::Allowed, 1, 1), count(9, 100, "/a", SCOPES, 1, 1)])
        .await;
    assert_eq!(place.changes().await, changes);
    let lines = store.audit(&AuditQuery { page: make::page(9), ..AuditQuery::default() }).await.unwrap();
    assert_eq!(lines.items.len(), 1);
    accept(&*store, make::mutation(vec![Change::TokenChanged(make::revoked(&token, make::at(1)))])).await;
    for number in [1, 9] {
        assert_eq!(usage(&*store, number, 100, 100).await.days.len(), 1, "{number}");
    }
    store.close().await;
}

pub(crate) async fn days_that_are_over_are_forgotten_piece_by_piece(place: &dyn Place) {
    const ROWS: u32 = 20_500;
    let store = place.open().await;
    let today = Day::of(make::at(0)).0;
    record(&*store, (today - 91..=today).map(|day| count(1, day, "/a", Outcome::Allowed, 1, 1)).collect())
        .await;
    record(&*store, (2..ROWS).map(|n| count(n, today - 90, "/a", SCOPES, 1, 1)).collect()).await;
    // Too many for one piece: mutations do not wait for them all. A call may do several.
    store.prune(make::at(0)).await.unwrap();
    let left = async || {
        let ids: Vec<_> = (0..ROWS).map(make::token_id).collect();
        let mut left = 0;
        for ids in ids.chunks(1_000) {
            left += store.requests(ids, Day(today - 91)..=Day(today - 90)).await.unwrap().len();
        }
        left
    };
    assert!(left().await <= ROWS as usize - 10_000);
    store.prune(make::at(0)).await.unwrap();
    store.prune(make::at(0)).await.unwrap();
    assert_eq!(left().await, 0);
    let kept = usage(&*store, 1, today - 89, today).await;
    assert_eq!((kept.days.len(), kept.days[0].day), (90, Day(today - 89)));
    store.close().await;
}

//! Pages: every row once, in order, whatever happens between two pages.

use symbolon_core::name::UserName;
use symbolon_core::record::Token;
use symbolon_core::store::{AskQuery, AuditQuery, Change, PageQuery, Store, StoreError, TokenQuery};

use super::{Place, accept, make};

const TOKENS: u32 = 2_500;

async fn page(store: &dyn Store, after: Option<String>, limit: usize) -> (Vec<Token>, Option<String>) {
    let query = TokenQuery { page: PageQuery { after, limit }, ..make::tokens_of(make::odin(), make::at(0)) };
    let page = store.tokens(&query).await.unwrap();
    (page.items, page.next)
}

pub(crate) async fn no_gap_and_no_double_while_others_insert(place: &dyn Place) {
    let store = place.open().await;
    let user = make::user(1);
    accept(&*store, make::mutation(vec![Change::UserCreated(user.clone())])).await;
    // Seven to a millisecond, so that pages end between tokens of one moment.
    let made = |n: u32| Token { created_at: make::at(i64::from(n / 7)), ..make::token(n, &user) };
    for chunk in (0..TOKENS).collect::<Vec<_>>().chunks(500) {
        let changes = chunk.iter().map(|n| Change::TokenCreated(made(*n))).collect();
        accept(&*store, make::mutation(changes)).await;
    }

    let (mut seen, mut after, mut new) = (Vec::new(), None, TOKENS);
    loop {
        let (items, next) = page(&*store, after, 97).await;
        assert!(items.len() == 97 || next.is_none());
        seen.extend(items.iter().map(|token| token.id));
        let Some(next) = next else { break };
        after = Some(next);
        // The newest is added and the last one listed is taken away, between any two pages.
        let last = items.last().unwrap();
        let newest = Token { created_at: make::at(i64::from(new)), ..make::token(new, &user) };
        let revoked = make::revoked(last, make::at(0));
        new += 1;
        let changes = vec![Change::TokenCreated(newest), Change::TokenChanged(revoked)];
        accept(&*store, make::mutation(changes)).await;
    }
    let expected: Vec<_> = (0..TOKENS).rev().map(make::token_id).collect();
    assert_eq!(seen, expected);
    store.close().await;
}

pub(crate) async fn lengths_are_kept_within_bounds(place: &dyn Place) {
    let store = place.open().await;
    let user = make::user(1);
    let mut changes = vec![Change::UserCreated(user.clone())];
    changes.extend((0..1_010).map(|n| Change::TokenCreated(make::token(n, &user))));
    accept(&*store, make::mutation(changes)).await;

    for (asked, given) in [(0, 1), (1, 1), (1_000, 1_000), (1_001, 1_000), (usize::MAX, 1_000)] {
        let (items, next) = page(&*store, None, asked).await;
        assert_eq!(items.len(), given, "{asked}");
        assert!(next.is_some());
    }
    // A last page that is exactly full does not promise another.
    let (_, next) = page(&*store, None, 505).await;
    let (items, next) = page(&*store, next, 505).await;
    assert_eq!((items.len(), next), (505, None));
    store.close().await;
}

pub(crate) async fn users_keys_sessions_and_audit_come_in_pages(place: &dyn Place) {
    let store = place.open().await;
    let user = make::user(0);
    let mut changes = Vec::new();
    for n in 0..7 {
        changes.push(Change::UserCreated(make::user(n)));
        changes.push(Change::KeyCreated(make::key(n)));
        changes.push(Change::SessionStarted(make::session(n, &user)));
    }
    accept(&*store, make::mutation(changes)).await;
    for _ in 0..6 {
        accept(&*store, make::mutation(vec![])).await;
    }

    macro_rules! pages {
        ($list:expr, $key:expr) => {{
            let (mut keys, mut lengths, mut after) = (Vec::new(), Vec::new(), None);
            loop {
                let page = $list(PageQuery { after, limit: 3 }).await.unwrap();
                lengths.push(page.items.len());
                keys.extend(page.items.iter().map($key));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(lengths, [3, 3, 1]);
            keys
        }};
    }
    let users = pages!(async |page| store.users(&page).await, |user| user.name.clone());
    let expected: Vec<UserName> = (0..7).map(|n| make::user(n).name).collect();
    assert_eq!(users, expected);
    let keys = pages!(async |page| store.keys(&page).await, |key| key.id);
    assert_eq!(keys, (0..7).rev().map(make::key_id).collect::<Vec<_>>());
    let sessions = pages!(async |page| store.sessions(None, make::at(9), &page).await, |session| session.id);
    assert_eq!(sessions, (0..7).rev().map(make::session_id).collect::<Vec<_>>());
    let audit =
        pages!(async |page| store.audit(&AuditQuery { page, ..AuditQuery::default() }).await, |line| line
            .seq);
    assert_eq!(audit, [7, 6, 5, 4, 3, 2, 1]);
    store.close().await;
}

pub(crate) async fn a_foreign_cursor_is_no_page(place: &dyn Place) {
    let store = place.open().await;
    let mut changes: Vec<_> = (0..2).map(|n| Change::UserCreated(make::user(n))).collect();
    changes.extend((0..2).map(|n| Change::TokenCreated(make::token(n, &make::user(0)))));
    accept(&*store, make::mutation(changes)).await;
    let (_, of_tokens) = page(&*store, None, 1).await;
    let of_users = store.users(&make::page(1)).await.unwrap().next;

    let forged = [Some(String::new()), Some("0".to_owned()), Some("'; --".to_owned())];
    for after in forged.into_iter().chain([of_tokens.clone(), of_users.clone()]) {
        let asked = PageQuery { after: after.clone(), limit: 1 };
        let tokens = TokenQuery { page: asked.clone(), ..make::tokens_of(make::odin(), make::at(0)) };
        let audit = AuditQuery { page: asked.clone(), ..AuditQuery::default() };
        let outcomes = [
            (after == of_tokens, store.tokens(&tokens).await.err()),
            (after == of_users, store.users(&asked).await.err()),
            (false, store.keys(&asked).await.err()),
            (false, store.sessions(None, make::at(0), &asked).await.err()),
            (false, store.audit(&audit).await.err()),
            (false, store.asks(&AskQuery { page: asked, ..make::all_asks() }).await.err()),
        ];
        for (own, outcome) in outcomes {
            match outcome {
                None => assert!(own, "{after:?}"),
                Some(StoreError::NotFound("that page")) => assert!(!own, "{after:?}"),
                Some(other) => panic!("{after:?}: {other}"),
            }
        }
    }
    store.close().await;
}

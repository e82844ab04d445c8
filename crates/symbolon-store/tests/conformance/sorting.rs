//! Orders of tokens, and the scope that a list is narrowed to.

use std::cmp::Ordering;

use symbolon_core::record::{Token, TokenState};
use symbolon_core::store::{Change, PageQuery, Store, StoreError, TokenOrder, TokenQuery, TokenSort};

use super::{Place, accept, make};

/// Forty tokens, four to each value of what they are ordered by, and some with none.
async fn filled(store: &dyn Store) -> Vec<Token> {
    let (a, b) = (make::user(1), make::user(2));
    let mut changes = vec![Change::UserCreated(a.clone()), Change::UserCreated(b.clone())];
    let names = ["beta", "Alpha", "alpha/1", "", "Ärger", "ALPHA", "_", "beta", "zeta", "-1"];
    let made: Vec<_> = (0..40_u32)
        .map(|n| {
            let owner = if n % 3 == 0 { &b } else { &a };
            let step = |every: u32| Some(make::at(i64::from(n * 7 % every))).filter(|_| n % 5 > 1);
            Token {
                name: names[n as usize % 10].to_owned(),
                created_at: make::at(i64::from(n / 4)),
                expires_at: step(11),
                last_used_at: step(13),
                scopes: if n % 2 == 0 {
                    vec!["read:jobs".parse().unwrap()]
                } else {
                    vec!["read:jobs_all".parse().unwrap()]
                },
                ..make::token(n, owner)
            }
        })
        .collect();
    changes.extend(made.iter().cloned().map(Change::TokenCreated));
    accept(store, make::mutation(changes)).await;
    let revoked = |token: &Token| {
        let taken = token.id.to_string().ends_with('7');
        if taken { make::revoked(token, make::at(99)) } else { token.clone() }
    };
    let all: Vec<_> = made.iter().map(revoked).collect();
    let gone = all.iter().filter(|token| token.revoked_at.is_some()).cloned();
    accept(store, make::mutation(gone.map(Change::TokenChanged).collect())).await;
    all
}

fn compare(sort: TokenSort, a: &Token, b: &Token) -> Ordering {
    let end = |token: &Token| (token.expires_at.is_none(), token.expires_at);
    let order = match sort.by {
        TokenOrder::Created => a.created_at.cmp(&b.created_at),
        TokenOrder::Name => a.name.to_ascii_lowercase().cmp(&b.name.to_ascii_lowercase()),
        TokenOrder::LastUsed => a.last_used_at.cmp(&b.last_used_at),
        TokenOrder::Expires => end(a).cmp(&end(b)),
    };
    let order = order.then(a.id.cmp(&b.id));
    if sort.descending { order.reverse() } else { order }
}

pub(crate) async fn every_order_is_kept_over_pages(place: &dyn Place) {
    let store = place.open().await;
    let all = filled(&*store).await;
    let owners = [None, Some(make::user_id(1)), Some(make::user_id(2))];
    for sort in TokenSort::ALL {
        for (owner, state) in
            owners.into_iter().flat_map(|owner| [(owner, None), (owner, Some(TokenState::Revoked))])
        {
            let asked = TokenQuery { sort, owner, state, ..make::tokens_of(make::odin(), make::at(0)) };
            let listed = |token: &&Token| {
                owner.is_none_or(|owner| token.owner == owner)
                    && token.revoked_at.is_some() == (state == Some(TokenState::Revoked))
            };
            let mut expected: Vec<_> = all.iter().filter(listed).collect();
            expected.sort_by(|a, b| compare(sort, a, b));
            let expected: Vec<_> = expected.into_iter().map(|token| token.id).collect();
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let page = PageQuery { after, limit: 3 };
                let page = store.tokens(&TokenQuery { page, ..asked.clone() }).await.unwrap();
                found.extend(page.items.iter().map(|token| token.id));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(found, expected, "{sort:?} {owner:?} {state:?}");
        }
    }
    store.close().await;
}

pub(crate) async fn a_cursor_of_one_order_is_no_page_of_another(place: &dyn Place) {
    let store = place.open().await;
    filled(&*store).await;
    for made in TokenSort::ALL {
        let odin = TokenQuery { page: make::page(2), ..make::tokens_of(make::odin(), make::at(0)) };
        let after = store.tokens(&TokenQuery { sort: made, ..odin.clone() }).await.unwrap().next;
        for sort in TokenSort::ALL {
            let page = PageQuery { after: after.clone(), limit: 2 };
            match store.tokens(&TokenQuery { sort, page, ..odin.clone() }).await {
                Ok(_) => assert_eq!(sort, made),
                Err(StoreError::NotFound("that page")) => assert_ne!(sort, made),
                Err(other) => panic!("{other}"),
            }
        }
    }
    store.close().await;
}

pub(crate) async fn a_scope_is_found_whole(place: &dyn Place) {
    let store = place.open().await;
    let all = filled(&*store).await;
    for (scope, some) in
        [("read:jobs", true), ("read:jobs_all", true), ("read", false), ("jobs", false), ("read:job", false)]
    {
        let scope = scope.parse().unwrap();
        let query = TokenQuery { scope: Some(scope), ..make::tokens_of(make::odin(), make::at(0)) };
        let found = store.tokens(&query).await.unwrap().items;
        let scope = query.scope.unwrap();
        let holding = all.iter().filter(|token| token.revoked_at.is_none() && token.scopes.contains(&scope));
        assert_eq!(found.len(), holding.count());
        assert!(found.iter().all(|token| token.scopes == [scope.clone()]) && found.is_empty() != some);
    }
    store.close().await;
}

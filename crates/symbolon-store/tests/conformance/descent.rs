//! Tokens that were derived: kept whole, listed under their parent, and gone with it.

use symbolon_core::derived::{Loan, Parent};
use symbolon_core::id::TokenId;
use symbolon_core::record::{Token, User};
use symbolon_core::store::{AuditQuery, Change, Mutation, Store, TokenOrder, TokenQuery, TokenSort};

use super::{Place, accept, make, refuse};

/// The child of this number of a token.
fn child(number: u32, parent: &Token, owner: &User) -> Token {
    let depth = parent.parent.map_or(1, |further| further.depth + 1);
    Token {
        parent: Some(Parent { id: parent.id, depth }),
        derive: 4 - depth,
        change_limit: Some("20/1h".parse().unwrap()),
        loans: loans(),
        ..make::token(number, owner)
    }
}

pub(crate) fn loans() -> Vec<Loan> {
    let loan = |scopes: &[&str], until, by: &str| Loan {
        scopes: scopes.iter().map(|scope| scope.parse().unwrap()).collect(),
        until: make::at(until),
        by: by.to_owned(),
        ask: "ask \" é".to_owned(),
    };
    vec![loan(&["write:jobs", "read:users"], 9, "usr_a"), loan(&[], 10, "")]
}

/// Two owners, and a tree: 1 has 2 and 3, 2 has 4, 4 has 5 of the other owner; 6 is nobody's child.
async fn tree(store: &dyn Store) -> Vec<Token> {
    let (ann, ben) = (make::user(1), make::user(2));
    let one = Token { derive: 4, ..make::token(1, &ann) };
    let two = child(2, &one, &ann);
    let three = child(3, &one, &ann);
    let four = child(4, &two, &ann);
    let five = child(5, &four, &ben);
    let tokens = vec![one, two, three, four, five, make::token(6, &ann)];
    let mut changes = vec![Change::UserCreated(ann), Change::UserCreated(ben)];
    changes.extend(tokens.iter().cloned().map(Change::TokenCreated));
    accept(store, make::mutation(changes)).await;
    tokens
}

async fn stored(store: &dyn Store, token: &Token) -> Token {
    store.token(&token.service, token.id).await.unwrap().expect("the token is there")
}

async fn gone(store: &dyn Store, tokens: &[Token]) -> Vec<bool> {
    let mut all = Vec::new();
    for token in tokens {
        let now = stored(store, token).await;
        assert_eq!(now.digest.is_none(), now.revoked_at.is_some());
        assert_eq!(now.parent, token.parent, "it stays in a tombstone");
        all.push(now.revoked_at.is_some());
    }
    all
}

/// What was revoked besides, by its lines in the audit.
async fn lines(store: &dyn Store) -> Vec<String> {
    let action = Some("token.revoke".to_owned());
    let query = AuditQuery { action, page: make::page(20), ..AuditQuery::default() };
    let lines = store.audit(&query).await.unwrap().items.into_iter();
    let mut lines: Vec<_> = lines.map(|line| format!("{} {}", line.subject, line.detail)).collect();
    lines.sort();
    lines
}

fn line(token: TokenId, owner: &str, with: &str) -> String {
    let number = u128::from_be_bytes(token.to_bytes()) & 0xf;
    format!("{token} {{\"name\":\"token {number}\",\"owner\":\"{owner}\",\"{with}\":true}}")
}

pub(crate) async fn a_derived_token_is_kept_whole(place: &dyn Place) {
    let store = place.open().await;
    let tokens = tree(&*store).await;
    for token in &tokens {
        assert_eq!(stored(&*store, token).await, *token);
    }
    let mut next =
        Token { revision: 2, derive: 0, change_limit: None, loans: Vec::new(), ..tokens[1].clone() };
    accept(&*store, make::mutation(vec![Change::TokenChanged(next.clone())])).await;
    assert_eq!(stored(&*store, &next).await, next);
    next = Token { revision: 3, derive: 2, loans: loans(), ..next };
    accept(&*store, make::mutation(vec![Change::TokenChanged(next.clone())])).await;
    assert_eq!(stored(&*store, &next).await, next);
    let keeps = "a token keeps its service, owner, token_prefix and time of creation";
    for parent in
        [None, Some(Parent { id: tokens[2].id, depth: 1 }), Some(Parent { id: tokens[0].id, depth: 2 })]
    {
        refuse(&*store, Change::TokenChanged(Token { revision: 4, parent, ..next.clone() }), keeps).await;
    }
    store.close().await;
}

pub(crate) async fn nothing_is_derived_of_what_is_gone(place: &dyn Place) {
    let store = place.open().await;
    let tokens = tree(&*store).await;
    let revoked = make::revoked(&tokens[1], make::at(9));
    accept(&*store, make::mutation(vec![Change::TokenChanged(revoked)])).await;
    for parent in [&tokens[1], &tokens[3], &make::token(14, &make::user(1))] {
        let late = child(9, parent, &make::user(1));
        refuse(&*store, Change::TokenCreated(late), "the parent is not there").await;
    }
    refuse(&*store, Change::TokenCreated(child(9, &tokens[0], &make::user(9))), "the owner is not there")
        .await;
    accept(&*store, make::mutation(vec![Change::TokenCreated(child(9, &tokens[0], &make::user(1)))])).await;
    store.close().await;
}

pub(crate) async fn a_token_takes_all_that_descends_from_it_along(place: &dyn Place) {
    for erased in [false, true] {
        let place = place.another().await;
        let store = place.open().await;
        let tokens = tree(&*store).await;
        let change = if erased {
            Change::TokenErased(tokens[1].id, make::at(9))
        } else {
            Change::TokenChanged(make::revoked(&tokens[1], make::at(9)))
        };
        let mutation =
            Mutation { audit: vec![make::line("token.take", "two")], ..make::mutation(vec![change]) };
        accept(&*store, mutation).await;
        let ids: Vec<_> = tokens.iter().map(|token| token.id).collect();
        if !erased {
            assert_eq!(gone(&*store, &tokens).await, [false, true, false, true, true, false]);
        }
        let five = stored(&*store, &tokens[4]).await;
        assert_eq!((five.revoked_at, five.revision), (Some(make::at(9)), 2));
        let with = "with_parent";
        assert_eq!(lines(&*store).await, [line(ids[3], "user-1", with), line(ids[4], "user-2", with)]);
        store.close().await;
    }
}

pub(crate) async fn a_removed_user_takes_along_what_descends_from_theirs(place: &dyn Place) {
    let store = place.open().await;
    let tokens = tree(&*store).await;
    accept(&*store, make::mutation(vec![Change::UserRemoved(make::user(1).id, make::at(9))])).await;
    assert_eq!(gone(&*store, &tokens).await, [true; 6]);
    let ids: Vec<_> = tokens.iter().map(|token| token.id).collect();
    let own = [0, 1, 2, 3, 5].map(|at: usize| line(ids[at], "user-1", "with_owner"));
    let mut all = own.to_vec();
    all.push(line(ids[4], "user-2", "with_parent"));
    all.sort();
    assert_eq!(lines(&*store).await, all);
    store.close().await;
}

pub(crate) async fn children_are_listed_under_their_parent_and_counted(place: &dyn Place) {
    let store = place.open().await;
    let tokens = tree(&*store).await;
    let (now, parent) = (make::at(100), tokens[0].id);
    let ids = async |query: TokenQuery| {
        let found = store.tokens(&query).await.unwrap().items;
        found.into_iter().map(|token| token.id).collect::<Vec<_>>()
    };
    let all = TokenQuery { parent: Some(parent), ..make::tokens_of(make::odin(), now) };
    for sort in TokenSort::ALL {
        let mut found = ids(TokenQuery { sort, ..all.clone() }).await;
        found.sort();
        assert_eq!(found, [tokens[1].id, tokens[2].id], "{sort:?}");
    }
    let by_name = TokenSort { by: TokenOrder::Name, descending: true };
    let first = TokenQuery { sort: by_name, page: make::page(1), ..all.clone() };
    assert_eq!(ids(first.clone()).await, [tokens[2].id]);
    let page = store.tokens(&first).await.unwrap();
    let rest = TokenQuery { page: symbolon_core::store::PageQuery { after: page.next, limit: 9 }, ..first };
    assert_eq!(ids(rest).await, [tokens[1].id]);
    let others = TokenQuery { owner: Some(make::user(2).id), ..all.clone() };
    assert!(ids(others.clone()).await.is_empty());
    assert_eq!(ids(TokenQuery { parent: Some(tokens[3].id), ..others }).await, [tokens[4].id]);

    assert_eq!(store.children(parent, now).await.unwrap(), 2);
    let ended = Token { revision: 2, expires_at: Some(now), ..tokens[1].clone() };
    let revoked = make::revoked(&tokens[2], make::at(9));
    accept(&*store, make::mutation(vec![Change::TokenChanged(ended)])).await;
    assert_eq!(store.children(parent, now).await.unwrap(), 1);
    assert_eq!(store.children(parent, make::at(99)).await.unwrap(), 2);
    accept(&*store, make::mutation(vec![Change::TokenChanged(revoked)])).await;
    assert_eq!(store.children(parent, now).await.unwrap(), 0);
    assert_eq!(store.children(tokens[5].id, now).await.unwrap(), 0);
    let tombs = TokenQuery { state: Some(symbolon_core::record::TokenState::Revoked), ..all };
    assert_eq!(ids(tombs).await, [tokens[2].id]);
    store.close().await;
}
